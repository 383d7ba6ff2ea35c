"""What a clip's container says that it has no packets of: cut ends, empty places, packets lost on their way."""

from dataclasses import dataclass
from typing import IO

import numpy as np

from core import _boxes, _fragments, _stamps
from core._medium import Medium
from core._rows import DAMAGED, KEY, UNKNOWN
from core._scan import Scan
from core._timing import Timing
from core.arrays import Bools, Doubles, Ints
from core.clock import GAP_SECONDS, GAP_STEPS

TAIL_TOLERANCE_SECONDS = 0.75
"""Seconds by which a clip may end before its announced end without being called cut."""
TIGHT, TIGHT_STEPS = 0.2, 2.5
"""The same, in seconds and in steps, of clips without sound in containers that tell their length exactly."""
FROM_ZERO = frozenset({_boxes.MATROSKA, _boxes.FLV})
"""Containers that count their length from 0, whenever their first frame is shown."""
EXACT = frozenset({_boxes.MOV, _boxes.MATROSKA})
UNEVEN, STEADY, STEADY_ENOUGH = 0.25, 0.95, 0.5
"""Share of the usual step by which steps between frames may differ in a steady clip; share of its steps that do not
differ by more, and that share where packets are known to be damaged."""
MIN_PACKETS = 3
JOINT_PACKETS = 4
"""Packets before the beginning of another recording that are marked as damaged for its sake."""
MAX_LOSS_SECONDS = 10.0
"""Longest loss on the way, in seconds; what is longer is a gap."""
MIN_REST_FRACTION, MIN_REST_BYTES = 0.05, 8192
"""Share of a file, and bytes, behind the last packet that are no mere trailer."""
MIN_REPORTED_FRACTION = 0.01
"""Share that is said of a damaged last fragment."""
NEIGHBOUR_PACKETS = 20
"""Packets around a damaged one within which a frame that is missing was lost with it."""
MIN_LOST_BYTES, MIN_LOST_RATIO, MIN_LOST_FRACTION = 1024, 4.0, 0.2
"""Bytes without a packet that mean something: this many at least, this many times the usual, and this share of what the
missing frames would have."""
STRIDES = (188, 192, 204)
"""Bytes from one packet of a transport stream to the next (ISO 13818-1, and its kinds for discs and broadcast)."""
SYNC = 0x47
BLOCK_BYTES = 1 << 22

Spans = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Losses:
    """Frames that are announced without a packet.

    Attributes:
        length: seconds that the container announces; None where it does not.
        holds: seconds of it that there are.
        own: seconds that the pictures last by themselves.
        ends_early: whether it does not reach the end that it announces.
        behind: frames missing behind the last packet.
        empty: places for frames that an AVI's recorder left empty.
        places: how often packets were damaged on their way.
        dropped: frames that are missing there.
        skipped: single frames that are missing in a steady clip for no reason that the file tells.
        rest: share of the file behind the last packet, where there should be nothing.
        spans: (first, last) seconds of each stretch in which frames are missing.
    """

    length: float | None
    holds: float
    own: float
    ends_early: bool
    behind: int
    empty: int
    places: int
    dropped: int
    skipped: int
    rest: float
    spans: Spans


