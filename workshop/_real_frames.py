"""Real frames to learn objects from: a teacher names the people in them, published regions what is unusual.

Looked for under one folder: ``UCSDped2/`` and ``labels/ped2_regions_dev.csv``, ``Avenue/training_videos/``, ``clips/``.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.arrays import Bools, Floats, Images
from core.boxes import iou, within
from core.contracts import Footage, ObjectModel
from core.errors import ClipError
from core.files import folder, write_json
from core.records import Detections
from explain.labels import PERSON
from footage import labels
from footage.avenue import Avenue
from footage.folder import Folder
from footage.labels import Regions
from footage.ucsd import Ped2
from workshop._box_samples import Boxes, Scenes
from workshop.street_sets import with_rider

LEARNT, UNSEEN = ("Test001", "Test004", "Test007"), ("Test002", "Test008", "Test010")
"""Ped2's test clips whose regions are learnt from, and those that are for measuring; all others are left alone."""
REGIONS = Path("labels", "ped2_regions_dev.csv")
AVENUE = ("10", "11", "12", "16")
"""Avenue's training clips that are looked at."""
MIN_PERSON_CONFIDENCE, MIN_BICYCLE_CONFIDENCE, MIN_THING_CONFIDENCE, MIN_STILL_CONFIDENCE = 0.35, 0.4, 0.55, 0.7
MAX_STILL_LEVELS = 7.0
"""Grey levels; a person this near to the clip's background, of whom the teacher is not sure, is a post or a bush."""
FRAME_STEPS = {"ped2": 5, "regions": 3, "videos": 15}


@dataclass(frozen=True)
class Shot:
    """Frames of one clip with what the teacher says of them.

    Attributes:
        name: of the clip.
        numbers: index of each frame in the clip.
        images: (N, H, W, 3) uint8.
        background: (H, W, 3) uint8, the clip's median.
        found: one entry for each frame.
    """

    name: str
    numbers: Sequence[int]
    images: Images
    background: Images
    found: Sequence[Detections]

    def persons(self, i: int) -> Floats:
        """Return the (N, 4) boxes of the persons in one of its frames that the teacher is sure enough of."""
        found = found_boxes(self.found[i], self.images[i], self.background, things=False)
        return np.array([box for _, box in found], np.float32).reshape(-1, 4)


@dataclass(frozen=True)
class Real:
    """All that is learnt from: clips where nothing unusual happens, and Ped2's test clips with their regions."""

    ped2: Sequence[Shot]
    videos: Sequence[Shot]
    unusual: Sequence[Shot]
    regions: Regions


class Teacher:
    """Labels frames once, by the model that ``load`` makes when first needed, and keeps the answers in ``cache``."""

    def __init__(self, cache: Path, load: Callable[[], ObjectModel]) -> None:
        self.cache, self._load, self._model = folder(cache), load, None

    _model: ObjectModel | None

    def label(self, name: str, numbers: Sequence[int], images: Images) -> list[Detections]:
        """Label one clip's frames; raises ``WeightsError`` of the teacher and ``StorageError`` of the cache."""
        path = self.cache / f"teacher-{name}.json"
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"numbers": []}
        if kept["numbers"] != list(numbers):
            self._model = self._model or self._load()
            found = [self._model.detect(image[None])[0] for image in images]
            rows = [
                [[label, *row] for label, row in zip(d.labels, np.c_[d.confidence, d.boxes].tolist(), strict=True)]
                for d in found
            ]
            kept = {"numbers": list(numbers), "boxes": rows}
            write_json(path, kept)
        return [_detections(number, rows) for number, rows in zip(numbers, kept["boxes"], strict=True)]


def _detections(number: int, rows: Sequence[Sequence[object]]) -> Detections:
    table = np.array([row[1:] for row in rows], dtype=np.float32).reshape(-1, 5)
    return Detections(number, table[:, 1:], tuple(str(row[0]) for row in rows), table[:, 0], "COCO")


def read(root: Path, teacher: Teacher, say: Callable[[str], None], left_out: Sequence[str] = ()) -> Real:
    """Read all that is learnt from, but for videos ``left_out`` by name.

    Raises:
        DataError: ``root`` is not laid out as above.
        WeightsError: the teacher's weights cannot be had.
        StorageError: the cache cannot be written.
    """
    ped2, regions = Ped2(root / "UCSDped2"), labels.read_regions(root / REGIONS)
    normal = [_shot(clip, FRAME_STEPS["ped2"], teacher, say) for clip in ped2.training()]
    unusual = [_shot(clip, FRAME_STEPS["regions"], teacher, say) for clip in ped2.test() if clip.name in LEARNT]
    shown = [_shot(clip, FRAME_STEPS["videos"], teacher, say) for clip in videos(root) if clip.name not in left_out]
    return Real(normal, shown, unusual, regions)


