"""What normally does not happen on the plaza, played by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from footage.plaza import _poses, _vehicles
from footage.plaza._crowd import Tracks
from footage.plaza._figure import NO_BAG, Look, dress
from footage.plaza._scene import Scene

Array = npt.NDArray[np.float64]
Generator = np.random.Generator

RIDE = "ride (e.g., a bike, a car, a horse)"
DRIVE = "drive (e.g., a car, a truck)"
LAWN = "on the lawn"
"""X-MAN location label of ``off limits``."""


@dataclass(frozen=True)
class Anomaly:
    """When something unusual begins.

    Attributes:
        name: one of ``ANOMALIES``.
        first: frame, from 0, at which it begins; it lasts as long as it takes to cross the picture.
    """

    name: str
    first: int


@dataclass
class Thing:
    """An object beside its person: the parts in the world, its label and its number."""

    label: str
    track: int
    parts: list[_vehicles.Part]
    anomalous: bool = True


@dataclass
class Act:
    """One moment of an anomaly.

    Attributes:
        joints: (18, 3) world joints of the person, or None.
        look: what the person looks like.
        track: the person's number.
        actions: AVA names.
        things: objects that belong to it.
        place: (2,) ground position in metres.
        clear: radius in metres that people leave free.
        anomalous: whether the person does something unusual at this moment.
    """

    joints: Array
    look: Look
    track: int
    actions: tuple[str, ...]
    things: list[Thing]
    place: Array
    clear: float
    anomalous: bool = True


Play = Callable[[float], Act | None]


def _course(scene: Scene, rng: Generator, y: tuple[float, float]) -> tuple[Array, Array]:
    """Start and end of a crossing from one side of the picture to the other, just outside it."""
    left = bool(rng.random() < 0.5)
    low, high = rng.uniform(*y, 2)
    a = np.array([scene.view.edge(low, left, 1.2), low])
    b = np.array([scene.view.edge(high, not left, 1.6), high])
    return a, b


def _along(start: Array, end: Array, speed: float, t: float) -> tuple[Array, float, bool]:
    """Place, heading and whether the end is not yet reached, ``t`` seconds after the start."""
    way = end - start
    length = float(np.linalg.norm(way))
    return start + way / length * speed * t, float(np.arctan2(way[1], way[0])), speed * t < length


def _move(parts: list[_vehicles.Part], place: Array, heading: float, up: float = 0.0) -> list[_vehicles.Part]:
    """Bring parts from local to world coordinates."""
    moved = []
    for centres, radii, colour in parts:
        world = _poses.to_world(centres[None], place[None], np.array([heading]))[0]
        moved.append((world + np.array([0, 0, up]), radii, colour))
    return moved


def _world(local: Array, place: Array, heading: float) -> Array:
    world: Array = _poses.to_world(local[None], place[None], np.array([heading]))[0]
    return world


def _middle(scene: Scene) -> tuple[float, float]:
    near, far = scene.band
    return near + 0.8, near + 0.45 * (far - near)


def bicycle(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A rider crosses on a bicycle, pedalling."""
    start, end = _course(scene, rng, _middle(scene))
    speed, look = rng.uniform(3.6, 4.6), dress(rng, NO_BAG)
    colour, person, thing = rng.choice([[160, 40, 40], [40, 70, 130], [36, 36, 40], [60, 120, 80]]) * 1.0, *(
        tracks.fresh(), tracks.fresh(),
    )  # fmt: skip

    def play(t: float) -> Act | None:
        place, heading, on = _along(start, end, speed, t)
        phase = speed * t * 2.2
        feet = np.stack([_vehicles.pedal(phase, s) + np.array([-0.02, 0, 0.06]) for s in (0, 1)])
        hands = np.stack([_vehicles.BAR + np.array([0, s * 0.22, 0.03]) for s in (1, -1)])
        local = _poses.reach(look.stature, _vehicles.SADDLE + np.array([0.02, 0, 0.07]), 0.62, feet, hands)
        parts = _move(_vehicles.bicycle(phase, colour), place, heading)
        things = [Thing("bicycle", thing, parts)]
        return Act(_world(local, place, heading), look, person, (RIDE,), things, place, 1.4) if on else None

    return play


