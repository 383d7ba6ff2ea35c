"""What a reader of a clip must know of it, in sentences that name it."""

from collections.abc import Sequence
from pathlib import Path

from core._container import shown
from core._stamps import Stamps
from core._view import View

Spans = Sequence[tuple[float, float]]
MAX_NAMED_SPANS = 3
"""Stretches that are named one by one; of more, the longest is."""
MAX_JOINED_GAP_SECONDS = 0.5


def spans(found: Spans, together: float = 0.0) -> str:
    """Name stretches of time, those with no more than some seconds between them as one.

    >>> spans([(0.92, 0.96), (1.0, 10.0), (12.0, 13.0)], 0.5)
    'from 0.9 s to 10.0 s and from 12.0 s to 13.0 s'
    """
    joined: list[tuple[float, float]] = []
    for first, last in found:
        apart = not joined or first - joined[-1][1] > together
        joined[len(joined) if apart else -1 :] = [(first if apart else joined[-1][0], last)]
    said = [f"from {first:.1f} s to {last:.1f} s" for first, last in joined]
    if len(said) <= MAX_NAMED_SPANS:
        return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))
    first, last = max(joined, key=lambda span: span[1] - span[0])
    return f"in {len(joined)} places, the longest from {first:.1f} s to {last:.1f} s"


def counted(count: int, thing: str = "frame") -> str:
    """Write a number of things.

    >>> counted(1), counted(2)
    ('1 frame', '2 frames')
    """
    return f"{count} {thing}{'' if count == 1 else 's'}"


def no_rate(path: Path, rate: float, coded: float) -> str:
    """Say which rate is assumed of a clip without time stamps, and what its coded stream says."""
    said = f"{shown(path)!r} has no time stamps"
    if coded and abs(coded - rate) < 0.01 * rate:
        return f"{said}; {rate:.4g} frames/s are assumed, as its coded stream says"
    if coded:
        return f"{said}; {rate:.4g} frames/s are assumed, although its coded stream says {coded:.4g}"
    return f"{said}: it tells no frame rate; {rate:.4g} frames/s are assumed"


def no_stamps(path: Path, wrong: str, rate: float) -> str:
    """Say which rate is assumed of a clip whose time stamps cannot be right, and why they cannot."""
    return f"the time stamps of {shown(path)!r} cannot be right: {wrong}; {rate:.4g} frames/s are assumed"


def stamps(path: Path, found: Stamps, unknown: float) -> tuple[str, ...]:
    """Say what was done to a clip's time stamps, and how many seconds stand for a gap of unknown length."""
    name, said = repr(shown(path)), []
    if found.backs:
        at, back = found.backs[0]
        more = f", and in {counted(len(found.backs) - 1, 'other place')}" if len(found.backs) > 1 else ""
        said.append(
            f"the time stamps of {name} run back by {back:.1f} s after {at:.1f} s{more}, as after an interruption: how "
            f"long it took is not known, and {unknown:.1f} s are put in its place"
        )
    if found.jumps:
        at, ahead = found.jumps[0]
        more = f", and in {counted(len(found.jumps) - 1, 'other place')}" if len(found.jumps) > 1 else ""
        said.append(
            f"the time stamps of {name} jump by {ahead / 3600:.1f} hours after {at:.1f} s{more}; {unknown:.1f} s are "
            "put in the jump's place"
        )
    if found.wrong:
        said.append(
            f"{counted(found.wrong, 'time stamp')} of {name} cannot be right; those frames are timed by their "
            "neighbours"
        )
    return tuple(said)


def gaps(path: Path, found: Spans) -> str:
    """Say when nothing was recorded."""
    return f"{shown(path)!r} has gaps: nothing was recorded {spans(found)}"


def headless(path: Path) -> str:
    """Say that an MP4's first fragment is damaged."""
    return f"the beginning of {shown(path)!r} is damaged and cannot be read; times count from the first frame that can"


def retimed(path: Path, count: int) -> str:
    """Say that fragments of an MP4 tell a beginning that cannot be right."""
    of = "a fragment" if count == 1 else f"{count} fragments"
    them = "its" if count == 1 else "their"
    return f"the base time of {of} of {shown(path)!r} cannot be right; {them} frames are timed by the fragments around"


def clockless(path: Path) -> str:
    """Say that the base times of an MP4's fragments are no clock's."""
    return f"the base times of the fragments of {shown(path)!r} do not grow; each is timed as if it followed at once"


def without_index(path: Path) -> str:
    """Say that an AVI ends before the index behind its pictures does."""
    return f"{shown(path)!r} has no whole index at its end; it is read without one"


def not_recorded(path: Path, count: int) -> str:
    """Say that an AVI has places for frames that the recorder left empty."""
    were, them = ("was", "an empty place for it") if count == 1 else ("were", "empty places for them")
    return f"{counted(count)} {were} not recorded: {shown(path)!r} has {them}"


