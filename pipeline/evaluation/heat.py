"""Heat maps kept small, and what they say of places: the metrics of regions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from core.arrays import Bools, Doubles, Floats, Ints
from core.boxes import iou
from core.metrics import LocatedHeat, PredictedRegions, Regions
from pipeline.evaluation.heat_maps import DEFAULT, HEAT_MAPS, SAID, scale_of
from pipeline.evaluation.located import Located
from pipeline.evaluation.metric_values import values
from pipeline.evaluation.summary import Localisation

SIDE = 96
"""Most cells along the longer side of a kept map."""
LEVELS = 103
"""Thresholds of the curves (``ramachandra2020street`` uses as many)."""
LINKED = 0.1
"""IoU from which regions of consecutive frames are one track."""
Heat = npt.NDArray[np.float16]
Counts = npt.NDArray[np.unsignedinteger[Any]]
Boxes = Mapping[int, Sequence[tuple[str, tuple[float, float, float, float]]]]
"""Frame to (track, box) of what is annotated there."""


@dataclass(frozen=True)
class Mapped:
    """Heat of one clip beside its truth.

    Attributes:
        heat: (T, h, w) float16, each cell the mean of ``cell`` x ``cell`` pixels.
        cell: pixels along a cell's side.
        masks: frame to (H, W) truth.
        abnormal: (T,) bool.
        boxes: annotated boxes with tracks, in place of what the masks show; None where there are none.
        person: a person's height at the camera, in pixels; 0 where it is not known.
        fps: frames per second.
        located: where the joined score lies; None where the heat alone tells of places.
    """

    heat: Heat
    cell: int
    masks: Callable[[int], Bools]
    abnormal: Bools
    boxes: Boxes | None = None
    person: float = 0.0
    fps: float = 25.0
    located: Located | None = None

    def map(self, way: str) -> Floats:
        """Return (T, h, w) what places are told by, but boxes; see :mod:`pipeline.evaluation.heat_maps`."""
        made = HEAT_MAPS[way](self.heat, scale_of(self.person / self.cell, self.heat.shape[1:], self.fps))
        return made if self.located is None else self.located.in_nats(made)


def cell_of(height: int, width: int) -> int:
    """Return how many pixels along a side one cell of a kept map is made of."""
    return -(-max(height, width) // SIDE)


def localise(clips: Sequence[Mapped], way: str = DEFAULT) -> Localisation:
    """Compute every metric of regions.

    Regions are predicted by cutting a map of the heat at thresholds: the 8-connected parts above one, as boxes; and
    boxes of things up to their own nats, where the score is joined. What is annotated are the parts of the masks, or
    boxes where there are some; parts of consecutive frames that overlap are one track.

    Args:
        clips: heat and truth.
        way: from heat to map, a key of ``pipeline.evaluation.heat_maps.HEAT_MAPS``.
    """
    maps = [clip.map(way) for clip in clips]
    annotated = [_annotated_in(clip) for clip in clips]
    levels = _levels(maps)
    offsets = np.cumsum([0, *[len(clip.heat) for clip in clips]])
    parts = [_cut(made, clip.cell, levels, int(at)) for clip, made, at in zip(clips, maps, offsets, strict=False)]
    parts += [_boxed(clip.located, int(at)) for clip, at in zip(clips, offsets, strict=False) if clip.located]
    maps = [one.located.painted(made, one.cell) if one.located else made for one, made in zip(clips, maps, strict=True)]
    predicted = PredictedRegions(
        Regions(*(np.concatenate([part[i] for part in parts]) for i in (0, 1))),
        *(np.concatenate([part[i] for part in parts]) for i in (2, 3)),
    )
    truth, tracks = _annotated([regions for _, regions in annotated], offsets)
    inside, abnormal = [cells for cells, _ in annotated], [clip.abnormal for clip in clips]
    given = LocatedHeat(maps, inside, abnormal, predicted, truth, tracks, int(offsets[-1]))
    return Localisation(values(given), way, _said(clips, way))


def _boxed(located: Located, offset: int) -> tuple[npt.NDArray[Any], ...]:
    """Return frame, box, low and high of the boxes of a clip's things, as :func:`_cut` does."""
    nats = located.things[:, 5]
    return located.frames + offset, located.things[:, 1:5], np.full(len(nats), -np.inf), nats


