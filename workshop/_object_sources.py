"""What the compact object model is trained on, and what it is measured on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from core.arrays import Bools, Floats, Images
from core.boxes import iou, within
from core.contracts import ObjectModel
from core.records import Detections
from explain import labels as object_labels
from explain.objects.compact import RIDDEN
from footage.labels import Regions
from footage.ucsd import Ped2
from metrics.box_ap import average_precision
from workshop import _real_frames
from workshop._box_samples import MIN_VISIBLE_FRACTION, Boxes, Random, Sampler, Scenes, Source
from workshop._cutouts import MARGIN_PIXELS, PERSON, Cut, alone, board, cut, paste, persons
from workshop._real_frames import Shot, Teacher

SKATEBOARD = "skateboard"
DRAWN_FRACTION = 0.25
"""Share of the frames that get a drawn skateboard; a cut-out is pasted into the others."""
PASTE_WEIGHTS = {"bicycle": 3.0, "skateboard": 3.0}
"""How often what is pasted; cyclists most, lest their pose alone be taken for a skater's."""
WITHIN, UPPER = 0.6, 0.9
"""Share of a rider's box that lies in the box of what is ridden; where none is found, the rider is its upper part."""
Masks = Callable[[str, int], Images | None]
"""Clip and frame to the (H, W) pixels of what is unusual, or None where they are not known."""
NORMAL, VIDEOS, UNUSUAL, PLAYED = 0.06, 0.06, 0.1, 0.28
"""Shares among these sources: Ped2's training clips, other videos, Ped2's regions, composites."""
SMALL_SCALES, LARGE_SCALES = (0.9, 2.4), (0.4, 1.3)
"""By which factors frames are scaled in which people are small, or large."""
MIN_REQUIRED_CONFIDENCE, MIN_ALLOWED_CONFIDENCE = 0.5, 0.15
"""The teacher's confidence from which a person must be found, and from which one may be."""


@dataclass(frozen=True)
class Cuts:
    """What can be pasted: cut-outs of each label, and of people, to stand in front."""

    things: Mapping[str, Sequence[Cut]]
    people: Sequence[Cut]


def gather(
    normal: Sequence[Shot], unusual: Sequence[Shot], regions: Regions, names: Sequence[str], masks: Masks
) -> Cuts:
    """Cut out each labelled region, and each person who stands alone, of one camera's clips."""
    people, heights = [], []
    for shot in normal:
        for i, image in enumerate(shot.images):
            boxes = shot.persons(i)
            heights.append(boxes)
            made = [cut(image, shot.background, box, PERSON, float(box[3] - box[1])) for box in boxes[alone(boxes)]]
            people += [c for c in made if c is not None]
    slope, offset = persons(heights)
    things: dict[str, list[Cut]] = {}
    for shot in unusual:
        for i, (n, image) in enumerate(zip(shot.numbers, shot.images, strict=True)):
            beside = shot.persons(i)
            for region in regions[shot.name].get(n, ()):
                box, label = np.array(region.box, np.float32), names.index(region.label) + 1
                tall = float(slope * box[3] + offset)
                made_one = cut(image, shot.background, box, label, tall, masks(shot.name, n))
                if made_one is not None:
                    rider = _rider(box, beside) if region.label in RIDDEN else None
                    things.setdefault(region.label, []).append(replace(made_one, rider=rider))
    return Cuts(things, people)


def _rider(box: Floats, beside: Floats) -> Floats:
    """Return the box, in the cut-out's pixels, of the person of (N, 4) who rides what is in ``box``."""
    origin = np.tile(box[:2].round() - MARGIN_PIXELS, 2)
    shares, area = within(beside, box[None])[:, 0], (beside[:, 2:] - beside[:, :2]).prod(1)
    if len(beside) and shares.max() >= WITHIN:
        rider = beside[(shares**2 * area).argmax()]
    else:
        rider = np.array([*box[:3], box[1] + UPPER * (box[3] - box[1])])
    return np.asarray(rider - origin, np.float32)


