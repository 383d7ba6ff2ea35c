"""Subway Entrance and Exit (Adam, Rivlin, Shimshoni and Reinitz, TPAMI 2008): one long video each.

::

    root/…entrance….avi                the whole video, any format; its first part is for training
    root/…entrance….csv or .txt        boxes: ``track_id,frame_idx,x_min,y_min,x_max,y_max``
    root/…entrance…events….csv         or events: ``frame``, one for each, of which ten frames before and behind count

The boxes are those of ``georgescu2021background``. Frames count from 0, over the whole video. Where both files are
there, the boxes are the labels.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from core import video
from core.arrays import Bools
from core.datasets import Footage, Truth
from core.errors import DataError
from footage import tables
from footage.videos import SUFFIXES, ClipPart, VideoClip

COLUMNS = ("track_id", "frame_idx", "x_min", "y_min", "x_max", "y_max")
WINDOW = 10
"""Frames on either side of an event (``ravi2021class`` says 15; its published evaluation uses ten)."""


class _Subway:
    word: str
    split: int
    official: Mapping[str, int]

    def __init__(self, root: Path) -> None:
        """Look for the video in ``root``, or in a folder ``Subway`` in it.

        Raises:
            DataError: there is no such video, or more than one.
        """
        root = Path(root)
        self.root = root / "Subway" if (root / "Subway").is_dir() else root
        self.name = f"subway-{self.word}"
        found = self._files(SUFFIXES)
        if len(found) != 1:
            raise DataError(f"{self.root} must hold one video with {self.word!r} in its name, but holds {len(found)}")
        self.video = found[0]

    def _files(self, endings: frozenset[str]) -> list[Path]:
        files = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(f for f in files if self.word in f.name.casefold() and f.suffix.lower() in endings)

    def training(self) -> Sequence[Footage]:
        """List the one training clip: the video's first part."""
        return (ClipPart("training", VideoClip(self.video.name, self.video), 0, self.split),)

    def test(self) -> Sequence[Footage]:
        """List the one test clip: the rest."""
        return (ClipPart("test", VideoClip(self.video.name, self.video), self.split, None),)

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of the test part.

        Raises:
            DataError: there is no label file, or it names frames that the test part does not have.
            ClipError: the video cannot be read.
        """
        if clip.name != "test":
            raise DataError(f"{clip.name!r} is no test clip of Subway {self.word.capitalize()}; its name is 'test'")
        there = self._files(frozenset({".csv", ".txt"}))
        boxes = [f for f in there if "event" not in f.name.casefold()]
        facts = video.probe(self.video)
        total = facts.frames if facts.frames is not None else sum(map(len, video.read(self.video)))
        if boxes:
            return self._boxed(boxes[0], total - self.split, (facts.height, facts.width))
        if not there:
            raise DataError(f"{self.root} holds no table of boxes or events with {self.word!r} in its name")
        return self._events(there[0], total - self.split)

    def _boxed(self, path: Path, count: int, size: tuple[int, int]) -> Truth:
        found: dict[int, list[tuple[int, ...]]] = {}
        for number, cells in _lines(path):
            if len(cells) != len(COLUMNS):
                raise DataError(f"{path}, line {number}: {len(cells)} values, but there must be {len(COLUMNS)}")
            _, frame, *box = _numbers(cells, f"{path}, line {number}")
            found.setdefault(_within(frame - self.split, count, path, number), []).append(tuple(box))
        abnormal = np.zeros(count, np.bool_)
        abnormal[list(found)] = True

        def mask(frame: int) -> Bools:
            inside = np.zeros(size, np.bool_)
            for x1, y1, x2, y2 in found.get(frame, ()):
                inside[max(y1, 0) : y2 + 1, max(x1, 0) : x2 + 1] = True
            return inside

        return Truth(abnormal, mask, f"{self.name}/boxes")

    def _events(self, path: Path, count: int) -> Truth:
        abnormal = np.zeros(count, np.bool_)
        for number, cells in _lines(path):
            frame = _within(_numbers(cells[:1], f"{path}, line {number}")[0] - self.split, count, path, number)
            abnormal[max(frame - WINDOW, 0) : frame + WINDOW + 1] = True
        return Truth(abnormal, None, f"{self.name}/events±{WINDOW}")


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give the lines of a table, with a head or without one."""
    for number, line in enumerate(tables.text(path).splitlines(), 1):
        cells = [cell.strip() for cell in line.split(",")]
        if any(cells) and not (number == 1 and not cells[0].lstrip("-").replace(".", "").isdecimal()):
            yield number, cells


def _numbers(cells: Sequence[str], where: str) -> list[int]:
    try:
        return [int(float(cell)) for cell in cells]
    except (ValueError, OverflowError) as error:
        raise DataError(f"{where}: all values must be numbers") from error


def _within(frame: int, count: int, path: Path, line: int) -> int:
    if not 0 <= frame < count:
        raise DataError(f"{path}, line {line}: the frame does not lie in the test part, which has {count} frames")
    return frame


class Entrance(_Subway):
    """Subway Entrance: one video, its first 76,453 frames for training."""

    word, split = "entrance", 76_453
    official = {"training_clips": 1, "training_frames": 76_453, "test_clips": 1, "abnormal": 12_112}


class Exit(_Subway):
    """Subway Exit: one video, its first 22,500 frames for training."""

    word, split = "exit", 22_500
    official = {"training_clips": 1, "training_frames": 22_500, "test_clips": 1, "abnormal": 4_491}


DATASETS: dict[str, Callable[[Path], _Subway]] = {"subway-entrance": Entrance, "subway-exit": Exit}