def skipped(path: Path, count: int) -> str:
    """Say that single frames are missing in a steady clip."""
    were = "it was" if count == 1 else "they were"
    return f"{shown(path)!r} lacks {counted(count)} between others: {were} lost, or never recorded"


def rest(path: Path, holds: float, share: float) -> str:
    """Say that the end of a file holds nothing that can be read."""
    return f"{shown(path)!r} can be read up to {holds:.1f} s; the last {share:.0%} of the file cannot"


def hidden(path: Path, count: int, total: int) -> str:
    """Say that an edit list hides most of a clip."""
    return f"an edit list in {shown(path)!r} hides {count} of its {total} frames; they are not read"


def cut(path: Path, holds: float, announced: float | None, count: int, total: int) -> str:
    """Say, before it is decoded, that a clip ends early."""
    length = f" of {announced:.1f} s" if announced is not None and announced > holds else ""
    frames = f"{count} of {total} frames" if total > count else counted(count)
    return f"{shown(path)!r} is cut: it holds the first {holds:.1f} s{length} ({frames})"


def unfinished(path: Path, holds: float, count: int) -> str:
    """Say that a recording was interrupted before its length was written down."""
    return (
        f"{shown(path)!r} was never finished: its length is missing, as after an interrupted recording; it holds "
        f"{holds:.1f} s ({counted(count)})"
    )


def late_stream(path: Path) -> str:
    """Say that a stream begins too late to be read."""
    return f"another stream begins in the middle of {shown(path)!r}; it cannot be read"


def several_streams(path: Path) -> str:
    """Say that a clip goes on in another stream."""
    return f"the pictures of {shown(path)!r} go on in another stream in its middle; they are read one after the other"


def damaged_on_the_way(path: Path, places: int, lost: int) -> str:
    """Say that a transport stream lost packets."""
    missing = f"; {counted(lost)} {'is' if lost == 1 else 'are'} missing" if lost else ""
    return f"{shown(path)!r} lost data on its way in {counted(places, 'place')}{missing}"


def starts_late(path: Path, count: int, seconds: float) -> str:
    """Say that a clip begins without a key frame."""
    return (
        f"{shown(path)!r} begins without a key frame: its first {counted(count)} ({seconds:.1f} s) cannot be read, and "
        "times count from the first one that can"
    )


def view(path: Path, found: View) -> tuple[str, ...]:
    """Say what is done to a clip's pictures that changes what is in them."""
    said, name = [], repr(shown(path))
    if found.light:
        said.append(f"{name} is filmed in HDR ({found.light}); it is brought to the brightness of ordinary video")
    if found.reduced:
        (w, h), (v, k) = found.coded, found.scaled
        said.append(f"the pictures of {name} are reduced from {w}x{h} to {v}x{k} pixels while they are read")
    return tuple(said)


def colours(path: Path) -> str:
    """Say that a colour matrix is none that is known."""
    return f"the colours of {shown(path)!r} may be off: it names a colour matrix that cannot be converted from"


def unread(gone: int, announced: int, found: Spans) -> str:
    """Say how many frames could not be read, and when they would have been shown.

    >>> unread(226, 250, [(0.92, 10.0)])
    '226 of 250 frames could not be read (from 0.9 s to 10.0 s)'
    """
    return f"{gone} of {counted(announced)} could not be read" + (
        f" ({spans(found, MAX_JOINED_GAP_SECONDS)})" if found else ""
    )


def only(seconds: float, length: float, count: int) -> str:
    """Say how much of a clip there is."""
    of = f" of {length:.1f} s" if length > seconds else ""
    return f"only its first {seconds:.1f} s{of}, {counted(count)}, could be read"


def cut_short(path: Path, seconds: float, length: float, count: int, lost: str) -> str:
    """Say how much of a clip that ends early could be read."""
    return "; ".join(filter(None, (f"{shown(path)!r} is cut: {only(seconds, length, count)}", lost)))


def damaged(path: Path, places: int, first: str, lost: str, smeared: int) -> str:
    """Say what of a damaged clip could not be read or may look wrong."""
    looks = f"{counted(smeared)} may be smeared" if smeared else "" if lost else "what is around them may be smeared"
    said = "; ".join(filter(None, (first, lost, looks)))
    return f"{shown(path)!r} is damaged in {counted(places, 'place')}: {said}"


def resized(path: Path, other: tuple[int, int], first: tuple[int, int]) -> str:
    """Say that the picture changes its size."""
    (w, h), (v, k) = other, first
    return f"the picture of {shown(path)!r} changes its size to {w}x{h}; it was scaled to its first size, {v}x{k}"
