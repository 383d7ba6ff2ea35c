"""Events of the plaza in bad weather, as an analyst meets them: which are found, and which first causes are right.

``./whycam bench plaza-events [DISTORTION…]`` renders the plaza's test clips, distorts them, and analyses each as a clip
that somebody uploads, at the camera's own threshold. The plain frame difference stands beside it, its threshold set by
the same false alarms of the plaza's training clips.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._plaza_truth import ClipTruth, TrueEvent, TrueTrack
from core import device, video
from core.analysis import Analysis, Cause
from core.boxes import iou
from core.clock import Clock
from core.contracts import Footage
from core.records import Event
from footage.plaza import Plaza, PlazaClip
from metrics.first_cause import MIN_IOU, Region, names
from pipeline import frame_difference
from pipeline.analyse import analyse
from pipeline.camera import Camera, load
from pipeline.evaluation import plan
from pipeline.evaluation.difference import Calm, calibrate_difference, observe
from pipeline.evaluation.distortion import DistortedClip, Distortion
from pipeline.events import find_events

CONDITIONS = ("", "brightness=0.3", "rain=heavy", "size=0.5")
"""By day, at night, in rain, and at half size."""
CAMERA = "plaza"


@dataclass(frozen=True)
class Found:
    """What was found of one true event.

    Attributes:
        clip, name: of the event.
        hit: whether an event lies on it in time.
        right: whether the first cause of such an event lies on it in the picture and names it; None where a system
            names nothing.
        said: the first cause of the first such event; empty without one.
    """

    clip: str
    name: str
    hit: bool
    right: bool | None
    said: str = ""


@dataclass(frozen=True)
class Row:
    """What was found under one condition, by one system; ``false`` events lie on no true one."""

    condition: str
    by: str
    found: tuple[Found, ...]
    false: int
    normal_seconds: float

    def table(self) -> dict[str, Any]:
        """Return the cells of its line."""
        missed = [f"{one.name} ({one.clip})" for one in self.found if not one.hit]
        wrong = [f"{one.name}: {one.said} ({one.clip})" for one in self.found if one.hit and one.right is False]
        right = [one.right for one in self.found if one.right is not None]
        return {
            "distortion": self.condition or "none", "by": self.by,
            "events hit": f"{sum(one.hit for one in self.found)} of {len(self.found)}",
            "first cause right": f"{sum(right)} of {len(right)}" if right else "–",
            "false events": self.false, "normal seconds": round(self.normal_seconds),
            "missed": ", ".join(missed), "named otherwise": ", ".join(wrong),
        }  # fmt: skip


def measure(
    chosen: str, say: Callable[[str], None], conditions: Sequence[str] = CONDITIONS, clips: Sequence[str] = (),
    data: Plaza | None = None, early: Callable[[Sequence["Row"]], None] = lambda rows: None,
) -> list[Row]:  # fmt: skip
    """Analyse the plaza's test clips under each condition.

    Args:
        chosen: device, as :func:`core.device.choose` takes it.
        say: receives progress.
        conditions: as :meth:`pipeline.evaluation.distortion.Distortion.read` reads them; an empty one for none.
        clips: names of the test clips; all when empty.
        data: the plaza, which keeps rendered clips; that of the user's folder when None.
        early: given the rows of each condition as soon as they are known.

    Returns:
        For each condition the row of the camera and that of the frame difference.

    Raises:
        InputError: a condition is none.
        StorageError: a clip cannot be kept.
    """
    runtime, camera, data = device.choose(chosen), load(CAMERA), data or Plaza()
    distortions = [Distortion.read(text) for text in conditions]
    say("what is usual")
    job = plan.job_of(frame_difference.NAME, data.name, "cpu")
    calm, rows = calibrate_difference(data.training(), job), list[Row]()
    test = [clip for clip in data.test() if not clips or clip.name in clips]
    for distortion in distortions:
        own, other = list[_Clip](), list[_Clip]()
        for clip in test:
            say(f"{clip.name}, {distortion.describe() or 'as it is'}")
            truth = ClipTruth.read(clip.ready())
            own.append(_analysed(clip, distortion, camera, runtime, truth))
            other.append(_compared(DistortedClip(clip, distortion), calm, truth))
        rows += [_row(distortion, CAMERA, own), _row(distortion, frame_difference.NAME, other)]
        early(rows[-2:])
    return rows


@dataclass(frozen=True)
class _Clip:
    found: tuple[Found, ...]
    false: int
    normal_seconds: float


def _row(distortion: Distortion, by: str, clips: Sequence[_Clip]) -> Row:
    found = tuple(chain.from_iterable(clip.found for clip in clips))
    seconds = sum(clip.normal_seconds for clip in clips)
    return Row(distortion.describe(), by, found, sum(clip.false for clip in clips), seconds)


def _analysed(
    clip: PlazaClip, distortion: Distortion, camera: Camera, runtime: device.Runtime, truth: ClipTruth
) -> _Clip:
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        path, distorted = Path(place) / "clip.mp4", DistortedClip(clip, distortion)
        images = chain.from_iterable(chunk.images for chunk in distorted.frames())
        video.encode(path, images, truth.clock.rate / distortion.every)
        analysis = analyse(path, camera, Path(place) / "run", name=clip.name, runtime=runtime)
    return compared_with_truth(clip.name, analysis, truth, distortion)


def compared_with_truth(clip: str, analysis: Analysis, truth: ClipTruth, distortion: Distortion) -> _Clip:
    """Compare the events of a distorted clip's report with the truth of the clip as it is."""
    events, found = [one.event for one in analysis.events], list[Found]()
    for true in truth.events:
        there = [one for one in analysis.events if _meet(one.event, true, distortion.every)]
        firsts = [(one.causes[0], one.shown) for one in there if one.causes]
        right = any(_right(cause, true, truth, distortion) for cause, _ in firsts)
        said = f"{firsts[0][0].coarse} {firsts[0][0].fine}" if firsts else "nothing"
        found.append(Found(clip, true.name, bool(there), right, said))
    return _Clip(tuple(found), *_false(events, truth, distortion.every, analysis.clock))


