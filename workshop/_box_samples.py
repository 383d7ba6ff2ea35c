"""Training samples for object models: rendered plazas kept on disk, and crops of them, varied at random."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import plaza
from core.arrays import Bools, Doubles, Floats, Images, Ints
from core.files import folder, write_json, write_whole
from explain.objects.compact import RIDDEN

Random = np.random.Generator
Drawn = tuple[Images, "Boxes", Floats]
"""A frame, what stands in it, and the (2,) place in it to look at."""
CROP = (224, 320)
SCALES = (0.55, 2.2)
MIN_VISIBLE_FRACTION, MIN_INSIDE_FRACTION, MIN_SIDE_PIXELS = 0.3, 0.35, 4.0
BORDER_GREY = 114
HAPPENS = {
    "skater": 20, "skateboard": 4, "cyclist": 15, "bicycle": 5, "walked bicycle": 4, "motorcycle": 8, "car": 8,
    "truck": 5, "cart": 5, "dog": 6, "ball": 7, "frisbee": 7, "umbrella": 5, "suitcase": 6, "thrown bag": 3,
    "jogger": 2, "jumper": 1, "fall": 2, "bend": 2, "sit": 2, "off limits": 1,
}  # fmt: skip
"""Anomalies of the plaza and how often each is played."""


@dataclass(frozen=True)
class Boxes:
    """What stands in one frame.

    Attributes:
        boxes: (N, 4) float32, x1, y1, x2, y2 of what is visible of each.
        labels: (N,) int64, from 1; 0 is the background, and the negative of a label marks a place that is ignored.
        visible: (N,) float32, the share of each that nothing hides.
    """

    boxes: Floats
    labels: Ints
    visible: Floats

    @classmethod
    def of(cls, rows: Sequence[tuple[int, Sequence[float] | Floats, float]]) -> "Boxes":
        """Make a frame's boxes of rows: label, box, visible share."""
        boxes = np.array([box for _, box, _ in rows], np.float32).reshape(-1, 4)
        labels, visible = ([row[i] for row in rows] for i in (0, 2))
        return cls(boxes, np.array(labels, np.int64), np.array(visible, np.float32))

    def keep(self, which: Bools) -> "Boxes":
        """Return the boxes that ``which`` (N,) marks."""
        return Boxes(self.boxes[which], self.labels[which], self.visible[which])


@dataclass(frozen=True)
class Scenes:
    """Rendered frames, memory-mapped: N of (H, W, 3) uint8, and the boxes of each."""

    images: Sequence[Images]
    truth: Sequence[Boxes]


def render(cache: Path, seeds: Sequence[int], frames: int, names: Sequence[str]) -> Scenes:
    """Render ``frames`` of a plaza for each seed, a third of a second apart, keep them, and give those of ``names``.

    Raises:
        StorageError: the folder cannot be written.
    """
    parts = [_render_one(folder(cache), seed, frames) for seed in seeds]
    images = [image for part in parts for image in np.load(part.with_suffix(".npy"), mmap_mode="r")]
    return Scenes(images, [entry for part in parts for entry in _read(part.with_suffix(".json"), names)])


def _render_one(cache: Path, seed: int, frames: int) -> Path:
    part = cache / f"plaza-{seed}-{frames}"
    if not part.with_suffix(".json").exists():
        drawn = list(plaza.render(seed, frames, **scene(seed)))
        with write_whole(part.with_suffix(".npy")) as file:
            np.save(file, np.stack([frame.image for frame in drawn]))
        objects = [[facts(o) for o in frame.objects] for frame in drawn]
        write_json(part.with_suffix(".json"), objects)
    return part


def facts(thing: plaza.PlazaObject) -> list[Any]:
    """Return what :func:`with_riders` wants to know of an object."""
    rides = any(action.startswith(("ride", "push")) for action in thing.actions)
    return [thing.label, list(map(float, thing.box)), float(thing.visible), rides]


