"""Settings that suit a camera's footage: chosen from what a survey saw of it, each with its reason in words."""

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from core.contracts import Detector, DetectorEntry, Stage
from core.device import Runtime
from core.errors import InputError
from core.registry import pick
from pipeline.camera import detector_entries
from pipeline.training.survey import Survey

DETECTOR = "vqunet-prediction"
"""Of those that learn within minutes on a processor, the one with the best frame-level AUC on UCSD Ped2."""
MINUTES = 15.0
MEASURED: Mapping[str, Mapping[str, Any]] = {
    "vqunet": {"base": 16, "batch": 8, "rate": 1e-3},
    "unet": {"base": 16, "batch": 8, "rate": 1e-3},
}
"""What did well in short trainings on Ped2 and the plaza, by the beginning of a detector's name."""
THING = 20.0
"""Height in the network's pixels at which a typical moving thing is to be seen."""
PIXELS = {"cpu": (12_000, 37_000), "cuda": (24_000, 84_000)}
"""Fewest and most pixels of the network's input."""
PER_SECOND = 9.0
"""Input frames a second, as in the benchmarks that the papers use: nearer frames show too little motion."""
SIDES = (8, 16, 32, 64, 128)
"""What a side may have to be a multiple of."""
FEW = 3
"""Epochs under which a narrower network is chosen."""
BATCHES = 40
"""Batches in an epoch, at least: a batch is made smaller for little footage."""
STEPS = 3
ENOUGH_SECONDS = 20.0


def measure_throughput(detector: Detector, runtime: Runtime) -> list[float]:
    """Train a copy of a detector for a few batches of noise, and return the seconds that a window takes in each stage.

    Raises:
        InputError: a batch does not fit into memory.
    """
    trial = copy.deepcopy(detector).train()
    with torch.random.fork_rng():
        return [_seconds(trial, stage, runtime) for stage in trial.stages()]


