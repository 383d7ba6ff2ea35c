"""Cameras that are being made of uploaded footage: jobs, each with a folder for its clips."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from core import files
from core.errors import InputError
from jobs import legacy
from jobs.job import STATES, Found, Job, Parameter
from jobs.locks import exclusive
from jobs.store import new_id
from pipeline.camera import cameras, check_name
from pipeline.kinds import TRAINING, queue
from pipeline.store import COPY_BYTES, extension_of, shown
from pipeline.thresholds import check_alarms

FOLDER, FOLDER_OF_0_1 = "trainings", "lessons"


class TrainingJob(Job):
    """One camera in the making.

    Attributes:
        camera: the name that it will have.
        clips: names of the clips as their owner wrote them: shown escaped, never a path.
        false_alarms, minutes, anyway: as :class:`pipeline.training.train_camera.TrainingRequest` has them.
        chosen: names of settings to the sentences that say why.
        notes: what its owner must know of the footage.
        unfit: whether it failed because of footage that may be trained on anyway.
    """

    KIND, NOUN = TRAINING, "training"
    camera, clips = Parameter(""), Parameter[Sequence[str]](())
    false_alarms, minutes, anyway = Parameter[float | None](None), Parameter(0.0), Parameter(False)
    chosen, notes, unfit = Found[Mapping[str, str]]({}), Found[Sequence[str]](()), Found(False)

    @property
    def paths(self) -> list[Path]:
        """The clips' files, in order; none where their folder is gone."""
        return sorted((self.folder / "clips").glob("*"))

    def named(self, sentence: str) -> str:
        """Put the clips' own names where a sentence gives those of their files here."""
        for path, name in zip(self.paths, self.clips, strict=False):
            sentence = sentence.replace(repr(path.name), repr(name))
        return sentence


def submit(
    camera: str, clips: Sequence[tuple[str, BinaryIO]], false_alarms: float | None, minutes: float
) -> TrainingJob:
    """Keep uploaded clips, and queue the training of a camera on them.

    Args:
        camera: the name that it will have.
        clips: name and bytes of each clip; the streams are read once, in chunks.
        false_alarms: events an hour that normal footage may raise; None for as few as the footage can tell.
        minutes: that the training may take.

    Raises:
        InputError: the name is none or taken, there is no clip, one is no video by its name, or a number is out of
            range.
        StorageError: the clips cannot be kept; nothing of them is left.
    """
    check_name(camera)
    check_alarms(false_alarms)
    if camera in cameras() or camera in [one.camera for one in trainings()]:
        raise InputError(f"there is a camera {camera!r} already; choose another name")
    if not clips:
        raise InputError("choose at least one clip of ordinary footage")
    job_id = new_id()
    directory = f"{FOLDER}/{job_id}"
    folder = files.folder(files.home() / directory)
    try:
        for number, (name, stream) in enumerate(clips):
            with files.write_whole(folder / "clips" / f"{number:04d}.{extension_of(name)}") as out:
                shutil.copyfileobj(stream, out, COPY_BYTES)
        parameters = {"camera": camera, "clips": [shown(name) for name, _ in clips], "false_alarms": false_alarms,
                      "minutes": minutes}  # fmt: skip
        return queue().add(TrainingJob, job_id, camera, directory, parameters, camera)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def resume(job_id: str, anyway: bool = False) -> TrainingJob:
    """Go on with a training that stopped, from its last epoch; ``anyway`` takes footage that looks unfit.

    Raises:
        InputError: there is no such training, or it is at work or done.
    """
    queue().submit(get(job_id).id, anyway=anyway or None)
    return get(job_id)


def delete(job_id: str) -> None:
    """Forget a training and its clips; the camera that was made of it stays.

    Raises:
        InputError: there is no such training, or it is at work.
    """
    job = get(job_id)
    queue().delete(job_id)
    left = files.home() / "cameras" / job.camera
    if job.state != "done" and left.is_dir() and not (left / "camera.json").exists():
        with exclusive(left):
            shutil.rmtree(left, ignore_errors=True)


def get(job_id: str) -> TrainingJob:
    """Return one training, after a look whether its worker lives.

    Raises:
        InputError: there is none of that id.
    """
    _take_over()
    return queue().get(job_id, TrainingJob)


def trainings() -> list[TrainingJob]:
    """List the trainings, newest first."""
    _take_over()
    return queue().find(TrainingJob, STATES[1:])


def _take_over() -> None:
    for state in sorted((files.home() / FOLDER_OF_0_1).glob(f"*/{legacy.STATE}")):
        legacy.take_over(TrainingJob, state.parent.name, state.parent, _described, ("chosen", "notes", "unfit"))


def _described(request: Mapping[str, Any]) -> tuple[str, str]:
    """Return title and subject of a request: one training of a camera is at work at a time."""
    camera, clips, _ = str(request["camera"]), list(request["clips"]), float(request["minutes"])
    if not all(isinstance(name, str) for name in clips):
        raise TypeError("clips are named")
    return camera, camera
