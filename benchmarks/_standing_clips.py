"""Things that are left, taken or stop, staged on the plaza and pasted into real normal footage, with their truth."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import median_filter

from core import files, pictures, video
from core.arrays import Doubles, Floats, Images
from core.records import Frames, Pixels
from pipeline.evaluation.distortion import Distortion
from plaza import Anomaly, film

DEVELOPED, LEFT_OUT = "developed", "left out"
APPEARS_SECONDS = 1.5
"""For so long a pasted thing fades in, or a thing fades out: nothing flashes up."""
PLAZA_FPS, PLAZA_SECONDS, STAGED_SECONDS = 8.0, 32.0, 96.0
"""Frames a second, and seconds of normal clips and of those that something is staged in."""
COMES_FRAME = 40
"""Of a plaza's clip, at which what stops comes into the picture."""
HIDDEN_FRAMES, MOVED_PIXELS = 33, 10.0
"""Frames over which a track's middle is a median, and by how much it lies elsewhere while the track still moves."""
STAGED = ("left suitcase", "taken bench", "stopped car", "crowd")
SCENES = {DEVELOPED: 0, LEFT_OUT: 3}
SEEDS = {DEVELOPED: (41, 42), LEFT_OUT: (51,)}
NORMAL_SEEDS, CALM_SEEDS = (31, 32, 33, 34, 35, 36), (37, 38)
"""Of the plaza's normal clips that are learnt from, and of those in which false events are counted."""
WEATHER = {
    "by day": (Distortion(), 1.0), "dark": (Distortion(brightness=0.3), 1.0), "rain": (Distortion(rain="heavy"), 1.0),
    "half size": (Distortion(), 0.5),
}  # fmt: skip
PED2, AVENUE, CAMERAS = "UCSDped2_mp4", "Avenue/training_videos", "cameras"
LEARNT = {
    ("Ped2", DEVELOPED): [f"{PED2}/Train{i:03d}.mp4" for i in (2, 3, 5, 6, 8)],
    ("Ped2", LEFT_OUT): [f"{PED2}/Train{i:03d}.mp4" for i in range(1, 9)],
    ("Avenue", DEVELOPED): [f"{AVENUE}/{name}" for name in ("10.mp4", "12.avi", "16.avi")],
    ("Avenue", LEFT_OUT): [f"{AVENUE}/{name}" for name in ("11.mp4", "12.avi", "16.avi")],
    ("one-by-one", DEVELOPED): [f"{CAMERAS}/one-by-one.mp4@0-70"],
    ("traffic-cfr", LEFT_OUT): [f"{CAMERAS}/traffic-cfr.mp4@0-11"],
}
"""Clips that are learnt from, by footage and half; ``@`` is followed by the seconds that are used."""
HOSTS = {
    ("Ped2", DEVELOPED): [f"{PED2}/Train{i:03d}.mp4" for i in (1, 4, 7)],
    ("Ped2", LEFT_OUT): [f"{PED2}/Train{i:03d}.mp4" for i in (9, 12, 15)],
    ("Avenue", DEVELOPED): [f"{AVENUE}/11.mp4"],
    ("Avenue", LEFT_OUT): [f"{AVENUE}/10.mp4"],
    ("one-by-one", DEVELOPED): [f"{CAMERAS}/one-by-one.mp4@70-139"],
    ("traffic-cfr", LEFT_OUT): [f"{CAMERAS}/traffic-cfr.mp4@11-23"],
}
NORMAL = HOSTS | {("Ped2", LEFT_OUT): [f"{PED2}/Train{i:03d}.mp4" for i in range(9, 17)]}
PLACES = {
    "Ped2": [(205, 190, 15), (70, 165, 13), (300, 150, 12)],
    "Avenue": [(330, 265, 42), (480, 245, 38), (100, 275, 44)],
    "one-by-one": [(150, 340, 100), (640, 330, 95)],
    "traffic-cfr": [(1130, 640, 80), (230, 560, 60)],
}
"""Where things are left: the middle of their foot and their height, in pixels."""
THERE = {
    "Ped2": ((286, 42, 304, 70), (-30, 0)), "Avenue": ((166, 110, 214, 164), (0, -54)),
    "one-by-one": ((0, 0, 112, 168), (150, 0)),
}  # fmt: skip
"""A bin, a poster, a board that stand in the footage, and by how many pixels away the patch lies that goes over it."""


