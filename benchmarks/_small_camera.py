"""A camera that nobody trained, clips of two seconds with a flicker in them, and a data set of one such clip.

Benchmarks of the machinery need no more, for it does not matter what is found.
"""

from pathlib import Path

import cv2
import numpy as np

from core import files, video
from core.arrays import Images
from core.normality import Normality
from pipeline.camera import Camera, make_detector, save

NAME, DETECTOR = "small", "vqunet-prediction"
SETTINGS = {"base": 4, "codes": 8, "height": 32, "width": 48}
FPS, FRAMES, SIZE = 10.0, 24, (96, 64)
SUDDEN = range(12, 17)
"""Frames that flicker."""


def make() -> Camera:
    """Write the camera among the user's own."""
    import torch

    from core import weights

    torch.manual_seed(0)
    folder = files.home() / "cameras" / NAME
    sha256 = weights.save(make_detector(DETECTOR, SETTINGS), files.folder(folder) / "weights.safetensors")
    normal = Normality(-18.5, tuple(float(i) for i in range(101)), 100, 0.01)
    camera = Camera(
        DETECTOR, SETTINGS, sha256, name=NAME, folder=folder, threshold=2.0, floor=0.5, width=SIZE[0], height=SIZE[1],
        fps=FPS, normality=normal, background=pictures(0)[0], card={"seed": 0, "epochs": 0},
    )  # fmt: skip
    save(camera)
    return camera


def pictures(seed: int, frames: int = FRAMES, *, covering: bool = True) -> Images:
    """Return the pictures of a clip, (T, H, W, 3) uint8: a bar that passes, and a flicker, ``covering`` all or not."""
    across, down = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    images = np.repeat((80 + across // 2 + down // 3)[None, ..., None], 3, -1).repeat(frames, 0).astype(np.uint8)
    noise = np.random.default_rng(seed)
    for number in range(frames):
        left = (3 * number + 7 * seed) % (SIZE[0] - 8)
        images[number, 8:24, left : left + 8] = 250
        if number % FRAMES in SUDDEN:
            images[number] = 255 - images[number] // 2 if covering else images[number]
            images[number, 30:60, 20:70] = noise.integers(0, 256, (30, 50, 3))
    return images


def clip(path: Path, seed: int, frames: int = FRAMES, *, covering: bool = True) -> Path:
    """Write such a clip."""
    video.encode(path, iter(pictures(seed, frames, covering=covering)), FPS)
    return path


def dataset(root: Path) -> Path:
    """Write a data set in the layout of UCSD Ped2 with one such clip, whose flicker is what is abnormal."""
    for number, image in enumerate(pictures(5)):
        for part in ("Train/Train001", "Test/Test001"):
            _picture(root / "UCSDped2" / part / f"{number + 1:03d}.tif", image)
        marked = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        if number in SUDDEN:
            marked[30:60, 20:70] = 255
        _picture(root / "UCSDped2" / "Test/Test001_gt" / f"{number + 1:03d}.bmp", marked)
    ranges = f"TestVideoFile{{end+1}}.gt_frame = [{SUDDEN[0] + 1}:{SUDDEN[-1] + 1}];\n"
    files.write_text(root / "UCSDped2" / "Test" / "UCSDped2.m", ranges)
    return root / "UCSDped2"


def _picture(path: Path, image: Images) -> None:
    files.folder(path.parent)
    cv2.imwrite(str(path), image)
