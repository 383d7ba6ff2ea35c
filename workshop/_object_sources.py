"""What the compact object model is trained on, and what it is measured on."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.boxes import iou
from core.contracts import ObjectModel
from core.records import Detections
from explain.labels import PERSON
from footage.labels import Regions
from footage.ucsd import Ped2
from metrics.box_ap import average_precision
from workshop import _real_frames
from workshop._box_samples import MIN_VISIBLE_FRACTION, Sampler, Scenes, Source
from workshop._composites import Composer, gather, mask_reader
from workshop._real_frames import Shot, Teacher

NORMAL, VIDEOS, UNUSUAL, PLAYED = 0.06, 0.06, 0.1, 0.28
"""Shares among these sources: Ped2's training clips, other videos, Ped2's regions, composites."""
SMALL_SCALES, LARGE_SCALES = (0.9, 2.4), (0.4, 1.3)
"""By which factors frames are scaled in which people are small, or large."""
MIN_REQUIRED_CONFIDENCE, MIN_ALLOWED_CONFIDENCE = 0.5, 0.15
"""The teacher's confidence from which a person must be found, and from which one may be."""


def real(
    root: Path, teacher: Teacher, names: Sequence[str], say: Callable[[str], None], left_out: Sequence[str] = (),
) -> list[Source]:  # fmt: skip
    """Gather the sources of real frames but for videos ``left_out`` by name; raises as :func:`_real_frames.read`."""
    found = _real_frames.read(root, teacher, say, left_out)
    ped2 = Ped2(root / "UCSDped2")
    masks = mask_reader({clip.name: ped2.truth(clip).masks for clip in ped2.test() if clip.name in _real_frames.LEARNT})
    cuts = gather(found.ped2, found.unusual, found.regions, names, masks)
    normal, videos = (_real_frames.scenes(found.ped2, names, {}), _real_frames.scenes(found.videos, names))
    counts = ", ".join(f"{len(cut)} of {label}" for label, cut in cuts.things.items())
    say(f"objects: cut out {counts}, {len(cuts.people)} of person")
    return [
        Source(Sampler(normal).draw, NORMAL, SMALL_SCALES),
        Source(Sampler(videos).draw, VIDEOS, LARGE_SCALES),
        Source(Sampler(_real_frames.scenes(found.unusual, names, found.regions)).draw, UNUSUAL, SMALL_SCALES),
        Source(Composer(normal, cuts, names).draw, 0.8 * PLAYED, SMALL_SCALES),
        Source(Composer(videos, cuts, names).draw, 0.2 * PLAYED, LARGE_SCALES),
    ]


def on_plazas(model: ObjectModel, scenes: Scenes) -> dict[str, object]:
    """Average precision at IoU 0.5 of each label on rendered frames, and how many boxes that rests on.

    Boxes of which less than 0.3 is visible need not be found.
    """
    found = [model.detect(image[None], i)[0] for i, image in enumerate(scenes.images)]
    names = np.array(["", *model.labels])
    truth = [
        Detections(i, t.boxes, tuple(names[t.labels]), (t.visible >= MIN_VISIBLE_FRACTION).astype(np.float32), "COCO")
        for i, t in enumerate(scenes.truth)
    ]
    return ap50(found, truth, model.labels)


def on_unseen(model: ObjectModel, shots: Sequence[Shot], regions: Regions) -> dict[str, object]:
    """The same on real clips: regions must be found, and persons of whom the teacher is sure.

    ``false_per_frame`` counts boxes of confidence 0.5 and more that show no region of their label.
    """
    found, truth = [], []
    for shot in shots:
        for image, taught in zip(shot.images, shot.found, strict=True):
            found.append(model.detect(image[None], taught.frame)[0])
            truth.append(_truth(taught, regions, shot.name))
    asked = sorted({label for t in truth for label in t.labels}, key=model.labels.index)
    false = {label: sum(_false(f, t, label) for f, t in zip(found, truth, strict=True)) for label in model.labels[1:]}
    figures = ap50(found, truth, asked)
    return figures | {"false_per_frame": {label: round(count / len(found), 3) for label, count in false.items()}}


def _truth(taught: Detections, regions: Regions, clip: str) -> Detections:
    of = regions.get(clip, {}).get(taught.frame, ())
    persons = taught.select(taught.labelled(PERSON) & (taught.confidence >= MIN_ALLOWED_CONFIDENCE))
    boxes = np.array([*persons.boxes, *(region.box for region in of)], np.float32).reshape(-1, 4)
    must = np.array([*(persons.confidence >= MIN_REQUIRED_CONFIDENCE), *[True] * len(of)], np.float32)
    return Detections(taught.frame, boxes, (*persons.labels, *(region.label for region in of)), must, "COCO")


def _false(found: Detections, truth: Detections, label: str) -> int:
    which, true = found.labelled(label) & (found.confidence >= 0.5), truth.boxes[truth.labelled(label)]
    return int((iou(found.boxes[which], true).max(1, initial=0) < 0.3).sum())


def ap50(found: Sequence[Detections], truth: Sequence[Detections], labels: Sequence[str]) -> dict[str, object]:
    """Return average precision at IoU 0.5 of each label, None where no box must be found, and how many boxes must."""
    asked = [label for t in truth for label, must in zip(t.labels, t.confidence, strict=True) if must > 0]
    scores = {label: average_precision(found, truth, label) for label in labels}
    return {
        "frames": len(truth),
        "ap50": {label: None if np.isnan(score) else round(score, 3) for label, score in scores.items()},
        "boxes": {label: asked.count(label) for label in labels},
    }
