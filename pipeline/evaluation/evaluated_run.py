"""Makes a run of an evaluated clip, which shows its events."""

import tempfile
from itertools import chain
from pathlib import Path

from core import video
from core.errors import InputError
from pipeline import store
from pipeline.evaluation import evaluations
from pipeline.evaluation.distortion import DistortedDataset, Distortion
from pipeline.evaluation.evaluations import EvaluationRequest
from pipeline.rate import frame_rate
from pipeline.store import Run


def title(request: EvaluationRequest, clip: str) -> str:
    """Return what a run of an evaluated clip is called.

    >>> title(EvaluationRequest("camera", "ucsd-ped2", "ped2", distortion="rain=heavy"), "Test001")
    'ped2 Test001 rain=heavy.mp4'
    """
    return " ".join(filter(None, (request.data, clip, request.distortion))) + ".mp4"


def run_of(request: EvaluationRequest, clip: str) -> Run | None:
    """Return the newest run of an evaluated clip by its camera that is done or at work; None where there is none."""
    name = title(request, clip)
    return next((r for r in store.runs() if (r.clip, r.camera) == (name, request.system)
                 and (r.active or r.state == "done")), None)  # fmt: skip


def start(request: EvaluationRequest, clip: str) -> Run:
    """Start a run of an evaluated clip by its camera; its frames become a video first.

    Raises:
        InputError: the evaluation is of no camera, or its data set or clip is no longer there.
        StorageError: the video cannot be kept.
    """
    if request.kind != "camera":
        raise InputError(f"{request.system} is no camera: its scores came in a file, and nothing can score the clip")
    distortion, dataset = Distortion.read(request.distortion), evaluations.open_dataset(request.data)
    clips = {
        one.name: one for one in (DistortedDataset(dataset, distortion) if distortion.describe() else dataset).test()
    }
    if clip not in clips:
        raise InputError(f"{request.data} has no test clip {clip[:40]!r}; known: {', '.join(clips)}")
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        path = Path(place) / "clip.mp4"
        images = chain.from_iterable(chunk.images for chunk in clips[clip].frames())
        video.encode(path, images, frame_rate(clips[clip]))
        with path.open("rb") as stream:
            run = store.create(stream, title(request, clip))
    return store.start(run.id, request.system)
