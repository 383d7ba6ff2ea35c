"""What persons do with things: an action that needs a thing is believed as far as thing or motion is there."""

from dataclasses import replace

import numpy as np

from core.arrays import Doubles
from explain.causes._implied import RIDDEN, RUNNING_SURPRISAL
from explain.causes._measure import Measures
from explain.labels import fine

THROWN = frozenset({"sports ball", "frisbee", "handbag", "backpack", "suitcase", "bottle", "umbrella"})
UNSUPPORTED_WEIGHT = 0.5
"""What is left of the confidence in riding or throwing where neither the thing nor the motion speaks for it."""
MAX_FLYING_TOUCH_FRACTION = 0.7
"""A thing that touches its person in fewer than this share of its frames has left the person's hands."""


def reweight_by_interaction(m: Measures) -> Measures:
    """Return the measures with each confidence weighed by what else is there.

    A box is one thing: of two names the less confident is believed as far as the other one leaves room.
    ``ride`` needs something ridden that touches the person, or a speed too high for walking there; where nothing is
    known of speeds it is believed as it is. ``throw`` needs a small thing that is not always in touch with the person.
    A rider does not run.
    """
    names = [fine(label) for label in m.labels]
    ridden, thrown = (np.array([name in kinds for name in names], np.bool_) for kinds in (RIDDEN, THROWN))
    rides = np.array([name == "ride" for name in names], np.bool_)
    left = thrown & (m.touch < MAX_FLYING_TOUCH_FRACTION) & (m.group != np.arange(len(names)))
    speed_support = np.minimum(np.nan_to_num(m.speed_surprisal, nan=RUNNING_SURPRISAL) / RUNNING_SURPRISAL, 1.0)
    surer = m.confidence[None, :] > m.confidence[:, None]
    believed = m.confidence * np.prod(1.0 - np.where(surer, m.same_box_share * m.confidence[None, :], 0.0), axis=1)
    m = replace(m, confidence=believed.copy())
    for i, (name, kind) in enumerate(zip(names, m.kinds, strict=True)):
        if kind == "AVA" and name == "ride":
            believed[i] *= _weight(max(_surest(m, ridden, i), float(speed_support[i])))
        elif kind == "AVA" and name == "run / jog":
            believed[i] *= 1.0 - max(_surest(m, ridden, i), _surest(m, rides, i))
        elif kind == "AVA" and name == "throw":
            believed[i] *= _weight(_surest(m, left, i))
    return replace(m, confidence=believed)


def _surest(m: Measures, things: "np.ndarray[tuple[int], np.dtype[np.bool_]]", row: int) -> float:
    """Return the highest confidence in one of these things of the row's person; 0 without any."""
    of_person: Doubles = m.confidence[things & (m.group == m.group[row])]
    return float(of_person.max(initial=0.0))


def _weight(support: float) -> float:
    return UNSUPPORTED_WEIGHT + (1.0 - UNSUPPORTED_WEIGHT) * min(support, 1.0)
