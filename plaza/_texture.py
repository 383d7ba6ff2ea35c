"""Surfaces of the plaza: paving, lawn, façade, all (rows, columns, 3) float32 RGB, 0 to 255, seen straight on."""

import cv2
import numpy as np

from core.arrays import Floats

Generator = np.random.Generator


LEAVES = ((168.0, 128.0, 60.0), (140.0, 92.0, 48.0), (196.0, 168.0, 76.0))


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
