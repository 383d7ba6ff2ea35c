"""Small things as solids about their own place, and plays with them: dog, balls, frisbee, umbrella, suitcase."""

import numpy as np

from core.arrays import Doubles
from plaza import _motions as do
from plaza import _poses, _vehicles
from plaza._crowd import Tracks
from plaza._figure import NO_BAG, dress
from plaza._motions import Act, Generator, Play, Pose, Thing, along, cross, gait, move, stand_at, way, world
from plaza._riders import tint
from plaza._scene import Scene
from plaza._vehicles import RUBBER, STEEL, Part, Y, Z, box, tube

FURS = np.array([[150, 108, 66], [70, 50, 38], [34, 32, 32], [206, 190, 160], [120, 116, 112], [178, 132, 84]], float)


def suitcase_solid(colour: Doubles, size: float, handle: float) -> list[Part]:
    """Make a suitcase that stands on its wheels, (0, 0, 0) below its middle; ``handle`` is drawn out, in metres."""
    long, wide, high = 0.26 * size, 0.42 * size, 0.62 * size
    parts = box((-long / 2, -wide / 2, 0.06), (long, wide, high), colour)
    for k in (0.3, 0.7):
        groove = np.array([long / 2 + 0.01, 0, 0.06 + high * k])
        parts.append(tube(groove - wide / 2 * Y, groove + wide / 2 * Y, 0.012, colour * 0.6))
    parts += [tube(np.array([0, y, 0.03]), np.array([0.02, y, 0.03]), 0.035, RUBBER) for y in (-wide / 3, wide / 3)]
    top = 0.06 + high + handle
    parts += [tube(np.array([0, y, 0.06 + high]), np.array([0, y, top]), 0.014, STEEL) for y in (-0.08, 0.08)]
    parts.append(tube(np.array([0, -0.1, top]), np.array([0, 0.1, top]), 0.022, RUBBER))
    return parts


def trolley(colour: Doubles, high: float, handle: Doubles) -> list[Part]:
    """Make a transport trolley loaded with a box of ``high`` metres; ``handle`` (3,) is where hands push it."""
    parts = box((0.45, -0.35, 0.16), (0.9, 0.7, 0.08), STEEL * 0.6)
    parts += box((0.5, -0.32, 0.24), (0.78, 0.64, high), colour)
    for y in (-0.3, 0.3):
        parts += [tube(np.array([x, y, 0.08]), np.array([x + 0.01, y, 0.08]), 0.08, RUBBER) for x in (0.55, 1.25)]
        parts.append(tube(np.array([0.45, y, 0.2]), handle + y * Y, 0.02, STEEL))
    parts.append(tube(handle - 0.3 * Y, handle + 0.3 * Y, 0.025, RUBBER))
    return parts


def umbrella_solid(colour: Doubles, second: Doubles, grip: Doubles, lean: float) -> list[Part]:
    """Make an open umbrella_solid held at ``grip`` (3,), leaning forward by ``lean`` radians."""
    axis = np.array([np.sin(lean), 0, np.cos(lean)])
    across = np.array([np.cos(lean), 0, -np.sin(lean)])
    top = grip + 0.82 * axis
    turn = np.linspace(0, 2 * np.pi, 9)
    rim = top - 0.2 * axis + 0.52 * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * Y)
    inner = top - 0.05 * axis + 0.3 * (np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * Y)
    parts = [tube(grip - 0.1 * axis, top, 0.014, STEEL)]
    for i in range(8):
        wedge = np.stack([top, inner[i], rim[i], rim[i + 1], inner[i + 1]])
        parts.append((wedge, np.full(5, 0.012), (colour if i % 2 else second) * (0.86 + 0.14 * np.sin(turn[i]))))
    return parts


def ball_solid(colour: Doubles, second: Doubles, radius: float, turn: float) -> list[Part]:
    """Make a ball of two colours about (0, 0, 0), rolled by ``turn`` radians."""
    patch = radius * 0.45 * np.array([[np.cos(a + turn), 0.3, np.sin(a + turn)] for a in (0.0, 2.1, 4.2)])
    parts: list[Part] = [(np.zeros((1, 3)), np.full(1, radius), colour)]
    return parts + [(patch[i : i + 1] - 0.02 * Y, np.full(1, radius * 0.4), second) for i in range(3)]


def frisbee_solid(colour: Doubles, tilt: float) -> list[Part]:
    """Make a flying disc about (0, 0, 0), tilted sideways by ``tilt`` radians."""
    turn = np.linspace(0, 2 * np.pi, 11)[:-1]
    rim = 0.15 * np.stack([np.cos(turn), np.sin(turn) * np.cos(tilt), np.sin(turn) * np.sin(tilt)], -1)
    return [(rim, np.full(10, 0.016), colour), (rim * 0.55, np.full(10, 0.02), np.clip(colour * 1.15, 0, 250))]


