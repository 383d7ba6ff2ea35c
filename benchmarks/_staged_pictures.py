"""Clips whose picture freezes, is lost or covered, or whose light changes: staged on clips of quiet cameras."""

import cv2
import numpy as np

from benchmarks._staged_views import Staged, Take, Truth, window
from core.arrays import Doubles, Floats, Images

BARS = ((180, 180, 180), (180, 180, 16), (16, 180, 180), (16, 180, 16), (180, 16, 180), (180, 16, 16), (16, 16, 180))
COVERS = {"hand": (95, 65, 50), "cloth": (40, 42, 48), "spray": (210, 205, 200), "fog": (185, 185, 185)}
ROUGH = {"hand": 0.15, "cloth": 0.2, "spray": 0.02, "fog": 0.0}
"""Colours of what covers a camera, and how much they vary."""
COLOURS = {"blue": (16, 24, 160), "black": (0, 0, 0), "grey": (128, 128, 128), "white": (235, 235, 235)}


def light(take: Take, first: int, gain: float, how: str, length: int = 1) -> Staged:
    """Change the exposure: it jumps and ``decays``, jumps and stays (``step``), for a while (``pulse``), or slowly."""
    count = len(take.images)
    since = (np.arange(count) - first) / take.fps
    share = {
        "decays": np.exp(-np.maximum(since, 0)),
        "step": np.ones(count),
        "pulse": (np.arange(count) < first + length).astype(np.float64),
        "ramp": np.clip(since * take.fps / length, 0, 1),
    }[how] * (since >= 0)
    end = {"decays": first + round(3 * take.fps), "step": first + 1}.get(how, first + length)
    return exposed(window(take), 1 + (gain - 1) * share), [Truth("light", take.seconds(first), take.seconds(end))]


def exposed(images: Images, gain: Doubles) -> Images:
    """Multiply each picture of a clip."""
    return np.stack([cv2.convertScaleAbs(image, alpha=float(one)) for image, one in zip(images, gain, strict=True)])


def headlights(take: Take, first: int, length: int, still: bool = False) -> Staged:
    """Let one or two cones of light pass over the place by night; ``still`` where nothing else moves."""
    images = exposed(window(take), np.full(len(take.images), 0.2))
    if still:
        images[:] = images[0]
    height, width = images.shape[1:3]
    right, down = np.meshgrid(np.arange(width), np.arange(height))
    row, size = take.rng.uniform(0.45, 0.8) * height, take.rng.uniform(0.06, 0.12) * width
    cones = range(int(take.rng.integers(1, 3)))
    for step in range(min(length, len(images) - first)):
        column = (step / length * 1.1 - 0.05) * width
        far = [
            (right - column - 2.5 * size * cone) ** 2 / (5 * size**2) + (down - row) ** 2 / size**2 for cone in cones
        ]
        lit = np.exp(-np.min(far, axis=0))[..., None]
        images[first + step] = np.clip(images[first + step] * (1 + 6 * lit) + 121 * lit, 0, 255)
    return images, [Truth("light", take.seconds(first), take.seconds(first + length))]


def night(take: Take, first: int, how: str, ramp: float = 0.0) -> Staged:
    """Let the night come: an infrared picture, one that is ``dim`` too, or ``dark`` in colours."""
    images, length = window(take), max(1, round(ramp * take.fps))
    strength, level, noise = {"infrared": (0.7, 20.0, 3.0), "dim": (0.35, 0.0, 4.0), "dark": (0.18, 0.0, 2.0)}[how]
    for frame in range(first, len(images)):
        day = images[frame].astype(np.float32)
        grey = day if how == "dark" else day.mean(-1, keepdims=True).repeat(3, -1)
        dark = grey * strength + level + take.rng.normal(0, noise, day.shape[:2])[..., None]
        share = min((frame - first + 1) / length, 1.0)
        images[frame] = np.clip(day * (1 - share) + dark * share, 0, 255)
    return images, [Truth("day/night", take.seconds(first), take.seconds(first + length))]


