"""Lessons: cameras that are being made of uploaded footage, one folder each under ``lessons`` in the user's folder.

``request.json`` and ``worker.json`` are the page's, ``state.json`` the worker's, and each is written whole, so that
neither waits for the other; ``cancel`` is a file that the page makes. A training that stopped goes on from its last
epoch.
"""

import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from core import files
from core.errors import InputError
from core.progress import counted_down
from core.video import EXTENSIONS
from jobs import processes
from jobs import queue as jobs_queue
from jobs.job import LOG
from pipeline.camera import cameras, check_name
from pipeline.store import COPY_BYTES
from pipeline.training.learn import check_alarms

WORKER = (sys.executable, "-m", "pipeline.training.worker")
ACTIVE = ("queued", "running")
GRACE_SECONDS = 30.0
REQUEST, STATE, WHO, CANCEL = "request.json", "state.json", "worker.json", "cancel"
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


@dataclass(frozen=True)
class Lesson:
    """One camera in the making.

    Attributes:
        id: names the lesson's folder.
        camera: the name it will have.
        clips: names of the clips as their owner wrote them: shown escaped, never a path.
        false_alarms, minutes, anyway: as :class:`pipeline.training.teach.Wish` has them.
        state: ``queued``, ``running``, ``done``, ``failed``, ``cancelled`` or ``interrupted``.
        stage: what is being done, in words.
        share: how much of all stages is done, 0 to 1; None while nobody can tell.
        left: seconds that they were still to take when that was told, likewise.
        told: when that was.
        chosen: names of settings to the sentences that say why.
        notes: what its owner must know of the footage.
        error: the sentence that says why it failed.
        unfit: whether it failed because of footage that may be trained on anyway.
    """

    id: str
    camera: str
    clips: tuple[str, ...]
    false_alarms: float | None
    minutes: float
    anyway: bool = False
    state: str = "queued"
    stage: str = ""
    share: float | None = None
    left: float | None = None
    told: float | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    error: str | None = None
    unfit: bool = False

    @property
    def folder(self) -> Path:
        """Where the lesson's clips, request, state and log lie."""
        return _home() / self.id

    @property
    def paths(self) -> list[Path]:
        """The clips' files, in order."""
        return sorted((self.folder / "clips").iterdir())

    def named(self, sentence: str) -> str:
        """Put the clips' own names where a sentence gives those of their files here."""
        for path, name in zip(self.paths, self.clips, strict=False):
            sentence = sentence.replace(repr(path.name), repr(name))
        return sentence

    @property
    def active(self) -> bool:
        """Whether a worker has it, or should have it soon."""
        return self.state in ACTIVE

    @property
    def seconds_left(self) -> float | None:
        """Time until the camera is there, all stages included; None while nobody can tell."""
        return counted_down(self.left, max(time.time() - self.told, 0.0)) if self.told else None

    @property
    def cancelling(self) -> bool:
        """Whether its user asked it to stop."""
        return (self.folder / CANCEL).exists()


def start(camera: str, clips: Sequence[tuple[str, BinaryIO]], false_alarms: float | None, minutes: float) -> Lesson:
    """Keep uploaded clips, and start to make a camera of them.

    Args:
        camera: the name that it will have.
        clips: name and bytes of each clip; the streams are read once, in chunks.
        false_alarms: events an hour that normal footage may raise; None for as few as the footage can tell.
        minutes: that the training may take.

    Raises:
        InputError: the name is none or taken, there is no clip, one is no video by its name, or a number is out of
            range.
        StorageError: the clips cannot be kept; nothing of them is left.
    """
    check_name(camera)
    check_alarms(false_alarms)
    if camera in cameras() or camera in [lesson.camera for lesson in lessons()]:
        raise InputError(f"there is a camera {camera!r} already; choose another name")
    if not clips:
        raise InputError("choose at least one clip of ordinary footage")
    lesson_id = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}"
    folder = files.folder(_home() / lesson_id)
    try:
        for number, (name, stream) in enumerate(clips):
            with files.write_whole(folder / "clips" / f"{number:04d}.{_extension(name)}") as out:
                shutil.copyfileobj(stream, out, COPY_BYTES)
        names = ["".join(c if c.isprintable() else "�" for c in name)[-200:] for name, _ in clips]
        _ask(folder, {"camera": camera, "clips": names, "false_alarms": false_alarms, "minutes": minutes})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _work(lesson_id)


