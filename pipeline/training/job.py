"""The job that makes one camera of uploaded footage."""

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from core import device
from core.errors import InputError
from core.files import home
from core.progress import JobProgress, Progress
from footage.videos import VideoClip
from jobs.worker import JobContext
from pipeline.training import plan
from pipeline.training.check_footage import UnfitError
from pipeline.training.train_camera import TrainingCallbacks, TrainingRequest, train_camera
from pipeline.training.trainings import TrainingJob

if TYPE_CHECKING:
    from pipeline.training.loop import Step

OUTLOOK_SECONDS = 2.0
"""Seconds between two tellings of all stages."""


def run(context: JobContext) -> None:
    """Make the camera, and publish what was chosen and what speaks against the footage.

    Raises:
        InputError: uploaded clips are no longer there.
        WhycamError: as :func:`pipeline.training.train_camera.train_camera` does.
    """
    job = context.store.get(context.job.id, TrainingJob)
    context.owner_names = job.named
    context.publish(notes=[], chosen=None, unfit=None, stages=None)
    if len(job.paths) != len(job.clips):
        raise InputError(f"clips of {job.camera!r} are no longer there; delete this training, and train on them again")
    clips = [VideoClip(name, path) for name, path in zip(job.clips, job.paths, strict=True)]
    request = TrainingRequest(minutes=job.minutes, false_alarms=job.false_alarms, resume=True, anyway=job.anyway,
                              replace=job.replace)  # fmt: skip
    try:
        train_camera(f"{len(clips)} uploaded clips", clips, home() / "cameras" / job.camera, request,
                     callbacks_of(context, job), device.choose())  # fmt: skip
    except UnfitError:
        context.publish(unfit=True)
        raise


def callbacks_of(context: JobContext, job: TrainingJob) -> TrainingCallbacks:
    """Return what passes on to a job's context what a training tells; it raises ``Cancelled`` where that was asked."""
    notes: list[str] = []
    watched = Outlook(context)
    said = {plan.LEARNING: ""}

    def note(sentence: str) -> None:
        notes.append(job.named(sentence))
        context.publish(notes=notes)

    def step(at: "Step") -> None:
        loss = "" if at.loss is None else f", loss {at.loss:.5f}"
        said[plan.LEARNING] = f"{plan.LEARNING.capitalize()}: epoch {at.epoch + 1} of {at.epochs}{loss}"

    def progress(report: Progress) -> None:
        context.check_cancelled()
        context.progress(report, said.get(report.stage, ""))
        watched.tell(report.stage)

    return TrainingCallbacks(note, lambda reasons: context.publish(chosen=dict(reasons)), progress, step, watched.of)


class Outlook:
    """Tells of all stages of a job whenever one begins, and now and then within one."""

    def __init__(self, context: JobContext) -> None:
        self.context, self.job = context, JobProgress("", ())
        self._stage, self._told = "", 0.0

    def of(self, job: JobProgress) -> None:
        """Tell of this job from now on."""
        self.job = job

    def tell(self, stage: str) -> None:
        """Tell of its stages, if it is time, while ``stage`` is at work."""
        now = time.monotonic()
        if stage != self._stage or now - self._told >= OUTLOOK_SECONDS:
            self._stage, self._told = stage, now
            self.context.publish(stages=[asdict(one) for one in self.job.outlook()])
