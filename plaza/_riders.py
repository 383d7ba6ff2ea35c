"""Plays of those who ride and drive, each time another way: cyclists, skaters, motorcycles, cars, trucks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.arrays import Doubles
from plaza import _motions as do
from plaza import _poses, _vehicles
from plaza._crowd import Tracks
from plaza._figure import NAMES, NO_BAG, Look, dress
from plaza._motions import Act, Generator, Play, Pose, Thing, along, cross, gait, move, way, world
from plaza._scene import Scene

PAINTS = np.array([
    [160, 40, 40], [40, 70, 130], [36, 36, 40], [60, 120, 80], [200, 200, 198], [120, 124, 130], [190, 150, 60],
    [90, 60, 110], [70, 110, 150],
], float)  # fmt: skip


def tint(rng: Generator) -> Doubles:
    """Draw a paint, a little lighter or darker."""
    colour: Doubles = np.clip(PAINTS[rng.integers(len(PAINTS))] * rng.uniform(0.75, 1.25), 0, 245)
    return colour


def _helmet(look: Look, rng: Generator) -> Look:
    colours = look.colours.copy()
    colours[NAMES.index("hair")] = tint(rng)
    return replace(look, colours=colours)


def _pair(middle: Sequence[float], apart: float) -> Doubles:
    """(2, 3) places to the left and right of one in the middle plane."""
    return np.array([[middle[0], middle[1] + s * apart, middle[2]] for s in (1, -1)])


def cyclist(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone rides a bicycle: upright or low, seated or standing, pedalling or coasting, in any direction."""
    ends = way(scene, rng)
    speed, look, colour = rng.uniform(2.2, 6.5), dress(rng), tint(rng)
    look = _helmet(look, rng) if rng.random() < 0.3 else look
    person, thing, low = tracks.fresh(), tracks.fresh(), float(rng.uniform(0, 1))
    bar = np.array([0.36 + 0.12 * low, 0.0, 1.12 - 0.16 * low])
    seat = _vehicles.SADDLE + [0.02, 0, 0.07] + (np.array([0.22, 0, 0.14]) if rng.random() < 0.15 else 0)
    lean, gear, coast = 0.12 + 0.75 * low, rng.uniform(1.2, 2.6), rng.uniform(0.0, 1.0) ** 2
    size, clear, rest = rng.uniform(0.88, 1.08), rng.uniform(0.2, 1.4), rng.uniform(0, 6)

    def pose(t: float) -> Pose:
        phase = speed * gear * (t if (t + rest) % 6 > 6 * coast else 6 * np.floor((t + rest) / 6) + rest)
        feet = np.stack([_vehicles.pedal(phase, s) + np.array([-0.02, 0, 0.06]) for s in (0, 1)])
        hands = _pair((bar[0], 0.0, bar[2] + 0.03), 0.22)
        local = _poses.reach(look.stature, seat * size, lean, feet * size, hands * size)
        return local, [(c * size, r * size, k) for c, r, k in _vehicles.bicycle(phase, colour, bar)]

    return cross(ends, speed, look, person, (do.RIDE,), clear, pose, "bicycle", thing)


def _stance(rng: Generator) -> tuple[float, float, float, float, Doubles]:
    """Turn of the body from the board's direction, bent knees, lean, twist, and where the hands are from the hips."""
    turn = float(rng.choice([-1, 1]) * rng.uniform(0.1, 1.7))
    bent, lean = float(rng.uniform(0.375, 0.47)), float(rng.uniform(0.0, 0.45))
    out, up = rng.uniform(0.02, 0.4, 2), rng.uniform(-0.12, 0.35, 2)
    ahead = rng.uniform(-0.1, 0.3, 2)
    hands = np.array([[ahead[0], 0.2 + out[0], up[0]], [ahead[1], -0.2 - out[1], up[1]]])
    return turn, bent, lean, float(rng.uniform(-0.5, 0.5)), hands


