"""Sets of single images: each category is one clip, its test images in an order that says nothing of their classes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.arrays import Bools
from core.datasets import Footage, Truth
from core.errors import DataError
from footage import _images
from footage._images import ImageClip

FPS = 1.0
MaskFile = Callable[[Path], Path | None]


@dataclass(frozen=True)
class Pictures:
    """Images of one kind, and what each of them shows.

    Attributes:
        name: of the clip.
        training: files of normal images.
        test: file to its class.
        normal: the class that is normal.
        label_set: id of the labels.
        mask_of: file to that of its mask, None where it has none; itself None for a set without masks.
    """

    name: str
    training: tuple[Path, ...]
    test: Mapping[Path, str]
    normal: str
    label_set: str
    mask_of: MaskFile | None = None


class ImageSet:
    """Data set of single images; a kind is one training and one test clip, whose frames are its images."""

    name: str
    official: Mapping[str, int] = {}

    def __init__(self, kinds: Sequence[Pictures]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def training(self) -> Sequence[Footage]:
        """List one clip of normal images for each kind."""
        return tuple(ImageClip(k.name, k.training, FPS) for k in self._kinds.values() if k.training)

    def test(self) -> Sequence[Footage]:
        """List one clip of test images for each kind, shuffled once and for all."""
        return tuple(ImageClip(k.name, _shuffled(k.test), FPS) for k in self._kinds.values() if k.test)

    def classes(self, clip: Footage) -> tuple[str, ...]:
        """Return the class of each image of a test clip."""
        kind = self._kind(clip)
        return tuple(kind.test[file] for file in _shuffled(kind.test))

    def truth(self, clip: Footage) -> Truth:
        """Return which images of a test clip are abnormal.

        Raises:
            DataError: it is no test clip.
        """
        kind = self._kind(clip)
        classes = self.classes(clip)
        abnormal = np.array([name != kind.normal for name in classes])
        return Truth(abnormal, _masks(kind) if kind.mask_of else None, kind.label_set, classes)

    def _kind(self, clip: Footage) -> Pictures:
        if clip.name not in self._kinds:
            raise DataError(f"{clip.name!r} is no part of {self.name}; known: {', '.join(self._kinds)}")
        return self._kinds[clip.name]


def _shuffled(files: Mapping[Path, str]) -> tuple[Path, ...]:
    ordered = sorted(files)
    return tuple(ordered[i] for i in np.random.default_rng(0).permutation(len(ordered)))


def _masks(kind: Pictures) -> Callable[[int], Bools]:
    files = _shuffled(kind.test)

    def mask(frame: int) -> Bools:
        found = kind.mask_of(files[frame]) if kind.mask_of else None
        size = _images.load(files[frame]).shape[:2]
        if found is None:
            return np.zeros(size, np.bool_)
        inside: Bools = _images.load(found, size)[..., 0] > 127
        return inside

    return mask


def folders(place: Path) -> dict[str, tuple[Path, ...]]:
    """Return the images of each class folder in ``place``, by the folder's name.

    Raises:
        DataError: there is no such folder, or no image in any of its folders.
    """
    if not place.is_dir():
        raise DataError(f"there is no folder {str(place)!r}")
    shown = sorted(f for f in place.iterdir() if f.is_dir() and not f.name.startswith("."))
    found = {folder.name: tuple(_images.listed(folder)) for folder in shown}
    if not any(found.values()):
        raise DataError(f"{place} must hold a folder of images for each class")
    return {name: files for name, files in found.items() if files}


def flat(classes: Mapping[str, Sequence[Path]]) -> dict[Path, str]:
    """Return file to class."""
    return {file: name for name, files in classes.items() for file in files}
