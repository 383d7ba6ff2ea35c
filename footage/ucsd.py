"""UCSD Ped1 and Ped2 in their official layout (Mahadevan, Li, Bhalodia and Vasconcelos, CVPR 2010).

::

    root/Train/Train001/001.tif …       training clips, all normal
    root/Test/Test001/001.tif …         test clips
    root/Test/Test001_gt/001.bmp …      pixel masks, 0 or 255
    root/Test/UCSDped2.m                abnormal ranges, one line per test clip, from 1, inclusive

Of Ped1 (``UCSDped1.m``) only ten test clips have masks. Frames and masks may be in any image format that OpenCV reads
(copies as JPEG and PNG are common).
"""

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from core.arrays import Bools
from core.datasets import Footage, Truth
from core.errors import DataError
from footage import _images
from footage._images import ImageClip
from footage._split_dataset import SplitDataset

FPS = 10.0
Ranges = tuple[tuple[int, int], ...]
V1P2: tuple[Ranges, ...] = tuple(
    ((first, last),)
    for first, last in (
        (61, 180), (95, 180), (1, 146), (31, 180), (1, 129), (1, 159),
        (46, 180), (1, 180), (1, 120), (1, 150), (1, 180), (88, 180),
    )
)  # fmt: skip
"""The ranges of release v1p2, 1648 frames; some circulating copies end clip 6 at 162, which is another label set."""


def parse_ranges(text: str) -> tuple[Ranges, ...]:
    r"""Read the abnormal ranges out of ``UCSDped2.m``.

    >>> parse_ranges("TestVideoFile{end+1}.gt_frame = [61:180, 190:200];")
    (((61, 180), (190, 200)),)
    """
    rows = re.findall(r"gt_frame\s*=\s*\[([^\]]*)\]", text)
    return tuple(tuple((int(a), int(b)) for a, b in re.findall(r"(\d+)\s*:\s*(\d+)", row)) for row in rows)


class _Ucsd(SplitDataset[ImageClip]):
    name: str
    folder: str
    official: Mapping[str, int]
    all_masks: bool
    parts = ("Train", "Test")

    def __init__(self, root: Path) -> None:
        """Look for the data set in ``root``, or in a folder of its own name (``UCSDped2``) in it.

        Raises:
            DataError: there is no ``Train`` or ``Test`` folder.
        """
        root = Path(root)
        self.root = root / self.folder if (root / self.folder).is_dir() else root
        for part in ("Train", "Test"):
            if not (self.root / part).is_dir():
                raise DataError(
                    f"{self.root} is not {self._title} in its official layout: it has no folder {part!r}; "
                    "give the folder of the data set with --root"
                )

    @property
    def _title(self) -> str:
        return f"UCSD {self.name.capitalize()}"

    def _clips(self, part: str) -> tuple[ImageClip, ...]:
        """Clips of ``Train`` or ``Test`` in the order of their numbers."""
        pattern = re.compile(rf"{part}(\d{{3}})")
        folders = sorted(f for f in (self.root / part).iterdir() if f.is_dir() and pattern.fullmatch(f.name))
        if not folders:
            raise DataError(f"{self.root / part} holds no clip folder such as {part}001")
        for expected, folder in enumerate(folders, start=1):
            if folder.name != f"{part}{expected:03d}":
                raise DataError(f"{self.root / part} has {folder.name} but no {part}{expected:03d}")
        return tuple(ImageClip(f.name, _images.numbered(f), FPS) for f in folders)

    @cached_property
    def _ranges(self) -> tuple[Ranges, ...]:
        """Abnormal ranges of each test clip."""
        file = self.root / "Test" / f"{self.folder}.m"
        if not file.is_file():
            raise DataError(f"{file} with the frame labels is missing")
        ranges = parse_ranges(file.read_text(encoding="ascii", errors="replace"))
        if len(ranges) != len(self._test):
            raise DataError(f"{file} has {len(ranges)} lines of ranges for {len(self._test)} test clips")
        return ranges

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of a test clip.

        Raises:
            DataError: labels or masks are missing or do not fit the clip.
        """
        known = {c.name: i for i, c in enumerate(self._test)}
        if clip.name not in known:
            raise DataError(f"{clip.name!r} is no test clip of {self._title}; known: {', '.join(known)}")
        index = known[clip.name]
        count = len(self._test[index])
        abnormal = np.zeros(count, np.bool_)
        for first, last in self._ranges[index]:
            if not 1 <= first <= last <= count:
                raise DataError(f"{self.folder}.m says {first}:{last} for {clip.name}, which has {count} frames")
            abnormal[first - 1 : last] = True
        return Truth(abnormal, self._masks(index), self._label_set())

    def _masks(self, index: int) -> Callable[[int], Bools] | None:
        """Return what reads a clip's masks, None where the data set has none for it."""
        clip = self._test[index]
        folder = self.root / "Test" / f"{clip.name}_gt"
        if not (self.all_masks or folder.is_dir()):
            return None
        masks = _images.numbered(folder)
        if len(masks) != len(clip):
            raise DataError(f"{clip.name}_gt has {len(masks)} masks for {len(clip)} frames")
        size = _images.load(clip.files[0]).shape[:2]

        def mask(frame: int) -> Bools:
            inside: Bools = _images.load(masks[frame], size)[..., 0] > 127
            return inside

        return mask

    def _label_set(self) -> str:
        raise NotImplementedError

    def stray(self) -> list[str]:
        """Name label folders without a clip."""
        known = {clip.name for clip in self._test}
        found = sorted(f.name for f in (self.root / "Test").glob("Test*_gt") if f.name.removesuffix("_gt") not in known)
        return [f"{name} holds masks of a clip that is not there" for name in found]


class Ped2(_Ucsd):
    """UCSD Ped2: 16 training and 12 test clips of a walkway, 360×240, grey."""

    name, folder, all_masks = "ped2", "UCSDped2", True
    official = {"training_clips": 16, "training_frames": 2550, "test_clips": 12, "test_frames": 2010, "abnormal": 1648}

    def _label_set(self) -> str:
        return "ucsd-ped2/v1p2" if self._ranges == V1P2 else "ucsd-ped2/other"


class Ped1(_Ucsd):
    """UCSD Ped1: 34 training and 36 test clips of a walkway, 238×158, grey."""

    name, folder, all_masks = "ped1", "UCSDped1", False
    official = {"training_clips": 34, "training_frames": 6800, "test_clips": 36, "test_frames": 7200, "abnormal": 4045}

    def _label_set(self) -> str:
        # 4005, another count in use, is what comes out when the last frame of each of the 40 ranges is lost.
        ranges = [r for some in self._ranges for r in some]
        whole = len(self._ranges) == 36 and len(ranges) == 40 and sum(b - a + 1 for a, b in ranges) == 4045
        return "ucsd-ped1/v1p2" if whole else "ucsd-ped1/other"


DATASETS = {"ped1": Ped1, "ped2": Ped2}
