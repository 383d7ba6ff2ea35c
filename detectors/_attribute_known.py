"""What a camera knows of its normal things, against which others are measured: how tall they are, and their looks."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles
from core.things import ATTRIBUTES, Things
from detectors._attribute_core import Looks

APPEARANCE = "appearance"
MEASURED = (*ATTRIBUTES, APPEARANCE)
GLIDE = "glide"
"""Speed over limb motion, of which the normal range is kept and no term made: who is fast with still legs, rides."""
"""Heights a second (two), width over height, multiples of the height that is usual there, spreads."""
SMALLEST_PIXELS = 4.0
"""Usual height at least: far away, the line of heights reaches 0."""


@dataclass(frozen=True)
class Known:
    """What is known of normal things.

    Attributes:
        slope, intercept: usual height of the commonest label in pixels, as a line over the y of a box's lower edge.
        looks: what they look like.
    """

    slope: float
    intercept: float
    looks: Looks

    @classmethod
    def of(cls, things: Things) -> "Known":
        """Learn it from at least one normal thing."""
        names, counts = np.unique(np.array(things.labels), return_counts=True)
        common = things.labelled(str(names[counts.argmax()]))
        common &= ~things.cut if (common & ~things.cut).any() else common
        bottom, heights = things.boxes[common, 3].astype(np.float64), things.values[common, -1]
        slope, intercept = np.polyfit(bottom, heights, 1) if np.ptp(bottom) > 1 else (0.0, float(heights.mean()))
        return cls(float(slope), float(intercept), Looks.of(things.features))

    def measure(self, things: Things) -> Doubles:
        """Return :data:`MEASURED` of N things, (N, 5); NaN where one is not measured.

        The edge of the picture hides the width and height of what it cuts off.
        """
        usual = np.maximum(self.slope * things.boxes[:, 3].astype(np.float64) + self.intercept, SMALLEST_PIXELS)
        speed, limbs, width, height = things.values.T
        shape = np.where(things.cut, np.nan, [width, height / usual])
        return np.stack([speed, limbs, *shape, self.looks.apart(things.features, len(things))], axis=1)
