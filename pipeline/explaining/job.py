"""The job that explains one frame of a run."""

from core import device
from explain import report
from explain.attribution import Budget
from jobs.locks import exclusive
from jobs.worker import JobContext
from pipeline import finished_run, store
from pipeline.camera import load
from pipeline.channels import to_pixels
from pipeline.evidence import EvidenceFolder
from pipeline.explaining import plan
from pipeline.explaining.attributions import FrameRequest, explain_frame
from pipeline.explaining.explanation_files import event_frames
from pipeline.explaining.explanations import Explanation
from pipeline.explaining.source import event_counterfactual
from pipeline.finished_run import EVIDENCE, WHY, explain_events


def run(context: JobContext) -> None:
    """Explain the frame into its folder, and write the run's report again with it.

    Raises:
        WhycamError: as :func:`explain_frame` and :func:`event_counterfactual` do.
    """
    explanation = context.store.get(context.job.id, Explanation)
    run, request = store.get(explanation.run_id), explanation.request
    frame, folder = explanation.frame, explanation.folder
    context.owner_names = run.named
    analysis, camera, runtime = explain_events(run.folder, request.threshold), load(run.camera or ""), device.choose()
    known, names = plan.methods(), plan.chosen(request.methods)
    job = plan.job_of(
        plan.subjects_of(camera.name, runtime.describe()), {name: known[name] for name in names}, request.evaluations,
        event_frames(analysis, frame) if request.event else 0, context.progress,
    )  # fmt: skip
    kept = finished_run.read(run.folder)
    explained = FrameRequest(frame, names, Budget(request.evaluations), scores=kept.log.scores, analysed=kept.analysed,
                             threshold=to_pixels(analysis.threshold, kept.facts.channels))  # fmt: skip
    with exclusive(folder):
        explain_frame(run.path, run.clip, camera, explained, folder, runtime, job=job, cancelled=context.cancelled)
        if request.event:
            event_counterfactual(
                run, frame, folder, runtime, threshold=request.threshold, job=job, cancelled=context.cancelled
            )
    job.begin(plan.WRITING)
    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder, run.folder / WHY)
    job.finish()
