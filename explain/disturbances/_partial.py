"""``no picture``: one colour, bars or snow; or a part that has one colour or repeats what was there from an edge on."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles
from core.clock import Clock
from explain.disturbances._series import DETAIL_UNIT, Rows
from explain.disturbances._stretches import Stretch, joined, lasting, runs
from explain.disturbances.thumbnails import GRID

UNIFORM, BLANK_DETAIL = 0.92, 0.4
"""Share of the picture that has one colour, and grey levels of detail, of the middle cell."""
MIN_BARS_FRACTION = 0.8
GRAIN, UNLIKE, ROUGH = 0.4, 0.3, 8.0
"""Snow: correlation of neighbouring pixels, share of blocks that look like the frame before, grey levels of detail."""
BARS_SECONDS, BLANK_JOIN_SECONDS = 0.2, 1.0
"""How long colour bars must be seen, which a plain and coloured lorry resembles for a moment; and seconds between two
lost pictures that are one loss. A single frame of one colour counts: a detector is as startled by it as by more, and an
analyst would be shown an event."""
COLUMNS, ROWS = GRID
SIDES = ("lower", "upper", "right", "left")
MIN_AREA_FRACTION = 1 / 3
PLAIN, DETAIL = 0.4, 1.2
"""Grey levels of detail up to which a cell is plain, and from which it can lose any."""
DETAIL_QUANTILE = 0.8
LEAP, STEADY = 25.0, 10.0
"""Grey levels by which a cell becomes lighter or darker all at once, and by which the rest of the picture may."""
MIN_ROW_FRACTION, MIN_LOST_FRACTION = 0.5, 0.7
"""Share of each row of cells, and of the whole part, that is lost: over it a recorder may write its clock."""
MIN_TEXTURED_FRACTION = 0.5
"""Share of the part's cells that had detail, or took on another brightness."""
MAX_COLOUR_LEVELS = 4.0
"""Grey levels within which most of a lost part's cells lie."""
BEFORE, LEFT, SOON = 0.5, 0.25, 2
"""Share of its detail that a cell has in the frame before it is lost, and that it keeps in so many frames from then on:
what comes little by little is a cover or nightfall, and a plain wall is plain before."""
MAX_REPEAT_FRACTION, MIN_EXCESS_FRACTION = 0.35, 0.45
CONTEXT_SECONDS, MIN_CONTEXT_FRAMES, MAX_LATE_SECONDS = 2.0, 3, 0.3
"""Share of the frames beside in which cells of a part that stops may repeat, for it must have noise; share by which
they repeat more often then, besides what the other cells do; seconds of those frames, and how many are nearest; seconds
within which the codec still refines what stopped."""
SECONDS, HELD_SECONDS, JOIN = 0.2, 1.5, 0.5
"""How long a part must be lost, and repeat; lost packets smear a picture for a second, and are no lost picture."""


def is_blank(rows: Rows) -> Bools:
    """Return which frames show no picture: (frames,)."""
    detail = np.median(rows["detail"], axis=1) / DETAIL_UNIT
    plain = (rows["uniform"] >= UNIFORM) & (detail <= BLANK_DETAIL)
    snow = (rows["grain"] <= GRAIN) & (rows["alike"] <= UNLIKE) & (detail >= ROUGH)
    return np.asarray(plain | (rows["bars"] >= MIN_BARS_FRACTION) | snow, np.bool_)


def find_blank(rows: Rows, clock: Clock) -> list[Stretch]:
    """List the stretches without a picture."""
    found = joined(runs(is_blank(rows)), clock, BLANK_JOIN_SECONDS)
    bars = (rows["bars"] >= MIN_BARS_FRACTION) & (rows["uniform"] < UNIFORM)
    return [one for one in found if lasting([one], clock, BARS_SECONDS) or not bars[one.first : one.last + 1].any()]


@dataclass(frozen=True)
class Part(Stretch):
    """Frames in which a part of the picture, one of :data:`SIDES`, is lost."""

    side: str


def find(rows: Rows, clock: Clock, blank: Bools) -> list[Part]:
    """List the stretches in which a part of the picture is lost; ``blank`` are frames without any picture."""
    if blank.all():
        return []
    usual = np.quantile(rows["detail"][~blank], DETAIL_QUANTILE, axis=0) / DETAIL_UNIT
    plain = rows["detail"] <= PLAIN * DETAIL_UNIT
    held = np.unpackbits(rows["held"], axis=1).astype(np.bool_)
    found: list[Part] = []
    for side in SIDES:
        for run in _runs(plain, side, blank, clock, SECONDS):
            part = _band(plain, side, run)
            if _one_colour(rows, plain, run, part) and _gone(rows, run, part, usual):
                found.append(Part(run.first, run.last, side))
        for run in _runs(held, side, blank, clock, HELD_SECONDS):
            part = _band(held, side, run)
            seen = plain[run.first : run.last + 1, part].mean() <= 1 - MIN_TEXTURED_FRACTION
            if seen and _stopped(held, run, part, clock):
                found.append(Part(run.first, run.last, side))
    return _apart(found)