def _said(clips: Sequence[Mapped], way: str) -> str:
    boxed = all(clip.boxes is not None for clip in clips)
    cells = " and ".join(sorted({f"{clip.cell}x{clip.cell}" for clip in clips}))
    true = "the annotated boxes and tracks" if boxed else "the masks' 8-connected parts, linked into tracks by overlap"
    ways = dict.fromkeys(_way(clip, way) for clip in clips)
    joined = "of its nats, and boxes of things up to the nats of their attributes, " * any(c.located for c in clips)
    return (
        f"Heat in cells of {cells} pixels, {' or '.join(ways)} ({way}). pixel_auc: 40 % of the abnormal pixels of a "
        f"frame must be flagged, in a normal frame no pixel. rbdc, tbdc: boxes of the 8-connected parts above each of "
        f"{LEVELS} thresholds {joined}against {true}; IoU at least 0.1."
    )


def _way(clip: Mapped, way: str) -> str:
    scale = scale_of(clip.person / clip.cell, clip.heat.shape[1:], clip.fps)
    known = "a person's height at the camera" if clip.person else "15 % of the picture's shorter side"
    return SAID[way].format(side=scale.side, frames=scale.frames, known=known)


def _annotated_in(clip: Mapped) -> tuple[Counts, list[tuple[int, str, tuple[float, ...]]]]:
    """Return how many pixels of each cell are abnormal, (T, h, w), and what is annotated as (frame, track, box)."""
    count, height, width = clip.heat.shape
    inside = np.zeros((count, height * width), np.min_scalar_type(clip.cell**2))
    found: list[tuple[int, str, tuple[float, ...]]] = []
    linked = _Links()
    for frame in np.flatnonzero(clip.abnormal).tolist():
        mask = clip.masks(frame)
        rows, columns = np.nonzero(mask)
        cells = np.ravel_multi_index((rows // clip.cell, columns // clip.cell), (height, width))
        inside[frame] = np.bincount(cells, minlength=height * width)
        if clip.boxes is None:
            found += [(frame, str(track), box) for track, box in linked.add(frame, _parts(mask, rows, columns))]
    if clip.boxes is not None:
        found = [(frame, track, box) for frame, some in clip.boxes.items() for track, box in some]
    return inside.reshape(clip.heat.shape), found


def _parts(mask: Bools, rows: Ints, columns: Ints) -> Doubles:
    """Return the boxes of a mask's 8-connected parts, of which these are the pixels."""
    if not len(rows):
        return np.empty((0, 4))
    top, left = int(rows.min()), int(columns.min())
    inside = mask[top : int(rows.max()) + 1, left : int(columns.max()) + 1].astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    boxes: Doubles = stats[1:, :4].astype(np.float64)
    boxes[:, 2:] += boxes[:, :2]
    boxes += (left, top, left, top)
    return boxes


class _Links:
    """Gives parts of consecutive frames that overlap the same track."""

    def __init__(self) -> None:
        self.frame, self.tracks, self.boxes, self.next = -2, [0][:0], np.empty((0, 4)), 0

    def add(self, frame: int, boxes: Doubles) -> list[tuple[int, tuple[float, ...]]]:
        before = self.boxes if frame == self.frame + 1 else np.empty((0, 4))
        ious = iou(boxes, before)
        tracks, free = [-1] * len(boxes), set(range(len(before)))
        for i, j in sorted(np.argwhere(ious >= LINKED).tolist(), key=lambda pair: -ious[pair[0], pair[1]]):
            if tracks[i] < 0 and j in free:
                tracks[i] = self.tracks[j]
                free.remove(j)
        for i, track in enumerate(tracks):
            if track < 0:
                tracks[i], self.next = self.next, self.next + 1
        self.frame, self.tracks, self.boxes = frame, tracks, boxes
        return list(zip(tracks, map(tuple, boxes.tolist()), strict=True))


def _levels(maps: Sequence[Floats]) -> Doubles:
    """Choose thresholds, the highest first: at each of them about as many more frames have a region."""
    tops = np.concatenate([made.reshape(len(made), -1).max(1) for made in maps]).astype(np.float64)
    hot = tops[tops > 0]
    return np.unique(np.quantile(hot, np.linspace(0, 1, LEVELS), method="lower") if len(hot) else tops)[::-1]


def _cut(made: Floats, cell: int, levels: Doubles, offset: int) -> tuple[npt.NDArray[Any], ...]:
    """Return frame, box, low and high of the parts of a clip's map above each threshold.

    Each threshold makes a picture of all frames, one below the other; what is gone through are its runs of cells.
    """
    count, height, width = made.shape
    order = np.argsort(-made.reshape(count, -1).max(1), kind="stable")
    tops = made.reshape(count, -1).max(1)[order]
    # An empty line left of and below each frame keeps what lies on its rim apart from the next line and frame.
    padded = np.full((count, height + 1, width + 1), -np.inf, np.float32)
    padded[:, :height, 1:] = made[order]
    edges, whole = [np.empty(0, np.int64)], padded.size
    for i, level in enumerate(levels.tolist()):
        above = padded[: np.searchsorted(-tops, -level, side="right")].ravel() >= level
        edges.append(np.flatnonzero(above[1:] != above[:-1]) + 1 + i * whole)
    both = np.concatenate(edges)
    x, y, x2, y2 = _linked(both[::2], both[1::2], width + 1)
    number, y = np.divmod(y, count * (height + 1))
    frame, y = np.divmod(y, height + 1)
    y2 = y2 - number * count * (height + 1) - frame * (height + 1)
    boxes = np.stack([x - 1, y, x2 - 1, y2], 1) * float(cell)
    return order[frame] + offset, boxes, np.r_[levels[1:], -np.inf][number], levels[number]


def _linked(start: Ints, end: Ints, width: int) -> tuple[Ints, ...]:
    """Return x1, y1, x2, y2 of the 8-connected parts that runs of cells make, x2 and y2 exclusive.

    Args:
        start: (N,) number of each run's first cell in a picture, line by line; ascending.
        end: (N,) that of the cell behind its last.
        width: of the picture, whose first column is empty.
    """
    if not len(start):
        return (np.empty(0, np.int64),) * 4
    first, behind = np.searchsorted(end, start + width), np.searchsorted(start, end + width, side="right")
    count = behind - first
    bounds = np.r_[0, np.cumsum(count)]
    below = np.arange(bounds[-1]) + np.repeat(first - bounds[:-1], count)
    links = csr_array((np.ones(len(below), np.bool_), below, bounds), (len(start), len(start)))
    _, part = connected_components(links, directed=False)
    order = np.argsort(part, kind="stable")
    heads = np.flatnonzero(np.diff(part[order], prepend=-1))
    y, x = np.divmod(start[order], width)
    x2 = x + (end - start)[order]
    low = [np.minimum.reduceat(side, heads) for side in (x, y)]
    return low[0], low[1], np.maximum.reduceat(x2, heads), np.maximum.reduceat(y, heads) + 1


def _annotated(
    found: Sequence[Sequence[tuple[int, str, tuple[float, ...]]]], offsets: Ints
) -> tuple[Regions, list[str]]:
    rows = [
        (frame + int(offset), f"{number}/{track}", box)
        for number, (some, offset) in enumerate(zip(found, offsets, strict=False))
        for frame, track, box in some
    ]
    boxes = np.array([box for *_, box in rows], np.float64).reshape(-1, 4)
    return Regions(np.array([frame for frame, *_ in rows], np.int64), boxes), [track for _, track, _ in rows]
