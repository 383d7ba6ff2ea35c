"""Things whose attributes are unusual at a camera: which they are in an event, and what is unusual about them in words.

A thing's score is a sum of terms in nats, one for each attribute, so that the sum says how much each one matters. Words
compare with the camera's normal footage: ratios with the median of the boxes seen there, shares as far as the
quantiles that are kept of them go.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from core.analysis import AttributeTerm, UnusualThing
from core.arrays import Bools, Doubles, Ints
from core.clock import Clock
from core.normality import Places
from core.scored_things import QUANTILES, NormalRange, ScoredThings
from explain.causes._own_boxes import by_own_boxes
from explain.causes._vehicles import VEHICLES
from explain.labels import PERSON, article, plural

CLASS, SPEED, LIMBS = "class", "speed", "limbs"
GLIDE = "glide"
"""Name of the normal range of speed over limb motion: what is fast while its parts keep still to each other, glides."""
HIGH = QUANTILES - 2
"""Index of the 95 % quantile."""
SPOKEN = 2
"""Terms of a thing that a sentence tells."""


@dataclass(frozen=True)
class _Words:
    """How one attribute is told.

    Attributes:
        title: its name.
        told: what a thing does; ``{ratio}``: the value over the median, ``{others}``: those that it is compared with,
            ``{value}`` and ``{usual}``: its value and the median, with their unit.
        unit: behind a value; empty where the value is told in ``told``, or has none.
        more, less: of a comparison with the share of boxes.
        beyond: said in place of ``told`` of a value above all of them; empty where that is said alike.
        unsure: said in place of ``told`` where the thing's own boxes do not bear the value out.
        counted: whether it is compared with the share of boxes.
    """

    title: str
    told: str
    unit: str = ""
    more: str = "more than"
    less: str = "less than"
    beyond: str = ""
    unsure: str = ""
    counted: bool = True


_HEIGHTS = "heights a second"
WIDE = "is wider for its height than {others} usually are here"
"""Without a number: on rendered clips half of the ratios were off by more than a fifth (decision 0037)."""
UNEVEN = "moves more unevenly within its box than {others} usually do here"
"""Flow differs inside the box of anything that moves before a still background: that is no measure of limbs."""
WORDS = {
    SPEED: _Words("speed", "moves {ratio} times as fast as {others} usually do here", _HEIGHTS, "faster than",
                  "slower than", unsure="shows faster motion in its box than {others} usually show here"),
    LIMBS: _Words("limb motion", UNEVEN, unsure=UNEVEN),
    GLIDE: _Words("speed over limb motion", "keeps {ratio} times as still for its speed as {others} usually do here"),
    "width": _Words("width", WIDE, unsure=WIDE),
    "height": _Words("height", "is {ratio} times as tall as {others} usually are at that place", counted=False,
                     unsure="is unusually tall for that place in some of its boxes"),
    "appearance": _Words("appearance", "looks unlike most of the normal footage", "", "farther off than",
                         "nearer than", "looks unlike anything in the normal footage"),
    "place": _Words("place", "is where {others} seldom are in the normal footage", "", "farther off than",
                    "nearer than"),
    "direction": _Words("direction", "goes a way that {others} seldom go there", "", "farther off than",
                        "nearer than"),
    "dwell": _Words("stay", "stayed {value} where {others} usually stay {usual}", "s", "longer than", "shorter than"),
    "count": _Words("number", "is one of {value} at once, where there are usually {usual}"),
}  # fmt: skip
"""Names of terms to how they are told; any other name is told as it is."""


def unusual_things(
    scored: ScoredThings, first: int, last: int, clock: Clock, places: Mapping[str, Places] | None = None
) -> tuple[UnusualThing, ...]:  # fmt: skip
    """Return the things that have a score in frames ``first`` to ``last``, each as it was in its strangest frame.

    Between two frames that were looked at, those two are taken. Speeds, widths and heights are those of the thing's
    own boxes around that frame, NaN where these are usual: see :mod:`explain.causes._own_boxes`.

    Args:
        scored: things of a clip.
        first: frame of the event's beginning.
        last: frame of its end.
        clock: when the clip's frames are shown.
        places: label to how its things move in the camera's normal footage, by the way of their boxes.

    Returns:
        Strangest first; the first one's score is the highest that any thing has there.
    """
    rows = between(scored, first, last)
    total, tracks, glide = scored.nats[rows].sum(axis=1), scored.things.tracks[rows], glides(scored, rows)
    order = np.argsort(-total, kind="stable")
    _, best = np.unique(tracks[order], return_index=True)
    found = []
    for i in order[np.sort(best)].tolist():
        own = tracks == tracks[i]
        if total[i] > 0:
            seen = scored.things.frames[rows[own]]
            thing = _thing(scored, int(rows[i]), seen, bool(glide[own].mean() > 0.5), clock)
            found.append(_with_pace(thing, (places or {}).get(thing.label)))
    return tuple(found)


def between(scored: ScoredThings, first: int, last: int) -> Ints:
    """Return the rows of the frames from ``first`` to ``last``, or of those around them that were looked at."""
    looked = scored.things.looked
    begin, end = int(np.searchsorted(looked, first)), int(np.searchsorted(looked, last, side="right"))
    if begin == end and len(looked):
        first, last = int(looked[max(begin - 1, 0)]), int(looked[min(begin, len(looked) - 1)])
    return np.arange(*np.searchsorted(scored.things.frames, [first, last + 1]))


def _thing(scored: ScoredThings, row: int, frames: Ints, glide: bool, clock: Clock) -> UnusualThing:
    things, label = scored.things, scored.things.labels[row]
    own, boxed = scored.normal.get(label, {}), by_own_boxes(scored, row, clock)
    terms = [
        _term(name, nats, value, scored.range_of(label, name), label if name in own else "", boxed)
        for name, nats, value in zip(
            scored.names, scored.nats[row].tolist(), scored.measured[row].tolist(), strict=True
        )
        if nats > 0
    ]
    x1, y1, x2, y2 = things.boxes[row].tolist()
    return UnusualThing(
        track=int(things.tracks[row]), label=label, frame=int(things.frames[row]), box=(x1, y1, x2, y2),
        first=int(frames[0]), last=int(frames[-1]), confidence=float(things.confidence[row]),
        terms=tuple(sorted(terms, key=lambda term: -term.nats)), glides=glide,
    )  # fmt: skip


def _with_pace(thing: UnusualThing, known: Places | None) -> UnusualThing:
    """Compare a thing's speed, which is that of its boxes, with what is usual of boxes, where that is known.

    That of vehicles is known with what they grow by, as they come closer: that is no speed of boxes.
    """
    if known is None or not known.speed or thing.label in VEHICLES:
        return thing
    usual = known.speed[len(known.speed) // 2]
    return replace(thing, terms=tuple(
        replace(term, usual=usual) if term.name == SPEED and term.among else term for term in thing.terms
    ))  # fmt: skip


def _term(
    name: str, nats: float, value: float, normal: NormalRange | None, among: str, boxed: Mapping[str, float]
) -> AttributeTerm:
    """Return a term with the value by the thing's own boxes where there is one; NaN where that is usual."""
    if name in boxed and normal is not None:
        value = boxed[name] if boxed[name] > normal.quantiles[HIGH] else float("nan")
    return AttributeTerm(name, nats, value, normal, among)


