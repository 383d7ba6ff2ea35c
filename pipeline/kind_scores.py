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
from pipeline.evaluation.located import Located, NatScale
from pipeline.thing_scores import Models, Seen, look, observing_model


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
class KindScores:
    """The scores of one clip, and where they lie.

    Attributes:
        scores: (T,) float32 calibrated.
        located: where the joined score, or that of things, lies; None of other kinds.
    """

    scores: Floats
    located: Located | None = None


@dataclass(frozen=True)
class KindScorer:
    """How clips are scored.

    Attributes:
        camera: whose clips they are, and by which kind of score.
        objects: finds things; None where none are needed.
        decibels: whether the detector's scores are decibels of an error.
    """

    camera: Camera
    objects: ObjectModel | None
    decibels: bool = True

    @classmethod
    def of(cls, camera: Camera, runtime: Runtime, decibels: bool = True) -> "KindScorer":
        """Load the object model that the camera learnt things with, where it is needed."""
        things = channels.ATTRIBUTES in camera.channels and camera.by in (channels.JOINED, channels.ATTRIBUTES)
        model = observing_model(camera, objects.choose("auto", runtime), runtime) if things else None
        return cls(camera, model, decibels)

    def joined(self, raw: Floats, clip: Footage) -> KindScores:
        """Return a clip's calibrated scores of its kind, from the (T,) uncalibrated ones of its pixels.

        Raises:
            InputError: the object model that the camera learnt things with is not here.
        """
        by, pixels = self.camera.by, raw - np.float32(self.camera.normality.median)
        wanted = (by,) if by in channels.FILES else channels.FILES if by == channels.JOINED else ()
        models = Models.of(self.camera, self.objects.name if self.objects else "", tuple(wanted))
        if models.reason:
            raise InputError(models.reason)
        if not models:
            return KindScores(pixels)
        seen = look(clip.frames(), models, self.objects)
        if by == channels.JOINED:
            return KindScores(channels.join(pixels, seen.kinds, self.camera.channels), self._located(seen, pixels))
        return KindScores(seen.kinds[by].astype(np.float32), self._located(seen, None))

    def _located(self, seen: Seen, pixels: Floats | None) -> Located | None:
        if seen.things is None:
            return None
        frames, boxes, nats = seen.things.followed()
        rows = np.concatenate([frames[:, None], boxes, nats[:, None]], axis=1, dtype=np.float64)[nats > 0]
        scale = NatScale(self.camera.channels[channels.ATTRIBUTES].equivalence, self.decibels)
        return Located(rows, pixels, scale)
