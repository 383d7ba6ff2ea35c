"""What a camera knows of its normal things, against which others are measured: height, pace and looks."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles
from core.things import ATTRIBUTES, Things
from detectors._attribute_core import Looks

APPEARANCE = "appearance"
GLIDE = "glide"
"""Speed over limb motion of what moves as fast as half of the normal things: who is fast with still legs, rides."""
MEASURED = (*ATTRIBUTES, APPEARANCE, GLIDE)
"""Heights a second (two), width over height, multiples of the height that is usual there, spreads, a ratio."""
LEAST_MOTION = 0.02
"""Heights a second that are added to speed and limb motion before they are divided: less is noise."""
SMALLEST_PIXELS = 4.0
"""Usual height at least: far away, the line of heights reaches 0."""


@dataclass(frozen=True)
class Known:
    """What is known of normal things.

    Attributes:
        slope, intercept: usual height of the commonest label in pixels, as a line over the y of a box's lower edge.
        pace: median speed of that label, in heights a second; what is slower does not glide.
        looks: what they look like.
    """

    slope: float
    intercept: float
    pace: float
    looks: Looks

    @classmethod
    def of(cls, things: Things) -> "Known":
        """Learn it from at least one normal thing."""
        names, counts = np.unique(np.array(things.labels), return_counts=True)
        common = things.labelled(str(names[counts.argmax()]))
        common &= ~things.cut if (common & ~things.cut).any() else common
        bottom, heights = things.boxes[common, 3].astype(np.float64), things.values[common, -1]
        slope, intercept = np.polyfit(bottom, heights, 1) if np.ptp(bottom) > 1 else (0.0, float(heights.mean()))
        speeds = things.values[common, ATTRIBUTES.index("speed")]
        pace = float(np.median(speeds[np.isfinite(speeds)])) if np.isfinite(speeds).any() else 0.0
        return cls(float(slope), float(intercept), pace, Looks.of(things.features))

    def measure(self, things: Things) -> Doubles:
        """Return :data:`MEASURED` of N things, (N, 6); NaN where one is not measured.

        The edge of the picture hides the width and height of what it cuts off.
        """
        usual = np.maximum(self.slope * things.boxes[:, 3].astype(np.float64) + self.intercept, SMALLEST_PIXELS)
        speed, limbs, width, height = things.values.T
        shape = np.where(things.cut, np.nan, [width, height / usual])
        glide = np.where(speed > self.pace, (speed + LEAST_MOTION) / (limbs + LEAST_MOTION), np.nan)
        return np.stack([speed, limbs, *shape, self.looks.apart(things.features, len(things)), glide], axis=1)
