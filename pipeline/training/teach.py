"""A camera from minutes of somebody's own footage: look at it, say what speaks against it, choose, hold out, learn."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from core import device, files
from core.contracts import Footage
from core.errors import InputError
from core.normality import DEFAULT_ALARMS_PER_HOUR
from core.progress import JobProgress, Progress
from core.registry import pick
from jobs.locks import exclusive
from pipeline.camera import Camera, check_name, detector_entries
from pipeline.thresholds import check_alarms
from pipeline.training import holdout, plan
from pipeline.training.calibrate import explained_of
from pipeline.training.distinct import Distinct
from pipeline.training.learn import Normal, learn
from pipeline.training.loop import Step
from pipeline.training.soundness import UnfitError, findings
from pipeline.training.suit import DETECTOR, Choice, suit
from pipeline.training.survey import Survey, survey
from pipeline.training.undisturbed import undisturbed

CHOSEN = "chosen.json"


@dataclass(frozen=True)
class Wish:
    """What somebody wants of a camera; what is left out is chosen.

    Attributes:
        detector: its name.
        settings: of the detector.
        minutes: that the training may take, measuring what is normal not counted.
        hold_out: share of the footage that the threshold is measured on.
        false_alarms: events an hour that normal footage may raise; without it as few as the footage can tell.
        seed: of weights and of the order of windows.
        resume: go on from the last epoch that a stopped training finished, with what was chosen then.
        anyway: train although the footage looks unfit.
    """

    detector: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    minutes: float | None = None
    hold_out: float = holdout.SHARE
    false_alarms: float | None = None
    seed: int = 0
    resume: bool = False
    anyway: bool = False


@dataclass(frozen=True)
class Watch:
    """Who is told how far a camera is.

    Attributes:
        note: a sentence about the footage that its owner must know.
        chose: what was chosen: names to sentences that say why.
        progress: how far all of it is.
        train: called at the beginning of every stage of the training, and after every batch.
    """

    note: Callable[[str], None] = print
    chose: Callable[[Mapping[str, str]], None] = print
    progress: Callable[[Progress], None] = lambda progress: None
    train: Callable[[Step], None] = lambda step: None


def teach(
    source: str, clips: Sequence[Footage], out: Path, wish: Wish, watch: Watch, runtime: device.Runtime
) -> Camera:
    """Make a camera of normal footage, choosing what was not asked for.

    Args:
        source: what the footage is called.
        clips: of one fixed camera, all taken for normal.
        out: the camera's folder; its name is the camera's.
        wish: what was asked for.
        watch: who is told of it.
        runtime: device and precision.

    Raises:
        UnknownNameError: no such detector or setting.
        UnfitError: the footage is unfit, in the sentence that says why.
        DataError: a data set or a clip cannot be read.
        InputError: a wish is out of range, the training diverged, or another process trains this camera.
        StorageError: the disk is full.
    """
    check_name(out.resolve().name)
    _check(wish)
    with exclusive(out):
        return _teach(source, clips, out, wish, watch, runtime)


def _teach(
    source: str, clips: Sequence[Footage], out: Path, wish: Wish, watch: Watch, runtime: device.Runtime
) -> Camera:
    clips = [Distinct(clip) for clip in clips]
    job = JobProgress("train", plan.STAGES, watch.progress, subjects=(runtime.describe(),))
    job.begin(plan.SURVEYING)
    seen = survey(clips, job.advance)
    said = _judge(seen, wish, watch)
    scenes, kept = undisturbed(clips, seen)
    parts, choice = _choose(scenes, kept, out, wish, runtime, job)
    _foresee(job, kept, parts, choice)
    reasons = {**choice.reasons, "hold out": parts.said}
    watch.chose(reasons)
    training = Normal(source, parts.training, seen.longest.fps)
    notes = {"footage": seen.facts(), "chosen": reasons, "warnings": said}
    camera = learn(
        choice.detector, training, out, settings=choice.settings, seed=wish.seed, resume=wish.resume, runtime=runtime,
        held_out=parts.held_out, seen_too=holdout.glance(parts), false_alarms=wish.false_alarms, windows=choice.windows,
        costs=choice.costs, notes=notes, report=watch.train, job=job,
    )  # fmt: skip
    job.finish()
    for sentence in _doubts(camera):
        watch.note(sentence)
    return camera


def _check(wish: Wish) -> None:
    entry = pick("detector", wish.detector or DETECTOR, detector_entries())
    entry.make(**wish.settings)
    check_alarms(wish.false_alarms)
    if wish.minutes is not None and not (0 < wish.minutes <= 60 * 24 * 7 and math.isfinite(wish.minutes)):
        raise InputError(f"minutes must be more than 0 and a week at most, got {wish.minutes:g}")
    if not 0 <= wish.hold_out <= 0.9:
        raise InputError(f"the share that is held out must lie between 0 and 0.9, got {wish.hold_out:g}")


def _judge(seen: Survey, wish: Wish, watch: Watch) -> list[str]:
    """Say what speaks against the footage, and stop where it is unfit."""
    entry = detector_entries()[wish.detector or DETECTOR]
    found = findings(seen, entry.make(**wish.settings).window.span)
    for one in found:
        if one.fatal and not wish.anyway:
            raise UnfitError(one.sentence)
        watch.note(one.sentence)
    return [one.sentence for one in found]


def _choose(
    clips: Sequence[Footage], seen: Survey, out: Path, wish: Wish, runtime: device.Runtime, job: JobProgress
) -> tuple[holdout.Split, Choice]:
    """Choose detector, settings and what is held out; a training that goes on keeps what was chosen for it."""
    kept = out / "training" / CHOSEN
    if wish.resume and kept.exists():
        choice, hold_out = _kept(kept)
        choice.settings |= wish.settings
    else:
        job.begin(plan.TRYING)
        choice, hold_out = (
            suit(seen, runtime, wish.detector, wish.settings, wish.minutes, 1 - wish.hold_out),
            wish.hold_out,
        )
    span = detector_entries()[choice.detector].make(**choice.settings).window.span
    parts = holdout.split(clips, seen, hold_out, span)
    content = {"detector": choice.detector, "settings": choice.settings, "reasons": choice.reasons,
               "windows": choice.windows, "costs": choice.costs, "hold_out": hold_out}  # fmt: skip
    files.write_json(kept, content)
    return parts, choice


def _foresee(job: JobProgress, seen: Survey, parts: holdout.Split, choice: Choice) -> None:
    """Say how much there will be of each stage, so that the time left covers them all."""
    with torch.random.fork_rng():
        module = detector_entries()[choice.detector].make(**choice.settings)
    trained = sum(parts.frames)
    measured = seen.frames - trained + min(holdout.GLANCE, trained) if parts.held_out else seen.frames
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


def _kept(path: Path) -> tuple[Choice, float]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        hold_out = float(content.pop("hold_out"))
        return Choice(**content), hold_out
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path.name} of the stopped training cannot be read; train without --resume") from error


def _doubts(camera: Camera) -> list[str]:
    """Say how little a short measurement of false alarms can promise."""
    alarms, asked = camera.alarms, camera.card["false_alarms"]["asked_per_hour"]
    if alarms is None:
        return []
    if asked == round(alarms.usual, 2) > DEFAULT_ALARMS_PER_HOUR:
        return [
            f"the threshold was measured on {alarms.hours * 60:.1f} minutes, which cannot tell fewer than {asked:.0f} "
            f"false alarms an hour, so it is set for as many, not for {DEFAULT_ALARMS_PER_HOUR:g}: more footage "
            "makes them fewer, and so does asking for fewer, at the price of events that are missed"
        ]
    if alarms.can_count(asked):
        return []
    return [
        f"the threshold was measured on {alarms.hours * 60:.1f} minutes, in which {asked:g} false alarms an hour would "
        "hardly show one: it is set by how the highest normal scores fall off, and more footage makes it surer"
    ]
