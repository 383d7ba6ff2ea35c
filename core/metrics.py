"""What a metric is: one entry type, and what it is given, which is one of six dataclasses.

A public file in ``metrics/`` registers ``METRICS``, name to :class:`Metric`. A metric's ``needs`` is the class of
its argument, and says where it is computed: :class:`FrameScores`, :class:`Decisions` and :class:`Events` by
``evaluate``, :class:`LocatedHeat` there too where clips have masks and heat, :class:`ClassScores` and :class:`OneClass`
by ``xman`` and ``evaluate --xman``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Ints

Given = TypeVar("Given", bound="FrameScores | Decisions | Events | LocatedHeat | ClassScores | OneClass")
ZERO_TO_ONE, UPWARDS = (0.0, 1.0), (0.0, float("inf"))
"""Ranges of most metrics."""


@dataclass(frozen=True)
class Metric(Generic[Given]):
    """One metric, as it is registered.

    Attributes:
        run: from what the metric needs to its value; NaN where it is undefined.
        needs: class of ``run``'s argument.
        range: least and greatest value.
        about: one sentence; the first line of this text, or of ``run``'s docstring without it.
    """

    run: Callable[[Given], float]
    needs: type[Given]
    range: tuple[float, float] = ZERO_TO_ONE
    about: str | None = None

    def __post_init__(self) -> None:
        text = self.about or self.run.__doc__ or ""
        object.__setattr__(self, "about", text.strip().partition("\n")[0].rstrip(".").replace("``", ""))

    @property
    def bounds(self) -> str:
        """The range in words.

        >>> Metric(lambda given: 0.0, FrameScores).bounds, Metric(lambda given: 0.0, Events, UPWARDS).bounds
        ('0 to 1', '0 upwards')
        """
        low, high = self.range
        return f"{low:g} upwards" if high == float("inf") else f"{low:g} to {high:g}"


def counts(scores: Doubles, abnormal: Bools) -> tuple[Doubles, Doubles]:
    """Count, for each distinct score from the highest down, the frames flagged at it: (abnormal, normal) ones.

    Equal scores are flagged together, so that the order of frames has no influence.
    """
    order = np.argsort(-scores)
    s, y = scores[order], abnormal[order]
    last = np.r_[s[1:] != s[:-1], True][: len(s)]
    return np.cumsum(y, dtype=np.float64)[last], np.cumsum(~y, dtype=np.float64)[last]


@dataclass(frozen=True)
class FrameScores:
    """Scores of frames, one (T,) array per video in each sequence.

    Attributes:
        scores: as the protocol makes them, NaN where a frame does not count.
        raw: as the system gave them, NaN where it gave none or ``scores`` are.
        abnormal: the truth.
    """

    need: ClassVar[str] = "frames"
    scores: Sequence[Doubles]
    raw: Sequence[Doubles]
    abnormal: Sequence[Bools]


@dataclass(frozen=True)
class Decisions:
    """Frames that are flagged or not, one (T,) array per video in each sequence.

    Attributes:
        flagged: inside an event at the camera's own threshold.
        counted: whether the frame has a score and counts.
        abnormal: the truth.
    """

    need: ClassVar[str] = "decisions"
    flagged: Sequence[Bools]
    counted: Sequence[Bools]
    abnormal: Sequence[Bools]

    @property
    def scores(self) -> list[Doubles]:
        """The decisions as scores: 1 of a flagged frame, -1 of another, NaN where a frame does not count."""
        pairs = zip(self.flagged, self.counted, strict=True)
        return [np.where(counted, np.where(flagged, 1.0, -1.0), np.nan) for flagged, counted in pairs]


@dataclass(frozen=True)
class Events:
    """Alarms over time, one (T,) array per video in each sequence.

    Attributes:
        flagged: inside an alarm; a run of flagged frames is one alarm.
        abnormal: the truth; a run of abnormal frames is one unusual event.
        seconds: when each frame is shown, ascending.
        scored: whether the frame has a score, so that it could be flagged.
    """

    need: ClassVar[str] = "events"
    flagged: Sequence[Bools]
    abnormal: Sequence[Bools]
    seconds: Sequence[Doubles]
    scored: Sequence[Bools]


@dataclass(frozen=True)
class Regions:
    """Boxes of a whole data set.

    Attributes:
        frame: (N,) number of the frame over all videos, so that no two videos share one.
        box: (N, 4) x1, y1, x2, y2; x2 and y2 exclusive.
    """

    frame: Ints
    box: Doubles

    def __post_init__(self) -> None:
        if self.box.shape != (len(self.frame), 4):
            raise ValueError(f"box must be ({len(self.frame)}, 4), got {self.box.shape}")

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True)
class PredictedRegions:
    """Predicted regions, each of which is there from above ``low`` up to ``high``, both thresholds.

    A box with a score is there at every threshold up to it: ``low`` is minus infinity. A region cut out of a heat map
    is there while that cut gives it.

    Attributes:
        regions: the boxes.
        low, high: (N,) float64.
    """

    regions: Regions
    low: Doubles
    high: Doubles

    def __post_init__(self) -> None:
        if not self.low.shape == self.high.shape == (len(self.regions),):
            raise ValueError(f"low and high must be ({len(self.regions)},), got {self.low.shape} and {self.high.shape}")
        if np.isnan(self.low).any() or np.isnan(self.high).any():
            raise ValueError("low and high must be numbers, got NaN")

    @classmethod
    def scored(cls, regions: Regions, score: npt.ArrayLike) -> "PredictedRegions":
        """Make predictions of boxes with a score each."""
        high = np.asarray(score, np.float64)
        return cls(regions, np.full(len(regions), -np.inf), high)


@dataclass(frozen=True)
class LocatedHeat:
    """Heat maps beside the places that are annotated.

    Attributes:
        maps: one (T, h, w) float array per video, heat in cells of some pixels, grows with strangeness.
        inside: one (T, h, w) array of whole numbers per video, how many of each cell's pixels are abnormal.
        abnormal: one (T,) array per video, the truth of frames.
        predicted: the 8-connected parts of the maps above each of some thresholds.
        truth: annotated regions.
        tracks: (M,) name of the track that each annotated region belongs to.
        frames: of all videos together.
    """

    need: ClassVar[str] = "regions"
    maps: Sequence[npt.NDArray[np.floating]]
    inside: Sequence[npt.NDArray[np.unsignedinteger]]
    abnormal: Sequence[Bools]
    predicted: PredictedRegions
    truth: Regions
    tracks: Sequence[str]
    frames: int


@dataclass(frozen=True)
class OneClass:
    """What causes say of F labelled frames and one class: the metric is computed of each class, and of their mean.

    Attributes:
        scores: (F,) best score of the frame's causes of the class, minus infinity or 0 where there is none.
        positive: (F,) whether the frame is labelled with the class.
    """

    need: ClassVar[str] = "one class"
    scores: Doubles
    positive: Bools

    @cached_property
    def counts(self) -> tuple[Doubles, Doubles]:
        """For each distinct score from the highest down, the frames of the class and the others that reach it."""
        return counts(self.scores, self.positive)


@dataclass(frozen=True)
class ClassScores:
    """What causes say of F labelled frames and C classes.

    Attributes:
        scores: (F, C) best score of each frame and class, minus infinity or 0 where there is none.
        positive: (F, C) truth.
        classes: C names (coarse, fine).
        video: (F,) number of each frame's video.
    """

    need: ClassVar[str] = "classes"
    scores: Doubles
    positive: Bools
    classes: Sequence[tuple[str, str]]
    video: Ints

    @cached_property
    def each(self) -> tuple[OneClass, ...]:
        """What is said of each class, in the order of ``classes``."""
        return tuple(OneClass(s, y) for s, y in zip(self.scores.T, self.positive.T, strict=True))
