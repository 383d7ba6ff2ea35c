"""What normally does not happen on the plaza, played by name, and when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from plaza import _actions, _loose_objects, _poses, _riders, _vehicles
from plaza import _motions as do
from plaza._crowd import Tracks
from plaza._figure import NO_BAG, dress
from plaza._motions import Act, Generator, Play, Pose, Thing, course, cross, gait, middle, move, world
from plaza._scene import Scene

LAWN = "on the lawn"
"""X-MAN location label of ``off limits``."""
MAX_ANOMALY_SECONDS = 60.0

OBJECTS = (
    "person", "bicycle", "car", "motorcycle", "truck", "dog", "backpack", "umbrella", "handbag", "suitcase", "frisbee",
    "sports ball", "skateboard",
)  # fmt: skip
"""COCO names of all that can be rendered, in COCO's order."""


def bicycle(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A rider crosses on a bicycle, pedalling."""
    ends = course(scene, rng, middle(scene))
    speed, look = rng.uniform(3.6, 4.6), dress(rng, NO_BAG)
    colour = rng.choice([[160, 40, 40], [40, 70, 130], [36, 36, 40], [60, 120, 80]]) * 1.0
    person, thing = tracks.fresh(), tracks.fresh()

    def pose(t: float) -> Pose:
        phase = speed * t * 2.2
        feet = np.stack([_vehicles.pedal(phase, s) + np.array([-0.02, 0, 0.06]) for s in (0, 1)])
        hands = np.stack([_vehicles.BAR + np.array([0, s * 0.22, 0.03]) for s in (1, -1)])
        local = _poses.reach(look.stature, _vehicles.SADDLE + np.array([0.02, 0, 0.07]), 0.62, feet, hands)
        return local, _vehicles.bicycle(phase, colour)

    return cross(ends, speed, look, person, (do.RIDE,), 1.4, pose, "bicycle", thing)


def skateboard(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone stands on a skateboard and glides across."""
    ends = course(scene, rng, middle(scene))
    speed, look = rng.uniform(3.0, 3.8), dress(rng, NO_BAG)
    colour = rng.choice([[190, 60, 40], [60, 60, 66], [70, 120, 150], [190, 150, 60]]) * 1.0
    person, thing = tracks.fresh(), tracks.fresh()
    side = 1.0 if rng.random() < 0.5 else -1.0

    def pose(t: float) -> Pose:
        sway, h = 0.12 * np.sin(t * 2.3), look.stature
        feet = np.array([[0.05, 0.22, 0.19], [-0.02, -0.22, 0.19]])
        hip = np.array([-0.03, 0.04, 0.19 + 0.445 * h + 0.015 * np.sin(t * 3)])
        hands = hip + np.array([[0.24 + sway, 0.42, 0.28 + sway], [0.10, -0.45, 0.22 - sway]]) * h / 1.7
        local = _poses.reach(h, hip, 0.22, feet, hands, twist=0.3 + sway, knees=0.5)
        return world(local, np.zeros(2), -side * np.pi / 2), _vehicles.skateboard(colour)

    return cross(ends, speed, look, person, (do.RIDE,), 1.2, pose, "skateboard", thing)


def cart(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """A small utility truck drives across."""
    start, end = course(scene, rng, (scene.band[0] + 1.8, scene.band[0] + 0.4 * (scene.band[1] - scene.band[0])))
    speed, look = rng.uniform(3.0, 3.8), dress(rng, NO_BAG)
    colour = rng.choice([[206, 204, 196], [60, 106, 78], [198, 160, 60], [70, 92, 130]]) * 1.0
    person, thing = tracks.fresh(), tracks.fresh()

    def pose(t: float) -> Pose:
        feet = np.array([[0.78, 0.3, 0.62], [0.78, 0.08, 0.62]])
        hands = np.array([[0.72, 0.38, 1.05], [0.72, 0.08, 1.05]])
        local = _poses.reach(look.stature, np.array([0.16, 0.2, 0.78]), -0.05, feet, hands)
        return local, _vehicles.cart(colour, speed * t / 0.28)

    ends = start - (end - start) / np.linalg.norm(end - start) * 1.2, end
    return cross(ends, speed, look, person, (do.DRIVE,), 2.2, pose, "truck", thing)


def runner(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone runs across."""
    return _on_foot(scene, rng, tracks, middle(scene), (3.5, 4.3), do.RUN, 1.1)


def off_limits(scene: Scene, rng: Generator, tracks: Tracks) -> Play:
    """Someone walks across the lawn, which is off limits."""
    near = scene.band[0] - 0.8
    return _on_foot(scene, rng, tracks, (near - 4.2, near - 2.4), (1.5, 1.75), do.WALK, 0.8)


def _on_foot(
    scene: Scene, rng: Generator, tracks: Tracks, rows: tuple[float, float], speeds: tuple[float, float], action: str,
    clearance: float,
) -> Play:  # fmt: skip
    ends = course(scene, rng, rows)
    speed, look, person = rng.uniform(*speeds), dress(rng, NO_BAG), tracks.fresh()
    return cross(
        ends, speed, look, person, (action,), clearance, lambda t: (gait(look, speed, action == do.RUN, t), [])
    )


WIND, FLIGHT, SLIDE = 1.1, 1.15, 0.55  # seconds


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
        joints = world(gait(look, 0.0, False, t, np.array([upper, elbow])), place, heading)
        fly, slide = np.clip((t - WIND - 0.15) / FLIGHT, 0, 1), np.clip((t - WIND - 0.15 - FLIGHT) / SLIDE, 0, 1)
        if fly <= 0:
            hand = joints[15] + (joints[15] - joints[13]) * 0.9
            at, up, turn = hand[:2], hand[2] - 0.1, upper
        else:
            at = place + ahead * (0.6 + far_away * fly + 1.1 * (1 - (1 - slide) ** 2))
            up, turn = 1.2 * (1 - fly) + 0.15 + 4 * (high - 1) * fly * (1 - fly), 5.5 * fly + 0.78 * (1 - fly)
            up, turn = (up, turn) if slide <= 0 else (0.15, 2 * np.pi)
        busy = t < WIND + 0.15 + FLIGHT + SLIDE + 0.2
        parts = move(_vehicles.bag(colour, float(turn), 1.25), np.asarray(at), heading, float(up))
        actions = (do.STAND, do.THROW) if t < WIND + 0.8 else (do.STAND,)
        things = [Thing("handbag", thing, parts, busy, loose=True)]
        return Act(joints, look, person, actions, things, place, 1.0, busy)

    return play


@dataclass(frozen=True)
class Anomaly:
    """When something unusual begins.

    Attributes:
        name: one of ``ANOMALIES``.
        first: frame, from 0, at which it begins; it lasts as long as it takes to cross the picture.
    """

    name: str
    first: int


Labels = tuple[tuple[str, str], ...]
Make = Callable[[Scene, Generator, Tracks], Play]
RIDE, CARRY, RUN, PUSH = ("action", "ride"), ("action", "carry / hold"), ("action", "run / jog"), ("action", "push")
DRIVE, THROW = ("action", "drive"), ("action", "throw")
_PLAYS: dict[str, tuple[Make, Labels]] = {
    "bicycle": (bicycle, (("object", "bicycle"), RIDE)),
    "skateboard": (skateboard, (("object", "skateboard"), RIDE)),
    "cart": (cart, (("object", "truck"), DRIVE)),
    "runner": (runner, (RUN,)),
    "off limits": (off_limits, (("location", LAWN),)),
    "thrown bag": (thrown_bag, (("object", "handbag"), THROW)),
    "cyclist": (_riders.cyclist, (("object", "bicycle"), RIDE)),
    "skater": (_riders.skater, (("object", "skateboard"), RIDE)),
    "motorcycle": (_riders.motorcycle, (("object", "motorcycle"), RIDE)),
    "car": (_riders.car, (("object", "car"),)),
    "truck": (_riders.truck, (("object", "truck"), DRIVE)),
    "walked bicycle": (_riders.walked_bicycle, (("object", "bicycle"), PUSH)),
    "jogger": (_actions.jogger, (RUN,)),
    "jumper": (_actions.jumper, (("action", "jump / leap"),)),
    "fall": (_actions.fall, (("action", "fall down"), ("action", "lie / sleep"), ("action", "get up"))),
    "bend": (_actions.bend, (("action", "bend / bow"),)),
    "sit": (_actions.sit, (("action", "sit"),)),
    "push": (_actions.push, (PUSH,)),
    "shove": (_actions.shove, (PUSH,)),
    "dog": (_loose_objects.dog, (("object", "dog"),)),
    "ball": (partial(_loose_objects.throwing, "sports ball"), (("object", "sports ball"), THROW)),
    "frisbee": (partial(_loose_objects.throwing, "frisbee"), (("object", "frisbee"), THROW)),
    "umbrella": (_loose_objects.umbrella, (("object", "umbrella"), CARRY)),
    "suitcase": (_loose_objects.suitcase, (("object", "suitcase"), CARRY)),
}
ANOMALIES: dict[str, Make] = {name: make for name, (make, _) in _PLAYS.items()}
"""All that can be played: what is staged, and what varies far more, from path to pose."""
STAGED: dict[str, Make] = dict(list(ANOMALIES.items())[:6])
"""What happens in the demo and in the data set's test clips."""
LABELS: dict[str, Labels] = {name: labels for name, (_, labels) in _PLAYS.items()}
"""X-MAN labels of each anomaly as a whole."""


def duration(play: Play, fps: float) -> int:
    """Frames until an anomaly is over, to within a fifth of a second."""
    step, last, n = 0.2, -1, 0
    while n * step < MAX_ANOMALY_SECONDS and (act := play(n * step)) is not None:
        last = n if act.anomalous else last
        n += 1
    return round((last + 1) * step * fps)


def schedule(anomalies: Sequence[str | Anomaly], lengths: Sequence[int], frames: int, rng: Generator) -> list[int]:
    """Give anomalies, of so many frames each, their first frames, in order, one after another where the clip allows."""
    pauses = rng.uniform(0.85, 1.15, len(lengths) + 1)
    pauses *= max(frames - sum(lengths), 0) / pauses.sum()
    shrink = min(1.0, 0.95 * frames / max(sum(lengths), 1))
    starts = np.cumsum(pauses[:-1]) + shrink * (np.cumsum(lengths) - lengths)
    return [a.first if isinstance(a, Anomaly) else int(s) for a, s in zip(anomalies, starts, strict=True)]
