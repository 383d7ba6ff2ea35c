"""Truth of a rendered frame: what can be seen of which object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Images
from plaza._paint import Ids

MIN_VISIBLE_PIXELS = 4


@dataclass(frozen=True)
class PlazaObject:
    """Truth of one visible object in one frame.

    Attributes:
        track: number of the object in its clip; what a normal person carries has the person's number, negated.
        label: COCO name.
        actions: AVA names, for persons only.
        box: (x1, y1, x2, y2) in pixels round what can be seen of it.
        visible: share of it that nothing hides and that lies in the picture, 0 to 1.
        anomalous: whether it belongs to something unusual.
    """

    track: int
    label: str
    actions: tuple[str, ...]
    box: tuple[int, int, int, int]
    visible: float
    anomalous: bool


@dataclass(frozen=True)
class PlazaFrame:
    """One rendered frame with its truth.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        objects: what can be seen.
        mask: (H, W) bool, pixels of anomalous objects.
        anomalies: names of the anomalies that can be seen.
    """

    image: Images
    objects: tuple[PlazaObject, ...]
    mask: Bools
    anomalies: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """What is known of an object before it is drawn; ``anomaly`` is the name of the one it belongs to, or empty."""

    track: int
    label: str
    actions: tuple[str, ...]
    anomaly: str
    anomalous: bool


def visible_objects(known: Sequence[Known], owners: Ids, areas: Mapping[int, int]) -> dict[int, PlazaObject]:
    """Return what can be seen of each object; index into ``known`` to object, those hidden left out.

    Args:
        known: the frame's objects.
        owners: (H, W) index into ``known`` of the object seen at each pixel, -1 for none.
        areas: pixels that each object would cover if nothing hid it.
    """
    ys, xs = np.nonzero(owners >= 0)
    ids = owners[ys, xs]
    count = np.bincount(ids, minlength=len(known))
    low, high = np.full((len(known), 2), 1 << 30), np.full((len(known), 2), -1)
    spots = np.stack([xs, ys], 1)
    np.minimum.at(low, ids, spots)
    np.maximum.at(high, ids, spots)
    found = {}
    for i, k in enumerate(known):
        if count[i] >= MIN_VISIBLE_PIXELS:
            box = (int(low[i, 0]), int(low[i, 1]), int(high[i, 0]) + 1, int(high[i, 1]) + 1)
            visible = min(1.0, float(count[i]) / max(areas.get(i, 0), 1))
            found[i] = PlazaObject(k.track, k.label, k.actions, box, visible, k.anomalous)
    return found
