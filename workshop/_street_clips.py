"""Frames of plain clips, boxed by a teacher that looks at them as they are, mirrored, and in enlarged tiles."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import from_numpy
from torchvision.ops import batched_nms

from core.arrays import Floats, Images
from core.boxes import iou
from core.contracts import Footage, ObjectModel
from core.errors import DataError
from core.files import folder
from core.records import Detections
from explain.objects.rcnn import COCO
from footage.folder import Folder
from workshop.street_sets import SAME_IOU, Picture, Row, completed, keep, kept, small

SOURCE, FRAMES = "clips", 12
"""Name of the source, and frames of each clip, spread evenly."""
MIN_IGNORED_CONFIDENCE = 0.25
"""Confidence from which what only a tile shows is ignored rather than background."""
Teachers = tuple[ObjectModel, ObjectModel]
"""The teachers of whole pictures, and of enlarged tiles of them."""


def clips(root: Path, left_out: Sequence[str]) -> list[Footage]:
    """List the clips of a folder but for those left out by name; raises a ``DataError`` where there is none."""
    return [clip for clip in Folder(root).training() if clip.name not in left_out]


def sources(root: Path, left_out: Sequence[str]) -> list[dict[str, str]]:
    """Say of each clip that is learnt from where it is from, as ``sources.json`` in the folder has it.

    The file is a list of objects with ``file``, ``repository`` and ``terms``; what it lacks is ``not stated``.

    Raises:
        DataError: there is no clip, or ``sources.json`` is no such list.
    """
    path = root / "sources.json"
    try:
        told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        of = {str(entry["file"]): (str(entry["repository"]), str(entry["terms"])) for entry in told}
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is no list of objects with file, repository and terms") from error
    rows = [(clip.name, *of.get(clip.name, ("not stated", "not stated"))) for clip in clips(root, left_out)]
    return [{"file": name, "repository": repository, "terms": terms} for name, repository, terms in rows]


def gather(
    root: Path, left_out: Sequence[str], cache: Path, teachers: Callable[[], Teachers], say: Callable[[str], None]
) -> list[Picture]:
    """Reduce frames of clips, once, box them, and keep them in ``cache``; ``say`` gets one line.

    What the teacher is sure of is learnt, where it sees anything else nothing is, and the rest is background.

    Raises:
        DataError: there is no clip.
        WeightsError: the teacher's weights cannot be had.
        StorageError: ``cache`` cannot be written.
    """
    found: list[Picture] = []
    for clip in clips(root, left_out):
        target = cache / SOURCE / Path(clip.name).name
        if not (target / "index.json").exists():
            models = teachers()
            images = [small(image, *image.shape[:2]) for image in spread(clip)]
            keep(folder(target), ((image, boxed(models, image)) for image in images))
        found += kept(target, SOURCE, COCO)
    say(f"clips: {len(found)} frames of {len(clips(root, left_out))} clips")
    return found


def spread(clip: Footage, most: int = FRAMES) -> list[Images]:
    """Read at most ``most`` frames of a clip, spread evenly, each (H, W, 3) uint8."""
    count = sum(len(chunk.images) for chunk in clip.frames())
    wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    return [image.copy() for chunk in clip.frames() for i, image in enumerate(chunk.images, chunk.first) if i in wanted]


def boxed(teachers: Teachers, image: Images) -> list[Row]:
    """Box an (H, W, 3) uint8 picture; what only the tiles show is ignored, as it may be small or no thing at all."""
    whole, tiles = teachers
    rows = completed([], mirrored(whole, image), ())
    seen = tiles.detect(image[None])[0]
    return completed(rows, seen.select(seen.confidence >= MIN_IGNORED_CONFIDENCE), COCO)


def mirrored(teacher: ObjectModel, image: Images) -> Detections:
    """Box a picture as it is and mirrored: what both see has its mean box and confidence, else half the confidence."""
    plain, turned = (teacher.detect(np.ascontiguousarray(view)[None])[0] for view in (image, image[:, ::-1]))
    width = image.shape[1]
    back = turned.boxes[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)
    back += np.array([width, 0, width, 0], np.float32)
    fused = _half(plain, plain.boxes, turned, back) + _half(turned, back, plain, plain.boxes)
    if not fused:
        return plain
    labels = [label for label, _, _ in fused]
    boxes, sure = np.stack([box for _, box, _ in fused]), np.array([c for _, _, c in fused], np.float32)
    which = np.array([COCO.index(label) for label in labels])
    best = batched_nms(from_numpy(boxes), from_numpy(sure), from_numpy(which), SAME_IOU).numpy()
    return Detections(plain.frame, boxes[best], tuple(labels[i] for i in best), sure[best], plain.vocabulary)


def _half(one: Detections, boxes: Floats, other: Detections, others: Floats) -> list[tuple[str, Floats, float]]:
    overlaps = iou(boxes, others)
    overlaps *= np.array([[a == b for b in other.labels] for a in one.labels]).reshape(overlaps.shape)
    rows = []
    for i, (label, confidence) in enumerate(zip(one.labels, one.confidence, strict=True)):
        j = int(overlaps[i].argmax()) if len(others) else -1
        if j >= 0 and overlaps[i, j] >= SAME_IOU:
            box, mean = (boxes[i] + others[j]) / 2, (float(confidence) + float(other.confidence[j])) / 2
            rows.append((label, box.astype(np.float32), mean))
        else:
            rows.append((label, boxes[i].astype(np.float32), float(confidence) / 2))
    return rows
