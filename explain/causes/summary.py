"""One event in a sentence or two that an analyst could quote."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.analysis import Cause, UnusualThing
from core.clock import Clock
from core.records import Event, Pixels
from explain.causes._vehicles import DONE_BY_VEHICLES, VEHICLES
from explain.causes.terms import describe
from explain.labels import PERSON, article

MIN_UNRESERVED_CONFIDENCE = 0.75
"""A model this confident is quoted without a reservation."""
MAJORITY_FRACTION = 0.5
MIN_SHARE = 0.005
"""A share that is written as 1 % or more."""


def timestamp(seconds: float) -> str:
    """Write seconds from the start of a clip as minutes and seconds.

    >>> timestamp(12.4), timestamp(3950.6)
    ('0:12.4', '1:05:50.6')
    """
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{rest / 10:04.1f}"


def wall_clock(recorded: str, seconds: float) -> str:
    """Write when a moment of a clip was by the clock of its recorder, with its zone; empty where the file has none.

    >>> wall_clock("2026-11-28T23:59:55", 10.0), wall_clock("2026-11-28T23:59:55+01:00", 0.0), wall_clock("", 1.0)
    ('2026-11-29 00:00:05', '2026-11-28 23:59:55 +01:00', '')
    """
    if not recorded:
        return ""
    moment = datetime.fromisoformat(recorded) + timedelta(seconds=seconds)
    zone = moment.isoformat()[-6:] if moment.tzinfo else ""
    return f"{moment:%Y-%m-%d %H:%M:%S}{' ' * bool(zone)}{zone}"


def percent(share: float) -> str:
    """Write a share.

    >>> percent(0.913), percent(0.004), percent(0.0)
    ('91 %', '< 1 %', '0 %')
    """
    return "< 1 %" if 0 < share < MIN_SHARE else f"{100 * share:.0f} %"


def summarise(
    event: Event,
    causes: Sequence[Cause],
    unexplained: float,
    clock: Clock,
    threshold: float,
    size: tuple[int, int] | None = None,
    shown: int | None = None,
    told: tuple[int, int] | None = None,
    things: Sequence[UnusualThing] = (),
    unit: str = "dB",
) -> str:
    """Sum an event up: when, what, where, how far above the threshold, and how far that can be trusted.

    Args:
        event: the run of frames.
        causes: best first; may be empty.
        unexplained: share of the event's heat in no box, 0 to 1.
        clock: when the clip's frames are shown.
        threshold: that the score passed.
        size: width and height of the picture; without it the place is left out.
        shown: the frame whose boxes the causes have; said where it is not the peak.
        told: first and last frame that the causes are told from, where they are not all of the event's.
        things: with unusual attributes, strangest first; what is unusual about the first one is said.
        unit: of scores.
    """
    where = place(causes[0].box, size) if causes and causes[0].box and size else ""
    if where and shown not in (None, event.peak):
        where += f" (seen so at {timestamp(clock.at(shown or 0))})"
    said = [f"{_when(event, clock)} {_what(causes)}{where}; {_peak(event, clock, threshold, unit)}"]
    said += [*_strangest(things), *_agreement(causes), *_trust(causes, unexplained)]
    if told:
        start, end = timestamp(clock.at(told[0])), timestamp(clock.end(told[1]))
        said.append(f"This is told from {start} to {end} alone, around its peak.")
    return " ".join(said)


def unseen(event: Event, clock: Clock, threshold: float, things: Sequence[UnusualThing] = (), unit: str = "dB") -> str:
    """Sum up an event of which no pictures were kept: no cause is claimed but what the attributes of things tell."""
    raised = f"{_when(event, clock)} the score was raised; {_peak(event, clock, threshold, unit)}"
    kept = "No pictures were kept of it, as it lies under the score from which they are"
    if things:
        return " ".join([raised, *_strangest(things), f"{kept}."])
    return f"{raised} {kept}: nothing is known of its cause."


def _strangest(things: Sequence[UnusualThing]) -> list[str]:
    return [f"Strangest by its attributes: {describe(things[0])}."] if things else []


def _agreement(causes: Sequence[Cause]) -> list[str]:
    """Say whether the heat and the attributes point to the same thing, where both tell something."""
    strangest = max(causes, key=lambda cause: cause.nats_share, default=None)
    if strangest is None or strangest.nats_share <= 0:
        return []
    held, most = _heat(strangest), max(map(_heat, causes))
    if most <= 0:
        return []
    same = held >= min(most, MAJORITY_FRACTION)
    return ["The pixel error points to the same thing." if same else "The pixel error lies elsewhere."]


def _heat(cause: Cause) -> float:
    """Return the share of the heat that a thing holds under any of its names."""
    return max([cause.heat_share, *(label.heat_share for label in cause.labels)])


def _when(event: Event, clock: Clock) -> str:
    if event.first == event.last:
        return f"At {timestamp(clock.at(event.first))}"
    return f"From {timestamp(clock.at(event.first))} to {timestamp(clock.end(event.last))}"


def _peak(event: Event, clock: Clock, threshold: float, unit: str) -> str:
    height, when = event.peak_score - threshold, timestamp(clock.at(event.peak))
    side = "above" if height >= 0 else "below"
    return f"at its peak ({when}) the score was {abs(height):.1f} {unit} {side} the threshold."


def _what(causes: Sequence[Cause]) -> str:
    if not causes:
        return "the picture changed in a way that no cause was found for"
    best = causes[0]
    if best.coarse == "unknown":
        return "something that no model has a name for stood out"
    if best.coarse == "action":
        who = best.object if best.fine in DONE_BY_VEHICLES and best.object in VEHICLES else PERSON
        done = best.fine.replace(" / ", " or ")
        return f"{article(who)} {who} was seen to {done}{_besides(best, best.place, best.direction)}"
    if best.coarse == "location":
        return f"{article(best.fine)} {best.fine} was seen{_besides(best, best.action, best.direction)}"
    return f"{article(best.fine)} {best.fine} stood out{_besides(best, best.action, best.place, best.direction)}"


def attributes(cause: Cause) -> list[str]:
    """List what is known of a thing besides the name that it goes by: object, action, place, direction, speed.

    >>> attributes(Cause("object", "bicycle", 1.0, 0.5, 0.9, None, 0, 9, speed=1.24, object="bicycle", action="ride"))
    ['ride', '1.2 of its heights a second']
    """
    names = [name for name in (cause.object, cause.action) if name and name != cause.fine]
    place = [cause.place] if cause.place and cause.place not in cause.fine else []
    speed = [f"{cause.speed:.1f} of its heights a second"] if cause.speed is not None else []
    return [*names, *place, *([cause.direction] if cause.direction else []), *speed]


def _besides(cause: Cause, *told: str) -> str:
    """Put in brackets what else is known of a thing; how fast it goes where it goes anywhere.

    >>> _besides(Cause("object", "bicycle", 1.0, 0.5, 0.9, None, 0, 9, speed=1.24,
    ...                 direction="to the left"), "ride", "", "to the left")
    ' (ride, to the left at 1.2 of its heights a second)'
    """
    words = [word for word in told if word]
    if cause.direction and cause.direction in words and cause.speed is not None:
        way, _, against = cause.direction.partition(", ")
        words[-1] = f"{way} at {cause.speed:.1f} of its heights a second{', ' * bool(against)}{against}"
    return f" ({', '.join(words)})" if words else ""


def place(box: Pixels, size: tuple[int, int]) -> str:
    """Name the ninth of the picture in which a box has its centre."""
    x1, y1, x2, y2 = box
    column = ("left", "centre", "right")[min(int(max(x1 + x2, 0.0) / 2 / size[0] * 3), 2)]
    row = ("upper", "", "lower")[min(int(max(y1 + y2, 0.0) / 2 / size[1] * 3), 2)]
    if not row:
        return " in the middle of the picture" if column == "centre" else f" on the {column} of the picture"
    return f" in the {row} {column} of the picture"


def _trust(causes: Sequence[Cause], unexplained: float) -> list[str]:
    """State in which boxes the heat lies, what the model thought of its own answer, and what stays unexplained."""
    said: list[str] = []
    if causes:
        best = causes[0]
        least = "None" if best.nats_share and best.heat_share < MIN_SHARE else "Part"
        amount = "Most" if best.heat_share >= MAJORITY_FRACTION else least
        held = "in that region" if best.coarse == "unknown" else "in its boxes"
        said.append(f"{amount} of the heat ({percent(best.heat_share)}) lies {held}{_confidence(best)}.")
        if len(causes) > 1 and causes[1].score > MAJORITY_FRACTION * best.score:
            said.append(f"The next cause, {causes[1].fine}, ranks close behind.")
    if unexplained >= MAJORITY_FRACTION:
        said.append(f"{percent(unexplained)} of the heat lies in no box at all: treat a named cause with caution.")
    elif unexplained >= MIN_SHARE:
        said.append(f"{percent(unexplained)} of the heat lies in no box.")
    return said


def _confidence(cause: Cause) -> str:
    if cause.coarse in ("unknown", "location"):
        return ""
    tone = "" if cause.confidence >= MIN_UNRESERVED_CONFIDENCE else "only "
    return f", and the model that named it was {tone}{cause.confidence:.2f} confident"
