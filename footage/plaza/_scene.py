"""The plaza itself, without people: camera, ground, building, trees, lamps, benches, light and shade."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from footage.plaza import _texture
from footage.plaza._view import View

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
Generator = np.random.Generator

PPM = 32  # texture pixels per metre
LEFT, RIGHT, NEAR, FAR = -34.0, 34.0, 7.0, 47.0  # metres of ground that are painted
OVER = 2  # supersampling of the background
SHADED = np.array([0.50, 0.53, 0.60], np.float32)  # light that is left in the shade


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
    cover: npt.NDArray[np.float32]
    rest: npt.NDArray[np.float32]
    solid: npt.NDArray[np.bool_]

    @property
    def area(self) -> tuple[slice, slice]:
        """Rows and columns that it touches."""
        height, width = self.cover.shape
        return slice(self.y, self.y + height), slice(self.x, self.x + width)


@dataclass(frozen=True)
class Scene:
    """What does not move.

    Attributes:
        view: the camera.
        lit, shaded: (H, W, 3) uint8, the plaza with sun and without.
        sunlit: (H, W) float32, share of sunlight that reaches the ground.
        occluders: what stands in front of people.
        slant: (2,) metres that a shadow moves for each metre of height.
        band: y of the paved area's near and far border in metres.
        obstacles: (M, 3) x, y and radius in metres of what people walk round.
    """

    view: View
    lit: Image
    shaded: Image
    sunlit: npt.NDArray[np.float32]
    occluders: tuple[Occluder, ...]
    slant: Array
    band: tuple[float, float]
    obstacles: Array


@dataclass(frozen=True)
class _Plan:
    """Layout of a scene before it is painted."""

    view: View
    slant: Array
    band: tuple[float, float]
    trees: Array
    lamps: Array
    benches: Array
    stone: npt.NDArray[np.float32]
    grass: npt.NDArray[np.float32]
    wall: npt.NDArray[np.float32]
    rng: Generator


def _tone(red: float, green: float, blue: float) -> npt.NDArray[np.float32]:
    return np.array([red, green, blue], np.float32)


def _spread(rng: Generator, near: float, least: int) -> Array:
    """(n, 2) places on the paving, at least ``least``."""
    number = int(rng.integers(least, least + 4))
    return np.stack([rng.uniform(-13, 15, number), rng.uniform(near + 5, 38, number)], 1)


def _plan(scene: int, size: tuple[int, int], zoom: float) -> _Plan:
    """Lay the plaza out; scene 0 is the demo's camera."""
    width, height = size
    rng = np.random.default_rng([scene, 71])
    stone, grass, wall = _tone(198, 190, 178), _tone(104, 128, 66), _tone(196, 172, 146)
    focal, raised, yaw, pitch, near = 700.0, 6.5, 0.14, 0.262, 17.0
    slant = np.array([0.85, -0.30])
    trees = np.array([[-8.5, 30.0], [9.5, 36.5]])
    lamps, benches = np.array([[3.6, 24.5]]), np.array([[-6.2, 33.5], [12.5, 33.0]])
    if scene:
        focal, raised, yaw = rng.uniform(620, 820), rng.uniform(5.0, 8.5), rng.uniform(-0.4, 0.4)
        pitch, near = rng.uniform(0.2, 0.32), rng.uniform(15.5, 18.5)
        slant = np.array([rng.uniform(-1.1, 1.1), rng.uniform(-0.7, 0.6)])
        stone = _tone(*rng.uniform(130, 195) * rng.normal(1, 0.04, 3))
        grass, wall = (
            grass * np.float32(rng.uniform(0.8, 1.2)),
            _tone(*rng.uniform(90, 200) * rng.normal(1, 0.08, 3)),
        )
        trees, lamps, benches = (_spread(rng, near, least) for least in (0, 1, 0))
    view = View(width, height, focal * width / 640 * zoom, raised, yaw, pitch)
    return _Plan(view, slant, (near + 0.8, 41.0), trees, lamps, benches, stone, grass, wall, rng)


