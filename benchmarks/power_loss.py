"""Loses power at every flush of the disk while files are written, and looks at what is found: ``bench power-loss``.

What was answered must be there, and everything that is there must be whole. See :mod:`benchmarks._lost_power` for what
a loss of power takes.
"""

import io
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import _small_camera
from benchmarks._app import at_home
from benchmarks._lost_power import Disk, recording, restored
from core import files
from core.errors import WhycamError
from core.records import Detections, Evidence
from pipeline import frame_log, heat_frames, store
from pipeline.camera import load
from pipeline.evidence import EvidenceFolder
from pipeline.export import archive
from pipeline.export.archive import SEAL_BYTES, digest_before_seal
from pipeline.store import STATES
from pipeline.tidy import tidy

CLIP = random.Random(0).randbytes(5000)


class Work:
    """Something that is written: what was there before, what is done, and what must be found."""

    def before(self) -> None:
        """Prepare the user's folder."""

    def do(self) -> None:
        """Write."""

    def check(self, answered: bool) -> list[str]:
        """Return a sentence for each thing that is lost or half there."""
        return []


class Replacing(Work):
    """A file of JSON gets other content."""

    OLD, NEW = {"n": [1] * 500}, {"n": [2] * 900}

    def before(self) -> None:  # noqa: D102 (as in Work)
        files.write_json(files.home() / "a.json", self.OLD)

    def do(self) -> None:  # noqa: D102 (as in Work)
        files.write_json(files.home() / "a.json", self.NEW)

    def check(self, answered: bool) -> list[str]:  # noqa: D102 (as in Work)
        may = [files.json_text(one) for one in ([self.NEW] if answered else [self.OLD, self.NEW])]
        return [] if (files.home() / "a.json").read_text() in may else ["the file is neither the old nor the new one"]


class Uploading(Work):
    """A clip is uploaded, and another one deleted."""

    def before(self) -> None:  # noqa: D102 (as in Work)
        tidy()
        self.old = store.create(io.BytesIO(CLIP), "old.mp4")

    def do(self) -> None:  # noqa: D102 (as in Work)
        self.new = store.create(io.BytesIO(CLIP), "new.mp4")
        store.delete(self.old.id)

    def check(self, answered: bool) -> list[str]:  # noqa: D102 (as in Work)
        tidy()
        runs = store.runs(STATES)
        wrong = [f"the clip of {run.clip} is not whole" for run in runs
                 if not run.path.is_file() or run.path.read_bytes() != CLIP]  # fmt: skip
        names = {run.clip for run in runs}
        if not names or (answered and names != {"new.mp4"}):
            wrong.append(f"the runs are {sorted(names)}")
        return wrong


class MakingAnew(Uploading):
    """The same, and the index is lost with the power."""

    def check(self, answered: bool) -> list[str]:  # noqa: D102 (as in Work)
        for path in files.home().glob("index.sqlite*"):
            path.unlink()
        return super().check(answered)


class Scoring(Work):
    """Records of frames, their heat and evidence are added, as an analysis does."""

    CHUNK = 8

    def do(self) -> None:  # noqa: D102 (as in Work)
        self.folder = files.folder(files.home() / "run")
        for first in range(0, 32, self.CHUNK):
            frames = range(first, first + self.CHUNK)
            EvidenceFolder(files.home() / "evidence").put(_evidence(first))
            heat_frames.append(self.folder, {n: np.full((9, 16), n, np.uint8) for n in frames})
            frame_log.append(self.folder, [n / 10 for n in frames], [float(n) for n in frames], [True] * self.CHUNK)

    def check(self, answered: bool) -> list[str]:  # noqa: D102 (as in Work)
        folder = files.folder(files.home() / "run")
        log = frame_log.read(folder, 10.0)
        frame_log.cut(folder, len(log))
        heat_frames.cut(folder, len(log))
        wrong = [] if log.scores.tolist() == list(range(len(log))) else ["scores are not those that were written"]
        frames, grids = heat_frames.between(folder, 0, max(len(log) - 1, 0))
        if len(log) and (frames.tolist() != list(range(len(log))) or grids[:, 0, 0].tolist() != frames.tolist()):
            wrong.append(f"{len(log)} frames have scores, {len(frames)} have heat")
        if answered and len(log) != 32:
            wrong.append(f"{len(log)} of 32 frames are there")
        kept = EvidenceFolder(files.home() / "evidence")
        return [*wrong, *(str(error) for frame in kept.frames() if (error := _unreadable(kept, frame)))]


