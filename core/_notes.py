"""What a reader of a clip must know of it, in sentences that name it."""

from collections.abc import Sequence

from core._medium import Medium
from core._stamps import Stamps
from core._view import View
from core.limits import shown

Spans = Sequence[tuple[float, float]]
MAX_NAMED_SPANS = 3
"""Stretches that are named one by one; of more, the longest is."""
MAX_JOINED_GAP_SECONDS = 0.5


def spans(found: Spans, together: float = 0.0) -> str:
    """Name stretches of time, those with no more than some seconds between them as one.

    >>> spans([(0.92, 0.96), (1.0, 10.0), (12.0, 13.0)], 0.5)
    'from 0.9 s to 10.0 s and from 12.0 s to 13.0 s'
    """
    joined = join(found, together)
    said = [f"from {first:.1f} s to {last:.1f} s" for first, last in joined]
    if len(said) <= MAX_NAMED_SPANS:
        return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))
    first, last = max(joined, key=lambda span: span[1] - span[0])
    return f"in {len(joined)} places, the longest from {first:.1f} s to {last:.1f} s"


def join(found: Spans, together: float) -> list[tuple[float, float]]:
    """Join stretches of time with no more than some seconds between them, in order."""
    joined: list[tuple[float, float]] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1] + together:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def counted(count: int, thing: str = "frame") -> str:
    """Write a number of things.

    >>> counted(1), counted(2)
    ('1 frame', '2 frames')
    """
    return f"{count} {thing}{'' if count == 1 else 's'}"


def no_rate(path: Medium, rate: float, coded: float) -> str:
    """Say which rate is assumed of a clip without time stamps, and what its coded stream says."""
    said = f"{shown(path)!r} has no time stamps"
    if coded and abs(coded - rate) < 0.01 * rate:
        return f"{said}; {rate:.4g} frames/s are assumed, as its coded stream says"
    if coded:
        return f"{said}; {rate:.4g} frames/s are assumed, although its coded stream says {coded:.4g}"
    return f"{said}: it tells no frame rate; {rate:.4g} frames/s are assumed"


def stamps(path: Medium, found: Stamps, unknown: float) -> tuple[str, ...]:
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


def rest(name: str, holds: float, share: float) -> str:
    """Say that the end of a file holds nothing that can be read."""
    return f"{name} can be read up to {holds:.1f} s; the last {share:.0%} of the file cannot"


def view(path: Medium, found: View) -> tuple[str, ...]:
    """Say what is done to a clip's pictures that changes what is in them."""
    said, name = [], repr(shown(path))
    if found.light:
        said.append(f"{name} is filmed in HDR ({found.light}); it is brought to the brightness of ordinary video")
    if found.reduced:
        (w, h), (v, k) = found.coded, found.scaled
        said.append(f"the pictures of {name} are reduced from {w}x{h} to {v}x{k} pixels while they are read")
    return tuple(said)


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
