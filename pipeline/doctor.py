"""What this installation has, and what confines the processes that decode clips here."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core import cage, files, weights
from core.errors import InputError
from pipeline import official, versions

MEASURES = {
    "limits": "memory, computing, open files and their size",
    "no new privileges": "it can gain none, and has none of root",
    "system call filter": "it can open no file, make no socket, and start no program",
    "no network": "it has a network of its own, with nothing in it",
}
"""What confines a process that decodes a clip (:data:`core._confine.MEASURES`), in words."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: it is.
        state: as it was found.
        fine: whether nothing has to be done.
        remark: what it means, or what would make it fine.
    """

    what: str
    state: str
    fine: bool = True
    remark: str = ""


def findings() -> list[Finding]:
    """Look at versions, devices, models, the user's folder and the decoder's cage; this changes nothing."""
    return [*_versions(), *_devices(), *_models(), _home(), *_decoder()]


def _versions() -> Iterator[Finding]:
    import av

    found = {**versions.packages(), "ffmpeg": ".".join(map(str, av.library_versions["libavcodec"]))}
    notes = {"python": sys.executable, "ffmpeg": "version of its libavcodec, in PyAV's package"}
    yield from (Finding(name, version, remark=notes.get(name, "")) for name, version in found.items())


def _devices() -> Iterator[Finding]:
    from core import device

    yield Finding("device", device.choose("auto").describe(), remark="a GPU is used if there is one")


def _models() -> Iterator[Finding]:
    for name, one in official.published().items():
        here = weights.is_here(one.file)
        remark = "" if here else "the compact model answers; ./whycam setup --models fetches it"
        yield Finding(f"model {name}", official.state(one), remark=remark)


def _home() -> Finding:
    place = files.home()
    try:
        with tempfile.TemporaryFile(dir=_there(place)):
            pass
        free = shutil.disk_usage(_there(place)).free / 1e9
    except OSError as error:
        return Finding("home", str(place), False, f"cannot be written to: {error.strerror}; set WHYCAM_HOME")
    return Finding("home", str(place), remark=f"can be written to; {free:.0f} GB are free")


def _there(place: Path) -> Path:
    """Return a folder, or the nearest one above it that is there."""
    return next(folder for folder in (place, *place.absolute().parents) if folder.is_dir())


def _decoder() -> Iterator[Finding]:
    try:
        granted = cage.granted()
    except InputError as error:
        yield Finding("decoder", "does not start", False, str(error))
        return
    for measure, about in MEASURES.items():
        state = "granted" if measure in granted else "not granted"
        yield Finding(f"decoder: {measure}", state, measure in granted, about)