def glides(scored: ScoredThings, rows: Ints) -> Bools:
    """Mark which of (N,) rows are persons that are fast with legs too still for it; none where a range is not known.

    Both speed and speed over limb motion are above what all but a twentieth of the camera's normal persons have.
    """
    fast, still = (scored.range_of(PERSON, name) for name in (SPEED, GLIDE))
    if fast is None or still is None or not {SPEED, LIMBS} <= set(scored.names):
        return np.zeros(len(rows), np.bool_)
    person = np.array([scored.things.labels[row] == PERSON for row in rows.tolist()], np.bool_)
    speed, limbs = (scored.measured[rows, scored.names.index(name)] for name in (SPEED, LIMBS))
    found: Bools = person & (speed > fast.quantiles[HIGH]) & (speed > still.quantiles[HIGH] * limbs)
    return found


def stillness(scored: ScoredThings, rows: Ints) -> Doubles:
    """Tell how still the limbs of (N,) rows are for their speed, beside those of the camera's normal persons.

    Returns:
        (N,) from 0, as half of those or less, to 1, stiller than all of them; NaN for what is no person or hardly
        moves, or where the range is not known.
    """
    normal = scored.range_of(PERSON, GLIDE)
    if normal is None or GLIDE not in scored.names:
        return np.full(len(rows), np.nan)
    person = np.array([scored.things.labels[row] == PERSON for row in rows.tolist()], np.bool_)
    still = scored.measured[rows, scored.names.index(GLIDE)]
    passed = np.interp(still, normal.quantiles, np.linspace(0.0, 1.0, QUANTILES))
    return np.where(person, np.maximum(2.0 * passed - 1.0, 0.0), np.nan)


def title(name: str) -> str:
    """Return the name of an attribute as a heading has it."""
    return WORDS[name].title if name in WORDS else name.replace("_", " ")


