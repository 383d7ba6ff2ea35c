"""One clip of a batch, from its address to its report; the same here and on any other machine."""

import hashlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath

from core import device, files
from core.analysis import Analysis
from core.device import Runtime
from core.errors import InputError, WhycamError
from core.progress import Progress
from pipeline.analyse import analyse
from pipeline.camera import Camera, load
from pipeline.fleet import addresses
from pipeline.fleet.task import DONE, FAILED, Outcome, Settings, Task

SCRATCH = "batches"
"""Folder in Whycam's own where clips and reports of addresses lie while they are at work."""


class Analyst:
    """Analyses one clip after the other with a camera that it loads once.

    Attributes:
        settings: of all clips.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def camera(self) -> Camera:
        """The camera; raises an ``InputError`` where this machine does not know it, or cannot use it."""
        return load(self.settings.camera)

    @cached_property
    def runtime(self) -> Runtime:
        """Device and precision; raises an ``InputError`` where there is no such device here."""
        return device.choose(self.settings.device)

    def analyse(
        self, task: Task, progress: Callable[[Progress], None] | None = None,
        warn: Callable[[str], None] = lambda sentence: None, others: bool = True,
    ) -> Outcome:  # fmt: skip
        """Analyse one clip; where that fails, the outcome says why in a sentence.

        A clip whose analysis was stopped goes on where it was, on the machine where it was begun.

        Args:
            task: the clip, and where its report belongs.
            progress: as :func:`pipeline.analyse.analyse` has it.
            warn: told at once what is wrong with the clip's file; the outcome's warnings have it as well.
            others: whether other clips are to be analysed though Whycam itself failed at this one, as the outcome says.
        """
        begun, worker = time.monotonic(), f"{socket.gethostname()}/{os.getpid()}"
        try:
            analysis = self._analysed(task, progress, warn)
        except InputError as error:
            return Outcome(task.clip, task.out, FAILED, " ".join(str(error).split()), worker=worker)
        except Exception as error:
            if not others or isinstance(error, WhycamError):
                raise
            said = f"Whycam itself failed: {type(error).__name__}: {error}"
            return Outcome(task.clip, task.out, FAILED, " ".join(said.split()), worker=worker)
        return Outcome(
            task.clip, task.out, DONE, "", len(analysis.events), len(analysis.scores),
            round(time.monotonic() - begun, 3), worker, tuple(found(analysis, name_of(task.clip), task.out)),
            tuple(analysis.warnings),
        )  # fmt: skip

    def _analysed(
        self, task: Task, progress: Callable[[Progress], None] | None, warn: Callable[[str], None]
    ) -> Analysis:
        asked = self.settings
        with _here(task) as (clip, folder):
            return analyse(
                clip, self.camera, folder, threshold=asked.threshold, runtime=self.runtime, objects=asked.objects,
                actions=asked.actions, fps=asked.fps, progress=progress, warn=warn, blur=asked.blur,
            )  # fmt: skip


def name_of(clip: str) -> str:
    """Return the name of a clip's file.

    >>> name_of("s3://bucket/street/a.mp4"), name_of("../b.avi")
    ('a.mp4', 'b.avi')
    """
    return PurePosixPath(clip).name


def found(analysis: Analysis, clip: str, out: str) -> list[str]:
    """Return what an analysis found, a line each."""
    count = f"{len(analysis.events)} unusual event{'s' * (len(analysis.events) != 1)}"
    return [
        f"{clip}: {count}{analysis.reach}",
        *([] if analysis.events else [f"  {analysis.detection_limit}"]),
        *(f"  frames {each.event.first}-{each.event.last}: {each.summary}" for each in analysis.events),
        *([f"  {analysis.name_warning}"] if analysis.events and analysis.name_warning else []),
        *(f"  camera fault, {one.kind}: {one.summary}" for one in analysis.disturbances),
        f"  report: {out.rstrip('/')}/report.html",
    ]


@contextmanager
def _here(task: Task) -> Iterator[tuple[Path, Path]]:
    """Bring a clip here, if it is elsewhere, and take its report to where it belongs.

    What lies here meanwhile stays where the analysis is stopped, for the next try, and goes where it fails.
    """
    marked = hashlib.sha256(os.fsencode(f"{task.clip}\n{task.out}")).hexdigest()[:20]
    scratch = files.home() / SCRATCH / marked
    try:
        clip = addresses.fetch(task.clip, scratch / "clip") if addresses.is_address(task.clip) else Path(task.clip)
        folder = scratch / "report" if addresses.is_address(task.out) else Path(task.out)
        yield clip, folder
        if addresses.is_address(task.out):
            addresses.put_folder(folder, task.out)
    except Exception:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    shutil.rmtree(scratch, ignore_errors=True)
