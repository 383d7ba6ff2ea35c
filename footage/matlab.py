"""Masks out of a MATLAB file (level 5), which is a download like any other and not to be trusted.

SciPy's reader ends the whole process by a segmentation fault on some files in which a single byte is damaged (1.17), so
the few kinds of element that a cell array of masks is made of are read here, and every length is checked.
Source: "MAT-File Format", The MathWorks, section "Level 5 MAT-File Format".
"""

import math
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles
from core.errors import DataError

Cell = npt.NDArray[Any]
Taken = TypeVar("Taken")
MAX_BYTES = 256 << 20
"""Largest file that is opened; the largest of Avenue has 2 MB."""
MAX_UNPACKED_BYTES = 2 << 30
"""Most bytes of a compressed variable; Avenue's longest clip has 331 MB of masks."""
MAX_CELLS = 1_000_000
_HEADER, _CELLS, _NUMBERS = 128, 1, range(6, 16)
_MATRIX, _COMPRESSED, _NAME, _SIGNED, _UNSIGNED = 14, 15, 1, 5, 6
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}


class Masks(Sequence[Bools]):
    """One (H, W) mask for each frame, kept with eight pixels in a byte."""

    def __init__(self, masks: Iterator[Bools] | Sequence[Bools]) -> None:
        kept = [(mask.shape, np.packbits(mask)) for mask in masks]
        self._shapes = [shape for shape, _ in kept]
        self._packed = [packed for _, packed in kept]

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> Bools: ...
    @overload
    def __getitem__(self, index: slice) -> list[Bools]: ...
    def __getitem__(self, index: int | slice) -> Bools | list[Bools]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        height, width = self._shapes[index]
        return np.unpackbits(self._packed[index], count=height * width).reshape(height, width).astype(np.bool_)


def masks(file: Path, key: str) -> Masks:
    """Read a cell array of masks, true where a pixel is not 0.

    Args:
        file: the ``.mat``.
        key: the variable, a cell array with an (H, W) array of numbers for each frame.

    Raises:
        DataError: the file is missing, damaged, far too large, or holds something else.
    """
    return _read(file, key, lambda found: Masks(cell != 0 for cell in found))


def arrays(file: Path, key: str) -> list[Doubles]:
    """Read a cell array of two-dimensional arrays of numbers.

    Raises:
        DataError: the file is missing, damaged, far too large, or holds something else.
    """
    return _read(file, key, lambda found: [cell.astype(np.float64) for cell in found])


def _read(file: Path, key: str, take: Callable[[Iterator[Cell]], Taken]) -> Taken:
    if not file.is_file():
        raise DataError(f"{file} with the masks is missing")
    if not _HEADER <= file.stat().st_size <= MAX_BYTES:
        raise DataError(f"{file} has {file.stat().st_size} bytes, so it cannot be a clip's masks; copy it again")
    try:
        data = memoryview(file.read_bytes())
        order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:128]), "")
        if not order:
            raise ValueError("it is no MATLAB file of level 5")
        return take(_cells(data, order, key))
    except (OSError, ValueError, struct.error, zlib.error, MemoryError) as error:
        raise DataError(
            f"{file} must be a MATLAB file with a cell array {key!r} of one mask for each frame, but {error}"
        ) from error


def _cells(data: memoryview, order: str, key: str) -> Iterator[Cell]:
    """Give the cells of the variable ``key``."""
    for kind, payload in _elements(data[_HEADER:], order):
        if kind == _COMPRESSED:
            kind, payload = next(_elements(_unpacked(payload), order), (0, payload))
        if kind != _MATRIX:
            continue
        of, shape, name, rest = _matrix(payload, order)
        if name == key.encode():
            count = math.prod(shape)
            if of != _CELLS or not 0 < count <= MAX_CELLS:
                raise ValueError(f"{key!r} is something else")
            yield from _each(rest, order, count)
            return
    raise ValueError("it has no such variable")


def _each(rest: memoryview, order: str, count: int) -> Iterator[Cell]:
    elements = _elements(rest, order)
    for number in range(count):
        kind, payload = next(elements, (0, rest))
        if kind != _MATRIX:
            raise ValueError(f"cell {number + 1} of {count} is missing")
        of, shape, _, content = _matrix(payload, order)
        kind, values = next(_elements(content, order), (0, content))
        right = of in _NUMBERS and len(shape) == 2 and min(shape) > 0 and kind in _TYPES
        if not right or len(values) != math.prod(shape) * int(_TYPES[kind][1]):
            raise ValueError(f"cell {number + 1} of {count} is no mask")
        found: Cell = np.frombuffer(values, order + _TYPES[kind]).reshape(shape[::-1]).T
        yield found


def _matrix(payload: memoryview, order: str) -> tuple[int, tuple[int, ...], bytes, memoryview]:
    """Take a matrix apart: its class, its shape, its name, and what follows."""
    parts, place = [], 0
    for expected in (_UNSIGNED, _SIGNED, _NAME):
        kind, part, place = _element(payload, place, order)
        if kind != expected:
            raise ValueError("an array in it has no proper header")
        parts.append(part)
    flags, shape, name = parts
    (bits, _) = struct.unpack(f"{order}2I", flags)
    return bits & 0xFF, struct.unpack(f"{order}{len(shape) // 4}i", shape), bytes(name), payload[place:]


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    place = 0
    while place < len(data):
        kind, payload, place = _element(data, place, order)
        yield kind, payload


def _element(data: memoryview, place: int, order: str) -> tuple[int, memoryview, int]:
    """Return the kind and the content of the element at ``place``, and where the next one begins."""
    (kind,) = struct.unpack_from(f"{order}I", data, place)
    if kind >> 16:
        kind, size, start, end = kind & 0xFFFF, kind >> 16, place + 4, place + 8
    else:
        (size,) = struct.unpack_from(f"{order}I", data, place + 4)
        start = place + 8
        end = start + (size if kind == _COMPRESSED else -(-size // 8) * 8)
    if start + size > min(end, len(data)):
        raise ValueError("it is cut or damaged")
    return kind, data[start : start + size], end


def _unpacked(packed: memoryview) -> memoryview:
    found = zlib.decompressobj().decompress(packed, MAX_UNPACKED_BYTES + 1)
    if len(found) > MAX_UNPACKED_BYTES:
        raise ValueError(f"a variable in it unpacks to more than {MAX_UNPACKED_BYTES >> 20} MB")
    return memoryview(found)
