"""``no picture``: one colour with or without a text, black, colour bars, snow."""

import numpy as np

from core.arrays import Bools
from core.clock import Clock
from explain.disturbances._series import DETAIL_UNIT, Rows
from explain.disturbances._stretches import Stretch, joined, lasting, runs

UNIFORM, PLAIN = 0.92, 0.4
"""Share of the picture that has one colour, and grey levels of detail, of the middle cell."""
MIN_BARS_FRACTION = 0.8
GRAIN, UNLIKE, ROUGH = 0.4, 0.3, 8.0
"""Snow: correlation of neighbouring pixels, share of blocks that look like the frame before, grey levels of detail."""
SECONDS, JOIN = 0.2, 1.0
"""How long colour bars must be seen, which a plain and coloured lorry resembles for a moment; and seconds between two
lost pictures that are one loss. A single frame of one colour counts: a detector is as startled by it as by more, and an
analyst would be shown an event."""


def blank(rows: Rows) -> Bools:
    """Return which frames show no picture: (frames,)."""
    detail = np.median(rows["detail"], axis=1) / DETAIL_UNIT
    plain = (rows["uniform"] >= UNIFORM) & (detail <= PLAIN)
    snow = (rows["grain"] <= GRAIN) & (rows["alike"] <= UNLIKE) & (detail >= ROUGH)
    return np.asarray(plain | (rows["bars"] >= MIN_BARS_FRACTION) | snow, np.bool_)


def find(rows: Rows, clock: Clock) -> list[Stretch]:
    """List the stretches without a picture."""
    found = joined(runs(blank(rows)), clock, JOIN)
    bars = (rows["bars"] >= MIN_BARS_FRACTION) & (rows["uniform"] < UNIFORM)
    return [one for one in found if lasting([one], clock, SECONDS) or not bars[one.first : one.last + 1].any()]
