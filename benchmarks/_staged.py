"""All that is staged to test what is told of a camera: faults by name, and what must raise nothing."""

import dataclasses
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks import _staged_pictures as pictures
from benchmarks import _staged_views as views
from benchmarks._staged_pictures import stamped
from benchmarks._staged_views import Staged, Take, window
from core.arrays import Images

Stage = Callable[[Take], Staged]


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


def _gain(take: Take, *gains: float) -> float:
    return float(take.rng.choice(gains))


def _cover(how: str) -> Stage:
    return lambda take: pictures.covered(
        take, take.moment(0.2, 0.4), take.long(1.5, 5), how, float(take.rng.choice([0, 0.6]))
    )


def _any_cover(take: Take) -> str:
    return str(take.rng.choice(["blur", "hand", "cloth"]))


def _lost(how: str) -> Stage:
    return lambda take: pictures.lost(take, take.moment(0.2, 0.5), take.long(0.4, 4), how)


def _behind(first: Stage, second: Stage) -> Stage:
    """Stage one thing on what another one made."""

    def both(take: Take) -> Staged:
        images, truth = first(take)
        again, more = second(dataclasses.replace(take, images=images))
        return again, [*truth, *more]

    return both


def _slowly(take: Take, low: float, high: float) -> tuple[int, int]:
    return take.moment(0.25, 0.35), take.long(low, max(low, min(high, 0.4 * len(take.images) / take.fps)))


def _lost_part(how: str, upper: bool = False) -> Stage:
    return lambda take: pictures.partly(take, take.moment(0.2, 0.5), take.long(2, 4), how, upper)


def _slow_cover(how: str) -> Stage:
    def staged(take: Take) -> Staged:
        come = take.rng.uniform(1, max(1, min(3, 0.2 * len(take.images) / take.fps)))
        return pictures.covered(take, take.moment(0.2, 0.3), take.long(2 * come + 1, 2 * come + 3), how, come)

    return staged