def scene(seed: int) -> dict[str, Any]:
    """Draw what a training plaza looks like and what happens there, as arguments of ``plaza.render``.

    A quarter of them are seen by the demo's camera, the others by cameras of their own.
    """
    rng = np.random.default_rng([seed, 17])
    film = plaza.Film.drawn(rng, (0.6, 1.25), (0, 4), (0.3, 1.1), (50, 101), 0.3)
    demo, often = rng.random() < 0.25, np.array(list(HAPPENS.values()), dtype=np.float64)
    return {
        "fps": 3.0,
        "anomalies": tuple(str(name) for name in rng.choice(list(HAPPENS), 10, p=often / often.sum())),
        "walkers": int(rng.integers(4, 24)),
        "scene": 0 if demo else seed,
        "zoom": 1.0 if demo else float(np.exp(rng.uniform(np.log(0.8), np.log(2.4)))),
        "film": film,
    }


def _read(path: Path, names: Sequence[str]) -> list[Boxes]:
    number = {name: i + 1 for i, name in enumerate(names)}
    return [
        Boxes.of([(number[label], box, visible) for label, box, visible in with_riders(objects) if label in number])
        for objects in json.loads(path.read_text(encoding="utf-8"))
    ]


def with_riders(objects: Sequence[Sequence[Any]]) -> list[tuple[str, list[float], float]]:
    """Extend the box of what is ridden to its rider; ``objects``: label, box, visible share, whether it rides.

    A skateboard alone is three pixels high in surveillance footage.

    Returns:
        Label, box, visible share of each.
    """
    riders = [np.array(box) for _, box, _, rides in objects if rides]
    joined = []
    for label, box, visible, _ in objects:
        near = [r for r in riders if label in RIDDEN and _touch(r, np.array(box))]
        if near:
            rider = max(near, key=lambda r: min(r[2], box[2]) - max(r[0], box[0]))  # width in common
            box = [*np.minimum(rider[:2], box[:2]).tolist(), *np.maximum(rider[2:], box[2:]).tolist()]
        joined.append((label, list(box), visible))
    return joined


def _touch(a: Doubles, b: Doubles) -> bool:
    reach = 3 + 0.1 * (a[3] - a[1])
    return bool((np.maximum(a[:2], b[:2]) - reach <= np.minimum(a[2:], b[2:])).all())


class Sampler:
    """Draws frames of scenes, most of them with a place of an object whose label was drawn with equal chances.

    Args:
        scenes: where from.
        focus: share of the draws that name the place of an object; the others name any place.
    """

    def __init__(self, scenes: Scenes, focus: float = 0.75) -> None:
        self.scenes, self.focus = scenes, focus
        labels = np.concatenate([entry.labels for entry in scenes.truth])
        frames = np.repeat(np.arange(len(scenes.truth)), [len(entry.labels) for entry in scenes.truth])
        boxes = np.concatenate([entry.boxes for entry in scenes.truth])
        self.places = [(frames[labels == i], boxes[labels == i]) for i in np.unique(labels[labels > 0])]

    def draw(self, rng: Random) -> Drawn:
        """Draw one frame."""
        if self.places and rng.random() < self.focus:
            frames, boxes = self.places[rng.integers(len(self.places))]
            i = rng.integers(len(frames))
            frame, centre = int(frames[i]), (boxes[i, :2] + boxes[i, 2:]) / 2
        else:
            frame = int(rng.integers(len(self.scenes.images)))
            height, width = self.scenes.images[frame].shape[:2]
            centre = rng.random(2) * (width, height)
        return self.scenes.images[frame], self.scenes.truth[frame], centre


@dataclass(frozen=True)
class Source:
    """Where samples come from.

    Attributes:
        draw: draws one frame.
        share: of the samples, in proportion to the other sources' shares.
        scales: least and largest factor by which its frames are scaled.
    """

    draw: Callable[[Random], Drawn]
    share: float
    scales: tuple[float, float] = SCALES


