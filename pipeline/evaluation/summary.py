"""What comes out of an evaluation, as frozen dataclasses; ``as_json`` gives what is kept and printed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pipeline.evaluation.metric_values import Figures
from pipeline.evaluation.protocols import Rules
from pipeline.false_alarms import AlarmComparison

HEADLINE_AUC = "auc.micro_normalised"


def nested(figures: Figures) -> dict[str, Any]:
    """Return figures as JSON has them.

    >>> nested({"auc.macro": 0.5, "eer": None})
    {'auc': {'macro': 0.5}, 'eer': None}
    """
    made: dict[str, Any] = {}
    for name, value in figures.items():
        group, _, part = name.rpartition(".")
        (made.setdefault(group, {}) if group else made)[part] = value
    return made


@dataclass(frozen=True)
class VideoFigures:
    """Figures of one clip.

    Attributes:
        name: of the clip.
        frames: how many it has.
        abnormal: how many of those that count are abnormal.
        flagged: how many are inside events; None without a threshold.
        auc: as ``auc.macro`` counts it; None where no frame counts.
        events: runs of abnormal frames.
        hit: how many of those are flagged at some time; None without a threshold, as what follows.
        delay: median seconds until they are; None where half of them or more never are.
        longest_delay: the longest; None where any of them never is.
        false_alarms: alarms in which no frame is abnormal.
        normal_flagged: share of the normal frames that are inside alarms; None without any.
    """

    name: str
    frames: int
    abnormal: int
    flagged: int | None
    auc: float | None
    events: int = 0
    hit: int | None = None
    delay: float | None = None
    longest_delay: float | None = None
    false_alarms: int | None = None
    normal_flagged: float | None = None


@dataclass(frozen=True)
class WorstClip:
    """The clip that a figure is worst in; ``value`` is None where it is undefined there, as the delay of a miss."""

    clip: str
    value: float | None


@dataclass(frozen=True)
class ScoreSummary:
    """Figures of scored clips.

    Attributes:
        figures: metric to value, of the scores and of what is flagged; ``auc.protocol`` beside them.
        frame_index: the same of a score that is only the frame's number.
        alarms: metric to value, of alarms; ``events``, ``false_alarms_counted`` and ``normal_hours`` beside them.
        frames, scored, abnormal: frames in all, those that count, and those of them that are abnormal.
        videos: clip by clip.
        worst: figure to the clip that it is worst in; those that are alike in all clips have none.
    """

    figures: Figures
    frame_index: Figures
    alarms: Figures
    frames: int
    scored: int
    abnormal: int
    videos: tuple[VideoFigures, ...]
    worst: Mapping[str, WorstClip] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the keys that ``docs/interfaces.md`` names."""
        return {
            **nested(self.figures),
            "frame_index": nested(self.frame_index),
            "alarms": dict(self.alarms),
            "frames": self.frames,
            "scored": self.scored,
            "abnormal": self.abnormal,
            "videos": [asdict(video) for video in self.videos],
            "worst": {figure: asdict(clip) for figure, clip in self.worst.items()},
        }


@dataclass(frozen=True)
class Localisation:
    """Where the heat is.

    Attributes:
        figures: metric to value.
        heat: the way from heat to the map that they are of.
        protocol: how they were computed, in sentences.
    """

    figures: Figures
    heat: str
    protocol: str

    def as_json(self) -> dict[str, Any]:
        """Return the keys of ``localisation``."""
        return {**self.figures, "heat": self.heat, "protocol": self.protocol}


@dataclass(frozen=True)
class AbnormalClass:
    """Frames of one class against all normal ones.

    Attributes:
        name: of the class.
        frames: that show it.
        auc: of their scores; None where it is undefined.
    """

    name: str
    frames: int
    auc: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the keys of an entry of ``classes``."""
        return {"class": self.name, "frames": self.frames, "auc": self.auc}


@dataclass(frozen=True)
class EvaluationResult:
    """What an evaluation of scores found.

    Attributes:
        system: camera, or name of a file.
        detector: that scored.
        data: name of the data set.
        label_set: id of the truth.
        protocol: how the figures were computed, in sentences.
        rules: from scores to the protocol's figure.
        summary: the figures.
        localisation: of clips that have masks and heat; None without any.
        classes: of data sets that say what each frame shows; None of others.
        threshold: of events; None where there is none.
        facts: ``machine`` and ``versions``, shown as they are.
        false_alarms: beside the camera's card; None where nothing is compared.
        distortion: what was done to the footage; empty where nothing was.
        fingerprint: of the camera as it was; empty where it is not known.
    """

    system: str
    detector: str
    data: str
    label_set: str
    protocol: str
    rules: Rules
    summary: ScoreSummary
    localisation: Localisation | None = None
    classes: tuple[AbnormalClass, ...] | None = None
    threshold: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    false_alarms: AlarmComparison | None = None
    distortion: str = ""
    fingerprint: str = ""

    @property
    def auc(self) -> float | None:
        """The headline: frame-level AUC, scores brought to [0, 1] in each clip."""
        return self.summary.figures[HEADLINE_AUC]

    def as_json(self) -> dict[str, Any]:
        """Return the keys that ``docs/interfaces.md`` names."""
        more = {
            "false_alarms": self.false_alarms and self.false_alarms.as_json(),
            "camera_fingerprint": self.fingerprint,
            "distortion": self.distortion,
        }
        return {
            "camera": self.system,
            "detector": self.detector,
            "data": self.data,
            "label_set": self.label_set,
            "protocol": self.protocol,
            "rules": self.rules.as_json(),
            **self.summary.as_json(),
            **({"localisation": self.localisation.as_json()} if self.localisation else {}),
            **({"classes": [one.as_json() for one in self.classes]} if self.classes is not None else {}),
            "threshold": self.threshold,
            **self.facts,
            **{key: value for key, value in more.items() if value},
        }
