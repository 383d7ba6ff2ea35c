"""How improbable a candidate's class and heat are in a camera's normal footage."""

import numpy as np

from core.arrays import Doubles
from core.normality import ClassNormality, Normality
from explain.causes._measure import Measures
from explain.causes._regions import UNKNOWN
from explain.causes.places import tail

PRIOR_BOXES = 100.0
"""Boxes that a class must have shown before its own heat counts as much as that of all classes together."""


MIN_CONFIDENCE = 0.5
"""Above this confidence a box counts as seen, however much surer the model is now."""


def class_surprisal(m: Measures, normality: Normality) -> Doubles:
    """Minus log of the number of boxes of the class, seen as clearly as this one, in a normal frame; at least 0."""
    rate: Doubles = (_seen(m, normality) + 1.0) / (normality.explained_frames + 1.0)
    never_counted = np.array([kind == "place" for kind in m.kinds], np.bool_)
    return np.where(never_counted, 0.0, -np.log(np.minimum(rate, 1.0)))


def novelty(m: Measures, normality: Normality) -> Doubles:
    """Return the share of normal frames without such a box, or of normal cases elsewhere: near 1 for what is new."""
    return -np.expm1(-class_surprisal(m, normality) - m.location_surprisal)


def _seen(m: Measures, normality: Normality) -> Doubles:
    """Count the class's boxes in normal footage with the candidate's confidence or :data:`MIN_CONFIDENCE`, (N,)."""
    found = [normality.classes.get(label) for label in m.basis]
    least = np.minimum(m.confidence, MIN_CONFIDENCE)
    counts = [
        c.boxes * float(tail(c.confidence, least[i : i + 1])[0]) if c is not None else 0.0 for i, c in enumerate(found)
    ]
    return np.array(counts, np.float64)


def error_surprisal(m: Measures, normality: Normality) -> Doubles:
    """Minus log of the share of normal boxes of the class that are as hot, (N,).

    A class with few boxes borrows from all classes. Beyond the hottest box ever seen the share falls with one over
    the heat, so that the hotter of two still counts more.
    """
    classes = {label: c for label, c in normality.classes.items() if c.boxes and label != UNKNOWN}
    total = sum(c.boxes for c in classes.values())
    if not total:
        return np.zeros(len(m.labels))
    pooled = sum((c.boxes * tail(c.density, m.density) for c in classes.values()), np.zeros(len(m.labels))) / total
    own, boxes = _own(m, normality)
    share = (boxes * own + PRIOR_BOXES * pooled) / (boxes + PRIOR_BOXES)
    highest = max(c.density[-1] for c in classes.values())
    beyond = np.log(np.maximum(m.density / highest, 1.0)) if highest > 0 else np.zeros_like(m.density)
    surprise: Doubles = beyond - np.log((total * share + 1.0) / (total + 1.0))
    return surprise


def _own(m: Measures, normality: Normality) -> tuple[Doubles, Doubles]:
    """Return the tail of each candidate's own class, and the number of boxes it rests on, both (N,)."""
    share, boxes = np.ones(len(m.labels)), np.zeros(len(m.labels))
    for label in set(m.basis) & set(normality.classes):
        c: ClassNormality = normality.classes[label]
        rows = np.array([name == label for name in m.basis])
        share[rows], boxes[rows] = tail(c.density, m.density[rows]), c.boxes
    return share, boxes
