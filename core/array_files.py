"""NumPy's ``.npz`` and ``.npy`` files within bounds: no header is trusted, and no memory is taken on its word alone."""

import math
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal, NoReturn

import numpy as np
import numpy.typing as npt

from core.errors import DataError

Array = npt.NDArray[Any]
NUMBERS = "biuf"
"""Kinds of types that hold numbers or truth values."""
TEXT = "U"
FREE_BYTES = 64 << 20
"""What compressed arrays may unpack to whatever the ratio."""
MAX_COMPRESSION_RATIO = 100
"""Most bytes of arrays for each byte of a file; noise in float16 has less than 2, DEFLATE reaches 1032."""
MAX_MAP_BYTES = 512 << 20
"""Bytes of one map of a frame; that of a 16-megapixel picture has 66 MB in float32."""
MAX_DIRECTORY_BYTES = 16 << 20
"""Bytes of an archive's list of members, each of which takes ten times as much memory."""
MOST_LETTER, SURROGATES = 0x10FFFF, 0xD800 >> 11
_BLOCK = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (OSError, ValueError, LookupError, TypeError, OverflowError, EOFError, MemoryError, RuntimeError,
           zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error)  # fmt: skip
"""What ``zipfile`` and NumPy raise on damaged files; ``RuntimeError`` holds NotImplementedError and RecursionError."""


class ArrayFile:
    """The arrays of an open ``.npz`` file, each read when it is asked for.

    Attributes:
        names: of the arrays.
    """

    def __init__(self, path: Path, packed: zipfile.ZipFile) -> None:
        self._path, self._packed = path, packed
        self._members = {info.filename.removesuffix(".npy"): info for info in packed.infolist()}
        self.names = tuple(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that an array claims, which its size agrees with; nothing is unpacked.

        Raises:
            DataError: there is no such array, or its header is damaged.
        """
        with self._opened(name) as (file, size):
            return _header(file, size, NUMBERS + TEXT)[0]

    def read(self, name: str, kinds: str = NUMBERS) -> Array:
        """Return an array.

        Args:
            name: of the array.
            kinds: NumPy's letters for the kinds of types that it may have.

        Raises:
            DataError: there is no such array, it is damaged, or holds something else.
        """
        with self._opened(name) as (file, size):
            shape, order, dtype = _header(file, size, kinds)
            return _filled(np.empty(_count(shape), dtype), file).reshape(shape, order=order)

    @contextmanager
    def _opened(self, name: str) -> Iterator[tuple[IO[bytes], int]]:
        if name not in self._members:
            _refuse(self._path, f"it has no array {name!r}")
        try:
            with self._packed.open(self._members[name]) as file:
                yield file, self._members[name].file_size
        except _DAMAGE as error:
            _refuse(self._path, f"of its array {name!r} {_why(error)}", error)


@contextmanager
def open_npz(path: Path, most_bytes: int, ratio: int = MAX_COMPRESSION_RATIO) -> Iterator[ArrayFile]:
    """Open a ``.npz`` file; what its arrays may unpack to is checked before any of them is read.

    Args:
        path: the file.
        most_bytes: of all arrays together.
        ratio: most bytes of compressed arrays for each byte of the file, beyond :data:`FREE_BYTES`.

    Raises:
        DataError: it is missing, damaged, encrypted, compressed in an unusual way, or far larger than it seems.
    """
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r}")
    try:
        packed = _archive(path, most_bytes, ratio)
    except _DAMAGE as error:
        _refuse(path, _why(error), error)
    with packed:
        yield ArrayFile(path, packed)


def _archive(path: Path, most_bytes: int, ratio: int) -> zipfile.ZipFile:
    with path.open("rb") as file:
        end: Sequence[Any] | None = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None:
        raise ValueError("its end, which lists what is in it, is missing")
    # zipfile makes an object of every member before anybody can look at their number.
    if not 0 <= end[5] <= MAX_DIRECTORY_BYTES:
        raise ValueError(f"its list of members has {end[5]} bytes")
    packed = zipfile.ZipFile(path)
    try:
        _check(packed.infolist(), path.stat().st_size, most_bytes, ratio)
    except BaseException:
        packed.close()
        raise
    return packed


def _check(members: Sequence[zipfile.ZipInfo], size: int, most_bytes: int, ratio: int) -> None:
    for info in members:
        if info.flag_bits & 1:
            raise ValueError(f"{info.filename!r} in it is encrypted")
        if info.compress_type not in _METHODS:
            raise ValueError(f"{info.filename!r} in it is compressed by method {info.compress_type}, not by DEFLATE")
        if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
            raise ValueError(f"{info.filename!r} in it has two sizes, {info.file_size} and {info.compress_size} bytes")
    if len({info.filename for info in members}) < len(members):
        raise ValueError("it has two members of one name")
    if (total := sum(info.file_size for info in members)) > most_bytes:
        raise ValueError(f"it unpacks to {_megabytes(total)}, more than the {_megabytes(most_bytes)} that are taken")
    if total > max(FREE_BYTES, ratio * size):
        raise ValueError(f"it unpacks to {_megabytes(total)}, {total // max(size, 1)} times its size")


def read_npy(path: Path, most_bytes: int, kinds: str = NUMBERS, *, mapped: bool = False) -> Array:
    """Read the array of a ``.npy`` file.

    Args:
        path: the file.
        most_bytes: of the file.
        kinds: NumPy's letters for the kinds of types that it may have.
        mapped: leave the array on the disk, from where what is looked at is read.

    Raises:
        DataError: it is missing, damaged, too large, or holds something else.
    """
    if not path.is_file():
        raise DataError(f"there is no file {str(path)!r}")
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            if size > most_bytes:
                raise ValueError(f"it has {_megabytes(size)}, more than the {_megabytes(most_bytes)} that are taken")
            shape, order, dtype = _header(file, size, kinds)
            if mapped and _count(shape):
                return np.memmap(path, dtype, "r", file.tell(), shape, order)
            return _filled(np.empty(_count(shape), dtype), file).reshape(shape, order=order)
    except _DAMAGE as error:
        raise DataError(f"{path} must be a NumPy array of {_words(kinds)} (.npy), but {_why(error)}") from error


def _header(file: IO[bytes], size: int, kinds: str) -> tuple[tuple[int, ...], Literal["C", "F"], "np.dtype[Any]"]:
    """Read an array's header, and hold what it claims against the bytes that are there."""
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"its header is of version {version[0]}.{version[1]}")
    try:
        shape, fortran, dtype = readers[version](file)
    except Exception as error:  # a header is an expression of Python, which the parser fails on in many ways
        raise ValueError(f"its header is damaged ({type(error).__name__})") from error
    if dtype.kind not in kinds or dtype.itemsize == 0:
        raise ValueError(f"it holds values of type {str(dtype)[:40]!r}, not {_words(kinds)}")
    if min(shape, default=0) < 0 or _count(shape) * dtype.itemsize != size - file.tell():
        raise ValueError(f"it claims to be {str(shape)[:60]}, which its {size} bytes do not hold")
    return shape, "F" if fortran else "C", dtype


