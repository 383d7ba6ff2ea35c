"""One event in a sentence or two that an analyst could quote."""

from collections.abc import Sequence

from core.records import Cause, Event

SURE = 0.75
"""A model this confident is quoted without a reservation."""
MOST = 0.5


def clock(frame: float, fps: float) -> str:
    """Write a frame as minutes and seconds from the start of the clip.

    >>> clock(310, 25.0), clock(98765, 25.0)
    ('0:12.4', '1:05:50.6')
    """
    tenths = round(frame / fps * 10) if fps > 0 else 0
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest / 10:04.1f}"


def percent(share: float) -> str:
    """Write a share.

    >>> percent(0.913), percent(0.004), percent(0.0)
    ('91 %', '< 1 %', '0 %')
    """
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def summarise(
    event: Event,
    causes: Sequence[Cause],
    unexplained: float,
    fps: float,
    threshold: float,
    size: tuple[int, int] | None = None,
    unit: str = "dB",
) -> str:
    """Sum an event up: when, what, where, how far above the threshold, and how far that can be trusted.

    Args:
        event: the run of frames.
        causes: best first; may be empty.
        unexplained: share of the event's heat in no box, 0 to 1.
        fps: of the clip.
        threshold: that the score passed.
        size: width and height of the picture; without it the place is left out.
        unit: of the score.
    """
    where = f" {_place(causes[0], size)}" if causes and size else ""
    when = f"From {clock(event.first, fps)} to {clock(event.last + 1, fps)}"
    if event.first == event.last:
        when = f"At {clock(event.first, fps)}"
    height = event.peak_score - threshold
    side = "above" if height >= 0 else "below"
    peak = f"at its peak ({clock(event.peak, fps)}) the score was {abs(height):.1f} {unit} {side} the threshold."
    return " ".join([f"{when} {_what(causes)}{where}; {peak}", *_trust(causes, unexplained)])


def _what(causes: Sequence[Cause]) -> str:
    if not causes:
        return "the picture changed in a way that no cause was found for"
    best = causes[0]
    if best.coarse == "unknown":
        return "something that no model has a name for stood out"
    if best.coarse == "action":
        return f"a person was seen to {best.fine.replace(' / ', ' or ')}"
    if best.coarse == "location":
        return f"{_article(best.fine)} {best.fine} was seen"
    return f"{_article(best.fine)} {best.fine} stood out"


def _article(name: str) -> str:
    return "an" if name[:1] in "aeiou" else "a"


def _place(cause: Cause, size: tuple[int, int]) -> str:
    """Name the ninth of the picture in which the cause's centre lies."""
    x1, y1, x2, y2 = cause.box
    column = ("left", "centre", "right")[min(int(max(x1 + x2, 0.0) / 2 / size[0] * 3), 2)]
    row = ("upper", "", "lower")[min(int(max(y1 + y2, 0.0) / 2 / size[1] * 3), 2)]
    if not row:
        return "in the middle of the picture" if column == "centre" else f"on the {column} of the picture"
    return f"in the {row} {column} of the picture"


def _trust(causes: Sequence[Cause], unexplained: float) -> list[str]:
    """State in which boxes the heat lies, what the model thought of its own answer, and what stays unexplained."""
    said: list[str] = []
    if causes:
        best = causes[0]
        amount = "Most" if best.heat_share >= MOST else "Part"
        held = "in that region" if best.coarse == "unknown" else "in its boxes"
        said.append(f"{amount} of the heat ({percent(best.heat_share)}) lies {held}{_confidence(best)}.")
        if len(causes) > 1 and causes[1].score > MOST * best.score:
            said.append(f"The next cause, {causes[1].fine}, ranks close behind.")
    if unexplained >= MOST:
        said.append(f"{percent(unexplained)} of the heat lies in no box at all: treat a named cause with caution.")
    elif unexplained >= 0.005:
        said.append(f"{percent(unexplained)} of the heat lies in no box.")
    return said


def _confidence(cause: Cause) -> str:
    if cause.coarse in ("unknown", "location"):
        return ""
    tone = "" if cause.confidence >= SURE else "only "
    return f", and the model that named it was {tone}{cause.confidence:.2f} confident"
