"""Regions that are kept or removed as one: superpixels of the frame, its change and its heat together.

Superpixels of the frame alone (SLIC, ``achanta2012slic``) split a skateboard between the path and its rider's legs.
With the heat, and with what differs from the background, among a pixel's features, small objects get regions of their
own.
"""

import cv2
import numpy as np
from skimage.segmentation import slic
from torch import Tensor

from core.arrays import Floats, Ints

DEFAULT_SEGMENTS = 40
MIN_HEAT_DEVIATIONS = 3.0
"""Standard deviations of the smoothed heat above its mean from which a place is a region of its own."""
MIN_REGION_PIXELS = 4
"""Pixels; what is hot and smaller joins its surroundings."""


def segment(frame: Tensor, fill: Tensor, heat: Floats, count: int = DEFAULT_SEGMENTS) -> Ints:
    """Cut a prepared (C, h, w) frame into about ``count`` regions and the hot places of (h, w) heat.

    Returns:
        (h, w) int64, the regions' numbers from 0 on, none left out.
    """
    smooth = np.sqrt(cv2.GaussianBlur(heat, (0, 0), 1.0))
    warm = smooth / max(float(smooth.max()), 1e-12)
    features = np.concatenate([_spread(frame), 2.0 * _spread((frame - fill).abs()), 2.0 * warm[..., None]], 2)
    found = slic(features, count, compactness=0.3, sigma=1.0, channel_axis=2, start_label=1, convert2lab=False)
    limit = warm.mean() + MIN_HEAT_DEVIATIONS * warm.std()
    _, hot = cv2.connectedComponents((warm > limit).astype(np.uint8), connectivity=4)
    sizes = np.bincount(hot.ravel())
    own = (hot > 0) & (sizes[hot] >= MIN_REGION_PIXELS)
    merged = np.where(own, hot + int(found.max()), found)
    _, numbers = np.unique(merged, return_inverse=True)
    return np.asarray(numbers.reshape(heat.shape), np.int64)


def _spread(picture: Tensor) -> Floats:
    """Bring (C, h, w) to (h, w, C) in [0, 1]."""
    image = picture.detach().cpu().numpy().transpose(1, 2, 0)
    return np.asarray((image - image.min()) / max(float(np.ptp(image)), 1e-6), np.float32)
