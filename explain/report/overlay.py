"""Draws a frame with its heat and boxes; the same colours on the pages and in the report.

Heat is coloured on an absolute scale, in multiples of the camera's mean heat on normal footage, so that the frames of
a run, and of all runs of a camera, can be compared. The colours are those of Inferno (Smith and van der Walt, 2015),
which is perceptually uniform and also read in grey and by the colour-blind.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from core.analysis import Cause
from core.arrays import Doubles, Floats, Images
from core.errors import expect
from core.records import Detections, Evidence
from explain.labels import PERSON

TOP = 400.0
"""Multiple of the normal mean where the colours end: few pixels of a walker pass 25, what is odd reaches 300."""
MARKS = (1, 25, 100, 200, 400)
"""Multiples that a legend names."""
LEAST_WIDTH = 960
"""Smaller pictures are enlarged by a whole factor to about this width, so that labels can be read."""
SURE = 0.4
"""Boxes of less confidence count for the causes, but would hide the picture."""
PERSONS, THINGS = (160, 160, 156), (176, 140, 90)
FIRST, OTHERS = (95, 227, 245), (255, 176, 66)
"""Colours of the first cause's box and of the others'."""
_DARKEST = 0.22


def _palette() -> Images:
    """Inferno from dark violet on: its black would hide the picture where there is next to no heat."""
    steps = np.rint(np.linspace(255 * _DARKEST, 255, 256)).astype(np.uint8)
    colours: Images = cv2.applyColorMap(steps[:, None], cv2.COLORMAP_INFERNO)[:, 0, ::-1].copy()
    return colours


PALETTE = _palette()
"""(256, 3) uint8 RGB from no heat to the highest."""


def level(heat: Floats, normal: float) -> Floats:
    """Place heat on the colour scale.

    Args:
        heat: (H, W) non-negative.
        normal: the camera's mean heat per pixel on normal footage; without it (0) the picture's own highest heat
            is the top of the scale, and pictures cannot be compared.

    Returns:
        (H, W) float32 in [0, 1]: 0 up to the normal mean, 1 from ``TOP`` times it; a square root between, which
        keeps weaker heat visible beside the strongest.

    >>> level(np.array([[0.5, 1.0, 100.75, 400.0, 900.0]], np.float32), 1.0).round(2).tolist()
    [[0.0, 0.0, 0.5, 1.0, 1.0]]
    """
    top = TOP * normal if normal > 0 else float(heat.max(initial=0.0))
    if top <= normal:
        return np.zeros_like(heat, np.float32)
    placed: Floats = np.sqrt(np.clip((heat - normal) / (top - normal), 0.0, 1.0)).astype(np.float32)
    return placed


def heat_layer(heat: Floats, normal: float = 0.0, strength: float = 1.0) -> Images:
    """Colour (H, W) heat by :func:`level` as an (H, W, 4) uint8 RGBA layer, as opaque as ``strength`` (0 to 1)."""
    placed = level(heat, normal)
    layer = np.empty((*heat.shape, 4), np.uint8)
    layer[..., :3] = PALETTE[np.rint(placed * 255).astype(np.uint8)]
    layer[..., 3] = np.rint(255 * strength * np.minimum(1.6 * placed, 1.0))
    return layer


def blend(image: Images, layer: Images) -> Images:
    """Lay an (H, W, 4) layer over an (H, W, 3) picture."""
    alpha = layer[..., 3:].astype(np.float32) / 255.0
    mixed: Images = np.rint(image + (layer[..., :3] - image.astype(np.float32)) * alpha).astype(np.uint8)
    return mixed


def overlay(
    evidence: Evidence, causes: Sequence[Cause] = (), *, strength: float = 0.6, boxes: bool = False, normal: float = 0.0
) -> Images:
    """Draw one explained frame.

    Args:
        evidence: the frame, its heat and boxes.
        causes: of its event, best first: those that are in this frame are boxed, with their number in the list.
        strength: 0 (no heat) to 1, opacity of the strongest heat.
        boxes: draw all the models' boxes with their labels, too.
        normal: the camera's mean heat per pixel on normal footage, see :func:`level`.

    Returns:
        (H, W, 3) uint8 RGB, enlarged by a whole factor where the frame is narrower than ``LEAST_WIDTH``.

    Raises:
        ValueError: ``strength`` is not between 0 and 1.
    """
    expect(0.0 <= strength <= 1.0, "strength", "between 0 and 1", strength)
    picture = evidence.image
    if strength > 0:
        picture = blend(picture, heat_layer(evidence.heat, normal, strength))
    factor = max(1, round(LEAST_WIDTH / picture.shape[1]))
    if factor > 1:
        size = (picture.shape[1] * factor, picture.shape[0] * factor)
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    if boxes:
        picture = draw_boxes(picture, evidence.objects, evidence.actions, factor)
    return draw_causes(picture, causes, evidence.frame, factor)


def draw_causes(image: Images, causes: Sequence[Cause], frame: int, factor: float = 1.0) -> Images:
    """Draw the boxes of a frame's causes, best first, on a copy of (H, W, 3) uint8, enlarged by ``factor``."""
    drawn = np.ascontiguousarray(image.copy())
    for number, cause in reversed(list(enumerate(causes, 1))):
        box = cause.at(frame)
        if box is not None:
            _box(drawn, np.array(box) * factor, f"{number} {cause.fine}", FIRST if number == 1 else OTHERS)
    return drawn