def _apart(found: list[Part]) -> list[Part]:
    """Keep the longest of those that overlap."""
    kept: list[Part] = []
    for one in sorted(found, key=lambda one: one.first - one.last):
        if not any(one.first <= other.last and other.first <= one.last for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.first)


def _lines(flags: Bools, side: str) -> Bools:
    """Arrange cells as lines that are counted from a side of the picture inwards: (frames, lines, cells)."""
    cells = flags.reshape(-1, ROWS, COLUMNS)
    cells = cells if side in ("lower", "upper") else cells.transpose(0, 2, 1)
    return cells[:, ::-1] if side in ("lower", "right") else cells


def _runs(flags: Bools, side: str, blank: Bools, clock: Clock, seconds: float) -> list[Stretch]:
    """List the stretches in which flagged cells fill a part of the picture from a side on."""
    lines = _lines(flags, side)
    least = int(np.ceil(lines.shape[1] * MIN_AREA_FRACTION))
    full = (lines[:, :least].mean(2) >= MIN_ROW_FRACTION).all(1) & (lines[:, :least].mean((1, 2)) >= MIN_LOST_FRACTION)
    return lasting(joined(runs(full & ~blank), clock, JOIN), clock, seconds)


def _band(flags: Bools, side: str, run: Stretch) -> Bools:
    """Return which cells belong to the part that is flagged in a stretch: (48,)."""
    share = _lines(flags[run.first : run.last + 1], side).mean(0)
    depth = int(np.cumprod(share.mean(1) >= MIN_LOST_FRACTION).sum()) or 1
    inside = np.zeros((1, ROWS * COLUMNS), np.bool_)
    _lines(inside, side)[:, :depth] = True
    return np.asarray(inside[0])


def _one_colour(rows: Rows, plain: Bools, run: Stretch, part: Bools) -> bool:
    frames = slice(run.first, run.last + 1)
    level = np.where(plain[frames], rows["level"][frames].astype(np.float64), np.nan)[:, part]
    seen = level[np.isfinite(level).any(1)]
    apart = np.abs(seen - np.nanmedian(seen, axis=1, keepdims=True)) <= MAX_COLOUR_LEVELS
    return bool(len(seen) and apart.sum() >= 0.9 * np.isfinite(seen).sum())


def _gone(rows: Rows, run: Stretch, part: Bools, usual: Doubles) -> bool:
    """Return whether cells lost their detail, or took on another brightness, from one frame to the next."""
    beside = run.first - 1 if run.first else run.last + 1
    if beside == len(rows):
        return False
    detail = rows["detail"][beside] / DETAIL_UNIT
    inside = rows[run.first : run.first + SOON] if run.first else rows[max(run.last + 1 - SOON, 0) : run.last + 1]
    left = np.median(inside["detail"], axis=0) / DETAIL_UNIT
    leapt = np.abs(np.median(inside["level"], axis=0) - rows["level"][beside]) >= LEAP
    sudden = leapt | ((detail >= BEFORE * usual) & (left <= LEFT * detail))
    if not _stays(rows, beside, run.first if run.first else run.last, ~part):
        return False
    told = part & (leapt | (usual >= DETAIL))
    return bool(told.sum() >= MIN_TEXTURED_FRACTION * part.sum() and sudden[told].mean() >= MIN_LOST_FRACTION)


def _stays(rows: Rows, one: int, other: int, rest: Bools) -> bool:
    """Return whether the rest of the picture is the same in two frames: what changes as a whole is another place."""
    apart = np.abs(rows["level"][one].astype(np.float64) - rows["level"][other])
    detail = np.sort(rows["detail"][[one, other]].astype(np.float64) + DETAIL_UNIT, axis=0)
    same = (apart <= STEADY) & (detail[1] <= 2 * detail[0])
    # The line of cells in which the lost part ends is partly lost itself.
    return bool(same[rest].mean() >= MIN_ROW_FRACTION) if rest.any() else True


def _stopped(held: Bools, run: Stretch, part: Bools, clock: Clock) -> bool:
    """Return whether cells that change from frame to frame on both sides of a stretch stop all at once.

    What stops and never goes on may have been moving for the camera's sake, and be still by itself.
    """
    beside, late = max(2, round(CONTEXT_SECONDS * clock.rate)), round(MAX_LATE_SECONDS * clock.rate)
    sides = held[max(run.first - late - beside, 1) : max(run.first - late, 1)], held[run.last + 1 :][:beside]
    if part.all() or not all(len(one) for one in sides):
        return False
    inside = held[run.first : run.last + 1]
    nearest = sides[0][-MIN_CONTEXT_FRAMES:], sides[1][:MIN_CONTEXT_FRAMES]
    still, rest = float(inside[:, part].mean()), float(inside[:, ~part].mean())
    live = max(float(one[:, part].mean()) for one in (*sides, *nearest))
    others = max(float(one[:, ~part].mean()) for one in sides)
    return live <= MAX_REPEAT_FRACTION and still - live - max(rest - others, 0.0) >= MIN_EXCESS_FRACTION