def crop(
    image: Images, truth: Boxes, centre: Floats, rng: Random, scales: tuple[float, float] = SCALES,
    shape: tuple[int, int] = CROP,
) -> tuple[Images, Boxes]:  # fmt: skip
    """Cut out a piece around ``centre`` (x, y) at a random scale, mirrored half of the time.

    Objects that are mostly hidden or mostly outside become background.

    Returns:
        (H, W, 3) uint8 of that shape and the boxes inside, in its pixels.
    """
    size, full = np.array(shape[::-1]), np.array(image.shape[1::-1])
    scale = float(np.exp(rng.uniform(*np.log(scales))))
    half = size / scale / 2
    middle = np.asarray(centre) + rng.uniform(-0.8, 0.8, 2) * half
    middle = np.where(half * 2 < full, np.clip(middle, half, np.maximum(full - half, half)), full / 2)
    sign = rng.choice([-1.0, 1.0])
    matrix = np.array([[scale * sign, 0, 0], [0, scale, 0]])
    matrix[:, 2] = size / 2 - matrix[:, :2] @ middle
    cut = cv2.warpAffine(np.ascontiguousarray(image), matrix, shape[::-1], borderValue=(BORDER_GREY,) * 3)
    return np.asarray(cut, dtype=np.uint8), _move(truth, matrix, size)


def _move(truth: Boxes, matrix: Doubles, size: Ints) -> Boxes:
    whole = moved(truth.boxes, matrix)
    found = np.clip(whole, 0, np.tile(size, 2))
    sides = found[:, 2:] - found[:, :2]
    inside = sides.prod(1) / np.maximum((whole[:, 2:] - whole[:, :2]).prod(1), 1e-6)
    good = (
        (sides.min(1, initial=np.inf) >= MIN_SIDE_PIXELS)
        & (inside >= MIN_INSIDE_FRACTION)
        & (truth.visible >= MIN_VISIBLE_FRACTION)
    )
    return Boxes(found.astype(np.float32), truth.labels, truth.visible).keep(good)


def moved(boxes: Floats, matrix: Doubles) -> Doubles:
    """Bring (N, 4) boxes through a (2, 3) affine map that may mirror them."""
    corners = boxes.reshape(-1, 2, 2) @ matrix[:, :2].T + matrix[:, 2]
    return np.concatenate([corners.min(1), corners.max(1)], 1)


def vary(image: Images, rng: Random) -> Images:
    """Change light, contrast, colour, sharpness, noise and compression at random: (H, W, 3) uint8 in and out."""
    if rng.random() < 0.45:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if rng.random() < 0.2:
        height, width = image.shape[:2]
        small = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        image = np.asarray(cv2.resize(small, (width, height)), dtype=np.uint8)
    elif rng.random() < 0.3:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6)), dtype=np.uint8)
    tone = np.linspace(0, 1, 256) ** rng.uniform(0.7, 1.4) * rng.uniform(0.55, 1.15) * 255 + rng.uniform(-25, 40)
    varied = np.clip(tone, 0, 255).astype(np.float32)[image]
    if rng.random() < 0.6:
        varied += rng.standard_normal(varied.shape, dtype=np.float32) * rng.uniform(0, 9)
    image = np.clip(varied, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _hide(image, rng)
    if rng.random() < 0.25:
        _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return image


def _hide(image: Images, rng: Random) -> None:
    """Paint a few plain rectangles over the picture, in place (``zhong2020random``)."""
    height, width = image.shape[:2]
    for _ in range(rng.integers(1, 4)):
        tall, wide = (int(side) for side in rng.uniform(0.04, 0.16, 2) * height)
        y, x = int(rng.integers(height)), int(rng.integers(width))
        image[y : y + tall, x : x + wide] = rng.integers(0, 256)
