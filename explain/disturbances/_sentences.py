"""What is said of each cause, and when."""

from collections.abc import Sequence

from core.clock import Clock
from core.disturbance import Disturbance
from explain.disturbances._light import Turn
from explain.disturbances._moves import Move
from explain.disturbances._partial import Part
from explain.disturbances._stretches import Stretch
from explain.disturbances.registration import LEAST_ZOOM, Similarity

INCOMPARABLE = "what follows is not comparable"
TURNS = {
    "grey": f"the picture turned to black and white at {{at}}, as at night; {INCOMPARABLE}",
    "dark": f"it became dark at {{at}}; {INCOMPARABLE}",
    "colour": "the picture turned to colour at {at}, as by day",
    "light": "it became light at {at}",
}
SAID = {
    "frozen": "the picture stands still {span}",
    "no picture": "no picture {span}",
    "covered": "the camera was covered or out of focus {span}",
    "shaken": "the camera shook {span}",
    "light": "the light changed in the whole picture {span}",
}
PARTLY = "the light changed in a part of the picture {span}, and nothing else"


def gaps(clock: Clock) -> list[Disturbance]:
    """Return where nothing was recorded."""
    found = []
    for frame in clock.gaps():
        start, end = clock.end(frame), clock.at(frame + 1)
        said = f"nothing was recorded {_span(start, end)}"
        found.append(Disturbance("gap", frame, frame + 1, start, end, said))
    return found


def say(kind: str, spans: Sequence[Stretch], clock: Clock, said: str = "") -> list[Disturbance]:
    """Say that something went on for some time."""
    found = []
    for one in spans:
        start, end = clock.at(one.first), clock.end(one.last)
        sentence = (said or SAID[kind]).format(span=_span(start, end))
        found.append(Disturbance(kind, one.first, one.last, start, end, sentence))
    return found


def parts(found: Sequence[Part], clock: Clock) -> list[Disturbance]:
    """Say that a part of the picture was lost."""
    said = "the {} part of the picture was lost {{span}}"
    return [told for one in found for told in say("no picture", [one], clock, said.format(one.side))]


def turns(found: Sequence[Turn], clock: Clock) -> list[Disturbance]:
    """Say when day and night came."""
    first = {"grey": "colour", "dark": "light"}
    told, known = [], {first.get(found[0].what, found[0].what)} if found else set()
    for turn in found:
        # Whatever a clip begins with is what its camera is like; only what it changes to is not comparable.
        away = turn.what not in known
        start, end = clock.at(turn.first), clock.end(turn.last)
        said = TURNS[turn.what].format(at=_moment(start))
        told.append(Disturbance("day/night", turn.first, turn.last, start, end, said, away))
    return told


def moves(found: Sequence[Move], clock: Clock, scale: tuple[float, float]) -> list[Disturbance]:
    """Say when the camera was moved, and how far in pixels of the clip; ``scale`` are those of a thumbnail's pixel."""
    told = []
    for move in found:
        start, end = clock.at(move.first), clock.end(move.last)
        if move.back:
            said = f"the camera was moved back at {_moment(start)}"
        else:
            where = "the view shows another place" if move.likeness is None else _alike(move.likeness)
            if move.pixels is not None:
                across, down = (pixels * size for pixels, size in zip(move.pixels, scale, strict=True))
                where = f"the view lies {(across**2 + down**2) ** 0.5:.0f} pixels off"
            said = f"the camera was moved at {_moment(start)}; {INCOMPARABLE} ({where})"
        told.append(Disturbance("moved", move.first, move.last, start, end, said, not move.back))
    return told


def _alike(one: Similarity) -> str:
    """Return how the view lies to the one before it.

    >>> _alike(Similarity(1.5, 0.2, 0.8)), _alike(Similarity(0.8, 0.0, 0.8)), _alike(Similarity(1.0, -7.0, 0.8))
    ('it is zoomed in, 1.5 times', 'it is zoomed out, 0.8 times', 'the view is turned by 7 degrees')
    """
    turned, times = f"the view is turned by {abs(one.degrees):.0f} degrees", max(one.zoom, 1 / one.zoom)
    if times < LEAST_ZOOM:
        return turned
    return f"it is zoomed {'in' if one.zoom > 1 else 'out'}, {one.zoom:.3g} times"


def _moment(seconds: float) -> str:
    """Write a moment: seconds of a short clip, hours and minutes before them of a long one.

    >>> _moment(9.04), _moment(3725.5)
    ('9.0 s', '1:02:05.5')
    """
    if seconds < 600:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{rest:04.1f}"


def _span(start: float, end: float) -> str:
    """Write a span of time.

    >>> _span(6.0, 10.0)
    'from 6.0 to 10.0 s'
    """
    first, last = _moment(start), _moment(end)
    return f"from {first.removesuffix(' s') if last.endswith(' s') else first} to {last}"
