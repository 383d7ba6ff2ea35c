"""How much heat each candidate holds, and which candidates share one person's heat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Floats
from core.boxes import iou, overlap_of_smaller
from core.records import Evidence
from core.scored_things import ScoredThings
from explain.causes._candidates import Candidate
from explain.causes._confirmed import Without
from explain.causes._nats import nats_held
from explain.causes._regions import NO_VOCABULARY
from explain.heat import box_area, box_heat, box_peak, covered, summed_area
from explain.labels import PERSON

SAME_BOX_IOU = 0.45
"""Two objects with this IoU have one box: they are two names of one thing."""
MIN_TOUCH_FRACTION = 0.2
"""Two boxes touch when they share this much of the smaller one."""
MIN_TOGETHER_FRACTION = 0.5
"""An object is carried or ridden by a person when they touch in this share of the frames in which it is seen."""


@dataclass(frozen=True)
class Measures:
    """One row for each of N candidates; shares are of the event's heat above the camera's normal mean.

    Attributes:
        labels: N names, as the models gave them.
        basis: N names whose counts in normal footage tell how often such a thing is seen: of what a track tells the
            object's, of all others their own.
        confidence: mean confidence over the candidate's frames.
        weighted: heat in its boxes times the confidence, summed over its frames.
        density: mean heat per pixel of its boxes.
        area: of its boxes, summed over its frames, in square pixels.
        peak: highest heat of one pixel in its boxes.
        share: share of the event's heat in its boxes.
        shared_heat: the same with the heat of the person whom it moves with, in the frames in which they touch.
        group: number of that person's candidate, or its own; candidates of one group share one person's heat.
        touch: share of its frames in which it touches that person; 1 for what the person itself is or does.
        same_box_share: (N, N) share of an object's frames in which it has the box of another, differently named object.
        location_surprisal: how improbable the place is, or what a vehicle does there, in nats; 0 for the rest.
        speed_surprisal: how improbable the speed of the group's person is, in nats; NaN where nothing is known of it.
        kinds: N vocabularies.
        length: number of frames.
        unexplained: share of the event's heat in no box of any model.
        size: (width, height) of the picture.
        glides: whether the group's person is fast with still legs.
        rather: of running, see :class:`explain.causes._candidates.Candidate`; 0 for the rest.
        still: how still the limbs of the group's person are for the speed, 0 to 1; NaN where that is not known.
        nats: mean score of its thing's attributes over its frames, or of those of the person whom it moves with.
        nats_share: share of the nats of all things' attributes that the candidate's thing holds, 0 without any.
        evidence: share of what is unusual in the event, by heat and by attributes, person's included.
    """

    labels: tuple[str, ...]
    basis: tuple[str, ...]
    confidence: Doubles
    weighted: Doubles
    density: Doubles
    area: Doubles
    peak: Doubles
    share: Doubles
    shared_heat: Doubles
    group: npt.NDArray[np.intp]
    touch: Doubles
    same_box_share: Doubles
    location_surprisal: Doubles
    speed_surprisal: Doubles
    kinds: tuple[str, ...]
    length: npt.NDArray[np.intp]
    unexplained: float
    size: tuple[int, int]
    glides: Bools
    rather: Doubles
    still: Doubles
    nats: Doubles
    nats_share: Doubles
    evidence: Doubles


@dataclass(frozen=True)
class Sums:
    """Per candidate and frame, (N, T); zero where a candidate is not in the frame.

    Attributes:
        heat, above, area, peak, confidence, location_surprisal: of each candidate in each frame; above: over the
            camera's mean.
        present: which candidate is in which frame.
        partner: (N,) number of the person with whom each shares heat, or its own.
        touch: (N,) share of its frames in which it touches that person.
        same_box_share: see :class:`Measures`.
        frame_above, frame_boxed: (T,) heat above the camera's mean, in all and in any box.
        score: (T,) of the frames; -inf where there is none.
        frames: (T,) their numbers.
        size: (width, height) of the picture.
        nats: of the attributes of each candidate's thing in each frame.
        frame_nats: (T,) of all things.
    """

    heat: Doubles
    above: Doubles
    area: Doubles
    peak: Doubles
    confidence: Doubles
    location_surprisal: Doubles
    present: Bools
    partner: npt.NDArray[np.intp]
    touch: Doubles
    same_box_share: Doubles
    frame_above: Doubles
    frame_boxed: Doubles
    score: Doubles
    frames: npt.NDArray[np.intp]
    size: tuple[int, int]
    nats: Doubles
    frame_nats: Doubles


def measure(candidates: Sequence[Candidate], sums: Sums, columns: slice = slice(None)) -> Measures:
    """Measure each candidate, a row for each, in the frames ``columns``; ``sums`` are those of :func:`total`."""
    present, above, group = sums.present[:, columns], sums.above[:, columns], sums.partner
    length, all_above = present.sum(axis=1), float(sums.frame_above[columns].sum())
    together, nats, all_nats = present & present[group], sums.nats[:, columns], float(sums.frame_nats[columns].sum())
    shared_heat = _share(np.maximum(above, above[group] * together).sum(axis=1), all_above)
    shared, persons = np.maximum(nats, nats[group] * together), [candidates[i] for i in group]
    heat, area, confidence = sums.heat[:, columns], sums.area[:, columns].sum(axis=1), sums.confidence[:, columns]
    return Measures(
        labels=tuple(c.label for c in candidates),
        basis=_basis(candidates),
        confidence=confidence.sum(axis=1) / np.maximum(length, 1),
        weighted=(heat * confidence).sum(axis=1),
        density=_per_area(heat.sum(axis=1), area),
        area=area, peak=sums.peak[:, columns].max(axis=1, initial=0.0),
        share=_share(above.sum(axis=1), all_above),
        shared_heat=shared_heat,
        group=group,
        touch=sums.touch, same_box_share=sums.same_box_share,
        location_surprisal=sums.location_surprisal[:, columns].sum(axis=1) / np.maximum(length, 1),
        speed_surprisal=np.array([person.speed_surprisal for person in persons], np.float64),
        kinds=tuple(c.vocabulary for c in candidates), length=length,
        unexplained=1.0 - float(sums.frame_boxed[columns].sum()) / all_above if all_above > 0 else 0.0,
        size=sums.size,
        glides=np.array([person.glides for person in persons], np.bool_),
        rather=np.array([c.rather for c in candidates], np.float64),
        still=np.array([person.still for person in persons], np.float64),
        nats=shared.sum(axis=1) / np.maximum(length, 1),
        nats_share=_share(nats.sum(axis=1), all_nats),
        evidence=_evidence(shared_heat, _share(shared.sum(axis=1), all_nats), bool((sums.score[columns] > 0).any())),
    )  # fmt: skip


def _evidence(heat: Doubles, nats: Doubles, heated: bool) -> Doubles:
    """Return the mean of both kinds of evidence, (N,).

    It is that of heat alone where no attribute is unusual; that of attributes alone where no frame is ``heated``, with
    a score above that of a typical normal frame.
    """
    if not nats.any():
        return heat
    return (heat + nats) / 2 if heated else nats


def _basis(candidates: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(candidates[c.owner].label if c.owner is not None and c.tracked else c.label for c in candidates)


def _share(heat: Doubles, total: float) -> Doubles:
    return np.minimum(heat / total, 1.0) if total > 0 else np.zeros_like(heat)


def total(candidates: Sequence[Candidate], evidence: Without, level: float, scored: ScoredThings | None = None) -> Sums:
    """Sum up what each candidate holds in each frame; one frame's picture and table are in memory at a time.

    Args:
        candidates: of :func:`explain.causes._candidates.gather`.
        evidence: the frames they were gathered from; at least one.
        level: the camera's mean heat per pixel, taken off before shares are formed.
        scored: things of the clip, where their attributes are known.
    """
    n, t = len(candidates), len(evidence)
    placed, persons, things, regions = _placed(candidates), *_kinds(candidates)
    values = np.zeros((4, n, t))
    present, touch, same_box_share = np.zeros((n, t), np.bool_), np.zeros((n, n), np.intp), np.zeros((n, n), np.intp)
    names = np.array([c.label for c in candidates])
    by_frame, frames, size = np.full((3, t), -np.inf), np.zeros(t, np.intp), (0, 0)
    for column, seen in enumerate(evidence):
        rows, boxes = placed(seen.frame)
        raised = np.maximum(seen.heat - np.float32(level), np.float32(0))
        free, size = outside(seen), (seen.heat.shape[1], seen.heat.shape[0])
        for chosen, mask in ((~regions[rows], None), (regions[rows], free)):
            if chosen.any():
                values[:, rows[chosen], column] = _hold(seen.heat, raised, boxes[chosen], mask)
        present[rows, column], frames[column] = True, seen.frame
        pairs = (overlap_of_smaller(boxes, boxes) >= MIN_TOUCH_FRACTION) & things[rows][:, None] & persons[rows]
        touch[np.ix_(rows, rows)] += pairs
        other = things[rows][:, None] & things[rows] & (names[rows][:, None] != names[rows])
        same_box_share[np.ix_(rows, rows)] += other & (iou(boxes, boxes) >= SAME_BOX_IOU)
        by_frame[:2, column] = raised.sum(dtype=np.float64), raised.sum(dtype=np.float64, where=~free)
        by_frame[2, column] = np.nan_to_num(seen.score, nan=-np.inf)
    length = present.sum(axis=1)
    partner, together = _groups(candidates, touch, length)
    confidence, location_surprisal = _told(candidates, frames)
    heat, above, area, peak = values
    return Sums(heat, above, area, peak, confidence, location_surprisal, present, partner, together,
                same_box_share / np.maximum(length, 1)[:, None],
                by_frame[0], by_frame[1], by_frame[2], frames, size,
                *nats_held(candidates, frames, scored))  # fmt: skip


def _hold(heat: Floats, raised: Floats, boxes: Doubles, mask: Bools | None) -> Doubles:
    """Return heat, heat above the level, area and peak of N boxes, (4, N); of a region's, only outside other boxes."""
    # A person's box comes again with each of the person's actions.
    once, where = np.unique(boxes, axis=0, return_inverse=True)
    if mask is not None:
        heat, raised = heat * mask, raised * mask
    held, above = (box_heat(summed_area(values), once) for values in (heat, raised))
    return np.stack([held, above, _area(heat, once, mask), box_peak(heat, once)])[:, where]