def losses(scan: Scan, when: Timing, path: Medium, wrong: bool) -> Losses:
    """Compare what a clip announces with what is there; ``wrong``: whether its time stamps are of no use."""
    length = None if wrong else scan.announced
    ends = when.times[~np.isnan(when.times)] + when.step
    own = float(ends.max() - ends.min() + when.step) if len(ends) else 0.0
    own -= sum(last - first for first, last in when.unknown)
    if length is not None and scan.form in FROM_ZERO and 0 < scan.start < length:
        length -= scan.start
    reached = max(scan.reached - scan.start, own if len(when.breaks) else 0.0)
    holds = min(reached, length) if length is not None else own
    empty, behind = 0, scan.missing
    slack = max(TIGHT, TIGHT_STEPS * when.step) if scan.alone and scan.form in EXACT else TAIL_TOLERANCE_SECONDS
    early = _breaks_off(path, scan.form) or behind > 0 or (length is not None and holds < length - slack)
    if scan.form == _boxes.AVI and _stamps.usual(scan.ticks[scan.ticks != UNKNOWN]) <= 1:
        empty, behind = _places(scan, path)
        there = len(scan.marks) + len(scan.lacking) + empty
        length = max(length or 0.0, (there + behind) * scan.base) if behind else length
    elif early and not behind and length is not None:
        behind = max(round((length - max(holds, own)) / when.step), 0)
    elif scan.form == _boxes.MOV and scan.claimed > len(scan.marks) and not wrong:
        behind = max(min(round((scan.lasts - own) / when.step), scan.claimed - len(scan.marks)), 0)
    last = float(ends.max()) if len(ends) else 0.0
    spans = [(last, length if length and length > last else last + behind * when.step)] if behind else []
    holes, dropped, skipped, torn = _dropped(scan, when, path)
    inside = () if wrong else _lacking(scan, when)
    holes, dropped = (*holes, *inside), dropped + len(scan.lacking)
    places = _runs(_damaged(scan, when)) + torn + len(inside)
    return Losses(
        length, holds, own, early or behind > 0, behind, empty, places, dropped,
        0 if scan.form == _boxes.AVI else skipped, _rest(scan, path), (*holes, *spans),
    )  # fmt: skip


def _rest(scan: Scan, path: Medium) -> float:
    """Return the share of a file behind the last packet, where there should be nothing."""
    size, holes = path.stat().st_size, _fragments.fragments(path).holes
    share = scan.behind / size
    if holes and holes[-1].start > scan.laid.positions.max(initial=-1):
        return max(share, (size - holes[-1].start) / size, MIN_REPORTED_FRACTION)
    return share if scan.behind > MIN_REST_BYTES and share > MIN_REST_FRACTION else 0.0


def _breaks_off(path: Medium, form: str) -> bool:
    """Tell whether a file ends before the end that its outermost boxes announce."""
    fragments = _fragments.fragments(path)
    return fragments.breaks_off if fragments.fragmented else _boxes.breaks_off(path, form)


def _places(scan: Scan, path: Medium) -> tuple[int, int]:
    """Return how many of an AVI's places for frames are empty, and how many are missing at its end.

    Each tick of its clock is a place, but where a muxer took a finer clock than the frames'.
    """
    ticks, held = scan.ticks[scan.ticks != UNKNOWN], len(scan.marks) + len(scan.lacking)
    between = int(ticks.max() - ticks.min()) + 1 - held if len(ticks) else 0
    listed = _boxes.empty_chunks(path, scan.streams[0])
    empty = max(between, 0) if listed is None else listed
    return empty, max(scan.claimed - held - empty, 0)


def _lacking(scan: Scan, when: Timing) -> Spans:
    """Return when the chunks would be shown that an AVI's index lists and that are not there."""
    if not len(scan.lacking):
        return ()
    known = scan.ticks[scan.ticks != UNKNOWN]
    step, zero = max(_stamps.usual(known), 1.0), float(np.nanmin(when.times)) - int(known.min()) * scan.base
    parts = np.split(scan.lacking, np.flatnonzero(np.diff(scan.lacking) > 1.5 * step) + 1)
    return tuple((zero + int(part[0]) * scan.base, zero + (int(part[-1]) + step) * scan.base) for part in parts)


def _dropped(scan: Scan, when: Timing, path: Medium) -> tuple[Spans, int, int, int]:
    """Look for frames that are missing between others.

    Returns:
        When and how many were lost with data that is damaged or was lost on its way; how many are missing elsewhere in
        a steady clip; places with damaged data in which the container noticed nothing.
    """
    rows = np.flatnonzero(~np.isnan(when.times))
    if len(rows) < MIN_PACKETS:
        return (), 0, 0, 0
    rows = rows[np.argsort(when.times[rows], kind="stable")]
    steps = np.diff(when.times[rows]) / when.step
    wide = np.flatnonzero(steps > 1.5)
    wide = wide[~_unknown(when.times[rows[wide + 1]], when)]
    torn = _torn_places(scan, rows[wide], rows[wide + 1], steps[wide] - 1, path)
    noticed = np.flatnonzero(_damaged(scan, when))
    damaged = np.union1d(noticed, rows[wide + 1][torn])
    steady = float(np.mean(np.abs(steps - 1) <= UNEVEN))
    even = steady >= (STEADY if not len(damaged) else STEADY_ENOUGH)
    nearby = torn | (even & _near(damaged, rows[wide]) & (steps[wide] * when.step <= MAX_LOSS_SECONDS))
    holes = wide[nearby]
    spans = tuple((float(when.times[rows[at]] + when.step), float(when.times[rows[at + 1]])) for at in holes)
    short = wide[even & ~nearby & (steps[wide] * when.step <= max(GAP_SECONDS, GAP_STEPS * when.step))]
    lost, missing = (int(np.rint(steps[places] - 1).sum()) for places in (holes, short))
    apart = np.diff(rows[wide + 1][torn & ~_near(noticed, rows[wide])], prepend=-NEIGHBOUR_PACKETS - 1)
    return spans, lost, missing, int((np.abs(apart) > NEIGHBOUR_PACKETS).sum())


