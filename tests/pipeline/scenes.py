"""Places to film: still, textured, with squares that cross them; and the ways in which footage can be unfit."""

import cv2
import numpy as np

from tests.pipeline.clips import Clip

SIZE = (90, 160)


def place(seed=3, size=SIZE):
    """A still picture with structure of several sizes, brightness about 110."""
    rng, (h, w) = np.random.default_rng(seed), size
    picture = np.zeros((h, w, 3), np.float32)
    for cells, weight in ((4, 30.0), (9, 25.0), (24, 15.0)):
        coarse = rng.normal(0, weight, (cells, cells * 16 // 9, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (w, h), interpolation=cv2.INTER_NEAREST)
    return np.clip(picture + 110, 20, 235)


def film(name="a.mp4", frames=150, seed=3, walkers=2, side=14, size=SIZE, shift=None, light=0.0, grey=False):
    """A clip of 10 frames a second.

    Args:
        name, frames: of the clip.
        seed: which place.
        walkers, side: how many squares cross it, and how large they are in pixels.
        size: height and width.
        shift: function of the frame's number giving how far right and down the camera looks, in pixels.
        light: added to every pixel.
        grey: without colours.
    """
    (h, w), wide = size, place(seed, (size[0] * 3, size[1] * 3))
    rng = np.random.default_rng(seed + 1)
    rows, starts = rng.integers(0, h - side, walkers), rng.integers(0, w, walkers)
    images = np.empty((frames, h, w, 3), np.uint8)
    for i in range(frames):
        right, down = shift(i) if shift else (0, 0)
        picture = wide[h + down : 2 * h + down, w + right : 2 * w + right].copy()
        for row, start in zip(rows, starts, strict=True):
            left = int(start + 2 * i) % (w - side)
            picture[row : row + side, left : left + side] = (230, 60, 60)
        if grey:
            picture[:] = picture.mean(-1, keepdims=True)
        noise = np.random.default_rng(i).normal(0, 2, (h, w, 1))
        images[i] = np.clip(picture + light + noise, 0, 255)
    return Clip(name, images)


def joined(name, *clips):
    return Clip(name, np.concatenate([clip.images for clip in clips]))
