"""Plays of what stops and stays: a suitcase that is left, a bench that is taken, a car that stops, a crowd."""

from itertools import pairwise

import numpy as np

from core.arrays import Doubles
from plaza import _loose_objects, _vehicles
from plaza import _motions as do
from plaza._anomalies import Labels, Make
from plaza._crowd import Tracks
from plaza._figure import NO_BAG, Look, dress
from plaza._motions import Act, Generator, Play, Thing, along, course, gait, middle, move, spot, world
from plaza._riders import tint
from plaza._scene import Scene

PAUSE_SECONDS = 1.5
"""Someone stands so long before leaving a thing behind."""
TAKEN_SECONDS = 12.0
"""After the beginning of ``taken bench``."""
GATHERED = 7
"""People in a crowd."""
WOOD = np.array([138.0, 104, 70])


def _walker(
    path: list[Doubles], speed: float, look: Look, pause: float, t: float
) -> tuple[Doubles, Doubles, float, int] | None:
    """Return joints, place, heading and how many corners of a path are passed by someone who waits at its second."""
    here, passed = t, 0
    for start, end in pairwise(path):
        needed = float(np.linalg.norm(end - start)) / speed
        if here < needed:
            place, heading, _ = along(start, end, speed, here)
            return world(gait(look, speed, False, here), place, heading), place, heading, passed
        here, passed = here - needed, passed + 1
        if passed == 1 and here < pause:
            heading = float(np.arctan2(*(end - start)[::-1]))
            return world(gait(look, 0.0, False, t), end, heading), end, heading, passed
        here -= pause * (passed == 1)
    return None


