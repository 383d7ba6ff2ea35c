"""Clips that lie on disk as one image file per frame."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import pictures
from core.arrays import Images
from core.errors import DataError, InputError
from core.records import Frames

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp"})


def listed(folder: Path) -> list[Path]:
    """List the image files of a folder in natural order (2 before 10), hidden files left out."""
    files = [f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith(".") and f.is_file()]
    return sorted(files, key=lambda f: ([int(n) for n in re.findall(r"\d+", f.stem)], f.name))


def numbered(folder: Path, first: int | None = 1) -> tuple[Path, ...]:
    """List a folder's images, numbered without a gap from ``first`` on, or from 0 or 1 where that is None.

    Raises:
        DataError: the folder is missing or empty, or a number is missing or given twice.
    """
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder.name!r} in {folder.parent}")
    files = [f for f in listed(folder) if f.stem.isdecimal()]
    if not files:
        raise DataError(f"{folder} holds no numbered images such as 001.tif or 001.jpg")
    start = min(int(files[0].stem), 1) if first is None else first
    for expected, file in enumerate(files, start=start):
        if int(file.stem) != expected:
            last = len(files) - 1 + start
            raise DataError(
                f"{folder} must hold frames {start:03d} to {last:03d} once each, but {expected:03d} is missing"
            )
    return tuple(files)


def load(file: Path, size: tuple[int, int] | None = None) -> Images:
    """Read an image file as (H, W, 3) uint8 RGB; ``size`` is the (H, W) that it must have.

    Raises:
        DataError: it cannot be read, is larger than a clip's pictures may be, or has another size.
    """
    try:
        image = pictures.read(file)
    except InputError as error:
        raise DataError(f"{file} cannot be read as an image: {error}") from error
    if size is not None and image.shape[:2] != size:
        (height, width), (h, w) = size, image.shape[:2]
        raise DataError(f"{file} is {w}x{h}, but its clip's other frames are {width}x{height}")
    return image


@dataclass(frozen=True)
class ImageClip:
    """A clip given by its frames' image files.

    Attributes:
        name: shown to the user.
        files: one per frame, in order.
        fps: frames per second.
    """

    name: str
    files: Sequence[Path]
    fps: float

    def __len__(self) -> int:
        return len(self.files)

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Read the frames in chunks of at most ``chunk``.

        Raises:
            DataError: a frame cannot be read, or differs in size from the first.
        """
        size: tuple[int, int] | None = None
        for first in range(0, len(self.files), chunk):
            images = []
            for file in self.files[first : first + chunk]:
                images.append(load(file, size))
                size = (images[0].shape[0], images[0].shape[1])
            times = np.arange(first, first + len(images), dtype=np.float64) / self.fps
            yield Frames(np.stack(images), first, times)
