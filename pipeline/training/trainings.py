"""Cameras that are being made of uploaded footage: jobs, each with a folder for its clips."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from core import files
from core.errors import InputError
from jobs import legacy, usage
from jobs.job import STATES, Found, Job, Parameter
from jobs.locks import exclusive
from jobs.store import new_id
from people import policy
from pipeline.camera import cameras, check_name, load, own
from pipeline.kinds import TRAINING, queue
from pipeline.store import COPY_BYTES, Run, extension_of, shown
from pipeline.thresholds import check_alarms
from pipeline.training import losses

FOLDER, FOLDER_OF_0_1 = "trainings", "lessons"


class TrainingJob(Job):
    """One camera in the making.

    Attributes:
        camera: the name that it will have.
        clips: names of the clips as their owner wrote them: shown escaped, never a path.
        false_alarms, minutes, anyway, replace: as :class:`pipeline.training.train_camera.TrainingRequest` has them.
        chosen: names of settings to the sentences that say why.
        notes: what its owner must know of the footage.
        unfit: whether it failed because of footage that may be trained on anyway.
        stages: of the job, with total and time left: fields of :class:`core.progress.StageOutlook`.
    """

    KIND, NOUN = TRAINING, "training"
    camera, clips = Parameter(""), Parameter[Sequence[str]](())
    false_alarms, minutes, anyway = Parameter[float | None](None), Parameter(0.0), Parameter(False)
    replace = Parameter(False)
    chosen, notes, unfit = Found[Mapping[str, str]]({}), Found[Sequence[str]](()), Found(False)
    stages = Found[Sequence[Mapping[str, Any]]](())

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
    policy.require(policy.TRAIN)
    _check_new(camera)
    return _queued(camera, [_upload(name, stream) for name, stream in clips], false_alarms, minutes)


def learn_again(
    camera: str, name: str, runs: Sequence[Run], clips: Sequence[tuple[str, BinaryIO]], false_alarms: float | None,
    minutes: float,
) -> TrainingJob:  # fmt: skip
    """Queue the training of a camera on the footage that it was trained on, with more clips of ordinary footage.

    Args:
        camera: whose footage it is.
        name: that the new camera will have; the same replaces it once the new one is done.
        runs: of that camera, whose clips are ordinary footage, too.
        clips: more ordinary footage, as in :func:`submit`; none where there is other footage.
        false_alarms: as in :func:`submit`.
        minutes: that the training may take.

    Raises:
        UnknownNameError: there is no such camera.
        InputError: as in :func:`submit`; or the name is of a camera that comes with Whycam, a run is of another camera
            or without its clip as it came, or the camera is being trained.
        StorageError: the clips cannot be kept; nothing of them is left.
    """
    policy.require(policy.TRAIN)
    before = load(camera)
    if name != camera:
        _check_new(name)
    elif not own(before):
        raise InputError(f"camera {camera!r} comes with Whycam and stays as it is; choose another name")
    if any(one.active for one in trainings() if one.camera == name):
        raise InputError(f"camera {name!r} is being trained already; wait for it, or cancel it")
    for run in runs:
        if run.camera != camera or not run.path.is_file():
            raise InputError(f"run {run.id} has no clip of camera {camera!r} any more; leave it out")
        if run.path == run.blurred or run.blur != "none":
            raise InputError(f"the clip of run {run.id} is kept blurred, unlike what the camera sees; leave it out")
    kept = [(clip, partial(_link, path)) for clip, path in footage_of(camera)]
    linked = [(run.clip, partial(_link, run.path)) for run in runs]
    given: list[Source] = [*kept, *linked, *(_upload(clip, stream) for clip, stream in clips)]
    return _queued(name, given, false_alarms, minutes, replace=name == camera)


def footage_of(camera: str) -> list[tuple[str, Path]]:
    """Return name and file of each clip that a camera was trained on, as far as it is kept here: else none."""
    made = [one for one in trainings() if one.camera == camera and one.state == "done" and one.paths]
    return list(zip(made[0].clips, made[0].paths, strict=False)) if made else []


Source = tuple[str, Callable[[Path], None]]
"""A clip's name as its owner wrote it, and what writes the clip to a file."""


def _upload(name: str, stream: BinaryIO) -> Source:
    def write(path: Path) -> None:
        with files.write_whole(path) as out:
            shutil.copyfileobj(usage.metered(stream), out, COPY_BYTES)

    return name, write


def _link(source: Path, path: Path) -> None:
    """Let a file have a second name; where the disk cannot, copy it."""
    files.folder(path.parent)
    try:
        os.link(source, path)
    except OSError:
        with source.open("rb") as stream:
            _upload("", stream)[1](path)


def _check_new(camera: str) -> None:
    check_name(camera)
    if camera in cameras() or camera in [one.camera for one in trainings()]:
        raise InputError(f"there is a camera {camera!r} already; choose another name")


def _queued(
    camera: str, clips: Sequence[Source], false_alarms: float | None, minutes: float, replace: bool = False
) -> TrainingJob:
    check_alarms(false_alarms)
    if not clips:
        raise InputError("choose at least one clip of ordinary footage")
    job_id = new_id()
    directory = f"{FOLDER}/{job_id}"
    folder = files.folder(files.home() / directory)
    try:
        with exclusive(folder):
            for number, (name, write) in enumerate(clips):
                write(folder / "clips" / f"{number:04d}.{extension_of(name)}")
            parameters = {"camera": camera, "clips": [shown(name) for name, _ in clips],
                          "false_alarms": false_alarms, "minutes": minutes, "replace": replace}  # fmt: skip
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
    if job.state != "done" and left.is_dir():
        with exclusive(left):
            there = (left / "camera.json").exists()
            shutil.rmtree(left / losses.WORK if there else left, ignore_errors=True)


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
