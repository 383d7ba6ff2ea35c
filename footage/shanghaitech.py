"""ShanghaiTech Campus in its official layout (Liu, Luo, Lian and Gao, CVPR 2018).

::

    root/training/videos/01_001.avi …            training clips, all normal; or training/frames/01_001/000.jpg …
    root/testing/frames/01_0014/000.jpg …        test clips
    root/testing/test_frame_mask/01_0014.npy     one label for each frame
    root/testing/test_pixel_mask/01_0014.npy     (frames, H, W); may be missing

The first two digits name one of 13 cameras: ``shanghaitech-01`` is the first camera's part, for a model of its own.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from core.arrays import Bools
from core.datasets import Dataset, Footage, Truth
from core.errors import DataError
from footage import _images, tables
from footage._split_dataset import SplitDataset
from footage.videos import SUFFIXES, VideoClip

FPS = 24.0
LABEL_SET = "shanghaitech/test_frame_mask"
CAMERAS = tuple(f"{number:02d}" for number in range(1, 14))


class ShanghaiTech(SplitDataset[Footage]):
    """ShanghaiTech Campus: 330 training and 107 test clips of 13 cameras, 856×480."""

    parts = ("training", "testing")
    official: Mapping[str, int] = {
        "training_clips": 330, "training_frames": 274_515, "test_clips": 107, "test_frames": 40_791, "abnormal": 17_326
    }  # fmt: skip

    def __init__(self, root: Path, camera: str = "") -> None:
        """Look for the data set in ``root``, or in its folder ``shanghaitech``; ``camera``: two digits, empty for all.

        Raises:
            DataError: there is no ``testing`` folder.
        """
        root = Path(root)
        places = (root / "shanghaitech", root / "ShanghaiTech", root)
        self.root = next((place for place in places if (place / "testing").is_dir()), root)
        if not (self.root / "testing").is_dir():
            raise DataError(f"{self.root} is not ShanghaiTech in its official layout: it has no folder 'testing'")
        self.camera = camera
        self.name = f"shanghaitech-{camera}" if camera else "shanghaitech"
        if camera:
            self.official = {}

    def _clips(self, part: str) -> tuple[Footage, ...]:
        """Clips of one part, from folders of frames, or else from videos."""
        found: dict[str, Footage] = {}
        for folder in ("frames", "videos"):
            place = self.root / part / folder
            for path in sorted(place.iterdir()) if place.is_dir() else ():
                name = path.name if path.is_dir() else path.stem
                if not re.fullmatch(r"\d\d_\d{3,4}", name) or not name.startswith(self.camera) or name in found:
                    continue
                if path.is_dir():
                    found[name] = _images.ImageClip(name, _images.numbered(path, first=None), FPS)
                elif path.suffix.lower() in SUFFIXES:
                    found[name] = VideoClip(name, path)
        return tuple(found[name] for name in sorted(found))

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of a test clip.

        Raises:
            DataError: labels are missing, unreadable, or masks of another number than labels.
        """
        if clip.name not in {c.name for c in self._test}:
            raise DataError(f"{clip.name!r} is no test clip of ShanghaiTech that is there")
        abnormal = tables.flags(self.root / "testing" / "test_frame_mask" / f"{clip.name}.npy")
        return Truth(abnormal, self._masks(clip.name, len(abnormal)), LABEL_SET)

    def _masks(self, name: str, count: int) -> Callable[[int], Bools] | None:
        file = self.root / "testing" / "test_pixel_mask" / f"{name}.npy"
        if not file.is_file():
            return None
        masks = tables.array(file)
        if masks.ndim != 3 or len(masks) != count:
            raise DataError(f"{file} must hold ({count}, H, W) masks, got {masks.shape}")
        return lambda frame: np.asarray(masks[frame]) != 0

    def stray(self) -> list[str]:
        """Name label files without a clip."""
        known = {clip.name for clip in self._test}
        files = sorted((self.root / "testing" / "test_frame_mask").glob(f"{self.camera}*.npy"))
        return [f"{f.name} holds labels of a clip that is not there" for f in files if f.stem not in known]


def _entry(camera: str) -> Callable[[Path], Dataset]:
    made = partial(ShanghaiTech, camera=camera)
    made.__doc__ = "One camera of ShanghaiTech Campus, to be modelled by itself."
    return made


DATASETS = {"shanghaitech": ShanghaiTech} | {f"shanghaitech-{camera}": _entry(camera) for camera in CAMERAS}
