"""The plaza itself, without people: camera, ground, building, trees, lamps, benches, light and shade."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from core.arrays import Doubles, Floats, Images
from plaza import _texture
from plaza._furniture import OVER, Canvas, Occluder, Plan, furnish
from plaza._view import View

Generator = np.random.Generator

PPM = 32  # texture pixels per metre
LEFT, RIGHT, NEAR, FAR = -34.0, 34.0, 7.0, 47.0  # metres of ground that are painted
SHADED = np.array([0.50, 0.53, 0.60], np.float32)  # light that is left in the shade


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
    lit: Images
    shaded: Images
    sunlit: Floats
    occluders: tuple[Occluder, ...]
    slant: Doubles
    band: tuple[float, float]
    obstacles: Doubles


def _tone(red: float, green: float, blue: float) -> Floats:
    return np.array([red, green, blue], np.float32)


def _spread(rng: Generator, near: float, least: int) -> Doubles:
    """(n, 2) places on the paving, at least ``least``."""
    number = int(rng.integers(least, least + 4))
    return np.stack([rng.uniform(-13, 15, number), rng.uniform(near + 5, 38, number)], 1)


def _plan(scene: int, size: tuple[int, int], zoom: float) -> Plan:
    """Lay the plaza out; scene 0 is the demo's camera."""
    width, height = size
    rng = np.random.default_rng([scene, 71])
    stone, grass, wall = _tone(198, 190, 178), _tone(104, 128, 66), _tone(196, 172, 146)
    focal, raised, yaw, pitch, near = 700.0, 6.5, 0.14, 0.262, 17.0
    slant = np.array([0.85, -0.30])
    trees = np.array([[-8.5, 30.0], [9.5, 36.5]])
    lamps, benches = np.array([[3.6, 24.5]]), np.array([[-6.2, 33.5], [12.5, 33.0]])
    if scene:
        focal, raised, yaw = rng.uniform(620, 820), rng.uniform(5.0, 8.5), rng.uniform(-0.2, 0.2)
        pitch, near = rng.uniform(0.2, 0.32), rng.uniform(15.5, 18.5)
        slant = np.array([rng.uniform(-1.1, 1.1), rng.uniform(-0.7, 0.6)])
        stone = _tone(*rng.uniform(130, 195) * rng.normal(1, 0.02, 3))
        grass, wall = (grass * np.float32(rng.uniform(0.8, 1.2)), _tone(*rng.uniform(90, 200) * rng.normal(1, 0.05, 3)))
        trees, lamps, benches = (_spread(rng, near, least) for least in (0, 1, 0))
    view = View(width, height, focal * width / 640 * zoom, raised, yaw, pitch)
    return Plan(view, slant, (near + 0.8, 41.0), trees, lamps, benches, stone, grass, wall, rng)


def _ground(plan: Plan) -> tuple[Floats, Floats]:
    """Ground seen from above: (rows, columns, 3) colour and (rows, columns) sunlight; row 0 is nearest."""
    rows, columns = int((FAR - NEAR) * PPM), int((RIGHT - LEFT) * PPM)
    rng, near = plan.rng, plan.band[0] - 0.8
    ground = _texture.paving(rng, rows, columns, PPM, plan.stone)
    edge = int((near - NEAR) * PPM)
    ground[:edge] = _texture.lawn(rng, edge, columns, PPM, plan.grass)
    kerb = slice(edge, edge + int(0.28 * PPM))
    grain = _texture.clouds(rng, kerb.stop - kerb.start, columns, (PPM, 3))
    ground[kerb] = plan.stone * 1.12 * (1 + 0.03 * grain)[..., None]
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


def _pixel(point: Doubles) -> tuple[int, int]:
    return round(float(point[0]) * PPM), round(float(point[1]) * PPM)


def _tree_shadow(plan: Plan, sun: Floats, x: float, y: float) -> None:
    """Dappled shade of one crown and its trunk, in place."""
    base = np.array([x - LEFT, y - NEAR])
    cv2.line(sun, _pixel(base), _pixel(base + plan.slant * 3.0), 0.0, 8, cv2.LINE_AA)
    for _ in range(260):
        up, out = plan.rng.uniform(2.8, 6.0), plan.rng.normal(0, 0.85, 2)
        cv2.circle(sun, _pixel(base + plan.slant * up + out), int(plan.rng.integers(5, 13)), 0.0, -1, cv2.LINE_AA)


def _warp(plan: Plan, texture: Floats, origin: Doubles, u: Doubles, v: Doubles) -> Floats:
    """See a flat texture with ``PPM`` pixels per metre through the camera, supersampled."""
    size = (plan.view.width * OVER, plan.view.height * OVER)
    shrink = np.diag([1 / PPM, 1 / PPM, 1.0])
    matrix = np.diag([OVER, OVER, 1.0]) @ plan.view.plane(origin, u, v) @ shrink
    seen: Floats = cv2.warpPerspective(texture, matrix, size, flags=cv2.INTER_LINEAR, borderValue=0)
    return seen


def _small(picture: Floats, size: tuple[int, int]) -> Floats:
    reduced: Floats = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
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
    canvas = Canvas(plan, colour, sunlit)
    obstacles = furnish(canvas)
    share = canvas.sun[..., None]
    lit = _small(canvas.colour * (share + (1 - share) * SHADED), size).clip(0, 255).astype(np.uint8)
    shaded = _small(canvas.colour * SHADED, size).clip(0, 255).astype(np.uint8)
    occluders = tuple(canvas.occluders)
    return Scene(plan.view, lit, shaded, _small(canvas.sun, size), occluders, plan.slant, plan.band, obstacles)
