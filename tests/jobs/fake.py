"""Quick kinds of jobs: what each does is written in its parameters."""

import os
import signal
import time

from core.errors import Cancelled, ClipError
from core.progress import Progress


def run(context):
    """Do 40 steps, from where the last process stopped; ``do`` says what goes wrong."""
    do, kept = context.job.parameters["do"], context.job.folder / "steps"
    if do == "bad":
        context.owner_names = lambda sentence: sentence.replace("clip.mp4", context.job.title)
        raise ClipError("clip.mp4 has no pictures; a video with at least one frame is needed")
    if do == "bug":
        raise RuntimeError("a bug")
    if do == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    begun = len(kept.read_bytes()) if kept.exists() else 0
    for done in range(begun, 40):
        if do == "asks" and context.cancelled():
            raise Cancelled("nothing more is computed")
        context.progress(Progress(done + 1, 40, 20.0, "counting", left=3.0, share=(done + 1) / 40))
        with kept.open("ab") as out:
            out.write(b"x")
        if do == "die once" and done == 10 and begun == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        wait(0.2 if do in ("slow", "deaf", "asks", "masks") else 0.002, masked=do == "masks")
    context.publish(begun=begun)


def wait(seconds, *, masked):
    """Sleep; ``masked`` turns whatever stops it into an error of its own, as an import of compiled code does."""
    try:
        time.sleep(seconds)
    except BaseException as error:
        if masked:
            raise ImportError("initialization failed") from error
        raise


def note(context):
    """Write the job's title at the end of a list."""
    with (context.job.folder.parent / "order").open("a") as out:
        out.write(f"{context.job.title}\n")
