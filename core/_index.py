"""What a clip's packets announce before they are decoded: how many frames, when, and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from core import _boxes, _container, _notes, _streams
from core._losses import Losses, losses
from core._medium import Medium, check_file
from core._notes import counted, spans
from core._recorded import wall_clock
from core._rows import CONCEALING, EDITED, KEY
from core._scan import Scan, scan
from core._timing import Timing, announcing, nonsense, timing
from core.arrays import Bools
from core.errors import ClipError
from core.limits import Limits, shown

STILLS = frozenset({"gif", "mjpeg"})
"""Containers that may also hold a single picture."""
STILL_BRANDS = frozenset({"avif", "heic", "heix", "mif1", "msf1"})
PROBE_BYTES = 64 * 1024**2
"""Bytes that are searched for streams where one appears late."""


@dataclass(frozen=True)
class Index:
    """What is known of a clip before its frames are decoded; a row is a packet that is read.

    Attributes:
        scan: what the pass over the packets found.
        options: of FFmpeg's demuxer, with which the packets come in the same order again.
        shows: (N,) which rows announce a frame.
        timing: when they are shown, from the first frame that can be decoded.
        losses: what is announced without a row.
        begin: first row that is decoded.
        recorded: wall clock of the first frame, in ISO 8601.
        damage: sentences on what is missing, which a reading to the end replaces by better ones.
        notes: further sentences.
    """

    scan: Scan
    options: Mapping[str, str]
    shows: Bools
    timing: Timing
    losses: Losses
    begin: int
    recorded: str
    damage: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Number of frames that there are packets of."""
        return int(self.shows.sum())

    @property
    def announced(self) -> int:
        """Number of frames that the file claims or holds packets for."""
        return self.rows + self.losses.behind + self.losses.empty + self.losses.dropped

    @property
    def whole(self) -> bool:
        """Whether nothing speaks against reading every frame that there is a packet of."""
        late = bool((self.timing.times < 0).any())
        return not (self.damage or late or self.begin or self.scan.laid.headless or self.scan.trouble.failures)


def index(path: Medium, fps: float | None) -> Index:
    """Go through a clip's packets; of a file that has not changed, only once.

    ``fps``: frames in a second where the file does not tell.

    Raises:
        ClipError: the clip is no video, has no pictures, none that can be decoded, or lies beyond the limits.
    """
    check_file(path, _container.LIMITS)
    facts = path.stat()
    return _index(path, (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns), fps, _container.LIMITS)


@lru_cache(maxsize=2)
def _index(path: Medium, _same: tuple[int, ...], fps: float | None, _limits: Limits) -> Index:
    options: dict[str, str] = {}
    try:
        found = scan(path, options)
    except ClipError as error:
        if _boxes.index_is_missing(path):
            raise _container.unreadable(path) from error
        raise
    if found.trouble.late_stream:
        options = {"probesize": str(min(path.stat().st_size, PROBE_BYTES) + 4096), "analyzeduration": str(10**12)}
        found = scan(path, options)
    wrong = nonsense(found, path)
    if wrong and found.form == _boxes.MOV:
        options = {"ignore_editlist": "1"}
        found = scan(path, options)
    shows = announcing(found)
    _container.check_expansion(int(shows.sum()), *found.view.coded, _streams.DEFAULT_BITS, path)
    _check_still(found, int(shows.sum()), path)
    when = timing(found, path, wrong, fps)
    _container.check_reach(path, seconds=np.nanmax(when.times, initial=0.0))
    lost = losses(found, when, path, bool(wrong))
    keys = np.flatnonzero(found.marks & KEY)
    begin = int(keys[0]) if found.codec in CONCEALING and len(keys) else 0
    recorded = wall_clock(found.form, float(found.ticks[found.first]) * found.base, found.metadata, lost.holds)
    damage = tuple(_damage(found, lost, int(shows.sum()), path))
    return Index(found, options, shows, when, lost, begin, recorded, damage, tuple(_further(found, when, lost, path)))


def _check_still(found: Scan, count: int, path: Medium) -> None:
    """Refuse a single picture; a clip of one frame is none either, but may be what is left of one."""
    brand = found.metadata.get("major_brand", "").strip()
    if count == 1 and found.claimed < 2 and (found.form in STILLS or brand in STILL_BRANDS):
        raise ClipError(f"{shown(path)!r} is a single picture and no clip; give a video file")


