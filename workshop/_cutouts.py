"""Things cut out of real frames with soft edges, and pasted into others, behind people and past the frame's edge."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Bools, Doubles, Floats, Images
from core.boxes import iou
from workshop._box_samples import Boxes, Random, moved

PERSON = 1
"""Number of the label person: the first of COCO's, and of the plaza's."""
MARGIN_PIXELS = 2
SOFT_LEVELS = (6.0, 20.0)
"""Grey levels from the background at which a pixel begins to belong to what is cut out, and belongs to it wholly."""
MIN_COVER = 0.35
"""Below this the background's share in a pixel is not taken out of it: what is left would be noise."""
MIN_DEPTH_PIXELS = 4.0
"""Pixels between the nearest and the farthest feet, below which all people are taken for equally far."""
PERSON_AREA_FRACTION = 0.65


@dataclass(frozen=True)
class Cut:
    """One thing, cut out.

    Attributes:
        image: (h, w, 3) uint8.
        cover: (h, w) float32, 0 to 1.
        box: (4,) float32, in its own pixels.
        label: from 1.
        person: how high a person is where it was cut out, in pixels.
        rider: (4,) box of the person who rides it, or None.
    """

    image: Images
    cover: Floats
    box: Floats
    label: int
    person: float
    rider: Floats | None = None


def cut(
    image: Images, background: Images, box: Floats, label: int, person: float, mask: Images | None = None
) -> Cut | None:
    """Cut out what differs from the clip's median in a (4,) box; ``person`` is a person's height there in pixels.

    Returns:
        The thing; None where the box meets the frame's edge, or little in it differs from the background.
    """
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (round(float(side)) for side in box)
    edges = min(x1, y1, width - x2, height - y2) <= MARGIN_PIXELS
    if edges or min(x2 - x1, y2 - y1) < 4:
        return None
    at = np.s_[y1 - MARGIN_PIXELS : y2 + MARGIN_PIXELS, x1 - MARGIN_PIXELS : x2 + MARGIN_PIXELS]
    change = np.abs(image[at].astype(np.float32) - background[at]).max(2)
    cover = np.clip((change - SOFT_LEVELS[0]) / (SOFT_LEVELS[1] - SOFT_LEVELS[0]), 0, 1)
    cover = cv2.GaussianBlur(cv2.morphologyEx(cover, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)), (0, 0), 0.5)
    if mask is not None:
        wide = cv2.dilate((mask[at] > 0).astype(np.float32), np.ones((5, 5), np.uint8))
        cover *= cv2.GaussianBlur(wide, (0, 0), 1.0)
    if cover.mean() < 0.2:
        return None
    behind = background[at].astype(np.float32)
    own_light = behind + (image[at] - behind) / np.maximum(cover, MIN_COVER)[..., None]
    own = np.array([MARGIN_PIXELS, MARGIN_PIXELS, MARGIN_PIXELS + x2 - x1, MARGIN_PIXELS + y2 - y1], np.float32)
    return Cut(np.clip(own_light, 0, 255).astype(np.uint8), cover.astype(np.float32), own, label, person)


def alone(boxes: Floats) -> Bools:
    """Return which of (N, 4) boxes touch no other."""
    return np.asarray((iou(boxes, boxes) > 0).sum(1) <= 1)


