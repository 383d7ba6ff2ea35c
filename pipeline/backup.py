"""A backup of the user's folder as one file, made while the app is at work; :mod:`pipeline.restore` brings it back.

A ZIP archive, not compressed, for clips and pictures are already: every file under its path, and last ``manifest.json``
with the size and SHA-256 of each. Databases are copied by SQLite itself, so that no change is half in them.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from core import files
from core.errors import InputError
from pipeline import versions

MANIFEST, FORMAT, VERSION = "manifest.json", "whycam-backup", 1
LEFT_OUT = frozenset({"weights", "cache", "answers", "batches", "bench", "observed", "trash"})
"""Folders that are not in it: what can be downloaded or computed again, and what is being deleted."""
_NOT_KEPT = (".part", ".parts", ".lock", "-wal", "-shm")
BLOCK_BYTES = 1 << 20
DATABASE = ".sqlite"


@dataclass(frozen=True)
class BackedUpFile:
    """One file of a backup: its path from the user's folder, and what its bytes are."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class BackupManifest:
    """What a backup holds.

    Attributes:
        format, version: :data:`FORMAT` and :data:`VERSION`.
        whycam: version of Whycam that made it.
        made: when it was begun, in UTC.
        files: all but the manifest, in the order of the archive.
    """

    format: str
    version: int
    whycam: str
    made: str
    files: tuple[BackedUpFile, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(one.bytes for one in self.files)


def backup(target: Path, told: Callable[[str], None] = lambda path: None) -> BackupManifest:
    """Write a backup of the user's folder, whole or not at all.

    A job at work is in it as far as it is, and can be resumed after it is restored. What is deleted meanwhile is left
    out.

    Args:
        target: the file to make.
        told: the path of each file before it is read.

    Raises:
        InputError: there is nothing to back up, or the file would be its own part.
        StorageError: the disk is full, or the place cannot be written to.
    """
    home = files.home()
    if not home.is_dir():
        raise InputError(f"there is no folder {home} to back up; WHYCAM_HOME names it")
    if target.is_dir() or target.resolve().is_relative_to(home.resolve()):
        raise InputError(f"{target} is no place for a backup; name a file outside of {home}, on another disk at best")
    made = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    with files.staged(target) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as packed:
        kept = tuple(_packed(packed, home, told))
        manifest = BackupManifest(FORMAT, VERSION, versions.WHYCAM, made, kept)
        packed.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    return manifest


def _packed(packed: zipfile.ZipFile, home: Path, told: Callable[[str], None]) -> list[BackedUpFile]:
    """Add all files of the user's folder; the databases are copied first, and added last."""
    kept: list[BackedUpFile] = []
    with tempfile.TemporaryDirectory(prefix="whycam-") as scratch:
        databases = [_snapshot(path, Path(scratch)) for path in sorted(home.glob(f"*{DATABASE}"))]
        for path in _kept_files(home):
            told(name := path.relative_to(home).as_posix())
            if (one := _add(packed, path, name)) is not None:
                kept.append(one)
        return kept + [_added_database(packed, path, home, {one.path for one in kept}) for path in databases]


def _kept_files(home: Path) -> Iterator[Path]:
    """Yield the files to keep, in order; those that are being written, links and databases at the top are left out."""
    for folder, folders, names in os.walk(home):
        here = Path(folder)
        kept = (name for name in folders if not name.endswith(_NOT_KEPT))
        folders[:] = sorted(name for name in kept if here != home or not (name in LEFT_OUT or name.startswith(".")))
        for name in sorted(names):
            path = here / name
            top = here == home and (name.endswith(DATABASE) or name.startswith("reserve-"))
            if not (top or name.endswith(_NOT_KEPT) or path.is_symlink()):
                yield path


def _snapshot(path: Path, scratch: Path) -> Path:
    """Have SQLite copy a database as it is at one moment."""
    copy = scratch / path.name
    try:
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    except sqlite3.DatabaseError:  # one that is damaged, or was put aside as such, is kept as it is
        shutil.copyfile(path, copy)
    return copy


def _added_database(packed: zipfile.ZipFile, copy: Path, home: Path, there: set[str]) -> BackedUpFile:
    """Add a snapshot; jobs whose folders were deleted since it was made are taken out of it."""
    if copy.name == "index.sqlite":
        folders = {parent.as_posix() for path in there for parent in Path(path).parents}
        with closing(sqlite3.connect(copy, isolation_level=None)) as database:
            for job_id, directory in database.execute("SELECT id, directory FROM jobs").fetchall():
                if directory not in folders and not (home / directory).is_dir():
                    database.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
    added = _add(packed, copy, copy.name)
    assert added is not None
    return added


def _add(packed: zipfile.ZipFile, path: Path, name: str) -> BackedUpFile | None:
    """Add a file as far as it is written; None where it was deleted meanwhile."""
    digest, size = hashlib.sha256(), 0
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source, packed.open(zipfile.ZipInfo(name), "w", force_zip64=True) as out:
        while block := source.read(BLOCK_BYTES):
            digest.update(block)
            size += len(block)
            out.write(block)
    return BackedUpFile(name, size, digest.hexdigest())