def skateboard(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone stands on a skateboard and glides across."""
    start, end = _course(scene, rng, _middle(scene))
    speed, look = rng.uniform(3.0, 3.8), dress(rng, NO_BAG)
    colour, person, thing = rng.choice([[190, 60, 40], [60, 60, 66], [70, 120, 150], [190, 150, 60]]) * 1.0, *(
        tracks.fresh(), tracks.fresh(),
    )  # fmt: skip
    side = 1.0 if rng.random() < 0.5 else -1.0

    def play(t: float) -> Act | None:
        place, heading, on = _along(start, end, speed, t)
        sway, h = 0.12 * np.sin(t * 2.3), look.stature
        feet = np.array([[0.05, 0.22, 0.19], [-0.02, -0.22, 0.19]])
        hip = np.array([-0.03, 0.04, 0.19 + 0.445 * h + 0.015 * np.sin(t * 3)])
        hands = hip + np.array([[0.24 + sway, 0.42, 0.28 + sway], [0.10, -0.45, 0.22 - sway]]) * h / 1.7
        local = _poses.reach(h, hip, 0.22, feet, hands, twist=0.3 + sway, knees=0.5)
        turned = _poses.to_world(local[None], np.zeros((1, 2)), np.array([-side * np.pi / 2]))[0]
        parts = _move(_vehicles.skateboard(colour), place, heading)
        things = [Thing("skateboard", thing, parts)]
        return Act(_world(turned, place, heading), look, person, (RIDE,), things, place, 1.2) if on else None

    return play


def cart(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A small utility truck drives across."""
    start, end = _course(scene, rng, (scene.band[0] + 1.8, scene.band[0] + 0.4 * (scene.band[1] - scene.band[0])))
    speed, look = rng.uniform(3.0, 3.8), dress(rng, NO_BAG)
    colour = rng.choice([[206, 204, 196], [60, 106, 78], [198, 160, 60], [70, 92, 130]]) * 1.0
    person, thing = tracks.fresh(), tracks.fresh()

    def play(t: float) -> Act | None:
        place, heading, on = _along(start - (end - start) / np.linalg.norm(end - start) * 1.2, end, speed, t)
        feet = np.array([[0.78, 0.3, 0.62], [0.78, 0.08, 0.62]])
        hands = np.array([[0.72, 0.38, 1.05], [0.72, 0.08, 1.05]])
        local = _poses.reach(look.stature, np.array([0.16, 0.2, 0.78]), -0.05, feet, hands)
        parts = _move(_vehicles.cart(colour, speed * t / 0.28), place, heading)
        things = [Thing("truck", thing, parts)]
        return Act(_world(local, place, heading), look, person, (DRIVE,), things, place, 2.2) if on else None

    return play


def _stride(look: Look, speed: float, run: bool, t: float) -> float:
    """Phase of the gait ``t`` seconds into a steady course."""
    length = (1.5 if run else 0.80) * look.stature
    return 2 * np.pi * speed / length * t


def _gait(look: Look, speed: float, run: bool, t: float, arm: Array | None = None) -> Array:
    one = np.ones(1)
    phase = one * _stride(look, speed, run, t)
    joints: Array = _poses.walk(phase, one * look.stature, one * speed, one * run, None if arm is None else arm[None])
    first: Array = joints[0]
    return first


def runner(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone runs across."""
    start, end = _course(scene, rng, _middle(scene))
    speed, look, person = rng.uniform(3.5, 4.3), dress(rng, NO_BAG), tracks.fresh()

    def play(t: float) -> Act | None:
        place, heading, on = _along(start, end, speed, t)
        joints = _world(_gait(look, speed, True, t), place, heading)
        return Act(joints, look, person, ("run/jog",), [], place, 1.1) if on else None

    return play


def off_limits(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone walks across the lawn, where nobody walks."""
    near = scene.band[0] - 0.8
    start, end = _course(scene, rng, (near - 4.2, near - 2.4))
    speed, look, person = rng.uniform(1.5, 1.75), dress(rng, NO_BAG), tracks.fresh()

    def play(t: float) -> Act | None:
        place, heading, on = _along(start, end, speed, t)
        joints = _world(_gait(look, speed, False, t), place, heading)
        return Act(joints, look, person, ("walk",), [], place, 0.8) if on else None

    return play


WIND, FLIGHT, SLIDE, STAY = 1.1, 1.15, 0.55, 14.0  # seconds


def _throwing(t: float) -> tuple[float, float]:
    """Angles of the throwing arm's shoulder and elbow: two swings back and forth, then overhead."""
    if t < WIND:
        return -0.9 * np.sin(2 * np.pi * t / WIND * 1.25) - 0.3 * t / WIND, 0.1
    late = min((t - WIND) / 0.25, 1.0)
    return -1.2 + 3.2 * late - 1.9 * float(np.clip((t - WIND - 0.3) / 0.5, 0, 1)), 0.1


def thrown_bag(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone standing swings a bag and throws it; it flies in an arc, slides and lies, and its owner watches it."""
    near, far = scene.band
    y = rng.uniform(near + 1.5, near + 0.35 * (far - near))
    left, right = scene.view.edge(y, True, 0), scene.view.edge(y, False, 0)
    place = np.array([left + (right - left) * rng.uniform(0.3, 0.7), y])
    heading = float(rng.normal(0, 0.2) + (np.pi if place[0] > (left + right) / 2 else 0))
    look, person, thing = dress(rng, NO_BAG), tracks.fresh(), tracks.fresh()
    colour = rng.choice([[170, 50, 46], [40, 70, 140], [44, 44, 48], [190, 140, 50]]) * 1.0
    ahead, far_away, high = np.array([np.cos(heading), np.sin(heading)]), rng.uniform(4.5, 6.0), rng.uniform(2.4, 3.2)

    def play(t: float) -> Act | None:
        upper, elbow = _throwing(t)
        joints = _world(_gait(look, 0.0, False, t, np.array([upper, elbow])), place, heading)
        fly, slide = np.clip((t - WIND - 0.15) / FLIGHT, 0, 1), np.clip((t - WIND - 0.15 - FLIGHT) / SLIDE, 0, 1)
        if fly <= 0:
            hand = joints[15] + (joints[15] - joints[13]) * 0.9
            at, up, turn = hand[:2], hand[2] - 0.1, upper
        else:
            at = place + ahead * (0.6 + far_away * fly + 1.1 * (1 - (1 - slide) ** 2))
            up, turn = 1.2 * (1 - fly) + 0.15 + 4 * (high - 1) * fly * (1 - fly), 5.5 * fly + 0.78 * (1 - fly)
            up, turn = (up, turn) if slide <= 0 else (0.15, 2 * np.pi)
        busy = t < WIND + 0.15 + FLIGHT + SLIDE + 0.2
        parts = _move(_vehicles.bag(colour, float(turn), 1.25), np.asarray(at), heading, float(up))
        actions = ("stand", "throw") if t < WIND + 0.8 else ("stand",)
        things = [Thing("handbag", thing, parts, busy)]
        return Act(joints, look, person, actions, things, place, 1.0, busy)

    return play


ANOMALIES: dict[str, Callable[[Scene, Generator, Tracks], Play]] = {
    "bicycle": bicycle,
    "skateboard": skateboard,
    "cart": cart,
    "runner": runner,
    "off limits": off_limits,
    "thrown bag": thrown_bag,
}


def duration(play: Play, fps: float) -> int:
    """Frames that an anomaly lasts, to within a fifth of a second."""
    step, seconds = 0.2, 0.0
    while (act := play(seconds)) is not None and act.anomalous:
        seconds += step
    return round(seconds * fps)


def schedule(anomalies: Sequence[str | Anomaly], lengths: Sequence[int], frames: int, rng: Generator) -> list[int]:
    """Give each anomaly its first frame: in the given order, one after another where the clip is long enough.

    Args:
        anomalies: what happens; an ``Anomaly`` keeps its own first frame.
        lengths: frames that each lasts.
        frames: length of the clip.
        rng: varies the pauses a little.
    """
    pauses = rng.uniform(0.85, 1.15, len(lengths) + 1)
    pauses *= max(frames - sum(lengths), 0) / pauses.sum()
    shrink = min(1.0, 0.95 * frames / max(sum(lengths), 1))
    starts = np.cumsum(pauses[:-1]) + shrink * (np.cumsum(lengths) - lengths)
    return [a.first if isinstance(a, Anomaly) else int(s) for a, s in zip(anomalies, starts, strict=True)]


Labels = tuple[tuple[str, str], ...]
LABELS: dict[str, Labels] = {
    "bicycle": (("object", "bicycle"), ("action", "ride")),
    "skateboard": (("object", "skateboard"), ("action", "ride")),
    "cart": (("object", "truck"), ("action", "drive")),
    "runner": (("action", "run / jog"),),
    "thrown bag": (("object", "handbag"), ("action", "throw")),
    "off limits": (("location", LAWN),),
}
"""X-MAN labels of each anomaly as a whole."""