def paste(image: Images, truth: Boxes, thing: Cut, foot: tuple[float, float], scale: float, rng: Random) -> Boxes:
    """Paste a thing into an (H, W, 3) uint8 frame, in place, its foot at (x, y), mirrored and relit at random.

    Returns:
        What stands in the frame now, its rider and the thing last; what it hides is less visible.
    """
    sign = -1.0 if rng.random() < 0.5 else 1.0
    x1, _, x2, y2 = thing.box
    matrix = np.array([[scale * sign, 0, foot[0] - scale * sign * (x1 + x2) / 2], [0, scale, foot[1] - scale * y2]])
    size = (image.shape[1], image.shape[0])
    cover = cv2.warpAffine(thing.cover, matrix, size, flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    source = cv2.warpAffine(thing.image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light = source.astype(np.float32) * rng.uniform(0.75, 1.25) + rng.uniform(-20, 20)
    image[:] = np.clip(image * (1 - cover[..., None]) + light * cover[..., None], 0, 255).astype(np.uint8)
    limits = np.array([*size, *size], np.float32)
    added, labels = [thing.box], [thing.label]
    if thing.rider is not None:
        added, labels = [thing.rider, *added], [PERSON, *labels]
    boxes = moved(np.stack(added), matrix).astype(np.float32)
    inside = np.clip(boxes, 0, limits)
    shares = (inside[:, 2:] - inside[:, :2]).prod(1) / (boxes[:, 2:] - boxes[:, :2]).prod(1)
    return Boxes(
        np.concatenate([truth.boxes, inside]),
        np.concatenate([truth.labels, np.array(labels)]),
        np.concatenate([truth.visible * (1 - hidden(truth.boxes, cover)), shares]).astype(np.float32),
    )


def hidden(boxes: Floats, cover: Floats) -> Floats:
    """Estimate the share of each of (N, 4) boxes' things that ``cover`` (H, W) hides."""
    height, width = cover.shape
    sums = cv2.integral((cover > 0.5).astype(np.uint8))
    x1, y1, x2, y2 = np.clip(boxes.round().astype(int), 0, [width, height, width, height]).T
    covered = sums[y2, x2] - sums[y1, x2] - sums[y2, x1] + sums[y1, x1]
    return np.asarray(np.minimum(1, covered / np.maximum(PERSON_AREA_FRACTION * (x2 - x1) * (y2 - y1), 1)), np.float32)


def board(image: Images, person: Floats, rng: Random) -> Floats:
    """Draw a skateboard under a person, in place; return the box of both (4,)."""
    x1, y1, x2, y2 = (float(side) for side in person)
    tall = y2 - y1
    length, thick = tall * rng.uniform(0.35, 0.62), max(1.0, tall * rng.uniform(0.025, 0.055))
    tilt, bend = rng.uniform(-0.12, 0.12), thick * rng.uniform(0, 1.6)
    middle = np.array([(x1 + x2) / 2 + rng.uniform(-0.2, 0.2) * length, y2 + rng.uniform(-0.2, 1.0) * thick])
    along = length / 2 * np.array([np.cos(tilt), np.sin(tilt)])
    ends = middle - along - [0, bend], middle + along - [0, bend]
    deck = np.array([ends[0], middle - 0.7 * along, middle + 0.7 * along, ends[1]])
    wheels = np.array([middle - 0.55 * along, middle + 0.55 * along]) + np.array([0, 0.9 * thick])
    shadow = deck + np.array([rng.uniform(-1, 1) * thick, 1.5 * thick])
    _stroke(image, shadow, 1.4 * thick, 20.0, rng.uniform(0.15, 0.5))
    for wheel in wheels:
        _stroke(image, wheel + np.array([[-0.3 * thick, 0], [0.3 * thick, 0]]), 1.1 * thick, rng.uniform(20, 200), 0.9)
    if rng.random() < 0.5:  # seen from above: a light deck with a dark rim
        _stroke(image, deck, rng.uniform(1.6, 2.6) * thick, rng.uniform(20, 100), rng.uniform(0.7, 1.0))
        _stroke(image, deck, rng.uniform(0.6, 1.2) * thick, rng.uniform(90, 220), rng.uniform(0.6, 1.0))
    else:
        shade = rng.uniform(15, 90) if rng.random() < 0.7 else rng.uniform(150, 240)
        _stroke(image, deck, thick, shade, rng.uniform(0.75, 1.0))
    low = np.minimum([x1, y1], deck.min(0) - thick / 2)
    high = np.maximum([x2, y2], np.array([deck[:, 0].max() + thick / 2, wheels[:, 1].max() + thick / 2]))
    limits = np.array(image.shape[1::-1])
    return np.concatenate([np.clip(low, 0, limits), np.clip(high, 0, limits)]).astype(np.float32)


def _stroke(image: Images, points: Doubles, thick: float, shade: float, share: float) -> None:
    """Blend a line of ``thick`` pixels and one grey level into the picture, drawn at four times its size."""
    fine, pad = 4, 3 + thick
    low = np.floor(points.min(0) - pad).astype(int)
    high = np.ceil(points.max(0) + pad).astype(int)
    size = high - low
    canvas = np.zeros((size[1] * fine, size[0] * fine), np.uint8)
    line = ((points - low) * fine).round().astype(np.int32)
    cv2.polylines(canvas, [line], False, 255, max(1, round(thick * fine)), cv2.LINE_AA)
    small = cv2.resize(canvas, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA)
    cover = small.astype(np.float32) / 255 * share
    height, width = image.shape[:2]
    a, b = np.clip(low, 0, [width, height]), np.clip(high, 0, [width, height])
    part = cover[a[1] - low[1] : b[1] - low[1], a[0] - low[0] : b[0] - low[0], None]
    seen = image[a[1] : b[1], a[0] : b[0]]
    seen[:] = (seen * (1 - part) + shade * part).astype(np.uint8)


def persons(frames: Sequence[Floats]) -> tuple[float, float]:
    """Fit how high a person is where the feet are: slope and offset over y, from the (N, 4) boxes of frames."""
    boxes = np.concatenate(list(frames))
    feet, tall = boxes[:, 3], boxes[:, 3] - boxes[:, 1]
    if np.ptp(feet) < MIN_DEPTH_PIXELS:
        return 0.0, float(tall.mean())
    slope, offset = np.polyfit(feet, tall, 1)
    return float(slope), float(offset)
