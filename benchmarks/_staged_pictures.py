"""Clips whose picture freezes, is lost or covered, whole or in part, or whose light changes: on quiet cameras."""

from collections.abc import Iterator

import cv2
import numpy as np

from benchmarks._staged_views import Staged, Take, window
from core.arrays import Doubles, Floats, Images

BARS = ((180, 180, 180), (180, 180, 16), (16, 180, 180), (16, 180, 16), (180, 16, 180), (180, 16, 16), (16, 16, 180))
COVERS = {"hand": (95, 65, 50), "cloth": (40, 42, 48), "spray": (210, 205, 200), "fog": (185, 185, 185)}
ROUGH = {"hand": 0.15, "cloth": 0.2, "spray": 0.02, "fog": 0.0}
"""Colours of what covers a camera, and how much they vary."""
COLOURS = {"blue": (16, 24, 160), "black": (0, 0, 0), "grey": (128, 128, 128), "white": (235, 235, 235)}


def _coming(take: Take, first: int, end: int, come: int) -> Iterator[tuple[int, float]]:
    """Yield the frames from ``first`` to before ``end``, and shares of 0 to 1 of something that comes.

    It is there within ``come`` frames, and goes again before the clip's end.
    """
    for frame in range(first, end):
        leaving = (end - frame) / come if end < len(take.images) else 1.0
        yield frame, min(1.0, (frame - first + 1) / come, leaving)


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
    return exposed(window(take), 1 + (gain - 1) * share), take.truth("light", first, end)


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
    return images, take.truth("light", first, first + length)


def night(take: Take, first: int, how: str, ramp: float = 0.0) -> Staged:
    """Let the night come: an infrared picture, one that is ``dim`` too, or ``dark`` in colours."""
    images, length = window(take), max(1, round(ramp * take.fps))
    strength, level, noise = {"infrared": (0.7, 20.0, 3.0), "dim": (0.35, 0.0, 4.0), "dark": (0.18, 0.0, 2.0)}[how]
    for frame, share in _coming(take, first, len(images), length):
        day = images[frame].astype(np.float32)
        grey = day if how == "dark" else day.mean(-1, keepdims=True).repeat(3, -1)
        dark = grey * strength + level + take.rng.normal(0, noise, day.shape[:2])[..., None]
        images[frame] = np.clip(day * (1 - share) + dark * share, 0, 255)
    return images, take.truth("day/night", first, first + length)


def covered(take: Take, first: int, length: int, how: str, ramp: float = 0.0) -> Staged:
    """Cover the camera: out of focus (``blur``), a ``hand``, a ``cloth``, ``spray`` or ``fog``."""
    images, come = window(take), max(1, round(ramp * take.fps))
    end = min(first + length, len(images))
    # Soft patches of unit variance.
    grain = cv2.GaussianBlur(take.rng.normal(0, 1, images.shape[1:3]).astype(np.float32), (0, 0), images.shape[2] / 12)
    grain = np.asarray(grain / grain.std(), np.float32)
    for frame, share in _coming(take, first, end, come):
        images[frame] = _cover(images[frame], how, share, grain)
    return images, take.truth("covered", first, end)


def slab(take: Take, first: int, length: int, come: int) -> Staged:
    """Push something plain before the camera, from a side, and take it away again."""
    images = window(take)
    count, _, width = images.shape[:3]
    end, colour = min(first + length, count), take.rng.integers(20, 110, 3)
    left = bool(take.rng.integers(2))
    for frame, share in _coming(take, first, end, come):
        wide = round(width * share)
        rough = take.rng.normal(0, 1.5, images[frame].shape)
        part = slice(0, wide) if left else slice(width - wide, width)
        images[frame][:, part] = np.clip(colour + rough, 0, 255)[:, part]
    return images, take.truth("covered", first, end)


def cloud(take: Take, first: int, length: int, gain: float) -> Staged:
    """Let the shadow of a cloud come over the place, from one side to the other."""
    images = window(take)
    places = np.linspace(0, 1, images.shape[2]) if take.rng.integers(2) else np.linspace(1, 0, images.shape[2])
    for image, share in zip(images, take.ramp(first, length).tolist(), strict=True):
        if share > 0:
            dark = np.clip((share * 1.3 - places) / 0.3, 0, 1)
            image[:] = np.clip(image * (1 + (gain - 1) * dark)[None, :, None], 0, 255)
    return images, take.truth("light", first, first + length)


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
    return images, take.truth("no picture", first, end)


def partly(take: Take, first: int, length: int, how: str, upper: bool = False) -> Staged:
    """Lose a part of the picture from an edge on: one of COLOURS, ``green`` as of empty blocks, or ``held``."""
    images = window(take)
    height = images.shape[1]
    row = int(take.rng.uniform(0.4, 0.6) * height) // 16 * 16
    part = slice(0, row) if upper else slice(row, height)
    end = min(first + length, len(images))
    images[first:end, part] = images[first, part] if how == "held" else {**COLOURS, "green": (0, 135, 0)}[how]
    return images, take.truth("no picture", first, end)


def frozen(take: Take, first: int, length: int, clock: bool = False) -> Staged:
    """Repeat a picture; ``clock`` where the recorder writes its running clock over it."""
    images = window(take)
    end = min(first + length, len(images))
    images[first:end] = images[first]
    if clock:
        stamped(images, take.fps)
    return images, take.truth("frozen", first, end)


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
