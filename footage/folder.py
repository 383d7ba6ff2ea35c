"""A folder of someone's own normal footage: video files, folders of images, or both."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.contracts import Footage, Truth
from core.errors import DataError
from footage import _images
from footage._videos import SUFFIXES, VideoClip

FPS = 25.0


class Folder:
    """Clips of one camera, all taken for normal: each video file and each folder of images under ``root`` is a clip.

    ``root`` may also be a single video file, or itself a folder of images (taken at 25 frames/s).
    """

    name = "folder"

    def __init__(self, root: Path) -> None:
        """Gather the clips, in order of their names.

        Raises:
            DataError: there is none.
        """
        self.root = Path(root)
        if not self.root.exists():
            raise DataError(f"there is no file or folder {str(self.root)!r}")
        self._clips = tuple(self._gather())
        if not self._clips:
            known = " ".join(sorted(SUFFIXES))
            raise DataError(f"{self.root} holds no clip: put video files ({known}) or folders of images into it")

    def _gather(self) -> Iterator[Footage]:
        """Find the clips; a name is the path below ``root``."""
        if self.root.is_file():
            if self.root.suffix.lower() in SUFFIXES:
                yield VideoClip(self.root.name, self.root)
            return
        below = (p for p in self.root.rglob("*") if not p.relative_to(self.root).as_posix().startswith("."))
        for path in sorted([self.root, *below]):
            name = self.root.name if path == self.root else path.relative_to(self.root).as_posix()
            if path.is_dir():
                files = _images.listed(path)
                if files:
                    yield _images.ImageClip(name, tuple(files), FPS)
            elif path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
                yield VideoClip(name, path)

    def training(self) -> Sequence[Footage]:
        """List all clips."""
        return self._clips

    def test(self) -> Sequence[Footage]:
        """Return nothing: a plain folder says nothing of what is abnormal."""
        return ()

    def truth(self, clip: Footage) -> Truth:
        """A plain folder has no ground truth.

        Raises:
            DataError: always.
        """
        raise DataError(f"a plain folder of clips has no ground truth, so {clip.name!r} cannot be evaluated")


DATASETS = {"folder": Folder}