def _seconds(detector: Detector, stage: Stage, runtime: Runtime) -> float:
    """Return the middle time of a few steps, the first of which only warms up."""
    w, optimiser = detector.window, stage.optimiser(stage.parameters)
    shape = (stage.batch, max(stage.span, w.span), w.channels, w.height, w.width)
    taken: list[float] = []
    began = time.monotonic()
    try:
        while len(taken) < STEPS + 1 and time.monotonic() - began < ENOUGH_SECONDS:
            noise = torch.randint(0, 256, shape, dtype=torch.uint8)
            start = time.monotonic()
            with runtime.autocast():
                loss = torch.stack(tuple(stage.loss(detector.prepare(noise.to(runtime.device))).values())).sum()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            taken.append(float(time.monotonic() - start + 0.0 * loss.item()))
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError) or "memory" in str(error):
            raise InputError(
                f"a batch of {stage.batch} windows of {w.width}×{w.height} does not fit into memory; choose a smaller "
                "batch, height and width (--set batch=…)"
            ) from error
        raise
    return sorted(taken[1:] or taken)[len(taken[1:]) // 2] / stage.batch


@dataclass
class ChosenSettings:
    """What was chosen.

    Attributes:
        detector: its name.
        settings: of the detector, those that the user gave among them.
        reasons: name of a setting to the sentence that says why it was chosen; none for what the user gave.
        windows: drawn in an epoch at most; 0 for all.
        costs: seconds that a window takes in each stage; empty where that was not measured.
        hold_out: share of the footage that the threshold is measured on.
    """

    detector: str
    settings: dict[str, Any]
    reasons: dict[str, str] = field(default_factory=dict)
    windows: int = 0
    costs: list[float] = field(default_factory=list)
    hold_out: float = 0.0

    def choose(self, name: str, value: Any, reason: str) -> None:
        """Choose a setting, unless the user did."""
        if name not in self.settings:
            self.settings[name], self.reasons[name] = value, reason


def choose_settings(
    seen: Survey, runtime: Runtime, detector: str | None = None, given: Mapping[str, Any] | None = None,
    minutes: float | None = None, share: float = 1.0,
    speed: Callable[[Detector, Runtime], list[float]] = measure_throughput,
) -> ChosenSettings:  # fmt: skip
    """Choose a detector and settings for footage; what the user gave stays as it is.

    Args:
        seen: the footage.
        runtime: where it will be trained.
        detector: the user's; the best for minutes of footage when None.
        given: the user's settings.
        minutes: that the training may take; ``MINUTES`` when None. It is kept by measuring the first batches.
        share: of the footage that is trained on.
        speed: measures the seconds that a window takes in each stage.

    Raises:
        UnknownNameError: no such detector or setting.
        InputError: what the user gave does not go together.
    """
    name = detector or DETECTOR
    entry: DetectorEntry = pick("detector", name, detector_entries())
    choice = ChosenSettings(name, dict(given or {}))
    entry.make(**choice.settings)
    if detector is None:
        choice.reasons["detector"] = f"{name}: the best of those that learn in minutes"
    _sight(choice, entry, seen, runtime)
    _motion(choice, entry, seen)
    _effort(choice, entry, seen, runtime, minutes or MINUTES, share, speed)
    return choice


def _sight(choice: ChosenSettings, entry: DetectorEntry, seen: Survey, runtime: Runtime) -> None:
    """Choose colours, size and patch."""
    main = seen.longest
    if "channels" in entry.settings:
        grey = all(clip.grey for clip in seen.clips)
        why = "grey: the footage has no colours" if grey else "colour: the footage has colours"
        choice.choose("channels", 1 if grey else 3, why)
    if not {"height", "width"} & set(choice.settings):
        height, width = _size(choice, entry, seen, runtime)
        why = f"the shape of {main.width}×{main.height}"
        if seen.thing is not None:
            why += (
                f", and what moves, {seen.thing * main.height:.0f} pixels high there, is {seen.thing * height:.0f} here"
            )
        choice.choose("height", height, f"{height}: {why}")
        choice.choose("width", width, f"{width}: as the height")
    if "patch" in entry.settings and seen.thing is not None:
        height, width = (choice.settings.get(side, entry.settings[side]) for side in ("height", "width"))
        patch = int(min(max(8, round(seen.thing * height)), min(height, width) // 3))
        choice.choose(
            "patch", patch, f"{patch}: as large as what moves, so that one such thing is not lost in the frame"
        )


def _size(choice: ChosenSettings, entry: DetectorEntry, seen: Survey, runtime: Runtime) -> tuple[int, int]:
    """Return the height and width that keep the frame's shape, show things large enough, and that the network takes."""
    main, (fewest, most) = seen.longest, PIXELS[runtime.device.type]
    scale = THING / (seen.thing * main.height) if seen.thing else 1.0
    area = min(max(main.width * main.height * min(scale, 1.0) ** 2, fewest), most)
    shape = main.width / main.height
    for side in SIDES:
        height = max(side, round((area / shape) ** 0.5 / side) * side)
        width = max(side, round(height * shape / side) * side)
        if _takes(entry, choice, height=height, width=width):
            return height, width
    return entry.settings["height"], entry.settings["width"]


def _takes(entry: DetectorEntry, choice: ChosenSettings, **changed: int) -> bool:
    """Tell whether a detector can be built with changed settings: its own refusal is the only place that knows."""
    try:
        entry.make(**{**choice.settings, **changed})
    except InputError:
        return False
    return True


def _motion(choice: ChosenSettings, entry: DetectorEntry, seen: Survey) -> None:
    if "step" in entry.settings and entry.settings["inputs"]:
        fps = seen.longest.fps
        usual = entry.settings["step"]
        step = max(1, round(usual * fps / PER_SECOND))
        choice.choose("step", step, f"{step}: of {fps:.4g} frames a second about {fps / step:.0f} are looked at")
        if "ahead" in entry.settings:
            ahead = max(step, round(entry.settings["ahead"] * step / usual))
            choice.choose("ahead", ahead, f"{ahead}: as far as the detector's own, in time")


def _effort(
    choice: ChosenSettings, entry: DetectorEntry, seen: Survey, runtime: Runtime, minutes: float, share: float,
    speed: Callable[[Detector, Runtime], list[float]],
) -> None:  # fmt: skip
    """Choose width, batch, rate and epochs so that the training ends in time."""
    if runtime.device.type == "cpu":
        for setting, value in next((v for k, v in MEASURED.items() if choice.detector.startswith(k)), {}).items():
            choice.choose(setting, value, f"{value:g}: did well in trainings of minutes on a processor")
    detector = _built(entry, choice, runtime)
    windows = max(1, int(sum(max(0, clip.frames - detector.window.span + 1) for clip in seen.clips) * share))
    if _fewer(choice, entry, windows):
        detector = _built(entry, choice, runtime)
    if all(name in choice.settings for name in _counts(entry)):
        return
    costs = speed(detector, runtime)
    if sum(costs) * windows * FEW > minutes * 60 and _narrower(choice, entry):
        detector = _built(entry, choice, runtime)
        costs = speed(detector, runtime)
    choice.costs = costs
    _epochs(choice, entry, detector, costs, windows, minutes)


def _counts(entry: DetectorEntry) -> list[str]:
    """Return the settings that say how often a stage goes through the footage."""
    return [name for name in entry.settings if name == "epochs" or name.endswith("_epochs")]


def _built(entry: DetectorEntry, choice: ChosenSettings, runtime: Runtime) -> Detector:
    with torch.random.fork_rng():
        return runtime.place(entry.make(**choice.settings))


def _fewer(choice: ChosenSettings, entry: DetectorEntry, windows: int) -> bool:
    """Make the batch smaller where there are few windows."""
    usual = choice.settings.get("batch", entry.settings["batch"])
    own = "batch" in choice.settings and "batch" not in choice.reasons
    batch = max(4, windows // BATCHES)
    if own or batch >= usual:
        return False
    choice.settings["batch"] = batch
    choice.reasons["batch"] = f"{batch}: there are only {windows} windows to learn from"
    return True


def _narrower(choice: ChosenSettings, entry: DetectorEntry) -> bool:
    """Make the network a quarter as wide, where it takes that."""
    quarter = entry.settings["base"] // 4
    if not _takes(entry, choice, base=quarter):
        return False
    choice.choose("base", quarter, f"{quarter}: {entry.settings['base']} would see the footage less than {FEW} times")
    return "base" in choice.reasons and choice.settings["base"] == quarter


def _epochs(
    choice: ChosenSettings, entry: DetectorEntry, detector: Detector, costs: list[float], windows: int, minutes: float
) -> None:
    """Share the time out among the stages, and draw fewer windows where one epoch of each is too much."""
    whole = sum(cost * stage.epochs for cost, stage in zip(costs, detector.stages(), strict=True)) * windows
    for name in _counts(entry):
        most = entry.settings[name]
        epochs = int(min(max(1, minutes * 60 / whole * most), most))
        choice.choose(
            name, epochs, f"{epochs} of at most {most}: {minutes:g} minutes at {1 / max(costs):.1f} windows/s"
        )
    once = sum(costs) * windows
    if "epochs" in choice.reasons and once > minutes * 60:
        choice.windows = max(1, int(windows * minutes * 60 / once))
        choice.reasons["windows"] = f"{choice.windows} of {windows}: more do not fit into {minutes:g} minutes"
