"""Texts that a recorder burns in and weather before the lens, staged on clips; what is drawn depends on the half.

Constants are chosen on twins of the half ``tuned``. Those of the half ``measured`` have other fonts, colours, sizes,
places, speeds and densities, and no constant is chosen on them; it has been looked at, though. Those of the half
``unseen`` were measured once, when all was decided.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.arrays import Floats, Images

HERSHEY = {"simplex": cv2.FONT_HERSHEY_SIMPLEX, "plain": cv2.FONT_HERSHEY_PLAIN, "triplex": cv2.FONT_HERSHEY_TRIPLEX,
           "complex": cv2.FONT_HERSHEY_COMPLEX, "duplex": cv2.FONT_HERSHEY_DUPLEX,
           "script": cv2.FONT_HERSHEY_SCRIPT_COMPLEX}  # fmt: skip
NEWS = {
    "tuned": ("BREAKING NEWS nothing happened today at the walkway", "CAMERA 04   GATE CLOSED AT 22:00"),
    "measured": ("Wetter: heiter, 21 Grad, Wind aus West", "MOTORWAY A8 - roadworks between exits 12 and 14 until May"),
    "unseen": (
        "Prochain train voie 3, veuillez vous eloigner de la bordure",
        "Storm warning",
        "SALE 50% OFF * ALL WEEK *",
    ),
}


@dataclass(frozen=True)
class Style:
    """How things are drawn: each pair is a range, in which one value is drawn for a clip.

    Attributes:
        fonts: of :data:`HERSHEY`, or ``outline`` for the vector font that Pillow brings.
        colours: of text, RGB.
        tall: height of capital letters, as a share of the picture's.
        run: widths of the picture that a running line goes on in a second.
        drops: pixels of the picture (at 360 across) for each drop of rain; its length, slant, grey and opacity.
        flakes: pixels of the picture for each flake, its radius in small and in large ones, heights a second, grey.
        soft: standard deviations of the blur of flakes, in pixels at 360 across.
        free: lines may be slower than what brings them through within the clip, and may run to the right.
    """

    fonts: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]
    tall: tuple[float, float]
    run: tuple[float, float]
    drops: tuple[float, float]
    long: tuple[float, float]
    slant: tuple[float, float]
    grey: tuple[float, float]
    opaque: tuple[float, float]
    flakes: tuple[float, float]
    small: tuple[float, float]
    large: tuple[float, float]
    fall: tuple[float, float]
    soft: tuple[float, float]
    free: bool = False


STYLES = {
    "tuned": Style(
        ("simplex", "plain"), ((255, 255, 255),), (0.045, 0.07), (0.08, 0.2), (400, 1200), (6, 13), (0.05, 0.25),
        (190, 210), (0.4, 0.9), (400, 1400), (0.8, 1.3), (1.8, 2.6), (0.15, 0.35), (0, 0),
    ),
    "measured": Style(
        ("outline", "triplex"), ((255, 230, 40), (250, 250, 250), (90, 255, 255), (10, 10, 10)), (0.035, 0.09),
        (0.05, 0.4), (250, 2000), (4, 18), (-0.4, 0.4), (150, 240), (0.3, 1.0), (300, 2500), (0.6, 1.3), (1.5, 3.5),
        (0.08, 0.5), (0, 1.2),
    ),
    "unseen": Style(
        ("complex", "duplex", "script", "outline"), ((255, 255, 255), (255, 80, 60), (20, 20, 20), (120, 255, 120)),
        (0.04, 0.1), (0.11, 1.1), (300, 1800), (5, 16), (-0.3, 0.3), (160, 230), (0.35, 0.95), (350, 2000), (0.7, 1.3),
        (1.6, 3.2), (0.1, 0.45), (0, 1), free=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A clip to draw on, (T, H, W, 3) uint8; ``rng`` draws values, ``half`` is a key of :data:`STYLES`."""

    images: Images
    fps: float
    rng: np.random.Generator
    half: str

    @property
    def style(self) -> Style:
        """Return how things are drawn."""
        return STYLES[self.half]

    @property
    def scale(self) -> float:
        """Return the picture's width in multiples of 360 pixels."""
        return float(self.images.shape[2]) / 360

    def draw(self, pair: tuple[float, float]) -> float:
        """Draw a value."""
        return pair[0] + (pair[1] - pair[0]) * float(self.rng.random())

    def pick(self, choices: tuple[object, ...]) -> int:
        """Draw the index of a choice."""
        return int(self.rng.integers(len(choices)))


