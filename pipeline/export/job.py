"""The job that exports runs."""

import shutil

from core.errors import InputError, StorageError
from jobs.worker import JobContext
from pipeline import store
from pipeline.export.exports import Export


def run(context: JobContext) -> None:
    """Write the archive into the job's folder, check it, and publish what lists show of it.

    Raises:
        WhycamError: as :func:`pipeline.export.export.export` does.
    """
    from pipeline.export.contents import chosen
    from pipeline.export.export import export
    from pipeline.export.sources import find
    from pipeline.export.verify import verify
    from pipeline.reviewing import exported

    job = context.store.get(context.job.id, Export)
    for left in job.folder.glob(".*.part*"):  # of a worker that was killed
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    try:
        manifest = export(
            find(job.runs), job.path, blur=job.blur, contents=chosen(job.events, job.case), progress=context.progress,
            cancelled=context.cancelled,
        )  # fmt: skip
    except (InputError, StorageError):
        for run_id in job.runs:  # one that was deleted meanwhile is the reason
            store.get(run_id)
        raise
    found = verify(job.path)
    exported.note([one.event for run in manifest.runs for one in run.reviews], job.id)
    context.publish(files=len(manifest.files), bytes=job.path.stat().st_size, sha256=found.sha256)
