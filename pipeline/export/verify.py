"""Checks an archive against its manifest. Nothing of it is trusted, and nothing is written to the disk."""

import hashlib
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NoReturn

from core import typed_json
from core.errors import InputError
from core.limits import shown
from pipeline.export.archive import BLOCK, EPOCH, SEAL_BYTES, digest_before_seal
from pipeline.export.manifest import FORMAT, MANIFEST, READABLE, VERSION, ArchivedFile, Manifest

MAX_MANIFEST_BYTES = 16 << 20
MAX_DIRECTORY_BYTES = 16 << 20
"""Bytes of an archive's list of members, each of which takes ten times as much memory."""
FREE_BYTES, MAX_RATIO = 64 << 20, 100
"""What an archive may unpack to whatever its size, and beyond that for each byte of it; texts of reports have 10."""
_NAME = re.compile(r"[^\x00-\x1f\x7f\\:<>\"|?*/]+(?:/[^\x00-\x1f\x7f\\:<>\"|?*/]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (OSError, ValueError, LookupError, OverflowError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile,
           zipfile.LargeZipFile, zlib.error)  # fmt: skip


@dataclass(frozen=True)
class Verified:
    """An archive whose every byte is as it was written.

    Attributes:
        manifest: what it holds.
        sha256: of the manifest's file, which no one can change without changing this.
    """

    manifest: Manifest
    sha256: str


def verify(path: Path, told: Callable[[int], None] = lambda count: None) -> Verified:
    """Check an archive.

    Args:
        path: the archive.
        told: how many of its files were checked.

    Raises:
        InputError: it is no archive of Whycam, is dangerous to unpack, or differs from what its manifest says.
    """
    name = shown(path)
    if not path.is_file():
        raise InputError(f"there is no archive {name!r}")
    try:
        with path.open("rb") as file:
            _check_end(file, name)
            with zipfile.ZipFile(file) as packed:
                _check_members(packed.infolist(), path.stat().st_size, name)
                found = _contents(packed, name, told)
            _check_seal(file, packed.comment, name)
    except _DAMAGE as error:
        _refuse(name, f"it is no ZIP archive that can be read ({_why(error)})", error)
    return found


def _check_end(file: IO[bytes], name: str) -> None:
    """Refuse what is no ZIP file, and one whose list of members is huge: ``zipfile`` makes an object of each."""
    end: Sequence[Any] | None = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None:
        _refuse(name, "it is no ZIP archive")
    if not 0 <= end[5] <= MAX_DIRECTORY_BYTES:
        _refuse(name, f"its list of members has {end[5]:,} bytes; an export's has {MAX_DIRECTORY_BYTES:,} at most")


def _check_members(members: Sequence[zipfile.ZipInfo], size: int, name: str) -> None:
    for info in members:
        if wrong := _danger(info):
            _refuse(name, f"its member {info.filename[:80]!r} {wrong}")
    same = Counter(info.filename.casefold() for info in members)
    if (twice := next((info.filename for info in members if same[info.filename.casefold()] > 1), None)) is not None:
        _refuse(name, f"it holds {twice[:80]!r} more than once")
    if sum(info.compress_size for info in members) > size:
        _refuse(name, "its members overlap")
    unpacked = sum(info.file_size for info in members)
    if unpacked > max(FREE_BYTES, MAX_RATIO * size):
        _refuse(name, f"it unpacks to {unpacked:,} bytes, {unpacked // max(size, 1):,} times its size")


def _danger(info: zipfile.ZipInfo) -> str:
    """Say what is wrong with a member by what the list of members tells of it; empty where nothing is."""
    parts, mode = info.filename.split("/"), info.external_attr >> 16
    plain = info.orig_filename == info.filename and _NAME.fullmatch(info.filename)
    if not plain or {"", ".", ".."} & set(parts):
        return "has a name that could lead out of a folder; an export's names are plain"
    if not stat.S_ISREG(mode):
        return "is no plain file, but a link or a folder"
    if info.flag_bits & 1 or info.compress_type not in _METHODS:
        return "is encrypted, or compressed in a way that exports are not"
    if info.date_time != EPOCH:
        return "has a time of its own, as no file of an export has: the archive was packed again"
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        return "has two sizes"
    return ""