def _area(heat: Floats, boxes: Doubles | Floats, mask: Bools | None) -> Doubles:
    if mask is None:
        return box_area(boxes, heat.shape[1], heat.shape[0])
    return box_heat(summed_area(mask.astype(np.float32)), boxes)


def outside(seen: Evidence) -> Bools:
    """Mark the pixels of one frame that lie in no object's and no person's box, (H, W)."""
    boxed = np.concatenate([seen.objects.boxes, seen.actions.boxes])
    return ~covered((seen.heat.shape[0], seen.heat.shape[1]), boxed)


def densities(heat: Floats, boxes: Floats, mask: Bools | None = None) -> Doubles:
    """Return the mean heat per pixel of each box, or of its part under the mask; 0 outside the picture, (N,)."""
    held = box_heat(summed_area(heat if mask is None else heat * mask), boxes)
    return _per_area(held, _area(heat, boxes, mask))


def _per_area(heat: Doubles, area: Doubles) -> Doubles:
    return np.divide(heat, area, out=np.zeros_like(heat), where=area > 0)


def _kinds(candidates: Sequence[Candidate]) -> tuple[Bools, Bools, Bools]:
    """Return which candidates are persons, which are objects that a person may ride or carry, and which are regions."""
    persons = np.array([c.label == PERSON for c in candidates], np.bool_)
    things = np.array([c.vocabulary == "COCO" and c.label != PERSON for c in candidates], np.bool_)
    regions = np.array([c.vocabulary == NO_VOCABULARY for c in candidates], np.bool_)
    return persons, things, regions