@dataclass(frozen=True)
class Source:
    """A clip, or some seconds of it.

    Attributes:
        path: the file.
        first, last: seconds.
        draw: changes the picture that is shown at a second.
        least: seconds for which it lasts at least, shown over and over.
    """

    path: Path
    first: float = 0.0
    last: float = float("inf")
    draw: Callable[[Images, float], Images] = lambda image, second: image
    least: float = 0.0

    @classmethod
    def of(cls, root: Path, name: str) -> "Source":
        """Read ``path`` or ``path@first-last``."""
        path, _, span = name.partition("@")
        first, last = (float(part) for part in span.split("-")) if span else (0.0, float("inf"))
        return cls(root / path, first, last)

    def frames(self) -> Iterator[Frames]:
        """Decode and change the frames, counted from the first that is used."""
        count, begins = 0, 0.0
        while not count or begins < self.least:
            for chunk in self._once():
                times = chunk.times + begins
                images = np.stack([self.draw(image, t) for image, t in zip(chunk.images, times.tolist(), strict=True)])
                yield Frames(images, count, times)
                count += len(times)
            begins = float(times[-1]) + float(np.diff(times[-2:]).sum())

    def _once(self) -> Iterator[Frames]:
        """Decode the seconds that are used, each frame's time counted from their first."""
        for chunk in video.read(self.path, 32):
            if chunk.times[0] >= self.last:
                return
            rows = np.flatnonzero((chunk.times >= self.first) & (chunk.times < self.last))
            if len(rows):
                yield Frames(chunk.images[rows], chunk.first, chunk.times[rows] - self.first)


@dataclass(frozen=True)
class Case:
    """Something staged.

    Attributes:
        what: is staged.
        footage, half: a key of :data:`LEARNT`.
        source: the clip.
        box: where it is, in pixels of the clip.
        begins: second from which it stands, or is gone.
        comes: second from which it may be seen at its place: a car slows down.
    """

    what: str
    footage: str
    half: str
    source: Source
    box: Pixels
    begins: float
    comes: float


