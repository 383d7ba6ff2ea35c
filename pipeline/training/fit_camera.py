"""A camera from normal footage: the detector is trained and calibrated, and the card written."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from core import device, files, weights
from core.contracts import Detector, Footage
from core.normality import StandingAlarms
from core.progress import JobProgress
from jobs.locks import exclusive
from pipeline import camera_place, channels, versions
from pipeline.camera import Camera, check_name, check_target, load, make_detector, write
from pipeline.evidence_collector import EvidenceCollector
from pipeline.plan import LOADING
from pipeline.thresholds import check_alarms, floor_of, promised, shares
from pipeline.training import plan
from pipeline.training.calibrate import Calibration, calibrate
from pipeline.training.calibrate_standing import StandingCalibration
from pipeline.training.loop import FitOptions, Step, TrainingProgress, fit

STAGED = "camera"
"""Folder of a complete camera among the files of its training."""
TRAINED = "the training clips"
"""Entry of a card that stands for the names of all clips that were trained on."""


@dataclass(frozen=True)
class NormalFootage:
    """Normal footage of one camera: its name, its clips, and its frames per second."""

    source: str
    clips: Sequence[Footage]
    fps: float


@dataclass(frozen=True)
class TrainingSpec:
    """What a camera is trained with.

    Attributes:
        detector: name in the registry.
        footage: training clips.
        out: the camera's folder; its name is the camera's.
        settings: of the detector, where they differ from its defaults.
        seed: of weights and of the order of windows.
        resume: continue after the last epoch that a stopped training finished.
        runtime: device and precision; the best of this machine when None.
        validation: normal clips that the threshold is measured on; the training clips when empty, as the card notes.
        counted_too: more normal clips whose classes and places count, but not their scores, beside ``validation``.
        false_alarms: events an hour that the threshold may cost on normal footage; the lowest number that the footage
            supports (:attr:`core.normality.AlarmCurve.usual`) when None.
        windows: windows of an epoch at most; 0 for all.
        costs: seconds that a window takes in each stage; see :class:`pipeline.training.loop.FitOptions`.
        standing: whether events of what stands are calibrated, too, where the footage tells for how long things stand.
        replace: whether a camera that is there may be replaced.
        notes: more entries of the card.
    """

    detector: str
    footage: NormalFootage
    out: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    resume: bool = False
    runtime: device.Runtime | None = None
    validation: Sequence[Footage] = ()
    counted_too: Sequence[Footage] = ()
    false_alarms: float | None = None
    windows: int = 0
    costs: Sequence[float] = ()
    standing: bool = True
    replace: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)


def fit_camera(
    spec: TrainingSpec, job: JobProgress | None = None, report: Callable[[Step], None] | None = None,
    each_epoch: Callable[[Detector, TrainingProgress], None] | None = None,
) -> Camera:  # fmt: skip
    """Train a detector on normal footage, calibrate it, and save both as a camera.

    Args:
        spec: what is trained, on what.
        job: told of the stages of :mod:`pipeline.training.plan`; the caller finishes it.
        report: called at the beginning of every stage and after every batch.
        each_epoch: called after every epoch; see :class:`pipeline.training.loop.FitOptions`.

    Raises:
        UnknownNameError: no such detector or setting.
        DataError: the footage is empty or too short.
        InputError: the training diverged, ``out`` is no name of a camera or that of one which may not be replaced, or
            another process trains it.
        StorageError: the disk is full.
    """
    runtime, out, work = spec.runtime or device.choose(), spec.out, spec.out / "training"
    check_name(out.resolve().name)
    check_alarms(spec.false_alarms)
    job = job or JobProgress("train", plan.STAGES)
    torch.manual_seed(spec.seed)
    module = make_detector(spec.detector, spec.settings)
    job.about(
        f"{spec.detector}, {module.window.width}x{module.window.height}, {runtime.describe()}", runtime.describe()
    )
    options = FitOptions(
        spec.seed, spec.resume, spec.windows, tuple(spec.costs), job.advance, plan.steps(job, report), each_epoch
    )
    with exclusive(out):
        check_target(out, spec.replace)
        with _tidy(out, work):
            job.begin(plan.READING)
            progress = fit(module, spec.footage.clips, work, runtime, options)
        sha256 = weights.save(module, work / "weights.safetensors")
        weights.apply(module, weights.load(work / "weights.safetensors", sha256))
        camera = _calibrated(spec, module, sha256, _card(spec, module, progress, runtime), runtime, job)
        publish(camera, work)
        shutil.rmtree(work, ignore_errors=True)
        return camera


def publish(camera: Camera, work: Path) -> None:
    """Let the files that were made in a folder, and the camera's own, take the place of what its folder holds.

    Raises:
        StorageError: the disk is full or cannot be written to; the old camera is still there.
    """
    shutil.rmtree(work / STAGED, ignore_errors=True)  # of one that was stopped here
    staged = files.folder(work / STAGED)
    for name in camera_place.FILES:
        if (work / name).exists():
            (work / name).replace(staged / name)
    write(camera, staged)
    camera_place.publish(staged, camera.folder)


def _calibrated(
    spec: TrainingSpec, module: Detector, sha256: str, card: Mapping[str, Any], runtime: device.Runtime,
    job: JobProgress,
) -> Camera:  # fmt: skip
    collector, fps = _load_models(runtime, job), spec.footage.fps
    found = calibrate(
        module, spec.validation or spec.footage.clips, spec.out / "training", fps, collector, runtime, job,
        others=spec.counted_too if spec.validation else (), false_alarms=spec.false_alarms,
        standing=spec.standing,
    )  # fmt: skip
    too = {"calibrated_on": [*card["calibrated_on"], TRAINED]} if found.counted_trained else {}
    card = {**card, **too, **spec.notes}
    return _camera(spec.out, spec.detector, spec.settings, sha256, fps, found, card, collector, spec.out / "training")


def _load_models(runtime: device.Runtime, job: JobProgress) -> EvidenceCollector:
    job.begin(LOADING)
    return EvidenceCollector.load("auto", "auto", runtime, job)


@contextlib.contextmanager
def _tidy(out: Path, work: Path) -> Iterator[None]:
    """Delete what a failed training left, but for its checkpoint."""
    try:
        yield
    except BaseException:
        (work / "frames.u8").unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            work.rmdir()
            out.rmdir()
        raise


def remeasure_camera(
    name: str, footage: NormalFootage, *, runtime: device.Runtime | None = None,
    false_alarms: float | None = None, standing: bool = True, job: JobProgress | None = None,
) -> Camera:  # fmt: skip
    """Calibrate a camera again with its weights: with other models, or on other normal footage.

    Args:
        name: of the camera, or its folder.
        footage: normal footage that the threshold and the classes are measured on.
        runtime: device and precision.
        false_alarms: as in :class:`TrainingSpec`.
        standing: likewise.
        job: told of the stages of :mod:`pipeline.training.plan`; the caller finishes it.

    Raises:
        UnknownNameError: there is no such camera.
        DataError: the footage is empty or too short.
        InputError: another process trains or measures the camera.
        StorageError: the disk is full.
    """
    runtime, camera = runtime or device.choose(), load(name)
    job = job or JobProgress("train", plan.STAGES, subjects=(runtime.describe(),))
    collector = _load_models(runtime, job)
    cache, detector, clips = files.home() / "cache", camera.build(runtime), footage.clips
    with exclusive(camera.folder):
        same = list(camera.card.get("clips", ())) == [clip.name for clip in clips]
        found = calibrate(
            detector, clips, cache, footage.fps, collector, runtime, job, false_alarms=false_alarms, standing=standing
        )  # fmt: skip
        card = {
            **camera.card,
            "calibrated_on": TRAINED if same else [clip.name for clip in clips],
        }
        with files.scratch(camera.folder) as place:
            made = _camera(
                camera.folder, camera.detector, camera.settings, camera.sha256, footage.fps, found, card, collector,
                place,
            )  # fmt: skip
            publish(made, place)
        return made


def _camera(
    out: Path, detector: str, settings: Mapping[str, Any], sha256: str, fps: float, found: Calibration,
    card: Mapping[str, Any], collector: EvidenceCollector, work: Path,
) -> Camera:  # fmt: skip
    """Make a camera of what was measured; ``work`` is the folder for the files of what was learnt of things."""
    stands = None
    if isinstance(found.standing, StandingCalibration):
        stands = found.standing.saved(work, shares(found.per_hour, stands=True)[1])
    else:
        (work / channels.FILES[channels.STANDING]).unlink(missing_ok=True)
    return Camera(
        detector, dict(settings), sha256, found.threshold, floor_of(found.threshold), found.width, found.height, fps,
        found.normality, {**card, **_calibration_entries(found, collector, stands)}, out.resolve().name, out,
        found.background, alarms=found.channels.alarms, channels=found.channels.saved(work), standing=stands,
    )  # fmt: skip


def _calibration_entries(
    found: Calibration, collector: EvidenceCollector, stands: StandingAlarms | None
) -> dict[str, Any]:
    """Return the card's entries on the calibration; figures are measured later."""
    told = {channels.STANDING: "measured"} if stands is not None else {}
    return {
        "models": {"objects": collector.objects.name, "actions": collector.actions.name},
        "figures": {},
        "channels": {name: "measured" for name in found.channels.kinds} | told | _left_out(found),
        "false_alarms": promised(found.channels.alarms, found.threshold, found.per_hour, stands),
    }


def _left_out(found: Calibration) -> dict[str, str]:
    reasons = dict(found.channels.reasons)
    if isinstance(found.standing, str):
        reasons[channels.STANDING] = found.standing
    return {name: f"left out: {reason}" for name, reason in reasons.items()}


def _card(spec: TrainingSpec, module: Detector, progress: TrainingProgress, runtime: device.Runtime) -> dict[str, Any]:
    window = module.window
    return {
        "trained_on": spec.footage.source,
        "clips": [clip.name for clip in spec.footage.clips],
        "calibrated_on": [clip.name for clip in spec.validation] or TRAINED,
        "detector": spec.detector,
        "parameters": sum(p.numel() for p in module.parameters()),
        "input": f"{window.width}x{window.height}, {window.channels} channel(s), {window.inputs} frame(s)",
        "seed": spec.seed,
        "epochs": len(progress.losses),
        "minutes": round(progress.seconds / 60, 1),
        "last_losses": {key: round(value, 6) for key, value in progress.losses[-1].items()} if progress.losses else {},
        "device": runtime.describe(),
        "made": time.strftime("%Y-%m-%d"),
        "versions": versions.packages(),
    }
