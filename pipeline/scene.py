"""Whether a clip shows the place that a camera learnt, as it learnt it: two backgrounds are held against each other."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Floats, Images
from core.pictures import MAX_DARK_BRIGHTNESS
from explain.disturbances.registration import Shift, register
from explain.disturbances.thumbnails import colours, size_of, structure

MIN_SAME_SHARE = 0.55
"""Share of the textured blocks alike from which it is the same place: clips of one camera have 0.74 and more, by night
and in rain too; two places 0.31 at most, and 0.42 under the same operator's logo and banner."""
MIN_TURNED_SHARE, MIN_GAIN = 0.5, 0.15
"""The same for a view that is turned or zoomed, and how many more blocks must be alike once that is undone; other
places have 0.18 at most."""
MIN_VOTES, MIN_SHIFT_PIXELS = 0.5, 1.5
"""Share of blocks that must vote for a displacement, and pixels of the camera from which it is said; of a camera that
stood still 0.5 pixels are measured at most."""
ANGLES_DEGREES, ZOOMS = (-9.0, -6.0, -3.0, 0.0, 3.0, 6.0, 9.0), (0.8, 0.9, 1.0, 1.11, 1.25)
"""Degrees and factors by which a clip is turned and zoomed back, where it shows another view."""
MAX_GREY_COLOUR, MIN_COLOUR = 1.5, 2.5
"""Colours (:func:`colours`) up to which a background is black and white, and from which it has colours."""
MAX_DIMMED_SHARE = 0.45
"""A background below :data:`core.pictures.MAX_DARK_BRIGHTNESS` is dark up to this share of the other's."""


@dataclass(frozen=True)
class Likeness:
    """How a clip's background lies to a camera's.

    Attributes:
        alike: share of the textured blocks that show the same, 0 to 1, once displacement, turn and zoom are undone.
        pixels: how far the view lies off, in pixels of the camera; 0 where that is less than :data:`MIN_SHIFT_PIXELS`.
        degrees, zoom: by how much the view is turned and enlarged, roughly; 0 and 1 where it is not.
        brightness: of the camera's and of the clip's background, 0 to 255.
        grey: whether the camera's, and the clip's background is black and white; None where it has little colour.
    """

    alike: float
    pixels: float
    degrees: float
    zoom: float
    brightness: tuple[float, float]
    grey: tuple[bool | None, bool | None]

    @property
    def same(self) -> bool:
        """Whether both show the same place."""
        turned = bool(self.degrees) or self.zoom != 1.0
        return self.alike >= (MIN_TURNED_SHARE if turned else MIN_SAME_SHARE)

    @property
    def dark(self) -> tuple[bool, bool]:
        """Whether the camera's background, and whether the clip's, is dark for the other one's."""
        known, seen = self.brightness
        dark, dark_clip = (min(MAX_DARK_BRIGHTNESS, MAX_DIMMED_SHARE * other) for other in (seen, known))
        return known < dark, seen < dark_clip


def compare(known: Images, seen: Images, size: tuple[int, int]) -> Likeness:
    """Hold a clip's background against a camera's.

    Args:
        known: (h, w, 3) uint8, of the camera; 96 pixels of width are enough.
        seen: (k, l, 3) uint8, of the clip.
        size: width and height of the camera's pictures in pixels.
    """
    one, other = _grey(known, known.shape[:2]), _grey(seen, known.shape[:2])
    shift, degrees, zoom = register(structure(one), structure(other), True), 0.0, 1.0
    if shift.alike < MIN_SAME_SHARE:
        best = max(_turned(one, other), key=lambda found: found[0].alike)
        if best[0].alike >= max(MIN_TURNED_SHARE, shift.alike + MIN_GAIN):
            shift, degrees, zoom = best
    across, down = shift.x * size[0] / one.shape[1], shift.y * size[1] / one.shape[0]
    off = float(np.hypot(across, down))
    sure = (
        shift.votes >= MIN_VOTES
        and shift.alike >= MIN_SAME_SHARE
        and off >= MIN_SHIFT_PIXELS
        and not degrees
        and zoom == 1.0
    )
    light = float(np.median(one)), float(np.median(other))
    return Likeness(shift.alike, off if sure else 0.0, degrees, zoom, light, (_is_grey(known), _is_grey(seen)))


def _grey(image: Images, shape: tuple[int, int]) -> Floats:
    """Bring a background to the camera's size, so that both are equally sharp, and then to a thumbnail's."""
    tall, wide = size_of(*shape)
    small = cv2.resize(np.ascontiguousarray(image), shape[::-1], interpolation=cv2.INTER_AREA)
    scaled = cv2.resize(small, (wide, tall), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2GRAY), np.float32)


def _turned(one: Floats, other: Floats) -> Iterator[tuple[Shift, float, float]]:
    """Yield how a picture lies to another that is turned by some degrees and enlarged by a factor, for several."""
    height, width = one.shape
    known = structure(one)
    for degrees in ANGLES_DEGREES:
        for zoom in ZOOMS:
            back = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1 / zoom)
            undone = cv2.warpAffine(other, back, (width, height), borderMode=cv2.BORDER_REFLECT)
            yield register(known, structure(np.asarray(undone, np.float32)), True), degrees, zoom


def _is_grey(image: Images) -> bool | None:
    few, many = colours(image)
    return True if many <= MAX_GREY_COLOUR else False if few >= MIN_COLOUR else None


def differences(found: Likeness, camera: str) -> tuple[str, ...]:
    """Say how a clip differs from what a camera learnt; nothing where it does not."""
    if not found.same:
        return (
            f"The clip does not look like the footage that camera {camera} learnt from ({found.alike:.0%} of the "
            f"background is alike, usual above {MIN_SAME_SHARE:.0%}): its scores are no better than chance. "
            "Train a camera on footage of this view first.",
        )
    return (*_view(found, camera), *_light(found, camera))


def _view(found: Likeness, camera: str) -> Iterator[str]:
    if found.pixels:
        yield (
            f"The view has moved by {found.pixels:.0f} pixels since camera {camera} learnt it: edges look unusual, and "
            "scores are less certain. Turn the camera back, or train again."
        )
    elif found.degrees or found.zoom != 1.0:
        yield (
            f"The view is turned or zoomed against what camera {camera} learnt: its scores are not comparable. "
            "Turn the camera back, or train again."
        )


def _light(found: Likeness, camera: str) -> Iterator[str]:
    known, seen = found.brightness
    if found.dark[1]:
        yield (
            f"The clip is dark (brightness {seen:.0f} of 255), and camera {camera} learnt by day ({known:.0f}): "
            "its scores are not comparable, and what is named in it is a guess. A camera for the night finds more."
        )
    elif found.dark[0]:
        yield (
            f"The clip is light (brightness {seen:.0f} of 255), and camera {camera} learnt in the dark ({known:.0f}): "
            "its scores are not comparable. A camera for the day finds more."
        )
    if found.grey == (False, True):
        yield (
            f"The clip is black and white, as by night, and camera {camera} learnt from colours: "
            "its scores are not comparable."
        )
    elif found.grey == (True, False):
        yield f"The clip has colours, and camera {camera} learnt from black and white: its scores are less certain."
