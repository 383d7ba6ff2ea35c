"""A camera from a user's own footage: survey, check, choose settings, split, train and calibrate."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from core import device, files, typed_json
from core.contracts import Footage
from core.errors import InputError
from core.normality import DEFAULT_ALARMS_PER_HOUR
from core.progress import JobProgress, Progress
from jobs.locks import exclusive
from pipeline.camera import Camera, check_name, check_target, make_detector
from pipeline.thresholds import check_alarms
from pipeline.training import footage_parts, plan
from pipeline.training.calibrate import explained_of
from pipeline.training.check_footage import UnfitError, check_footage
from pipeline.training.choose_settings import DETECTOR, ChosenSettings, choose_settings
from pipeline.training.fit_camera import NormalFootage, TrainingSpec, fit_camera
from pipeline.training.loop import Step
from pipeline.training.survey import Survey, survey

CHOSEN = "chosen.json"


@dataclass(frozen=True)
class TrainingRequest:
    """What a user asks of a camera; the rest is chosen.

    Attributes:
        detector: its name.
        settings: of the detector.
        minutes: that the training may take, without calibration.
        validation_share: share of the footage that the threshold is measured on.
        false_alarms: events an hour that normal footage may raise; the lowest number that the footage supports when
            None.
        seed: of weights and of the order of windows.
        resume: continue after the last epoch that a stopped training finished, with the settings chosen then.
        anyway: train although the footage has fatal issues.
        standing, replace: as in :class:`pipeline.training.fit_camera.TrainingSpec`.
    """

    detector: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    minutes: float | None = None
    validation_share: float = footage_parts.DEFAULT_SHARE
    false_alarms: float | None = None
    seed: int = 0
    resume: bool = False
    anyway: bool = False
    standing: bool = True
    replace: bool = False


@dataclass(frozen=True)
class TrainingCallbacks:
    """What is called while a camera is trained.

    Attributes:
        note: with a sentence about the footage that its owner must know.
        chosen: with the reasons: names of settings to sentences.
        progress: with the progress of the whole job.
        step: at the beginning of every stage of the training, and after every batch.
        begun: with the progress of all stages, once, at the beginning.
    """

    note: Callable[[str], None] = print
    chosen: Callable[[Mapping[str, str]], None] = print
    progress: Callable[[Progress], None] = lambda progress: None
    step: Callable[[Step], None] = lambda step: None
    begun: Callable[[JobProgress], None] = lambda job: None


def train_camera(
    source: str, clips: Sequence[Footage], out: Path, request: TrainingRequest, callbacks: TrainingCallbacks,
    runtime: device.Runtime,
) -> Camera:  # fmt: skip
    """Make a camera of normal footage, with chosen settings where none were requested.

    Raises:
        UnknownNameError: no such detector or setting.
        UnfitError: the footage has a fatal issue, which the sentence names.
        DataError: a data set or a clip cannot be read.
        InputError: the request is out of range, the training diverged, the camera may not be replaced, or another
            process trains it.
        StorageError: the disk is full.
    """
    span = _checked_span(request, out)
    clips = [footage_parts.UniqueFrames(clip) for clip in clips]
    job = JobProgress("train", plan.STAGES, callbacks.progress, subjects=(runtime.describe(),))
    callbacks.begun(job)
    with exclusive(out):
        job.begin(plan.SURVEYING)
        seen = survey(clips, job.advance)
        issues = _issues(seen, span, request.anyway, callbacks)
        usable, kept = footage_parts.usable_footage(clips, seen)
        parts, choice = _choose(usable, kept, out, request, runtime, job)
        _foresee(job, kept, parts, choice)
        reasons = {**choice.reasons, "hold out": parts.reason}
        callbacks.chosen(reasons)
        spec = TrainingSpec(
            choice.detector, NormalFootage(source, parts.training, seen.longest.fps), out, choice.settings,
            request.seed, request.resume, runtime, validation=parts.validation,
            counted_too=footage_parts.training_excerpt(parts), false_alarms=request.false_alarms,
            windows=choice.windows, costs=choice.costs, standing=request.standing, replace=request.replace,
            notes={"footage": seen.facts(), "chosen": reasons, "warnings": issues},
        )  # fmt: skip
        camera = fit_camera(spec, job, callbacks.step)
        job.finish()
    for sentence in (*_threshold_warnings(camera), *_left_out(camera)):
        callbacks.note(sentence)
    return camera


def _checked_span(request: TrainingRequest, out: Path) -> int:
    """Refuse a request that is out of range, and a name that is none or taken; return the span of its windows."""
    check_name(out.resolve().name)
    check_target(out, request.replace)
    span = make_detector(request.detector or DETECTOR, request.settings).window.span
    check_alarms(request.false_alarms)
    if request.minutes is not None and not (0 < request.minutes <= 60 * 24 * 7 and math.isfinite(request.minutes)):
        raise InputError(f"minutes must be more than 0 and a week at most, got {request.minutes:g}")
    if not 0 <= request.validation_share <= 0.9:
        raise InputError(f"the share that is held out must lie between 0 and 0.9, got {request.validation_share:g}")
    return span


def _issues(seen: Survey, span: int, anyway: bool, callbacks: TrainingCallbacks) -> list[str]:
    """Return the footage's issues; a fatal one is raised unless it is trained on anyway."""
    found = check_footage(seen, span)
    for one in found:
        if one.fatal and not anyway:
            raise UnfitError(one.sentence)
        callbacks.note(one.sentence)
    return [one.sentence for one in found]


