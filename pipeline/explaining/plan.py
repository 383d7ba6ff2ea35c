"""The stages of an explanation, for its progress and the time that is left, and how long methods will take."""

from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from core.errors import InputError
from core.progress import JobProgress, Progress, Stage, foreseen
from core.registry import collect, pick
from core.speeds import Speeds
from pipeline import plan
from pipeline.store import Run

if TYPE_CHECKING:
    from explain.attribution import MethodEntry

JOB, READING, COUNTERFACTUAL, WRITING = "explain", "reading the clip", "explaining the event away", "writing the report"
EVALUATIONS = range(64, 1025, 32)
"""Evaluations of a method that a page offers."""
REPEATED = 0.25
"""Share of a method's budget that each repetition gets: under noise, and with a random network."""
WINDOWS_PER_FRAME = 12
"""Windows for each frame of a counterfactual, before the number of tubes is known."""
PASS = 0.05
"""Seconds of a forward pass where nothing of the kind is remembered."""
OUTSIDE = {READING: 3.0, WRITING: 1.5}
"""Seconds of what is done beside the methods, where nothing is remembered."""


def check_pixels(run: Run) -> None:
    """Refuse a run of whose clip blurred pixels alone are kept: an explanation is of the pixels that were scored.

    Raises:
        InputError: it is such a run.
    """
    if run.path == run.blurred:
        raise InputError(f"of {run.clip!r} blurred pixels alone are kept, and an explanation is of what it scored; "
                         f"explain the clip as it came: explain CLIP --camera {run.camera} --frame N")  # fmt: skip


def methods() -> "dict[str, MethodEntry]":
    """Return every registered method by name."""
    return collect("explain.methods", "METHODS")


def chosen(names: str, known: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """Return the methods that a comma-separated list names; ``all`` stands for every one.

    Args:
        names: joined by commas.
        known: every method there is, by name; those registered when None.

    Raises:
        UnknownNameError: one of them is none.
    """
    known = known or methods()
    if names == "all":
        return tuple(known)
    wanted = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    for name in wanted:
        pick("method", name, known)
    if not wanted:
        raise InputError(f"name at least one method, or all; known: {', '.join(known)}")
    return wanted


def passes(entry: "MethodEntry", evaluations: int) -> float:
    """Return how many forward passes a method takes, with its figures: itself, two repetitions, and two curves."""
    from explain.faithfulness import STEPS

    return (1 + 2 * REPEATED) * entry.cost(evaluations) + 2 * (STEPS + 1)


def job_of(
    subjects: Sequence[str], methods: "Mapping[str, MethodEntry]", evaluations: int, event_frames: int = 0,
    tell: Callable[[Progress], None] | None = None, *, counterfactual_first: bool = False,
) -> JobProgress:  # fmt: skip
    """Return an explanation's progress.

    Args:
        subjects: of :func:`subjects_of`.
        methods: those that are asked for.
        evaluations: that each may take.
        event_frames: length of the event with a counterfactual; 0 without one.
        tell: told how far it is.
        counterfactual_first: whether the counterfactual is computed before the methods are asked.
    """
    stages = sorted(_stages(subjects, methods), key=lambda stage: counterfactual_first and stage.name != COUNTERFACTUAL)
    job = JobProgress(JOB, stages, tell, subjects=subjects)
    for name, entry in methods.items():
        job.expect(name, _corrected(subjects, name, passes(entry, evaluations)))
    job.expect(COUNTERFACTUAL, WINDOWS_PER_FRAME * event_frames)
    return job


def subjects_of(camera: str, device: str) -> tuple[str, str]:
    """Return what speeds are remembered for: this camera's detector, and any on this device."""
    return f"{camera}, {device}", device


def expected_seconds(subjects: Sequence[str], passes: Mapping[str, float]) -> dict[str, float]:
    """Return how many seconds each method will take, its figures included, given its forward passes."""
    stages = {stage.name: stage for stage in _stages(subjects, passes)}
    return {
        name: foreseen(JOB, subjects, stages[name], _corrected(subjects, name, count)) or 0.0
        for name, count in passes.items()
    }


def overhead_seconds(subjects: Sequence[str], event_frames: int = 0) -> float:
    """Return how many seconds an explanation will take beside its methods."""
    event = WINDOWS_PER_FRAME * event_frames
    parts = [(stage, event if stage.name == COUNTERFACTUAL else 1) for stage in _stages(subjects, ())]
    return sum(foreseen(JOB, subjects, stage, units) or 0.0 for stage, units in parts)


def _corrected(subjects: Sequence[str], name: str, passes: float) -> float:
    """Return the passes of a method, corrected by how many it came to before."""
    known = Speeds().of(JOB, subjects, name)
    return passes * (1.0 if known is None or known.ratio is None else known.ratio)


def _stages(subjects: Sequence[str], methods: Collection[str]) -> tuple[Stage, ...]:
    each = _pass(subjects, methods)
    return (
        Stage(READING, start=OUTSIDE[READING]),
        *(Stage(name, "evaluations", start=0.3, each=each, gauge=True) for name in methods),
        Stage(COUNTERFACTUAL, "evaluations", start=3.0, each=each),
        Stage(WRITING, start=OUTSIDE[WRITING]),
    )


def _pass(subjects: Sequence[str], methods: Collection[str]) -> float:
    """Return the seconds of a forward pass: as other methods took, or as scoring a frame did."""
    speeds = Speeds()
    known = [speeds.of(JOB, subjects, name) for name in methods] + [speeds.of("analyse", subjects, plan.SCORING)]
    taken = [speed.each for speed in known if speed is not None and speed.each is not None]
    return median(taken) if taken else PASS
