"""The plaza itself, without people: camera, ground and façade, trees, lamps, benches, light and shade."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from core.arrays import Doubles, Floats, Images
from plaza._furniture import OVER, Canvas, Occluder, Plan, furnish
from plaza._view import View

Generator = np.random.Generator


LEAVES = ((168.0, 128.0, 60.0), (140.0, 92.0, 48.0), (196.0, 168.0, 76.0))

PPM = 32  # texture pixels per metre
LEFT, RIGHT, NEAR, FAR = -34.0, 34.0, 7.0, 47.0  # metres of ground that are painted
SHADED = np.array([0.50, 0.53, 0.60], np.float32)  # light that is left in the shade


def clouds(rng: Generator, rows: int, columns: int, sizes: tuple[int, ...]) -> Floats:
    """Smooth noise of several grain sizes in pixels, mean 0, standard deviation about 1."""
    total = np.zeros((rows, columns), np.float32)
    for size in sizes:
        coarse = rng.standard_normal((rows // size + 3, columns // size + 3), dtype=np.float32)
        total += cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC)
    grey: Floats = total / np.float32(np.sqrt(len(sizes)))
    return grey


def paving(rng: Generator, rows: int, columns: int, ppm: int, tone: Floats) -> Floats:
    """Stone slabs in running bond with joints, stains and darker bands."""
    slab, long = int(0.6 * ppm), int(0.9 * ppm)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.int32)
    course = y // slab
    shifted = x + (course % 2) * (long // 2)
    brick = shifted // long
    tint = rng.normal(1.0, 0.055, (rows // slab + 2, columns // long + 3)).astype(np.float32)
    warm = rng.normal(0.0, 2.5, tint.shape).astype(np.float32)
    value = tint[course, brick]
    band = ((course % 9) == 0) | ((x // long) % 11 == 5)
    value = np.where(band, value * np.float32(0.80), value)
    joint = (y % slab < max(1, ppm // 22)) | (shifted % long < max(1, ppm // 22))
    value = np.where(joint, value * np.float32(0.72), value)
    value *= 1 + 0.035 * clouds(rng, rows, columns, (ppm * 5, ppm * 2, ppm)) + 0.02 * clouds(rng, rows, columns, (2,))
    stone = value[..., None] * tone
    stone[..., 0] += warm[course, brick]
    stone[..., 2] -= warm[course, brick]
    for _ in range(26):
        centre = (int(rng.integers(columns)), int(rng.integers(rows)))
        spot = np.zeros((rows, columns), np.uint8)
        cv2.ellipse(spot, centre, (int(rng.integers(4, ppm)), int(rng.integers(3, ppm // 2))), 0, 0, 360, 255, -1)
        stone[spot > 0] *= np.float32(rng.uniform(0.9, 0.97))
    finished: Floats = stone
    return finished


def lawn(rng: Generator, rows: int, columns: int, ppm: int, tone: Floats) -> Floats:
    """Mown grass: stripes, clumps, blades."""
    slope = np.arange(columns, dtype=np.float32)[None] + 0.35 * np.arange(rows, dtype=np.float32)[:, None]
    stripes = np.tanh(4 * np.sin(slope * np.float32(2 * np.pi / (3.0 * ppm))))
    value = 1 + 0.045 * stripes + 0.035 * clouds(rng, rows, columns, (ppm * 4, ppm, ppm // 4))
    value = value + 0.10 * clouds(rng, rows, columns, (3, 2)) + 0.07 * rng.standard_normal((rows, columns), np.float32)
    grass = value[..., None] * tone
    dry = np.clip(clouds(rng, rows, columns, (ppm * 4, ppm, ppm // 3)) - 0.9, 0, 1)[..., None]
    for _ in range(320):
        at = (int(rng.integers(columns)), int(rng.integers(rows)))
        leaf = LEAVES[int(rng.integers(len(LEAVES)))]
        cv2.ellipse(grass, at, (2, 1), float(rng.uniform(0, 180)), 0, 360, leaf, -1)
    mixed: Floats = grass * (1 - 0.35 * dry) + 0.35 * dry * np.array([150, 140, 86], np.float32)
    return mixed


def _window(face: Floats, rng: Generator, box: tuple[int, int, int, int]) -> None:
    """Draw one window with frame, glass and what it mirrors, in place."""
    x1, y1, x2, y2 = box
    frame = float(rng.uniform(60, 90))
    cv2.rectangle(face, (x1 - 2, y1 - 2), (x2 + 2, y2 + 2), (frame, frame, frame * 1.02), -1)
    glass = np.array([54, 66, 80]) * rng.uniform(0.6, 1.25)
    cv2.rectangle(face, (x1, y1), (x2, y2), tuple(glass.tolist()), -1)
    sky = [(x1, y1), (x2, y1), (x1, y1 + int((y2 - y1) * rng.uniform(0.2, 0.9)))]
    cv2.fillConvexPoly(face, np.array(sky, np.int32), tuple((glass * 1.35 + 12).tolist()))
    if rng.random() < 0.4:
        drop = y1 + int((y2 - y1) * rng.uniform(0.25, 0.7))
        cv2.rectangle(face, (x1, y1), (x2, drop), (176.0, 170.0, 158.0), -1)
    cv2.line(face, ((x1 + x2) // 2, y1), ((x1 + x2) // 2, y2), (frame, frame, frame), 1)


def facade(rng: Generator, rows: int, columns: int, ppm: int, tone: Floats) -> Floats:
    """A building's front: ground floor of glass and pillars, two storeys of windows above; row 0 is the top."""
    wall = tone * (1 + 0.05 * clouds(rng, rows, columns, (ppm * 3, ppm, 4)))[..., None]
    for y in range(0, rows, max(3, ppm // 4)):
        wall[y : y + 1] *= np.float32(0.93)
    storey = int(3.4 * ppm)
    for top in range(rows - 4 * ppm - storey, -storey, -storey):
        for x in range(int(0.8 * ppm), columns - 2 * ppm, int(2.6 * ppm)):
            _window(wall, rng, (x, top + int(0.9 * ppm), x + int(1.5 * ppm), top + int(2.7 * ppm)))
    ground = rows - int(3.6 * ppm)
    wall[ground:] *= np.float32(0.5)
    bay = int(3.2 * ppm)
    for x in range(0, columns, bay):
        shop = (rng.uniform(0.7, 1.5) * np.array([58, 64, 70])).tolist()
        cv2.rectangle(wall, (x + int(0.5 * ppm), ground + int(0.7 * ppm)), (x + bay, rows), tuple(shop), -1)
        glow = (rng.uniform(0.8, 1.6) * np.array([92, 84, 66])).tolist()
        low, high = x + int(0.8 * ppm), x + bay - int(0.3 * ppm)
        cv2.rectangle(wall, (low, ground + int(1.0 * ppm)), (high, rows - int(0.5 * ppm)), tuple(glow), -1)
        for _ in range(5):
            at = int(rng.integers(low, high - 3))
            corner = at, rows - int(rng.uniform(0.7, 2.2) * ppm)
            other = at + int(rng.uniform(0.1, 0.5) * ppm), rows - int(0.5 * ppm)
            cv2.rectangle(wall, corner, other, tuple((rng.uniform(30, 120) * rng.uniform(0.75, 1.25, 3)).tolist()), -1)
        if rng.random() < 0.45:
            awning = rng.choice([[150, 60, 50], [60, 92, 84], [172, 150, 110], [70, 80, 110]]) * 1.0
            corners = (x + int(0.4 * ppm), ground + int(0.3 * ppm)), (x + bay, ground + ppm)
            cv2.rectangle(wall, *corners, awning.tolist(), -1)
    wall[ground - int(0.35 * ppm) : ground] = tone * np.float32(0.82)
    return wall


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
    ground = paving(rng, rows, columns, PPM, plan.stone)
    edge = int((near - NEAR) * PPM)
    ground[:edge] = lawn(rng, edge, columns, PPM, plan.grass)
    kerb = slice(edge, edge + int(0.28 * PPM))
    grain = clouds(rng, kerb.stop - kerb.start, columns, (PPM, 3))
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
    wall = facade(plan.rng, 12 * PPM, int((RIGHT - LEFT) * PPM), PPM, plan.wall)
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
