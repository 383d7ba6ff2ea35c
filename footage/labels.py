"""Files that say what was unusual in a data set's clips: regions in CSV, and X-MAN's classes in JSON.

Regions: ``video,track,frame,x1,y1,x2,y2,label`` with frames from 1, and ``x2`` and ``y2`` exclusive; the track may be
empty. X-MAN (``szymanowicz2022discrete``): ``{"video/frame": [[coarse, fine], …]}`` with frames from 1; whatever stands
between video and frame separates them, and a file's ending behind the number does not count.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.csv_text import unmarked
from core.errors import DataError
from core.records import Pixels
from footage import _entries, keys, tables
from footage.keys import MAX_NAME_CHARACTERS, Named, match

__all__ = ["COLUMNS", "Classes", "Named", "Region", "Regions", "match", "read_classes", "read_regions"]

EXAMPLE = '{"Test001/061": [["object", "bicycle"]]}'
COLUMNS = ("video", "track", "frame", "x1", "y1", "x2", "y2", "label")


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
    found: dict[str, dict[int, list[Region]]] = {}
    for number, row in tables.rows(path, COLUMNS):
        video, frame, region = _region(row, f"{path}, line {number}")
        found.setdefault(video, {}).setdefault(frame, []).append(region)
    if not found:
        raise DataError(f"{path} holds no region")
    return {video: {f: tuple(frames[f]) for f in sorted(frames)} for video, frames in found.items()}


def _region(row: Sequence[str], where: str) -> tuple[str, int, Region]:
    video, track, frame, *corners, label = row
    try:
        x1, y1, x2, y2 = map(float, corners)
    except ValueError as error:
        raise DataError(f"{where}: x1, y1, x2 and y2 must be numbers") from error
    if not (all(map(math.isfinite, (x1, y1, x2, y2))) and x1 < x2 and y1 < y2):
        raise DataError(f"{where}: a box must have x1 < x2 and y1 < y2, got {x1:g}, {y1:g}, {x2:g}, {y2:g}")
    named = keys.name(unmarked(track), "track", where) if track else ""
    region = Region(keys.name(unmarked(label), "label", where), (x1, y1, x2, y2), named)
    return keys.name(unmarked(video), "video", where), keys.frame(frame, where) - 1, region


def read_classes(path: Path) -> Classes:
    """Read X-MAN's classes.

    Raises:
        DataError: the file is missing or malformed; the message names the entry.
    """
    found: dict[str, dict[int, tuple[Named, ...]]] = {}
    for key, value, _ in _entries.entries(path, EXAMPLE):
        where = f"{path}, entry {key[:MAX_NAME_CHARACTERS]!r}"
        video, digits = keys.split(key, where)
        frame = keys.frame(digits, where) - 1
        if frame in found.setdefault(video, {}):
            raise DataError(f"{where}: frame {frame + 1} of {video} is given twice")
        found[video][frame] = _classes(value, where)
    return {video: {f: frames[f] for f in sorted(frames)} for video, frames in found.items()}


def _classes(value: Any, where: str) -> tuple[Named, ...]:
    pairs = value if isinstance(value, list) else None
    if not pairs or not all(isinstance(p, list) and len(p) == 2 and all(isinstance(n, str) for n in p) for p in pairs):
        raise DataError(f"{where}: must be a list of [coarse, fine] names, such as [['object', 'bicycle']]")
    named = [(keys.name(coarse, "coarse type", where), keys.name(fine, "class", where)) for coarse, fine in pairs]
    return tuple(dict.fromkeys(named))
