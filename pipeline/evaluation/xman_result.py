"""The result of predictions measured against X-MAN's labels, as frozen dataclasses."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from core import typed_json
from core.errors import InputError
from pipeline.evaluation.metric_values import Figures

LOWEST, LEFT_OUT = "lowest", "left-out"
Interval = tuple[float, float]


@dataclass(frozen=True)
class VideoCoverage:
    """How many labelled frames of a video have a prediction."""

    video: str
    labelled: int
    answered: int


@dataclass(frozen=True)
class Coverage:
    """How many labelled frames have a prediction: in all, by video, and by class."""

    labelled: int
    answered: int
    videos: tuple[VideoCoverage, ...] = ()
    classes: Mapping[str, int] | None = None

    @property
    def complete(self) -> bool:
        """Whether every labelled frame has one, so that both ways of counting give the same figures."""
        return self.answered == self.labelled


@dataclass(frozen=True)
class Unmatched:
    """What the predictions alone have, and (``labelled_``) the labels alone; ``frames_such_as`` are examples.

    ``hint`` says that the two seem to count frames from different numbers; empty where they do not.
    """

    videos: tuple[str, ...]
    labelled_videos: tuple[str, ...]
    frames: int
    frames_such_as: tuple[str, ...]
    labelled_frames: int
    labelled_frames_such_as: tuple[str, ...]
    classes: tuple[str, ...]
    labelled_classes: tuple[str, ...]
    hint: str


@dataclass(frozen=True)
class Confusion:
    """(C, C + 1) numbers of frames: rows are true classes, columns those that rank first, the last ``nothing``."""

    classes: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class ByChance:
    """Figures of a system that gives every class the same score; see :class:`XmanFigures`."""

    figures: Figures
    by_type: Figures
    per_class: Mapping[str, Figures]


@dataclass(frozen=True)
class XmanFigures:
    """Figures of one way of counting labelled frames without a prediction.

    Attributes:
        figures: ``map``, ``map_without_location``, ``map_11_point``, ``map_macro_over_videos``, and further metrics.
        by_type: mean average precision of each coarse type.
        per_class: ``per_class`` (average precision), ``per_class_11_point`` and further ones: class to value.
        intervals, per_class_interval: 95 % confidence intervals; None where undefined.
        never_predicted: classes that the predictions never name.
        positives: number of frames of each class.
        frames, videos: how many count.
        protocol: how the figures are computed, in sentences.
    """

    figures: Figures
    by_type: Figures
    per_class: Mapping[str, Figures]
    chance: ByChance
    intervals: Mapping[str, Interval | None]
    per_class_interval: Mapping[str, Interval | None]
    never_predicted: tuple[str, ...]
    positives: Mapping[str, int]
    confusion: Confusion
    frames: int
    videos: int
    protocol: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the keys that ``docs/interfaces.md`` names: metrics and values by class beside the other fields."""
        return _flat(asdict(self) | {"chance": _flat(asdict(self.chance))})


@dataclass(frozen=True)
class XmanResult:
    """What was measured of two files.

    Attributes:
        predictions, labels: names of the files.
        ways: figures for ``lowest`` and ``left-out``.
        sha256: of ``predictions`` and ``labels``; empty in a file of an earlier version.
        unanswered: the way whose figures count.
        camera: that the predictions are of; empty where they are in a file.
        camera_fingerprint: of the camera as it was; empty where it is not known.
    """

    predictions: str
    labels: str
    coverage: Coverage
    unmatched: Unmatched
    ways: Mapping[str, XmanFigures]
    sha256: Mapping[str, str] = field(default_factory=dict)
    unanswered: str = LOWEST
    camera: str = ""
    camera_fingerprint: str = ""

    @property
    def chosen(self) -> XmanFigures:
        """The figures that count."""
        return self.ways[self.unanswered]

    @property
    def map(self) -> float | None:
        """Mean average precision."""
        return self.chosen.figures["map"]

    def counted(self, unanswered: str) -> "XmanResult":
        """Return the result with the figures of another way."""
        return replace(self, unanswered=unanswered)

    def as_json(self) -> dict[str, Any]:
        """Return the keys that ``docs/interfaces.md`` names; the chosen way's figures stand beside the others."""
        made = asdict(self) | {"ways": {way: figures.as_json() for way, figures in self.ways.items()}}
        made = {key: value for key, value in made.items() if value or not key.startswith("camera")}
        return made | self.chosen.as_json()

    @classmethod
    def read(cls, path: Path, remedy: str) -> "XmanResult":
        """Read what :meth:`as_json` returned from a file.

        Raises:
            InputError: the file cannot be read, or is of another version of Whycam.
        """
        content = typed_json.read(dict[str, Any], path, remedy=remedy)
        try:
            ways = {way: _nested(figures, XmanFigures) for way, figures in content["ways"].items()}
            for figures in ways.values():
                figures["chance"] = _nested(figures["chance"], ByChance)
        except (KeyError, AttributeError, TypeError) as error:
            raise InputError(f"{path.name} lacks {error}, so another version of Whycam kept it; {remedy}") from error
        text = json.dumps(content | {"ways": ways})
        return typed_json.load(cls, text, path.name, remedy, unknown="ignore")


def _flat(figures: dict[str, Any]) -> dict[str, Any]:
    """Put metrics and values by class beside the other fields."""
    return {**figures.pop("figures"), **figures.pop("per_class"), **figures}


def _nested(flat: Mapping[str, Any], kind: type) -> dict[str, Any]:
    """Take apart what :func:`_flat` has put together."""
    own = {one.name for one in fields(kind)} - {"figures", "per_class"}
    by_class = {key: value for key, value in flat.items() if key.startswith("per_class") and key not in own}
    figures = {key: value for key, value in flat.items() if key not in own and key not in by_class}
    return {**{key: flat[key] for key in own if key in flat}, "figures": figures, "per_class": by_class}
