"""Test footage degraded on purpose, for figures in bad weather (``li2021decoupled``, section 5)."""

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Bools, Images
from core.datasets import Dataset, Footage, Truth
from core.errors import InputError
from core.records import Frames

RAIN = {"light": (400, 6, 0.95), "heavy": (1200, 14, 0.8), "torrential": (2600, 24, 0.65)}
"""Strength to drops per 640x360 pixels, their length at that size, and how bright what lies behind is."""
HALF_LEVEL = 128
"""Of a mask that was scaled with its picture: half of the pixel is unusual."""
HOW = "brightness=0.5,rain=heavy,blur=2,every=3"


@dataclass(frozen=True)
class Distortion:
    """What is done to each picture, in this order.

    Attributes:
        brightness: factor, 1 for none.
        rain: key of :data:`RAIN`, empty for none.
        blur: standard deviation of a Gaussian in pixels, 0 for none.
        every: each ``every``-th frame alone is kept, from the first on.
        size: factor on width and height, 1 for none; a picture has even sides, as video has.
    """

    brightness: float = 1.0
    rain: str = ""
    blur: float = 0.0
    every: int = 1
    size: float = 1.0

    @classmethod
    def read(cls, text: str) -> "Distortion":
        """Read ``NAME=VALUE,…``.

        Raises:
            InputError: a name or a value is none.

        >>> Distortion.read("brightness=0.5,rain=heavy")
        Distortion(brightness=0.5, rain='heavy', blur=0.0, every=1, size=1.0)
        """
        found: dict[str, float | int | str] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = (word.strip() for word in part.partition("="))
            if name in found:
                raise InputError(f"{name!r} is named twice in {text[:80]!r}")
            found[name] = _value(name, value)
        return cls(**found)  # type: ignore[arg-type]

    def describe(self) -> str:
        """Say what is done; nothing for nothing."""
        changed = {name: value for name, value in vars(self).items() if value != getattr(Distortion, name)}
        return ",".join(f"{name}={value if name == 'rain' else format(value, 'g')}" for name, value in changed.items())

    def apply(self, images: Images, first: int) -> Images:
        """Distort consecutive pictures; the same frame gets the same rain every time.

        Args:
            images: (T, H, W, 3) uint8.
            first: number of the first of them.
        """
        made = images
        if self.brightness != 1:
            made = np.clip(made.astype(np.float32) * self.brightness, 0, 255).astype(np.uint8)
        if self.rain:
            made = np.stack([_rain(image, first + i, self.rain) for i, image in enumerate(made)])
        if self.blur:
            made = np.stack([cv2.GaussianBlur(image, (0, 0), self.blur).astype(np.uint8) for image in made])
        if self.size != 1:
            made = np.stack([self.resize(image) for image in made])
        return made

    def resize(self, image: Images) -> Images:
        """Scale one picture, (H, W) or (H, W, 3) uint8."""
        height, width = (max(2 * round(side * self.size / 2), 2) for side in image.shape[:2])
        way = cv2.INTER_AREA if self.size < 1 else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(image, (width, height), interpolation=way), np.uint8)


def _value(name: str, value: str) -> float | int | str:
    if name == "rain" and (value in RAIN or value == "none"):
        return "" if value == "none" else value
    if name == "every" and value.isdecimal() and 1 <= int(value) <= 1000:
        return int(value)
    limits = {"brightness": (0.0, 4.0), "blur": (0.0, 50.0), "size": (0.1, 4.0)}
    # A word in place of a number, and an unknown name, are refused below as one out of range is.
    with contextlib.suppress(KeyError, ValueError):
        number = float(value)
        low, high = limits[name]
        if math.isfinite(number) and low <= number <= high:
            return number
    raise InputError(
        f"{f'{name}={value}'[:60]!r} is no distortion; known: brightness (0 to 4), rain ({', '.join(RAIN)} or none), "
        f"blur (0 to 50 pixels), size (0.1 to 4), every (a whole number), such as {HOW}"
    )


def _rain(image: Images, frame: int, strength: str) -> Images:
    """Draw slanted drops over a darkened, slightly blurred picture."""
    drops, length, bright = RAIN[strength]
    height, width = image.shape[:2]
    random = np.random.default_rng([frame, height, width])
    scale = math.sqrt(height * width / (640 * 360))
    count, slant = int(drops * scale**2), float(np.random.default_rng(7).uniform(-0.3, 0.3))
    start = random.uniform((0, 0), (width, height), (count, 2))
    end = start + np.array([slant * length, length]) * scale
    made = cv2.blur((image * bright).astype(np.uint8), (3, 3))
    lines = np.stack([start, end], 1).round().astype(np.int32)
    return np.asarray(cv2.polylines(np.ascontiguousarray(made), list(lines), False, (200, 200, 200), 1), np.uint8)


@dataclass(frozen=True)
class DistortedClip:
    """A clip with a distortion.

    Attributes:
        clip: as it is.
        distortion: what is done to it.
    """

    clip: Footage
    distortion: Distortion

    @property
    def name(self) -> str:
        """Name of the clip in its data set."""
        return self.clip.name

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode and distort; frames that are left out are not counted."""
        count = 0
        for whole in self.clip.frames(chunk):
            step = self.distortion.every
            rows = np.arange(len(whole))[(-whole.first) % step :: step]
            if len(rows):
                yield Frames(self.distortion.apply(whole.images[rows], count), count, whole.times[rows])
                count += len(rows)


class DistortedDataset:
    """A data set whose test clips are distorted; those for training stay as they are."""

    def __init__(self, dataset: Dataset, distortion: Distortion) -> None:
        self.dataset, self.distortion = dataset, distortion
        self.name = dataset.name

    def training(self) -> list[Footage]:
        """List the training clips."""
        return list(self.dataset.training())

    def test(self) -> list[Footage]:
        """List the test clips."""
        return [DistortedClip(clip, self.distortion) for clip in self.dataset.test()]

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of the frames that are kept."""
        truth = self.dataset.truth(clip.clip if isinstance(clip, DistortedClip) else clip)
        step, masks, resize = self.distortion.every, truth.masks, self.distortion.resize
        scaled = self.distortion.size != 1

        def mask(frame: int) -> Bools:
            whole = masks(frame * step) if masks else np.zeros((0, 0), np.bool_)
            return resize(whole.astype(np.uint8) * 255) >= HALF_LEVEL if scaled else whole

        thinned = mask if masks else None
        return Truth(truth.abnormal[::step], thinned, truth.label_set, truth.classes and truth.classes[::step])
