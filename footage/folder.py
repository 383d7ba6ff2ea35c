"""A folder of someone's own normal footage: video files, folders of images, or both."""

from collections.abc import Sequence
from pathlib import Path

from core.datasets import Footage, Truth
from core.errors import DataError
from footage.videos import SUFFIXES, clips_of


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
        self._clips = tuple(clips_of(self.root))
        if not self._clips:
            known = " ".join(sorted(SUFFIXES))
            raise DataError(f"{self.root} holds no clip: put video files ({known}) or folders of images into it")

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
