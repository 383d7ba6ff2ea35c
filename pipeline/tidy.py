"""What the app does before it starts: it finishes or takes back what a kill or a loss of power cut short."""

import contextlib
import shutil
import time
from pathlib import Path

from core import files, reserve
from core.errors import InputError
from jobs import database, records
from jobs.locks import LOCK, exclusive
from pipeline import restore, storage
from pipeline.evaluation import evaluations
from pipeline.kinds import queue
from pipeline.reviewing import database as reviews
from pipeline.training import trainings

UPLOADS = {"runs": ("clip.*",), trainings.FOLDER: ("clips",), evaluations.FOLDER: ("system.*", "labels.*")}
"""Folder of jobs to the names of what its users upload, which is all that an unfinished upload has."""
PART_SECONDS = 3600.0
"""A file that is being written is younger."""


def tidy() -> list[str]:
    """Bring the user's folder in order, and return a sentence for each thing that its user must know.

    Jobs that are at work, and uploads that are under way in another process, stay as they are.

    Raises:
        StorageError: the folder cannot be used.
    """
    restore.finish()
    jobs = queue()
    database.check(jobs.store.path)
    jobs.finish_deletions()
    taken = jobs.store.take_up()
    reviews.check()
    _drop_unfinished_uploads()
    _drop_parts()
    reserve.keep()
    kept = [path.name for path in storage.put_aside()]
    said = [f"{taken} jobs whose entries were lost were taken up again from their folders"] if taken else []
    if kept:
        said.append(f"damaged files were put aside in {files.home()}, and may be deleted: {', '.join(kept)}")
    return said


def _drop_unfinished_uploads() -> None:
    """Remove folders of uploads that no job came of; one that is being written to is held by its process."""
    for name, patterns in UPLOADS.items():
        for folder in sorted((files.home() / name).glob("*")):
            if folder.is_dir() and _orphan(folder) and _only_uploads(folder, patterns):
                with contextlib.suppress(InputError), exclusive(folder):
                    if _orphan(folder):
                        shutil.rmtree(folder, ignore_errors=True)


def _orphan(folder: Path) -> bool:
    return not records.path_of(folder.name).exists() and not queue().store.exists(folder.name)


def _only_uploads(folder: Path, patterns: tuple[str, ...]) -> bool:
    return all(path.name == LOCK or path.name.endswith(".part") or any(path.match(one) for one in patterns)
               for path in folder.iterdir())  # fmt: skip


def _drop_parts() -> None:
    """Remove what was never finished."""
    for folder in {path.parent for path in files.home().rglob(".*.part*")}:
        files.remove_left(folder)
    oldest = time.time() - PART_SECONDS
    for path in files.home().rglob(".*.part"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
