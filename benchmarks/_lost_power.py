"""A disk that loses power: what was written and not flushed may be gone, and what was renamed may have its old name.

While :func:`recording` is at work, each flush of a file (``os.fsync``) makes its content safe, and each flush of a
folder the names in it. Before every flush, and at the end, the disk is kept as it may be found after a loss of power,
twice: ``strict``, with what is safe alone; and ``eager``, with the latest names of all, but of files only the bytes
that are safe, a random part of the others, or none. Databases are kept as they are: SQLite flushes its files itself.
"""

import contextlib
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

STRICT, EAGER = "strict", "eager"
DATABASE = ".sqlite"

Tree = dict[str, int]
"""Path of a file to the number of its content."""


class Disk:
    """What is safe of a folder.

    Args:
        root: the folder.
        chance: chooses how much of what is not safe is found.
        found: called with each disk as it may be found: how it was made, and path to content.
    """

    def __init__(self, root: Path, chance: random.Random, found: Callable[[str, dict[str, bytes]], None]) -> None:
        self.root, self.chance, self.found = root, chance, found
        self.safe: dict[int, bytes] = {}
        self._held: list[int] = []
        self.names = self._tree()
        for path, number in self.names.items():
            self.safe[number] = (root / path).read_bytes()

    def flushed(self, handle: int) -> None:
        """Note what a flush makes safe, after the disk before it was kept."""
        self.lose()
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.is_dir() and path.is_relative_to(self.root):
            self._name(path)
        elif path.is_relative_to(self.root):
            self.safe[path.stat().st_ino] = path.read_bytes()
            self._held.append(os.dup(handle))  # no other file gets its number

    def close(self) -> None:
        """Let go of the files that were flushed."""
        for handle in self._held:
            os.close(handle)

    def _name(self, folder: Path) -> None:
        """Note the names in a folder as safe; a folder that was renamed takes what is safe in it along."""
        here = "" if folder == self.root else f"{folder.relative_to(self.root).as_posix()}/"
        now, known = self._tree(), {*self.names.values()}
        elsewhere = {path: number for path, number in self.names.items() if not path.startswith(here)}
        inside = {path: number for path, number in now.items() if path.startswith(here)
                  and (number in known or "/" not in path[len(here) :])}  # fmt: skip
        self.names = elsewhere | inside

    def lose(self) -> None:
        """Keep the disk as it may be found now."""
        databases = {path: (self.root / path).read_bytes() for path in self._tree() if DATABASE in path}
        for how, names in ((STRICT, self.names), (EAGER, self._tree())):
            left = {path: self._content(path, number, how) for path, number in names.items() if DATABASE not in path}
            self.found(how, left | databases)

    def _content(self, path: str, number: int, how: str) -> bytes:
        safe = self.safe.get(number, b"")
        if how == STRICT:
            return safe
        with contextlib.suppress(OSError):
            now = (self.root / path).read_bytes()
            if now[: len(safe)] == safe:
                return now[: self.chance.choice((len(safe), self.chance.randint(len(safe), len(now))))]
        return safe

    def _tree(self) -> Tree:
        return {path.relative_to(self.root).as_posix(): path.stat().st_ino for path in sorted(self.root.rglob("*"))
                if path.is_file()}  # fmt: skip


@contextlib.contextmanager
def recording(disk: Disk) -> Iterator[None]:
    """Keep the disk as it may be found at each flush, and at the end."""
    flush = os.fsync

    def fsync(handle: int) -> None:
        disk.flushed(handle)
        flush(handle)

    with contextlib.closing(disk):
        with mock.patch("os.fsync", fsync):
            yield
        disk.lose()


def restored(content: dict[str, bytes], place: Path) -> Path:
    """Write a disk as it may be found into a new folder."""
    for path, data in content.items():
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return place