def draw_boxes(image: Images, objects: Detections, actions: Detections, factor: float = 1.0) -> Images:
    """Draw the sure objects, with persons' surest actions, on a copy of (H, W, 3) uint8, enlarged by ``factor``."""
    drawn = np.ascontiguousarray(image.copy())
    doing = surest_actions(objects, actions)
    # Persons first: what is rarer must not lie under them.
    shown = np.flatnonzero(objects.confidence >= SURE).tolist()
    order = sorted(shown, key=lambda i: (objects.labels[i] != PERSON, objects.confidence[i]))
    for i in order:
        colour = PERSONS if objects.labels[i] == PERSON else THINGS
        action = doing[i]
        label, sure = (action[0].split(" (")[0], action[1]) if action else (objects.labels[i], objects.confidence[i])
        _box(drawn, objects.boxes[i] * factor, f"{label} {sure:.2f}", colour)
    return drawn


def surest_actions(objects: Detections, actions: Detections) -> list[tuple[str, float] | None]:
    """Return, for each object, the most probable action on exactly its box, or None."""
    best: dict[tuple[float, ...], tuple[str, float]] = {}
    for label, box, confidence in zip(actions.labels, actions.boxes.tolist(), actions.confidence.tolist(), strict=True):
        key = tuple(box)
        if key not in best or confidence > best[key][1]:
            best[key] = (label, confidence)
    persons = [label == PERSON for label in objects.labels]
    return [best.get(tuple(box)) if is_person else None
            for box, is_person in zip(objects.boxes.tolist(), persons, strict=True)]  # fmt: skip


def _box(image: Images, box: Floats | Doubles, caption: str, colour: tuple[int, int, int]) -> None:
    if not np.isfinite(box).all():
        return
    x1, y1, x2, y2 = np.rint(np.clip(box, -1.0, [*image.shape[1::-1]] * 2)).astype(int).tolist()
    dark = (20, 20, 20)
    cv2.rectangle(image, (x1, y1), (x2, y2), dark, 4, cv2.LINE_AA)
    cv2.rectangle(image, (x1, y1), (x2, y2), colour, 2, cv2.LINE_AA)
    style: dict[str, Any] = {"fontFace": cv2.FONT_HERSHEY_SIMPLEX, "fontScale": 0.45, "thickness": 1}
    (width, height), _ = cv2.getTextSize(caption, **style)
    x = int(np.clip(x1, 0, max(image.shape[1] - width - 6, 0)))
    bottom = y1 if y1 >= height + 8 else min(y2, image.shape[0] - height - 8) + height + 8
    cv2.rectangle(image, (x, bottom - height - 8), (x + width + 6, bottom), dark, cv2.FILLED)
    cv2.putText(image, caption, (x + 3, bottom - 4), color=colour, lineType=cv2.LINE_AA, **style)
