"""The verb ``train``: a camera made of normal footage.

A data set is learnt as its papers do; any other footage with settings that suit it; ``--measure`` only measures again
what is normal.
"""

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.arguments import Verb, device, number, whole
from cli.progress import ProgressLine, progress_line
from core.errors import InputError

if TYPE_CHECKING:
    from core.device import Runtime
    from pipeline.camera import Camera
    from pipeline.training.fit_camera import NormalFootage
    from pipeline.training.train_camera import TrainingCallbacks


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("detector", nargs="?", metavar="DETECTOR", help="'./whycam list detectors' names them")
    verb.add_argument("--normal", required=True, metavar="DIR_OR_DATASET", help="folder of clips, or a data set's name")
    verb.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, if named")
    verb.add_argument("--out", required=True, metavar="CAMERA", help="camera's name, or a folder (with a /) for it")
    verb.add_argument("--epochs", type=int, metavar="N", help="passes over the footage (default: the detector's)")
    verb.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the detector")
    _limits(verb)
    device(verb)


def _limits(verb: argparse.ArgumentParser) -> None:
    """Add what bounds the training, and how it is repeated."""
    verb.add_argument("--minutes", type=number, metavar="N", help="minutes that the training may take (default 15)")
    verb.add_argument("--hold-out", type=number, metavar="SHARE", help="part kept for the threshold (default 0.25)")
    verb.add_argument("--false-alarms", type=number, metavar="N",
                      help="accepted false alarms an hour (default: 6, or one in all of the footage)")  # fmt: skip
    verb.add_argument("--anyway", action="store_true", help="train although the footage was found unsuitable")
    verb.add_argument("--seed", type=whole, default=0, help="the same seed gives the same training (default 0)")
    verb.add_argument(
        "--standing",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also tell of what is left, taken or stops, where the clips are long enough (default: yes)",
    )
    verb.add_argument("--replace", action="store_true", help="let the new camera replace one of that name")
    verb.add_argument("--resume", action="store_true", help="go on from the last epoch's checkpoint")
    verb.add_argument(
        "--add-standing",
        action="store_true",
        help="do not train: add events of what is left, taken or stops to the camera, and leave it else as it is",
    )
    verb.add_argument("--measure", action="store_true", help="do not train: measure normality on this footage")


def setting(text: str) -> tuple[str, Any]:
    """Split ``NAME=VALUE``; the value is a number, true, false, or a word.

    >>> setting("rate=2e-4"), setting("height=192"), setting("mode=fast")
    (('rate', 0.0002), ('height', 192), ('mode', 'fast'))
    """
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InputError(f"--set {text!r} must be NAME=VALUE, such as --set rate=1e-4")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def run(options: argparse.Namespace) -> int:
    """Train a camera, or measure one again, and print what to do next."""
    settings = dict(map(setting, options.set)) | ({} if options.epochs is None else {"epochs": options.epochs})
    from core import device
    from core.registry import collect

    datasets = collect("footage", "DATASETS")
    named = options.normal in datasets
    dataset = datasets[options.normal](options.root) if named else datasets["folder"](Path(options.normal))
    clips, source = dataset.training(), Path(options.normal).resolve().name
    if not clips:
        raise InputError(f"data set {dataset.name!r} has no normal clips to train on")
    runtime = device.choose(options.device)
    if options.add_standing:
        print(_with_standing(options, _normal(source, clips)))
        return 0
    if options.measure:
        print(_measured_again(options, _normal(source, clips), runtime))
        return 0
    out = _out(options)
    if not named or not options.detector or options.minutes is not None or options.hold_out is not None:
        from pipeline.false_alarms import expected

        camera = _suited(options, source, clips, out, settings, runtime)
        print(f"threshold {camera.threshold:.2f}: false alarms, {expected(camera)}")
    else:
        camera = _as_its_paper(options, _normal(source, clips), out, settings, runtime)
    print(f"camera {camera.name} is ready in {camera.folder}: ./whycam analyse CLIP --camera {options.out}")
    return 0