def _placed(candidates: Sequence[Candidate]) -> Callable[[int], tuple[npt.NDArray[np.intp], Doubles]]:
    """Return what gives the candidates in a frame, and their boxes."""
    frames = np.concatenate([np.zeros(0, np.int64), *(c.frames for c in candidates)])
    order = np.argsort(frames, kind="stable")
    ascending = frames[order]
    owner = np.concatenate([np.zeros(0, np.intp), *(np.full(len(c.frames), i) for i, c in enumerate(candidates))])
    box = np.concatenate([np.zeros((0, 4)), *(c.boxes for c in candidates)])

    def at(frame: int) -> tuple[npt.NDArray[np.intp], Doubles]:
        here = order[slice(*np.searchsorted(ascending, [frame, frame + 1]))]
        return owner[here], box[here]

    return at


def _told(candidates: Sequence[Candidate], frames: npt.NDArray[np.intp]) -> tuple[Doubles, Doubles]:
    """Return what is known of each candidate in each frame without looking: confidence and strangeness, (N, T)."""
    confidence, location_surprisal = np.zeros((2, len(candidates), len(frames)))
    for i, candidate in enumerate(candidates):
        columns = np.searchsorted(frames, candidate.frames)
        confidence[i, columns] = candidate.confidence
        if candidate.location_surprisal is not None:
            location_surprisal[i, columns] = candidate.location_surprisal
    return confidence, location_surprisal


def _groups(
    candidates: Sequence[Candidate], touch: npt.NDArray[np.intp], length: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], Doubles]:
    """Return, for each candidate, the person with whom it shares heat, or itself, and how often they touch."""
    own = np.arange(len(candidates))
    if not len(own):
        return own, np.zeros(0)
    owner = np.array([i if c.owner is None else c.owner for i, c in enumerate(candidates)], np.intp)
    partner, touched = touch.argmax(axis=1), touch.max(axis=1) / np.maximum(length, 1)
    group = np.where((touched >= MIN_TOGETHER_FRACTION) & (touched > 0), partner, own)
    # Whatever is said of an object belongs to the one that it belongs to.
    group = np.where(owner != own, group[owner], group)
    return group, np.where(owner != own, 1.0, touched)
