"""Clips whose camera is moved, turned, zoomed, pointed elsewhere or shaken: staged on clips of quiet cameras."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Doubles, Images

MARGIN_FRACTION = 0.14
"""Share of the picture at each side that a staged camera does not show, so that it can move without showing an edge."""


@dataclass(frozen=True)
class Truth:
    """What a staged camera does: a kind of disturbance, and its seconds."""

    kind: str
    start: float
    end: float


Staged = tuple[Images, list[Truth]]


@dataclass(frozen=True)
class Take:
    """A clip of a camera that does nothing, (T, H, W, 3) uint8, to stage something on; ``rng`` draws what is staged.

    ``elsewhere`` are (T, h, w, 3) uint8 frames of another place.
    """

    images: Images
    fps: float
    rng: np.random.Generator
    elsewhere: Images

    def moment(self, low: float, high: float) -> int:
        """Draw a frame between two shares of the clip."""
        return int(self.rng.uniform(low, high) * len(self.images))

    def long(self, low: float, high: float) -> int:
        """Draw a number of frames that last between two numbers of seconds."""
        return max(1, round(self.rng.uniform(low, high) * self.fps))

    def truth(self, kind: str, first: int, end: int) -> list[Truth]:
        """Return that something happens from one frame to another."""
        return [Truth(kind, *(min(frame, len(self.images)) / self.fps for frame in (first, end)))]

    def ramp(self, first: int, length: int) -> Doubles:
        """Return a share of each frame, (T,): 0 before ``first``, 1 after ``length`` frames."""
        return np.clip((np.arange(len(self.images)) - first + 1) / length, 0, 1)


def window(
    take: Take, x: Doubles | float = 0.0, y: Doubles | float = 0.0, degrees: Doubles | float = 0.0,
    zoom: Doubles | float = 1.0,
) -> Images:  # fmt: skip
    """Show the inner part of each picture, moved by (x, y) pixels, turned and enlarged; (T,) or all alike."""
    count, height, width = take.images.shape[:3]
    size = [side - 2 * round(side * MARGIN_FRACTION) for side in (width, height)]
    wide, tall = (side - side % 2 for side in size)
    found = np.empty((count, tall, wide, 3), np.uint8)
    ways = (np.broadcast_to(way, count).tolist() for way in (x, y, degrees, zoom))
    for frame, right, down, angle, scale in zip(range(count), *ways, strict=True):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
        matrix[:, 2] += right - (width - wide) / 2, down - (height - tall) / 2
        found[frame] = cv2.warpAffine(take.images[frame], matrix, (wide, tall), borderMode=cv2.BORDER_REFLECT)
    return found


def moved(take: Take, first: int, pixels: float, back: int | None = None, ramp: float = 0.0) -> Staged:
    """Move the camera at a frame, at once or within ``ramp`` seconds; ``back`` again at another."""
    angle, length = take.rng.uniform(0, 2 * np.pi), max(1, round(ramp * take.fps))
    way, truth = take.ramp(first, length), take.truth("moved", first, first + length)
    if back is not None:
        way = way - take.ramp(back, length)
        truth += take.truth("moved", back, back + length)
    far = pixels * take.images.shape[2] / 360
    return window(take, way * far * np.cos(angle), way * far * np.sin(angle)), truth


def turned(take: Take, first: int, length: int = 1, degrees: float = 0.0, zoom: float = 1.0) -> Staged:
    """Turn or zoom the camera at a frame, or little by little over ``length`` frames."""
    sign, share = float(take.rng.choice([-1, 1])), take.ramp(first, length)
    truth = take.truth("moved", first, first + length)
    return window(take, degrees=sign * degrees * share, zoom=zoom**share), truth


def elsewhere(take: Take, first: int, back: int | None = None) -> Staged:
    """Point the camera at another place."""
    found = window(take)
    height, width = found.shape[1:3]
    for frame in range(first, len(found) if back is None else back):
        image = take.elsewhere[frame % len(take.elsewhere)]
        found[frame] = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    truth = take.truth("moved", first, first + 1)
    return found, truth if back is None else truth + take.truth("moved", back, back + 1)


def shaken(take: Take, first: int, length: int, pixels: float, how: str) -> Staged:
    """Shake the camera: ``jitter`` from frame to frame, ``sway`` to and fro, or a ``bump`` that dies away."""
    count = len(take.images)
    length = min(length, count - first)
    seconds = np.arange(length) / take.fps
    far = pixels * take.images.shape[2] / 360
    if how == "jitter":
        right, down = take.rng.uniform(-far, far, (2, length))
    elif how == "sway":
        turn = seconds * 2 * np.pi / take.rng.uniform(0.6, 1.6)
        right, down = far * np.sin(turn), 0.5 * far * np.sin(1.3 * turn)
    else:
        dying = far * np.exp(-3 * seconds / seconds[-1])
        right, down = dying * np.sin(14.5 * seconds), 0.6 * dying * np.sin(11.9 * seconds)
    x, y = np.zeros(count), np.zeros(count)
    x[first : first + length], y[first : first + length] = right, down
    return window(take, x, y), take.truth("shaken", first, first + length)
