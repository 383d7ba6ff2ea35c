"""Scores and events of labelled clips by one kind of score, or by all that a camera has."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Floats
from core.clock import Clock
from core.contracts import Footage, ObjectModel
from core.device import Runtime
from core.errors import InputError
from core.registry import pick
from explain import objects
from pipeline import channels, standing_events
from pipeline.camera import Camera
from pipeline.evaluation.located import Located, NatScale
from pipeline.events import find_events
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
    has = [*(kind for kind in camera.channels if kind != channels.STANDING), *_stands(camera)]
    if by not in has and by != channels.PIXELS:
        known = ", ".join(has) or channels.PIXELS
        raise InputError(f"camera {camera.name} has no scores by {by}; it has: {known}; train --measure makes them")
    name = f"{camera.name}, by {by}"[:64]
    return dataclasses.replace(camera, name=name, by=by, threshold=channels.threshold(camera, by))


def _stands(camera: Camera) -> list[str]:
    return [channels.STANDING] if camera.standing is not None else []


@dataclass(frozen=True)
class KindScores:
    """What a clip came to.

    Attributes:
        scores: (T,) float32 calibrated; those of what stands are in nats.
        flagged: (T,) whether each frame lies in an event; None where the threshold is unknown.
        located: where the joined score, or that of things, lies; None of other kinds.
    """

    scores: Floats
    flagged: Bools | None
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

    def score(self, raw: Floats, clip: Footage, clock: Clock) -> KindScores:
        """Score a clip's frames by its kind, and mark those in events.

        Where all kinds are joined, events of what stands count, too, from when they could be known; the scores are
        those of what moves.

        Args:
            raw: (T,) uncalibrated scores of its pixels.
            clip: that the things are observed in.
            clock: when its frames are shown.

        Raises:
            InputError: the object model that the camera learnt things with is not here.
        """
        by, pixels = self.camera.by, raw - np.float32(self.camera.normality.median)
        wanted = (by,) if by in channels.FILES else channels.FILES if by == channels.JOINED else ()
        models = Models.of(self.camera, self.objects.name if self.objects else "", tuple(wanted))
        if models.reason or models.outdated:
            raise InputError(models.reason or models.outdated)
        seen = look(clip.frames(), models, self.objects, self.camera.fps) if models else None
        scores, located = self._scores(pixels, seen), self._located(seen, pixels)
        if math.isnan(self.camera.threshold):
            return KindScores(scores, None, located)
        inside = np.zeros(len(scores), np.bool_)
        for event in find_events(scores, self.camera.threshold, clock) if by != channels.STANDING else ():
            inside[event.first : event.last + 1] = True
        if seen is not None and seen.stood is not None and self.camera.standing is not None:
            inside |= standing_events.flagged(seen.stood.spots, self.camera.standing.threshold, len(scores))
        return KindScores(scores, inside, located)

    def _scores(self, pixels: Floats, seen: Seen | None) -> Floats:
        by = self.camera.by
        if seen is not None and by == channels.STANDING and seen.stood is not None:
            return seen.stood.scores.astype(np.float32)
        kinds = seen.kinds if seen is not None else {}
        if by == channels.JOINED:
            return channels.join(pixels, kinds, self.camera.channels)
        return kinds[by].astype(np.float32) if by in kinds else pixels

    def _located(self, seen: Seen | None, pixels: Floats) -> Located | None:
        if seen is None or seen.things is None:
            return None
        frames, boxes, nats = seen.things.followed()
        rows = np.concatenate([frames[:, None], boxes, nats[:, None]], axis=1, dtype=np.float64)[nats > 0]
        scale = NatScale(self.camera.channels[channels.ATTRIBUTES].equivalence, self.decibels)
        return Located(rows, pixels if self.camera.by == channels.JOINED else None, scale)
