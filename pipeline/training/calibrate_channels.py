"""Calibration of the kinds of scores that a camera joins: models of normal footage, and false alarms."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.arrays import Doubles, Floats
from core.clock import Clock
from core.contracts import Footage, ObjectModel
from core.equivalence import Channel, Equivalence
from core.errors import DataError
from core.normality import AlarmCurve
from core.progress import JobProgress
from core.records import Frames
from core.things import Things
from detectors.attributes import AttributeModel, cross_scored
from pipeline import channels
from pipeline.observe import observe
from pipeline.plan import OBSERVING
from pipeline.training.alarm_curve import alarm_curve

SAME = Equivalence((0.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class ScoredClip:
    """Calibrated scores of a normal clip's pixels, from its frame ``first`` on; and when these frames are shown."""

    first: int
    scores: Floats
    clock: Clock


@dataclass(frozen=True)
class ObservedClip:
    """The things of a normal clip, and when its frames are shown."""

    things: Things
    clock: Clock


@dataclass(frozen=True)
class Channels:
    """What :func:`calibrate_channels` found.

    Attributes:
        kinds: kind of score to its channel.
        model: of the attributes; None where the footage shows too little.
        reason: why there is none, in a sentence; empty where there is one.
        alarms: what thresholds of the joined scores cost.
        joined: of each clip whose pixels were scored.
    """

    kinds: dict[str, Channel]
    model: AttributeModel | None
    reason: str
    alarms: AlarmCurve
    joined: tuple[Floats, ...]

    def saved(self, folder: Path) -> dict[str, Channel]:
        """Write the model into a camera's folder; return the channels with the checksum of its file.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        path = folder / channels.FILES[channels.ATTRIBUTES]
        if self.model is None:
            path.unlink(missing_ok=True)
            return self.kinds
        sha256 = self.model.save(path)
        return {**self.kinds, channels.ATTRIBUTES: replace(self.kinds[channels.ATTRIBUTES], sha256=sha256)}


def observe_clips(clips: Sequence[Footage], objects: ObjectModel, job: JobProgress) -> list[ObservedClip]:
    """Observe the things of normal clips, in the stage :data:`pipeline.plan.OBSERVING`."""
    job.begin(OBSERVING)
    frames, observed = 0, []

    def told(clip: Footage) -> Iterator[Frames]:
        nonlocal frames
        for chunk in clip.frames():
            yield chunk
            frames += len(chunk)
            job.advance(frames)

    for clip in clips:
        observed.append(ObservedClip(*observe(told(clip), objects)))
    return observed


def calibrate_channels(
    scored: Sequence[ScoredClip], observed: Sequence[ObservedClip], pixels: AlarmCurve, objects: str
) -> Channels:
    """Learn what is normal of things, and what each kind of score costs in false alarms.

    Things are scored by what the other normal footage shows, so that the footage that they were learnt from tells of
    footage that they were not.

    Args:
        scored: the clips that the threshold is measured on.
        observed: the same clips in the same order, then more normal footage.
        pixels: what thresholds of the pixels' scores cost.
        objects: name of the object model that observed.
    """
    kinds: list[dict[str, Doubles]] = [{} for _ in scored]
    found, model, reason = {channels.PIXELS: Channel(SAME, pixels)}, None, ""
    try:
        model = AttributeModel.fit([clip.things for clip in observed])
        things = cross_scored([clip.things for clip in observed])
    except DataError as error:
        reason = str(error)
    else:
        every = [one.frame_scores(len(clip.clock)) for one, clip in zip(things, observed, strict=True)]
        found[channels.ATTRIBUTES] = _channel(every, [clip.clock for clip in observed], pixels, objects)
        for own, clip, whole in zip(kinds, scored, every, strict=False):
            own[channels.ATTRIBUTES] = whole[clip.first : clip.first + len(clip.scores)]
    slow = [channels.sustained(clip.scores, clip.clock) for clip in scored]
    found[channels.SUSTAINED] = _channel(slow, [clip.clock for clip in scored], pixels)
    joined = [channels.join(clip.scores, own, found, clip.clock) for own, clip in zip(kinds, scored, strict=True)]
    alarms = alarm_curve([(scores, clip.clock) for scores, clip in zip(joined, scored, strict=True)])
    return Channels(found, model, reason, alarms, tuple(joined))


def _channel(scores: Sequence[Doubles], clocks: Sequence[Clock], pixels: AlarmCurve, objects: str = "") -> Channel:
    own = alarm_curve([(one.astype(np.float32), clock) for one, clock in zip(scores, clocks, strict=True)])
    return Channel(Equivalence.of(own, pixels), own, objects=objects)


def pixels_alone(scored: Sequence[ScoredClip], pixels: AlarmCurve) -> Channels:
    """Leave out all kinds of scores but that of the pixels."""
    return Channels({}, None, "", pixels, tuple(clip.scores for clip in scored))