def unseen(root: Path, teacher: Teacher, say: Callable[[str], None]) -> tuple[list[Shot], Regions]:
    """Read the clips that are for measuring, and the regions; raises as :func:`read`."""
    clips = [clip for clip in Ped2(root / "UCSDped2").test() if clip.name in UNSEEN]
    shots = [_shot(clip, FRAME_STEPS["regions"], teacher, say) for clip in clips]
    return shots, labels.read_regions(root / REGIONS)


def videos(root: Path) -> list[Footage]:
    """List Avenue's training clips and the plain ones."""
    avenue = [clip for clip in Avenue(root / "Avenue").training() if clip.name in AVENUE]
    return [*avenue, *Folder(root / "clips").training()]


def _shot(clip: Footage, every: int, teacher: Teacher, say: Callable[[str], None]) -> Shot:
    numbered = ((i, image) for chunk in clip.frames() for i, image in enumerate(chunk.images, chunk.first))
    shown = [(i, image) for i, image in numbered if i % every == 0]
    if not shown:
        raise ClipError(f"clip {clip.name!r} holds no frame; leave it out")
    numbers, stack = [i for i, _ in shown], np.stack([image for _, image in shown])
    background = np.median(stack[:: max(1, len(stack) // 24)], axis=0).astype(np.uint8)
    found = teacher.label(re.sub(r"[^\w-]+", "-", f"{clip.name}-{every}"), numbers, stack)
    say(f"objects: {clip.name}, {len(stack)} frames")
    return Shot(clip.name, numbers, stack, background, found)


def scenes(shots: Sequence[Shot], names: Sequence[str], regions: Regions | None = None) -> Scenes:
    """Make samples of shots: the teacher's surest boxes, with ``regions`` its persons and the labelled boxes."""
    images = [image for shot in shots for image in shot.images]
    truth = []
    for shot in shots:
        table = (regions or {}).get(shot.name, {})
        for found, image in zip(shot.found, shot.images, strict=True):
            kept = found_boxes(found, image, shot.background, things=regions is None)
            if regions is not None:
                named = [(r.label, np.array(r.box, np.float32)) for r in table.get(found.frame, ())]
                kept += named + _other_bicycles(found, [box for _, box in named])
            truth.append(Boxes.of([(names.index(label) + 1, box, 1.0) for label, box in kept if label in names]))
    return Scenes(images, truth)


def _other_bicycles(found: Detections, named: Sequence[Floats]) -> list[tuple[str, Floats]]:
    """Return bicycles of the teacher that no region holds, with who rides or pushes them: pushing is not unusual."""
    persons = found.boxes[found.labelled(PERSON) & (found.confidence >= MIN_PERSON_CONFIDENCE)]
    bicycles = found.boxes[found.labelled("bicycle") & (found.confidence >= MIN_BICYCLE_CONFIDENCE)]
    whole = [with_rider(box, persons) for box in bicycles]
    return [("bicycle", box) for box in whole if not named or iou(np.stack(named), box[None]).max() < 0.3]


def found_boxes(found: Detections, image: Images, background: Images, things: bool) -> list[tuple[str, Floats]]:
    """Choose the teacher's boxes to trust in one (H, W, 3) frame: persons, and other ``things`` where asked."""
    person = found.labelled(PERSON)
    thing = things & (found.confidence >= MIN_THING_CONFIDENCE)
    sure = np.where(person, found.confidence >= MIN_PERSON_CONFIDENCE, thing)
    change = np.abs(image.astype(np.int16) - background).max(2)
    still = [
        person[i] and found.confidence[i] < MIN_STILL_CONFIDENCE and mean_inside(change, box) < MAX_STILL_LEVELS
        for i, box in enumerate(found.boxes)
    ]
    good = sure & ~np.array(still, dtype=bool) & ~_groups(found, person & sure)
    return [(found.labels[i], found.boxes[i]) for i in np.nonzero(good)[0]]


def mean_inside(change: Images | Floats, box: Floats) -> float:
    """Return the mean of an (H, W) picture inside a (4,) box."""
    x1, y1, x2, y2 = box.round().astype(int)
    return float(change[y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)].mean())


def _groups(found: Detections, person: Bools) -> Bools:
    """Return which boxes hold two surer persons: the teacher boxes a group, too."""
    inside, surer = within(found.boxes, found.boxes).T > 0.7, found.confidence[None] > found.confidence[:, None]
    smaller = iou(found.boxes, found.boxes) < 0.75
    return np.asarray((inside & surer & smaller & person[None] & person[:, None]).sum(1) >= 2)
