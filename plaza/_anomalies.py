"""What normally does not happen on the plaza, played by name, and when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from plaza import _actions, _loose_objects, _riders, _staged
from plaza._crowd import Tracks
from plaza._motions import Generator, Play
from plaza._scene import Scene

LAWN = "on the lawn"
"""X-MAN location label of ``off limits``."""
MAX_ANOMALY_SECONDS = 60.0

OBJECTS = (
    "person", "bicycle", "car", "motorcycle", "truck", "dog", "backpack", "umbrella", "handbag", "suitcase", "frisbee",
    "sports ball", "skateboard",
)  # fmt: skip
"""COCO names of all that can be rendered, in COCO's order."""


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
    "bicycle": (_staged.bicycle, (("object", "bicycle"), RIDE)),
    "skateboard": (_staged.skateboard, (("object", "skateboard"), RIDE)),
    "cart": (_staged.cart, (("object", "truck"), DRIVE)),
    "runner": (_staged.runner, (RUN,)),
    "off limits": (_staged.off_limits, (("location", LAWN),)),
    "thrown bag": (_staged.thrown_bag, (("object", "handbag"), THROW)),
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
