"""What verbs leave in a folder: whether each file is whole, and whether all are those of an undisturbed run.

When something was made, how long it took, and where it lay does not count.
"""

import hashlib
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core import video
from core.errors import WhycamError
from pipeline.backup import FORMAT, MANIFEST
from pipeline.export.verify import verify
from pipeline.restore import restore

TIMES = frozenset({"seconds", "minutes", "made", "written", "machine", "source", "frames_per_second"})
"""Keys of JSON that say when, where and for how long."""
TIMES_OF_A_REPORT = re.compile(rb"Written by Whycam|@page \{")
"""What lines of a report in HTML have that say when it was written."""
NUMBERED = ("number", "at", "before")
"""Keys of a log's records that differ however often it says the same."""
NOTES = ("speeds.json", ".lock")
"""Ends of the names of files that hold no result: what stages took, and locks."""
DATED = (".html", ".pdf")
"""Files of an archive that hold when they were made; the archive's own checksums tell that they are whole."""


def digests(folder: Path) -> dict[str, str]:
    """Return the digest of what counts of each file of a folder, by its path there."""
    return {name: digest(path) for name, path in _files(folder).items() if not name.endswith(NOTES)}


def digest(path: Path) -> str:
    """Return the digest of what counts of a file; one that is not whole has that of its bytes."""
    data = path.read_bytes()
    with suppress(ValueError, OSError, zipfile.BadZipFile, KeyError):
        data = COUNTS.get(path.suffix, bytes)(data)
    return hashlib.sha256(data).hexdigest()


def broken(folder: Path, known: set[str]) -> list[str]:
    """Return a sentence for each file under its final name that is not whole.

    A name that begins with a dot is that of a file that is still written.

    Args:
        folder: that is looked through.
        known: SHA-256 of files that are whole, to which those are added that are found to be.
    """
    found = []
    for name, path in _files(folder).items():
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if sha256 not in known and not any(part.startswith(".") for part in Path(name).parts):
            try:
                if WHOLE.get(path.suffix, bool)(path):
                    known.add(sha256)
                else:
                    found.append(f"{name} is not whole")
            except (ValueError, OSError, zipfile.BadZipFile, WhycamError, sqlite3.Error) as error:
                found.append(f"{name} is not whole: {error}")
    return found


def unlike(wanted: Mapping[str, str], got: Mapping[str, str]) -> list[str]:
    """Return a sentence for each file that is missing, left over, or another one than it should be."""
    return [
        *(f"{name} is missing" for name in wanted.keys() - got.keys()),
        *(f"{name} is left over" for name in got.keys() - wanted.keys()),
        *(f"{name} is another one" for name in wanted.keys() & got.keys() if wanted[name] != got[name]),
    ]


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def _json(data: bytes) -> bytes:
    return json.dumps(_timeless(json.loads(data)), sort_keys=True).encode()


def _timeless(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _timeless(value) for key, value in content.items() if key not in TIMES}
    return [_timeless(one) for one in content] if isinstance(content, list) else content


def _html(data: bytes) -> bytes:
    return b"\n".join(line for line in data.splitlines() if not TIMES_OF_A_REPORT.search(line))


def _npz(data: bytes) -> bytes:
    with np.load(io.BytesIO(data)) as kept:
        arrays = {name: kept[name] for name in sorted(kept.files)}
    return b"".join(name.encode() + (_json(one.tobytes()) if name == "facts" else one.tobytes())
                    for name, one in arrays.items())  # fmt: skip


def _zip(data: bytes) -> bytes:
    """Return what an archive holds; of its files with dates, their names alone."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    manifest = json.loads(members.pop(MANIFEST))
    manifest["files"] = [one for one in manifest["files"] if not one["path"].endswith(DATED)]
    told = {name: "" if name.endswith(DATED) else hashlib.sha256(content).hexdigest()
            for name, content in members.items()}  # fmt: skip
    return json.dumps([told, _timeless(manifest)], sort_keys=True).encode()


def _records(data: bytes) -> bytes:
    """Return what a log says; a verb that is run again says it twice."""
    said = (json.loads(line) for line in data.splitlines())
    return b"\n".join(sorted({_json(json.dumps({**one, **dict.fromkeys(NUMBERED)}).encode()) for one in said}))


COUNTS: dict[str, Callable[[bytes], bytes]] = {
    ".json": _json, ".html": _html, ".npz": _npz, ".zip": _zip, ".jsonl": _records, ".sqlite": lambda data: b"",
}  # fmt: skip
"""What counts of a file, by its ending; else all of it."""


def _parses(path: Path) -> bool:
    return json.loads(path.read_bytes()) is not None


def _loads(path: Path) -> bool:
    with path.open("rb") as file:
        kept = np.load(file)
        return all(kept[name] is not None for name in kept.files) if path.suffix == ".npz" else kept.size > 0


def _decodes(path: Path) -> bool:
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED) is not None


def _plays(path: Path) -> bool:
    return sum(len(chunk) for chunk in video.read(path)) == video.probe(path).frames


def _checked(path: Path) -> bool:
    """Hold every byte of a backup, or of a report's archive, against its checksums."""
    with zipfile.ZipFile(path) as packed:
        backed_up = json.loads(packed.read(MANIFEST)).get("format") == FORMAT
    return bool(restore(path, check=True) if backed_up else verify(path))


def _consistent(path: Path) -> bool:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return bool(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def _of_torch(path: Path) -> bool:
    from core import weights

    if path.suffix == ".pt":
        return bool(weights.load_torch(path))
    return bool(weights.load(path, hashlib.sha256(path.read_bytes()).hexdigest()))


WHOLE: dict[str, Callable[[Path], bool]] = {
    ".json": _parses, ".npz": _loads, ".npy": _loads, ".png": _decodes, ".jpg": _decodes, ".mp4": _plays,
    ".zip": _checked, ".sqlite": _consistent, ".pt": _of_torch, ".safetensors": _of_torch,
    ".html": lambda path: path.read_bytes().rstrip().endswith(b"</html>"),
    ".csv": lambda path: path.read_bytes().endswith(b"\n"), ".jsonl": lambda path: bool(_records(path.read_bytes())),
}  # fmt: skip
"""Whether a file is whole, by its ending."""