def _contents(packed: zipfile.ZipFile, name: str, told: Callable[[int], None]) -> Verified:
    """Compare all members with the manifest, the list first and then the bytes."""
    manifest, sha256 = _manifest(packed, name)
    there = {info.filename: info for info in packed.infolist() if info.filename != MANIFEST}
    listed = {file.path: file for file in manifest.files}
    if len(listed) < len(manifest.files):
        _refuse(name, "its manifest lists a file twice")
    if missing := sorted(listed.keys() - there.keys()):
        _refuse(name, f"{missing[0]!r} is missing{_more(missing)}")
    if added := sorted(there.keys() - listed.keys()):
        _refuse(name, f"{added[0]!r} was added{_more(added)}; the manifest does not list it")
    for count, (path, file) in enumerate(listed.items(), 1):
        _compare(packed, there[path], file, name)
        told(count)
    return Verified(manifest, sha256)


def _manifest(packed: zipfile.ZipFile, name: str) -> tuple[Manifest, str]:
    info = next((info for info in packed.infolist() if info.filename == MANIFEST), None)
    if info is None:
        _refuse(name, f"it has no {MANIFEST}, so it is no export of Whycam")
    if info.file_size > MAX_MANIFEST_BYTES:
        _refuse(name, f"its {MANIFEST} has {info.file_size:,} bytes; an export's has {MAX_MANIFEST_BYTES:,} at most")
    try:
        with packed.open(info) as file:
            data = file.read(MAX_MANIFEST_BYTES + 1)
    except _DAMAGE as error:
        _refuse(name, f"its {MANIFEST} differs from what was written ({_why(error)})", error)
    manifest = typed_json.load(Manifest, data, f"the {MANIFEST} of {name!r}", "ask for the archive again")
    if manifest.format != FORMAT or manifest.version not in READABLE:
        _refuse(name, f"it is a {manifest.format[:40]!r} of version {manifest.version}, not {FORMAT!r} of {VERSION}")
    for run in manifest.runs:
        if wrong := next((kind for kind, sha in run.models_sha256.items() if sha and not _SHA256.fullmatch(sha)), None):
            _refuse(name, f"the SHA-256 of the model {wrong[:40]!r} in its {MANIFEST} is not 64 hexadecimal digits")
    return manifest, hashlib.sha256(data).hexdigest()


def _compare(packed: zipfile.ZipFile, info: zipfile.ZipInfo, file: ArchivedFile, name: str) -> None:
    if info.file_size != file.bytes:
        _refuse(name, f"{file.path!r} has {info.file_size:,} bytes, not the {file.bytes:,} that were written")
    digest, read = hashlib.sha256(), 0
    try:
        with packed.open(info) as content:
            while read <= file.bytes and (block := content.read(BLOCK)):
                digest.update(block)
                read += len(block)
    except _DAMAGE as error:
        _refuse(name, f"{file.path!r} differs from what was written ({_why(error)})", error)
    if read != file.bytes or digest.hexdigest() != file.sha256:
        _refuse(name, f"{file.path!r} differs from what was written: its SHA-256 is another")


def _check_seal(file: IO[bytes], seal: bytes, name: str) -> None:
    """Compare the archive's bytes with its seal, which also covers what lies in no file."""
    if len(seal) != SEAL_BYTES or digest_before_seal(file).encode("ascii") != seal:
        _refuse(name, "its files are as they were written, but the archive around them is not: bytes of it differ, or "
                      "it was packed again")  # fmt: skip


def _refuse(name: str, why: str, error: BaseException | None = None) -> NoReturn:
    raise InputError(f"{name!r} does not stand: {why}") from error


def _more(names: Sequence[str]) -> str:
    return f", and {len(names) - 1:,} more" if len(names) > 1 else ""


def _why(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said[:1].lower() + said[1:160]
