"""Made-up things with the terms of their scores."""

from typing import Any, NamedTuple

import numpy as np

from core.scored_things import NormalRange, ScoredThings
from core.things import ATTRIBUTES, Things

NAMES = ("class", "speed", "limbs", "width", "height")
RANGE = NormalRange(tuple(np.linspace(0.0, 2.0, 21).tolist()), 900, 12)


class Row(NamedTuple):
    frame: int
    track: int
    label: str
    box: tuple[float, float, float, float]
    nats: tuple[float, ...]
    values: tuple[float, float]


def row(frame, track, label="person", box=(10, 10, 20, 40), nats=(1.0, 2.0, 3.0, 4.0, 5.0), values=(2.6, 1.0)) -> Row:
    """One thing in one frame; ``values``: speed and limb motion."""
    return Row(frame, track, label, box, tuple(nats), values)


def scored(rows, looked=None, more: dict[str, Any] | None = None, labels=("person",)) -> ScoredThings:
    """Put rows together; ``labels`` have ranges of their own, all others the range of all but with another name."""
    rows = sorted(rows, key=lambda one: one.frame)
    frames = np.array([one.frame for one in rows], np.int64)
    values = np.array([one.values for one in rows], np.float64).reshape(-1, 2)
    measured = np.concatenate([np.full((len(rows), 1), np.nan), values, np.full((len(rows), 2), 2.5)], axis=1)
    things = Things(
        frames, np.array([one.track for one in rows], np.int64), tuple(one.label for one in rows),
        np.array([one.box for one in rows], np.float32).reshape(-1, 4), np.full(len(rows), 0.9),
        np.zeros((len(rows), len(ATTRIBUTES))), np.zeros(len(rows), bool),
        np.unique(frames) if looked is None else np.array(list(looked), np.int64),
    )  # fmt: skip
    own = {name: RANGE for name in NAMES[1:]} | (more or {})
    return ScoredThings(
        things, NAMES, np.array([one.nats for one in rows], np.float64).reshape(-1, 5), measured,
        {label: own for label in (*labels, "every label")},
    )  # fmt: skip
