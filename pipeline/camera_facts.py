"""What a camera learnt, for its page: scores of normal footage, sizes, speeds, classes; read without PyTorch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Doubles, Images
from core.scored_things import EVERY, NormalRange
from explain import ava
from explain.causes.terms import WORDS
from explain.report.maps import place_map
from pipeline import channels, offload

if TYPE_CHECKING:
    from pipeline.camera import Camera

SHOWN = ("speed", "limbs", "width", "height")
"""Attributes that have a unit that a reader can picture."""
UNITS = {
    "speed": "own heights a second", "limbs": "own heights a second", "width": "width over height",
    "height": "times the height that is usual at that place",
}  # fmt: skip
UNKNOWN = "unknown"
"""Among the classes of a camera, the heat that lies in no box."""


@dataclass(frozen=True)
class Learnt:
    """The normal range of one attribute of one class.

    Attributes:
        label: of COCO; :data:`core.scored_things.EVERY` for all together.
        name: of the attribute, such as ``speed``.
        normal: its range.
    """

    label: str
    name: str
    normal: NormalRange


def attributes(camera: "Camera") -> list[Learnt]:
    """Return what a camera learnt of the attributes of things; nothing where it learnt none of them.

    The first time takes seconds; the answer is kept.

    Raises:
        InputError: the camera's file of attributes cannot be read.
    """
    channel = camera.channels.get(channels.ATTRIBUTES)
    if channel is None:
        return []
    path = camera.folder / channels.FILES[channels.ATTRIBUTES]
    found = offload.call("pipeline.camera_facts:ranges", str(path), channel.sha256)
    ranges = [Learnt(one["label"], one["name"], NormalRange(tuple(one["quantiles"]), one["boxes"], one["tracks"]))
              for one in found]  # fmt: skip
    return sorted(ranges, key=lambda one: (one.label == EVERY, -one.normal.boxes))


def ranges(path: str, sha256: str) -> list[dict[str, Any]]:
    """Return, as JSON, the ranges in a camera's file of attributes; see :func:`attributes`."""
    from detectors.attributes import AttributeModel

    normal = AttributeModel.load(Path(path), sha256).normal
    return [{"label": label, "name": name, **asdict(one)} for label, own in normal.items()
            for name, one in own.items() if name in SHOWN]  # fmt: skip


def title_of(name: str) -> str:
    """Name an attribute as the reports do."""
    return WORDS[name].title if name in WORDS else name


def said(one: Learnt) -> str:
    """Put a normal range in a sentence.

    >>> said(Learnt("person", "speed", NormalRange(tuple(float(i) for i in range(21)), 900, 40)))
    'person: half of them between 5 and 15 own heights a second, one in twenty above 19 (40 things)'
    """
    low, high, top = (f"{one.normal.quantiles[i]:.3g}" for i in (5, 15, 19))
    who = "all things together" if one.label == EVERY else one.label
    things = f"{one.normal.tracks:,} thing{'s' * (one.normal.tracks != 1)}"
    return f"{who}: half of them between {low} and {high} {UNITS[one.name]}, one in twenty above {top} ({things})"


def heights(camera: "Camera") -> dict[str, Doubles]:
    """Return class to the heights in pixels of its boxes in the normal footage, (N,) float64."""
    return {label: np.array([tall for _, _, tall in known.points]) for label, known in camera.normality.places.items()}


def classes(camera: "Camera") -> list[tuple[str, bool, float, int]]:
    """List what the normal footage shows, the commonest first.

    Returns:
        Name, whether it is an object (else an action), mean number in a frame, boxes counted.
    """
    known = camera.normality.classes
    found = [(label, label not in ava.LABELS, one.per_frame, one.boxes) for label, one in known.items()
             if label != UNKNOWN]  # fmt: skip
    return sorted(found, key=lambda one: -one[2])


def places(camera: "Camera", label: str, width: int = 640) -> Images:
    """Draw where a class stands in the normal footage over the camera's background, (h, w, 3) uint8."""
    import cv2

    size = (camera.width, camera.height)
    background = np.asarray(cv2.resize(camera.background, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    drawn = place_map(background, camera.normality.places[label], ())
    share = min(width / drawn.shape[1], 1.0)
    return np.asarray(cv2.resize(drawn, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)


def score_shares(quantiles: Sequence[float], bins: int = 60) -> tuple[Doubles, Doubles]:
    """Return edges (bins + 1,) and shares (bins,) of a histogram of scores of which ascending quantiles are known.

    >>> edges, shares = score_shares([0.0, 1.0, 2.0, 4.0], 4)
    >>> edges.tolist(), shares.round(3).tolist()
    ([0.0, 1.0, 2.0, 3.0, 4.0], [0.333, 0.333, 0.167, 0.167])
    """
    levels = np.asarray(quantiles, np.float64)
    edges = np.linspace(levels[0], max(levels[-1], levels[0] + 1e-9), bins + 1)
    below = np.interp(edges, levels, np.linspace(0.0, 1.0, len(levels)))
    below[0] = 0.0
    return edges, np.diff(below)