def _ground(plan: _Plan) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Ground seen from above: (rows, columns, 3) colour and (rows, columns) sunlight; row 0 is nearest."""
    rows, columns = int((FAR - NEAR) * PPM), int((RIGHT - LEFT) * PPM)
    rng, near = plan.rng, plan.band[0] - 0.8
    ground = _texture.paving(rng, rows, columns, PPM, plan.stone)
    edge = int((near - NEAR) * PPM)
    ground[:edge] = _texture.lawn(rng, edge, columns, PPM, plan.grass)
    kerb = slice(edge, edge + int(0.28 * PPM))
    ground[kerb] = (
        plan.stone * 1.12 * (1 + 0.03 * _texture.clouds(rng, kerb.stop - kerb.start, columns, (PPM, 3)))[..., None]
    )
    ground[edge : edge + 2] *= np.float32(0.6)
    ground[kerb, :: int(1.0 * PPM)] *= np.float32(0.7)
    sun = np.ones((rows, columns), np.float32)
    if plan.slant[1] < 0:
        strip = int((44.0 + 11.0 * plan.slant[1] - NEAR) * PPM)
        sun[max(strip, 0) :] = 0
    side = np.array([[LEFT, 46], [LEFT, 12], [-21, 16], [-14.5, 23], [-14.5, 26], [-19, 47]])
    corners = np.round((side - [LEFT, NEAR]) * PPM).astype(np.int32)
    if plan.slant[0] > 0:
        cv2.fillPoly(sun, [corners], 0.0)
    for x, y in plan.trees:
        _tree_shadow(plan, sun, float(x), float(y))
    for x, y in plan.lamps:
        base = np.array([x - LEFT, y - NEAR])
        tip = base + plan.slant * 4.6
        cv2.line(sun, _pixel(base), _pixel(tip), 0.0, 4, cv2.LINE_AA)
    return ground, cv2.GaussianBlur(sun, (0, 0), 3.5)


def _pixel(point: Array) -> tuple[int, int]:
    return round(float(point[0]) * PPM), round(float(point[1]) * PPM)


def _tree_shadow(plan: _Plan, sun: npt.NDArray[np.float32], x: float, y: float) -> None:
    """Dappled shade of one crown and its trunk, in place."""
    base = np.array([x - LEFT, y - NEAR])
    cv2.line(sun, _pixel(base), _pixel(base + plan.slant * 3.0), 0.0, 8, cv2.LINE_AA)
    for _ in range(260):
        up, out = plan.rng.uniform(2.8, 6.0), plan.rng.normal(0, 0.85, 2)
        cv2.circle(sun, _pixel(base + plan.slant * up + out), int(plan.rng.integers(5, 13)), 0.0, -1, cv2.LINE_AA)


def _warp(plan: _Plan, texture: npt.NDArray[np.float32], origin: Array, u: Array, v: Array) -> npt.NDArray[np.float32]:
    """See a flat texture with ``PPM`` pixels per metre through the camera, supersampled."""
    size = (plan.view.width * OVER, plan.view.height * OVER)
    shrink = np.diag([1 / PPM, 1 / PPM, 1.0])
    matrix = np.diag([OVER, OVER, 1.0]) @ plan.view.plane(origin, u, v) @ shrink
    seen: npt.NDArray[np.float32] = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=0)
    return seen


class _Canvas:
    """The supersampled background while things are put on it, and what they cover."""

    def __init__(self, plan: _Plan, colour: npt.NDArray[np.float32], sun: npt.NDArray[np.float32]) -> None:
        self.plan, self.colour, self.sun = plan, colour, sun
        self.occluders: list[Occluder] = []

    def at(self, x: float, y: float, z: float) -> Array:
        """Supersampled pixel of a world point."""
        uv, _ = self.plan.view.project(np.array([x, y, z]))
        return uv * OVER

    def metre(self, x: float, y: float) -> float:
        """Supersampled pixels per metre at a place on the ground."""
        _, depth = self.plan.view.project(np.array([x, y, 0.0]))
        return float(self.plan.view.focal / depth * OVER)

    def put(
        self, x: float, y: float, cover: npt.NDArray[np.float32], colour: npt.NDArray[np.float32], light: float
    ) -> None:
        """Lay a thing with coverage (H', W') and colour over the background and keep it as an occluder."""
        a = cover[..., None]
        self.colour[:] = self.colour * (1 - a) + colour * a
        self.sun[:] = self.sun * (1 - cover) + light * cover
        small = cv2.resize(cover, (self.plan.view.width, self.plan.view.height), interpolation=cv2.INTER_AREA)
        _, depth = self.plan.view.project(np.array([x, y, 0.0]))
        self._keep(small, float(depth))

    def join(self, first: int, hides: bool = True) -> None:
        """Make one occluder of those put since number ``first``, or none where nobody can pass behind."""
        parts, self.occluders = self.occluders[first:], self.occluders[:first]
        if hides and parts:
            whole = np.zeros((self.plan.view.height, self.plan.view.width), np.float32)
            for part in parts:
                whole[part.area] = np.maximum(whole[part.area], part.cover)
            self._keep(whole, min(part.depth for part in parts))

    def _keep(self, cover: npt.NDArray[np.float32], depth: float) -> None:
        """Keep a thing with coverage (H, W) as an occluder, if it can be seen."""
        ys, xs = np.nonzero(cover > 0.02)
        if len(xs):
            x, y = int(xs.min()), int(ys.min())
            part = cover[y : int(ys.max()) + 1, x : int(xs.max()) + 1].copy()
            self.occluders.append(Occluder(depth, x, y, part, 1 - part, part > 0.5))

    def blank(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Empty coverage and colour."""
        return np.zeros(self.sun.shape, np.float32), np.zeros(self.colour.shape, np.float32)


