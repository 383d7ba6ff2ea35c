"""When each frame of a clip is shown, from its packets' time stamps or, where those are of no use, from a rate."""

from dataclasses import dataclass, replace

import numpy as np

from core import _boxes, _container, _notes, _stamps, limits
from core._medium import Medium
from core._rows import EDITED, HIDDEN, KEY, UNKNOWN
from core._scan import RATE_RANGE, Scan
from core.arrays import Bools, Ints, Seconds
from core.clock import GAP_SECONDS, GAP_STEPS, unknown_gap

DEFAULT_FPS = 25.0
"""Frames in a second where nothing at all tells how many."""
MAX_STEP_SECONDS, MIN_STEP_SECONDS = 60.0, 0.0005
"""Seconds from one frame to the next, beyond which a file's time scale is not believed."""
UNLIKE, MORE_UNLIKE = 3.0, 10.0
"""Factors from which on a coded stream's frame rate, where most frames are hidden, and Matroska's contradict the time
stamps."""
STEADY, UNEVEN = 0.95, 0.25
"""Share of the steps that differ by less than this share from the usual one, where single frames are missing in a clip
of a constant rate and do not make it a slower one."""
MAX_RATIO, SLACK_SECONDS = 1.2, 0.25
"""Factor and seconds by which an MP4's track may differ from what its header says."""
TELLING = frozenset({"mpeg1video", "mpeg2video"})
"""Coded streams that always tell their rate."""


@dataclass(frozen=True)
class Timing:
    """When the frames of a clip are shown.

    Attributes:
        times: (N,) seconds of each packet; NaN where unknown, or where it announces no frame.
        in_turn: whether the times belong to the frames in the order of being shown, whatever packet they are of.
        step, fps: usual seconds between two frames; average frames in a second, gaps left out.
        gaps: (first, last) seconds of each stretch in which nothing was recorded.
        breaks: rows from which on it is not known how much time passed since the row before.
        unknown: (first, last) seconds of each stretch that stands for a gap of unknown length.
        notes: sentences on time stamps and rate.
    """

    times: Seconds
    in_turn: bool
    step: float
    fps: float
    gaps: tuple[tuple[float, float], ...]
    breaks: Ints
    unknown: tuple[tuple[float, float], ...]
    notes: tuple[str, ...]


def nonsense(scan: Scan, path: Medium) -> str:
    """Say why a clip's time stamps cannot be right; nothing where they can."""
    known = scan.ticks != UNKNOWN
    if scan.timeless or not known.any():
        return ""
    stamps = _in_order(scan, known)
    if stamps.hopeless:
        return "they run back again and again"
    told = ~np.isnan(stamps.seconds)
    ours = told & announcing(scan)
    seconds = stamps.seconds[ours if ours.sum() > 3 else told]
    if len(seconds) > 3 and 2 * len(np.unique(seconds)) <= len(seconds):
        return "they do not grow"
    step = _stamps.usual(seconds)
    if step and not MIN_STEP_SECONDS <= step <= MAX_STEP_SECONDS:
        return f"they lie {step:.3g} s apart"
    if scan.form == _boxes.MATROSKA and scan.rates[0] and step and not _alike(step * scan.rates[0], MORE_UNLIKE):
        return f"they lie {step:.3g} s apart, but the file says {scan.rates[0]:.4g} frames/s"
    edited = int(((scan.marks & EDITED) > 0).sum())
    if edited and not ours.any():
        return "an edit list hides all frames"
    if edited > ours.sum() and scan.rates[1] and step and not _alike(step * scan.rates[1], UNLIKE):
        return f"they lie {step:.3g} s apart, but the coded stream says {scan.rates[1]:.4g} frames/s"
    span = float(np.ptp(seconds)) + step
    exact = step and scan.form == _boxes.MOV and scan.claimed == len(scan.ticks) and not edited
    length = _boxes.track_length(path, scan.track) if exact else None
    if length is not None and not length / MAX_RATIO - SLACK_SECONDS < span < MAX_RATIO * length + SLACK_SECONDS:
        return f"they span {span:.3g} s, but the file says that it lasts {length:.3g} s"
    return ""


def announcing(scan: Scan) -> Bools:
    """Return which packets announce a frame."""
    return np.asarray((scan.marks & HIDDEN) == 0, np.bool_)


def _in_order(scan: Scan, known: Bools) -> _stamps.Stamps:
    keys, longest = np.asarray((scan.marks & KEY) > 0, np.bool_), _container.LIMITS.max_hours * 3600
    return _stamps.in_order(scan.ticks, known, scan.base, longest, keys)


