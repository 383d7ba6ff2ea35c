"""Training samples and figures of labelled street pictures: what a set leaves unlabelled is no background."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import torch
from torch import Tensor

from core.arrays import Images
from core.contracts import ObjectModel
from core.records import Detections
from explain.objects import compact
from workshop import _street_clips
from workshop._box_samples import Boxes, Random, Sampler, Scenes, Source, crop, vary
from workshop._object_sources import ap50
from workshop.street_sets import Picture

Target = dict[str, Tensor]
SCALES = (0.35, 1.3)
"""By which factors kept pictures, whose longer side is 640 pixels, are scaled."""
STREET_WEIGHT = 2.5
MEASURED_FRAMES = 60
"""Held-out pictures of each set that are measured on, spread evenly."""


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
    roots *= [STREET_WEIGHT if part[0].source == _street_clips.SOURCE else 1 for part in found]
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
