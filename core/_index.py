"""What a clip's packets announce before they are decoded: how many frames, when, and what is missing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core import _boxes, _container, _notes
from core._container import Limits, shown
from core._losses import Losses, losses
from core._recorded import wall_clock
from core._rows import CONCEALING, EDITED, KEY
from core._scan import Scan, scan
from core._timing import Timing, announcing, nonsense, timing
from core.arrays import Bools
from core.errors import ClipError

STILLS = frozenset({"gif", "apng", "mjpeg", "mpjpeg"})
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


def index(path: Path, fps: float | None) -> Index:
    """Go through a clip's packets; of a file that has not changed, only once.

    Args:
        path: of the clip.
        fps: frames in a second where the file does not tell.

    Raises:
        ClipError: the clip is no video, has no pictures, none that can be decoded, or lies beyond the limits.
    """
    _container.check_file(path)
    facts = path.stat()
    return _index(path, (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns), fps, _container.LIMITS)


@lru_cache(maxsize=2)
def _index(path: Path, _same: tuple[int, ...], fps: float | None, _limits: Limits) -> Index:
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
    _check_still(found, int(shows.sum()), path)
    when = timing(found, path, wrong, fps)
    _check_length(when, path)
    lost = losses(found, when, shows, path, bool(wrong))
    keys = np.flatnonzero(found.marks & KEY)
    begin = int(keys[0]) if found.codec in CONCEALING and len(keys) else 0
    recorded = wall_clock(found.form, float(found.ticks[found.first]) * found.base, found.metadata, lost.holds)
    damage = tuple(_damage(found, lost, int(shows.sum()), path))
    return Index(found, options, shows, when, lost, begin, recorded, damage, tuple(_further(found, when, lost, path)))


def _check_still(found: Scan, count: int, path: Path) -> None:
    """Refuse a single picture; a clip of one frame is none either, but may be what is left of one."""
    brand = found.metadata.get("major_brand", "").strip()
    if count == 1 and found.claimed < 2 and (found.form in STILLS or brand in STILL_BRANDS):
        raise ClipError(f"{shown(path)!r} is a single picture and no clip; give a video file")


def _check_length(when: Timing, path: Path) -> None:
    if np.nanmax(when.times, initial=0.0) > _container.LIMITS.max_hours * 3600:
        most = f"{_container.LIMITS.max_hours:g} hours"
        raise ClipError(f"{shown(path)!r} lasts more than {most}, the most that are read")


def _damage(found: Scan, lost: Losses, count: int, path: Path) -> Iterator[str]:
    if lost.ends_early:
        yield _notes.cut(path, lost.holds, lost.length, count, count + lost.behind)
    elif lost.places:
        yield _notes.damaged_on_the_way(path, lost.places, lost.dropped)
    if lost.rest:
        yield _notes.rest(path, lost.holds, lost.rest)


def _covered(gap: tuple[float, float], lost: Losses, slack: float) -> bool:
    """Tell whether what is missing in a gap was recorded."""
    return any(first - slack <= gap[0] and gap[1] <= last + slack for first, last in lost.spans)


def _further(found: Scan, when: Timing, lost: Losses, path: Path) -> Iterator[str]:
    shows = announcing(found)
    count, edited = int(shows.sum()), int(((found.marks & EDITED) > 0).sum())
    if found.choice:
        yield found.choice
    if len(found.streams) > 1:
        yield _notes.several_streams(path)
    if found.trouble.late_stream:
        yield _notes.late_stream(path)
    if _boxes.unfinished(path, found.form, found.announced):
        yield _notes.unfinished(path, lost.own, count)
    before = when.times[when.times < 0]
    if len(before):
        yield _notes.starts_late(path, len(before), -float(before.min()))
    left_out = max(edited, found.claimed - len(found.marks) + edited)
    if found.form == _boxes.MOV and left_out > count and not lost.behind:
        yield _notes.hidden(path, left_out, count + left_out)
    yield from _of_fragments(found, path)
    if found.form == _boxes.AVI and _boxes.index_is_cut(path):
        yield _notes.without_index(path)
    if lost.empty:
        yield _notes.not_recorded(path, lost.empty)
    if lost.skipped:
        yield _notes.skipped(path, lost.skipped)
    if gaps := [gap for gap in when.gaps if not _covered(gap, lost, when.step / 2)]:
        yield _notes.gaps(path, gaps)
    yield from when.notes
    yield from _notes.view(path, found.view)


def _of_fragments(found: Scan, path: Path) -> Iterator[str]:
    if found.laid.headless:
        yield _notes.headless(path)
    if found.laid.fragments.wrong:
        yield _notes.retimed(path, found.laid.fragments.wrong)
    if found.laid.fragments.clockless:
        yield _notes.clockless(path)
