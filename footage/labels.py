"""Files that say what was unusual in a data set's clips: regions in CSV, and X-MAN's classes in JSON.

Regions: ``video,track,frame,x1,y1,x2,y2,label`` with frames from 1, and ``x2`` and ``y2`` exclusive; the track may be
empty. X-MAN (``szymanowicz2022discrete``): ``{"video/frame": [[coarse, fine], …]}`` with frames from 1; whatever stands
between video and frame separates them, and a file's ending behind the number does not count.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.records import Pixels

MOST_BYTES = 64 << 20
MOST_FRAMES = 10_000_000
LONGEST_NAME = 100
COLUMNS = ("video", "track", "frame", "x1", "y1", "x2", "y2", "label")
Named = tuple[str, str]
"""A coarse type and a name within it, such as ``("action", "run / jog")``."""

_KEY = re.compile(r"(.*[^\W_])[\W_]+([0-9]+)(?:\.[A-Za-z]{2,4})?")
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Region:
    """One annotated box.

    Attributes:
        label: the object, action or place that it shows.
        box: in pixels of the clip, ``x2`` and ``y2`` exclusive.
        track: the same for the boxes of one thing in one video; empty where the file gives none.
    """

    label: str
    box: Pixels
    track: str = ""


Regions = dict[str, dict[int, tuple[Region, ...]]]
"""Video to frame (from 0) to the regions of that frame."""
Classes = dict[str, dict[int, tuple[Named, ...]]]
"""Video to frame (from 0) to the classes of that frame."""


def read_regions(path: Path) -> Regions:
    """Read annotated boxes.

    Raises:
        DataError: the file is missing or malformed; the message names the line.
    """
    rows = csv.reader(io.StringIO(_text(path)), strict=True)
    found: dict[str, dict[int, list[Region]]] = {}
    try:
        header = tuple(cell.strip() for cell in next(rows, []))
        if header != COLUMNS:
            raise DataError(f"{path} must begin with the line {','.join(COLUMNS)!r}")
        for row in rows:
            if row:
                video, frame, region = _region(row, f"{path}, line {rows.line_num}")
                found.setdefault(video, {}).setdefault(frame, []).append(region)
    except csv.Error as error:
        raise DataError(f"{path}, line {rows.line_num}, is no CSV: {error}") from error
    if not found:
        raise DataError(f"{path} holds no region")
    return {video: {f: tuple(frames[f]) for f in sorted(frames)} for video, frames in found.items()}


def _region(row: Sequence[str], where: str) -> tuple[str, int, Region]:
    if len(row) != len(COLUMNS):
        raise DataError(f"{where}: {len(row)} values, but there must be {len(COLUMNS)}: {','.join(COLUMNS)}")
    video, track, frame, *corners, label = (cell.strip() for cell in row)
    try:
        x1, y1, x2, y2 = map(float, corners)
    except ValueError as error:
        raise DataError(f"{where}: x1, y1, x2 and y2 must be numbers") from error
    if not (all(map(math.isfinite, (x1, y1, x2, y2))) and x1 < x2 and y1 < y2):
        raise DataError(f"{where}: a box must have x1 < x2 and y1 < y2, got {x1:g}, {y1:g}, {x2:g}, {y2:g}")
    region = Region(_name(label, "label", where), (x1, y1, x2, y2), _name(track, "track", where) if track else "")
    return _name(video, "video", where), _frame(frame, where), region


def read_classes(path: Path) -> Classes:
    """Read X-MAN's classes.

    Raises:
        DataError: the file is missing or malformed; the message names the entry.
    """
    try:
        content = json.loads(_text(path), object_pairs_hook=_Object)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON: {error}") from error
    if not isinstance(content, _Object) or not content:
        raise DataError(f'{path} must hold an object such as {{"Test001/061": [["object", "bicycle"]]}}')
    found: dict[str, dict[int, tuple[Named, ...]]] = {}
    for key, value in content:
        where = f"{path}, entry {key[:LONGEST_NAME]!r}"
        parts = _KEY.fullmatch(key.strip())
        if parts is None:
            raise DataError(f"{where}: a key must be a video's name and a frame's number, such as 'Test001/061'")
        video, frame = _name(parts[1], "video", where), _frame(parts[2], where)
        if frame in found.setdefault(video, {}):
            raise DataError(f"{where}: frame {frame + 1} of {video} is given twice")
        found[video][frame] = _classes(value, where)
    return {video: {f: frames[f] for f in sorted(frames)} for video, frames in found.items()}


class _Object(list[tuple[str, Any]]):
    """A JSON object as the pairs that were written, so that a key that comes twice is seen."""


def _classes(value: Any, where: str) -> tuple[Named, ...]:
    pairs = value if isinstance(value, list) and not isinstance(value, _Object) else None
    if not pairs or not all(isinstance(p, list) and len(p) == 2 and all(isinstance(n, str) for n in p) for p in pairs):
        raise DataError(f"{where}: must be a list of [coarse, fine] names, such as [['object', 'bicycle']]")
    named = [(_name(coarse, "coarse type", where), _name(fine, "class", where)) for coarse, fine in pairs]
    return tuple(dict.fromkeys(named))


def match(videos: Iterable[str], clips: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Find the clip that each video of a label file means.

    Letter case, separators and leading zeros do not count; where one of the two is a number alone, the numbers decide.

    Args:
        videos: names as the label file writes them.
        clips: names of the data set's clips.

    Returns:
        Video to clip, and the videos that no clip, or more than one, answers to.

    Raises:
        DataError: two videos mean the same clip.

    >>> match(["Test001", "8", "21", "x"], ["Test001", "08"])
    ({'Test001': 'Test001', '8': '08'}, ('21', 'x'))
    """
    found: dict[str, str] = {}
    missing: list[str] = []
    for video in videos:
        means = [c for c in clips if c == video] or [c for c in clips if _alike(video, c)]
        if len(means) != 1:
            missing.append(video)
        elif means[0] in found.values():
            raise DataError(f"the labels name clip {means[0]!r} in two ways, the second as {video!r}")
        else:
            found[video] = means[0]
    return found, tuple(missing)


def _alike(one: str, other: str) -> bool:
    a, b = (re.sub(r"[\W_]+|(?<![0-9])0+(?=[0-9])", "", name.casefold()) for name in (one, other))
    bare = one.isdecimal() or other.isdecimal()
    numbers = [[int(n) for n in _DIGITS.findall(name)] for name in (one, other)]
    return a == b or (bare and numbers[0] == numbers[1])


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path} is larger than {MOST_BYTES >> 20} MB, so it cannot be a label file")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as a label file in UTF-8: {error}") from error


def _name(text: str, what: str, where: str) -> str:
    """Return a name that is fit to be shown."""
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise DataError(f"{where}: the {what} must be 1 to {LONGEST_NAME} printable characters, got {name[:20]!r}")
    return name


def _frame(text: str, where: str) -> int:
    """Return a frame counted from 0."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_FRAMES:
        raise DataError(f"{where}: frames are counted from 1, got {text[:20]!r}")
    return int(text) - 1
