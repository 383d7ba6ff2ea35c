"""Brings a backup back: every byte is checked before anything changes, and nothing is overwritten unless asked for."""

import hashlib
import secrets
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from core import files, typed_json
from core.errors import InputError, WhycamError
from jobs import processes
from jobs.store import JobStore
from people import audit, sessions
from pipeline import home_exchange
from pipeline.backup import BLOCK_BYTES, FORMAT, LEFT_OUT, MANIFEST, VERSION, BackupManifest

MAX_MANIFEST_BYTES = 512 << 20
_DAMAGE = (OSError, ValueError, LookupError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
_OWN = ("jobs.lock", "index.lock", "reviews.lock")


@dataclass(frozen=True)
class Restored:
    """What was brought back.

    Attributes:
        manifest: of the backup.
        again: ids of jobs that were deleted since the backup was made, by the audit log that was there, and that are
            there again.
    """

    manifest: BackupManifest
    again: tuple[str, ...] = ()


def restore(
    source: Path, *, replace: bool = False, check: bool = False, told: Callable[[str], None] = lambda path: None
) -> Restored:  # fmt: skip
    """Bring a backup back into the user's folder.

    It is unpacked beside what is there, and every file is held against its SHA-256, before anything changes. What was
    there before is deleted once the backup is in its place. A kill leaves what was there, or a state that
    :func:`finish` brings to an end when the app starts. Sign-in sessions never come back; the audit log says that a
    backup was restored.

    Args:
        source: the backup.
        replace: what is in the user's folder may go.
        check: only read the backup, and hold every file against its SHA-256.
        told: the path of each file before it is read.

    Raises:
        InputError: it is no backup, a byte of it differs, there is something in the user's folder that may not go, or a
            job is at work.
        StorageError: the disk is full; nothing has changed.
    """
    if not source.is_file():
        raise InputError(f"there is no backup {source.name!r}")
    home, name = files.home(), repr(source.name)
    if not check:
        finish()
        _see_that_it_may_go(home, replace)
    staging = home / f"{home_exchange.STAGING}{secrets.token_hex(4)}"
    try:
        manifest = _read(source, None if check else staging, told)
        if check:
            return Restored(manifest)
        again = _prepare(staging, manifest)
        back = f"; deleted since, and there again: {', '.join(again)}" if again else ""
        note = f"a backup as of {manifest.made}, with {len(manifest.files)} files{back}"
        home_exchange.exchange(home, staging, note, _contents)
        finish()
        return Restored(manifest, again)
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise files.storage_error(home, error) from error
        raise InputError(f"{name} is no whole backup of Whycam: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _see_that_it_may_go(home: Path, replace: bool) -> None:
    there = _contents(home)
    if there and not replace:
        other = "restore with --replace to put the backup in their place, or let WHYCAM_HOME name an empty folder"
        raise InputError(f"{home} holds {there[0].name!r} and others; {other}")
    if (home / "index.sqlite").exists() and any(processes.alive(job.process) for job in JobStore().active()):
        raise InputError(f"a job is at work in {home}; wait until it has ended or cancel it, and stop the app")


def _contents(home: Path) -> list[Path]:
    """Return what the user's folder holds that a backup would hold, too."""
    if not home.is_dir():
        return []
    own = {*LEFT_OUT, *_OWN}
    return sorted(
        path for path in home.iterdir() if path.name not in own and not path.name.startswith((".", "reserve-"))
    )


def _read(source: Path, target: Path | None, told: Callable[[str], None]) -> BackupManifest:
    """Check a backup, and unpack it where that is asked for."""
    name = repr(source.name)
    with zipfile.ZipFile(source) as packed:
        manifest = _manifest(packed, name)
        for one in manifest.files:
            told(one.path)
            _unpack(packed, one.path, one.sha256, target / one.path if target else None, name)
    return manifest


def _manifest(packed: zipfile.ZipFile, name: str) -> BackupManifest:
    info = packed.getinfo(MANIFEST)
    if info.file_size > MAX_MANIFEST_BYTES:
        raise ValueError(f"its manifest has {info.file_size:,} bytes")
    manifest = typed_json.load(BackupManifest, packed.read(info), f"{MANIFEST} of {name}")
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        raise ValueError(f"it is of the format {manifest.format[:40]!r}, version {manifest.version}")
    names = [one.path for one in manifest.files]
    for path in names:
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path or parts[0] in LEFT_OUT:
            raise ValueError(f"{path[:80]!r} is no place for a file")
    if sorted([*names, MANIFEST]) != sorted(packed.namelist()) or len({*names}) != len(names):
        raise ValueError("its files are not those of its manifest")
    return manifest


def _unpack(packed: zipfile.ZipFile, path: str, sha256: str, target: Path | None, name: str) -> None:
    """Read a file of a backup, hold it against its checksum, and write it where it is asked for."""
    info, digest = packed.getinfo(path), hashlib.sha256()
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ValueError(f"{path[:80]!r} is a link")
    with packed.open(info) as source:
        if target is None:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
        else:
            with files.write_whole(target) as out:
                while block := source.read(BLOCK_BYTES):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != sha256:
        raise InputError(f"{path!r} in {name} is not as it was backed up: its SHA-256 is another; use another backup")


def _prepare(staging: Path, manifest: BackupManifest) -> tuple[str, ...]:
    """End the sessions in what was unpacked; return the ids of what is in it and was deleted since it was backed up."""
    sessions.end_all(staging)
    there = {part for one in manifest.files for part in PurePosixPath(one.path).parts}
    made = datetime.fromisoformat(manifest.made).timestamp()
    try:
        said = audit.records()
    except WhycamError:  # what was deleted cannot be told from a log that was changed
        return ()
    return tuple(sorted({one.subject for one in said if one.action == audit.DELETED and one.at >= made} & there))


def finish() -> None:
    """Finish what a restore that was killed had begun; nothing where there was none.

    Raises:
        StorageError: the user's folder cannot be changed.
    """
    home = files.home()
    try:
        if note := home_exchange.finish(home, _contents):
            audit.record(audit.RESTORED, "", note)
        home_exchange.done(home)
    except OSError as error:
        raise files.storage_error(home, error) from error
