"""What stands on the plaza: trees, lamps, benches, bollards, hedge; people can pass behind it."""

from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Bools, Doubles, Floats
from plaza._view import View

Generator = np.random.Generator

OVER = 2  # supersampling of the background


@dataclass(frozen=True)
class Occluder:
    """Something fixed that people can pass behind.

    Attributes:
        depth: metres from the camera.
        x, y: upper left corner in pixels.
        cover, rest: (h, w) float32, what it covers of each pixel, and 1 minus that.
        solid: (h, w) bool, where it covers most of a pixel.
    """

    depth: float
    x: int
    y: int
    cover: Floats
    rest: Floats
    solid: Bools

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns that it touches."""
        height, width = self.cover.shape
        return slice(self.y, self.y + height), slice(self.x, self.x + width)


@dataclass(frozen=True)
class Plan:
    """Layout of a scene before it is painted."""

    view: View
    slant: Doubles
    band: tuple[float, float]
    trees: Doubles
    lamps: Doubles
    benches: Doubles
    stone: Floats
    grass: Floats
    wall: Floats
    rng: Generator


class Canvas:
    """The supersampled background while things are put on it, and what they cover."""

    def __init__(self, plan: Plan, colour: Floats, sun: Floats) -> None:
        self.plan, self.colour, self.sun = plan, colour, sun
        self.occluders: list[Occluder] = []

    def at(self, x: float, y: float, z: float) -> Doubles:
        """Supersampled pixel of a world point."""
        uv, _ = self.plan.view.project(np.array([x, y, z]))
        return uv * OVER

    def metre(self, x: float, y: float) -> float:
        """Supersampled pixels per metre at a place on the ground."""
        _, depth = self.plan.view.project(np.array([x, y, 0.0]))
        return float(self.plan.view.focal / depth * OVER)

    def put(self, x: float, y: float, cover: Floats, colour: Floats, light: float) -> None:
        """Lay a thing with coverage (H', W') and colour over the background and keep it as an occluder."""
        a = cover[..., None]
        self.colour[:] = self.colour * (1 - a) + colour * a
        self.sun[:] = self.sun * (1 - cover) + light * cover
        small = cv2.resize(cover, (self.plan.view.width, self.plan.view.height), interpolation=cv2.INTER_AREA)
        _, depth = self.plan.view.project(np.array([x, y, 0.0]))
        self._keep(small, float(depth))

    def join(self, first: int, hides: bool = True) -> None:
        """Make one occluder of those put since number ``first``, or none where no person can pass behind."""
        parts, self.occluders = self.occluders[first:], self.occluders[:first]
        if hides and parts:
            whole = np.zeros((self.plan.view.height, self.plan.view.width), np.float32)
            for part in parts:
                whole[part.area] = np.maximum(whole[part.area], part.cover)
            self._keep(whole, min(part.depth for part in parts))

    def _keep(self, cover: Floats, depth: float) -> None:
        """Keep a thing with coverage (H, W) as an occluder, if it can be seen."""
        ys, xs = np.nonzero(cover > 0.02)
        if len(xs):
            x, y = int(xs.min()), int(ys.min())
            part = cover[y : int(ys.max()) + 1, x : int(xs.max()) + 1].copy()
            self.occluders.append(Occluder(depth, x, y, part, 1 - part, part > 0.5))

    def blank(self) -> tuple[Floats, Floats]:
        """Empty coverage and colour."""
        return np.zeros(self.sun.shape, np.float32), np.zeros(self.colour.shape, np.float32)


def _box(canvas: Canvas, corner: Doubles, size: Doubles, tone: Doubles) -> None:
    """Put an axis-aligned box (nearest left bottom corner, metres) into the scene: near, side and top faces."""
    cover, colour = canvas.blank()
    x, y, z = corner
    w, d, h = size
    top = [(x, y, z + h), (x + w, y, z + h), (x + w, y + d, z + h), (x, y + d, z + h)]
    near = [(x, y, z), (x + w, y, z), (x + w, y, z + h), (x, y, z + h)]
    right = [(x + w, y, z), (x + w, y + d, z), (x + w, y + d, z + h), (x + w, y, z + h)]
    left = [(x, y, z), (x, y + d, z), (x, y + d, z + h), (x, y, z + h)]
    for face, bright in ((left, 0.72), (right, 0.62), (near, 0.82), (top, 1.05)):
        polygon = np.round(np.stack([canvas.at(*p) for p in face])).astype(np.int32)
        cv2.fillConvexPoly(cover, polygon, 1.0, cv2.LINE_8)
        cv2.fillConvexPoly(colour, polygon, tuple((tone * bright).tolist()), cv2.LINE_8)
    canvas.put(x + w / 2, y + d / 2, cover, colour, 0.85)


def _tree(canvas: Canvas, x: float, y: float) -> None:
    """A planter, a trunk and a crown of leaf clumps."""
    rng = canvas.plan.rng
    _box(canvas, np.array([x - 0.7, y - 0.7, 0.0]), np.array([1.4, 1.4, 0.45]), np.array([150.0, 146, 140]))
    cover, colour = canvas.blank()
    m = canvas.metre(x, y)
    foot, fork = canvas.at(x, y, 0.4), canvas.at(x, y, 3.4)
    for part in (cover, colour):
        tone = 1.0 if part is cover else (84.0, 70.0, 58.0)
        cv2.line(part, _round(foot), _round(fork), tone, max(2, int(0.2 * m)), cv2.LINE_8)
    green = np.array([74.0, 98.0, 50.0])
    for step in range(900):
        out = rng.normal(0, 1, 3) * (0.8, 0.8, 0.62)
        spot = canvas.at(x + out[0], y + out[1], 4.4 + out[2])
        bright = 0.55 + 0.3 * (out[2] + 1) / 2 + 0.16 * rng.random() + 0.12 * step / 900
        radius = int(max(2, m * rng.uniform(0.05, 0.13)))
        cv2.circle(cover, _round(spot), radius, 1.0, -1)
        cv2.circle(colour, _round(spot), radius, tuple((green * bright * rng.uniform(0.9, 1.15)).tolist()), -1)
    canvas.put(x, y, cover, colour, 0.9)


def _round(point: Doubles) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _lamp(canvas: Canvas, x: float, y: float) -> None:
    """A lamp post."""
    cover, colour = canvas.blank()
    m = canvas.metre(x, y)
    foot, top = canvas.at(x, y, 0), canvas.at(x, y, 4.6)
    for part, post, head in ((cover, 1.0, 1.0), (colour, (58.0, 62.0, 64.0), (206.0, 202.0, 188.0))):
        cv2.line(part, _round(foot), _round(top), post, max(2, int(0.11 * m)), cv2.LINE_8)
        cv2.line(part, _round(foot), _round(canvas.at(x, y, 0.5)), post, max(3, int(0.2 * m)), cv2.LINE_8)
        cv2.ellipse(part, _round(top), (int(0.26 * m), int(0.16 * m)), 0, 0, 360, head, -1)
    canvas.put(x, y, cover, colour, 0.9)


def _bench(canvas: Canvas, x: float, y: float) -> None:
    """A bench with a back."""
    wood, steel = np.array([138.0, 104, 70]), np.array([70.0, 72, 76])
    _box(canvas, np.array([x, y + 0.42, 0.45]), np.array([1.8, 0.06, 0.42]), wood)
    for dx in (0.1, 1.6):
        _box(canvas, np.array([x + dx, y, 0.0]), np.array([0.1, 0.4, 0.42]), steel)
    _box(canvas, np.array([x, y, 0.42]), np.array([1.8, 0.45, 0.06]), wood)


def furnish(canvas: Canvas) -> Doubles:
    """Put hedge, trees, lamps, benches and bollards in place, farthest first; returns the obstacles."""
    plan, rng = canvas.plan, canvas.plan.rng
    for x in np.arange(-26.0, 30.0, 4.2):
        if rng.random() < 0.75:
            tone = np.array([66.0, 84, 48]) * rng.uniform(0.9, 1.1)
            _box(canvas, np.array([x, 42.3, 0.0]), np.array([3.4, 0.7, 0.7]), tone)
    canvas.join(0, hides=False)
    things = [(y, _tree, x, 1.3) for x, y in plan.trees] + [(y, _lamp, x, 0.5) for x, y in plan.lamps]
    things += [(y, _bench, x, 0.0) for x, y in plan.benches]
    for y, build, x, _ in sorted(things, key=lambda t: -t[0]):
        already = len(canvas.occluders)
        build(canvas, float(x), float(y))
        canvas.join(already)
    for x in np.arange(-16.0, 18.0, 2.6):
        post = np.array([x, plan.band[0] - 0.62, 0.0])
        _box(canvas, post, np.array([0.14, 0.14, 0.75]), np.array([82.0, 84, 86]))
    round_things = [(x, y, r) for y, build, x, r in things if r] + [(x + 0.9, y + 0.2, 1.4) for x, y in plan.benches]
    return np.array(round_things, float).reshape(-1, 3)
