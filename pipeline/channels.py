"""Kinds of scores that a camera joins: each is brought to the scale of pixels by false alarms, and the greatest counts.

A frame is as unusual as the kind of score says by which it is the most unusual. What has no box is left to the pixels;
what moves unlike things do here, and hardly changes a pixel, to the attributes. What stands where nothing stood is not
joined: it raises events of its own (:mod:`pipeline.standing_events`).
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.array_files import open_npz
from core.arrays import Doubles, Floats
from core.equivalence import Channel
from core.errors import DataError
from pipeline.thresholds import shares

if TYPE_CHECKING:
    from pipeline.camera import Camera

PIXELS, ATTRIBUTES, STANDING = "pixels", "attributes", "standing"
JOINED = "joined"
KINDS = (JOINED, PIXELS, ATTRIBUTES, STANDING)
"""What a clip can be scored by."""
FILES = {ATTRIBUTES: "attributes.safetensors", STANDING: "standing.npz"}
"""Kind of score to its file in a camera's folder."""
KEPT, THINGS, SPOTS = "channels.npz", "things.npz", "spots.json"
"""Files in a run's folder: scores of each kind and frame, things with the terms of their scores, and what stands."""
MAX_BYTES = 256 << 20

Kinds = Mapping[str, Doubles]
"""Kind of score to the (frames,) scores of a clip, on its own scale."""


def join(pixels: Floats, kinds: Kinds, channels: Mapping[str, Channel]) -> Floats:
    """Join scores of all kinds: the greatest on the scale of pixels.

    Args:
        pixels: (frames,) float32 calibrated; NaN where a frame has none, and there it stays.
        kinds: of the same frames.
        channels: of the camera.
    """
    joined: Floats = np.maximum.reduce(list(on_one_scale(pixels, kinds, channels).values()))
    return joined


def on_one_scale(pixels: Floats, kinds: Kinds, channels: Mapping[str, Channel]) -> dict[str, Floats]:
    """Return the scores of each kind that a camera has, (frames,) float32 on the scale of pixels; see :func:`join`."""
    equal = {name: channels[name].equivalence(scores) for name, scores in kinds.items() if name in channels}
    return {PIXELS: pixels, **{name: scores.astype(np.float32) for name, scores in equal.items()}}


def raised_by(scores: Mapping[str, Floats], frame: int) -> str:
    """Return the kind of score that is the greatest in a frame, of those on one scale; the pixels where none is."""
    return max(scores, key=lambda name: np.nan_to_num(scores[name][frame], nan=-np.inf))


def lifted(kinds: Kinds, channels: Mapping[str, Channel], frames: int) -> Doubles:
    """Return what kinds of scores lift a clip's frames to, (frames,) on the scale of pixels; -inf where to nothing."""
    equal = [channels[name].equivalence(scores) for name, scores in kinds.items() if name in channels]
    found: Doubles = np.maximum.reduce([np.full(frames, -np.inf), *equal])
    return found


def threshold(camera: "Camera", kind: str) -> float:
    """Return the threshold of one kind of score that costs as many false alarms as the camera was set to.

    NaN where that is unknown; the camera's own where it has no such kind.
    """
    asked = camera.card.get("false_alarms", {}).get("asked_per_hour")
    if kind == STANDING and camera.standing is not None:
        return camera.standing.threshold
    if kind not in camera.channels:
        return camera.threshold
    if asked is None:
        return math.nan
    return camera.channels[kind].alarms.threshold(shares(float(asked), camera.standing is not None)[0])


def kept(folder: Path, frames: int | None = None) -> Kinds:
    """Read the scores that a run keeps of its frames; nothing where it keeps none.

    Raises:
        DataError: they cannot be read, or are of another number of frames.
    """
    if not (folder / KEPT).exists():
        return {}
    with open_npz(folder / KEPT, MAX_BYTES) as arrays:
        read = {name: arrays.read(name).astype(np.float64) for name in arrays.names}
    wrong = [name for name, scores in read.items() if scores.shape != (frames or scores.size,)]
    if wrong:
        raise DataError(f"the scores {wrong[0]!r} of this run are not of its {frames} frames; analyse the clip again")
    return read
