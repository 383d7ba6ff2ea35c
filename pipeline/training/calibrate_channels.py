"""Calibration of the kinds of scores that a camera joins: models of normal footage, and false alarms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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
from detectors.standing import Pass, Standing, StandingModel, judged
from pipeline import channels
from pipeline.observe import Observer
from pipeline.plan import OBSERVING
from pipeline.training.alarm_curve import alarm_curve

SAME = Equivalence((0.0, 1.0), (0.0, 1.0))
LONG_CLIP_SECONDS = 25.0
"""What stands is measured where most of the footage lies in longer clips: shorter ones hardly tell how long things
stand."""
PARTS = 4
"""Parts at least of normal footage, each of which is scored by what stands in the others."""


@dataclass(frozen=True)
class ScoredClip:
    """Calibrated scores of a normal clip's pixels, from its frame ``first`` on; and when these frames are shown."""

    first: int
    scores: Floats
    clock: Clock


@dataclass(frozen=True)
class ObservedClip:
    """The things of a normal clip, its (width, height), and when its frames are shown; views where it was watched."""

    things: Things
    passed: Pass | None
    size: tuple[int, int]
    clock: Clock


@dataclass(frozen=True)
class Channels:
    """What :func:`calibrate_channels` found.

    Attributes:
        kinds: kind of score to its channel.
        models: kind of score to what was learnt of it.
        reasons: kind of score that is left out to the reason, in a sentence.
        alarms: what thresholds of the joined scores cost.
        joined: of each clip whose pixels were scored.
    """

    kinds: dict[str, Channel]
    models: dict[str, AttributeModel | StandingModel]
    reasons: dict[str, str]
    alarms: AlarmCurve
    joined: tuple[Floats, ...]

    def saved(self, folder: Path) -> dict[str, Channel]:
        """Write the models into a camera's folder; return the channels with the checksums of their files.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        for name in channels.FILES.keys() - self.models.keys():
            (folder / channels.FILES[name]).unlink(missing_ok=True)
        sums = {name: model.save(folder / channels.FILES[name]) for name, model in self.models.items()}
        return {name: replace(one, sha256=sums.get(name, "")) for name, one in self.kinds.items()}


def observe_clips(
    clips: Sequence[Footage], objects: ObjectModel, job: JobProgress, stands: bool = False
) -> list[ObservedClip]:
    """Observe the things of normal clips, in the stage :data:`pipeline.plan.OBSERVING`; also what stands, if asked."""
    job.begin(OBSERVING)
    frames, observed = 0, []
    for clip in clips:
        observer, standing, times, size = Observer(objects), Standing(keep=True), list[Doubles](), (1, 1)
        for chunk in clip.frames():
            observer.add(chunk)
            if stands:
                standing.add(chunk)
            times.append(chunk.times)
            size = (chunk.images.shape[2], chunk.images.shape[1])
            frames += len(chunk)
            job.advance(frames)
        clock = Clock.of(np.concatenate([np.zeros(0), *times]))
        passed = standing.passed() if stands else None
        observed.append(ObservedClip(observer.finish(clock), passed, size, clock))
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
    found = Channels({channels.PIXELS: Channel(SAME, pixels)}, {}, _too_short(observed), pixels, ())
    asked = LEARNT if observed[0].passed is not None else {channels.ATTRIBUTES: _attributes}
    for name, learn in ((name, learn) for name, learn in asked.items() if name not in found.reasons):
        try:
            model, every = learn(observed)
        except DataError as error:
            found.reasons[name] = str(error)
            continue
        found.models[name] = model
        rests_on = objects if name == channels.ATTRIBUTES else ""
        found.kinds[name] = _channel(every, [clip.clock for clip in observed], pixels, rests_on)
        for own, clip, whole in zip(kinds, scored, every, strict=False):
            own[name] = whole[clip.first : clip.first + len(clip.scores)]
    joined = [channels.join(clip.scores, own, found.kinds) for own, clip in zip(kinds, scored, strict=True)]
    alarms = alarm_curve([(scores, clip.clock) for scores, clip in zip(joined, scored, strict=True)])
    return replace(found, alarms=alarms, joined=tuple(joined))


def _too_short(observed: Sequence[ObservedClip]) -> dict[str, str]:
    """Say why the footage cannot tell of what stands; nothing where it can, or where nobody asked."""
    seconds = [clip.clock.recorded for clip in observed]
    if observed[0].passed is None or sum(one for one in seconds if one >= LONG_CLIP_SECONDS) >= sum(seconds) / 2:
        return {}
    reason = f"most of the normal footage lies in clips shorter than {LONG_CLIP_SECONDS:g} s"
    return {channels.STANDING: reason}


def _attributes(observed: Sequence[ObservedClip]) -> tuple[AttributeModel, list[Doubles]]:
    model = AttributeModel.fit([clip.things for clip in observed])
    things = cross_scored([clip.things for clip in observed])
    return model, [channels.attribute_scores(one, clip.clock) for one, clip in zip(things, observed, strict=True)]


def _standing(observed: Sequence[ObservedClip]) -> tuple[StandingModel, list[Doubles]]:
    """Learn what stands; each clip is scored by what the others show, a part of it where there are few others."""
    model = StandingModel.fit([clip.passed for clip in observed if clip.passed is not None])
    scores = [np.zeros(len(clip.clock)) for clip in observed]
    parts = [(number, part) for number, clip in enumerate(observed) for part in _parts(clip, len(observed))]
    for number, part in parts:
        clip = observed[number]
        known = StandingModel.fit([other for _, other in parts if other is not part])
        own = judged(part, known, clip.clock, clip.size).scores
        first, last = part.views[0].frame, part.views[-1].frame + 1
        scores[number][first:last] = own[first:last]
    return model, scores


def _parts(clip: ObservedClip, clips: int) -> list[Pass]:
    """Cut a clip's views so that all clips together have :data:`PARTS` parts at least."""
    views = clip.passed.views if clip.passed is not None else ()
    cuts = np.linspace(0, len(views), -(-PARTS // clips) + 1).round().astype(int).tolist()
    return [Pass(views[a:b]) for a, b in pairwise(cuts) if a < b]


Learn = Callable[[Sequence[ObservedClip]], tuple[AttributeModel | StandingModel, list[Doubles]]]
LEARNT: dict[str, Learn] = {channels.ATTRIBUTES: _attributes, channels.STANDING: _standing}


def _channel(scores: Sequence[Doubles], clocks: Sequence[Clock], pixels: AlarmCurve, objects: str = "") -> Channel:
    own = alarm_curve([(one.astype(np.float32), clock) for one, clock in zip(scores, clocks, strict=True)])
    return Channel(Equivalence.of(own, pixels), own, objects=objects)


def pixels_alone(scored: Sequence[ScoredClip], pixels: AlarmCurve) -> Channels:
    """Leave out all kinds of scores but that of the pixels."""
    return Channels({}, {}, {}, pixels, tuple(clip.scores for clip in scored))