def say(term: AttributeTerm, label: str) -> str:
    """Say what one attribute of a thing of that label is like, as a sentence goes on behind the thing's name.

    >>> from core.scored_things import NormalRange
    >>> say(AttributeTerm("speed", 9.0, 3.0, NormalRange(tuple(0.1 * i for i in range(21)), 32059, 90), "person"),
    ...     "person")
    'moves 3.0 times as fast as persons usually do here (3.0 body heights a second, faster than all of 32,059 boxes)'
    """
    if term.name == CLASS:
        return _rarity(term.value, label)
    words = WORDS.get(term.name) or _Words(title(term.name), f"has {{ratio}} times the usual {title(term.name)}")
    others = plural(term.among) if term.among else "things"
    if term.normal is not None and words.unsure and (words.unsure == words.told or np.isnan(term.value)):
        return words.unsure.format(others=others)
    if term.normal is None or not np.isfinite(term.value):
        return f"has an unusual {words.title}"
    usual, unit = usual_of(term), _unit(words.unit, label)
    if "{ratio}" in words.told and not (usual > 0 and term.value >= 0):
        told = f"has an unusual {words.title}"
    else:
        beyond = term.value > term.normal.quantiles[-1]
        told = (words.beyond if beyond and words.beyond else words.told).format(
            ratio=_number(term.value / usual) if usual > 0 else "", value=_quantity(term.value, unit),
            usual=_quantity(usual, unit), others=others,
        )  # fmt: skip
    measured = _quantity(term.value, unit) if unit and "{value}" not in words.told else ""
    share = compared(term, words.more, words.less) if words.counted else ""
    besides = ", ".join(part for part in (measured, share) if part)
    return f"{told} ({besides})" if besides else told


def usual_of(term: AttributeTerm) -> float:
    """Return what a usual value of an attribute is, in its unit; NaN where that is not known."""
    if term.normal is None or np.isfinite(term.usual):
        return term.usual
    return term.normal.quantiles[QUANTILES // 2]


def _rarity(seen: float, label: str) -> str:
    """Say how often the class was seen; ``seen`` tracks in the normal footage were so sure, NaN if unknown."""
    if not np.isfinite(seen):
        return f"{plural(label)} were hardly ever seen in the normal footage"
    if round(seen) < 1:
        return f"no {label} was seen so clearly in the normal footage"
    told = f"{label} was" if round(seen) == 1 else f"{plural(label)} were"
    return f"only {seen:,.0f} {told} seen so clearly in the normal footage"


def compared(term: AttributeTerm, more: str = "more than", less: str = "less than") -> str:
    """Say which share of the normal boxes a value exceeds, or stays under, as far as the quantiles tell.

    >>> from core.scored_things import NormalRange
    >>> compared(AttributeTerm("x", 4.0, 19.5, NormalRange(tuple(map(float, range(21))), 900, 12)))
    'more than 95 % of 900 boxes'
    """
    if term.normal is None or not np.isfinite(term.value):
        return ""
    levels = np.array(term.normal.quantiles)
    above, below = int((levels < term.value).sum()), int((levels > term.value).sum())
    word, passed = (more, above) if above >= below else (less, below)
    share = "all" if passed == QUANTILES else f"{5 * (passed - 1)} %"
    return f"{word} {share} of {term.normal.boxes:,} boxes" if passed > 1 else ""


def _unit(unit: str, label: str) -> str:
    return f"body {unit}" if unit == _HEIGHTS and label == PERSON else f"of its {unit}" if unit == _HEIGHTS else unit


def _number(value: float) -> str:
    """Write a ratio or a measure: two digits that count.

    >>> _number(0.234), _number(2.61), _number(41.2), _number(1.04)
    ('0.23', '2.6', '41', '1.04')
    """
    return (
        f"{value:,.0f}" if abs(value) >= 10 else f"{value:.1f}" if abs(value) >= 1.1 or value == 0 else f"{value:.2f}"
    )


def _quantity(value: float, unit: str) -> str:
    return f"{_number(value)} {unit}" if unit else _number(value)


def describe(thing: UnusualThing, most: int = SPOKEN) -> str:
    """Say in words what is unusual about a thing, of its terms the largest ones.

    >>> describe(UnusualThing(1, "truck", 0, (0, 0, 1, 1), 0, 0, 0.9, (AttributeTerm("class", 4.0, 0.0),)))
    'a truck: no truck was seen so clearly in the normal footage'
    """
    told = phrases(thing)[:most]
    colon = ":" if thing.terms[0].name == CLASS else ""
    return f"{article(thing.label)} {thing.label}{colon} {'; '.join(told)}"


def phrases(thing: UnusualThing) -> list[str]:
    """Say what each term of a thing is like, largest first; of who glides, also that."""
    told = [say(term, thing.label) for term in thing.terms]
    if thing.glides:
        fast = next((i for i, term in enumerate(thing.terms) if term.name == SPEED), 0)
        told[fast] += " with legs still: riding"
    return told
