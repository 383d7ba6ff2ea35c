"""Plays with things: a loose dog, a ball, a frisbee, an umbrella, a suitcase."""

import numpy as np

from core.arrays import Doubles
from plaza import _carried_objects, _poses, _vehicles
from plaza import _motions as do
from plaza._crowd import Tracks
from plaza._figure import NO_BAG, dress
from plaza._motions import Act, Generator, Play, Pose, Thing, along, cross, gait, move, stand_at, way, world
from plaza._riders import tint
from plaza._scene import Scene

FURS = np.array([[150, 108, 66], [70, 50, 38], [34, 32, 32], [206, 190, 160], [120, 116, 112], [178, 132, 84]], float)


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
        parts = _carried_objects.dog(colour, size, speed * t * 5.2 / size**0.5, snout)
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
        ball = _carried_objects.ball(*colours, size, 6 * t)
        return _carried_objects.frisbee(colours[0], tilt) if label == "frisbee" else ball

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
        opened = _carried_objects.umbrella(*colours, hand, lean)
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
        case = _carried_objects.suitcase(colour, size if rolls else 0.8 * size, 0.3 if rolls else 0.02)
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
