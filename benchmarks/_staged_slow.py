"""Clips whose camera is zoomed, turned or covered slowly, a cloud that comes, and pictures of which a part is lost."""

import cv2
import numpy as np

from benchmarks._staged_pictures import COLOURS
from benchmarks._staged_views import Staged, Take, Truth, window
from core.arrays import Doubles, Images


def _ramp(take: Take, first: int, length: int) -> Doubles:
    return np.clip((np.arange(len(take.images)) - first + 1) / length, 0, 1)


def turned(take: Take, first: int, length: int, degrees: float = 0.0, zoom: float = 1.0) -> Staged:
    """Turn or zoom the camera little by little."""
    sign = float(take.rng.choice([-1, 1]))
    images = window(take)
    height, width = images.shape[1:3]
    size = take.images.shape[2] / 2, take.images.shape[1] / 2
    for frame, share in enumerate(_ramp(take, first, length).tolist()):
        if share > 0:
            matrix = cv2.getRotationMatrix2D(size, sign * degrees * share, zoom**share)
            matrix[:, 2] -= (take.images.shape[2] - width) / 2, (take.images.shape[1] - height) / 2
            picture = take.images[frame]
            images[frame] = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)
    return images, [Truth("moved", take.seconds(first), take.seconds(first + length))]


def partly(take: Take, first: int, length: int, how: str, upper: bool = False) -> Staged:
    """Lose a part of the picture from an edge on: one of COLOURS, ``green`` as of empty blocks, or ``held``."""
    images = window(take)
    height = images.shape[1]
    row = int(take.rng.uniform(0.4, 0.6) * height) // 16 * 16
    part = slice(0, row) if upper else slice(row, height)
    end = min(first + length, len(images))
    images[first:end, part] = images[first, part] if how == "held" else {**COLOURS, "green": (0, 135, 0)}[how]
    return images, [Truth("no picture", take.seconds(first), take.seconds(end))]


def slab(take: Take, first: int, length: int, come: int) -> Staged:
    """Push something plain before the camera, from a side, and take it away again."""
    images = window(take)
    count, _, width = images.shape[:3]
    end, colour = min(first + length, count), take.rng.integers(20, 110, 3)
    left = bool(take.rng.integers(2))
    for frame in range(first, end):
        leaving = (end - frame) / come if end < count else 1.0
        wide = round(width * min(1.0, (frame - first + 1) / come, leaving))
        rough = take.rng.normal(0, 1.5, images[frame].shape)
        part = slice(0, wide) if left else slice(width - wide, width)
        images[frame][:, part] = np.clip(colour + rough, 0, 255)[:, part]
    return images, [Truth("covered", take.seconds(first), take.seconds(end))]


def cloud(take: Take, first: int, length: int, gain: float) -> Staged:
    """Let the shadow of a cloud come over the place, from one side to the other."""
    images = window(take)
    width = images.shape[2]
    places = np.linspace(0, 1, width) if take.rng.integers(2) else np.linspace(1, 0, width)
    for frame, share in enumerate(_ramp(take, first, length).tolist()):
        if share > 0:
            dark = np.clip((share * 1.3 - places) / 0.3, 0, 1)
            images[frame] = _times(images[frame], 1 + (gain - 1) * dark)
    return images, [Truth("light", take.seconds(first), take.seconds(first + length))]


def _times(image: Images, gain: Doubles) -> Images:
    return np.asarray(np.clip(image * gain[None, :, None], 0, 255), np.uint8)
