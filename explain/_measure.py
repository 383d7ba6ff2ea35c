"""How much heat each candidate holds, and which candidates share one person's heat."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.records import Evidence, Floats
from explain._candidates import PERSON, Candidate
from explain._regions import NO_VOCABULARY
from explain.heat import Doubles, Mask, box_area, box_heat, box_peak, covered, summed_area

TOUCH = 0.2
"""Two boxes touch when they share this much of the smaller one."""
TOGETHER = 0.5
"""An object is carried or ridden by a person when they touch in this share of the frames in which it is seen."""


@dataclass(frozen=True)
class Measures:
    """One row for each of N candidates; shares are of the event's heat above the camera's normal mean.

    Attributes:
        labels: N names, as the models gave them.
        confidence: mean confidence over the candidate's frames.
        weighted: heat in its boxes times the confidence, summed over its frames.
        density: mean heat per pixel of its boxes.
        peak: highest heat of one pixel in its boxes.
        share: share of the event's heat in its boxes.
        claimed: the same with the heat of the person whom it moves with, in the frames in which they touch.
        group: number of that person's candidate, or its own; candidates of one group share one person's heat.
        length: number of frames.
        unexplained: share of the event's heat in no box of any model.
        peak_frame: frame of the highest score.
        size: (width, height) of the picture.
    """

    labels: tuple[str, ...]
    confidence: Doubles
    weighted: Doubles
    density: Doubles
    peak: Doubles
    share: Doubles
    claimed: Doubles
    group: npt.NDArray[np.intp]
    length: npt.NDArray[np.intp]
    unexplained: float
    peak_frame: int
    size: tuple[int, int]


@dataclass(frozen=True)
class _Sums:
    """Per candidate and frame, (N, T); zero where a candidate is not in the frame."""

    heat: Doubles
    above: Doubles
    area: Doubles
    peak: Doubles
    confidence: Doubles
    present: Mask
    touch: npt.NDArray[np.intp]
    frame_above: Doubles
    frame_boxed: Doubles
    peak_frame: int
    size: tuple[int, int]


def measure(candidates: Sequence[Candidate], evidence: Sequence[Evidence], level: float) -> Measures:
    """Measure the candidates of one event; holds one frame's table at a time.

    Args:
        candidates: of :func:`explain._candidates.gather`.
        evidence: the frames they were gathered from.
        level: the camera's mean heat per pixel, taken off before shares are formed.
    """
    sums = _sum(candidates, evidence, level)
    length = sums.present.sum(axis=1)
    group = _groups(candidates, sums, length)
    total = float(sums.frame_above.sum())
    partner = sums.above[group] * (sums.present & sums.present[group])
    claimed = np.maximum(sums.above, partner).sum(axis=1)
    heat, area = sums.heat.sum(axis=1), sums.area.sum(axis=1)
    return Measures(
        labels=tuple(c.label for c in candidates),
        confidence=sums.confidence.sum(axis=1) / np.maximum(length, 1),
        weighted=(sums.heat * sums.confidence).sum(axis=1),
        density=np.divide(heat, area, out=np.zeros_like(heat), where=area > 0),
        peak=sums.peak.max(axis=1, initial=0.0),
        share=_share(sums.above.sum(axis=1), total),
        claimed=_share(claimed, total),
        group=group,
        length=length,
        unexplained=1.0 - float(sums.frame_boxed.sum()) / total if total > 0 else 0.0,
        peak_frame=sums.peak_frame,
        size=sums.size,
    )


def _share(heat: Doubles, total: float) -> Doubles:
    return np.minimum(heat / total, 1.0) if total > 0 else np.zeros_like(heat)


def _sum(candidates: Sequence[Candidate], evidence: Sequence[Evidence], level: float) -> _Sums:
    n, t = len(candidates), len(evidence)
    heat, above, area, peak, confidence = (np.zeros((n, t)) for _ in range(5))
    present, touch = np.zeros((n, t), np.bool_), np.zeros((n, n), np.intp)
    frame_above, frame_boxed, size = np.zeros(t), np.zeros(t), (0, 0)
    highest = (-np.inf, -1)
    persons, things, regions = _kinds(candidates)
    placed = _Placed.of(candidates)
    for column, seen in enumerate(evidence):
        rows, boxes, confidence[:, column] = placed.at(seen.frame, n)
        raised = np.maximum(seen.heat - np.float32(level), np.float32(0))
        highest = max(highest, (-np.inf if np.isnan(seen.score) else seen.score, -seen.frame))
        free, size = outside(seen), (seen.heat.shape[1], seen.heat.shape[0])
        for chosen, mask in ((~regions[rows], None), (regions[rows], free)):
            if chosen.any():
                found = _hold(seen.heat, raised, boxes[chosen], mask)
                for values, column_values in zip((heat, above, area, peak), found, strict=True):
                    values[rows[chosen], column] = column_values
        present[rows, column] = True
        pairs = (overlap_of_smaller(boxes, boxes) >= TOUCH) & things[rows][:, None] & persons[rows]
        touch[np.ix_(rows, rows)] += pairs
        frame_above[column] = raised.sum(dtype=np.float64)
        frame_boxed[column] = raised.sum(dtype=np.float64, where=~free)
    return _Sums(heat, above, area, peak, confidence, present, touch, frame_above, frame_boxed, -highest[1], size)


def _hold(heat: Floats, raised: Floats, boxes: Doubles, mask: Mask | None) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Return heat, heat above the level, area and peak of N boxes; of a region's, only outside all other boxes."""
    # A person's box comes again with each of the person's actions.
    once, where = np.unique(boxes, axis=0, return_inverse=True)
    if mask is not None:
        heat, raised = heat * mask, raised * mask
    area = _area(heat, once, mask)
    sums = (box_heat(summed_area(heat), once), box_heat(summed_area(raised), once), area, box_peak(heat, once))
    held, above, size, peak = (values[where] for values in sums)
    return held, above, size, peak


