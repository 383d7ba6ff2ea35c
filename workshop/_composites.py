"""Real frames in which unusual things are played: pasted cut-outs, skateboards drawn under people, people in front."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.arrays import Bools, Floats, Images
from core.boxes import within
from explain.objects.compact import RIDDEN
from footage.labels import Regions
from workshop._box_samples import Boxes, Random, Scenes
from workshop._cutouts import MARGIN_PIXELS, PERSON, Cut, alone, board, cut, paste, persons
from workshop._real_frames import Shot

SKATEBOARD = "skateboard"
DRAWN_FRACTION = 0.25
"""Share of the frames that get a drawn skateboard; a cut-out is pasted into the others."""
PASTE_WEIGHTS = {"bicycle": 3.0, "skateboard": 3.0}
"""How often what is pasted; cyclists most, lest their pose alone be taken for a skater's."""
WITHIN, UPPER = 0.6, 0.9
"""Share of a rider's box that lies in the box of what is ridden; where none is found, the rider is its upper part."""
Masks = Callable[[str, int], Images | None]
"""Clip and frame to the (H, W) pixels of what is unusual, or None where they are not known."""


@dataclass(frozen=True)
class Cuts:
    """What can be pasted.

    Attributes:
        things: label to its cut-outs.
        people: cut-outs of people, to stand in front.
    """

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
    """Draws frames in which something unusual is played.

    Args:
        scenes: frames where nothing unusual happens, with people.
        cuts: what is pasted.
        names: labels in their order.
    """

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
