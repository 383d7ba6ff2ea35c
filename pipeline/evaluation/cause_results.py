"""Figures of the causes of labelled frames, as frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from metrics.first_cause import Shares
from pipeline.evaluation.metric_values import Figures

__all__ = [
    "CauseLabels",
    "CauseResult",
    "FirstCause",
    "OverClips",
    "RuleClasses",
    "RuleFigures",
    "Shares",
    "VideoCauses",
]


@dataclass(frozen=True)
class VideoCauses:
    """The first causes of one clip; ``event`` (``coarse: fine``) is that of all its frames as one, None without any."""

    name: str
    shares: Shares
    event: str | None


@dataclass(frozen=True)
class OverClips:
    """Right first causes clip by clip: frames of one clip are alike, so that a clip counts once.

    Attributes:
        clips: how many have a labelled frame.
        mean: of the clips' shares of frames whose first cause is right; None without any clip.
        worst, worst_clip: the lowest of them, and whose it is.
        interval: 95 % of the mean, clips drawn with replacement; None of too few clips.
    """

    clips: int
    mean: float | None
    worst: float | None
    worst_clip: str
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class RuleFigures:
    """The first causes by one rule, of all clips and clip by clip.

    ``unseen`` are those that the object model was not trained on, ``seen`` the others; None without any.
    """

    shares: Shares
    unseen: Shares | None
    seen: Shares | None
    videos: tuple[VideoCauses, ...]
    over_clips: OverClips
    over_unseen: OverClips | None

    def as_json(self) -> dict[str, Any]:
        """Return the keys of an entry of ``causes``."""
        videos = [{"name": one.name, **asdict(one.shares), "event": one.event} for one in self.videos]
        groups = {"unseen": self.unseen and asdict(self.unseen), "seen": self.seen and asdict(self.seen)}
        over = {"over_clips": asdict(self.over_clips), "over_unseen": self.over_unseen and asdict(self.over_unseen)}
        return {**asdict(self.shares), **groups, **over, "videos": videos}


@dataclass(frozen=True)
class RuleClasses:
    """X-MAN's figures by one rule.

    Attributes:
        figures: ``map``, ``map_objects``, ``map_without_location``, and further metrics.
        per_class: ``per_class`` (average precision) and further ones: class to value.
    """

    figures: Figures
    per_class: Mapping[str, Figures]


@dataclass(frozen=True)
class FirstCause:
    """The first cause of one frame, with frames counted from 0; None where a frame has no cause.

    Attributes:
        video, frame: which frame.
        coarse, fine, box: of the cause, its box in pixels.
        found: whether it lies on an annotated region.
        right: whether it also names that region.
    """

    video: str
    frame: int
    coarse: str | None
    fine: str | None
    box: tuple[float, ...] | None
    found: bool
    right: bool

    @property
    def name(self) -> str:
        """The cause in words."""
        return f"{self.coarse}: {self.fine}" if self.coarse else "no cause"


@dataclass(frozen=True)
class CauseLabels:
    """What was measured against.

    Attributes:
        frames: number of evaluated labelled frames.
        every: each ``every``-th of them.
        without_score: those that no window of the detector reaches.
        unmatched: videos of the label files that are no clip of the data set.
        nameless: classes that no model can name.
        places: labels that are neither objects nor actions, and count as places.
        trained_regions: clips that the object model was trained on.
        models: ``objects``, ``actions`` and ``teacher``; None without a teacher.
        protocol: how the figures were computed, in sentences.
    """

    clips: tuple[str, ...]
    frames: int
    every: int
    without_score: int
    unmatched: tuple[str, ...]
    nameless: tuple[str, ...]
    places: tuple[str, ...]
    trained_regions: tuple[str, ...]
    models: Mapping[str, str | None]
    protocol: str


@dataclass(frozen=True)
class CauseResult:
    """What an evaluation of causes found.

    Attributes:
        rules: rule to its first causes, for labels with regions.
        classes: rule to X-MAN's figures, for labels with classes.
        not_run: rule to the reason why it could not be run.
        frames: the first causes by our rule.
        labels: what they were measured against.
    """

    rules: Mapping[str, RuleFigures]
    classes: Mapping[str, RuleClasses]
    not_run: Mapping[str, str]
    frames: tuple[FirstCause, ...]
    labels: CauseLabels

    def as_json(self) -> dict[str, Any]:
        """Return ``causes``, ``xman`` and ``labels`` of ``evaluate --json``."""
        rules = {rule: figures.as_json() for rule, figures in self.rules.items()}
        return {
            "causes": {"not_run": dict(self.not_run), **rules, "frames": [asdict(row) for row in self.frames]},
            "xman": {rule: {**found.figures, **found.per_class} for rule, found in self.classes.items()},
            "labels": asdict(self.labels),
        }
