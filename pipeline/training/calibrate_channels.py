"""Calibration of the kinds of scores that a camera joins: models of normal footage, and false alarms."""

from collections.abc import Sequence
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
from core.things import Things
from detectors.attributes import AttributeModel, cross_scored
from detectors.standing import Pass, Standing
from pipeline import channels
from pipeline.observe import Observer
from pipeline.plan import OBSERVING
from pipeline.training.alarm_curve import alarm_curve
from pipeline.weather import Weather

SAME = Equivalence((0.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class ScoredClip:
    """Calibrated scores of a normal clip's pixels, from its frame ``first`` on; and when these frames are shown."""

    first: int
    scores: Floats
    clock: Clock


@dataclass(frozen=True)
class ObservedClip:
    """The things of a normal clip, its views where what stands was watched, and when its frames are shown."""

    things: Things
    passed: Pass | None
    clock: Clock


@dataclass(frozen=True)
class Channels:
    """What :func:`calibrate_channels` found.

    Attributes:
        kinds: kind of score to its channel.
        attributes: what was learnt of things; None where they are left out.
        reasons: kind of score that is left out to the reason, in a sentence.
        alarms: what thresholds of the joined scores cost.
        joined: of each clip whose pixels were scored.
    """

    kinds: dict[str, Channel]
    attributes: AttributeModel | None
    reasons: dict[str, str]
    alarms: AlarmCurve
    joined: tuple[Floats, ...]

    def saved(self, folder: Path) -> dict[str, Channel]:
        """Write what was learnt into a camera's folder; return the channels with the checksums of their files.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        path = folder / channels.FILES[channels.ATTRIBUTES]
        if self.attributes is None:
            path.unlink(missing_ok=True)
            return dict(self.kinds)
        known = replace(self.kinds[channels.ATTRIBUTES], sha256=self.attributes.save(path))
        return {**self.kinds, channels.ATTRIBUTES: known}


def observe_clips(
    clips: Sequence[Footage], objects: ObjectModel, job: JobProgress, fps: float, stands: bool = False
) -> list[ObservedClip]:
    """Observe the things of normal clips of ``fps`` frames a second, in the stage :data:`pipeline.plan.OBSERVING`.

    They are observed as those of clips that are analysed, without rain and snow; also what stands, if asked.
    """
    job.begin(OBSERVING)
    frames, observed = 0, []
    for clip in clips:
        observer, standing, times = Observer(objects), Standing(keep=True), list[Doubles]()
        for chunk in Weather(fps).clear(clip.frames()):
            observer.add(chunk)
            if stands:
                standing.add(chunk)
            times.append(chunk.times)
            frames += len(chunk)
            job.advance(frames)
        clock = Clock.of(np.concatenate([np.zeros(0), *times]))
        observed.append(ObservedClip(observer.finish(clock), standing.passed() if stands else None, clock))
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
    found = Channels({channels.PIXELS: Channel(SAME, pixels)}, None, {}, pixels, ())
    kinds: list[dict[str, Doubles]] = [{} for _ in scored]
    try:
        model, every = _attributes(observed)
    except DataError as error:
        found.reasons[channels.ATTRIBUTES] = str(error)
    else:
        found = replace(found, attributes=model)
        found.kinds[channels.ATTRIBUTES] = _channel(every, [clip.clock for clip in observed], pixels, objects)
        for own, clip, whole in zip(kinds, scored, every, strict=False):
            own[channels.ATTRIBUTES] = whole[clip.first : clip.first + len(clip.scores)]
    joined = [channels.join(clip.scores, own, found.kinds) for own, clip in zip(kinds, scored, strict=True)]
    alarms = alarm_curve([(scores, clip.clock) for scores, clip in zip(joined, scored, strict=True)])
    return replace(found, alarms=alarms, joined=tuple(joined))


def _attributes(observed: Sequence[ObservedClip]) -> tuple[AttributeModel, list[Doubles]]:
    model = AttributeModel.fit([clip.things for clip in observed])
    things = cross_scored([clip.things for clip in observed])
    return model, [channels.attribute_scores(one, clip.clock) for one, clip in zip(things, observed, strict=True)]


def _channel(scores: Sequence[Doubles], clocks: Sequence[Clock], pixels: AlarmCurve, objects: str) -> Channel:
    own = alarm_curve([(one.astype(np.float32), clock) for one, clock in zip(scores, clocks, strict=True)])
    return Channel(Equivalence.of(own, pixels), own, objects=objects)


def pixels_alone(scored: Sequence[ScoredClip], pixels: AlarmCurve) -> Channels:
    """Leave out all kinds of scores but that of the pixels."""
    return Channels({}, None, {}, pixels, tuple(clip.scores for clip in scored))
