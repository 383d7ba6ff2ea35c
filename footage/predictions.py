"""What any system says was unusual, frame by frame, as X-MAN's metric reads it.

JSON: ``{"video/frame": [[coarse, fine, score], …]}``; a class without a score, as in X-MAN's own label files, has 1.
CSV: ``video,frame,coarse,fine,score``, one line for each class of a frame. A class that a frame names several times
counts with its best score. The files are read in one go, and kept as numbers.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles, Ints
from core.csv_text import unmarked
from core.errors import DataError
from footage import _entries, keys, tables
from footage.keys import Named, match

__all__ = ["COLUMNS", "Named", "Rows", "match", "read", "read_labels"]

COLUMNS = ("video", "frame", "coarse", "fine", "score")
FORMS = {True: '[["object", "bicycle", 0.9]]', False: '[["object", "bicycle"]]'}
"""An entry's value with and without scores."""
MAX_BYTES = 2 << 30


@dataclass
class Rows:
    """Classes of frames, each class of a frame a row; frames as the file numbers them.

    Attributes:
        videos, classes: names, in order of their first appearance.
        places: number of a video and frame, packed (:meth:`place`), of each frame that the file names, classes or not.
    """

    videos: dict[str, int] = field(default_factory=dict)
    classes: dict[Named, int] = field(default_factory=dict)
    places: dict[int, None] = field(default_factory=dict)
    _place: "array[int]" = field(default_factory=lambda: array("q"))
    _kind: "array[int]" = field(default_factory=lambda: array("i"))
    _score: "array[float]" = field(default_factory=lambda: array("d"))

    @property
    def place(self) -> Ints:
        """Return (N,) the place of each row: its video's number times 2**32, plus its frame."""
        return np.frombuffer(self._place, np.int64)

    @property
    def kind(self) -> npt.NDArray[np.int32]:
        """Return (N,) the class of each row."""
        return np.frombuffer(self._kind, np.int32)

    @property
    def score(self) -> Doubles:
        """Return (N,) the score of each row."""
        return np.frombuffer(self._score, np.float64)

    def frames(self) -> Ints:
        """Return the places of all frames that the file names."""
        return np.fromiter(self.places, np.int64, len(self.places))

    def key(self, place: int) -> str:
        """Write a place as a key."""
        return f"{list(self.videos)[place >> 32]}/{place & 0xFFFFFFFF}"

    def at(self, video: str, digits: str, where: str) -> int:
        """Return the place of a frame."""
        frame = keys.frame(digits, where, first=0)
        return self.videos.setdefault(video, len(self.videos)) << 32 | frame

    def add(self, place: int, kinds: Sequence[int], scores: Iterable[float]) -> None:
        """Add classes of one frame."""
        self._place.extend([place] * len(kinds))
        self._kind.extend(kinds)
        self._score.extend(scores)

    def named(self, coarse: Any, fine: Any, where: str) -> int:
        """Return the number of a class, known or not."""
        if not (isinstance(coarse, str) and isinstance(fine, str)):
            raise DataError(f"{where}: coarse type and class must be names, got {coarse!r:.20} and {fine!r:.20}")
        pair = (keys.name(coarse, "coarse type", where).casefold(), keys.name(fine, "class", where).casefold())
        pair = (pair[0], " / ".join(part.strip() for part in pair[1].split("/")))
        return self.classes.setdefault(pair, len(self.classes))


def read(path: Path) -> Rows:
    """Read predictions, JSON or CSV by the file's first character.

    Raises:
        DataError: the file is missing, too large or malformed; the message names the entry or the line.
    """
    _check(path)
    try:
        with path.open("rb") as file:
            start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    return _json(path, True) if start in (b"{", b"[") else _csv(path)


def read_labels(path: Path) -> Rows:
    """Read X-MAN's label file.

    Raises:
        DataError: the file is missing, too large or malformed; the message names the entry.
    """
    _check(path)
    return _json(path, False)


def _check(path: Path) -> None:
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r}")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path} is larger than {MAX_BYTES >> 30} GB, so it cannot hold classes of frames")


def _json(path: Path, scored: bool) -> Rows:
    rows: Rows = Rows()
    known: dict[tuple[str, str], int] = {}
    for key, value, line in _entries.entries(path, f'{{"Test001/061": {FORMS[scored]}}}'):
        where = f"{path}, line {line}, entry {key[: keys.MAX_NAME_CHARACTERS]!r}"
        video, digits = keys.split(key, where)
        place = rows.at(video, digits, where)
        if place in rows.places:
            raise DataError(f"{where}: frame {int(digits)} of {video} is given twice")
        rows.places[place] = None
        try:
            # The usual entry: known names and numbers, without a look at each.
            kinds = [known[coarse, fine] for coarse, fine, _ in value]
            scores = [score for *_, score in value]
            quick = scored and set(map(type, scores)) <= {float, int} and all(map(math.isfinite, scores))
        except (KeyError, TypeError, ValueError, OverflowError):
            quick = False
        if not quick:
            kinds, scores = _slowly(rows, known, value, where, scored)
        rows.add(place, kinds, scores)
    return rows


def _slowly(
    rows: Rows, known: dict[tuple[str, str], int], value: Any, where: str, scored: bool
) -> tuple[list[int], list[float]]:
    """Look at each class of an entry."""
    lengths = (2, 3) if scored else (2,)
    if not isinstance(value, list) or not all(isinstance(row, list) and len(row) in lengths for row in value):
        form = "[coarse, fine, score]" if scored else "[coarse, fine]"
        raise DataError(f"{where}: must be a list of {form}, such as {FORMS[scored]}")
    if not (value or scored):
        raise DataError(f"{where}: a labelled frame must have a class")
    kinds, scores = [], []
    for coarse, fine, *score in value:
        kinds.append(rows.named(coarse, fine, where))
        known[coarse, fine] = kinds[-1]
        scores.append(_number(score[0], where) if score else 1.0)
    return kinds, scores


def _number(score: Any, where: str) -> float:
    try:
        if isinstance(score, bool) or not math.isfinite(number := float(score)):
            raise ValueError
        return number
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{where}: a score must be a finite number, got {score!r:.30}") from error


def _csv(path: Path) -> Rows:
    rows, places, kinds = Rows(), dict[tuple[str, str], int](), dict[Named, int]()
    for line, (video, digits, coarse, fine, score) in tables.rows(path, COLUMNS, MAX_BYTES, ", or be JSON"):
        try:
            # The usual line: a known frame, known names and a number, without a look at each.
            place, kind, number = places[video, digits], kinds[coarse, fine], float(score)
        except (KeyError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            where = f"{path}, line {line}"
            place = places[video, digits] = rows.at(keys.name(unmarked(video), "video", where), digits, where)
            named = rows.named(unmarked(coarse), unmarked(fine), where)
            kind, number = kinds.setdefault((coarse, fine), named), _number(score, where)
            rows.places[place] = None
        rows._place.append(place)
        rows._kind.append(kind)
        rows._score.append(number)
    return rows