def _damage(found: Scan, lost: Losses, count: int, path: Medium) -> Iterator[str]:
    if lost.ends_early:
        length = f" of {lost.length:.1f} s" if lost.length is not None and lost.length > lost.holds else ""
        frames = f"{count} of {count + lost.behind} frames" if lost.behind > 0 else counted(count)
        yield f"{shown(path)!r} is cut: it holds the first {lost.holds:.1f} s{length} ({frames})"
    elif lost.places:
        missing = f"; {counted(lost.dropped)} {'is' if lost.dropped == 1 else 'are'} missing" if lost.dropped else ""
        yield f"{shown(path)!r} lost data on its way in {counted(lost.places, 'place')}{missing}"
    if lost.rest:
        yield _notes.rest(repr(shown(path)), lost.holds, lost.rest)


def _covered(gap: tuple[float, float], lost: Losses, slack: float) -> bool:
    """Tell whether what is missing in a gap was recorded."""
    return any(first - slack <= gap[0] and gap[1] <= last + slack for first, last in lost.spans)


def _further(found: Scan, when: Timing, lost: Losses, path: Medium) -> Iterator[str]:
    name = repr(shown(path))
    yield from _of_streams(found, lost, name, path)
    before = when.times[when.times < 0]
    if len(before):
        yield (
            f"{name} begins without a key frame: its first {counted(len(before))} ({-float(before.min()):.1f} s) "
            "cannot be read, and times count from the first one that can"
        )
    count, edited = int(announcing(found).sum()), int(((found.marks & EDITED) > 0).sum())
    left_out = max(edited, found.claimed - len(found.marks) + edited)
    if found.form == _boxes.MOV and left_out > count and not lost.behind:
        yield f"an edit list in {name} hides {left_out} of its {count + left_out} frames; they are not read"
    yield from _of_fragments(found, name)
    yield from _between(found, when, lost, name, path)
    yield from when.notes
    yield from _notes.view(path, found.view)


def _of_streams(found: Scan, lost: Losses, name: str, path: Medium) -> Iterator[str]:
    if found.choice:
        yield found.choice
    if len(found.streams) > 1:
        yield f"the pictures of {name} go on in another stream in its middle; they are read one after the other"
    if found.trouble.late_stream:
        yield f"another stream begins in the middle of {name}; it cannot be read"
    if _boxes.unfinished(path, found.form, found.announced):
        yield (
            f"{name} was never finished: its length is missing, as after an interrupted recording; it holds "
            f"{lost.own:.1f} s ({counted(int(announcing(found).sum()))})"
        )


def _of_fragments(found: Scan, name: str) -> Iterator[str]:
    if found.laid.headless:
        yield f"the beginning of {name} is damaged and cannot be read; times count from the first frame that can"
    if wrong := found.laid.fragments.wrong:
        of, them = ("a fragment", "its") if wrong == 1 else (f"{wrong} fragments", "their")
        yield f"the base time of {of} of {name} cannot be right; {them} frames are timed by the fragments around"
    if found.laid.fragments.clockless:
        yield f"the base times of the fragments of {name} do not grow; each is timed as if it followed at once"


def _between(found: Scan, when: Timing, lost: Losses, name: str, path: Medium) -> Iterator[str]:
    """Say what is missing between the frames, or was never recorded."""
    if found.form == _boxes.AVI and _boxes.index_is_cut(path):
        yield f"{name} has no whole index at its end; it is read without one"
    if lost.empty:
        were, them = ("was", "an empty place for it") if lost.empty == 1 else ("were", "empty places for them")
        yield f"{counted(lost.empty)} {were} not recorded: {name} has {them}"
    if lost.skipped:
        were = "it was" if lost.skipped == 1 else "they were"
        yield f"{name} lacks {counted(lost.skipped)} between others: {were} lost, or never recorded"
    if gaps := [gap for gap in when.gaps if not _covered(gap, lost, when.step / 2)]:
        yield f"{name} has gaps: nothing was recorded {spans(gaps)}"
