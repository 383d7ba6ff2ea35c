"""Clips in which much happens and the camera does nothing: weather, texts, large vehicles, lamps, decoding errors."""

import cv2
import numpy as np

from benchmarks._staged_pictures import stamped
from benchmarks._staged_views import Staged, Take, window
from core.arrays import Images


def nothing(take: Take) -> Staged:
    """Leave the clip as it is."""
    return window(take), []


def rain(take: Take) -> Staged:
    """Let streaks of rain fall."""
    images, rng = window(take), take.rng
    height, width = images.shape[1:3]
    for image in images:
        drops = np.zeros((height, width), np.uint8)
        for _ in range(width * height // 700):
            x, y, long = int(rng.integers(width)), int(rng.integers(height)), int(rng.integers(6, 16))
            cv2.line(drops, (x, y), (x + long // 4, y + long), int(rng.integers(40, 110)), 1)
        image[:] = cv2.add(image, cv2.merge([cv2.GaussianBlur(drops, (0, 0), 0.6)] * 3))
    return images, []


def snowfall(take: Take) -> Staged:
    """Let it snow."""
    images, rng = window(take), take.rng
    height, width = images.shape[1:3]
    count = width * height // 500
    flakes = rng.uniform(0, 1, (count, 2)) * (width, height)
    speed, size = rng.uniform(1, 4, count), rng.integers(1, 3, count)
    for image in images:
        flakes[:, 1] = (flakes[:, 1] + speed) % height
        flakes[:, 0] = (flakes[:, 0] + rng.normal(0, 0.7, count)) % width
        for (x, y), radius in zip(flakes.astype(int).tolist(), size.tolist(), strict=True):
            cv2.circle(image, (x, y), radius, (230, 230, 235), -1)
    return images, []


def texts(take: Take) -> Staged:
    """Write a running clock and a scrolling text into the picture."""
    images = window(take)
    stamped(images, take.fps, scrolling=True)
    return images, []


def lorry(take: Take, share: float, stop: float, plain: bool) -> Staged:
    """Let something drive by that fills a share of the picture, and stop before the camera for some seconds."""
    images = window(take)
    count, height, width = images.shape[:3]
    body = _body(take, round(0.62 * width), min(height, round(height * share / 0.62)), plain)
    tall, long = body.shape[:2]
    left, speed, wait = -float(long), (width + long) / (0.55 * count), round(stop * take.fps)
    for frame, image in enumerate(images):
        if frame > 0.15 * count:
            resting = wait > 0 and left + speed >= (width - long) / 2
            left, wait = (left, wait - 1) if resting else (left + speed, wait)
        start, end = max(0, int(left)), min(width, int(left) + long)
        if end > start:
            image[height - tall :, start:end] = body[:, start - int(left) : end - int(left)]
    return images, []


def _body(take: Take, long: int, tall: int, plain: bool) -> Images:
    body = np.full((tall, long, 3), take.rng.integers(40, 200, 3), np.uint8)
    if plain:
        return body
    for x in range(long // 12, long - long // 8, long // 7):
        cv2.rectangle(body, (x, tall // 8), (x + long // 9, tall // 2), (30, 35, 40), -1)
    cv2.putText(body, "CITY LINE 42", (long // 6, tall * 3 // 4), 0, long / 300, (240, 240, 240), 2)
    return np.asarray(np.clip(body + take.rng.normal(0, 3, body.shape), 0, 255), np.uint8)


def flicker(take: Take) -> Staged:
    """Let a lamp flicker."""
    images = window(take)
    height, width = images.shape[1:3]
    right, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    x, y = take.rng.uniform(0.2, 0.8, 2)
    lamp = 0.6 * np.exp(-((right - x) ** 2 + (down - y) ** 2) / 0.0162)[..., None]
    for image in images:
        if take.rng.random() < 0.5:
            image[:] = np.clip(image * (1 + lamp), 0, 255)
    return images, []


def smear(take: Take) -> Staged:
    """Smear the lower part of the picture now and then, as lost packets do."""
    images, rng = window(take), take.rng
    frame = int(rng.integers(5, 20))
    while frame < len(images) - 12:
        row = int(rng.integers(images.shape[1] // 4, images.shape[1] * 3 // 4)) // 16 * 16
        length, shift = int(rng.integers(2, 12)), int(rng.integers(-30, 30))
        held = rng.random() < 0.8
        for late in range(frame, frame + length):
            source = images[frame - 1] if held else images[late]
            images[late][row:] = np.roll(source[row:], shift * (late == frame or not held), 1)
        frame += length + int(rng.integers(8, 30))
    return images, []


def repeated(take: Take, times: int) -> Staged:
    """Show each frame several times."""
    return np.repeat(window(take), times, 0)[: len(take.images)], []


def stutter(take: Take) -> Staged:
    """Repeat single frames here and there."""
    images = window(take)
    for frame in take.rng.integers(5, len(images) - 2, 6):
        images[frame] = images[frame - 1]
    return images, []
