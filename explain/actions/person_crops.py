"""Squares around persons, cut out of many frames: the same square in all of them, sampled once for each person."""

import cv2
import numpy as np

from core.arrays import Floats, Images

GREY = 115
"""What is seen beyond the frame: the value that the networks' inputs are centred at."""


def crop(images: Images, boxes: Floats, side: int, context: float) -> tuple[Images, Floats]:
    """Cut a square around each box out of every frame.

    A pixel of a crop is the mean of four bilinear samples of the frame, taken at quarters of the pixel; the frame is
    halved as often as a crop's pixel covers two of its own, as in a mip map, so that four samples suffice.

    Args:
        images: (T, H, W, 3) uint8.
        boxes: (N, 4) float32 with an area.
        side: of a crop, in pixels.
        context: side of the square over the longer side of the box.

    Returns:
        (N, T, side, side, 3) uint8, and (N, 4) float32 the boxes within their crops.
    """
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    long = np.maximum(size.max(axis=1, keepdims=True), 2.0) * context
    result = np.empty((len(boxes), len(images), side, side, 3), np.uint8)
    for out, corner, length in zip(result, (centre - long / 2).tolist(), long[:, 0].tolist(), strict=True):
        _cut(images, (corner[0], corner[1]), length, out)
    half = size / long * (side / 2)
    return result, np.concatenate([side / 2 - half, side / 2 + half], axis=1).astype(np.float32)


def _cut(images: Images, corner: tuple[float, float], length: float, out: Images) -> None:
    """Fill ``out`` (T, S, S, 3) with the square of ``length`` whose upper left corner is given as (x, y)."""
    fine, halvings = 2 * out.shape[1], 1 << int(np.clip(np.floor(np.log2(length / out.shape[1])), 0, 6))
    full = (-(-images.shape[2] // halvings), -(-images.shape[1] // halvings))
    spots = [(low + (np.arange(fine) + 0.5) * length / fine) / halvings - 0.5 for low in corner]
    lows = [int(np.clip(np.floor(at[0]) - 1, 0, n - 1)) for at, n in zip(spots, full, strict=True)]
    highs = [int(np.clip(np.ceil(at[-1]) + 2, low + 1, n)) for at, low, n in zip(spots, lows, full, strict=True)]
    x, y = (np.clip(at, 0, n - 1) - low for at, low, n in zip(spots, lows, full, strict=True))
    maps = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    # In fixed point they are looked up faster, and they serve all frames.
    columns, rows = cv2.convertMaps(maps[0], maps[1], cv2.CV_16SC2)
    beyond = [(at < -1) | (at > n) for at, n in zip(spots, full, strict=True)]
    for image, small in zip(images, out, strict=True):
        window = _window(image, lows, highs, halvings)
        seen = cv2.remap(window, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen[:, beyond[0]] = GREY
        seen[beyond[1]] = GREY
        cv2.resize(seen, out.shape[1:3], dst=small, interpolation=cv2.INTER_AREA)


def _window(image: Images, lows: list[int], highs: list[int], halvings: int) -> Images:
    """Cut out what lies between two corners (x, y), which count in pixels of the reduced frame; reduce it."""
    part = image[lows[1] * halvings : highs[1] * halvings, lows[0] * halvings : highs[0] * halvings]
    part = np.ascontiguousarray(part)
    if halvings == 1:
        return part
    width, height = highs[0] - lows[0], highs[1] - lows[1]
    below, right = height * halvings - part.shape[0], width * halvings - part.shape[1]
    padded = cv2.copyMakeBorder(part, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
