"""Calibration of what stands: a model of normal footage, and what thresholds cost in false alarms of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.clock import Clock
from core.contracts import Footage
from core.errors import DataError
from core.normality import AlarmCurve, StandingAlarms
from core.progress import JobProgress
from detectors.standing import Pass, Standing, StandingModel, judged
from pipeline.channels import FILES, STANDING
from pipeline.plan import OBSERVING
from pipeline.training.alarm_curve import spot_curve

LONG_CLIP_SECONDS = 25.0
"""What stands is measured where most of the footage lies in longer clips: shorter ones hardly tell how long things
stand."""
PARTS = 4
"""Parts at least of normal footage, each of which is scored by what stands in the others."""


@dataclass(frozen=True)
class WatchedClip:
    """The views of a normal clip, and when its frames are shown."""

    passed: Pass
    clock: Clock


@dataclass(frozen=True)
class StandingCalibration:
    """What :func:`calibrate_standing` found.

    Attributes:
        model: of what stands usually.
        alarms: what thresholds cost, counted on footage that is scored by what the rest of it shows.
    """

    model: StandingModel
    alarms: AlarmCurve

    def saved(self, folder: Path, per_hour: float) -> StandingAlarms:
        """Write the model into a camera's folder; return it with the threshold that costs so many alarms an hour.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        sha256 = self.model.save(folder / FILES[STANDING])
        return StandingAlarms(self.alarms, self.alarms.threshold(per_hour), sha256)


def watch_clips(clips: Sequence[Footage], job: JobProgress) -> list[WatchedClip]:
    """Watch what stands in normal clips, in the stage :data:`pipeline.plan.OBSERVING`."""
    job.begin(OBSERVING)
    frames, watched = 0, []
    for clip in clips:
        standing, times = Standing(keep=True), []
        for chunk in clip.frames():
            standing.add(chunk)
            times.append(chunk.times)
            frames += len(chunk)
            job.advance(frames)
        watched.append(WatchedClip(standing.passed(), Clock.of(np.concatenate([np.zeros(0), *times]))))
    return watched


def calibrate_standing(clips: Sequence[WatchedClip]) -> StandingCalibration:
    """Learn what stands in normal footage, and count the false alarms that thresholds cost.

    Each clip is scored by what the others show, a part of it where there are few others.

    Raises:
        DataError: the footage does not tell for how long things stand, or has too few views, or views of several sizes.
    """
    seconds = [clip.clock.recorded for clip in clips]
    if sum(one for one in seconds if one >= LONG_CLIP_SECONDS) < sum(seconds) / 2:
        raise DataError(f"most of the normal footage lies in clips shorter than {LONG_CLIP_SECONDS:g} s")
    model = StandingModel.fit([clip.passed for clip in clips])
    parts = [(part, clip.clock) for clip in clips for part in _parts(clip.passed, len(clips))]
    scores = list[float]()
    for part, clock in parts:
        known = StandingModel.fit([other for other, _ in parts if other is not part])
        # Where places lie does not matter here, so that one size serves for all.
        scores += [spot.score for spot in judged(part, known, clock, (1, 1)).spots]
    return StandingCalibration(model, spot_curve(scores, sum(seconds) / 3600))


def _parts(passed: Pass, clips: int) -> list[Pass]:
    """Cut a clip's views so that all clips together have :data:`PARTS` parts at least."""
    cuts = np.linspace(0, len(passed.views), -(-PARTS // clips) + 1).round().astype(int).tolist()
    return [Pass(passed.views[a:b]) for a, b in pairwise(cuts) if a < b]