def dog_solid(colour: Doubles, size: float, phase: float, snout: float) -> list[Part]:
    """Make a dog that trots; ``phase`` radians of its gait, ``snout`` the length of its head's front in metres."""
    dark = colour * 0.75
    hips, withers = np.array([-0.32, 0, 0.5]), np.array([0.3, 0, 0.53])
    bob = 0.02 * np.sin(2 * phase) * Z
    spine = np.stack([hips, np.array([0.0, 0, 0.5]), withers]) + bob
    head = withers + np.array([0.24, 0, 0.2]) + bob * 1.5
    parts: list[Part] = [(spine, np.array([0.11, 0.12, 0.15]), colour)]
    parts.append((np.stack([withers + bob, head]), np.array([0.11, 0.085]), colour))
    parts.append((np.stack([head, head + np.array([snout, 0, -0.04])]), np.array([0.095, 0.05]), colour))
    for s in (1, -1):
        ear = head + np.array([[-0.03, s * 0.08, 0.06], [-0.06, s * 0.1, -0.04]])
        parts.append(tube(ear[0], ear[1], 0.03, dark))
    wag = 0.12 * np.sin(phase * 1.7)
    parts.append(tube(hips + bob, hips + np.array([-0.26, wag, 0.2]), 0.03, dark))
    for place, lag in ((hips, 0.0), (withers, np.pi)):
        for s, half in ((1, 0.0), (-1, np.pi)):
            swing = 0.45 * np.sin(phase + lag + half)
            knee = place + np.array([0.16 * np.sin(swing), s * 0.08, -0.26])
            lifted = 0.06 * max(0.0, np.cos(phase + lag + half))
            paw = np.array([place[0] + 0.42 * np.sin(swing), s * 0.08, 0.03 + lifted])
            parts += [tube(place + s * 0.07 * Y, knee, 0.055, colour), tube(knee, paw, 0.035, dark)]
    return [(c * size, r * size, k) for c, r, k in parts]


def stool(colour: Doubles, high: float) -> list[Part]:
    """Make a block to sit on."""
    return box((-0.3, -0.4, 0.0), (0.5, 0.8, high), colour)


