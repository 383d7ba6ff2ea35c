"""How well the compact object model finds what is labelled in street pictures that were left out, beside YOLOX-nano."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import device, files
from core.contracts import ObjectModel
from core.errors import InputError
from core.records import Detections
from explain import objects
from explain.labels import PERSON
from explain.objects import compact
from explain.objects.rcnn import COCO
from metrics.box_ap import average_precision
from workshop import street_sets
from workshop.street_samples import spread, truth
from workshop.street_sets import Picture

ALL, TEACHER = "all", "YOLOX-nano"


@dataclass(frozen=True)
class Found:
    """What a model, which gives these labels, told of each picture."""

    model: str
    labels: tuple[str, ...]
    told: Sequence[Detections]


def with_riders(found: Detections) -> Detections:
    """Have boxes of what is ridden hold the riders, as labels and the compact model draw them."""
    persons = found.boxes[found.labelled(PERSON)]
    boxes = [
        street_sets.with_rider(box, persons) if label in compact.RIDDEN else box
        for label, box in zip(found.labels, found.boxes, strict=True)
    ]
    return replace(found, boxes=np.array(boxes, np.float32).reshape(-1, 4))


def measure(
    chosen: str, sets: Path, weights: Path | None = None, say: Callable[[str], None] = lambda line: None
) -> list[dict[str, Any]]:
    """Measure AP at IoU 0.5 of each label on the sets' held-out pictures, also of a compact model in ``weights``.

    Returns:
        A row for each set and label that it and a compact model give, then one for each label over all sets: ``boxes``,
        and the average precision of ``compact``, of ``YOLOX-nano`` and, if given, of ``weights``;
        None where a model lacks the label.

    Raises:
        InputError: ``sets`` is no folder.
        DataError: ``sets`` holds none of the sets, or one that cannot be read.
        WeightsError: weights of a model cannot be had.
    """
    if not sets.is_dir():
        raise InputError(f"bench labelled needs the folder of the labelled sets as --root DIR; {str(sets)!r} is none")
    runtime = device.choose(chosen)
    teacher = objects.choose("yolox", runtime)
    kept = street_sets.gather(sets, files.home() / "cache" / "street", lambda: teacher, say, held_out=True)
    pictures = [picture for _, of in spread(kept) for picture in of]
    models = {"compact": objects.choose("compact", runtime), TEACHER: teacher}
    if weights:
        models["weights"] = compact.load(runtime, folder=weights)
    found = [Found(name, model.labels, _answers(model, pictures, name == TEACHER)) for name, model in models.items()]
    return table(pictures, found)


def _answers(model: ObjectModel, pictures: Sequence[Picture], ridden_apart: bool) -> list[Detections]:
    found = [model.detect(picture.image()[None], i)[0] for i, picture in enumerate(pictures)]
    return [with_riders(frame) for frame in found] if ridden_apart else found


def table(pictures: Sequence[Picture], found: Sequence[Found]) -> list[dict[str, Any]]:
    """Set the rows of sets and of labels that a compact model gives, and those over all sets."""
    labelled = [truth(picture, i) for i, picture in enumerate(pictures)]
    sources = list(dict.fromkeys(picture.source for picture in pictures))
    names = [label for label in COCO if any(label in one.labels for one in found if one.model != TEACHER)]
    rows = [_row(source, label, pictures, labelled, found) for source in [*sources, ALL] for label in names]
    return [row for row in rows if row["boxes"]]


def _row(
    source: str, label: str, pictures: Sequence[Picture], labelled: Sequence[Detections], found: Sequence[Found]
) -> dict[str, Any]:
    of = [i for i, p in enumerate(pictures) if label in p.known and source in (ALL, p.source)]
    must = [labelled[i] for i in of]
    boxes = sum(int(sure > 0) for t in must for name, sure in zip(t.labels, t.confidence, strict=True) if name == label)
    row: dict[str, Any] = {"set": source, "label": label, "pictures": len(of), "boxes": boxes}
    for one in found:
        known = boxes and label in one.labels
        row[one.model] = round(average_precision([one.told[i] for i in of], must, label), 3) if known else None
    return row
