"""The counterfactual of the event around a frame of a run."""

from collections.abc import Callable
from pathlib import Path

from core.device import Runtime
from core.errors import InputError
from core.explanation import Counterfactual
from core.progress import JobProgress
from pipeline import finished_run
from pipeline.camera import load
from pipeline.evidence import EvidenceFolder
from pipeline.explaining.counterfactual import minimal_removal
from pipeline.finished_run import EVIDENCE, explain_events
from pipeline.store import Run


def event_counterfactual(
    run: Run, frame: int, out: Path, runtime: Runtime, *, threshold: float | None = None,
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
    analysis, analysed = explain_events(run.folder, threshold), finished_run.read(run.folder).analysed
    event = next((one.event for one in analysis.events if one.event.first <= frame <= one.event.last), None)
    if event is None:
        raise InputError(f"frame {frame} lies in no event at the threshold {analysis.threshold:.2f}")
    kept = EvidenceFolder(run.folder / EVIDENCE).between(event.first, event.last)
    return minimal_removal(
        run.path, load(run.camera or ""), event, kept, out, runtime, clock=analysis.clock, analysed=analysed,
        scores=analysis.scores, threshold=analysis.threshold, job=job, cancelled=cancelled,
    )  # fmt: skip