FAULTS: dict[str, Stage] = {
    "moved 8 to 30 pixels": lambda t: views.moved(t, t.moment(0.25, 0.6), t.rng.uniform(8, 30)),
    "moved near the end": lambda t: views.moved(t, len(t.images) - max(6, round(1.2 * t.fps)), t.rng.uniform(10, 30)),
    "moved near the start": lambda t: views.moved(t, max(3, round(0.7 * t.fps)), t.rng.uniform(10, 30)),
    "moved and back": lambda t: views.moved(t, t.moment(0.2, 0.35), t.rng.uniform(10, 25), back=t.moment(0.65, 0.8)),
    "moved in 1 to 4 s": lambda t: views.moved(
        t, t.moment(0.2, 0.4), t.rng.uniform(12, 35), ramp=t.rng.uniform(1, min(4, 0.4 * len(t.images) / t.fps))
    ),
    "turned 4 to 12 degrees": lambda t: views.turned(t, t.moment(0.25, 0.6), degrees=t.rng.uniform(4, 12)),
    "zoomed 1.1 to 1.5 times": lambda t: views.turned(t, t.moment(0.25, 0.6), zoom=t.rng.uniform(1.1, 1.5)),
    "another place": lambda t: views.elsewhere(t, t.moment(0.25, 0.6)),
    "another place and back": lambda t: views.elsewhere(t, t.moment(0.2, 0.3), t.moment(0.7, 0.8)),
    "shaken, jitter": lambda t: views.shaken(t, t.moment(0.15, 0.4), t.long(1.5, 5), t.rng.uniform(2, 6), "jitter"),
    "shaken, sways": lambda t: views.shaken(t, t.moment(0.15, 0.4), t.long(2, 5), t.rng.uniform(2.5, 6), "sway"),
    "shaken, a bump": lambda t: views.shaken(t, t.moment(0.15, 0.5), t.long(1, 2), t.rng.uniform(5, 12), "bump"),
    "light jumps, decays": lambda t: pictures.light(t, t.moment(0.15, 0.5), _gain(t, 0.6, 1.3, 1.6, 1.8), "decays"),
    "light steps": lambda t: pictures.light(t, t.moment(0.25, 0.6), _gain(t, 0.65, 0.75, 1.3, 1.5), "step"),
    "light, a pulse": lambda t: pictures.light(
        t, t.moment(0.15, 0.4), _gain(t, 0.5, 0.7, 1.4), "pulse", t.long(0.5, 3)
    ),
    "light ramps in 1 to 3 s": lambda t: pictures.light(
        t, t.moment(0.15, 0.4), _gain(t, 0.6, 0.65, 1.45), "ramp", t.long(1, 3)
    ),
    "light, headlights": lambda t: pictures.headlights(t, t.moment(0.2, 0.4), t.long(1.5, 4)),
    "light, headlights, still scene": lambda t: pictures.headlights(t, t.moment(0.2, 0.4), t.long(1.5, 4), True),
    "night, infrared": lambda t: pictures.night(t, t.moment(0.25, 0.6), "infrared"),
    "night, infrared and dim": lambda t: pictures.night(t, t.moment(0.25, 0.6), "dim", float(t.rng.choice([0, 1]))),
    "night, dark": lambda t: pictures.night(t, t.moment(0.25, 0.6), "dark", float(t.rng.choice([0, 2]))),
    **{f"covered, {how}": _cover(how) for how in ("blur", "hand", "cloth", "spray", "fog")},
    "covered to the end": lambda t: pictures.covered(t, t.moment(0.4, 0.6), len(t.images), _any_cover(t), 0.4),
    "covered from the start": lambda t: pictures.covered(t, 0, t.moment(0.25, 0.5), _any_cover(t)),
    **{f"no picture, {how}": _lost(how) for how in
       ("blue", "blue text", "black", "black text", "grey", "white", "bars", "snow")},
    "no picture from the start": lambda t: pictures.lost(t, 0, t.long(0.5, 3), str(t.rng.choice(["blue", "black"]))),
    "no picture to the end": lambda t: pictures.lost(
        t, len(t.images) - t.long(0.5, 3), len(t.images), str(t.rng.choice(["blue", "black text"]))
    ),
    "frozen 1.2 to 5 s": lambda t: pictures.frozen(t, t.moment(0.15, 0.4), t.long(1.2, 5)),
    "frozen under a clock": lambda t: pictures.frozen(t, t.moment(0.15, 0.4), t.long(2, 5), clock=True),
    "frozen from the start": lambda t: pictures.frozen(t, 0, t.long(2.2, 5)),
    "frozen to the end": lambda t: pictures.frozen(t, len(t.images) - t.long(2.2, 4), len(t.images)),
    "light, then moved": _behind(
        lambda t: pictures.light(t, t.moment(0.1, 0.2), 1.6, "decays"),
        lambda t: views.moved(t, t.moment(0.65, 0.75), t.rng.uniform(12, 30)),
    ),
    "moved behind no picture": _behind(
        lambda t: views.moved(t, t.moment(0.5, 0.5), t.rng.uniform(12, 30)),
        lambda t: pictures.lost(t, t.moment(0.35, 0.4), round(0.12 * len(t.images)), "blue"),
    ),
    "frozen, then covered": _behind(
        lambda t: pictures.frozen(t, t.moment(0.1, 0.2), t.long(1.5, 1.5)),
        lambda t: pictures.covered(t, t.moment(0.6, 0.7), t.long(2, 2), "hand"),
    ),
}  # fmt: skip
"""Each name begins with the kind that it is of, as far as one is staged."""
HARMLESS: dict[str, Stage] = {
    "nothing": nothing,
    "rain": rain,
    "snowfall": snowfall,
    "clock and scrolling text": texts,
    "lorry": lambda t: lorry(t, t.rng.uniform(0.3, 0.5), 0.0, False),
    "lorry, stops": lambda t: lorry(t, t.rng.uniform(0.4, 0.5), 3.0, False),
    "lorry, plain, stops": lambda t: lorry(t, t.rng.uniform(0.3, 0.5), 2.0, True),
    "flickering lamp": flicker,
    "smeared": smear,
    "doubled": lambda t: repeated(t, 2),
    "five times": lambda t: repeated(t, 5),
    "single repeats": stutter,
    "key frames pulse": nothing,
}
"""What must raise nothing; the last is coded so that key frames differ much from those between."""
LATER: dict[str, Stage] = {
    "zoomed in within 2 to 6 s": lambda t: views.turned(t, *_slowly(t, 2, 6), zoom=t.rng.uniform(1.2, 1.7)),
    "zoomed out within 2 to 6 s": lambda t: views.turned(t, *_slowly(t, 2, 6), zoom=1 / t.rng.uniform(1.15, 1.35)),
    "turned within 2 to 6 s": lambda t: views.turned(t, *_slowly(t, 2, 6), degrees=t.rng.uniform(4, 12)),
    **{f"no picture in the lower part, {how}": _lost_part(how) for how in ("grey", "green", "black", "held")},
    "no picture in the upper part, black": _lost_part("black", True),
    "no picture, one frame": lambda t: pictures.lost(
        t, t.moment(0.2, 0.8), 1, str(t.rng.choice(["blue", "black", "grey"]))
    ),
    **{f"covered within 1 to 3 s, {how}": _slow_cover(how) for how in ("cloth", "hand", "blur")},
    "covered within 1 to 3 s, a slab": lambda t: pictures.slab(t, t.moment(0.3, 0.4), t.long(4, 6), t.long(1, 2)),
    "light, a cloud comes in 2 to 5 s": lambda t: pictures.cloud(t, *_slowly(t, 2, 5), t.rng.uniform(0.5, 0.7)),
}
"""What was added later, behind the others, so that those are staged on the same clips as before."""
