"""The archive of an export: a ZIP file whose bytes depend on what is in it alone, sealed by a checksum of itself.

Its comment is the SHA-256 of all bytes before it. So a byte that differs anywhere is noticed, also where no file lies.
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

from core.files import staged
from pipeline.export.manifest import MANIFEST, ArchivedFile, Manifest

EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every file in an archive, the first that ZIP knows."""
MODE = 0o100644 << 16
SEAL_BYTES = 64
"""Of the comment: SHA-256 in hexadecimal digits."""
BLOCK = 1 << 20
PACKED = frozenset({"mp4", "png", "pdf"})
"""Endings of files that DEFLATE makes no smaller."""


class Archive:
    """An archive that is written; see :func:`writing`."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self.files: list[ArchivedFile] = []

    def put(self, path: str, content: bytes | str) -> None:
        """Add a file with this content; text becomes UTF-8."""
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        with self._open(path, len(data)) as out:
            out.write(data)
        self.files.append(ArchivedFile(path, len(data), hashlib.sha256(data).hexdigest()))

    def put_file(self, path: str, source: Path) -> None:
        """Add a file from the disk, a block at a time."""
        size, digest = source.stat().st_size, hashlib.sha256()
        with source.open("rb") as file, self._open(path, size) as out:
            while block := file.read(BLOCK):
                digest.update(block)
                out.write(block)
        self.files.append(ArchivedFile(path, size, digest.hexdigest()))

    def put_manifest(self, manifest: Manifest) -> None:
        """Add the manifest, the last file."""
        text = json.dumps(asdict(manifest), ensure_ascii=False, allow_nan=False, indent=2) + "\n"
        data = text.encode("utf-8", "replace")
        with self._open(MANIFEST, len(data)) as out:
            out.write(data)

    def _open(self, path: str, size: int) -> IO[bytes]:
        info = zipfile.ZipInfo(path, EPOCH)
        info.create_system, info.external_attr, info.file_size = 3, MODE, size
        stored = path.rpartition(".")[2] in PACKED
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        return self._packed.open(info, "w", force_zip64=size > zipfile.ZIP64_LIMIT // 2)


@contextmanager
def writing(path: Path) -> Iterator[tuple[Archive, Path]]:
    """Give an archive to fill, and a folder for scratch files beside it that is gone afterwards; whole or not at all.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    with staged(path) as part:
        scratch = part.with_suffix(".parts")
        scratch.mkdir()
        try:
            with zipfile.ZipFile(part, "w") as packed:
                packed.comment = b"0" * SEAL_BYTES
                yield Archive(packed), scratch
            with part.open("r+b") as file:
                seal = digest_before_seal(file)
                file.seek(-SEAL_BYTES, 2)
                file.write(seal.encode("ascii"))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def digest_before_seal(file: IO[bytes]) -> str:
    """Return the SHA-256 of all bytes of an archive before its seal."""
    left, digest = file.seek(0, 2) - SEAL_BYTES, hashlib.sha256()
    file.seek(0)
    while left > 0 and (block := file.read(min(BLOCK, left))):
        digest.update(block)
        left -= len(block)
    return digest.hexdigest()