def skater(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone glides on a skateboard in any stance and direction; some push with a foot now and then."""
    ends = way(scene, rng)
    speed, look, colour = rng.uniform(1.6, 4.8), dress(rng), tint(rng)
    person, thing = tracks.fresh(), tracks.fresh()
    turn, bent, lean, twist, rest = _stance(rng)
    every, size, clear = rng.choice([99.0, 99.0, rng.uniform(1.6, 4)]), rng.uniform(0.85, 1.15), rng.uniform(0.2, 1.2)
    c, s = np.cos(-turn), np.sin(-turn)
    spread, phase = rng.uniform(0.14, 0.26), rng.uniform(0, 6.28)

    def pose(t: float) -> Pose:
        # How far the rear foot has gone through its push; 0 while both feet stand on the board.
        h, kick = look.stature, float(np.clip((t % every) / 0.7, 0, 1)) if every < 20 else 0.0
        push = np.sin(np.pi * kick) if kick < 1 else 0.0
        board = np.array([[spread, 0.03], [-spread + push * (0.5 - 0.9 * kick), -0.03 + 0.25 * push]])
        feet = np.array([[x * c - y * s, x * s + y * c, 0.19 - 0.12 * push * i] for i, (x, y) in enumerate(board)])
        feet = feet if feet[0, 1] >= feet[1, 1] else feet[::-1]
        hip = np.array([-0.05, 0.0, 0.19 + bent * h - 0.05 * push + 0.012 * np.sin(t * 2.6 + phase)])
        hands = hip + rest * h / 1.7 + 0.04 * np.sin(t * 2.1 + phase)
        local = _poses.reach(h, hip, lean + 0.3 * push, feet, hands, twist + 0.1 * np.sin(t * 1.7), 0.4)
        return world(local, np.zeros(2), turn), [(p * [size, 1, 1], r, k) for p, r, k in _vehicles.skateboard(colour)]

    return cross(ends, speed, look, person, (do.RIDE,), clear, pose, "skateboard", thing)


def motorcycle(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone rides a motorcycle or a scooter, in any direction."""
    ends = way(scene, rng)
    speed, look, colour = rng.uniform(3.5, 8.0), _helmet(dress(rng), rng), tint(rng)
    person, thing, scooter = tracks.fresh(), tracks.fresh(), bool(rng.random() < 0.4)
    lean = float(rng.uniform(0.05, 0.25) if scooter else rng.uniform(0.15, 0.6))
    feet = _pair((0.3, 0.0, 0.34) if scooter else (0.0, 0.0, 0.36), 0.16 if scooter else 0.24)

    def pose(t: float) -> Pose:
        hands = _pair((_vehicles.GRIP[0], 0.0, _vehicles.GRIP[2] + 0.03), 0.32)
        local = _poses.reach(look.stature, np.array([-0.28, 0, 0.9]), lean, feet, hands, knees=0.35)
        return local, _vehicles.motorcycle(colour, speed * t / 0.3, scooter)

    return cross(ends, speed, look, person, (do.RIDE,), 1.6, pose, "motorcycle", thing)


def car(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A car drives through; its panes are opaque."""
    start, end = way(scene, rng)
    speed, colour, thing, shape = rng.uniform(2.5, 7.0), tint(rng), tracks.fresh(), _vehicles.body(rng)
    back = (end - start) / np.linalg.norm(end - start) * 2.2

    def pose(t: float) -> Pose:
        return None, _vehicles.car(shape, colour, speed * t / 0.31)

    return cross((start - back, end + back), speed, dress(rng, NO_BAG), 0, (), 2.6, pose, "car", thing)


def truck(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A utility truck, with or without a tall box behind, drives through in any direction."""
    start, end = way(scene, rng)
    speed, look, colour = rng.uniform(1.8, 5.0), dress(rng, NO_BAG), tint(rng)
    person, thing, size = tracks.fresh(), tracks.fresh(), rng.uniform(0.95, 1.2)
    tall, freight = float(rng.choice([0.0, rng.uniform(0.6, 1.2)])), tint(rng)
    side, back = rng.choice([-1.0, 1.0]), (end - start) / np.linalg.norm(end - start) * 1.6

    def pose(t: float) -> Pose:
        feet = np.array([[0.78, 0.3, 0.62], [0.78, 0.08, 0.62]])
        hands = np.array([[0.72, 0.38, 1.05], [0.72, 0.08, 1.05]])
        local = _poses.reach(look.stature, np.array([0.16, 0.2, 0.78]), -0.05, feet, hands) * [1, side, 1]
        parts = _vehicles.cart(colour, speed * t / 0.28)
        if tall:
            parts += _vehicles.box((-1.42, -0.6, 0.6), (1.3, 1.2, tall), freight)
        return local * size, [(c * size, r * size, k) for c, r, k in parts]

    return cross((start - back, end + back), speed, look, person, (do.DRIVE,), 2.2, pose, "truck", thing)


def walked_bicycle(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone walks beside a bicycle and pushes it."""
    start, end = way(scene, rng)
    speed, look, colour = rng.uniform(0.9, 1.4), dress(rng), tint(rng)
    person, thing, side = tracks.fresh(), tracks.fresh(), rng.choice([-1.0, 1.0])

    def play(t: float) -> Act | None:
        place, heading, on = along(start, end, speed, t)
        hands = _pair((0.34, side * 0.38, 1.04), 0.2)
        local = _poses.hold(gait(look, speed, False, t), hands, look.stature)
        aside = np.array([np.cos(heading) * 0.1 - np.sin(heading) * side * 0.42,
                          np.sin(heading) * 0.1 + np.cos(heading) * side * 0.42])  # fmt: skip
        parts = move(_vehicles.bicycle(speed * t / 0.34, colour), place + aside, heading)
        things = [Thing("bicycle", thing, parts)]
        return Act(world(local, place, heading), look, person, (do.WALK, do.PUSH), things, place, 0.9) if on else None

    return play