def _count(shape: tuple[int, ...]) -> int:
    return int(math.prod(shape))


def _filled(flat: Array, file: IO[bytes]) -> Array:
    """Fill an array from a file, which ends with it: there ``zipfile`` holds what it read against its checksum.

    Truth values other than 0 and 1, and letters that do not exist, are refused: NumPy's behaviour on them is undefined.
    """
    raw, place = flat.view(np.uint8), 0
    while place < len(raw):
        block = file.read(min(_BLOCK, len(raw) - place))
        if not block:
            raise EOFError("it is cut")
        raw[place : place + len(block)] = np.frombuffer(block, np.uint8)
        place += len(block)
    if flat.dtype.kind == "b" and raw.max(initial=0) > 1:
        raise ValueError("it holds truth values other than 0 and 1")
    if flat.dtype.kind == "U":
        letters = flat.view(np.dtype(np.uint32).newbyteorder(flat.dtype.byteorder))
        if letters.max(initial=0) > MOST_LETTER or (letters >> 11 == SURROGATES).any():
            raise ValueError("it holds letters that do not exist")
    return flat


def _refuse(path: Path, why: str, error: BaseException | None = None) -> NoReturn:
    raise DataError(f"{path} must be an archive of NumPy arrays (.npz), but {why}") from error


def _why(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said[:1].lower() + said[1:200]


def _words(kinds: str) -> str:
    return " or ".join(
        name for name, letters in (("numbers", NUMBERS), ("text", TEXT)) if any(letter in kinds for letter in letters)
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