def _compared(clip: Footage, calm: Calm, truth: ClipTruth) -> _Clip:
    """Find events by the plain frame difference, which names nothing."""
    every = clip.distortion.every if isinstance(clip, DistortedClip) else 1
    values, clock = observe(clip, lambda frames: None)
    values = values - np.float32(calm.median)
    smooth = frame_difference.smoothed(values, clock).astype(np.float32)
    events = find_events(values, np.inf if calm.threshold is None else calm.threshold, clock, smooth=smooth)
    found = tuple(
        Found(clip.name, true.name, any(_meet(one, true, every) for one in events), None) for true in truth.events
    )
    return _Clip(found, *_false(events, truth, every, clock))


def _meet(event: Event, true: TrueEvent, every: int) -> bool:
    return event.first * every <= true.last and event.last * every >= true.first


def _false(events: Sequence[Event], truth: ClipTruth, every: int, clock: Clock) -> tuple[int, float]:
    """Count the events that lie on no true one, and the seconds in which nothing is unusual."""
    abnormal = sum(truth.clock.length(true.first, true.last) for true in truth.events)
    false = sum(not any(_meet(one, true, every) for true in truth.events) for one in events)
    return false, clock.recorded - abnormal


def _right(cause: Cause, true: TrueEvent, truth: ClipTruth, distortion: Distortion) -> bool:
    """Tell whether a cause lies on what is unusual in an event, and names it, in most frames that it is seen in."""
    votes = []
    for frame, box in cause.tube:
        whole = frame * distortion.every
        if not true.first <= whole <= true.last:
            continue
        there = [track for track in truth.unusual if len(track.at([whole]))]
        scaled = [np.array(track.box_in(whole)) * distortion.size for track in there]
        on = iou([box], scaled)[0] >= MIN_IOU if there else []
        regions = (region for track, lies in zip(there, on, strict=True) if lies for region in _regions(track, true))
        votes.append(any(names(cause.coarse, cause.fine, region) for region in regions))
    return bool(votes) and float(np.mean(votes)) > 0.5


def _regions(track: TrueTrack, true: TrueEvent) -> list[Region]:
    """Say what a thing of an event may be called: its own name, or what is unusual about a person."""
    none = (0.0, 0.0, 0.0, 0.0)
    if track.label != "person":
        return [Region("object", track.label, none, track.number)]
    return [Region(coarse, fine, none, track.number) for coarse, fine in true.labels if coarse != "object"]
