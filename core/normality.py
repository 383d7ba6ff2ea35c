"""What is normal at one camera: records of what its normal footage showed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import expect

DEFAULT_ALARMS_PER_HOUR, MAX_ALARMS_PER_HOUR = 6.0, 60.0
"""False events an hour: what a camera is set to where there is footage enough, and the most it is set to unasked."""


@dataclass(frozen=True)
class ClassNormality:
    """How one class behaves in a camera's normal footage.

    Attributes:
        per_frame: mean number of boxes of that class in a frame.
        density: ascending quantiles (0 %, 1 %, … 100 %) of a box's mean heat per pixel, over the boxes seen.
        boxes: how many boxes that rests on.
        confidence: ascending quantiles of the model's confidence over the same boxes; empty where not measured.
    """

    per_frame: float
    density: tuple[float, ...]
    boxes: int
    confidence: tuple[float, ...] = ()


@dataclass(frozen=True)
class Places:
    """Where one class stands in a camera's normal footage, and how it moves there.

    Attributes:
        points: foot points and heights seen, (x, y, height) in pixels: the middle of a box's lower edge.
        motion: velocity at each of them, (x, y) in box heights a second; 0 where it was seen only once.
        distance: ascending quantiles (0 %, 1 %, … 100 %) of how far each point lies from those of other moments, as
            :func:`explain.causes.places.distance` measures it.
        speed: ascending quantiles of the tubes' median speeds, in box heights a second, of vehicles with what they grow
            or shrink by; empty where none moved.
        moments: how many moments that rests on: people come again and again, so that more boxes do not say more.
        frames: how many frames of footage it was drawn from.
    """

    points: tuple[tuple[float, float, float], ...]
    motion: tuple[tuple[float, float], ...]
    distance: tuple[float, ...]
    speed: tuple[float, ...]
    moments: int
    frames: int

    def __post_init__(self) -> None:
        expect(len(self.motion) == len(self.points), "motion", f"{len(self.points)} long", len(self.motion))


@dataclass(frozen=True)
class Normality:
    """What is normal at one camera, measured on its normal footage.

    Attributes:
        median: the detector's raw score on a typical frame; calibrated score = raw score - median.
        quantiles: ascending quantiles (0 %, 1 %, … 100 %) of the calibrated score.
        frames: number of frames that were scored.
        heat: mean saliency per pixel.
        classes: label to its normality, for objects (COCO) and actions (AVA).
        explained_frames: number of frames that the classes were counted on.
        places: label to where objects of that class stand and move; only classes that were seen often.
    """

    median: float
    quantiles: tuple[float, ...]
    frames: int
    heat: float
    classes: Mapping[str, ClassNormality] = field(default_factory=dict)
    explained_frames: int = 0
    places: Mapping[str, Places] = field(default_factory=dict)


@dataclass(frozen=True)
class AlarmCurve:
    """How many false events an hour each threshold costs on a camera's normal footage.

    Attributes:
        hours: of footage that this was counted on.
        thresholds: ascending calibrated scores.
        per_hour: false events an hour at each of them, never rising; where fewer than
            :data:`pipeline.training.alarm_curve.MIN_COUNTED_EVENTS` events were seen, continued along the highest
            peaks.
    """

    hours: float
    thresholds: tuple[float, ...]
    per_hour: tuple[float, ...]

    def __post_init__(self) -> None:
        expect(len(self.thresholds) > 0, "thresholds", "at least one", 0)
        expect(len(self.per_hour) == len(self.thresholds), "per_hour", f"{len(self.thresholds)}", len(self.per_hour))

    @property
    def usual(self) -> float:
        """False events an hour that a camera may cost by default.

        :data:`DEFAULT_ALARMS_PER_HOUR`, or one in all of the footage where that is more, for less cannot be counted
        there; at most :data:`MAX_ALARMS_PER_HOUR`.
        """
        if self.hours <= 0:
            return MAX_ALARMS_PER_HOUR
        return min(max(DEFAULT_ALARMS_PER_HOUR, 1 / self.hours), MAX_ALARMS_PER_HOUR)

    def can_count(self, per_hour: float) -> bool:
        """Tell whether so many events an hour are one at least in the footage that was measured."""
        return round(self.hours * per_hour, 2) >= 1

    def threshold(self, per_hour: float) -> float:
        """Return the lowest threshold that costs at most so many false events an hour, else the highest there is."""
        enough = (threshold for threshold, n in zip(self.thresholds, self.per_hour, strict=True) if n <= per_hour)
        return next(enough, self.thresholds[-1])

    def expected(self, threshold: float) -> float:
        """Return the false events an hour that a threshold costs: those of the next lower one that is listed."""
        costs = [n for known, n in zip(self.thresholds, self.per_hour, strict=True) if known <= threshold]
        return costs[-1] if costs else self.per_hour[0]


@dataclass(frozen=True)
class StandingAlarms:
    """How often what stands, or is gone, raises events of its own on a camera's normal footage.

    Attributes:
        alarms: what thresholds in nats cost there.
        threshold: nats above which a place where something stands is an event.
        sha256: of the model's file in the camera's folder.
    """

    alarms: AlarmCurve
    threshold: float
    sha256: str


@dataclass(frozen=True)
class NormalScores:
    """What the scores of a camera's normal footage were like: beside a clip in which nothing was found.

    Attributes:
        seconds: of footage that the threshold was set on.
        highest: calibrated score of its strangest frame.
        alarms: what thresholds cost there; None where that was not kept.
    """

    seconds: float
    highest: float
    alarms: AlarmCurve | None = None

    def events(self, threshold: float) -> float | None:
        """Return how many events it would raise at a threshold, as far as that is known: under 1 for none."""
        if self.alarms is not None:
            return self.alarms.expected(threshold) * self.alarms.hours
        return 0.0 if threshold > self.highest else None
