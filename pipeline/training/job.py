"""The job that makes one camera of uploaded footage."""

from typing import TYPE_CHECKING

from core import device
from core.errors import InputError
from core.files import home
from core.progress import Progress
from footage.videos import VideoClip
from jobs.worker import JobContext
from pipeline.training import plan
from pipeline.training.check_footage import UnfitError
from pipeline.training.train_camera import TrainingCallbacks, TrainingRequest, train_camera
from pipeline.training.trainings import TrainingJob

if TYPE_CHECKING:
    from pipeline.training.loop import Step


def run(context: JobContext) -> None:
    """Make the camera, and publish what was chosen and what speaks against the footage.

    Raises:
        InputError: uploaded clips are no longer there.
        WhycamError: as :func:`pipeline.training.train_camera.train_camera` does.
    """
    job = context.store.get(context.job.id, TrainingJob)
    context.owner_names = job.named
    context.publish(notes=[], chosen=None, unfit=None)
    if len(job.paths) != len(job.clips):
        raise InputError(f"clips of {job.camera!r} are no longer there; delete this training, and train on them again")
    clips = [VideoClip(name, path) for name, path in zip(job.clips, job.paths, strict=True)]
    request = TrainingRequest(minutes=job.minutes, false_alarms=job.false_alarms, resume=True, anyway=job.anyway)
    try:
        train_camera(f"{len(clips)} uploaded clips", clips, home() / "cameras" / job.camera, request,
                     callbacks_of(context, job), device.choose())  # fmt: skip
    except UnfitError:
        context.publish(unfit=True)
        raise


def callbacks_of(context: JobContext, job: TrainingJob) -> TrainingCallbacks:
    """Return what passes on to a job's context what a training tells; it raises ``Cancelled`` where that was asked."""
    notes: list[str] = []
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

    return TrainingCallbacks(note, lambda reasons: context.publish(chosen=dict(reasons)), progress, step)