def _choose(
    clips: Sequence[Footage], seen: Survey, out: Path, request: TrainingRequest, runtime: device.Runtime,
    job: JobProgress,
) -> tuple[footage_parts.ValidationSplit, ChosenSettings]:  # fmt: skip
    """Choose detector, settings and what is held out; a training that goes on keeps what was chosen for it."""
    kept = out / "training" / CHOSEN
    if request.resume and kept.exists():
        try:
            choice = typed_json.read(ChosenSettings, kept)
        except InputError as error:
            raise InputError(f"{CHOSEN} of the stopped training cannot be read; train without --resume") from error
        choice.settings |= request.settings
    else:
        job.begin(plan.TRYING)
        share = request.validation_share
        choice = choose_settings(seen, runtime, request.detector, request.settings, request.minutes, 1 - share)
        choice.hold_out = share
    span = make_detector(choice.detector, choice.settings).window.span
    parts = footage_parts.validation_split(clips, seen, choice.hold_out, span)
    files.write_json(kept, asdict(choice))
    return parts, choice


def _foresee(job: JobProgress, seen: Survey, parts: footage_parts.ValidationSplit, choice: ChosenSettings) -> None:
    """Say how much there will be of each stage, so that the time left covers them all."""
    with torch.random.fork_rng():
        module = make_detector(choice.detector, choice.settings)
    trained = sum(parts.frames)
    again = min(footage_parts.MAX_EXCERPT_FRAMES, trained)
    measured = seen.frames - trained + again if parts.validation else seen.frames
    windows = sum(max(0, frames - module.window.span + 1) for frames in parts.frames)
    drawn = min(windows, choice.windows or windows)
    costs = [cost / choice.costs[0] for cost in choice.costs] or [1.0] * len(module.stages())
    job.expect(plan.READING, trained)
    job.expect(plan.LEARNING, sum(drawn * stage.epochs * c for stage, c in zip(module.stages(), costs, strict=True)))
    if choice.costs:
        job.suppose(plan.LEARNING, choice.costs[0])
    for stage in (plan.COUNTING, plan.MEASURING):
        job.expect(stage, measured)
    job.expect(plan.NAMING, explained_of(measured, seen.longest.fps))


def _left_out(camera: Camera) -> list[str]:
    """Say which kinds of scores the camera does not have, and why."""
    kinds = camera.card.get("channels", {})
    words = {"standing": "events of what stands"}
    return [f"{words.get(kind, f'scores by {kind}')} are {said}" for kind, said in kinds.items()
            if said.startswith("left out")]  # fmt: skip


def _threshold_warnings(camera: Camera) -> list[str]:
    """Warn of a threshold that was measured on little footage."""
    alarms, per_hour = camera.alarms, camera.card["false_alarms"]["asked_per_hour"]
    if alarms is None:
        return []
    if per_hour == round(alarms.usual, 2) > DEFAULT_ALARMS_PER_HOUR:
        return [
            f"the threshold was measured on {alarms.hours * 60:.1f} minutes, which cannot tell fewer than "
            f"{per_hour:.0f} false alarms an hour, so it is set for as many, not for {DEFAULT_ALARMS_PER_HOUR:g}: more "
            "footage makes them fewer, and so does asking for fewer, at the price of events that are missed"
        ]
    if alarms.can_count(per_hour):
        return []
    return [
        f"the threshold was measured on {alarms.hours * 60:.1f} minutes, in which {per_hour:g} false alarms an hour "
        "would hardly show one: it is set by how the highest normal scores fall off, and more footage makes it surer"
    ]
