"""When something happened at a place: the times at which the stored heat, or a thing, was in an area of the picture."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.arrays import Bools, Doubles, Images, Ints
from core.clock import Clock
from core.errors import InputError
from core.scored_things import ScoredThings
from explain.report.overlay import TOP
from pipeline import channels, heat_frames
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FinishedRun
from pipeline.player_data import MIN_CONFIDENCE

HEAT = "heat"
GAP_SECONDS = 1.0
"""Two times with less between them are one."""
LOOKS_PER_SECOND = 5.0
"""Heat is looked at so often, as things are looked for."""
MIN_POINTS, MAX_POINTS = 3, 60
MULTIPLES = (5.0, 10.0, 25.0, 100.0)
"""Of the camera's mean heat on normal footage, from which a place counts as changed: few pixels of a walker pass 25."""
_NUMBER = r"\d+(?:\.\d+)?"
_POINT = re.compile(rf"({_NUMBER})\s*[,;]\s*({_NUMBER})")

Area = tuple[tuple[float, float], ...]
"""Corners (x, y), in shares of the picture's width and height, 0 to 1."""


@dataclass(frozen=True)
class Change:
    """A time at which something was in an area.

    Attributes:
        first, last: frames, inclusive.
        peak: the frame in which it was strongest.
        what: :data:`HEAT`, or the label of a thing.
        strength: of heat, in multiples of the normal mean; of a thing, its greatest confidence, 0 to 1.
    """

    first: int
    last: int
    peak: int
    what: str
    strength: float


def parsed(text: str) -> Area:
    """Read the corners of an area: x and y in per cent of the picture, ``10,20 40,20 40,60``.

    Raises:
        InputError: these are no corners of an area inside the picture.

    >>> parsed("10,20 40,20 40,60.5")
    ((0.1, 0.2), (0.4, 0.2), (0.4, 0.605))
    """
    points = tuple((float(x) / 100, float(y) / 100) for x, y in _POINT.findall(text))
    rest = _POINT.sub("", text).strip()
    inside = all(0 <= value <= 1 for point in points for value in point)
    if rest or not inside or not MIN_POINTS <= len(points) <= MAX_POINTS:
        raise InputError(f"an area needs {MIN_POINTS} to {MAX_POINTS} corners in per cent of the picture, such as "
                         f"'10,20 40,20 40,60'; got {text[:60]!r}")  # fmt: skip
    return points


def changes(folder: Path, run: FinishedRun, area: Area, multiple: float = MULTIPLES[2]) -> list[Change]:
    """Return the times at which heat or a thing was in an area, in order of time.

    Args:
        folder: of the run.
        run: of that folder.
        area: in the picture.
        multiple: of the normal mean from which heat counts.

    Raises:
        InputError: what the run kept is damaged.
        DataError: its things are damaged.
    """
    found = _hot(folder, run, area, multiple)
    if (folder / channels.THINGS).exists():
        scored = ScoredThings.load(folder / channels.THINGS)
        found += _things(scored, area, (run.facts.clip.width, run.facts.clip.height), run.clock)
    return sorted(found, key=lambda one: (one.first, one.what))


def _hot(folder: Path, run: FinishedRun, area: Area, multiple: float) -> list[Change]:
    frames, levels = _levels(folder, run, area)
    multiples = 1.0 + (TOP - 1.0) * (levels.astype(np.float64) / 255.0) ** 2
    above = multiples >= multiple
    return _spans(frames[above], multiples[above], HEAT, run.clock)


def _levels(folder: Path, run: FinishedRun, area: Area) -> tuple[Ints, Images]:
    """Return frames (N,) and the highest level of heat inside an area in each, (N,) uint8.

    Of a run that kept no heat of every frame, there are those with evidence.
    """
    if heat_frames.kept(folder):
        stride = max(1, round(run.clock.rate / LOOKS_PER_SECOND))
        return heat_frames.greatest(folder, lambda shape: covered(area, shape), stride)
    frames, levels = list[int](), list[int]()
    for one in EvidenceFolder(folder / EVIDENCE).between(0, len(run.scores)):
        grid = heat_frames.grid_of(one.heat, run.facts.normality.heat)
        frames.append(one.frame)
        levels.append(int(grid[covered(area, (grid.shape[0], grid.shape[1]))].max()))
    return np.array(frames, np.int64), np.array(levels, np.uint8)


def covered(area: Area, shape: tuple[int, int]) -> Bools:
    """Mark the cells of a (rows, columns) grid whose middle lies in an area; that around its middle at least."""
    height, width = shape
    corners = np.array(area)
    y, x = np.mgrid[0:height, 0:width].reshape(2, -1)
    inside = _inside(area, (x + 0.5) / width, (y + 0.5) / height).reshape(shape)
    middle = np.clip(corners.mean(axis=0), 0.0, 1.0 - 1e-9)
    inside[int(middle[1] * height), int(middle[0] * width)] = True
    return inside


def _inside(area: Area, x: Doubles, y: Doubles) -> Bools:
    """Mark the points (N,) that lie in an area, by the even-odd rule."""
    inside = np.zeros(len(x), np.bool_)
    for (x1, y1), (x2, y2) in zip(area, (*area[1:], area[0]), strict=True):
        if y1 != y2:
            inside ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside


def _things(scored: ScoredThings, area: Area, size: tuple[int, int], clock: Clock) -> list[Change]:
    """Return when things stood in an area, or had their middle there, label by label."""
    things = scored.things
    x1, y1, x2, y2 = things.boxes.astype(np.float64).T / np.array([*size, *size])[:, None]
    there = _inside(area, (x1 + x2) / 2, y2) | _inside(area, (x1 + x2) / 2, (y1 + y2) / 2)
    there &= things.confidence >= MIN_CONFIDENCE
    labels = np.array(things.labels, np.str_)
    return [change for label in np.unique(labels[there]).tolist()
            for change in _spans(things.frames[there & (labels == label)], things.confidence[there & (labels == label)],
                                 label, clock)]  # fmt: skip


def _spans(frames: Ints, strengths: Doubles, what: str, clock: Clock) -> list[Change]:
    """Join ascending frames (N,) to times, wherever less than :data:`GAP_SECONDS` lie between two."""
    if not len(frames):
        return []
    starts = np.flatnonzero(np.append(True, np.diff(clock.seconds(frames)) >= GAP_SECONDS))
    found = []
    for first, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(frames)], strict=True):
        best = first + int(strengths[first:stop].argmax())
        found.append(Change(int(frames[first]), int(frames[stop - 1]), int(frames[best]), what, float(strengths[best])))
    return found


def picture_frame(frames: Sequence[int], change: Change) -> int | None:
    """Return the frame with a kept picture that lies in a time, nearest to its peak; None where there is none."""
    inside = [frame for frame in frames if change.first <= frame <= change.last]
    return min(inside, key=lambda frame: abs(frame - change.peak), default=None)
