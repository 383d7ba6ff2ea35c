"""A run with a clip that there is: made by hand, nothing is scored."""

import json
from types import SimpleNamespace

import numpy as np

from core import video
from pipeline.finished_run import FACTS
from tests.ui import made

NAME = "Tür 监 <b>{nb}.mp4"


def picture(frame):
    """Return frame ``frame``: its number is the brightness of a corner, and something moves as in the evidence."""
    image = made.evidence(frame, 1.0, "bicycle").image.copy()
    image[:40, :40] = frame // 2
    return image


def clip(path, times=None):
    with video.writing(path, made.FPS) as out:
        for frame in range(made.FRAMES):
            out.add(picture(frame), frame / made.FPS if times is None else times[frame])
    return path


def run(folder, film, name=NAME, source=True):
    """Write a finished run of ``film`` into ``folder``, as ``analyse --out`` does."""
    folder.mkdir(parents=True)
    made.results(SimpleNamespace(folder=folder, clip=name, camera="plaza"))
    own(folder, film, source)
    return folder


def own(folder, film, source=True):
    """Have a run's facts name a file as its clip."""
    facts = json.loads((folder / FACTS).read_text())
    facts["clip"] |= {"sha256": video.sha256_of(film)}
    facts["models_sha256"] = {"objects": "cd" * 32}
    facts |= {"source": str(film)} if source else {}
    (folder / FACTS).write_text(json.dumps(facts))


def brightness(images):
    return images[:, :40, :40].astype(np.float64).mean((1, 2, 3))
