"""The job that makes one camera of uploaded footage."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core import device
from core.files import home
from core.progress import Progress
from footage._videos import VideoClip
from jobs.worker import JobContext
from pipeline.training import plan
from pipeline.training.soundness import UnfitError
from pipeline.training.teach import Watch, Wish, teach
from pipeline.training.trainings import TrainingJob

if TYPE_CHECKING:
    from pipeline.training.loop import Step


def run(context: JobContext) -> None:
    """Make the camera, and publish what was chosen and what speaks against the footage.

    Raises:
        WhycamError: as :func:`pipeline.training.teach.teach` does.
    """
    job = context.store.get(context.job.id, TrainingJob)
    context.owner_names = job.named
    told = Reporter(context, job)
    clips = [VideoClip(name, path) for name, path in zip(job.clips, job.paths, strict=True)]
    wish = Wish(minutes=job.minutes, false_alarms=job.false_alarms, resume=True, anyway=job.anyway)
    watch = Watch(told.note, told.chose, told.progress, told.train)
    try:
        teach(f"{len(clips)} uploaded clips", clips, home() / "cameras" / job.camera, wish, watch, device.choose())
    except UnfitError:
        context.publish(unfit=True)
        raise


class Reporter:
    """Passes on to a job's context what a training tells."""

    def __init__(self, context: JobContext, job: TrainingJob) -> None:
        self.context, self.job = context, job
        self._notes: list[str] = []
        self._learning = ""
        context.publish(notes=[], chosen=None, unfit=None)

    def note(self, sentence: str) -> None:
        """Pass on what the footage's owner must know."""
        self._notes.append(self.job.named(sentence))
        self.context.publish(notes=self._notes)

    def chose(self, reasons: Mapping[str, str]) -> None:
        """Pass on what was chosen."""
        self.context.publish(chosen=dict(reasons))

    def train(self, step: "Step") -> None:
        """Take in where the training stands; :meth:`progress` passes it on."""
        loss = "" if step.loss is None else f", loss {step.loss:.5f}"
        self._learning = f"epoch {step.epoch + 1} of {step.epochs}{loss}"

    def progress(self, told: Progress) -> None:
        """Pass on how far the training is.

        Raises:
            Cancelled: its user asked it to stop.
        """
        self.context.check_cancelled()
        learning = told.stage == plan.LEARNING and self._learning
        self.context.progress(told, f"{told.stage.capitalize()}: {self._learning}" if learning else "")
