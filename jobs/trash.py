"""Folders of jobs that are deleted: renamed first, so that no job is ever half there, and removed then.

What a process that died left there is removed when the next job is deleted, and when the app starts.
"""

import shutil
from pathlib import Path

from core.files import folder, home, storage_error, sync_folder
from jobs.job import Job

FOLDER = "trash"


def place() -> Path:
    """Return where deleted folders are until their files are gone."""
    return home() / FOLDER


def put(job: Job) -> None:
    """Put a job's folder where it is no job's any more; nothing where it has none.

    Raises:
        StorageError: it cannot be renamed.
    """
    if not job.folder.exists():
        return
    target = folder(place()) / job.id
    try:
        shutil.rmtree(target, ignore_errors=True)
        job.folder.rename(target)
        sync_folder(target.parent)
        sync_folder(job.folder.parent)
    except OSError as error:
        raise storage_error(target, error) from error


def left() -> list[str]:
    """Return the ids of jobs whose deletion is not finished."""
    return sorted(path.name for path in place().glob("*"))


def remove(job_id: str) -> None:
    """Remove the files of a job that was put there; what cannot be removed now is tried again by the next call."""
    shutil.rmtree(place() / job_id, ignore_errors=True)
