"""The command line's ``train``: a data set as its papers do, somebody's own footage as suits it, or measuring again."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core import device, files
from core.console import progress_line
from core.contracts import Footage
from core.errors import InputError
from core.progress import JobProgress
from core.registry import collect
from pipeline.camera import Camera
from pipeline.false_alarms import expected
from pipeline.rate import frame_rate
from pipeline.training import learn, plan
from pipeline.training.learn import Normal
from pipeline.training.soundness import UnfitError
from pipeline.training.teach import Watch, Wish, teach


def train(options: argparse.Namespace, settings: dict[str, Any]) -> str:
    """Do what ``./whycam train`` was asked for, and return what is to be printed of it.

    Args:
        options: as :mod:`core.verbs` parses them.
        settings: of the detector.

    Raises:
        InputError: and what is below it, as those of :mod:`pipeline.training.learn` and :mod:`pipeline.training.teach`.
    """
    datasets = collect("footage", "DATASETS")
    named = options.normal in datasets
    dataset = datasets[options.normal](options.root) if named else datasets["folder"](Path(options.normal))
    clips, source = dataset.training(), Path(options.normal).resolve().name
    if not clips:
        raise InputError(f"data set {dataset.name!r} has no normal clips to train on")
    runtime, alarms = device.choose(options.device), options.false_alarms
    if options.measure:
        normal = Normal(source, clips, frame_rate(clips[0]))
        with progress_line() as line:
            job = JobProgress("measure", plan.STAGES, line, subjects=(runtime.describe(),))
            camera = learn.measure_again(options.out, normal, runtime=runtime, false_alarms=alarms, job=job)
            job.finish()
        return f"camera {camera.name}: threshold {camera.threshold:.2f}, measured on {len(clips)} clips"
    out = Path(options.out) if os.sep in options.out else files.home() / "cameras" / options.out
    ready = f"./whycam analyse CLIP --camera {options.out}"
    if not named or not options.detector or options.minutes is not None or options.hold_out is not None:
        camera = _suited(source, clips, out, options, settings, runtime)
        return f"{_promised(camera)}\ncamera {camera.name} is ready in {camera.folder}: {ready}"
    with progress_line() as line:
        job = JobProgress("train", plan.STAGES, line, subjects=(runtime.describe(),))
        camera = learn.learn(
            options.detector, Normal(source, clips, frame_rate(clips[0])), out, settings=settings,
            false_alarms=alarms, seed=options.seed, resume=options.resume, runtime=runtime, report=line.step, job=job,
        )  # fmt: skip
        job.finish()
    return f"camera {camera.name} is ready in {camera.folder}: {ready}"


def _suited(
    source: str, clips: Sequence[Footage], out: Path, options: argparse.Namespace, settings: dict[str, Any],
    runtime: device.Runtime,
) -> Camera:  # fmt: skip
    """Make a camera of footage with what suits it, and say what was chosen and why."""
    share = {} if options.hold_out is None else {"hold_out": options.hold_out}
    wish = Wish(
        options.detector, settings, options.minutes, false_alarms=options.false_alarms, seed=options.seed,
        resume=options.resume, anyway=options.anyway, **share,
    )  # fmt: skip
    with progress_line() as line:
        watch = Watch(
            note=lambda sentence: line.say(f"whycam: note: {sentence}"),
            chose=lambda reasons: line.say("\n  ".join(["chosen for this footage:", *map(": ".join, reasons.items())])),
            progress=line,
            train=line.step,
        )
        try:
            return teach(source, clips, out, wish, watch, runtime)
        except UnfitError as error:
            raise UnfitError(f"{error} (--anyway trains in spite of it)") from error


def _promised(camera: Camera) -> str:
    return f"threshold {camera.threshold:.2f}: false alarms, {expected(camera)}"
