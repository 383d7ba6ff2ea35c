"""Training samples and figures of labelled street pictures: what a set leaves unlabelled is no background."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
import torch
from torch import Tensor, from_numpy
from torchvision.ops import batched_nms

from core.arrays import Floats, Images
from core.boxes import iou
from core.contracts import Footage, ObjectModel
from core.errors import DataError
from core.files import folder
from core.records import Detections
from explain.labels import PERSON
from explain.objects import compact
from explain.objects.rcnn import COCO
from footage.folder import Folder
from workshop._box_samples import Boxes, Random, Sampler, Scenes, Source, crop, vary
from workshop._object_sources import ap50
from workshop._real_frames import mean_inside
from workshop.street_sets import SAME_IOU, Picture, Row, completed, keep, kept, small

SOURCE, FRAMES = "clips", 20
"""Name of the source, and frames of each clip, spread evenly."""
MIN_IGNORED_CONFIDENCE = 0.25
"""Confidence from which what only a tile shows is ignored rather than background."""
Teachers = tuple[ObjectModel, ObjectModel]
"""The teachers of whole pictures, and of enlarged tiles of them."""
Target = dict[str, Tensor]
SCALES = (0.35, 1.3)
"""By which factors kept pictures, whose longer side is 640 pixels, are scaled."""
STREET_WEIGHT = 6.0
PLACE_IOU, MAX_STILL_LEVELS = 0.3, 7.0
"""IoU from which two boxes are of one place, and grey levels by which what stands there differs from the background."""
MEASURED_FRAMES = 60
"""Held-out pictures of each set that are measured on, spread evenly."""


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
            images = [small(image, *image.shape[:2]) for image in spread_images(clip)]
            keep(folder(target), zip(images, without_posts(images, [boxed(models, i) for i in images]), strict=True))
        found += kept(target, SOURCE, COCO)
    say(f"clips: {len(found)} frames of {len(clips(root, left_out))} clips")
    return found


def spread_images(clip: Footage, most: int = FRAMES) -> list[Images]:
    """Read at most ``most`` frames of a clip, spread evenly, each (H, W, 3) uint8."""
    count = sum(len(chunk.images) for chunk in clip.frames())
    wanted = set(np.linspace(0, count - 1, min(most, count)).round().astype(int).tolist())
    return [image.copy() for chunk in clip.frames() for i, image in enumerate(chunk.images, chunk.first) if i in wanted]


def without_posts(images: Sequence[Images], found: Sequence[Sequence[Row]]) -> list[Sequence[Row]]:
    """Drop ignored persons that stand as still as posts, so that they are background, where none is sure in any frame.

    Args:
        images: of one clip, each (H, W, 3) uint8.
        found: what the teacher sees in each; a person whom it is sure of is not ignored.
    """
    background = np.median(np.stack(images), axis=0)
    sure = [box for rows in found for label, box, ignored in rows if label == PERSON and not ignored]
    people = np.array(sure, np.float32).reshape(-1, 4)

    def stays(image: Images, label: str, box: Floats, ignored: bool) -> bool:
        if label != PERSON or not ignored or (len(people) and iou(box[None], people).max() >= PLACE_IOU):
            return True
        return mean_inside(np.abs(image - background).max(2), box) >= MAX_STILL_LEVELS

    return [[row for row in rows if stays(image, *row)] for image, rows in zip(images, found, strict=True)]


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


@dataclass(frozen=True)
class Pool:
    """A source, and (labels,) bool: the labels that it boxes wherever they are, and those that carry no other."""

    source: Source
    known: Tensor
    solid: Tensor


class _Kept(Sequence[Images]):
    """Pictures that are read from disk when they are asked for."""

    def __init__(self, pictures: Sequence[Picture]) -> None:
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    @overload
    def __getitem__(self, index: int) -> Images: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Images]: ...
    def __getitem__(self, index: int | slice) -> Images | Sequence[Images]:
        if isinstance(index, slice):
            return _Kept(self.pictures[index])
        return self.pictures[index].image()


def pools(pictures: Sequence[Picture], names: Sequence[str], share: float) -> list[Pool]:
    """Make one pool of each set: together ``share`` of the samples, each as the fourth root of its size.

    Frames of clips count :data:`STREET_WEIGHT` times: they are many cameras, a set is few.
    """
    found = [[p for p in pictures if p.source == name] for name in sorted({p.source for p in pictures})]
    roots = np.sqrt(np.sqrt([len(part) for part in found]))
    roots *= [STREET_WEIGHT if part[0].source == SOURCE else 1 for part in found]
    return [
        Pool(
            Source(Sampler(Scenes(_Kept(part), [_boxes(p, names) for p in part])).draw, float(size), SCALES),
            torch.tensor([name in part[0].known for name in names]),
            torch.tensor([name in compact.SOLID for name in names]),
        )
        for part, size in zip(found, share * roots / roots.sum(), strict=True)
    ]


def _boxes(picture: Picture, names: Sequence[str]) -> Boxes:
    """Give ignored boxes the negative of their label."""
    rows = [(names.index(label) + 1, box, ignored) for label, box, ignored in picture.rows if label in names]
    return Boxes.of([(-label if ignored else label, box, 1.0) for label, box, ignored in rows])


def sample(pool: Pool, rng: Random, shape: tuple[int, int]) -> tuple[Tensor, Target]:
    """Draw one sample.

    Returns:
        (3, H, W) float32 in [0, 1]; ``boxes``, ``labels``, ``ignored`` (K, 4) places, ``known``, ``solid``.
    """
    image, truth = crop(*pool.source.draw(rng), rng, pool.source.scales, shape)
    picture = torch.from_numpy(np.ascontiguousarray(vary(image, rng))).permute(2, 0, 1).float().div_(255)
    boxes, labels = torch.from_numpy(truth.boxes), torch.from_numpy(truth.labels)
    learnt = labels > 0
    return picture, {
        "boxes": boxes[learnt], "labels": labels[learnt], "ignored": boxes[~learnt], "known": pool.known,
        "solid": pool.solid,
    }  # fmt: skip


def batch(offered: Sequence[Pool], rng: Random, size: int, shape: tuple[int, int]) -> tuple[list[Tensor], list[Target]]:
    """Draw a batch from pools, each with its share."""
    shares = np.array([pool.source.share for pool in offered])
    chosen = rng.choice(len(offered), size, p=shares / shares.sum())
    pictures, targets = zip(*(sample(offered[i], rng, shape) for i in chosen), strict=True)
    return list(pictures), list(targets)


def figures(model: ObjectModel, pictures: Sequence[Picture]) -> dict[str, object]:
    """Average precision at IoU 0.5 by set and label on held-out pictures, and how many boxes that rests on."""
    return {name: _of_set(model, part) for name, part in spread(pictures)}


def spread(pictures: Sequence[Picture]) -> Iterator[tuple[str, list[Picture]]]:
    """Yield each set's name and at most :data:`MEASURED_FRAMES` of its pictures, spread evenly."""
    for name in sorted({p.source for p in pictures}):
        part = [p for p in pictures if p.source == name]
        which = np.linspace(0, len(part) - 1, min(MEASURED_FRAMES, len(part))).round().astype(int)
        yield name, [part[i] for i in which]


def _of_set(model: ObjectModel, pictures: Sequence[Picture]) -> dict[str, object]:
    found = [model.detect(picture.image()[None], i)[0] for i, picture in enumerate(pictures)]
    labelled = [truth(picture, i) for i, picture in enumerate(pictures)]
    asked = [label for t in labelled for label, must in zip(t.labels, t.confidence, strict=True) if must]
    labels = [name for name in model.labels if name in pictures[0].known and name in asked]
    return ap50(found, labelled, labels)


def truth(picture: Picture, frame: int) -> Detections:
    """Return what is in a picture; boxes of confidence 0 need not be found."""
    boxes = np.array([box for _, box, _ in picture.rows], np.float32).reshape(-1, 4)
    must = np.array([not ignored for _, _, ignored in picture.rows], np.float32)
    return Detections(frame, boxes, tuple(label for label, _, _ in picture.rows), must, "COCO")
