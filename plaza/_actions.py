"""Plays of people who do something unusual with their body: run, jump, fall, bend, sit, push a thing or a person."""

from dataclasses import replace

import numpy as np

from core.arrays import Doubles
from plaza import _loose_objects, _poses
from plaza import _motions as do
from plaza._crowd import Tracks
from plaza._figure import NO_BAG, dress
from plaza._motions import Act, Generator, Play, Pose, Thing, cross, gait, move, stand_at, way, world
from plaza._riders import tint
from plaza._scene import Scene

MAX_SECONDS = 8.0
"""Seconds that someone goes on with what is done on the spot."""


def _smooth(t: float, start: float, end: float) -> float:
    """0 before ``start``, 1 after ``end``, smooth between."""
    x = float(np.clip((t - start) / (end - start), 0, 1))
    return x * x * (3 - 2 * x)


def _feet(apart: float, stature: float, up: float = 0.0, ahead: float = 0.0) -> Doubles:
    return np.array([[ahead, s * apart, 0.04 * stature + up] for s in (1, -1)])


def jogger(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone, often a child, runs in any direction."""
    ends = way(scene, rng)
    look, person = dress(rng), tracks.fresh()
    if rng.random() < 0.4:
        look = replace(look, stature=float(rng.uniform(1.0, 1.4)))
    speed, beat = float(rng.uniform(0.9, 3.0)) * look.stature, float(rng.uniform(1.25, 1.75))
    # The slower someone runs, the shorter the steps; their rhythm stays nearly the same.
    beat *= (1.7 / look.stature) ** 0.5
    long = np.clip(speed / beat / (1.5 * look.stature), 0.45, 1.0)
    start_phase, swing = float(rng.uniform(0, 6.28)), float(rng.uniform(0.85, 1.0) * long)

    def pose(t: float) -> Pose:
        one = np.ones(1)
        phase = one * (start_phase + 2 * np.pi * beat * t)
        return _poses.walk(phase, one * look.stature, one * speed, one * swing)[0], []

    return cross(ends, speed, look, person, (do.RUN,), 0.7, pose)


def jumper(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone jumps again and again, on the spot or forward."""
    first, heading = stand_at(scene, rng), float(rng.uniform(-np.pi, np.pi))
    look, person = dress(rng), tracks.fresh()
    beat, high, far = rng.uniform(0.85, 1.4), rng.uniform(0.25, 0.6), float(rng.choice([0.0, rng.uniform(0.3, 0.9)]))
    arms, apart = rng.uniform(0.2, 1.0), rng.uniform(0.06, 0.2)
    ahead = np.array([np.cos(heading), np.sin(heading)])

    def play(t: float) -> Act | None:
        h, busy = look.stature, t < MAX_SECONDS
        jump, share = divmod(min(t, MAX_SECONDS) / beat, 1.0)
        air = float(np.clip((share - 0.4) / 0.45, 0, 1))
        crouch = np.sin(np.pi * np.clip(share / 0.42, 0, 1)) if busy else 0.0
        up = 4 * high * air * (1 - air) if busy else 0.0
        place = first + ahead * far * (jump + air if busy else MAX_SECONDS // beat)
        feet = _feet(apart, h, up, 0.05 * up)
        hip = np.array([-0.1 * crouch, 0.0, 0.515 * h - 0.13 * h * crouch + up * 0.95])
        raised = arms * (up / high) * 1.1 if busy else 0.0
        out, height = 0.2 + 0.05 * raised, -0.05 + 0.42 * raised
        hands = hip + h * np.array([[0.08 - 0.12 * crouch, s * out, height] for s in (1, -1)])
        local = _poses.reach(h, hip, 0.5 * crouch + 0.05, feet, hands)
        joints = world(local, place, heading)
        return Act(joints, look, person, (do.JUMP if busy else do.STAND,), [], place, 0.8, busy)

    return play


def fall(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone walking falls, lies for a while and gets up again."""
    first, heading = stand_at(scene, rng), float(rng.uniform(-np.pi, np.pi))
    look, person, speed = dress(rng, NO_BAG), tracks.fresh(), float(rng.uniform(0.8, 1.5))
    trip, last, direction = rng.uniform(0.2, 0.9), rng.uniform(0.45, 0.9), float(rng.normal(0, 0.9))
    lie, ahead = rng.uniform(1.2, 2.5), np.array([np.cos(heading), np.sin(heading)])

    def play(t: float) -> Act | None:
        place = first + ahead * speed * min(t, trip + 0.6 * last)
        down, up = _smooth(t, trip, trip + last) ** 1.5, _smooth(t, trip + last + lie, trip + last + lie + 1.3)
        angle = 1.5 * down * (1 - up)
        walking = gait(look, speed * (t < trip), False, min(t, trip))
        reaching = walking[10:12] + np.array([0.3, 0, -0.1 + 0.3 * np.sin(np.pi * down)])
        local = _poses.hold(walking, np.where(angle > 0.1, reaching, np.nan), look.stature)
        if 0 < up < 1:
            squat = np.sin(np.pi * up)
            local[:, 2] *= 1 - 0.35 * squat
        joints = world(_poses.topple(local, angle, direction), place, heading)
        falls, done = trip - 0.1 < t < trip + last + 0.2, t > trip + last + lie + 1.3
        stage = (falls, do.FALL), (t < trip, do.WALK), (done, do.STAND), (up > 0, do.RISE), (True, do.LIE)
        action = next(name for now, name in stage if now)
        return Act(joints, look, person, (action,), [], place, 1.2, trip - 0.1 < t and not done)

    return play


def bend(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone bends down at the waist, stays there for a while and stands up, again and again."""
    place, heading = stand_at(scene, rng), float(rng.uniform(-np.pi, np.pi))
    look, person = dress(rng), tracks.fresh()
    deep, knees, hold = rng.uniform(0.85, 1.45), rng.uniform(0, 0.09), rng.uniform(0.8, 2.6)
    apart = rng.uniform(0.06, 0.2)
    every, low = hold + 2.2, rng.uniform(0.1, 0.5)

    def play(t: float) -> Act | None:
        h, s = look.stature, t % every
        down = _smooth(s, 0.2, 0.9) * (1 - _smooth(s, 0.9 + hold, 1.6 + hold)) if t < MAX_SECONDS else 0.0
        hip = np.array([-0.11 * h * down, 0.0, (0.52 - knees * down) * h])
        sway = 0.06 * np.sin(5 * t) * down
        wrist = np.array([0.02 + (0.3 + sway) * down, 0.0, (0.47 * (1 - down) + low * down) * h])
        hands = wrist + np.array([[0.0, k * 0.13 * h * (1 - 0.35 * down), 0.0] for k in (1, -1)])
        local = _poses.hold(_poses.reach(h, hip, 0.03 + deep * down, _feet(apart, h), hands), hands, h)
        actions = (do.BEND,) if down > 0.35 else (do.STAND,)
        return Act(world(local, place, heading), look, person, actions, [], place, 0.9, t < MAX_SECONDS)

    return play


def sit(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone sits on the ground or on a block in the open."""
    place, heading = stand_at(scene, rng), float(rng.uniform(-np.pi, np.pi))
    look, person, thing, colour = dress(rng), tracks.fresh(), tracks.fresh(), np.full(3, rng.uniform(70, 190))
    high, reach = float(rng.choice([0.0, rng.uniform(0.3, 0.5)])), rng.uniform(0.4, 0.95)
    lean, knees, resting = rng.uniform(-0.25, 0.6), rng.uniform(0.05, 0.9), rng.random() < 0.5

    def play(t: float) -> Act | None:
        h = look.stature
        hip = np.array([-0.05, 0.0, high + 0.075 * h])
        ahead = 0.4 if high else reach * 0.46 * h
        feet = _feet(0.12, h, ahead=ahead)
        rest = np.array([0.35, 0.0, high + 0.2 * h]) if resting else np.array([0.2, 0.0, high + 0.13 * h])
        hands = rest + np.array([[0.03 * np.sin(t + k), k * 0.14, 0.02 * np.sin(1.3 * t)] for k in (1, -1)])
        leaning = lean + 0.05 * np.sin(0.9 * t)
        local = _poses.hold(_poses.reach(h, hip, leaning, feet, hands, 0.1 * np.sin(0.5 * t), knees), hands, h)
        seat = [Thing("", thing, move(_loose_objects.stool(colour, high), place, heading), False)] if high else []
        return Act(world(local, place, heading), look, person, (do.SIT,), seat, place, 1.0) if t < MAX_SECONDS else None

    return play


def push(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone pushes a loaded trolley."""
    ends = way(scene, rng)
    speed, look, colour = rng.uniform(0.8, 1.5), dress(rng), tint(rng)
    person, thing, high = tracks.fresh(), tracks.fresh(), float(rng.uniform(0.25, 1.0))
    handle = np.array([0.42, 0.0, 0.6 * look.stature])

    def pose(t: float) -> Pose:
        hands = handle + np.array([[0.0, 0.2, 0.0], [0.0, -0.2, 0.0]])
        local = _poses.hold(gait(look, speed, False, t), hands, look.stature)
        return local, _loose_objects.trolley(colour, high, handle)

    return cross(ends, speed, look, person, (do.WALK, do.PUSH), 1.3, pose, "", thing)


def shove(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone pushes another person, who stumbles back, again and again."""
    place, heading = stand_at(scene, rng), float(rng.uniform(-np.pi, np.pi))
    looks, numbers = (dress(rng, NO_BAG), dress(rng)), (tracks.fresh(), tracks.fresh())
    every, hard = rng.uniform(1.6, 2.6), rng.uniform(0.25, 0.6)
    ahead = np.array([np.cos(heading), np.sin(heading)])

    def play(t: float) -> Act | None:
        busy, turn = t < MAX_SECONDS, min(t, MAX_SECONDS) / every
        done, s = int(turn), (turn % 1.0) * every
        strike = _smooth(s, 0.5, 0.75) * (1 - _smooth(s, 0.9, 1.25)) if busy else 0.0
        gone, step = hard * (done + _smooth(s, 0.7, 1.2)), hard * (done + _smooth(s, 1.15, 1.55))
        near, far = place + ahead * step, place + ahead * (0.85 + gone)
        one, two = looks[0], looks[1]
        hands = np.array([[0.2 + 0.4 * strike, k * 0.16, 0.74 * one.stature] for k in (1, -1)])
        hands = np.where(strike > 0.05, hands, np.nan)
        pusher = _poses.hold(gait(one, 0.8 * (1.1 < s < 1.6) * busy, False, t), hands, one.stature)
        sway = 0.35 * np.sin(np.pi * _smooth(s, 0.65, 1.3)) * busy
        pushed = _poses.topple(gait(two, 1.0 * (0.7 < s < 1.2) * busy, False, -t), sway, np.pi)
        pusher = _poses.topple(pusher, 0.22 * strike, 0.0)
        victim = Act(world(pushed, far, heading + np.pi), two, numbers[1], (do.STAND,), [], far, 0.8, False)
        actions = (do.STAND, do.SHOVE) if 0.35 < s < 1.2 and busy else (do.STAND,)
        return Act(world(pusher, near, heading), one, numbers[0], actions, [], near, 1.0, busy, (victim,))

    return play