def _area(heat: Floats, boxes: Doubles | Floats, mask: Mask | None) -> Doubles:
    if mask is None:
        return box_area(boxes, heat.shape[1], heat.shape[0])
    return box_heat(summed_area(mask.astype(np.float32)), boxes)


def outside(seen: Evidence) -> Mask:
    """Mark the pixels of one frame that lie in no object's and no person's box, (H, W)."""
    boxed = np.concatenate([seen.objects.boxes, seen.actions.boxes])
    return ~covered((seen.heat.shape[0], seen.heat.shape[1]), boxed)


def densities(heat: Floats, boxes: Floats, mask: Mask | None = None) -> Doubles:
    """Return the mean heat per pixel of each box, or of its part under the mask; 0 outside the picture, (N,)."""
    held = box_heat(summed_area(heat if mask is None else heat * mask), boxes)
    area = _area(heat, boxes, mask)
    return np.divide(held, area, out=np.zeros_like(held), where=area > 0)


def _kinds(candidates: Sequence[Candidate]) -> tuple[Mask, Mask, Mask]:
    """Tell which candidates are persons, which are objects that a person may ride or carry, and which are regions."""
    persons = np.array([c.label == PERSON for c in candidates], np.bool_)
    things = np.array([c.vocabulary == "COCO" and c.label != PERSON for c in candidates], np.bool_)
    regions = np.array([c.vocabulary == NO_VOCABULARY for c in candidates], np.bool_)
    return persons, things, regions


@dataclass(frozen=True)
class _Placed:
    """The boxes of all candidates, ordered by frame."""

    frame: npt.NDArray[np.int64]
    candidate: npt.NDArray[np.intp]
    box: Doubles
    confidence: Doubles

    @classmethod
    def of(cls, candidates: Sequence[Candidate]) -> "_Placed":
        if not candidates:
            return cls(np.zeros(0, np.int64), np.zeros(0, np.intp), np.zeros((0, 4)), np.zeros(0))
        frame = np.concatenate([c.frames for c in candidates])
        order = np.argsort(frame, kind="stable")
        owner = np.repeat(np.arange(len(candidates)), [len(c.frames) for c in candidates])
        box = np.concatenate([c.boxes for c in candidates]).astype(np.float64)
        confidence = np.concatenate([c.confidence for c in candidates]).astype(np.float64)
        return cls(frame[order], owner[order], box[order], confidence[order])

    def at(self, frame: int, count: int) -> tuple[npt.NDArray[np.intp], Doubles, Doubles]:
        """Return the candidates in a frame, their boxes, and the confidence of all ``count`` (0 for the absent)."""
        here = slice(*np.searchsorted(self.frame, [frame, frame + 1]))
        confidence = np.zeros(count)
        confidence[self.candidate[here]] = self.confidence[here]
        return self.candidate[here], self.box[here], confidence


def _groups(candidates: Sequence[Candidate], sums: _Sums, length: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Return, for each candidate, the person with whom it shares heat, or itself."""
    own = np.arange(len(candidates))
    if not len(own):
        return own
    partner, touched = sums.touch.argmax(axis=1), sums.touch.max(axis=1)
    group = np.where(touched >= TOGETHER * length, partner, own)
    group = np.where(touched > 0, group, own)
    acts = np.array([own[i] if c.person is None else c.person for i, c in enumerate(candidates)], np.intp)
    return np.where(acts != own, acts, group)


def overlap_of_smaller(a: Doubles, b: Doubles) -> Doubles:
    """Return the area that (N, 4) and (M, 4) boxes share over the area of the smaller one, (N, M)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = (np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=1) for x in (a, b))
    smaller = np.minimum(area_a[:, None], area_b[None])
    ratio: Doubles = np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)
    return ratio
