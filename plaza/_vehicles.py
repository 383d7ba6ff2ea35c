"""Things that do not walk, as solids in local coordinates: bicycle, skateboard, cart, bag, motorcycles and cars.

Local coordinates are metres forward, left and up from the thing's place on the ground. Each builder gives a list of
``(part name, (k, 3) centres, (k,) radii, RGB)``; the caller moves them into the world.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles

Part = tuple[Doubles, Doubles, Doubles]  # (k, 3) centres, (k,) radii, (3,) RGB
Place = Doubles | tuple[float, float, float]

WHEEL, REAR, FRONT, CRANK = 0.34, -0.50, 0.55, 0.17
BRACKET, SADDLE = np.array([-0.05, 0.0, 0.29]), np.array([-0.20, 0.0, 0.93])
HEAD_TUBE, BAR = np.array([0.40, 0.0, 0.86]), np.array([0.44, 0.0, 1.02])
X, Y, Z = np.eye(3)
RUBBER, STEEL = np.array([30.0, 30, 32]), np.array([150.0, 152, 156])
GRIP = np.array([0.42, 0.0, 1.02])
GLASS, DARK = np.array([52.0, 62, 74]), np.array([40.0, 42, 46])
WHITE, RED = np.array([236.0, 232, 214]), np.array([168.0, 36, 32])


def tube(a: Place, b: Place, radius: float, colour: Doubles) -> Part:
    """Make one straight bar."""
    return np.array([a, b], np.float64), np.full(2, radius), colour


def wheel(hub: Doubles, radius: float, thick: float, colour: Doubles) -> list[Part]:
    """Make a rim in the forward-up plane of short bars."""
    turn = np.linspace(0, 2 * np.pi, 15)
    rim = hub + radius * np.stack([np.cos(turn), 0 * turn, np.sin(turn)], -1)
    return [tube(rim[i], rim[i + 1], thick, colour) for i in range(14)]


def bicycle(phase: float, colour: Doubles, bar: Doubles = BAR) -> list[Part]:
    """Make a bicycle whose pedals stand at ``phase`` radians and whose handlebar is at ``bar`` (3,)."""
    rear, front = np.array([REAR, 0, WHEEL]), np.array([FRONT, 0, WHEEL])
    parts = wheel(rear, WHEEL - 0.02, 0.026, RUBBER) + wheel(front, WHEEL - 0.02, 0.026, RUBBER)
    for turn in (0.0, np.pi / 3, 2 * np.pi / 3):
        for hub in (rear, front):
            spoke = 0.3 * np.array([np.cos(turn - phase * 2.5), 0, np.sin(turn - phase * 2.5)])
            parts.append(tube(hub - spoke, hub + spoke, 0.007, STEEL))
    bars = [(rear, BRACKET), (rear, SADDLE - 0.12 * Z), (BRACKET, SADDLE - 0.12 * Z), (BRACKET, HEAD_TUBE)]
    bars += [(SADDLE - 0.14 * Z, HEAD_TUBE), (HEAD_TUBE, front), (HEAD_TUBE, bar)]
    parts += [tube(np.asarray(a), np.asarray(b), 0.024, colour) for a, b in bars]
    parts.append(tube(SADDLE - 0.1 * X, SADDLE + 0.1 * X, 0.045, RUBBER))
    parts.append(tube(bar + 0.25 * Y, bar - 0.25 * Y, 0.02, RUBBER))
    for side in (0, 1):
        parts.append(tube(BRACKET, pedal(phase, side), 0.016, STEEL))
    return parts


def pedal(phase: float, side: int) -> Doubles:
    """Local place of the left (0) or right (1) pedal."""
    turn = -phase + np.pi * side
    offset = np.array([np.cos(turn) * CRANK, 0.1 * (1 - 2 * side), np.sin(turn) * CRANK])
    return np.asarray(BRACKET + offset)


def skateboard(colour: Doubles) -> list[Part]:
    """Make a board with raised ends and four wheels."""
    deck = np.array([[x, y, 0.11] for x in (-0.3, 0.3) for y in (-0.075, 0.075)])
    parts = [(deck, np.full(4, 0.022), colour)]
    parts += [tube((s * 0.3, 0, 0.11), (s * 0.43, 0, 0.16), 0.05, colour) for s in (1, -1)]
    for x in (-0.25, 0.25):
        for y in (-0.08, 0.08):
            parts.append(tube((x, y, 0.045), (x, y * 0.9, 0.045), 0.042, np.array([206.0, 200, 180])))
    return parts


def box(corner: tuple[float, float, float], size: tuple[float, float, float], colour: Doubles) -> list[Part]:
    """Make the six faces of a box, tops bright, sides darker."""
    low, high = np.array(corner), np.array(corner) + size
    faces: list[Part] = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for end in (low, high):
            face = np.repeat(end[None], 4, 0)
            face[:, u] = [low[u], high[u], high[u], low[u]]
            face[:, v] = [low[v], low[v], high[v], high[v]]
            bright = (0.86, 0.74, 1.08 if end is high else 0.4)[axis]
            faces.append((face, np.full(4, 0.006), np.clip(colour * bright, 0, 250)))
    return faces


def cart(colour: Doubles, roll: float) -> list[Part]:
    """Make a utility truck with a cargo bed and an open cab; ``roll`` is the turn of its wheels in radians."""
    grey, dark, glass = np.array([96.0, 98, 100]), np.array([44.0, 46, 50]), np.array([120.0, 140, 152])
    parts = box((-1.45, -0.6, 0.36), (2.8, 1.2, 0.18), grey)
    for y in (-0.62, 0.56):
        parts += box((-1.45, y, 0.54), (1.35, 0.06, 0.36), colour)
    for x, high in ((-1.45, 0.36), (-0.14, 0.9)):
        parts += box((x, -0.62, 0.54), (0.06, 1.24, high), colour)
    parts += box((-1.3, -0.5, 0.56), (1.0, 0.95, 0.5), np.array([150.0, 124, 88]))
    parts += box((0.9, -0.6, 0.5), (0.5, 1.2, 0.42), colour) + box((-0.1, -0.55, 0.54), (0.5, 1.1, 0.16), dark)
    parts += box((-0.2, -0.64, 1.80), (1.3, 1.28, 0.07), np.clip(colour * 1.1, 0, 245))
    for y in (-0.6, 0.6):
        parts += [tube((x, y, 0.9), (z, y, 1.8), 0.03, dark) for x, z in ((-0.1, -0.1), (1.2, 1.0))]
        parts.append(tube((1.41, y * 0.7, 0.74), (1.41, y * 0.7, 0.75), 0.07, np.array([238.0, 232, 206])))
        for x in (-0.95, 0.95):
            hub = np.array([x, y, 0.28])
            disc = hub + 0.2 * np.array([[np.cos(t), 0, np.sin(t)] for t in np.linspace(0, 2 * np.pi, 9)[:-1]])
            parts.append((disc, np.full(8, 0.08), RUBBER))
            parts.append((hub + 0.09 * np.sign(y) * Y + (disc - hub) * 0.5, np.full(8, 0.02), STEEL))
            nut = 0.1 * np.array([np.cos(roll), 0, -np.sin(roll)])
            out = hub + 0.12 * np.sign(y) * Y
            parts.append(tube(out - nut, out + nut, 0.03, dark))
    screen = np.array([[1.2, -0.55, 0.92], [1.2, 0.55, 0.92], [1.02, 0.55, 1.78], [1.02, -0.55, 1.78]])
    parts += [tube(screen[i], screen[(i + 1) % 4], 0.025, glass) for i in range(4)]
    return parts


def bag(colour: Doubles, turn: float, size: float = 1.0) -> list[Part]:
    """Make a sports bag about its own centre, turned by ``turn`` radians in the forward-up plane."""
    c, s = np.cos(turn), np.sin(turn)
    spin = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    body = np.array([[x, y, z] for x in (-0.2, 0.2) for y in (-0.06, 0.06) for z in (-0.07, 0.05)]) * size
    top = np.array([[x, 0, z] for x, z in ((-0.12, 0.13), (-0.08, 0.28), (0.08, 0.28), (0.12, 0.13))]) * size
    handle = top @ spin
    parts = [(body @ spin, np.full(8, 0.08 * size), colour)]
    band = np.array([[0, y, z] for y in (-0.07, 0.07) for z in (-0.08, 0.06)]) * size
    parts.append((band @ spin, np.full(4, 0.085 * size), np.clip(colour * 0.7 + 40, 0, 240)))
    parts += [tube(handle[i], handle[i + 1], 0.018 * size, np.clip(colour * 0.6, 0, 240)) for i in range(3)]
    return parts


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
