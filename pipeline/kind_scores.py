"""Scores of labelled clips by one kind of score, or by all that a camera joins."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from core.arrays import Floats
from core.contracts import Footage, ObjectModel
from core.device import Runtime
from core.errors import InputError
from core.registry import pick
from explain import objects
from pipeline import channels
from pipeline.camera import Camera
from pipeline.thing_scores import Models, look, observing_model


def scored_by(camera: Camera, by: str) -> Camera:
    """Return a camera that scores labelled clips by one kind of score, with the threshold that costs as much.

    Raises:
        UnknownNameError: there is no such kind of score.
        InputError: the camera does not have it.
    """
    pick("kind of score", by, dict.fromkeys(channels.KINDS))
    if by == channels.JOINED:
        return camera
    if by not in camera.channels and by != channels.PIXELS:
        known = ", ".join(camera.channels) or channels.PIXELS
        raise InputError(f"camera {camera.name} has no scores by {by}; it has: {known}; train --measure makes them")
    name = f"{camera.name}, by {by}"[:64]
    return dataclasses.replace(camera, name=name, by=by, threshold=channels.threshold(camera, by))


@dataclass(frozen=True)
class KindScorer:
    """How clips are scored.

    Attributes:
        camera: whose clips they are, and by which kind of score.
        objects: finds things; None where none are needed.
    """

    camera: Camera
    objects: ObjectModel | None

    @classmethod
    def of(cls, camera: Camera, runtime: Runtime) -> "KindScorer":
        """Load the object model that the camera learnt things with, where it is needed."""
        things = channels.ATTRIBUTES in camera.channels and camera.by in (channels.JOINED, channels.ATTRIBUTES)
        return cls(camera, observing_model(camera, objects.choose("auto", runtime), runtime) if things else None)

    def joined(self, raw: Floats, clip: Footage) -> Floats:
        """Return a clip's (frames,) calibrated scores of its kind, from the uncalibrated ones of its pixels.

        Raises:
            InputError: the object model that the camera learnt things with is not here.
        """
        by, pixels = self.camera.by, raw - np.float32(self.camera.normality.median)
        wanted = (by,) if by in channels.FILES else channels.FILES if by == channels.JOINED else ()
        models = Models.of(self.camera, self.objects.name if self.objects else "", tuple(wanted))
        if models.reason:
            raise InputError(models.reason)
        kinds = look(clip.frames(), models, self.objects).kinds if models else {}
        if by == channels.JOINED:
            return channels.join(pixels, kinds, self.camera.channels)
        return kinds[by].astype(np.float32) if by in kinds else pixels
