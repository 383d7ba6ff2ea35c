"""What a worker is asked to do with one clip, and what became of it."""

from dataclasses import dataclass

DONE, FAILED = "done", "failed"


@dataclass(frozen=True)
class Settings:
    """How all clips of a batch are analysed; see :func:`pipeline.analyse.analyse`.

    Attributes:
        camera: name of the camera; it must be known on every machine.
        threshold: calibrated score above which a frame is unusual; the camera's own when None.
        fps: frames in a second of clips that do not tell; the camera's when None.
        objects, actions: names of models, or ``auto``.
        device: ``auto``, ``cpu`` or ``cuda``.
        blur: what is blurred in what the reports keep.
    """

    camera: str
    threshold: float | None = None
    fps: float | None = None
    objects: str = "auto"
    actions: str = "auto"
    device: str = "auto"
    blur: str = "none"


@dataclass(frozen=True)
class Task:
    """One clip to be analysed.

    Attributes:
        clip: its path, or its address such as ``s3://bucket/clip.mp4``.
        out: folder of its report, or the address of one.
    """

    clip: str
    out: str


@dataclass(frozen=True)
class Outcome:
    """What became of one clip: a row of a batch.

    Attributes:
        clip, out: as in the task.
        state: :data:`DONE` or :data:`FAILED`.
        reason: why it failed, one sentence; empty where it is done.
        events: how many unusual events it has.
        frames: analysed.
        seconds: from the clip's turn to its end.
        worker: machine and process that analysed it; empty where none came to an end.
        said: what was found, a line each.
        warnings: what the reader must know, a sentence each.
    """

    clip: str
    out: str
    state: str
    reason: str = ""
    events: int = 0
    frames: int = 0
    seconds: float = 0.0
    worker: str = ""
    said: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