def bag(height: int, grey: float) -> tuple[Floats, Floats]:
    """Draw a bag: (h, w) grey levels, and how opaque it is, with soft edges."""
    tall, wide = 4 * height, 5 * height
    mask, look = np.zeros((tall, wide), np.float32), np.full((tall, wide), grey, np.float32)
    cv2.ellipse(mask, (wide // 2, tall // 3), (wide // 5, tall // 4), 0, 0, 360, 1.0, max(2, tall // 16))
    cv2.rectangle(mask, (wide // 12, tall // 3), (wide - wide // 12, tall - 2), 1.0, -1)
    look += np.linspace(18, -18, tall, dtype=np.float32)[:, None]
    cv2.rectangle(look, (wide // 4, tall // 2), (3 * wide // 4, 5 * tall // 6), grey + 22, max(1, tall // 24))
    size = (max(3, round(1.25 * height)), height)
    soft = cv2.GaussianBlur(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), (0, 0), 0.6)
    return np.asarray(cv2.resize(look, size, interpolation=cv2.INTER_AREA), np.float32), np.asarray(soft, np.float32)


def pasted(image: Images, look: Floats, opaque: Floats, x: int, y: int) -> Images:
    """Lay a thing, grey or (h, w, 3), into a picture, its upper left corner at (x, y), which may lie beside it."""
    made, (tall, wide) = image.copy(), opaque.shape
    x1, y1, x2, y2 = max(x, 0), max(y, 0), min(x + wide, image.shape[1]), min(y + tall, image.shape[0])
    if x1 < x2 and y1 < y2:
        part = (slice(y1 - y, y2 - y), slice(x1 - x, x2 - x))
        share = opaque[part][..., None]
        over = look[part] if look.ndim == 3 else look[part][..., None]
        made[y1:y2, x1:x2] = (made[y1:y2, x1:x2] * (1 - share) + over * share).clip(0, 255).astype(np.uint8)
    return made


def _share(second: float, begins: float) -> float:
    return float(np.clip((second - begins + APPEARS_SECONDS) / APPEARS_SECONDS, 0, 1))


def left(source: Source, place: tuple[int, int, int], begins: float, grey: float) -> tuple[Source, Pixels]:
    """Leave a bag in a clip."""
    x, y, height = place
    look, opaque = bag(height, grey)
    at = x - opaque.shape[1] // 2, y - height

    def draw(image: Images, second: float) -> Images:
        share = _share(second, begins)
        return pasted(image, look, opaque * np.float32(share), *at) if share else image

    return replace(source, draw=draw), (*at, at[0] + opaque.shape[1], y)


def gone(source: Source, box: tuple[int, int, int, int], away: tuple[int, int], begins: float) -> tuple[Source, Pixels]:
    """Lay a patch of background over something that stands in a clip."""
    x1, y1, x2, y2 = box
    opaque = np.zeros((y2 - y1, x2 - x1), np.float32)
    opaque[1:-1, 1:-1] = 1.0
    opaque = np.asarray(cv2.GaussianBlur(opaque, (0, 0), 1.0), np.float32)

    def draw(image: Images, second: float) -> Images:
        patch = image[y1 + away[1] : y2 + away[1], x1 + away[0] : x2 + away[0]].astype(np.float32)
        return pasted(image, patch, opaque * np.float32(_share(second, begins)), x1, y1)

    return replace(source, draw=draw), box


def stopped(root: Path, source: Source, left_by: int, begins: float) -> tuple[Source, Pixels]:
    """Let the cart of Ped2's test clip 4 come from the right and stop: its pixels, cut out along the official mask."""
    mask = pictures.read(root / "UCSDped2/Test/Test004_gt/101.png", grey=True)
    frame = pictures.read(root / "UCSDped2/Test/Test004/101.jpg").astype(np.float32)
    x, y, wide, tall = cv2.boundingRect(mask)
    opaque = cv2.GaussianBlur((mask[y : y + tall, x : x + wide] > 0).astype(np.float32), (0, 0), 0.8)
    look, at = frame[y : y + tall, x : x + wide], x - left_by

    def draw(image: Images, second: float) -> Images:
        short = max(begins - second, 0.0) * 60
        return pasted(image, look, np.asarray(opaque, np.float32), round(at + short), y) if short < 360 else image

    return replace(source, draw=draw), (at, y, at + wide, y + tall)


def real(root: Path) -> Iterator[Case]:
    """Yield what is pasted into real footage."""
    for (footage, half), hosts in HOSTS.items():
        for number, host in enumerate(hosts):
            source = replace(Source.of(root, host), least=STAGED_SECONDS)
            begins = 5.0 if footage in ("Ped2", "traffic-cfr") else 8.0
            for turn, place in enumerate(PLACES[footage]):
                dark = (number + turn) % 2 == 0
                made = left(source, place, begins, 45.0 if dark else 190.0)
                yield Case("bag left", footage, half, *made, begins, begins - APPEARS_SECONDS)
            others = [("thing taken", gone(source, *THERE[footage], begins))] if footage in THERE else []
            if footage == "Ped2":
                others.append(("cart stops", stopped(root, source, 60 * number, begins)))
            for what, made in others:
                yield Case(what, footage, half, *made, begins, begins - APPEARS_SECONDS)


def rendered(work: Path, half: str) -> tuple[list[Path], list[Path], list[tuple[str, Path]]]:
    """Render a half's clips of the plaza: to learn from, other normal ones, those where something stops or is left."""
    folder, scene = files.folder(work / "plaza"), SCENES[half]

    def made(name: str, seed: int, seconds: float = PLAZA_SECONDS) -> Path:
        path = folder / f"{scene}-{seed}-{name.replace(' ', '-')}.mp4"
        if not path.with_suffix(".json").exists():
            alone = name in ("bench", "taken bench")
            happens = [Anomaly(name, 0)] if alone else [Anomaly("bench", 0), Anomaly(name, COMES_FRAME)]
            film(path, seed, round(PLAZA_FPS * seconds), happens, fps=PLAZA_FPS, scene=scene)
        return path

    learnt, calm = ([made("bench", seed) for seed in seeds] for seeds in (NORMAL_SEEDS, CALM_SEEDS))
    return learnt, calm, [(n, made(n, seed, STAGED_SECONDS)) for n in STAGED for seed in SEEDS[half]]


def changed(distortion: Distortion, scale: float) -> Callable[[Images, float], Images]:
    """Return what distorts a picture and makes it smaller."""

    def draw(image: Images, second: float) -> Images:
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale != 1 else image
        made: Images = distortion.apply(np.asarray(small, np.uint8)[None], round(second * PLAZA_FPS))[0]
        return made

    return draw


def on_plaza(clips: Sequence[tuple[str, Path]], half: str) -> Iterator[Case]:
    """Yield what is staged on the plaza, in each weather."""
    for name, path in clips:
        box, begins = _truth(path, name)
        for weather, (distortion, scale) in WEATHER.items():
            source = Source(path, draw=changed(distortion, scale))
            x1, y1, x2, y2 = (side * scale for side in box)
            yield Case(
                f"{name}, {weather}",
                "plaza",
                half,
                source,
                (x1, y1, x2, y2),
                begins,
                min(begins, COMES_FRAME / PLAZA_FPS),
            )


def _truth(path: Path, name: str) -> tuple[Pixels, float]:
    """Return where it is when the clip ends, or was if it is taken; and since when."""
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    label = {"left suitcase": "suitcase", "taken bench": "bench", "stopped car": "car", "crowd": "person"}[name]
    tracks = [one for one in facts["tracks"] if one["label"] == label and one["anomalous"]]
    if name == "taken bench":
        return tuple(tracks[0]["boxes"][0][1:5]), tracks[0]["anomalous"][0] / PLAZA_FPS
    came = [_came(np.array([box[:5] for box in one["boxes"]], np.float64)) for one in tracks]
    last = np.array([one["boxes"][-1][1:5] for one in tracks])
    (x1, y1), (x2, y2) = last[:, :2].min(axis=0).tolist(), last[:, 2:].max(axis=0).tolist()
    return (x1, y1, x2, y2), float(np.median(came)) / PLAZA_FPS


def _came(boxes: Doubles) -> int:
    """Return the frame from which a track, rows of frame and box, stays where it ends; who walks before it hides it."""
    middles = (boxes[:, 1:3] + boxes[:, 3:]) / 2
    apart = np.hypot(*(middles - np.median(middles[-len(middles) // 3 :], axis=0)).T)
    away = np.flatnonzero(median_filter(apart, HIDDEN_FRAMES, mode="nearest") > MOVED_PIXELS)
    return int(boxes[away[-1] if len(away) else 0, 0])
