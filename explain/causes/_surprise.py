"""How improbable a candidate's class and heat are in a camera's normal footage, and how far its name is believed.

An action that needs a thing is believed as far as thing or motion is there.
"""

from dataclasses import replace

import numpy as np

from core.arrays import Bools, Doubles
from core.normality import ClassNormality, Normality
from explain.causes._locations import RIDDEN, RUNNING_SURPRISAL
from explain.causes._measure import Measures
from explain.causes._regions import UNKNOWN
from explain.causes.places import tail
from explain.labels import fine

THROWN = frozenset({"sports ball", "frisbee", "handbag", "backpack", "suitcase", "bottle", "umbrella"})
UNSUPPORTED_WEIGHT = 0.5
"""What is left of the confidence in riding or throwing where neither the thing nor the motion speaks for it."""
MAX_FLYING_TOUCH_FRACTION = 0.7
"""A thing that touches its person in fewer than this share of its frames has left the person's hands."""
PRIOR_BOXES = 100.0
"""Boxes that a class must have shown before its own heat counts as much as that of all classes together."""
GLIDING_NATS = float(np.log(20.0))
"""Surprisal of legs that are stiller for their speed than those of nineteen in twenty normal persons."""
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


def reweight_by_interaction(m: Measures) -> Measures:
    """Return the measures with each confidence weighed by what else is there.

    A box is one thing: of two names the less confident is believed as far as the other one leaves room.
    ``ride`` needs something ridden that touches the person, or a speed too high for walking there with limbs that are
    still for it; where nothing is known of speeds or of limbs, that raises no doubt. ``throw`` needs a small thing that
    is not always in touch with the person. A rider does not run; what the model is unsure of speaks against running in
    the share of the person's frames in which it is seen; whose limbs move as those of walkers do, is no rider.
    That a person glides, and so fast, is as improbable for riding, and for what is ridden, as a place is.
    """
    names = [fine(label) for label in m.labels]
    ridden, thrown = (np.array([name in kinds for name in names], np.bool_) for kinds in (RIDDEN, THROWN))
    rides = np.array([name == "ride" for name in names], np.bool_)
    left = thrown & (m.touch < MAX_FLYING_TOUCH_FRACTION) & (m.group != np.arange(len(names)))
    still = np.nan_to_num(m.still, nan=1.0)
    support = still * np.minimum(np.nan_to_num(m.speed_surprisal, nan=RUNNING_SURPRISAL) / RUNNING_SURPRISAL, 1.0)
    surer = m.confidence[None, :] > m.confidence[:, None]
    believed = m.confidence * np.prod(1.0 - np.where(surer, m.same_box_share * m.confidence[None, :], 0.0), axis=1)
    m = replace(m, confidence=believed.copy())
    seen = np.minimum(m.length / np.maximum(m.length[m.group], 1), 1.0)
    doubts = replace(m, confidence=m.confidence * np.where(m.confidence >= MIN_CONFIDENCE, 1.0, seen))
    gliding = replace(doubts, confidence=doubts.confidence * still)
    for i, (name, kind) in enumerate(zip(names, m.kinds, strict=True)):
        if kind == "AVA" and name == "ride":
            believed[i] *= _weight(max(_surest(m, ridden, i), float(support[i])))
        elif kind == "AVA" and name == "run / jog":
            believed[i] *= 1.0 - max(_surest(doubts, ridden, i), _surest(gliding, rides, i))
        elif kind == "AVA" and name == "throw":
            believed[i] *= _weight(_surest(m, left, i))
    odd = np.where(m.glides & (ridden | rides), GLIDING_NATS + np.nan_to_num(m.speed_surprisal), 0.0)
    return replace(m, confidence=believed, location_surprisal=np.maximum(m.location_surprisal, odd))


def _surest(m: Measures, things: Bools, row: int) -> float:
    """Return the highest confidence in one of these things of the row's person; 0 without any."""
    of_person: Doubles = m.confidence[things & (m.group == m.group[row])]
    return float(of_person.max(initial=0.0))


def _weight(support: float) -> float:
    return UNSUPPORTED_WEIGHT + (1.0 - UNSUPPORTED_WEIGHT) * min(support, 1.0)
