"""Frames of plain clips, boxed by a teacher at several scales and mirrored."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from core.arrays import Images
from core.contracts import Footage, ObjectModel
from core.errors import DataError
from core.files import folder
from core.records import Detections
from explain.objects.rcnn import COCO
from footage.folder import Folder
from workshop._fused_boxes import fused
from workshop.street_sets import LONGEST, Picture, Row, completed, keep, kept

SOURCE, FRAMES = "clips", 24
"""Name of the source, and frames of each clip, spread evenly."""
Teachers = tuple[ObjectModel, ObjectModel]
"""Who looks at whole pictures, and who looks at enlarged tiles of them, too."""


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
    """Make frames of clips small, once, and box them.

    What the teacher is sure of is learnt, where it sees anything else nothing is, and the rest is background.

    Args:
        root: folder of clips.
        left_out: names of clips.
        cache: folder for the small frames.
        teachers: makes the models that box them; called where frames are still to be made.
        say: told one line in all.

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
            images = [_small(image) for image in spread(clip)]
            keep(folder(target), ((image, boxed(models, image)) for image in images))
        found += kept(target, SOURCE, COCO)
    say(f"clips: {len(found)} frames of {len(clips(root, left_out))} clips")
    return found


def spread(clip: Footage, most: int = FRAMES) -> list[Images]:
    """Read at most ``most`` frames of a clip, spread evenly, each (H, W, 3) uint8."""
    count = sum(len(chunk.images) for chunk in clip.frames())
    wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    return [image.copy() for chunk in clip.frames() for i, image in enumerate(chunk.images, chunk.first) if i in wanted]


def _small(image: Images) -> Images:
    height, width = image.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA), np.uint8)


def boxed(teachers: Teachers, image: Images) -> list[Row]:
    """Box an (H, W, 3) uint8 picture by four views of it: as it is and mirrored, whole and in enlarged tiles.

    What only the tiles show, or only one of two mirrored views, is ignored: it may be small, or no thing at all.
    """
    views = [view for teacher in teachers for view in (teacher.detect(image[None])[0], _mirrored(teacher, image))]
    return completed([], fused(views), ())


def _mirrored(teacher: ObjectModel, image: Images) -> Detections:
    """Box a mirrored picture, the boxes turned back."""
    found = teacher.detect(np.ascontiguousarray(image[:, ::-1])[None])[0]
    back = found.boxes[:, [2, 1, 0, 3]] * np.array([-1, 1, -1, 1], np.float32)
    return replace(found, boxes=back + np.array([image.shape[1], 0, image.shape[1], 0], np.float32))