class Archiving(Work):
    """An archive is written over another one."""

    def before(self) -> None:  # noqa: D102 (as in Work)
        self._write("old")

    def do(self) -> None:  # noqa: D102 (as in Work)
        self._write("new")

    def _write(self, text: str) -> None:
        with archive.writing(files.home() / "case.zip") as (packed, _):
            packed.put("report.html", text * 1000)

    def check(self, answered: bool) -> list[str]:  # noqa: D102 (as in Work)
        with (files.home() / "case.zip").open("rb") as file:
            seal = digest_before_seal(file)
            file.seek(-SEAL_BYTES, 2)
            return [] if file.read().decode() == seal else ["the archive is not as it was written"]


class SavingCamera(Work):
    """A camera is written."""

    def do(self) -> None:  # noqa: D102 (as in Work)
        _small_camera.make()

    def check(self, answered: bool) -> list[str]:  # noqa: D102 (as in Work)
        try:
            load(_small_camera.NAME)
        except WhycamError as error:
            there = (files.home() / "cameras" / _small_camera.NAME / "camera.json").exists()
            return [str(error)] if answered or there else []
        return []


WORKS: dict[str, type[Work]] = {
    "a file is replaced": Replacing, "an upload and a deletion": Uploading,
    "the same, and the index is lost": MakingAnew, "frames are scored": Scoring,
    "an archive is replaced": Archiving, "a camera is saved": SavingCamera,
}  # fmt: skip


def measure(
    times: int, seed: int, minutes: float, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each kind of work, and a sentence for each thing that was lost or half there.

    Args:
        times: how often each is done, with other parts of what was not safe left each time.
        seed: of these parts.
        minutes: after which nothing further is begun.
        tell: told what is done.
    """
    rows, faults, end = list[dict[str, Any]](), list[str](), time.monotonic() + 60 * minutes
    for name, kind in WORKS.items():
        found = [one for number in range(times) if time.monotonic() < end
                 for one in _tried(name, kind, random.Random(seed + number), tell)]  # fmt: skip
        wrong = [f"{name}, {how}: {fault}" for how, here in found for fault in here]
        rows.append({"work": name, "disks found": len(found), "lost or half there": len(wrong)})
        faults += wrong
    return rows, faults


def _tried(
    name: str, kind: type[Work], chance: random.Random, tell: Callable[[str], None]
) -> list[tuple[str, list[str]]]:
    tell(name)
    disks: list[tuple[str, dict[str, bytes]]] = []
    work = kind()
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        with at_home(f"{place}/home"):
            work.before()
            with recording(Disk(files.folder(files.home()), chance, lambda how, disk: disks.append((how, disk)))):
                work.do()
        checked = []
        for number, (how, disk) in enumerate(disks):
            with at_home(str(restored(disk, files.folder(Path(place) / str(number))))):
                checked.append((how, work.check(number >= len(disks) - 2)))
        return checked


def _evidence(frame: int) -> Evidence:
    none = Detections(frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "COCO")
    picture = np.full((48, 64, 3), frame, np.uint8)
    return Evidence(frame, 1.0, picture, np.ones((48, 64), np.float32), none, none)


def _unreadable(kept: EvidenceFolder, frame: int) -> WhycamError | None:
    try:
        kept.get(frame)
    except WhycamError as error:
        return error
    return None
