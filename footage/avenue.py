"""CUHK Avenue in its official layout (Lu, Shi and Jia, ICCV 2013).

::

    root/training_videos/01.avi …                                     training clips, all taken for normal
    root/testing_videos/01.avi …                                      test clips
    root/ground_truth_demo/testing_label_mask/1_label.mat …           ``volLabel``: one mask for each frame
    root/frame_labels_avenue.npy, or root/avenue.mat (``gt``)         for ``avenue-3867`` alone: another label set

Any part of it will do: the clips that are there are the data set. Re-encoded clips (``01.mp4`` and the like) are taken
where there is no ``01.avi``.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from core import video
from core.arrays import Bools
from core.datasets import Footage, Truth
from core.errors import DataError
from footage import matlab, tables
from footage._split_dataset import SplitDataset
from footage.videos import SUFFIXES, VideoClip

LABEL_SET = "cuhk-avenue/volLabel"
"""A frame is abnormal where its mask is not empty, 3712 of the whole set; papers with 3867 use other labels."""
OTHER = "cuhk-avenue/3867"
"""The frame labels that the prediction family circulates (``liu2018future``, ``park2020learning``), 3867 abnormal."""
PARTS = ("training_videos", "testing_videos")
LENGTHS = (1439, 1211, 923, 947, 1007, 1283, 605, 36, 1175, 841, 472, 1271, 549, 507, 1001, 740, 426, 294, 248, 273, 76)
"""Frames of the test clips 1 to 21, which the other label set gives in one row."""


class Avenue(SplitDataset[VideoClip]):
    """CUHK Avenue: 16 training and 21 test clips of a walkway, 640×360."""

    name = "avenue"
    parts = PARTS
    official: Mapping[str, int] = {
        "training_clips": 16, "training_frames": 15_328, "test_clips": 21, "test_frames": 15_324, "abnormal": 3712
    }  # fmt: skip

    def __init__(self, root: Path) -> None:
        """Look for the data set in ``root``, or in a folder ``Avenue`` or ``Avenue Dataset`` in it.

        Raises:
            DataError: there is neither ``training_videos`` nor ``testing_videos``.
        """
        root = Path(root)
        places = (root / "Avenue", root / "Avenue Dataset", root)
        self.root = next((place for place in places if any((place / part).is_dir() for part in PARTS)), root)
        if not any((self.root / part).is_dir() for part in PARTS):
            raise DataError(
                f"{self.root} is not CUHK Avenue in its official layout: it has no folder 'training_videos' or "
                "'testing_videos'"
            )

    def _clips(self, part: str) -> tuple[VideoClip, ...]:
        """Clips of one part in the order of their numbers; a number's ``.avi`` goes before its re-encodings."""
        place = self.root / part
        files = [f for f in place.iterdir() if f.suffix.lower() in SUFFIXES] if place.is_dir() else []
        official = sorted(files, key=lambda f: (f.suffix.lower() == ".avi", f.name))
        numbered = {int(f.stem): f for f in official if re.fullmatch(r"[0-9]{1,3}", f.stem)}
        return tuple(VideoClip(f"{number:02d}", numbered[number]) for number in sorted(numbered))

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of a test clip; its masks are brought to the size of the clip's frames.

        Raises:
            DataError: the masks are missing, unreadable, or of another number than the clip's frames.
            ClipError: the clip cannot be read.
        """
        known = {c.name: c for c in self._test}
        if clip.name not in known:
            raise DataError(f"{clip.name!r} is no test clip of CUHK Avenue; known: {', '.join(known) or 'none'}")
        file = self.root / "ground_truth_demo" / "testing_label_mask" / f"{int(clip.name)}_label.mat"
        masks = matlab.masks(file, "volLabel")
        facts = video.probe(known[clip.name].path)
        frames = facts.frames
        if frames != len(masks):
            frames = sum(len(chunk) for chunk in clip.frames())
        if frames != len(masks):
            raise DataError(f"{file.name} has {len(masks)} masks for clip {clip.name!r}, which has {frames} frames")
        size = (facts.width, facts.height)

        def mask(frame: int) -> Bools:
            inside = masks[frame]
            if inside.shape != (size[1], size[0]):
                inside = cv2.resize(inside.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(np.bool_)
            return inside

        return Truth(np.array([m.any() for m in masks]), mask, LABEL_SET)

    def stray(self) -> list[str]:
        """Name label files without a clip."""
        known = {int(clip.name) for clip in self._test}
        files = (self.root / "ground_truth_demo" / "testing_label_mask").glob("*_label.mat")
        numbers = sorted(
            int(f.name.removesuffix("_label.mat")) for f in files if f.name[: -len("_label.mat")].isdecimal()
        )
        return [f"{n}_label.mat holds masks of a clip that is not there" for n in numbers if n not in known]


class Avenue3867(Avenue):
    """CUHK Avenue with the frame labels of the prediction papers, 3867 abnormal; they differ in 15 of 21 clips."""

    name = "avenue-3867"
    official: Mapping[str, int] = {**Avenue.official, "abnormal": 3867}

    @cached_property
    def _rows(self) -> tuple[Bools, ...]:
        """Frame labels of all 21 clips, there or not."""
        table, ranges = self.root / "frame_labels_avenue.npy", self.root / "avenue.mat"
        if table.is_file():
            flat = tables.flags(table, sum(LENGTHS))
            return tuple(np.split(flat, np.cumsum(LENGTHS)[:-1]))
        if not ranges.is_file():
            raise DataError(f"{self.root} has neither 'frame_labels_avenue.npy' nor 'avenue.mat' with the frame labels")
        cells = matlab.arrays(ranges, "gt")
        if len(cells) != len(LENGTHS):
            raise DataError(f"{ranges} has labels of {len(cells)} clips, not of {len(LENGTHS)}")
        return tuple(tables.marked(c.T, n, f"{ranges}, clip {i}")
                     for i, (c, n) in enumerate(zip(cells, LENGTHS, strict=True), 1))  # fmt: skip

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of a test clip; this label set has no masks.

        Raises:
            DataError: the labels are missing, unreadable, or of another number than the clip's frames.
        """
        if clip.name not in {c.name for c in self._test} or not 1 <= int(clip.name) <= len(LENGTHS):
            raise DataError(f"{clip.name!r} is no test clip of CUHK Avenue that these labels know")
        return Truth(self._rows[int(clip.name) - 1], None, OTHER)

    def stray(self) -> list[str]:
        """Return nothing: one file holds the labels of all clips."""
        return []


DATASETS = {"avenue": Avenue, "avenue-3867": Avenue3867}
