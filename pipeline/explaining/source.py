"""Explains a frame of a clip or of a run, and the event around it: finds the clip, camera and event."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core import device, video
from core.analysis import MOVING
from core.errors import InputError
from core.explanation import Counterfactual, FrameExplanation
from core.progress import JobProgress, Progress
from explain.attribution import Budget
from jobs.locks import exclusive
from pipeline import finished_run, frame_log, store
from pipeline.camera import load, named_or_only
from pipeline.channels import to_pixels
from pipeline.evidence import EvidenceFolder
from pipeline.explaining import plan
from pipeline.explaining.attributions import FrameRequest, explain_frame
from pipeline.explaining.budgets import default_budget
from pipeline.explaining.counterfactual import minimal_removal
from pipeline.explaining.explanation_files import event_frames
from pipeline.finished_run import EVIDENCE, explain_events
from pipeline.store import Run


def explain_source(
    source: str, camera: str | None, frame: int, methods: str, out: Path, *, budget: Budget | None = None,
    event: bool = False, seed: int = 0, device_name: str = "auto", say: Callable[[Progress], None] | None = None,
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

    Returns:
        The explanation, and the counterfactual of the event if ``event`` asks for it.

    Raises:
        InputError: there is no such clip, run, camera, method, frame or event, the run keeps its clip blurred, or
            another process writes into ``out``.
    """
    wanted = plan.chosen(methods)
    path, name, threshold, analysed = Path(source), Path(source).name, None, None
    run = store.get(source) if not path.exists() and path.suffix == "" else None
    if event and run is None:
        raise InputError("--event explains an event of a run away: name a run ('./whycam list runs'), not a clip")
    if run is not None:
        plan.check_pixels(run)
        path, name, threshold = run.path, run.clip, run.threshold
        if run.state == "done":
            kept = finished_run.read(run.folder)
            analysed, threshold = kept.analysed, to_pixels(kept.facts.threshold, kept.facts.channels)
        camera = camera or run.camera
    which = named_or_only(camera)
    video.probe(path)
    whose, runtime = load(which), device.choose(device_name)
    scores = frame_log.read(run.folder, 25.0).scores if run else np.zeros(0, np.float32)
    request = FrameRequest(frame, wanted, budget or default_budget(whose), seed, threshold, scores, analysed)
    entries = {name: each for name, each in plan.methods().items() if name in wanted}
    around = event_frames(explain_events(run.folder), frame) if event and run else 0
    job = plan.job_of(plan.subjects_of(whose.name, runtime.describe()), entries, request.budget.evaluations, around,
                      say, counterfactual_first=True)  # fmt: skip
    with exclusive(out):
        away = event_counterfactual(run, frame, out, runtime, job=job) if event and run else None
        result = explain_frame(path, name, whose, request, out, runtime, job=job)
    job.finish()
    return result, away


def event_counterfactual(
    run: Run, frame: int, out: Path, runtime: device.Runtime, *, threshold: float | None = None,
    job: JobProgress | None = None, cancelled: Callable[[], bool] | None = None,
) -> Counterfactual:  # fmt: skip
    """Find the smallest set of tubes whose removal ends the event around a frame.

    Args:
        run: that is done.
        frame: of its clip, inside an event.
        out: folder; see :func:`pipeline.explaining.counterfactual.minimal_removal`.
        runtime: device and precision.
        threshold: calibrated, that cuts the run's events; the run's own when None.
        job: told how many frames are done, of :func:`pipeline.explaining.plan.job_of`.
        cancelled: asked between frames.

    Raises:
        InputError: the frame lies in no event, or nothing was kept of it.
        Cancelled: ``cancelled`` said so.
    """
    analysis, own = explain_events(run.folder, threshold), finished_run.read(run.folder)
    event = next((one.event for one in analysis.of_kind(MOVING) if one.event.first <= frame <= one.event.last), None)
    if event is None:
        raise InputError(f"frame {frame} lies in no event at the threshold {analysis.threshold:.2f}")
    kept = EvidenceFolder(run.folder / EVIDENCE).between(event.first, event.last)
    return minimal_removal(
        run.path, load(run.camera or ""), event, kept, out, runtime, clock=analysis.clock, analysed=own.analysed,
        scores=own.log.scores, threshold=to_pixels(analysis.threshold, own.facts.channels), job=job,
        cancelled=cancelled,
    )  # fmt: skip