def _out(options: argparse.Namespace) -> Path:
    """Return the folder of the camera that is made."""
    from core.files import home
    from pipeline.camera import check_target

    if options.out in ("", os.curdir, os.pardir):
        raise InputError(f"--out: {options.out!r} is no name of a camera, nor a folder for one")
    out = Path(options.out) if os.sep in options.out else home() / "cameras" / options.out
    check_target(out, options.replace)
    return out


def _normal(source: str, clips: list[Any]) -> "NormalFootage":
    from pipeline.rate import frame_rate
    from pipeline.training.fit_camera import NormalFootage

    return NormalFootage(source, clips, frame_rate(clips[0]))


def _with_standing(options: argparse.Namespace, normal: "NormalFootage") -> str:
    """Add events of what stands to a camera, which else stays as it is."""
    from core.progress import JobProgress
    from pipeline import plan
    from pipeline.false_alarms import expected
    from pipeline.training.add_standing import add_standing

    with progress_line() as line:
        job = JobProgress("measure", [stage for stage in plan.STAGES if stage.name == plan.OBSERVING], line)
        camera = add_standing(options.out, normal, job)
        job.finish()
    return f"camera {camera.name} tells of what stands: false alarms, {expected(camera)}"


def _measured_again(options: argparse.Namespace, normal: "NormalFootage", runtime: "Runtime") -> str:
    """Measure what is normal again, with the detector as it is."""
    from core.progress import JobProgress
    from pipeline.training import fit_camera, plan

    with progress_line() as line:
        job = JobProgress("measure", plan.STAGES, line, subjects=(runtime.describe(),))
        camera = fit_camera.remeasure_camera(
            options.out, normal, runtime=runtime, false_alarms=options.false_alarms, standing=options.standing, job=job
        )
        job.finish()
    return f"camera {camera.name}: threshold {camera.threshold:.2f}, measured on {len(normal.clips)} clips"


def _as_its_paper(
    options: argparse.Namespace, normal: "NormalFootage", out: Path, settings: dict[str, Any], runtime: "Runtime"
) -> "Camera":
    """Train a detector on a data set with the settings of its paper."""
    from core.progress import JobProgress
    from pipeline.training import fit_camera, plan

    with progress_line() as line:
        job = JobProgress("train", plan.STAGES, line, subjects=(runtime.describe(),))
        spec = fit_camera.TrainingSpec(
            options.detector, normal, out, settings, options.seed, options.resume, runtime,
            false_alarms=options.false_alarms, standing=options.standing, replace=options.replace,
        )  # fmt: skip
        camera = fit_camera.fit_camera(spec, job, line.step)
        job.finish()
    return camera


def _suited(
    options: argparse.Namespace, source: str, clips: list[Any], out: Path, settings: dict[str, Any],
    runtime: "Runtime",
) -> "Camera":  # fmt: skip
    """Train with settings that suit the footage, and print what was chosen and why."""
    from pipeline.training import train_camera
    from pipeline.training.check_footage import UnfitError

    share = {} if options.hold_out is None else {"validation_share": options.hold_out}
    request = train_camera.TrainingRequest(
        options.detector, settings, options.minutes, false_alarms=options.false_alarms, seed=options.seed,
        resume=options.resume, anyway=options.anyway, standing=options.standing, replace=options.replace,
        **share,
    )  # fmt: skip
    with progress_line() as line:
        try:
            return train_camera.train_camera(source, clips, out, request, _callbacks(line), runtime)
        except UnfitError as error:
            raise UnfitError(f"{error} (--anyway trains in spite of it)") from error


def _callbacks(line: ProgressLine) -> "TrainingCallbacks":
    """Return what shows a training on the terminal."""
    from pipeline.training.train_camera import TrainingCallbacks

    return TrainingCallbacks(
        note=lambda sentence: line.say(f"whycam: note: {sentence}"),
        chosen=lambda reasons: line.say("\n  ".join(["chosen for this footage:", *map(": ".join, reasons.items())])),
        progress=line,
        step=line.step,
    )


VERB = Verb(
    "train",
    "train a camera on normal footage",
    "Events in the footage will not be reported. Settings that are not given are chosen from the footage, each with a "
    "reason; with a data set's name and a detector it is the paper's. A checkpoint is "
    "kept after every epoch.",
    "train --normal clips/of/a/quiet/week --out entrance",
    _arguments,
    run,
)
