"""What the light does and what the camera makes of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Images

Generator = np.random.Generator


@dataclass(frozen=True)
class Film:
    """How the camera sees: noise, softness, light.

    Attributes:
        light: overall brightness, 1 is a clear day.
        noise: standard deviation of the sensor noise in grey levels.
        blur: standard deviation of the lens blur in pixels.
        quality: JPEG quality that stands for the camera's compression, 100 for none.
        grey: whether the camera sees no colours.
    """

    light: float = 1.0
    noise: float = 2.0
    blur: float = 0.55
    quality: int = 88
    grey: bool = False

    @classmethod
    def drawn(
        cls, rng: Generator, light: tuple[float, float], noise: tuple[float, float], blur: tuple[float, float],
        quality: tuple[int, int], grey: float,
    ) -> "Film":  # fmt: skip
        """Draw a camera from ranges of its light, noise, blur and quality, and the probability that it is grey."""
        values = rng.uniform(*light), rng.uniform(*noise), rng.uniform(*blur)
        return cls(*values, int(rng.integers(*quality)), bool(rng.random() < grey))


class Light:
    """Slow changes of the light: clouds pass before the sun, exposure drifts."""

    def __init__(self, rng: Generator, fps: float) -> None:
        self.period, self.turn, self.fps = rng.uniform((17, 29, 41), (23, 37, 61)), rng.uniform(0, 2 * np.pi, 3), fps

    def at(self, frame: int) -> tuple[float, float]:
        """Share of the sun and exposure at a frame."""
        wave = np.sin(2 * np.pi * frame / self.fps / self.period + self.turn)
        return float(0.9 + 0.09 * wave[0]), float(1.0 + 0.018 * wave[1] + 0.012 * wave[2])


class Sensor:
    """Lens, sensor and compression of one clip."""

    def __init__(self, film: Film, size: tuple[int, int], rng: Generator) -> None:
        """Draw the sensor's grain for pictures of (width, height) pixels."""
        self.film, self.rng = film, rng
        shape = (size[1] + 64, size[0] + 64)
        field = rng.normal(0, 1, (*shape, 3)) * (0.75, 0.7, 0.85)
        field += rng.normal(0, 0.75, (*shape, 1))
        self.grain = (128.5 + film.noise * field).clip(0, 255).astype(np.uint8)

    def expose(self, image: Images, gain: float) -> Images:
        """Make the camera's picture of (H, W, 3) uint8 light, at an exposure of ``gain``."""
        film, (height, width) = self.film, image.shape[:2]
        image = cv2.convertScaleAbs(image, alpha=gain * film.light)
        if film.blur > 0:
            image = cv2.GaussianBlur(image, (0, 0), film.blur)
        if film.grey:
            image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        if film.noise > 0:
            y, x = self.rng.integers(0, 64, 2)
            grain = self.grain[y : y + height, x : x + width]
            image = cv2.addWeighted(image, 1, grain[..., :1].repeat(3, 2) if film.grey else grain, 1, -128)
        if film.quality < 100:
            _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, film.quality])
            image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
        return image
