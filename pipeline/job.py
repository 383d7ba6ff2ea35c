"""The job that analyses one clip."""

from contextlib import suppress
from typing import TYPE_CHECKING

from core import files
from core.errors import StorageError
from jobs.worker import JobContext
from pipeline import finished_run, store
from pipeline.reviewing import index
from pipeline.store import Run

if TYPE_CHECKING:
    from core.analysis import Analysis


def run(context: JobContext) -> None:
    """Analyse the clip of a run into its folder, and publish the summary that lists show.

    Raises:
        WhycamError: as :func:`pipeline.analyse.analyse` does.
    """
    run = store.get(context.job.id)
    context.owner_names = run.named
    analysis = _analysed(run, context)
    context.publish(events=len(analysis.events), top_cause=_top_cause(analysis), reach=analysis.reach,
                    kept_blur=analysis.kept_blur)  # fmt: skip
    with suppress(StorageError):  # the page Events reads the run into the index later
        index.put(run)


def _analysed(run: Run, context: JobContext) -> "Analysis":
    """Return the answer for a run's clip; where all else is blurred, the clip as it came goes last."""
    from pipeline.analyse import analyse
    from pipeline.camera import load

    if run.path == run.blurred:  # stopped after that
        return finished_run.explain_events(run.folder)
    analysis = analyse(
        run.original, load(run.camera or ""), run.folder, name=run.clip, threshold=run.threshold,
        progress=context.progress, cancelled=context.cancelled, blur=run.blur, copy=run.blurred,
    )  # fmt: skip
    if analysis.kept_blur == "none":
        run.blurred.unlink(missing_ok=True)
    else:
        run.original.unlink()
    files.sync_folder(run.folder)
    return analysis


def _top_cause(analysis: "Analysis") -> str | None:
    """Name the best cause of the highest event; an event without a cause has an unknown one.

    Events of what stands, whose scores have another unit, come second.
    """
    if not analysis.events:
        return None
    highest = max(analysis.events, key=lambda one: (one.spot is None, one.event.peak_score))
    return highest.causes[0].fine if highest.causes else "unknown"
