"""The things of a clip, seen in a pass of its own before its frames are scored, and how unusual they are."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import video
from core.arrays import Doubles
from core.clock import Clock
from core.contracts import ObjectModel
from core.errors import Cancelled
from core.files import write_whole
from core.progress import JobProgress
from core.records import Detections, Frames
from core.scored_things import ScoredThings
from pipeline import plan
from pipeline.channels import ATTRIBUTES, FILES, KEPT, THINGS, Kinds
from pipeline.observe import Observer
from pipeline.prefetch import prefetch

if TYPE_CHECKING:
    from detectors.attributes import AttributeModel
    from pipeline.camera import Camera


@dataclass(frozen=True)
class Seen:
    """What a look at the things of a clip gave.

    Attributes:
        kinds: scores that need no detector.
        things: with the terms of their scores; None where the camera knows nothing of attributes.
        clock: when the clip's frames are shown.
        found: frame to the boxes that were found in it.
    """

    kinds: Kinds
    things: ScoredThings | None
    clock: Clock
    found: Mapping[int, Detections]

    def save(self, folder: Path) -> None:
        """Write both files into a run's folder, the scores last.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        if self.things is not None:
            self.things.save(folder / THINGS)
        arrays: dict[str, Any] = {name: scores.astype(np.float32) for name, scores in self.kinds.items()}
        with write_whole(folder / KEPT) as file:
            np.savez_compressed(file, **arrays)


CHUNK_FRAMES = 16


def observe_clip(
    path: Path, fps: float, folder: Path, camera: "Camera", objects: ObjectModel, job: JobProgress,
    cancelled: Callable[[], bool],
) -> tuple[Mapping[int, Detections], str]:  # fmt: skip
    """Keep the scores of a clip's things in its run's folder, where the camera knows of attributes.

    Args:
        path: the clip.
        fps: frames in a second, where it does not tell.
        folder: of the run; what an earlier process kept there stays.
        camera: whose footage it is.
        objects: finds the things.
        job: told of the stage :data:`pipeline.plan.OBSERVING`.
        cancelled: asked after every chunk of frames.

    Returns:
        The boxes of the frames that were looked at, none where an earlier process looked; and why things have no scores
        although the camera knows of attributes, in a sentence, empty otherwise.

    Raises:
        Cancelled: ``cancelled`` said so.
        ClipError: the clip cannot be read.
        WeightsError: the camera's file is missing or was changed.
        StorageError: the disk is full or cannot be written to.
    """
    model, reason = model_of(camera, objects.name)
    if model is None or (folder / KEPT).exists():
        job.expect(plan.OBSERVING, 0)
        return {}, reason
    job.begin(plan.OBSERVING)

    def told() -> Iterator[Frames]:
        for chunk in prefetch(video.read(path, CHUNK_FRAMES, fps=fps)):
            yield chunk
            job.advance(chunk.first + len(chunk))
            if cancelled():
                raise Cancelled(f"cancelled while the things of {path.name!r} were observed")

    seen = look(told(), model, objects)
    seen.save(folder)
    return seen.found, ""


def model_of(camera: "Camera", objects: str) -> "tuple[AttributeModel | None, str]":
    """Load what a camera knows of attributes.

    Args:
        camera: that may have the channel :data:`ATTRIBUTES`.
        objects: name of the object model that will observe things.

    Returns:
        The model, None where there is none or it rests on another object model; and a sentence on the latter.

    Raises:
        WeightsError: its file is missing or was changed.
    """
    channel = camera.channels.get(ATTRIBUTES)
    if channel is None:
        return None, ""
    if channel.objects != objects:
        return None, (
            f"Attributes of things were left out of the scores: camera {camera.name} learnt them with "
            f"{channel.objects}, and {objects} answered here; train --measure learns them anew."
        )
    from detectors.attributes import AttributeModel

    return AttributeModel.load(camera.folder / FILES[ATTRIBUTES], channel.sha256), ""


def look(chunks: Iterable[Frames], model: "AttributeModel", objects: ObjectModel) -> Seen:
    """Observe the things of a clip, and score them by a camera's attribute model."""
    observer, times = Observer(objects), list[Doubles]()
    for chunk in chunks:
        times.append(chunk.times)
        observer.add(chunk)
    clock = Clock.of(np.concatenate([np.zeros(0), *times]))
    scored = model.score(observer.finish(clock))
    return Seen({ATTRIBUTES: scored.frame_scores(len(clock))}, scored, clock, observer.found)
