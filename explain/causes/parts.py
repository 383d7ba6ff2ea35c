"""The parts of an event that can be taken away one by one: what moved in it, named or not, as tubes of boxes."""

from collections.abc import Sequence

import numpy as np

from core.arrays import Floats
from core.clock import Clock
from core.records import Evidence, Tube
from explain.causes._regions import UNKNOWN, unboxed
from explain.causes.tubes import at, link
from explain.heat import box_heat, summed_area

MAX_PARTS = 6
MIN_HEAT_FRACTION = 0.02
"""Share of the event's heat under which a tube is not worth trying."""
MARGIN_FRACTION = 0.12
"""By which a box is enlarged on each side, as a share of its width or height: feet, shadows, a second's third."""
REACH_SECONDS = 0.5
"""Seconds before a tube's first and after its last box for which that box still stands."""


def parts_of(evidence: Sequence[Evidence], level: float) -> list[tuple[Tube, float]]:
    """Link sampled frames, ascending, into tubes, hottest first, with their shares; ``level``: mean heat a pixel.

    Returns:
        At most :data:`MAX_PARTS`; hot regions in no box are tubes labelled ``unknown``. Shares may overlap.
    """
    found, tables, total = [], {}, 0.0
    for seen in evidence:
        raised = np.maximum(seen.heat - np.float32(level), 0.0)
        tables[seen.frame] = summed_area(raised)
        total += float(raised.sum(dtype=np.float64))
        found.append((seen.objects, unboxed(seen, level)))
    tubes = link([objects for objects, _ in found]) + link([regions for _, regions in found])
    shares = [
        sum(float(box_heat(tables[int(f)], b[None])[0]) for f, b in zip(tube.frames, tube.boxes, strict=True))
        / max(total, 1e-30)
        for tube in tubes
    ]
    order = np.argsort(-np.array(shares), kind="stable")[:MAX_PARTS].tolist()
    return [(tubes[i], shares[i]) for i in order if shares[i] >= MIN_HEAT_FRACTION]


def covers(tube: Tube, frame: int, clock: Clock, size: tuple[int, int]) -> Floats:
    """Mark where a tube is in one frame, its box enlarged by :data:`MARGIN_FRACTION`.

    Returns:
        (H, W) float32, 1 inside and 0 outside; all 0 where the tube is not in that frame.
    """
    mask = np.zeros(size, np.float32)
    first, last = int(tube.frames[0]), int(tube.frames[-1])
    if not clock.at(first) - REACH_SECONDS <= clock.at(frame) <= clock.at(last) + REACH_SECONDS:
        return mask
    x1, y1, x2, y2 = at(tube, min(max(frame, first), last)) or (0.0, 0.0, 0.0, 0.0)
    across, down = MARGIN_FRACTION * (x2 - x1), MARGIN_FRACTION * (y2 - y1)
    left, top = max(0, round(x1 - across)), max(0, round(y1 - down))
    mask[top : max(top, round(y2 + down)), left : max(left, round(x2 + across))] = 1.0
    return mask


def named(tube: Tube, name: str) -> str:
    """Return what a tube is called in a sentence: ``the bicycle``, or what no model has a name for."""
    return "what no model has a name for" if tube.label == UNKNOWN else f"the {name}"
