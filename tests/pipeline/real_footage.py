"""A folder laid out as the real footage is, drawn, with a teacher that boxes what is bright."""

import cv2
import numpy as np

from core import video
from core.records import Detections
from workshop import _real_frames

SIZE = (120, 160)
GROUND = 90
PERSON, RIDER = (20, 40), (30, 44)
"""Width and height of what walks, and of what rides."""


def ground(rng):
    return np.clip(GROUND + rng.normal(0, 1, (*SIZE, 3)), 0, 255).astype(np.uint8)


def walker(i):
    """Box of the person in frame i."""
    return 10 + 4 * i, 50, 10 + 4 * i + PERSON[0], 50 + PERSON[1]


def rider(i):
    return 110 - 4 * i, 60, 110 - 4 * i + RIDER[0], 60 + RIDER[1]


def fill(image, box, shade):
    image[box[1] : box[3], box[0] : box[2]] = shade


def write_images(folder, frames):
    folder.mkdir(parents=True)
    for i, image in enumerate(frames, 1):
        assert cv2.imwrite(str(folder / f"{i:03d}.png"), image)


def frames(count, with_rider, seed=0):
    rng = np.random.default_rng(seed)
    for i in range(count):
        image = ground(rng)
        fill(image, walker(i), 250)
        if with_rider:
            fill(image, rider(i), 200)
        yield image


def lay_out(root, count=16):
    """Write it; clips that must be left alone hold files that are no pictures."""
    ped2 = root / "UCSDped2"
    write_images(ped2 / "Train" / "Train001", frames(count, False))
    rows = ["video,track,frame,x1,y1,x2,y2,label"]
    script = ["TestVideoFile = {};"]
    for number in range(1, 11):
        name = f"Test{number:03d}"
        if name in (*_real_frames.LEARNT, *_real_frames.UNSEEN):
            write_images(ped2 / "Test" / name, frames(count, True, number))
            label = "skateboard" if number in (7, 8) else "bicycle"
            rows += [f"{name},1,{i + 1},{','.join(map(str, rider(i)))},{label}" for i in range(count)]
            write_images(ped2 / "Test" / f"{name}_gt", (mask(i) for i in range(count)))
        else:
            for folder in (name, f"{name}_gt"):
                (ped2 / "Test" / folder).mkdir()
                (ped2 / "Test" / folder / "001.png").write_bytes(b"not to be looked at")
        script.append(f"TestVideoFile{{end+1}}.gt_frame = [1:{count if name not in folderless(name) else 1}];")
    (ped2 / "Test" / "UCSDped2.m").write_text("\n".join(script))
    (root / "labels").mkdir()
    (root / "labels" / "ped2_regions_dev.csv").write_text("\n".join(rows) + "\n")
    for place, names in (
        ("Avenue/training_videos", ("10", "13")),
        ("Avenue/testing_videos", ("08",)),
        ("clips", ("shop",)),
    ):
        (root / place).mkdir(parents=True)
        for name in names:
            path = root / place / f"{name}.mp4"
            if name in ("13", "08"):
                path.write_bytes(b"not to be looked at")
            else:
                video.encode(path, frames(count, False), 25)
    return root


def folderless(name):
    return () if name in (*_real_frames.LEARNT, *_real_frames.UNSEEN) else (name,)


def mask(i):
    picture = np.zeros((*SIZE, 3), np.uint8)
    fill(picture, rider(i), 255)
    return picture


class Bright:
    """A teacher that boxes the brightest thing, and counts how often it was asked."""

    name, labels = "bright", ("person",)

    def __init__(self):
        self.asked = 0

    def detect(self, images, first=0):
        self.asked += len(images)
        return [self._one(image, first + i) for i, image in enumerate(images)]

    def _one(self, image, frame):
        ys, xs = np.nonzero(image[..., 0] > 230)
        if not len(xs):
            return Detections(frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "COCO")
        box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]], np.float32)
        return Detections(frame, box, ("person",), np.array([0.9], np.float32), "COCO")
