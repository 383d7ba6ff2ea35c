"""Blurs persons in all that a run keeps, once its answer is known; the clip as it came is the caller's to remove.

The answer is kept first (:mod:`pipeline.explained_before`), for heat is blurred, too: where a person is, it shows the
outline. Then one pass over the clip makes the blurred pictures, each in the place of the sharp one, and the blurred
clip. What is stopped is done again from the clip as it came, until the facts say what is kept.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from core import files, video
from core.analysis import Analysis
from core.arrays import Doubles, Images
from core.errors import Cancelled, ClipError
from core.progress import JobProgress
from pipeline import explained_before, fault_pictures, finished_run, plan
from pipeline.export.blur import Blur
from pipeline.finished_run import FACTS, WHY

CHUNK_FRAMES = 16
STEP_SECONDS = 2e-5, 3600.0
"""Between two frames of a blurred clip, at least and at most, as MP4 has them; the run keeps the times as they were."""
MADE_OF_IT = ("playback", WHY)
"""Folders of a run that hold pictures made of its clip by an earlier analysis."""


def explain_and_blur(
    path: Path, folder: Path, mode: str, copy: Path | None, job: JobProgress, cancelled: Callable[[], bool] = bool
) -> Analysis:  # fmt: skip
    """Return the answer of an analysed run; what its folder keeps is blurred before that, where it is to be.

    Args:
        path: the clip as it came.
        folder: of the run, whose evidence and scores are complete.
        mode: one of :data:`pipeline.blurs.BLURS`.
        copy: where the blurred clip goes, an MP4; None for no such clip.
        job: told how many frames are done.
        cancelled: asked after every chunk of frames.

    Raises:
        Cancelled: ``cancelled`` said so; what is there may be blurred in part.
        ClipError: the clip gives another number of frames than it gave the run.
        StorageError: the disk is full.
    """
    answer = finished_run.explain_events(folder, job=job)
    if mode == "none":
        return answer
    explained_before.keep(folder, mode, answer.threshold, answer.events)
    for name in MADE_OF_IT:
        shutil.rmtree(folder / name, ignore_errors=True)
    job.begin(plan.BLURRING, len(answer.scores))
    keeper, seconds = _Keeper(answer, folder, mode), _written_times(answer)
    with ExitStack() as stack:
        writer = stack.enter_context(video.writing(copy, answer.clock.rate)) if copy else None
        for frame, image in _frames(path, answer, job, cancelled):
            shown = keeper.keep(frame, image)
            if writer is not None:
                writer.add(shown, float(seconds[frame]))
    facts = replace(finished_run.read(folder).facts, kept_blur=mode, kept_sha256=_checked(copy, answer))
    files.write_json(folder / FACTS, asdict(facts))
    return finished_run.explain_events(folder)


class _Keeper:
    """Puts blurred pictures in the place of those that a run keeps."""

    def __init__(self, answer: Analysis, folder: Path, mode: str) -> None:
        self._folder, self._blur = folder, Blur(answer, folder, mode)
        self._explained = frozenset(self._blur.evidence.frames())
        self._faults = answer.disturbances

    def keep(self, frame: int, image: Images) -> Images:
        """Blur a frame, and what is kept of it; return its picture."""
        shown = self._blur.picture(frame, image)
        if frame in self._explained:
            sharp = self._blur.evidence.get(frame)
            heat = self._blur.picture(frame, sharp.heat)
            self._blur.evidence.put(replace(sharp, image=shown, heat=heat))
        for fault in self._faults:
            if fault_pictures.shown(fault) == frame:
                fault_pictures.put(self._folder, fault.first, shown)
        return shown


def _written_times(answer: Analysis) -> Doubles:
    """Return when the frames of the blurred clip are shown, in seconds from its first one."""
    steps = np.clip(np.diff(answer.clock.times), *STEP_SECONDS)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _frames(
    path: Path, answer: Analysis, job: JobProgress, cancelled: Callable[[], bool]
) -> Iterator[tuple[int, Images]]:
    """Yield the frames of a clip, as many as its run has."""
    done = 0
    for chunk in video.read(path, CHUNK_FRAMES, fps=answer.clip.fps):
        yield from enumerate(chunk.images, chunk.first)
        done = chunk.first + len(chunk)
        job.advance(done)
        if cancelled():
            raise Cancelled(f"cancelled after persons were blurred in {done} of {len(answer.scores)} frames")
    if done != len(answer.scores):
        raise ClipError(f"{answer.clip.name!r} gives {done:,} frames, and gave its analysis {len(answer.scores):,}: it "
                        "was changed; analyse the clip again")  # fmt: skip


def _checked(copy: Path | None, answer: Analysis) -> str:
    """Return the SHA-256 of the blurred clip, which must have all frames before the other one may go."""
    if copy is None:
        return ""
    made = video.probe(copy)
    if made.frames != len(answer.scores):
        raise ClipError(f"the blurred copy of {answer.clip.name!r} has {made.frames} frames, not the "
                        f"{len(answer.scores)} of the clip, which stays; analyse it again")  # fmt: skip
    return made.sha256
