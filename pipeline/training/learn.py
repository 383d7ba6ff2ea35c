"""A camera from normal footage: train a detector, measure what is normal, write the card."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core import device, files, weights
from core.contracts import Detector, Footage
from core.progress import JobProgress
from explain import actions as action_models
from explain import objects as object_models
from jobs.locks import exclusive
from pipeline import versions
from pipeline.camera import Camera, check_name, load, make_detector, save
from pipeline.plan import LOADING, arriving
from pipeline.thresholds import check_alarms, floor_of, promised
from pipeline.training import plan
from pipeline.training.calibrate import Calibration, calibrate
from pipeline.training.loop import Fit, Progress, Step, fit
from pipeline.witness import Witness


@dataclass(frozen=True)
class Normal:
    """Normal footage of one camera: what it is called, its clips, and its frames per second."""

    source: str
    clips: Sequence[Footage]
    fps: float


def learn(
    detector: str, normal: Normal, out: Path, *, settings: Mapping[str, Any] | None = None, seed: int = 0,
    resume: bool = False, runtime: device.Runtime | None = None, objects: str = "auto", actions: str = "auto",
    held_out: Sequence[Footage] = (), seen_too: Sequence[Footage] = (), false_alarms: float | None = None,
    windows: int = 0, costs: Sequence[float] = (), notes: Mapping[str, Any] | None = None,
    report: Callable[[Step], None] | None = None, each_epoch: Callable[[Detector, Progress], None] | None = None,
    job: JobProgress | None = None,
) -> Camera:  # fmt: skip
    """Train a detector on normal footage and make a camera of it in ``out``.

    Args:
        detector: name in the registry.
        normal: footage that is trained on.
        out: the camera's folder; its name is the camera's.
        settings: of the detector, where they differ from its defaults.
        seed: of weights and of the order of windows.
        resume: go on from the last epoch that a stopped training finished.
        runtime: device and precision.
        objects: object backend that counts what is normal.
        actions: action backend that counts what is normal.
        held_out: normal clips that the threshold is measured on; the training clips when empty, which the card says.
        seen_too: more normal clips whose classes and places count, but not their scores, where some are held out.
        false_alarms: events an hour that the threshold may cost on normal footage; without it as few as the footage
            can tell (:attr:`core.normality.AlarmCurve.usual`).
        windows: how many windows an epoch draws at most; 0 for all.
        notes: what else the card is to say.
        costs: seconds that a window takes in each stage; see :class:`pipeline.training.loop.Fit`.
        report: called at the beginning of every stage and after every batch.
        each_epoch: called after every epoch; see :class:`pipeline.training.loop.Fit`.
        job: told of the stages of :mod:`pipeline.training.plan`; whoever made it ends it.

    Raises:
        UnknownNameError: no such detector or setting.
        DataError: the footage is empty or too short.
        InputError: the training diverged, ``out`` is no name of a camera, or another process trains it.
        StorageError: the disk is full.
    """
    runtime = runtime or device.choose()
    check_name(out.resolve().name)
    check_alarms(false_alarms)
    job = job or JobProgress("train", plan.STAGES)
    torch.manual_seed(seed)
    module = make_detector(detector, settings or {})
    job.about(f"{detector}, {module.window.width}x{module.window.height}, {runtime.describe()}", runtime.describe())
    work = out / "training"
    with exclusive(out):
        with _tidy(out, work):
            job.begin(plan.READING)
            how = Fit(seed, resume, windows, tuple(costs), job.advance, plan.steps(job, report), each_epoch)
            progress = fit(module, normal.clips, work, runtime, how)
        sha256 = weights.save(module, work / "weights.safetensors")
        weights.apply(module, weights.load(work / "weights.safetensors", sha256))
        witness = _witness(objects, actions, runtime, job)
        measured = tuple(held_out) or tuple(normal.clips)
        found = calibrate(
            module, measured, work, normal.fps, witness, runtime, job,
            others=seen_too if held_out else (), false_alarms=false_alarms,
        )  # fmt: skip
        card = _card(detector, module, normal, seed, progress, runtime, witness, held_out)
        card |= {"false_alarms": promised(found.alarms, found.threshold, found.asked), **(notes or {})}
        camera = _camera(out, detector, settings or {}, sha256, normal.fps, found, card)
        (work / "weights.safetensors").replace(out / "weights.safetensors")
        save(camera)
        shutil.rmtree(work, ignore_errors=True)
        return camera


def _witness(objects: str, actions: str, runtime: device.Runtime, job: JobProgress) -> Witness:
    job.begin(LOADING)
    return Witness(
        object_models.choose(objects, runtime, arriving("object", job)),
        action_models.choose(actions, runtime, arriving("action", job)),
    )


@contextlib.contextmanager
def _tidy(out: Path, work: Path) -> Iterator[None]:
    """Leave of a training that fails its checkpoint, or nothing."""
    try:
        yield
    except BaseException:
        (work / "frames.u8").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            work.rmdir()
            out.rmdir()
        raise


def measure_again(
    name: str, normal: Normal, *, runtime: device.Runtime | None = None, objects: str = "auto", actions: str = "auto",
    false_alarms: float | None = None, job: JobProgress | None = None,
) -> Camera:  # fmt: skip
    """Measure again what is normal at a camera, with the weights it has: for other models, or other normal footage.

    Args:
        name: of the camera, or its folder.
        normal: footage that the threshold and the classes are measured on.
        runtime: device and precision.
        objects: object backend that counts what is normal.
        actions: action backend that counts what is normal.
        false_alarms: events an hour that the threshold may cost on normal footage; without it as few as the footage
            can tell (:attr:`core.normality.AlarmCurve.usual`).
        job: told of the stages of :mod:`pipeline.training.plan`; whoever made it ends it.

    Raises:
        UnknownNameError: there is no such camera.
        DataError: the footage is empty or too short.
        InputError: another process trains or measures it.
        StorageError: the disk is full.
    """
    runtime, camera = runtime or device.choose(), load(name)
    job = job or JobProgress("train", plan.STAGES, subjects=(runtime.describe(),))
    witness = _witness(objects, actions, runtime, job)
    work = files.home() / "cache"
    detector = camera.build(runtime)
    with exclusive(camera.folder):
        found = calibrate(detector, normal.clips, work, normal.fps, witness, runtime, job, false_alarms=false_alarms)
        same = list(camera.card["clips"]) == [clip.name for clip in normal.clips]
        card = {
            **camera.card,
            "calibrated_on": "the training clips" if same else [clip.name for clip in normal.clips],
            "models": {"objects": witness.objects.name, "actions": witness.actions.name},
            "false_alarms": promised(found.alarms, found.threshold, found.asked),
            "figures": {},
        }
        made = _camera(camera.folder, camera.detector, camera.settings, camera.sha256, normal.fps, found, card)
        save(made)
        return made


def _camera(
    out: Path, detector: str, settings: Mapping[str, Any], sha256: str, fps: float, found: Calibration,
    card: dict[str, Any],
) -> Camera:  # fmt: skip
    return Camera(
        out.resolve().name, out, detector, dict(settings), sha256, found.threshold, floor_of(found.threshold),
        found.width, found.height, fps, found.normality, found.background, card, found.alarms,
    )  # fmt: skip


def _card(
    name: str, module: Detector, normal: Normal, seed: int, progress: Progress, runtime: device.Runtime,
    witness: Witness, held_out: Sequence[Footage],
) -> dict[str, Any]:  # fmt: skip
    window = module.window
    return {
        "trained_on": normal.source,
        "clips": [clip.name for clip in normal.clips],
        "calibrated_on": [clip.name for clip in held_out] or "the training clips",
        "detector": name,
        "parameters": sum(p.numel() for p in module.parameters()),
        "input": f"{window.width}x{window.height}, {window.channels} channel(s), {window.inputs} frame(s)",
        "seed": seed,
        "epochs": len(progress.losses),
        "minutes": round(progress.seconds / 60, 1),
        "last_losses": {key: round(value, 6) for key, value in progress.losses[-1].items()} if progress.losses else {},
        "device": runtime.describe(),
        "models": {"objects": witness.objects.name, "actions": witness.actions.name},
        "made": time.strftime("%Y-%m-%d"),
        "versions": versions.packages(),
        "figures": {},
    }