def dog(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A dog runs loose, not quite straight on."""
    start, end = way(scene, rng)
    size, speed, thing = rng.uniform(0.65, 1.25), rng.uniform(1.2, 4.5), tracks.fresh()
    colour, snout = FURS[rng.integers(len(FURS))] * rng.uniform(0.8, 1.15), rng.uniform(0.08, 0.2)
    wide, often, look = rng.uniform(0, 1.0), rng.uniform(0.3, 0.9), dress(rng, NO_BAG)

    def play(t: float) -> Act | None:
        place, heading, on = along(start, end, speed, t)
        aside = np.array([-np.sin(heading), np.cos(heading)])
        spot = place + aside * wide * np.sin(often * t)
        facing = heading + np.arctan2(wide * often * np.cos(often * t), speed)
        parts = dog_solid(colour, size, speed * t * 5.2 / size**0.5, snout)
        return Act(None, look, 0, (), [Thing("dog", thing, move(parts, spot, facing))], spot, 0.6) if on else None

    return play


def _swing(t: float, over: bool) -> tuple[float, float]:
    """Angles of the throwing arm's shoulder and elbow, 0.9 s before to 0.6 s after the throw at 0."""
    back = np.clip((t + 0.9) / 0.6, 0, 1) * (t < 0)
    late = np.clip((t + 0.25) / 0.3, 0, 1) * (1 - np.clip((t - 0.25) / 0.4, 0, 1))
    if over:
        return float(-1.6 * back * (t < -0.25) + 2.6 * late * (t >= -0.25)), float(0.2 + 1.2 * back * (t < -0.2))
    return float(-0.9 * back * (1 - late) + 1.4 * late), 0.15 + 0.3 * float(back)


THROW_INTERVAL_SECONDS, THROWING_SECONDS, THROW_DELAY_SECONDS = 2.6, 7.8, 1.1
"""Seconds from throw to throw, of all throws, and from the beginning of a turn to its throw."""


def _thrown(t: float, far: float, high: float, hand: Doubles, bounce: float) -> Doubles:
    """Place of a thing ``t`` seconds after the throw: (3,) metres ahead, aside and up of the thrower."""
    fly = 1.1
    if t < fly:
        x = t / fly
        return np.array([hand[0] + far * x, 0.0, hand[2] * (1 - x) + 0.12 * x + 4 * high * x * (1 - x)])
    s, roll = t - fly, 1 - np.exp(-1.2 * (t - fly))
    return np.array([hand[0] + far + 1.5 * roll, 0.0, 0.12 + bounce * abs(np.sin(4.2 * s)) * np.exp(-2.2 * s)])


def throwing(label: str, scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone throws one ``sports ball`` or ``frisbee`` after another."""
    place, heading = stand_at(scene, rng), float(rng.uniform(-np.pi, np.pi))
    look, person, things = dress(rng, NO_BAG), tracks.fresh(), [tracks.fresh() for _ in range(3)]
    over, colours, size = bool(rng.random() < 0.6), (tint(rng), tint(rng)), rng.uniform(0.1, 0.17)
    far, high, tilt = rng.uniform(3, 7), rng.uniform(0.4, 1.6) * (0.4 if label == "frisbee" else 1), rng.normal(0, 0.3)
    bounce = 0.0 if label == "frisbee" else 0.5

    def parts(t: float) -> list[_vehicles.Part]:
        ball = ball_solid(*colours, size, 6 * t)
        return frisbee_solid(colours[0], tilt) if label == "frisbee" else ball

    def play(t: float) -> Act | None:
        busy, shown = t < THROWING_SECONDS, []
        since = (t % THROW_INTERVAL_SECONDS) - THROW_DELAY_SECONDS if busy else 9.0
        angles = np.array(_swing(since, over)) if since < 0.7 else np.array([0.0, 0.1])
        local = gait(look, 0.0, False, t, angles)
        grip = local[15] + (local[15] - local[13]) * 0.6
        for i, track in enumerate(things):
            gone = t - i * THROW_INTERVAL_SECONDS - THROW_DELAY_SECONDS
            if gone > -THROW_DELAY_SECONDS:
                at = grip if gone < 0 else _thrown(gone, far, high, np.array([0.4, 0, 1.1 * look.stature]), bounce)
                spot = place + at[0] * np.array([np.cos(heading), np.sin(heading)])
                spot = spot + at[1] * np.array([-np.sin(heading), np.cos(heading)])
                shown.append(Thing(label, track, move(parts(gone), spot, heading, float(at[2])), gone < 2.2, True))
        throws = -0.8 < since < 0.45
        actions = (do.STAND, do.THROW) if throws else (do.STAND,)
        return Act(world(local, place, heading), look, person, actions, shown, place, 1.0, busy)

    return play


def umbrella(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone walks under an open umbrella."""
    ends = way(scene, rng)
    speed, look, colours = rng.uniform(0.9, 1.5), dress(rng, NO_BAG), (tint(rng), tint(rng))
    colours = colours if rng.random() < 0.3 else (colours[0], colours[0])
    person, thing, lean = tracks.fresh(), tracks.fresh(), float(rng.normal(0.05, 0.12))
    size = rng.uniform(0.9, 1.25)

    def pose(t: float) -> Pose:
        hand = np.array([0.2, -0.08, 0.68 * look.stature])
        wrists = np.array([[np.nan] * 3, hand])
        local = _poses.hold(gait(look, speed, False, t), wrists, look.stature)
        opened = umbrella_solid(*colours, hand, lean)
        return local, [(hand + (c - hand) * size, r, k) for c, r, k in opened]

    return cross(ends, speed, look, person, (do.WALK, do.CARRY), 0.9, pose, "umbrella", thing)


def suitcase(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone walks with a suitcase, rolling behind or carried."""
    ends = way(scene, rng)
    speed, look, colour = rng.uniform(0.9, 1.5), dress(rng), tint(rng)
    person, thing, size, rolls = tracks.fresh(), tracks.fresh(), float(rng.uniform(0.8, 1.3)), bool(rng.random() < 0.6)
    look = look if look.bag != 2 else dress(rng, NO_BAG)

    def pose(t: float) -> Pose:
        h = look.stature
        hand = np.array([-0.22, -0.2 * h / 1.7, 0.47 * h]) if rolls else np.array([0.02, -0.22 * h / 1.7, 0.45 * h])
        local = _poses.hold(gait(look, speed, False, t), np.array([[np.nan] * 3, hand]), h)
        case = suitcase_solid(colour, size if rolls else 0.8 * size, 0.3 if rolls else 0.02)
        if rolls:
            tilt, long = 0.6, (0.06 + 0.62 * size + 0.3)
            foot = hand - long * np.array([np.sin(tilt), 0, np.cos(tilt)])
            foot[2] = max(foot[2], 0.0)
            c, s = np.cos(tilt), np.sin(tilt)
            case = [(k @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]]) + foot, r, q) for k, r, q in case]
        else:
            top = 0.06 + 0.62 * 0.8 * size + 0.04
            turn = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
            case = [(k @ turn + hand - [0, 0, top + 0.08], r, q) for k, r, q in case]
        return local, case

    return cross(ends, speed, look, person, (do.WALK, do.CARRY), 0.9, pose, "suitcase", thing)