def timing(scan: Scan, path: Medium, wrong: str, fps: float | None) -> Timing:
    """Tell when the frames are shown.

    ``wrong``: why the time stamps are of no use, or empty; ``fps``: frames in a second where the file does not tell.
    """
    known = scan.ticks != UNKNOWN
    if scan.timeless or wrong or not known.any():
        rate, note = _assumed(scan, path, wrong, fps)
        return _by_rate(scan, rate, note)
    shown = announcing(scan)
    stamps = _in_order(scan, known)
    ours = shown & ~np.isnan(stamps.seconds)
    step = _stamps.usual(stamps.seconds[ours]) or 1 / (scan.rates[0] or DEFAULT_FPS)
    times = np.full(len(shown), np.nan)
    times[ours] = _stamps.spread(stamps.seconds[ours], step)
    restarts = _restarts(scan, times)
    breaks = np.array(sorted({*stamps.breaks, *restarts}), np.int64)
    times += unknown_gap(step) * np.searchsorted(breaks, np.arange(len(times)), "right")
    if not scan.ordered:
        times[ours] = np.sort(times[ours])
    steps = np.diff(np.sort(times[ours]))
    gap = steps > max(GAP_SECONDS, GAP_STEPS * step)
    zero = times[scan.first] if ours[scan.first] else np.nanmin(times)
    times -= zero
    ends = np.sort(times[ours])
    gaps = tuple((float(ends[place] + step), float(ends[place + 1])) for place in np.flatnonzero(gap))
    unknown = tuple(span for span in gaps if _begins(span[1], times, breaks, step))
    recorded = steps[~gap]
    rate = _average(recorded, step, scan, len(gaps)) if len(recorded) else 1 / step
    backs = sorted([*stamps.backs, *restarts.values()])
    notes = _notes.stamps(path, replace(stamps, backs=tuple(backs)), unknown_gap(step))
    known_gaps = tuple(span for span in gaps if span not in unknown)
    return Timing(times, not scan.ordered, step, rate, known_gaps, breaks, unknown, notes)


def _restarts(scan: Scan, times: Seconds) -> dict[int, tuple[float, float]]:
    """Return the rows at which an MP4's fragments begin anew: seconds before each, and by how many they run back."""
    found = {}
    for position, back in scan.laid.fragments.restarts:
        rows = np.flatnonzero(scan.laid.positions >= position)
        if len(rows) and rows[0] and not np.isnan(times[: rows[0]]).all():
            found[int(rows[0])] = (float(np.nanmax(times[: rows[0]]) - np.nanmin(times[: rows[0]])), back)
    return found


def _begins(second: float, times: Seconds, breaks: Ints, step: float) -> bool:
    """Tell whether a gap ends where it is not known how much time passed: with the earliest frame behind a break."""
    return any(abs(float(np.nanmin(times[row : row + _stamps.MAX_REORDERED])) - second) < step / 2 for row in breaks)


def _by_rate(scan: Scan, rate: float, note: str) -> Timing:
    shown = announcing(scan)
    turn = np.cumsum(shown) - 1.0
    times = np.where(shown, (turn - turn[scan.first]) / rate, np.nan)
    return Timing(times, True, 1 / rate, rate, (), np.empty(0, np.int64), (), (note,) if note else ())


def _assumed(scan: Scan, path: Medium, wrong: str, fps: float | None) -> tuple[float, str]:
    """Return the rate where time stamps do not tell it, and the sentence that says so."""
    stated, coded = scan.rates
    if not wrong:
        if scan.codec in TELLING and coded:
            return coded, ""
        rate = fps or coded or DEFAULT_FPS
        return rate, _notes.no_rate(path, rate, coded)
    length = _boxes.track_length(path, scan.track) if scan.form == _boxes.MOV else None
    counted = int(announcing(scan).sum()) / length if length else 0.0
    own = counted if RATE_RANGE[0] <= counted <= RATE_RANGE[1] else stated if scan.form == _boxes.MATROSKA else 0.0
    rate = own or fps or coded or DEFAULT_FPS
    name = limits.shown(path)
    return rate, f"the time stamps of {name!r} cannot be right: {wrong}; {rate:.4g} frames/s are assumed"


def _average(steps: Seconds, step: float, scan: Scan, gaps: int) -> float:
    """Return frames in a second: the file's own figure where time stamps, which are rounded, agree with it."""
    total, counts = float(steps.sum()), [len(steps)]
    if np.mean(np.abs(steps / step - 1) < UNEVEN) > STEADY:
        counts.append(int(np.rint(steps / step).sum()))
    for count in counts:
        for rate in scan.rates:
            if rate and abs(count / rate - total) <= 1.01 * scan.base * (1 + gaps):
                return rate
    return round(counts[-1] / total, 9)


def _alike(ratio: float, factor: float) -> bool:
    return 1 / factor < ratio < factor