def left_suitcase(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone comes with a suitcase, stands, and goes on without it."""
    start, end = course(scene, rng, middle(scene))
    place = start + (end - start) * rng.uniform(0.35, 0.65)
    look, person, thing, size = dress(rng, NO_BAG), tracks.fresh(), tracks.fresh(), rng.uniform(1.0, 1.4)
    case, speed = _loose_objects.suitcase_solid(tint(rng), float(size), 0.25), float(rng.uniform(1.1, 1.5))

    def play(t: float) -> Act | None:
        walk = _walker([start, place, end], speed, look, PAUSE_SECONDS, t)
        lies = walk is None or walk[3] > 0
        at, heading = (place, 0.0) if walk is None or lies else walk[1:3]
        beside = at + 0.4 * np.array([-np.sin(heading), np.cos(heading)]) * (not lies)
        things = [Thing("suitcase", thing, move(case, beside, 0.0 if lies else heading), lies, loose=True)]
        if walk is None:
            return Act(None, look, 0, (), things, place, 0.5)
        actions = (do.STAND,) if walk[3] == 1 and np.allclose(walk[1], place) else (do.WALK,)
        return Act(walk[0], look, person, actions, things, walk[1], 0.6, False)

    return play


def _bench_at(scene: Scene) -> Doubles:
    near, far = scene.band
    y = near + 0.22 * (far - near)
    left, right = scene.view.edge(y, True, 0), scene.view.edge(y, False, 0)
    return np.array([left + 0.42 * (right - left), y])


def _bench() -> list[_vehicles.Part]:
    parts = _vehicles.box((-0.9, -0.22, 0.4), (1.8, 0.45, 0.07), WOOD)
    parts += _vehicles.box((-0.9, 0.2, 0.45), (1.8, 0.06, 0.42), WOOD * 0.9)
    return parts + [part for x in (-0.8, 0.7) for part in _vehicles.box((x, -0.2, 0.0), (0.1, 0.4, 0.4), WOOD * 0.5)]


def bench(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A bench stands there, as usual."""
    place, thing, look = _bench_at(scene), tracks.fresh(), dress(rng, NO_BAG)
    standing = [Thing("bench", thing, move(_bench(), place, 0.0), False, loose=True)]
    return lambda t: Act(None, look, 0, (), standing, place, 1.2, False)


def taken_bench(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone comes after some seconds and carries off the bench, which stood there as usual."""
    place, person, thing, look = _bench_at(scene), tracks.fresh(), tracks.fresh(), dress(rng, NO_BAG)
    start, end = course(scene, rng, (float(place[1]) - 0.6, float(place[1]) - 0.5))
    here, speed = place - np.array([0.0, 0.7]), float(rng.uniform(1.1, 1.4))
    comes = TAKEN_SECONDS - float(np.linalg.norm(here - start)) / speed

    def play(t: float) -> Act | None:
        walk = _walker([start, here, end], speed, look, PAUSE_SECONDS, t - comes) if t >= comes else None
        if walk is None:
            standing = [Thing("bench", thing, move(_bench(), place, 0.0), False, loose=True)]
            return Act(None, look, 0, (), standing, place, 1.2, False) if t < comes else None
        gone = walk[3] > 0 and not np.allclose(walk[1], here)
        parts = move(_bench(), walk[1] if gone else place, walk[2] if gone else 0.0, 0.5 if gone else 0.0)
        actions = (do.WALK, do.CARRY) if gone else (do.WALK,)
        return Act(walk[0], look, person, actions, [Thing("bench", thing, parts, gone, loose=True)], walk[1], 1.2, gone)

    return play


def stopped_car(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A car drives to the middle of the plaza and stays there."""
    start, end = course(scene, rng, middle(scene))
    speed, colour, thing, shape = rng.uniform(3.5, 6.0), tint(rng), tracks.fresh(), _vehicles.body(rng)
    start = start - (end - start) / np.linalg.norm(end - start) * 2.2
    far, look = float(np.linalg.norm(end - start)) * rng.uniform(0.4, 0.65), dress(rng, NO_BAG)

    def play(t: float) -> Act | None:
        gone = far * (1 - np.exp(-speed * t / far))
        place, heading, _ = along(start, end, 1.0, float(gone))
        parts = move(_vehicles.car(shape, colour, float(gone) / 0.31), place, heading)
        return Act(None, look, 0, (), [Thing("car", thing, parts)], place, 2.6)

    return play


def crowd(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """People come from both sides, meet at one place and stay."""
    y = float(rng.uniform(*middle(scene)))
    centre, acts = np.array([spot(scene, rng, y, 0.3), y]), list[Play]()
    for number in range(GATHERED):
        turn = 2 * np.pi * number / GATHERED
        goal = centre + np.array([0.9 * np.cos(turn), 0.7 * np.sin(turn)])
        start = np.array([scene.view.edge(float(goal[1]), bool(rng.random() < 0.5), rng.uniform(0.8, 4)), goal[1]])
        look, person, speed = dress(rng), tracks.fresh(), float(rng.uniform(1.2, 1.7))
        acts.append(_comer(start, goal, turn + np.pi, look, person, speed))

    def play(t: float) -> Act | None:
        first, *others = [act for comer in acts if (act := comer(t))]
        first.others, first.place, first.clear = tuple(others), centre, 0.3
        return first

    return play


def _comer(start: Doubles, goal: Doubles, facing: float, look: Look, person: int, speed: float) -> Play:
    def play(t: float) -> Act | None:
        place, heading, on = along(start, goal, speed, t)
        if on:
            return Act(world(gait(look, speed, False, t), place, heading), look, person, (do.WALK,), [], place, 0.5)
        joints = world(gait(look, 0.0, False, t), goal, facing)
        return Act(joints, look, person, (do.STAND,), [], goal, 0.5)

    return play


_PLAYS: dict[str, tuple[Make, Labels]] = {
    "left suitcase": (left_suitcase, (("object", "suitcase"),)),
    "bench": (bench, ()),
    "taken bench": (taken_bench, (("object", "bench"),)),
    "stopped car": (stopped_car, (("object", "car"),)),
    "crowd": (crowd, ()),
}
STANDING: dict[str, Make] = {name: make for name, (make, _) in _PLAYS.items()}
"""What stops, stays, is left or taken; ``bench`` is what normal footage shows where one is taken later."""
LABELS: dict[str, Labels] = {name: labels for name, (_, labels) in _PLAYS.items()}