def covered(take: Take, first: int, length: int, how: str, ramp: float = 0.0) -> Staged:
    """Cover the camera: out of focus (``blur``), a ``hand``, a ``cloth``, ``spray`` or ``fog``."""
    images, come = window(take), max(1, round(ramp * take.fps))
    end = min(first + length, len(images))
    grain = _clouds(take, images.shape[1:3])
    for frame in range(first, end):
        leaving = (end - frame) / come if end < len(images) else 1.0
        share = float(min(1.0, (frame - first + 1) / come, leaving))
        images[frame] = _cover(images[frame], how, share, grain)
    return images, [Truth("covered", take.seconds(first), take.seconds(end))]


def _clouds(take: Take, shape: tuple[int, int]) -> Floats:
    """Draw soft patches of unit variance."""
    found = cv2.GaussianBlur(take.rng.normal(0, 1, shape).astype(np.float32), (0, 0), shape[1] / 12)
    return np.asarray(found / found.std(), np.float32)


def _cover(image: Images, how: str, share: float, grain: Floats) -> Images:
    width = image.shape[1]
    if how == "blur":
        return np.asarray(cv2.GaussianBlur(image, (0, 0), max(0.1, share * width / 28)), np.uint8)
    under, patches = image.astype(np.float32), grain[..., None]
    over = np.array(COVERS[how], np.float32) * (1 + ROUGH[how] * patches)
    cover = np.full_like(patches, share)
    if how == "hand":
        right, down = np.meshgrid(*(np.linspace(-1, 1, side) for side in image.shape[1::-1]))
        palm = (np.hypot(0.9 * right + 1.2 * (1 - share), 0.9 * down) < 1.02).astype(np.float32)
        cover = np.asarray(cv2.GaussianBlur(palm, (0, 0), width / 40), np.float32)[..., None]
    elif how == "spray":
        cover *= np.clip(1.2 * patches + 2.1 * share, 0, 1)
    elif how == "fog":
        under, cover = np.asarray(cv2.GaussianBlur(under, (0, 0), width / 60), np.float32), 0.92 * cover
    return np.asarray(np.clip(under * (1 - cover) + over * cover, 0, 255), np.uint8)


def lost(take: Take, first: int, length: int, how: str) -> Staged:
    """Lose the signal: one of :data:`COLOURS`, the same with a ``text``, ``bars`` or ``snow``."""
    images = window(take)
    height, width = images.shape[1:3]
    end = min(first + length, len(images))
    for frame in range(first, end):
        if how == "snow":
            images[frame] = take.rng.integers(0, 256, (height, width, 1), np.uint8)
        elif how == "bars":
            images[frame] = cv2.resize(np.array([BARS], np.uint8), (width, height), interpolation=cv2.INTER_NEAREST)
        else:
            images[frame] = COLOURS[how.removesuffix(" text")]
            if how.endswith("text"):
                _write(images[frame], "VIDEO LOSS", (width // 3, height // 2))
                _write(images[frame], "CAM 03", (10, height - 14))
    return images, [Truth("no picture", take.seconds(first), take.seconds(end))]


def frozen(take: Take, first: int, length: int, clock: bool = False) -> Staged:
    """Repeat a picture; ``clock`` where the recorder writes its running clock over it."""
    images = window(take)
    end = min(first + length, len(images))
    images[first:end] = images[first]
    if clock:
        stamped(images, take.fps)
    return images, [Truth("frozen", take.seconds(first), take.seconds(end))]


def stamped(images: Images, fps: float, scrolling: bool = False) -> None:
    """Write a clock into each picture, all of whose digits change in the fifth second; and a text that scrolls by."""
    height, width = images.shape[1:3]
    for frame, image in enumerate(images):
        seconds = int(86395 + frame / fps)
        day, rest = 28 + seconds // 86400, seconds % 86400
        _write(image, f"2026-11-{day} {rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}", (6, 16))
        if scrolling:
            image[height - height // 13 :] = (20, 60, 150)
            place = width - int(40 * frame / fps) % (2 * width), height - 5
            _write(image, "A14 KM 411 TRAFFIC REGULAR   WELCOME", place)


def _write(image: Images, text: str, place: tuple[int, int]) -> None:
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45 * image.shape[1] / 360, (255, 255, 255), 1)
