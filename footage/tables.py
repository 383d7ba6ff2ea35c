"""Frame labels as NumPy arrays, ranges and tables, each checked: they are downloads like any other."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from core.array_files import read_npy
from core.arrays import Bools
from core.csv_text import unmarked
from core.errors import DataError
from footage import keys

MAX_BYTES = 2 << 30
MAX_TEXT_BYTES = 64 << 20


def array(path: Path) -> npt.NDArray[Any]:
    """Open an array of numbers in a ``.npy`` file without reading it whole.

    Raises:
        DataError: it is missing, damaged, or holds something else.
    """
    return read_npy(path, MAX_BYTES, mapped=True)


def flags(path: Path, count: int | None = None) -> Bools:
    """Read one label for each frame, 0 for normal; an array of one row will do.

    Raises:
        DataError: it is something else, or holds another number of frames.
    """
    found = array(path)
    if found.ndim == 2 and found.shape[0] == 1:
        found = found[0]
    if found.ndim != 1 or (count is not None and len(found) != count):
        expected = f"({count},)" if count is not None else "(frames,)"
        raise DataError(f"{path} must hold one label for each frame, {expected}, got {found.shape}")
    values = np.asarray(found)
    if not np.isin(values, (0, 1)).all():
        raise DataError(f"{path} must hold labels of 0 and 1 alone")
    return values.astype(np.bool_)


def marked(ranges: npt.ArrayLike, count: int, where: str) -> Bools:
    """Mark frames by (first, last) ranges, from 1, both inclusive.

    Raises:
        DataError: a range lies outside the clip.
    """
    abnormal = np.zeros(count, np.bool_)
    for first, last in np.asarray(ranges, np.float64).reshape(-1, 2).tolist():
        if not 1 <= first <= last <= count:
            raise DataError(f"{where}: the range {first:g} to {last:g} does not lie in a clip of {count} frames")
        abnormal[int(first) - 1 : int(last)] = True
    return abnormal


def rows(
    path: Path, columns: Sequence[str], most_bytes: int = MAX_TEXT_BYTES, otherwise: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """Read a CSV file with a head, line by line: a line's number and its cells, without spaces around them.

    Column names are in small letters; ``otherwise`` ends the sentence on another head.

    Raises:
        DataError: it is missing, too large, no CSV in UTF-8, has another head, or a line of another length.
    """
    with _opened(path, most_bytes) as file:
        lines = csv.reader(file, strict=True)
        try:
            if [cell.strip().casefold() for cell in next(lines, [])] != list(columns):
                raise DataError(f"{path} must begin with the line {','.join(columns)!r}{otherwise}")
            for row in filter(None, lines):
                if len(row) != len(columns):
                    said = f"{len(row)} values, but there must be {len(columns)}: {','.join(columns)}"
                    raise DataError(f"{path}, line {lines.line_num}: {said}")
                yield lines.line_num, list(map(str.strip, row))
        except csv.Error as error:
            raise DataError(f"{path}, line {lines.line_num}, is no CSV: {error}") from error


def text(path: Path) -> str:
    """Read a text file.

    Raises:
        DataError: it is missing, too large, or no text in UTF-8.
    """
    with _opened(path, MAX_TEXT_BYTES) as file:
        return file.read()


@contextmanager
def _opened(path: Path, most_bytes: int) -> Iterator[TextIO]:
    try:
        if path.stat().st_size > most_bytes:
            raise DataError(f"{path} is larger than {most_bytes >> 20} MB, so it cannot be a label file")
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text in UTF-8: {error}") from error


def intervals(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Read abnormal intervals by video: CSV ``video,first,last``, or JSON ``{"video": [[first, last], …]}``.

    Frames count from 1, and both ends are inclusive. A video without any (an empty list, or empty cells) is normal.

    Raises:
        DataError: the file is malformed; the message names the line or the entry.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    if path.suffix.lower() == ".csv":
        for number, (video, *ends) in rows(path, ("video", "first", "last")):
            where = f"{path}, line {number}"
            some = found.setdefault(keys.name(unmarked(video), "video", where), [])
            if any(ends):
                some.append(_interval(ends, where))
        return found
    try:
        content = json.loads(text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, Mapping):
        raise DataError(f'{path} must hold an object such as {{"clip.mp4": [[61, 180]]}}')
    for video, some in content.items():
        where = f"{path}, entry {video[: keys.MAX_NAME_CHARACTERS]!r}"
        if not isinstance(some, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in some):
            raise DataError(f"{where}: must be a list of [first, last], such as [[61, 180]]")
        found[keys.name(video, "video", where)] = [_interval([str(end) for end in pair], where) for pair in some]
    return found


def _interval(ends: Sequence[str], where: str) -> tuple[int, int]:
    first, last = (keys.frame(end, where) for end in ends)
    if last < first:
        raise DataError(f"{where}: an interval must end behind its first frame, got {first} to {last}")
    return first, last