def _box(canvas: _Canvas, corner: Array, size: Array, tone: Array) -> None:
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


def _tree(canvas: _Canvas, x: float, y: float) -> None:
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


def _round(point: Array) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _lamp(canvas: _Canvas, x: float, y: float) -> None:
    """A lamp post."""
    cover, colour = canvas.blank()
    m = canvas.metre(x, y)
    foot, top = canvas.at(x, y, 0), canvas.at(x, y, 4.6)
    for part, post, head in ((cover, 1.0, 1.0), (colour, (58.0, 62.0, 64.0), (206.0, 202.0, 188.0))):
        cv2.line(part, _round(foot), _round(top), post, max(2, int(0.11 * m)), cv2.LINE_8)
        cv2.line(part, _round(foot), _round(canvas.at(x, y, 0.5)), post, max(3, int(0.2 * m)), cv2.LINE_8)
        cv2.ellipse(part, _round(top), (int(0.26 * m), int(0.16 * m)), 0, 0, 360, head, -1)
    canvas.put(x, y, cover, colour, 0.9)


def _bench(canvas: _Canvas, x: float, y: float) -> None:
    """A bench with a back."""
    wood, steel = np.array([138.0, 104, 70]), np.array([70.0, 72, 76])
    _box(canvas, np.array([x, y + 0.42, 0.45]), np.array([1.8, 0.06, 0.42]), wood)
    for dx in (0.1, 1.6):
        _box(canvas, np.array([x + dx, y, 0.0]), np.array([0.1, 0.4, 0.42]), steel)
    _box(canvas, np.array([x, y, 0.42]), np.array([1.8, 0.45, 0.06]), wood)


def _furnish(canvas: _Canvas) -> Array:
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


def _small(picture: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    reduced: npt.NDArray[np.float32] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return reduced


@lru_cache(maxsize=8)
def build(scene: int, size: tuple[int, int], zoom: float = 1.0) -> Scene:
    """Paint a plaza; the same arguments always give the same one.

    Args:
        scene: 0 is the demo's camera; other numbers give other layouts, viewpoints, materials and suns.
        size: (width, height) of the picture in pixels.
        zoom: factor on the focal length.
    """
    plan = _plan(scene, size, zoom)
    x, y, z = np.eye(3)
    ground, sun = _ground(plan)
    origin = np.array([LEFT, NEAR, 0.0])
    colour, sunlit = _warp(plan, ground, origin, x, y), _warp(plan, sun, origin, x, y)
    wall = _texture.facade(plan.rng, 12 * PPM, int((RIGHT - LEFT) * PPM), PPM, plan.wall)
    corner = np.array([LEFT, 44.0, 12.0])
    front = _warp(plan, wall, corner, x, -z)
    there = _warp(plan, np.ones(wall.shape[:2], np.float32), corner, x, -z)
    colour = colour * (1 - there[..., None]) + front * there[..., None]
    bright = 0.0 if plan.slant[1] < 0 else 0.9
    sunlit = sunlit * (1 - there) + bright * there
    canvas = _Canvas(plan, colour, sunlit)
    obstacles = _furnish(canvas)
    share = canvas.sun[..., None]
    lit = _small(canvas.colour * (share + (1 - share) * SHADED), size).clip(0, 255).astype(np.uint8)
    shaded = _small(canvas.colour * SHADED, size).clip(0, 255).astype(np.uint8)
    occluders = tuple(canvas.occluders)
    return Scene(plan.view, lit, shaded, _small(canvas.sun, size), occluders, plan.slant, plan.band, obstacles)
