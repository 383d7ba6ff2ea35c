"""Explains a frame of a clip or of a run: finds the clip, camera and event, and runs the methods."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import device, video
from core.arrays import Floats
from core.errors import InputError
from core.explanation import Counterfactual, FrameExplanation
from core.progress import Progress
from explain.attribution import Budget
from jobs.locks import exclusive
from pipeline import finished_run, frame_log, store
from pipeline.camera import load, named_or_only
from pipeline.explaining import plan
from pipeline.explaining.attributions import FrameRequest, explain_frame
from pipeline.explaining.budgets import default_budget
from pipeline.explaining.event_counterfactual import event_counterfactual
from pipeline.explaining.explanation_files import event_frames
from pipeline.finished_run import explain_events


def explain_source(
    source: str, camera: str | None, frame: int, methods: str, out: Path, *, budget: Budget | None = None,
    event: bool = False, seed: int = 0, device_name: str = "auto",
    say: Callable[[Progress], None] | None = None, cancelled: Callable[[], bool] | None = None,
) -> tuple[FrameExplanation, Counterfactual | None]:  # fmt: skip
    """Explain one frame of a run or of a clip.

    Args:
        source: path of a clip, or id of a run.
        camera: its name; the run's own, or the only one there is, when None.
        frame: index in the clip.
        methods: names joined by commas, or ``all``.
        out: folder of the maps.
        budget: of each method; the default one of the camera's detector when None.
        event: explain the event around the frame away, too, which a run alone has.
        seed: of everything drawn by chance.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        say: told how far it is.
        cancelled: asked between batches.

    Returns:
        The explanation, and the counterfactual of the event if ``event`` asks for it.

    Raises:
        InputError: there is no such clip, run, camera, method, frame or event, or another process writes into ``out``.
        Cancelled: ``cancelled`` said so; what is finished is kept.
    """
    wanted = plan.chosen(methods)
    path, name, scores, threshold, analysed = Path(source), Path(source).name, np.zeros(0, np.float32), None, None
    run = store.get(source) if not path.exists() and path.suffix == "" else None
    if event and run is None:
        raise InputError("--event explains an event of a run away: name a run ('./whycam list runs'), not a clip")
    if run is not None:
        path, name, scores, threshold = run.path, run.clip, scores_of(run.folder), run.threshold
        analysed = finished_run.read(run.folder).analysed if run.state == "done" else None
        camera = camera or run.camera
    which = named_or_only(camera)
    video.probe(path)
    whose = load(which)
    asked = FrameRequest(frame, wanted, budget or default_budget(whose), seed, threshold, scores, analysed)
    runtime, entries = (
        device.choose(device_name),
        {name: each for name, each in plan.methods().items() if name in wanted},
    )
    around = event_frames(explain_events(run.folder), frame) if event and run else 0
    job = plan.job_of(plan.subjects_of(whose.name, runtime.describe()), entries, asked.budget.evaluations, around, say,
                      counterfactual_first=True)  # fmt: skip
    with exclusive(out):
        away = event_counterfactual(run, frame, out, runtime, job=job, cancelled=cancelled) if event and run else None
        result = explain_frame(path, name, whose, asked, out, runtime, job=job, cancelled=cancelled)
    job.finish()
    return result, away


def scores_of(folder: Path) -> Floats:
    """Return a run's calibrated scores, as far as it was scored."""
    return frame_log.read(folder, 25.0).scores
