"""What normally does not happen on the plaza, played by name, and when."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

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


STAGED: dict[str, Callable[[Scene, Generator, Tracks], Play]] = {
    "bicycle": _staged.bicycle,
    "skateboard": _staged.skateboard,
    "cart": _staged.cart,
    "runner": _staged.runner,
    "off limits": _staged.off_limits,
    "thrown bag": _staged.thrown_bag,
}
"""What happens in the demo and in the data set's test clips."""

ANOMALIES: dict[str, Callable[[Scene, Generator, Tracks], Play]] = STAGED | {
    "cyclist": _riders.cyclist,
    "skater": _riders.skater,
    "motorcycle": _riders.motorcycle,
    "car": _riders.car,
    "truck": _riders.truck,
    "walked bicycle": _riders.walked_bicycle,
    "jogger": _actions.jogger,
    "jumper": _actions.jumper,
    "fall": _actions.fall,
    "bend": _actions.bend,
    "sit": _actions.sit,
    "push": _actions.push,
    "shove": _actions.shove,
    "dog": _loose_objects.dog,
    "ball": _loose_objects.ball,
    "frisbee": _loose_objects.frisbee,
    "umbrella": _loose_objects.umbrella,
    "suitcase": _loose_objects.suitcase,
}
"""All that can be played: what is staged, and what varies far more, from way to pose."""


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


Labels = tuple[tuple[str, str], ...]
LABELS: dict[str, Labels] = {
    "bicycle": (("object", "bicycle"), ("action", "ride")),
    "skateboard": (("object", "skateboard"), ("action", "ride")),
    "cart": (("object", "truck"), ("action", "drive")),
    "runner": (("action", "run / jog"),),
    "thrown bag": (("object", "handbag"), ("action", "throw")),
    "off limits": (("location", LAWN),),
    "cyclist": (("object", "bicycle"), ("action", "ride")),
    "skater": (("object", "skateboard"), ("action", "ride")),
    "motorcycle": (("object", "motorcycle"), ("action", "ride")),
    "car": (("object", "car"),),
    "truck": (("object", "truck"), ("action", "drive")),
    "walked bicycle": (("object", "bicycle"), ("action", "push")),
    "jogger": (("action", "run / jog"),),
    "jumper": (("action", "jump / leap"),),
    "fall": (("action", "fall down"), ("action", "lie / sleep"), ("action", "get up")),
    "bend": (("action", "bend / bow"),),
    "sit": (("action", "sit"),),
    "push": (("action", "push"),),
    "shove": (("action", "push"),),
    "dog": (("object", "dog"),),
    "ball": (("object", "sports ball"), ("action", "throw")),
    "frisbee": (("object", "frisbee"), ("action", "throw")),
    "umbrella": (("object", "umbrella"), ("action", "carry / hold")),
    "suitcase": (("object", "suitcase"), ("action", "carry / hold")),
}
"""X-MAN labels of each anomaly as a whole."""
