"""Damage to files, as a bad disk, a cut transfer or a stranger does it; and what a kind of file needs to be tried."""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEAD_BYTES = 4096
"""Bytes at either end of a file in which most of its headers lie."""
HUGE = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    (1 << 64) - 1,
)

Rng = np.random.Generator


def mutated(content: bytes, rng: Rng) -> bytes:
    """Return damaged content: one kind of damage, or several of them, drawn by ``rng``."""
    for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
        damage = DAMAGES[int(rng.integers(len(DAMAGES)))]
        content = damage(bytearray(content), rng) if content else content
    return content


def _place(length: int, rng: Rng) -> int:
    """Draw a byte's place: half of them in the head or the tail, where sizes and counts stand."""
    near = min(length, HEAD_BYTES)
    return int((rng.integers(near), length - 1 - rng.integers(near), *rng.integers(length, size=2))[rng.integers(4)])


def _span(length: int, rng: Rng) -> slice:
    """Draw a stretch of bytes, short ones more often than long ones."""
    first = _place(length, rng)
    return slice(first, first + int(min(length, 2 ** rng.uniform(0, np.log2(length + 1)))))


def _truncated(content: bytearray, rng: Rng) -> bytes:
    return bytes(content[: int(rng.integers(1, len(content) + 1))])


def _flipped(content: bytearray, rng: Rng) -> bytes:
    for _ in range(int(2 ** rng.uniform(0, 7))):
        content[_place(len(content), rng)] ^= 1 << int(rng.integers(8))
    return bytes(content)


def _swapped(content: bytearray, rng: Rng) -> bytes:
    first, second = sorted((_span(len(content), rng) for _ in range(2)), key=lambda span: span.start)
    stop = min(first.stop, second.start)
    middle = content[stop : second.start]
    return bytes(
        content[: first.start] + content[second] + middle + content[first.start : stop] + content[second.stop :]
    )


def _huge(content: bytearray, rng: Rng) -> bytes:
    """Overwrite a number of 1, 2, 4 or 8 bytes by one that is far too large, or the smallest."""
    width = int(rng.choice([1, 2, 4, 8]))
    number = HUGE[int(rng.integers(len(HUGE)))] & ((1 << 8 * width) - 1)
    place = _place(len(content), rng)
    written = struct.pack("<Q" if rng.integers(2) else ">Q", number)
    content[place : place + width] = written[:width] if written[:1] != b"\0" else written[-width:]
    return bytes(content)


def _blank(content: bytearray, rng: Rng) -> bytes:
    span = _span(len(content), rng)
    content[span] = bytes([int(rng.choice([0, 255]))]) * len(content[span])
    return bytes(content)


def _noisy(content: bytearray, rng: Rng) -> bytes:
    span = _span(len(content), rng)
    content[span] = rng.bytes(len(content[span]))
    return bytes(content)


def _doubled(content: bytearray, rng: Rng) -> bytes:
    span = _span(len(content), rng)
    return bytes(content[: span.stop] + content[span] + content[span.stop :])


def _holed(content: bytearray, rng: Rng) -> bytes:
    span = _span(len(content), rng)
    return bytes(content[: span.start] + content[span.stop :]) or b"\0"


DAMAGES = (_truncated, _flipped, _swapped, _huge, _huge, _blank, _noisy, _doubled, _holed)


@dataclass(frozen=True)
class Kind:
    """A kind of file that strangers give: one file of ``benchmarks/mutants`` registers one, or several, in ``KINDS``.

    Attributes:
        about: what the files are.
        write: writes intact files into an empty folder and returns them; draws what differs from seed to seed.
        read: reads one as Whycam does, and tells whether something of it was lost without a word; raises an
            :class:`~core.errors.InputError` where it refuses the file.
        damage: makes damaged content of intact one.
        peak: bytes that other processes took at most while files were read, since the process began.
    """

    about: str
    write: Callable[[Path, Rng], Sequence[Path]]
    read: Callable[[Path], bool]
    damage: Callable[[bytes, Rng], bytes] = mutated
    peak: Callable[[], int] = lambda: 0
