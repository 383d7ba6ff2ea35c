"""The heat of every analysed frame of a run, small: what a player draws over the frames, and searches of it read.

``heat.idx`` has one record for each frame, ``heat.bin`` their grids, each compressed by itself. Records are appended as
the frames are scored; evidence (:mod:`pipeline.evidence`) keeps the heat of few frames at the clip's resolution beside.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from core import files
from core.arrays import Bools, Floats, Images, Ints
from core.errors import InputError
from explain.report.overlay import level

INDEX, GRIDS = "heat.idx", "heat.bin"
RECORD = np.dtype([("frame", "<u4"), ("offset", "<u8"), ("bytes", "<u4"), ("height", "<u2"), ("width", "<u2")])
LONGER_SIDE = 96
"""Cells of a grid's longer side, at most: detectors look at 256 pixels or fewer, and blur what they find."""
MAX_CELLS = LONGER_SIDE * LONGER_SIDE
FASTEST = 1
"""Level of zlib: grids are mostly 0, and each is compressed while a frame is scored."""


def grid_of(heat: Floats, normal: float) -> Images:
    """Return heat as a small grid of levels, the same scale of colours as in the report's pictures.

    Args:
        heat: (H, W) non-negative.
        normal: the camera's mean heat per pixel on normal footage; see :func:`explain.report.overlay.level`.

    Returns:
        (h, w) uint8: 0 up to the normal mean, 255 from the top of the scale; each cell is the mean of its pixels.
    """
    height, width = heat.shape
    share = min(LONGER_SIDE / max(height, width), 1.0)
    size = (max(round(width * share), 1), max(round(height * share), 1))
    small = np.asarray(cv2.resize(heat, size, interpolation=cv2.INTER_AREA), np.float32)
    return np.rint(255 * level(small, normal)).astype(np.uint8)


def without(grid: Images, boxes: Iterable[tuple[int, int, int, int]], size: tuple[int, int]) -> Images:
    """Return a grid with the cells that boxes, in pixels of a (height, width) picture, touch set to 0."""
    cleared = grid.copy()
    (height, width), (down, across) = size, grid.shape
    for x1, y1, x2, y2 in boxes:
        rows = slice(y1 * down // height, -(-y2 * down // height))
        cleared[rows, x1 * across // width : -(-x2 * across // width)] = 0
    return cleared


def append(folder: Path, grids: Mapping[int, Images]) -> None:
    """Add the grids of the next frames, by frame in ascending order; no record is there before its grid.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    if not grids:
        return
    coded = [zlib.compress(grid.tobytes(), FASTEST) for grid in grids.values()]
    records = np.empty(len(coded), RECORD)
    end = files.append(folder / GRIDS, b"".join(coded))
    records["frame"], records["bytes"] = list(grids), [len(one) for one in coded]
    records["offset"] = end - np.cumsum(records["bytes"].astype(np.int64)[::-1])[::-1]
    records["height"], records["width"] = np.array([grid.shape for grid in grids.values()]).T
    files.append(folder / INDEX, records.tobytes())


def cut(folder: Path, frames: int) -> None:
    """Leave only the heat of the first frames, so that more can be added behind it."""
    records = _records(folder)
    kept = records[records["frame"] < frames]
    end = int(kept["offset"][-1] + kept["bytes"][-1]) if len(kept) else 0
    for name, size in ((INDEX, kept.nbytes), (GRIDS, end)):
        if (folder / name).exists():  # the first grids may be there before any record is
            with (folder / name).open("r+b") as handle:
                handle.truncate(size)


def kept(folder: Path) -> bool:
    """Tell whether a run keeps the heat of its analysed frames; those of version 0.1 do not."""
    return (folder / INDEX).exists()


def between(folder: Path, first: int, last: int) -> tuple[Ints, Images]:
    """Read the heat of the analysed frames from ``first`` to ``last``, both inclusive.

    Returns:
        (N,) int64 frames, ascending; (N, h, w) uint8 grids.

    Raises:
        InputError: what was kept is damaged.
    """
    records = _records(folder)
    rows = records[slice(*np.searchsorted(records["frame"], [first, last + 1]).tolist())]
    if not len(rows):
        return np.empty(0, np.int64), np.empty((0, 0, 0), np.uint8)
    height, width = int(rows["height"][0]), int(rows["width"][0])
    try:
        if not 0 < height * width <= MAX_CELLS or (rows["height"] != height).any() or (rows["width"] != width).any():
            raise ValueError("grids of several or impossible sizes")
        grids = np.empty((len(rows), height, width), np.uint8)
        with (folder / GRIDS).open("rb") as handle:
            for grid, row in zip(grids, rows, strict=True):
                handle.seek(int(row["offset"]))
                grid[:] = _decoded(handle.read(int(row["bytes"])), height * width).reshape(height, width)
    except (OSError, ValueError, zlib.error) as error:
        raise InputError(f"the heat that this run keeps cannot be read ({error}); analyse the clip again") from error
    return rows["frame"].astype(np.int64), grids


def greatest(folder: Path, chosen: Callable[[tuple[int, int]], Bools], stride: int) -> tuple[Ints, Images]:
    """Return the highest level of some cells in every ``stride``-th analysed frame.

    Args:
        folder: of a run that keeps heat.
        chosen: marks the cells of a (rows, columns) grid; at least one.
        stride: at least 1.

    Returns:
        (N,) int64 frames, ascending; (N,) uint8 levels.

    Raises:
        InputError: what was kept is damaged.
    """
    rows = _records(folder)[::stride]
    levels = np.zeros(len(rows), np.uint8)
    if not len(rows):
        return np.empty(0, np.int64), levels
    shape = (int(rows["height"][0]), int(rows["width"][0]))
    try:
        if not 0 < shape[0] * shape[1] <= MAX_CELLS:
            raise ValueError("grids of an impossible size")
        cells, data = np.flatnonzero(chosen(shape)), memoryview((folder / GRIDS).read_bytes())
        places = zip(rows["offset"].tolist(), rows["bytes"].tolist(), strict=True)
        for number, (offset, length) in enumerate(places):
            levels[number] = _decoded(data[offset : offset + length], shape[0] * shape[1])[cells].max()
    except (OSError, ValueError, IndexError, zlib.error) as error:
        raise InputError(f"the heat that this run keeps cannot be read ({error}); analyse the clip again") from error
    return rows["frame"].astype(np.int64), levels


def _decoded(data: bytes | memoryview, cells: int) -> Images:
    return np.frombuffer(zlib.decompressobj().decompress(data, cells), np.uint8)


def _records(folder: Path) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    data = (folder / INDEX).read_bytes() if (folder / INDEX).exists() else b""
    return np.frombuffer(data, RECORD, len(data) // RECORD.itemsize)
