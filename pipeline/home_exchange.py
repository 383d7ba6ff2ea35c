"""The user's folder changes places with what was unpacked for it; a kill at any moment is made good by the next start.

Two renames say how far it is. ``.restoring`` is whole, and what lies beside it is still to go; ``.restored`` is being
moved out of that folder, and what lies beside it is its own already. What goes waits in ``.replaced`` until the end.
"""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from core import files

RESTORING, RESTORED, REPLACED = ".restoring", ".restored", ".replaced"
STAGING = ".restore-"
NOTE = "restored.txt"
"""In what was unpacked: the sentence that the audit log gets."""


def exchange(home: Path, staging: Path, note: str, contents: Callable[[Path], list[Path]]) -> None:
    """Put what was unpacked in the place of what is there, which is deleted then.

    Args:
        home: the user's folder.
        staging: a folder in it, with all that is to be there, on the disk.
        note: what the audit log will say.
        contents: lists what of the folder goes.
    """
    shutil.rmtree(home / REPLACED, ignore_errors=True)
    with files.write_whole(staging / NOTE) as out:
        out.write(note.encode())
    files.sync_folder(staging)
    staging.rename(home / RESTORING)
    files.sync_folder(home)
    finish(home, contents)


def finish(home: Path, contents: Callable[[Path], list[Path]]) -> str:
    """Finish an exchange that was begun; return what the audit log has to say of it, empty where there was none.

    The caller records that, and calls :func:`done` after it.
    """
    if (home / RESTORING).exists():
        for path in contents(home):
            _put_away(path, home)
        files.sync_folder(home)
        (home / RESTORING).rename(home / RESTORED)
        files.sync_folder(home)
    if not (home / RESTORED).exists():
        return ""
    for path in sorted((home / RESTORED).iterdir()):
        if path.name != NOTE:
            if (home / path.name).exists():  # made by a command between the kill and now
                _put_away(home / path.name, home)
            path.rename(home / path.name)
    files.sync_folder(home)
    shutil.rmtree(home / REPLACED, ignore_errors=True)  # now: the audit log may need its room
    with contextlib.suppress(OSError):
        return (home / RESTORED / NOTE).read_text(encoding="utf-8")
    return ""


def done(home: Path) -> None:
    """Remove what an exchange leaves, and what was unpacked by a process that was killed before one."""
    (home / RESTORED / NOTE).unlink(missing_ok=True)  # first: it is recorded
    for path in (home / RESTORED, home / REPLACED, *home.glob(f"{STAGING}*")):
        shutil.rmtree(path, ignore_errors=True)


def _put_away(path: Path, home: Path) -> None:
    place = files.folder(home / REPLACED) / path.name
    if place.is_dir():
        shutil.rmtree(place)
    path.rename(place)