def _extension(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    if ending not in EXTENSIONS:
        raise InputError(f"{name[-200:]!r} is no video file by its name; known endings: {', '.join(EXTENSIONS)}")
    return ending


def resume(lesson_id: str, anyway: bool = False) -> Lesson:
    """Go on with a lesson that stopped, from its last epoch; ``anyway`` takes footage that looks unfit.

    Raises:
        InputError: there is no such lesson, or it is at work or done.
    """
    lesson = get(lesson_id)
    if lesson.active or lesson.state == "done":
        raise InputError(f"the lesson of camera {lesson.camera!r} is {lesson.state}; only one that stopped goes on")
    wish = {name: getattr(lesson, name) for name in ("camera", "clips", "false_alarms", "minutes")}
    _ask(lesson.folder, {**wish, "anyway": anyway or lesson.anyway})
    return _work(lesson_id)


def cancel(lesson_id: str) -> None:
    """Ask a lesson to stop; its last epoch is kept."""
    (get(lesson_id).folder / CANCEL).touch()


def delete(lesson_id: str) -> None:
    """Forget a lesson and its clips; the camera that was made of it stays.

    Raises:
        InputError: there is no such lesson, or it is at work.
    """
    lesson = get(lesson_id)
    if lesson.active:
        raise InputError(f"camera {lesson.camera!r} is still being made; cancel it before it is deleted")
    shutil.rmtree(lesson.folder, ignore_errors=True)
    if lesson.state != "done" and not (files.home() / "cameras" / lesson.camera / "camera.json").exists():
        shutil.rmtree(files.home() / "cameras" / lesson.camera, ignore_errors=True)


def get(lesson_id: str) -> Lesson:
    """Return one lesson, after a look whether its worker lives.

    Raises:
        InputError: there is no lesson of that id, or its files are damaged.
    """
    if not _ID.fullmatch(lesson_id) or not (_home() / lesson_id / REQUEST).exists():
        raise InputError(f"there is no lesson {lesson_id[:40]!r}; it may have been deleted")
    try:
        wish, state = _read(_home() / lesson_id / REQUEST), _read(_home() / lesson_id / STATE)
        who = _read(_home() / lesson_id / WHO)
        pid, born, asked = who.get("pid"), who.get("born"), state.pop("asked", None)
        dead = time.time() - (asked or 0.0) > GRACE_SECONDS if pid is None else processes.identity(pid) != (born or "")
        if state.get("state", "queued") in ACTIVE and dead:
            state |= {"state": "interrupted", "error": f"its worker ended without a word; see {LOG}"}
        content = {**wish, **state, "clips": tuple(wish["clips"]), "notes": tuple(state.get("notes", ()))}
        return Lesson(lesson_id, **content)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"the lesson {lesson_id} is damaged ({error}); delete its folder") from error


def lessons() -> list[Lesson]:
    """List the lessons, newest first; damaged ones are left out."""
    found = []
    for path in sorted(_home().glob(f"*/{REQUEST}"), reverse=True):
        try:
            found.append(get(path.parent.name))
        except InputError:
            continue
    return found


def tell(lesson_id: str, **state: Any) -> None:
    """Write a lesson's state: its worker's to call."""
    files.write_json(_home() / lesson_id / STATE, state)


def _home() -> Path:
    return files.home() / "lessons"


def _ask(folder: Path, wish: Mapping[str, Any]) -> None:
    (folder / CANCEL).unlink(missing_ok=True)
    files.write_json(folder / REQUEST, wish)


def _read(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} must hold an object")
    return content


def _work(lesson_id: str) -> Lesson:
    folder = _home() / lesson_id
    (folder / WHO).unlink(missing_ok=True)
    tell(lesson_id, state="queued", asked=time.time())
    with (folder / LOG).open("ab") as log:
        worker = subprocess.Popen(
            [*WORKER, lesson_id],
            cwd=jobs_queue.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=worker.wait, daemon=True, name=f"reap {lesson_id}").start()
    files.write_json(folder / WHO, {"pid": worker.pid, "born": processes.identity(worker.pid)})
    return get(lesson_id)
