"""What plays are made of: one moment of something unusual, and the ways that people and things take."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles
from plaza import _poses, _vehicles
from plaza._figure import Look
from plaza._scene import Scene

Generator = np.random.Generator

BEND, FALL, RISE, JUMP, LIE = "bend/bow (at the waist)", "fall down", "get up", "jump/leap", "lie/sleep"
RUN, SIT, STAND, WALK, CARRY = "run/jog", "sit", "stand", "walk", "carry/hold (an object)"
DRIVE, PUSH, RIDE = "drive (e.g., a car, a truck)", "push (an object)", "ride (e.g., a bike, a car, a horse)"
THROW, SHOVE = "throw", "push (another person)"
ACTIONS = (BEND, FALL, RISE, JUMP, LIE, RUN, SIT, STAND, WALK, CARRY, DRIVE, PUSH, RIDE, THROW, SHOVE)
"""AVA names of all that people can be rendered to do, in AVA's order."""


@dataclass
class Thing:
    """An object beside its person, or on its own.

    Attributes:
        label: COCO name, or empty for what has none and is only drawn.
        track: its number.
        parts: in the world.
        anomalous: whether it belongs to something unusual.
        loose: whether it may be nearer to the camera or farther away than its person.
    """

    label: str
    track: int
    parts: list[_vehicles.Part]
    anomalous: bool = True
    loose: bool = False


@dataclass
class Act:
    """One moment of an anomaly.

    Attributes:
        joints: (18, 3) world joints of the person, or None where things are on their own.
        look: what the person looks like.
        track: the person's number.
        actions: AVA names.
        things: objects that belong to it.
        place: (2,) ground position in metres.
        clear: radius in metres that people leave free.
        anomalous: whether the person does something unusual at this moment.
        others: what other people do at this moment.
    """

    joints: Doubles | None
    look: Look
    track: int
    actions: tuple[str, ...]
    things: list[Thing]
    place: Doubles
    clear: float
    anomalous: bool = True
    others: tuple["Act", ...] = ()


Play = Callable[[float], Act | None]
Pose = tuple[Doubles | None, list[_vehicles.Part]]
"""Local joints of a person, (18, 3), and local parts of a thing; either may be missing."""


def course(scene: Scene, rng: Generator, y: tuple[float, float]) -> tuple[Doubles, Doubles]:
    """Start and end of a crossing from one side of the picture to the other, just outside it."""
    left = bool(rng.random() < 0.5)
    low, high = rng.uniform(*y, 2)
    a = np.array([scene.view.edge(low, left, 1.2), low])
    b = np.array([scene.view.edge(high, not left, 1.6), high])
    return a, b


def way(scene: Scene, rng: Generator) -> tuple[Doubles, Doubles]:
    """Start and end of a way in any direction: across, towards the camera or away from it, also along the border."""
    near, far = scene.band
    if rng.random() < 0.5:
        return course(scene, rng, (near + 0.5, near + 0.7 * (far - near)))
    ends = np.array([[spot(scene, rng, y, 0.0), y] for y in (far - 1.5, 8.5)])
    return (ends[0], ends[1]) if rng.random() < 0.5 else (ends[1], ends[0])


def spot(scene: Scene, rng: Generator, y: float, margin: float = 0.12) -> float:
    """World x of a place in the picture at distance ``y``, but for a share ``margin`` at either side."""
    left, right = scene.view.edge(y, True, 0), scene.view.edge(y, False, 0)
    return float(left + (right - left) * rng.uniform(margin, 1 - margin))


def stand_at(scene: Scene, rng: Generator) -> Doubles:
    """Draw a place, (2,) metres, where someone can do something on the spot."""
    near, far = scene.band
    y = float(rng.uniform(near + 0.8, near + 0.5 * (far - near)))
    return np.array([spot(scene, rng, y), y])


def along(start: Doubles, end: Doubles, speed: float, t: float) -> tuple[Doubles, float, bool]:
    """Place, heading and whether the end is not yet reached, ``t`` seconds after the start."""
    way = end - start
    length = float(np.linalg.norm(way))
    return start + way / length * speed * t, float(np.arctan2(way[1], way[0])), speed * t < length


def move(parts: list[_vehicles.Part], place: Doubles, heading: float, up: float = 0.0) -> list[_vehicles.Part]:
    """Bring parts from local to world coordinates."""
    local = np.concatenate([centres for centres, _, _ in parts])
    spots = _poses.to_world(local[None], place[None], np.array([heading]))[0] + np.array([0, 0, up])
    ends = np.cumsum([len(radii) for _, radii, _ in parts])[:-1]
    return [(moved, radii, colour) for moved, (_, radii, colour) in zip(np.split(spots, ends), parts, strict=True)]


def world(local: Doubles, place: Doubles, heading: float) -> Doubles:
    """Bring (18, 3) joints from local to world coordinates."""
    joints: Doubles = _poses.to_world(local[None], place[None], np.array([heading]))[0]
    return joints


def cross(
    ends: tuple[Doubles, Doubles], speed: float, look: Look, person: int, actions: tuple[str, ...], clear: float,
    pose: Callable[[float], Pose], label: str = "", thing: int = 0,
) -> Play:  # fmt: skip
    """Play someone, or a thing on its own, that goes straight on from one of two (2,) ``ends`` to the other.

    ``pose`` is asked by seconds; ``label`` and number ``thing`` are the thing's, which is only drawn without a label.
    """

    def play(t: float) -> Act | None:
        place, heading, on = along(*ends, speed, t)
        local, parts = pose(t)
        things = [Thing(label, thing, move(parts, place, heading), bool(label))] if parts else []
        joints = None if local is None else world(local, place, heading)
        return Act(joints, look, person, actions, things, place, clear) if on else None

    return play


def middle(scene: Scene) -> tuple[float, float]:
    """Nearest and farthest y of where much happens."""
    near, far = scene.band
    return near + 0.8, near + 0.45 * (far - near)


def stride(look: Look, speed: float, run: bool, t: float) -> float:
    """Phase of the gait ``t`` seconds into a steady course."""
    length = (1.5 if run else 0.80) * look.stature
    return 2 * np.pi * speed / length * t


def gait(look: Look, speed: float, run: bool, t: float, arm: Doubles | None = None) -> Doubles:
    """(18, 3) local joints of someone who walks, runs or stands, ``t`` seconds into a steady course."""
    one = np.ones(1)
    phase = one * stride(look, speed, run, t)
    joints: Doubles = _poses.walk(phase, one * look.stature, one * speed, one * run, None if arm is None else arm[None])
    first: Doubles = joints[0]
    return first
