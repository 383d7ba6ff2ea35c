"""A small teacher in place of the trainer: what it does is written in the clips that it is given."""

import os
import signal
import time
from types import SimpleNamespace

from core.errors import ClipError
from core.progress import Progress
from pipeline.training import job as training_job
from pipeline.training.check_footage import UnfitError


def run(context):
    """Be a kind of job, in a worker process."""
    training_job.train_camera = train_camera
    training_job.run(context)


def learn(callbacks, epoch):
    callbacks.step(SimpleNamespace(epoch=epoch, epochs=4, loss=0.1))
    callbacks.progress(Progress(10 * epoch + 5, 40, 2.0, "learning", "windows", left=3.0, share=0.5))


def train_camera(source, clips, out, request, callbacks, runtime):
    order = clips[0].path.read_text()
    if order == "pan" and not request.anyway:
        raise UnfitError("'a.mp4' is not from a fixed camera")
    if order == "torn":
        callbacks.note(f"{clips[1].path.name!r} is cut: only its first 3 s could be read")
        raise ClipError(f"{clips[0].path.name!r} is not a video that can be read")
    callbacks.note("the footage is short")
    callbacks.progress(Progress(40, None, 0.0, "looking at the footage"))
    callbacks.chosen({"step": "3: of 25 frames a second about 8 are looked at"})
    kept = out / "training" / "epochs"
    kept.parent.mkdir(parents=True, exist_ok=True)
    begun = len(kept.read_text()) if kept.exists() else 0
    for epoch in range(begun, 4):
        learn(callbacks, epoch)
        kept.write_text("x" * (epoch + 1))
        if order == "die once" and begun == 0 and epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        while order == "slow":
            time.sleep(0.3)
            learn(callbacks, epoch)
    (out / "camera.json").write_text(f"begun at {begun}")