class Composer:
    """Draws frames of ``scenes``, where nothing unusual happens, with one of ``cuts`` played; ``names`` are labels."""

    def __init__(self, scenes: Scenes, cuts: Cuts, names: Sequence[str]) -> None:
        self.cuts, self.board = cuts, names.index(SKATEBOARD) + 1
        shown = zip(scenes.images, scenes.truth, strict=True)
        self.frames = [(image, truth) for image, truth in shown if (truth.labels == PERSON).any()]

    def draw(self, rng: Random) -> tuple[Images, Boxes, Floats]:
        """Draw one frame: (H, W, 3) uint8, its boxes, and the (2,) place of what was played.

        It is grey, as colour would tell what was pasted.
        """
        image, truth = self.frames[rng.integers(len(self.frames))]
        image = image.copy()
        beside = truth.boxes[truth.labels == PERSON]
        play = self._skater if rng.random() < DRAWN_FRACTION else self._thing
        truth = play(image, truth, beside, rng)
        played = truth.boxes[-1]
        if rng.random() < 0.45 and self.cuts.people:
            truth = self._in_front(image, truth, played, rng)
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        return image, truth, (played[:2] + played[2:]) / 2

    def _thing(self, image: Images, truth: Boxes, beside: Floats, rng: Random) -> Boxes:
        often = np.array([PASTE_WEIGHTS.get(label, 1.0) for label in self.cuts.things])
        label = str(rng.choice(list(self.cuts.things), p=often / often.sum()))
        thing = self.cuts.things[label][int(rng.integers(len(self.cuts.things[label])))]
        x1, y1, x2, y2 = (float(side) for side in beside[rng.integers(len(beside))])
        tall, wide = y2 - y1, image.shape[1]
        x = (x1 + x2) / 2 + rng.normal() * 2 * tall
        if rng.random() < 0.2 or not 0 <= x <= wide:
            x = rng.choice([0, wide]) + rng.uniform(-0.3, 0.3) * tall
        foot = (float(x), y2 + rng.uniform(-0.1, 0.3) * tall)
        return paste(image, truth, thing, foot, tall / thing.person * rng.uniform(0.85, 1.2), rng)

    def _skater(self, image: Images, truth: Boxes, beside: Floats, rng: Random) -> Boxes:
        free = beside[alone(beside)]
        if self.cuts.people and (not len(free) or rng.random() < 0.4):
            _, y1, _, y2 = (float(side) for side in beside[rng.integers(len(beside))])
            someone = self.cuts.people[int(rng.integers(len(self.cuts.people)))]
            foot = (float(rng.uniform(0, image.shape[1])), y2 + rng.uniform(-0.1, 0.3) * (y2 - y1))
            truth = paste(image, truth, someone, foot, (y2 - y1) / someone.person * rng.uniform(0.9, 1.1), rng)
            free = truth.boxes[-1:]
        rider = free[rng.integers(len(free))] if len(free) else beside[rng.integers(len(beside))]
        box = board(image, rider, rng)
        return Boxes(
            np.concatenate([truth.boxes, box[None]]), np.append(truth.labels, self.board),
            np.append(truth.visible, np.float32(1)),
        )  # fmt: skip

    def _in_front(self, image: Images, truth: Boxes, played: Floats, rng: Random) -> Boxes:
        someone = self.cuts.people[int(rng.integers(len(self.cuts.people)))]
        x1, y1, x2, y2 = (float(side) for side in played)
        tall = (y2 - y1) * rng.uniform(0.85, 1.15)
        foot = (rng.uniform(x1 - 0.2 * tall, x2 + 0.2 * tall), y2 + rng.uniform(0.0, 0.5) * tall)
        return paste(image, truth, someone, foot, tall / (someone.box[3] - someone.box[1]), rng)


def mask_reader(read: Mapping[str, Callable[[int], Bools] | None]) -> Masks:
    """Make of data sets' mask functions, by clip, one that asks the clip's."""

    def masks(clip: str, frame: int) -> Images | None:
        of = read.get(clip)
        return None if of is None else of(frame).astype(np.uint8)

    return masks


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
    persons = taught.select(taught.labelled(object_labels.PERSON) & (taught.confidence >= MIN_ALLOWED_CONFIDENCE))
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
