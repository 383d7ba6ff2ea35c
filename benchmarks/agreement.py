"""How far the compact object model finds what YOLOX-nano is sure of, clip by clip."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import device, video
from core.arrays import Floats, Images
from core.boxes import iou
from core.contracts import ObjectModel
from core.errors import InputError
from core.records import Detections
from explain import objects
from explain.objects import compact

GROUPS: Mapping[str, tuple[str, ...]] = {
    "persons": ("person",),
    "vehicles": ("car", "truck", "bus", "motorcycle"),
    "two-wheelers": ("bicycle", "motorcycle"),
}
"""Names within a group stand for one another: a van is a car to one model and a truck to the other."""
FRAMES = 20
CONFIDENT_SCORE, MIN_FOUND_SCORE, MATCH_IOU = 0.5, 0.3, 0.5
"""Confidence of a sure box, confidence from which a box counts as found, and IoU from which two show one thing."""
ALL = "all"


@dataclass(frozen=True)
class Agreement:
    """What two models say of one group of names.

    Attributes:
        clip: its file name, or ``all``.
        group: a name of :data:`GROUPS`.
        frames: frames compared.
        sure: sure boxes of the teacher.
        found: those of them that the model finds.
        further: sure boxes of the model that the teacher lacks at any confidence.
    """

    clip: str
    group: str
    frames: int
    sure: int
    found: int
    further: int

    @property
    def share(self) -> float | None:
        """Share of the sure boxes that are found; None where there is none."""
        return self.found / self.sure if self.sure else None

    @property
    def further_per_frame(self) -> float:
        """Sure boxes in a frame that the teacher lacks."""
        return self.further / self.frames

    def row(self) -> dict[str, Any]:
        """Return it as a row of a table."""
        share = None if self.share is None else round(self.share, 3)
        return {
            "clip": self.clip, "group": self.group, "frames": self.frames, "sure": self.sure, "found": self.found,
            "share": share, "further/frame": round(self.further_per_frame, 2),
        }  # fmt: skip


def measure(
    chosen: str, clips: Sequence[Path], weights: Path | None = None, say: Callable[[str], None] = lambda clip: None
) -> list[Agreement]:
    """Compare the compact model, or the one in ``weights``, with YOLOX-nano on frames spread over each clip.

    Returns:
        A row for each clip and group, then one for each group over all clips.

    Raises:
        InputError: no clip is given.
        ClipError: a clip cannot be read.
        WeightsError: weights of either model cannot be had.
    """
    if not clips:
        raise InputError("bench agreement needs clips to compare the models on, such as bench agreement street.mp4")
    runtime = device.choose(chosen)
    teacher = objects.choose("yolox", runtime)
    model = compact.load(runtime, folder=weights) if weights else objects.choose("compact", runtime)
    rows: list[Agreement] = []
    for clip in clips:
        say(clip.name)
        rows += of_frames(clip.name, spread(clip), model, teacher)
    return rows + total(rows)


def spread(clip: Path, most: int = FRAMES) -> Images:
    """Read at most ``most`` frames spread evenly over a clip, (N, H, W, 3) uint8; raises as ``video.read``."""
    count = sum(len(chunk.images) for chunk in video.read(clip))
    wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    return np.concatenate([chunk.images.copy() for chunk in video.read(clip, wanted=wanted.__contains__)])


def of_frames(clip: str, images: Images, model: ObjectModel, teacher: ObjectModel) -> list[Agreement]:
    """Compare two models on (N, H, W, 3) uint8 frames, one row for each group."""
    pairs = [(model.detect(image[None])[0], teacher.detect(image[None])[0]) for image in images]
    return [Agreement(clip, group, len(images), *_counts(pairs, GROUPS[group])) for group in GROUPS]


def _counts(pairs: Sequence[tuple[Detections, Detections]], names: Sequence[str]) -> tuple[int, int, int]:
    """Return sure boxes of the teacher, those found, and sure boxes that the teacher lacks."""
    sure = found = further = 0
    for ours, taught in pairs:
        ours = ours.select(ours.labelled(*names))
        boxes, confidence = ours.boxes, ours.confidence
        forms, known = _forms(taught, names)
        overlaps = np.max([iou(boxes, form) for form in forms], axis=0)
        hit = (overlaps >= MATCH_IOU) & (confidence >= MIN_FOUND_SCORE)[:, None]
        sure += int((known >= CONFIDENT_SCORE).sum())
        found += int(hit.any(axis=0)[known >= CONFIDENT_SCORE].sum())
        further += int(((confidence >= CONFIDENT_SCORE) & ~(overlaps >= MATCH_IOU).any(axis=1)).sum())
    return sure, found, further


def _forms(taught: Detections, names: Sequence[str]) -> tuple[list[Floats], Floats]:
    """Return the teacher's boxes as drawn and, where one is ridden, with its rider, as the compact model draws it."""
    of, persons = taught.select(taught.labelled(*names)), taught.boxes[taught.labelled("person")]
    touch, joined = iou(of.boxes, persons), of.boxes.copy()
    for i, label in enumerate(of.labels):
        if label in compact.RIDDEN and len(persons) and touch[i].max() > 0:
            rider = persons[touch[i].argmax()]
            joined[i] = [*np.minimum(joined[i, :2], rider[:2]), *np.maximum(joined[i, 2:], rider[2:])]
    return [of.boxes, joined], of.confidence


def total(rows: Sequence[Agreement]) -> list[Agreement]:
    """Add the clips up, one row for each group."""
    found = []
    for group in GROUPS:
        of = [row for row in rows if row.group == group]
        counts = {name: sum(getattr(row, name) for row in of) for name in ("frames", "sure", "found", "further")}
        found.append(replace(of[0], clip=ALL, **counts))
    return found


def worst(rows: Sequence[Agreement]) -> Iterator[dict[str, Any]]:
    """Name for each group the clip of which least is found, and the one with most further boxes."""
    for group in GROUPS:
        of = [row for row in rows if row.group == group and row.clip != ALL]
        missed = [row for row in of if row.share is not None]
        least = min(missed, key=lambda row: row.share or 0.0, default=None)
        most = max(of, key=lambda row: row.further_per_frame)
        yield {
            "group": group, "least found": least.clip if least else None,
            "most further": most.clip if most.further else None,
        }  # fmt: skip
