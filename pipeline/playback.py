"""The copy of a run's clip that browsers play: each frame of the clip as it was analysed, once, in order.

Picture n of the copy is frame n of the run, because both were read by :func:`core.video.read`; it begins at n / rate
exactly, and carries n below it (:mod:`pipeline.frame_marks`): a player knows which one it draws. A browser's reading of
the clip itself could differ from ours (edit lists, reordering, rates that change, damaged places, rotation, codecs that
it lacks), so that it never plays that.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from core import files, typed_json, video
from core.arrays import Images
from core.clock import Clock
from core.errors import ClipError, InputError
from core.progress import JobProgress, Stage
from jobs.job import Job
from jobs.store import JobStore, new_id
from jobs.worker import JobContext
from people.actor import OWNER, acting
from pipeline import finished_run, store
from pipeline.frame_marks import marked
from pipeline.kinds import PLAYBACK, queue
from pipeline.store import Run

FOLDER, CLIP, FACTS = "playback", "clip.mp4", "playback.json"
MAX_WIDTH, MAX_HEIGHT = 1280, 960
"""Pixels of the copy, at most."""
RATES = 5.0, 60.0
"""Frames a second of the copy: the clip's usual ones within these; a player plays it at the pace of the clip's own
times, whatever they are."""
CHUNK_FRAMES = 16
COPYING = "making the playback copy"
STAGES = (Stage(COPYING, "frames", start=0.5, each=0.008),)


@dataclass(frozen=True)
class PlaybackCopy:
    """What is known of a run's copy.

    Attributes:
        frames: how many it has, as many as the run.
        rate: its frames a second, a fraction of two whole numbers.
        width, height: of its pictures in pixels, without what is below them.
    """

    frames: int
    rate: tuple[int, int]
    width: int
    height: int


class Playback(Job):
    """The making of a run's copy."""

    KIND, NOUN = PLAYBACK, "playback copy"


def clip(run: Run) -> Path:
    """Return where a run's copy is, or will be."""
    return run.folder / FOLDER / CLIP


def find(run: Run) -> PlaybackCopy | None:
    """Return what is known of a run's copy; None where there is no usable one."""
    try:
        facts = typed_json.read(PlaybackCopy, run.folder / FOLDER / FACTS)
    except InputError:
        return None
    return facts if clip(run).exists() else None


def job(run: Run) -> Playback | None:
    """Return the job that makes a run's copy, after a look whether its worker lives; None if there is none."""
    return next(iter(queue().find(Playback, subject=run.id)), None)


def submit(run: Run) -> Playback:
    """Have a copy made, the next one in the line, unless it is being made; one that came to no end is forgotten.

    Raises:
        InputError: the job cannot be started.
    """
    before = job(run)
    if before and before.active:
        return before
    if before:
        JobStore().delete(before.id)
    try:
        made = queue().add(Playback, new_id(), run.clip, f"{run.directory}/{FOLDER}", {}, run.id)
    except InputError:
        other = job(run)  # another tab was faster
        if other is None or not other.active:
            raise
        return other
    with acting(OWNER):  # who looks at a run waits for it, and need not be one who orders the queue
        queue().advance(made.id)
    return made


def run(context: JobContext) -> None:
    """Make the copy of a run's clip; see :data:`pipeline.kinds.KINDS`.

    Raises:
        ClipError: the clip cannot be read, or gives another number of frames than it gave the run.
        InputError: the run is not finished.
        StorageError: the disk is full.
        Cancelled: the user said so.
    """
    owner = store.get(context.job.subject)
    context.owner_names = owner.named
    kept = finished_run.read(owner.folder)
    progress = JobProgress("playback", STAGES, context.progress, subjects=(_size(kept.facts.clip.width),))
    progress.begin(COPYING, len(kept.scores))
    copy(owner.path, clip(owner), kept.clock, kept.facts.clip.fps, context, progress)
    progress.finish()


def copy(
    source: Path, target: Path, clock: Clock, fps: float, context: JobContext | None = None,
    progress: JobProgress | None = None,
) -> PlaybackCopy:  # fmt: skip
    """Write the copy of a clip whose frames are shown as ``clock`` says; ``fps`` as the run read it.

    Raises:
        ClipError: the clip cannot be read, or has another number of frames than the clock.
        StorageError: the disk is full.
        Cancelled: the context's user said so.
    """

    def pictures() -> Iterator[Images]:
        done = 0
        for chunk in video.read(source, CHUNK_FRAMES, fps=fps):
            yield from chunk.images
            done += len(chunk)
            if context is not None:
                context.check_cancelled()
            if progress is not None:
                progress.advance(done)
        if done != len(clock):
            raise ClipError(f"{source.name!r} gives {done:,} frames, and gave the run {len(clock):,}: it was changed; "
                            "analyse the clip again")  # fmt: skip

    return write(pictures(), target, clock.rate)


def write(images: Iterable[Images], target: Path, rate: float) -> PlaybackCopy:
    """Write a copy, and what is known of it beside it, whole or not at all.

    Args:
        images: the frames in order, (H, W, 3) uint8.
        target: the file.
        rate: usual frames in a second of the clip.

    Raises:
        StorageError: the disk is full.
    """
    per_second = Fraction(float(np.clip(rate, *RATES))).limit_denominator(1001)
    done, size = 0, (0, 0)

    def numbered() -> Iterator[Images]:
        nonlocal done, size
        for image in images:
            fitted = _fitted(image)
            size = fitted.shape[1], fitted.shape[0]
            yield marked(fitted, done)
            done += 1

    (target.parent / FACTS).unlink(missing_ok=True)
    video.encode(target, numbered(), per_second, seekable=True)
    made = PlaybackCopy(done, (per_second.numerator, per_second.denominator), *size)
    files.write_json(target.parent / FACTS, dataclasses.asdict(made))
    return made


def _fitted(image: Images) -> Images:
    height, width = image.shape[:2]
    share = min(MAX_WIDTH / width, MAX_HEIGHT / height, 1.0)
    if share == 1.0:
        return image
    size = (max(round(width * share), 1), max(round(height * share), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _size(width: int) -> str:
    return f"{width} pixels wide"
