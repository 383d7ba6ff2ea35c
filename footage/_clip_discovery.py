"""Clips that lie in a folder: each video file, and each folder of images."""

from collections.abc import Iterator
from pathlib import Path

from core.datasets import Footage
from footage import _images
from footage.videos import SUFFIXES, VideoClip

FPS = 25.0


def clips(root: Path) -> Iterator[Footage]:
    """Find the clips in order of their names; a name is the path below ``root``, without hidden files and folders."""
    if root.is_file():
        if root.suffix.lower() in SUFFIXES:
            yield VideoClip(root.name, root)
        return
    below = (p for p in root.rglob("*") if not any(part.startswith(".") for part in p.relative_to(root).parts))
    for path in sorted([root, *below]):
        name = root.name if path == root else path.relative_to(root).as_posix()
        if path.is_dir():
            files = _images.listed(path)
            if files:
                yield _images.ImageClip(name, tuple(files), FPS)
        elif path.suffix.lower() in SUFFIXES:
            yield VideoClip(name, path)
