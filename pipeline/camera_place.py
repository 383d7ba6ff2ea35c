"""A camera's folder while it is written: a new camera takes an old one's place whole or not at all.

A new camera is complete in ``.next`` before its folder changes, so that from then on it only has to be moved: by the
process that made it or, where that was stopped, by the next one that looks. Until then the old one is there.
"""

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import InputError
from core.files import storage_error
from jobs.locks import exclusive
from pipeline import camera_file
from pipeline.camera_file import NAME

NEXT, WRITING = ".next", ".writing"
FILES = ("weights.safetensors", "losses.json", "attributes.safetensors", "standing.npz", "background.png", NAME)
"""Of a camera; the last one says what the others are."""
KIND_FILES = {"attributes": "attributes.safetensors", "standing": "standing.npz"}
"""Kind of score to its file, which a camera without that kind does not have."""
PATIENCE_SECONDS = 10.0


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Hold a camera's files for the moment in which they change; who else changes them waits.

    Raises:
        InputError: another process does so for more than :data:`PATIENCE_SECONDS`.
        StorageError: the folder cannot be written to.
    """
    end = time.monotonic() + PATIENCE_SECONDS
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(exclusive(folder / WRITING))
                break
            except InputError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.02)
        yield


def publish(staged: Path, folder: Path) -> None:
    """Let a complete camera take the place of what its folder holds.

    Args:
        staged: folder on the same disk with the files of a camera, each of them flushed; others stay as they are in
            ``folder``, but for those of kinds of scores that the new camera does not have.
        folder: the camera's.

    Raises:
        StorageError: the folder cannot be written to; the old camera is still there.
    """
    with writing(folder):
        _move(folder)
        try:
            staged.replace(folder / NEXT)
        except OSError as error:
            raise storage_error(folder / NAME, error) from error
        _move(folder)


def settle(folder: Path) -> None:
    """Finish what :func:`publish` was stopped at, if it was.

    Raises:
        InputError: another process is at it for long.
        StorageError: the folder cannot be written to.
    """
    if (folder / NEXT).is_dir():
        with writing(folder):
            _move(folder)


def unsettled(home: Path) -> list[Path]:
    """Return the folders of cameras that wait to be moved."""
    return [path.parent for path in home.glob(f"*/{NEXT}")]


def _move(folder: Path) -> None:
    """Move the files of ``.next``, that of the camera last; each step can be done again."""
    new = folder / NEXT
    if not new.is_dir():
        return
    told = camera_file.read(new) if (new / NAME).exists() else None
    try:
        if told is not None:
            known = {*told.channels, *(["standing"] if told.standing is not None else [])}
            for kind, name in KIND_FILES.items():
                if kind not in known:
                    (folder / name).unlink(missing_ok=True)
        for name in FILES:
            if (new / name).exists():
                (new / name).replace(folder / name)
        shutil.rmtree(new)
    except OSError as error:
        raise storage_error(folder / NAME, error) from error
