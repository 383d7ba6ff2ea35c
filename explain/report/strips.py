"""What is unusual about a thing, attribute by attribute: words, and a strip of normal values with this one in it."""

import base64
from dataclasses import dataclass

import numpy as np

from core.analysis import AttributeTerm, UnusualThing
from core.arrays import Doubles
from core.scored_things import QUANTILES
from explain.causes.terms import phrases, title
from explain.report._html import render

WIDTH, HEIGHT, BARS = 180, 30, 45
MARGIN = 5
"""Pixels left and right of the scale, so that a mark at its end is seen whole."""
COLOURS = {"bar": "#7d8b88", "base": "#9aa5a1", "mark": "#d9731c"}
"""Of a strip that is a picture of its own: seen on light and dark pages alike."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of a thing, as a row shows it.

    Attributes:
        title: its name.
        words: what it is like.
        nats: by how much it is more surprising than usual.
        strip: inline SVG; empty where the attribute has no measure or no normal range.
    """

    title: str
    words: str
    nats: float
    strip: str


def attribute_rows(thing: UnusualThing) -> list[Attribute]:
    """Return a thing's attributes, the most surprising first."""
    told = zip(thing.terms, phrases(thing), strict=True)
    return [Attribute(title(term.name), words, term.nats, strip(term, words)) for term, words in told]


@dataclass(frozen=True)
class Strip:
    """Normal values of an attribute as bars, and where one value lies, in units of :data:`WIDTH` and :data:`HEIGHT`.

    Attributes:
        bars: left edge and height of each; the base is at ``HEIGHT - 3``.
        across: width of a bar.
        mark: place of the value.
    """

    bars: list[tuple[float, float]]
    across: float
    mark: float


def lay_out(term: AttributeTerm) -> Strip | None:
    """Place a term's normal values, and its own; None where it has no measure or no normal range."""
    if term.normal is None or not np.isfinite(term.value):
        return None
    levels = np.array(term.normal.quantiles)
    low, high = min(float(levels[0]), term.value), max(float(levels[-1]), term.value)
    if not (np.isfinite(levels).all() and high > low):
        return None
    edges = np.linspace(low, high, BARS + 1)
    held = np.diff(_share_up_to(levels, edges))
    across, tall = (WIDTH - 2 * MARGIN) / BARS, HEIGHT - 10
    bars = [
        (MARGIN + i * across, max(tall * part / held.max(), 0.8))
        for i, part in enumerate(held.tolist()) if part > 0
    ]  # fmt: skip
    return Strip(bars, across * 0.86, MARGIN + (WIDTH - 2 * MARGIN) * (term.value - low) / (high - low))


def strip(term: AttributeTerm, words: str) -> str:
    """Draw how often values were seen in the normal footage, and where this one lies; ``words`` say the same."""
    placed = lay_out(term)
    return "" if placed is None else render(
        "strip.html", width=WIDTH, height=HEIGHT, base=HEIGHT - 3, bars=placed.bars, across=placed.across, words=words,
        x=placed.mark, left=MARGIN, right=WIDTH - MARGIN, colours=COLOURS,
    )  # fmt: skip


def _share_up_to(levels: Doubles, edges: Doubles) -> Doubles:
    """Return the share of normal values up to each edge, straight lines between the quantiles; all lie within."""
    steps, first = np.unique(levels, return_index=True)
    share = np.interp(edges, steps, (np.append(first[1:], QUANTILES) - 1) / (QUANTILES - 1), left=0.0)
    return np.concatenate([[0.0], share[1:-1], [1.0]])


def as_picture(svg: str) -> str:
    """Return a strip as the ``data:`` address of a picture, for pages that take no inline SVG."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii") if svg else ""