def letters(text: str, font: str, tall: int) -> Floats:
    """Write a line: (h, w) float32, 0 to 1."""
    if font == "outline":
        made = ImageFont.load_default(size=round(tall / 0.7))
        x1, y1, x2, y2 = (round(side) for side in made.getbbox(text))
        picture = Image.new("L", (x2 - x1 + 4, y2 - y1 + 4))
        ImageDraw.Draw(picture).text((2 - x1, 2 - y1), text, 255, font=made)
        return (np.asarray(picture) / 255).astype(np.float32)
    scale = cv2.getFontScaleFromHeight(HERSHEY[font], tall)
    (width, height), below = cv2.getTextSize(text, HERSHEY[font], scale, 1)
    canvas = np.zeros((height + below + 4, width + 4), np.uint8)
    cv2.putText(canvas, text, (2, height + 2), HERSHEY[font], scale, 255, 1, cv2.LINE_AA)
    return (canvas / 255).astype(np.float32)


def paste(image: Images, mask: Floats, left: int, top: int, colour: tuple[int, int, int]) -> None:
    """Write letters into a picture, which may lie in part beside it."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + mask.shape[1], width), min(top + mask.shape[0], height)
    if x1 < x2 and y1 < y2:
        share = mask[y1 - top : y2 - top, x1 - left : x2 - left, None]
        here = image[y1:y2, x1:x2]
        here[:] = (here * (1 - share) + np.array(colour, np.float32) * share).astype(np.uint8)


def running(scene: Scene, place: str) -> Images:
    """Let a line of text run through along an edge or the middle, once."""
    images, style = scene.images.copy(), scene.style
    count, height, width = images.shape[:3]
    text = NEWS[scene.half][scene.pick(NEWS[scene.half])]
    mask = letters(text, style.fonts[scene.pick(style.fonts)], round(scene.draw(style.tall) * height))
    below = 0.0 if place == "upper" else scene.draw((0.005, 0.03) if place == "lower" else (0.35, 0.6))
    top = round(0.02 * height) if place == "upper" else height - mask.shape[0] - round(below * height)
    colour, bar = style.colours[scene.pick(style.colours)], scene.rng.random() < 0.4
    speed, begin = scene.draw(style.run) * width / scene.fps, int(scene.draw((0.1, 0.25)) * count)
    speed = speed if style.free else max(speed, (width + mask.shape[1]) / (0.6 * count))
    right = style.free and scene.rng.random() < 0.4
    for frame in range(count):
        gone = round(speed * (frame - begin))
        left = gone - mask.shape[1] if right else width - gone
        if bar and left < width and left + mask.shape[1] > 0:
            images[frame, max(top - 2, 0) : top + mask.shape[0] + 2] = 30 if sum(colour) > 380 else 220
        if frame >= begin:
            paste(images[frame], mask, left, top, colour)
    return images


def standing(scene: Scene, place: str) -> Images:
    """Write a clock into every picture, or a caption for some seconds; in the middle, or at an edge."""
    images, style = scene.images.copy(), scene.style
    count, height, width = images.shape[:3]
    font, tall = style.fonts[scene.pick(style.fonts)], round(scene.draw(style.tall) * height)
    colour, where = style.colours[scene.pick(style.colours)], scene.rng.uniform(0.02, 0.6)
    down = scene.draw((0.35, 0.6)) if place != "edge" else float(scene.rng.choice([0.02, 0.9]))
    first = int(scene.draw((0.2, 0.4)) * count) if place == "caption" else 0
    last = first + round(3.5 * scene.fps) if place == "caption" else count
    for frame in range(first, min(last, count)):
        seconds = int(35990 + frame / scene.fps)
        clock = f"2026-11-28 {seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        mask = letters("MOTION DETECTED" if place == "caption" else clock, font, tall)
        left = min(round(where * width), max(width - mask.shape[1] - 2, 0))
        paste(images[frame], mask, left, round(down * height), colour)
    return images


def logo(scene: Scene) -> Images:
    """Let a channel's logo fade in at a corner, and a red dot beside it blink."""
    images, style = scene.images.copy(), scene.style
    count, height, width = images.shape[:3]
    mask = letters("REC 7", style.fonts[scene.pick(style.fonts)], round(1.3 * scene.draw(style.tall) * height))
    cv2.rectangle(mask, (0, 0), (mask.shape[1] - 1, mask.shape[0] - 1), 1.0, 1)
    colour, begin = style.colours[scene.pick(style.colours)], int(scene.draw((0.15, 0.4)) * count)
    left, top = (round(0.03 * width), width - mask.shape[1] - 8)[scene.pick((0, 1))], round(0.03 * height)
    for frame in range(begin, count):
        share = min((frame - begin) / scene.fps, 0.9)
        paste(images[frame], (mask * share).astype(np.float32), left, top, colour)
        if int(2 * frame / scene.fps) % 2:
            cv2.circle(images[frame], (left + mask.shape[1] // 2, top + mask.shape[0] + 6), 3, (255, 0, 0), -1)
    return images


def _spell(scene: Scene) -> range:
    """Draw when it rains: all the time, from some moment on, or until one."""
    count = len(scene.images)
    turn = int(scene.draw((0.3, 0.6)) * count)
    return (range(count), range(turn, count), range(turn))[int(scene.rng.integers(3))]


def rain(scene: Scene) -> Images:
    """Let streaks of rain fall."""
    images, style = scene.images.copy(), scene.style
    height, width = images.shape[1:3]
    number = round(width * height / scene.scale**2 / scene.draw(style.drops))
    long, slant = scene.draw(style.long) * scene.scale, scene.draw(style.slant)
    grey, opaque = round(scene.draw(style.grey)), scene.draw(style.opaque)
    for frame in _spell(scene):
        start = scene.rng.uniform((0, -long), (width, height), (number, 2))
        lines = np.stack([start, start + np.array([slant * long, long])], 1).round().astype(np.int32)
        wet = np.zeros((height, width), np.uint8)
        cv2.polylines(wet, list(lines), False, 255, max(1, round(scene.scale)), cv2.LINE_AA)
        paste(images[frame], (wet / 255 * opaque).astype(np.float32), 0, 0, (grey, grey, grey))
    return images


def snow(scene: Scene, large: bool) -> Images:
    """Let it snow: flakes that fall, each at its own speed."""
    images, style = scene.images.copy(), scene.style
    height, width = images.shape[1:3]
    number = round(width * height / scene.scale**2 / scene.draw(style.flakes) / (3 if large else 1))
    radius = scene.draw(style.large if large else style.small) * scene.scale
    sizes = radius * scene.rng.uniform(0.7, 1.3, number)
    speed = scene.draw(style.fall) * height / scene.fps * scene.rng.uniform(0.7, 1.3, number)
    drift, soft = scene.draw((-0.3, 0.3)), scene.draw(style.soft) * scene.scale
    flakes, grey = scene.rng.uniform((0, 0), (width, height), (number, 2)), round(scene.draw((215, 255)))
    for frame in _spell(scene):
        flakes[:, 1] = (flakes[:, 1] + speed) % height
        flakes[:, 0] = (flakes[:, 0] + drift * speed + scene.rng.normal(0, 0.7 * scene.scale, number)) % width
        white = np.zeros((height, width), np.uint8)
        for (x, y), size in zip((flakes * 16).astype(int).tolist(), (sizes * 16).astype(int).tolist(), strict=True):
            cv2.circle(white, (x, y), size, 255, -1, cv2.LINE_AA, 4)
        share = (white / 255).astype(np.float32)
        share = np.asarray(cv2.GaussianBlur(share, (0, 0), soft), np.float32) if soft > 0.3 else share
        paste(images[frame], share, 0, 0, (grey, grey, grey))
    return images


TWINS: dict[str, Callable[[Scene], Images]] = {
    "running line, lower edge": lambda scene: running(scene, "lower"),
    "running line, upper edge": lambda scene: running(scene, "upper"),
    "running line in the middle": lambda scene: running(scene, "middle"),
    "logo that fades in": logo,
    "clock at an edge": lambda scene: standing(scene, "edge"),
    "clock in the middle": lambda scene: standing(scene, "middle"),
    "caption in the middle": lambda scene: standing(scene, "caption"),
    "rain": rain,
    "snow, small flakes": lambda scene: snow(scene, large=False),
    "snow, large flakes": lambda scene: snow(scene, large=True),
}
