"""Motor vehicles as solids in local coordinates: motorcycles, scooters and cars of several shapes."""

from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles
from plaza._vehicles import RUBBER, STEEL, Part, X, Y, Z, box, tube, wheel

GRIP = np.array([0.42, 0.0, 1.02])
GLASS, DARK = np.array([52.0, 62, 74]), np.array([40.0, 42, 46])
WHITE, RED = np.array([236.0, 232, 214]), np.array([168.0, 36, 32])


def motorcycle(colour: Doubles, roll: float, scooter: bool) -> list[Part]:
    """Make a motorcycle, or a scooter with a leg shield; ``roll`` is the turn of the wheels in radians."""
    radius = 0.23 if scooter else 0.3
    rear, front = np.array([-0.68, 0, radius + 0.04]), np.array([0.68, 0, radius + 0.04])
    parts = wheel(rear, radius - 0.04, 0.07, RUBBER) + wheel(front, radius - 0.04, 0.07, RUBBER)
    for turn in (0.0, np.pi / 2):
        spoke = (radius - 0.05) * np.array([np.cos(turn - roll), 0, np.sin(turn - roll)])
        parts += [tube(hub - spoke, hub + spoke, 0.02, STEEL) for hub in (rear, front)]
    parts.append(tube(front, GRIP - 0.12 * X, 0.045, STEEL))
    engine = np.array([[x, y, z] for x in (-0.2, 0.2) for y in (-0.1, 0.1) for z in (0.34, 0.55)])
    seat = np.array([[-0.75, 0, 0.84], [-0.2, 0.05, 0.78], [-0.2, -0.05, 0.78]])
    tank = np.array([[-0.12, 0, 0.76], [0.3, 0.07, 0.8], [0.3, -0.07, 0.8]])
    parts += [(engine, np.full(8, 0.06), DARK), (seat, np.full(3, 0.08), DARK)]
    parts.append((tank, np.full(3, 0.12), colour))
    parts.append((np.stack([rear + 0.1 * Z, seat[0] - 0.1 * Z]), np.array([0.1, 0.09]), colour))
    if scooter:
        shield = np.array([[0.38, y, z] for y in (-0.2, 0.2) for z in (0.32, 0.92)])
        floor = np.array([[x, y, 0.28] for x in (-0.3, 0.36) for y in (-0.16, 0.16)])
        parts += [(shield, np.full(4, 0.04), colour), (floor, np.full(4, 0.05), colour * 0.8)]
    parts.append(tube(GRIP + 0.34 * Y, GRIP - 0.34 * Y, 0.022, DARK))
    parts.append(tube(GRIP + np.array([0.08, 0, -0.12]), GRIP + np.array([0.1, 0, -0.13]), 0.085, WHITE))
    parts.append(tube(rear + np.array([-0.2, 0, 0.36]), rear + np.array([-0.2, 0, 0.37]), 0.05, RED))
    return parts


@dataclass(frozen=True)
class Body:
    """Shape of a car in metres.

    Attributes:
        long, wide, high: outer size.
        waist: height at which the panes begin.
        front, rear: x at which windscreen and rear pane begin, at the waist.
        slope: how far both lean inwards up to the roof.
    """

    long: float
    wide: float
    high: float
    waist: float
    front: float
    rear: float
    slope: tuple[float, float]


SHAPES = ((4.4, 1.44, 0.75, -1.5), (3.9, 1.5, 0.7, -1.9), (4.4, 1.75, 0.75, -2.1), (4.6, 1.95, 1.5, -2.25))
"""Length, height, and x of windscreen and rear pane of saloon, hatchback, off-roader and van, in metres."""


def body(rng: np.random.Generator) -> Body:
    """Draw a saloon, a hatchback, an off-roader or a van."""
    kind = rng.integers(4)
    long, high, front, rear = SHAPES[kind]
    scale, slope = rng.uniform(0.93, 1.07), (0.75 if kind < 3 else 0.5, (0.7, 0.35, 0.15, 0.05)[kind])
    return Body(long * scale, 1.76 * scale, high * scale, 0.6 * high * scale, front * scale, rear * scale, slope)


def car(shape: Body, colour: Doubles, roll: float) -> list[Part]:
    """Make a car; ``roll`` is the turn of its wheels in radians."""
    half, side = shape.long / 2, shape.wide / 2
    parts = box((-half, -side, 0.26), (shape.long, shape.wide, shape.waist - 0.26), colour)
    parts += _cabin(shape, colour)
    for y in (-side, side):
        for x in (-half * 0.62, half * 0.64):
            hub = np.array([x, y, 0.31])
            rim = hub + 0.23 * np.array([[np.cos(a), 0, np.sin(a)] for a in np.linspace(0, 2 * np.pi, 9)[:-1]])
            parts.append((rim + 0.03 * np.sign(y) * Y, np.full(8, 0.08), RUBBER))
            parts.append((hub + 0.09 * np.sign(y) * Y + (rim - hub) * 0.6, np.full(8, 0.02), STEEL))
            nut = 0.12 * np.array([np.cos(roll), 0, -np.sin(roll)])
            parts.append(tube(hub - nut + 0.12 * np.sign(y) * Y, hub + nut + 0.12 * np.sign(y) * Y, 0.025, DARK))
        for x, light in ((half + 0.07, WHITE), (-half - 0.07, RED)):
            lamp = np.array([[x, y * 0.7, shape.waist - 0.2], [x, y * 0.9, shape.waist - 0.18]])
            parts.append((lamp, np.full(2, 0.07), light))
    parts.append(tube(np.array([half + 0.02, -0.4, 0.42]), np.array([half + 0.02, 0.4, 0.42]), 0.09, DARK))
    parts.append(tube(np.array([-half - 0.02, -0.25, 0.5]), np.array([-half - 0.02, 0.25, 0.5]), 0.06, WHITE))
    return parts


def _cabin(shape: Body, colour: Doubles) -> list[Part]:
    """Make roof, panes and pillars above the waist."""
    low, top, side, inset = shape.waist, shape.high, shape.wide / 2, 0.14
    front, rear = shape.front, shape.rear
    up = (front - shape.slope[0], rear + shape.slope[1])

    def corners(y: float, z: float, ends: tuple[float, float]) -> Doubles:
        return np.array([[ends[0], y, z], [ends[1], y, z]])

    parts: list[Part] = []
    for s in (-1.0, 1.0):
        flank = np.concatenate([corners(s * (side - 0.02), low, (front, rear)), corners(s * (side - inset), top, up)])
        parts.append((flank, np.full(4, 0.01), colour * 0.7))
        centre = flank.mean(0)
        pane = centre + (flank - centre) * [0.86, 1.0, 0.72] + np.array([0, s * 0.03, 0])
        parts.append((pane, np.full(4, 0.01), GLASS))
        pillar = pane.mean(0) + 0.04 * s * Y
        parts.append(tube(pillar - 0.2 * Z, pillar + 0.16 * Z, 0.03, colour * 0.7))
    for x, x_top, out in ((front, up[0], 0.02), (rear, up[1], -0.02)):
        edges = (x, side - 0.1, low), (x_top, side - inset - 0.06, top - 0.05)
        screen = np.array([[ahead, s * aside, up_to] for ahead, aside, up_to in edges for s in (-1, 1)])
        parts.append((screen + out * X, np.full(4, 0.01), GLASS * 1.15))
    roof = np.concatenate([corners(s * (side - inset), top, up) for s in (-1.0, 1.0)])
    parts.append((roof, np.full(4, 0.03), np.clip(colour * 1.08, 0, 250)))
    return parts
