"""A folder of someone's own clips with a table of when they are abnormal.

::

    root/intervals.csv        ``video,first,last``: frames from 1, both inclusive; or
    root/intervals.json       ``{"video": [[first, last], …]}``
    root/…                    video files and folders of images

Clips that the table names are for testing, with or without an interval; the others are normal and for training.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core import video
from core.datasets import Footage, Truth
from core.errors import DataError
from footage import keys, tables
from footage._images import ImageClip
from footage.videos import VideoClip, clips_of

TABLES = ("intervals.csv", "intervals.json")


class Clips:
    """A folder of clips with a table of abnormal intervals: what it names is for testing, the rest for training."""

    name = "clips"

    def __init__(self, root: Path) -> None:
        """Read the table and match it with the clips.

        Raises:
            DataError: there is no table, it is malformed, or it names a clip that is not there.
        """
        self.root = Path(root)
        there = [self.root / name for name in TABLES if (self.root / name).is_file()]
        if len(there) != 1:
            raise DataError(f"{self.root} must hold either {TABLES[0]} or {TABLES[1]}")
        self.table = there[0]
        self._intervals = tables.intervals(self.table)
        clips = {clip.name: clip for clip in clips_of(self.root)}
        found, missing = keys.match(self._intervals, list(clips))
        bare, missing = keys.match(missing, [name.rpartition(".")[0] for name in clips])
        whole = {name.rpartition(".")[0]: name for name in clips}
        self._videos = {clip: video for video, clip in found.items()} | {whole[c]: v for v, c in bare.items()}
        if missing:
            raise DataError(f"{self.table} names {missing[0]!r}, but {self.root} holds no such clip")
        self._clips, self._lengths = clips, dict[str, int]()

    def training(self) -> Sequence[Footage]:
        """List the clips that the table does not name."""
        return tuple(clip for name, clip in self._clips.items() if name not in self._videos)

    def test(self) -> Sequence[Footage]:
        """List the clips that the table names."""
        return tuple(clip for name, clip in self._clips.items() if name in self._videos)

    def _length(self, clip: Footage) -> int:
        """Count a clip's frames, once."""
        if clip.name not in self._lengths:
            known = len(clip) if isinstance(clip, ImageClip) else None
            if isinstance(clip, VideoClip):
                known = video.probe(clip.path).frames
            self._lengths[clip.name] = sum(map(len, clip.frames())) if known is None else known
        return self._lengths[clip.name]

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of a test clip.

        Raises:
            DataError: the table does not name it, or names frames that it does not have.
        """
        if clip.name not in self._videos:
            raise DataError(f"{self.table.name} does not name {clip.name!r}, so it is no test clip")
        ranges = self._intervals[self._videos[clip.name]]
        abnormal = tables.marked(np.array(ranges).reshape(-1, 2), self._length(clip), f"{self.table}, {clip.name!r}")
        return Truth(abnormal, None, f"clips/{self.table.name}")


DATASETS = {"clips": Clips}