def _unknown(ends: Doubles, when: Timing) -> Bools:
    """Tell which steps, by where they end, are gaps of unknown length."""
    known = np.array([last for _, last in when.unknown])
    return np.asarray((np.abs(ends[:, None] - known) < when.step / 2).any(1))


def _near(damaged: Ints, rows: Ints) -> Bools:
    """Tell which rows have a damaged one nearby."""
    return np.asarray(
        np.searchsorted(damaged, rows + NEIGHBOUR_PACKETS, "right") > np.searchsorted(damaged, rows - NEIGHBOUR_PACKETS)
    )


def _damaged(scan: Scan, when: Timing) -> Bools:
    """Return the packets that were damaged on their way, but not those where another recording begins.

    There the packets' counter begins anew, which FFmpeg notes at one of the packets before.
    """
    damaged = np.asarray((scan.marks & DAMAGED) > 0, np.bool_)
    damaged[:1] &= not scan.laid.headless
    if damaged.any():
        steps, usual = np.diff(scan.ticks, prepend=scan.ticks[:1]), _stamps.usual(scan.ticks[scan.ticks != UNKNOWN])
        breaks = (steps < -_stamps.MAX_REORDERED * usual) | (steps * scan.base > _stamps.FAR_SECONDS)
        begins = np.union1d(np.flatnonzero(breaks & ((scan.marks & KEY) > 0)), when.breaks)
        damaged[np.clip(begins[:, None] - np.arange(JOINT_PACKETS), 0, None).ravel()] = False
    return damaged


def _runs(marked: Bools) -> int:
    """Count the runs of what is marked."""
    return int((np.diff(marked.astype(np.int8), prepend=0) > 0).sum())


def _torn_places(scan: Scan, before: Ints, behind: Ints, missing: Doubles, path: Medium) -> Bools:
    """Tell where frames are missing because their data is damaged, and not because nothing was recorded.

    The M places are given by the rows of the frames before and behind them, and by how many would have been there.
    """
    found = np.zeros(len(before), np.bool_)
    if not len(before) or not scan.laid.loose.any():
        return found
    usual = MIN_LOST_RATIO * float(np.median(scan.laid.loose))
    much = np.where(scan.laid.loose > max(MIN_LOST_BYTES, usual), scan.laid.loose, 0)
    much[0] = 0
    with path.open("rb") as file:
        for place in range(len(before)):
            first = max(min(before[place], behind[place]) + 1 - scan.depth, 0)
            last = max(before[place], behind[place]) + scan.depth
            rows = first + np.flatnonzero(much[first : last + 1])
            free = sum(_out_of_step(file, scan, int(row)) for row in rows)
            found[place] = free >= max(MIN_LOST_BYTES, MIN_LOST_FRACTION * missing[place] * scan.laid.weight)
    return found


def _out_of_step(file: IO[bytes], scan: Scan, row: int) -> int:
    """Return the bytes without a packet before a row; of a transport stream, only those that are no part of it."""
    free = int(scan.laid.loose[row])
    if scan.form != "mpegts":
        return free
    first, last = int(scan.laid.positions[row - 1]), int(scan.laid.positions[row])
    out, at = 0, max(first, 0)
    while at < last:
        data = np.frombuffer(_boxes.read(file, at, min(BLOCK_BYTES // 188 * 188, last - at)), np.uint8)
        if not len(data):
            break
        out += min(int((data[::stride] != SYNC).sum()) * stride for stride in STRIDES)
        at += len(data)
    return min(free, out)
