"""Kinds of scores that a camera joins: the error of the pixels is brought to nats, and nats are added up.

What has no box is left to the pixels; what moves unlike things do here, and hardly changes a pixel, to the attributes;
what is unusual to both is so twice.
What stands where nothing stood is not joined: it
raises events of its own (:mod:`pipeline.standing_events`).
"""

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.array_files import open_npz
from core.arrays import Doubles, Floats
from core.clock import Clock
from core.equivalence import Channel
from core.errors import DataError
from core.scored_things import ScoredThings
from pipeline.events import EventRule, smoothed
from pipeline.thresholds import shares

if TYPE_CHECKING:
    from pipeline.camera import Camera

PIXELS, ATTRIBUTES, STANDING = "pixels", "attributes", "standing"
JOINED = "joined"
KINDS = (JOINED, PIXELS, ATTRIBUTES, STANDING)
"""What a clip can be scored by."""
FILES = {ATTRIBUTES: "attributes.safetensors", STANDING: "standing.npz"}
"""Kind of score to its file in a camera's folder."""
NATS, DECIBELS = "nats", "dB"
KEPT, THINGS, SPOTS = "channels.npz", "things.npz", "spots.json"
"""Files in a run's folder: scores of each kind and frame, things with the terms of their scores, and what stands."""
MAX_BYTES = 256 << 20
SMOOTHED_SECONDS = 0.5
"""Standard deviation of the Gaussian that smooths the scores of things: they come from a few looks a second."""

Kinds = Mapping[str, Doubles]
"""Kind of score to the (frames,) scores of a clip, on its own scale."""


def join(pixels: Floats, kinds: Kinds, channels: Mapping[str, Channel]) -> Floats:
    """Join scores of all kinds: the sum of their nats; the pixels alone, as they are, where there is no other kind.

    Args:
        pixels: (frames,) float32 calibrated; NaN where a frame has none, and there it stays.
        kinds: of the same frames.
        channels: of the camera.
    """
    joined: Floats = np.sum(list(in_nats(pixels, kinds, channels).values()), axis=0, dtype=np.float32)
    return joined


def joined_in(frame: int, pixels: float, kinds: Kinds, channels: Mapping[str, Channel]) -> float:
    """Join the scores of one frame; see :func:`join`. Frames beyond those that have other kinds have pixels alone."""
    here = {name: scores[frame : frame + 1] for name, scores in kinds.items() if frame < len(scores)}
    return float(join(np.array([pixels], np.float32), here, channels)[0]) if here else pixels


def attribute_scores(things: ScoredThings, clock: Clock) -> Doubles:
    """Return what a clip's frames score by their things, (frames,) in nats, smoothed over time."""
    raw = things.frame_scores(len(clock)).astype(np.float32)
    return smoothed(raw, clock, EventRule(smooth=SMOOTHED_SECONDS)).astype(np.float64)


def in_nats(pixels: Floats, kinds: Kinds, channels: Mapping[str, Channel]) -> dict[str, Floats]:
    """Return the scores of each kind that a camera has, (frames,) float32 in nats; see :func:`join`."""
    known = {name: scores.astype(np.float32) for name, scores in kinds.items() if name in channels}
    equal = channels[ATTRIBUTES].equivalence.inverse if ATTRIBUTES in known else None
    return {PIXELS: pixels if equal is None else equal(pixels.astype(np.float64)).astype(np.float32), **known}


def unit(channels: Collection[str]) -> str:
    """Return the unit of scores that are joined of these kinds: ``nats``, or ``dB`` of the pixels alone."""
    return NATS if ATTRIBUTES in channels else DECIBELS


def to_pixels(score: float, channels: Mapping[str, Channel]) -> float:
    """Return the calibrated score of pixels that alone makes a joined score; at least the least that makes any."""
    if ATTRIBUTES not in channels:
        return score
    equal = channels[ATTRIBUTES].equivalence
    return max(float(equal(np.array([score]))[0]), equal.equal[0])


def raised_by(scores: Mapping[str, Floats], frame: int) -> str:
    """Return the kind of score that is the greatest in a frame, of those on one scale; the pixels where none is."""
    return max(scores, key=lambda name: np.nan_to_num(scores[name][frame], nan=-np.inf))


def alone(camera: "Camera") -> tuple[str, ...]:
    """List the kinds of scores that a camera can be measured by, all joined first; none where it has one alone."""
    several = len(camera.channels.keys() - {PIXELS}) > 0
    return (JOINED, PIXELS, *(name for name in FILES if name in camera.channels)) if several else ()


def threshold(camera: "Camera", kind: str) -> float:
    """Return the threshold of one kind of score that costs as many false alarms as the camera was set to.

    NaN where that is unknown; what the camera's own is worth of pixels where it has no such kind.
    """
    asked = camera.card.get("false_alarms", {}).get("asked_per_hour")
    if kind == STANDING and camera.standing is not None:
        return camera.standing.threshold
    if kind not in camera.channels:
        return to_pixels(camera.threshold, camera.channels)
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
