"""What the truth of the plaza's clips says of a thing: where it is, how fast, how tall, and what is usual there.

Boxes of the truth hold what can be seen of a thing. What is ridden has the box of both, it and its rider, as labels and
the compact object model draw it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Bools, Doubles, Floats, Ints
from core.boxes import iou
from core.clock import Clock
from core.records import Pixels, Tube
from explain.causes.tubes import speed
from explain.labels import PERSON
from explain.objects.compact import RIDDEN

AROUND_SECONDS = 1.0
"""Before and after a moment over which a thing is measured: its attributes are means over so much of its track."""
MIN_VISIBLE = 0.8
"""Share of a thing that can be seen, from which its box tells its shape and place."""
MIN_IOU, SAME_NAME = 0.3, 0.1
"""A box is that of a true thing from here; by how much IoU one of the same name is preferred."""
MIN_TOGETHER = 0.5
"""Share of a ridden thing's frames that it shares with its rider."""
NEAREST = 12
"""Frames that a thing is measured in, at least: those nearest to a moment, where it is hardly seen whole around it."""
LOOKS_PER_SECOND = 5.0
EDGE_PIXELS = 4
"""From the picture's edge within which a box may be cut off."""


@dataclass(frozen=True)
class TrueTrack:
    """One thing of a clip.

    Attributes:
        number: of the thing in its clip.
        label: name of COCO.
        frames: (T,) ascending.
        boxes: (T, 4) float32, what can be seen of it, in pixels.
        visible: (T,) share of it that can be seen.
        anomalous: whether it belongs to something unusual.
        size: (width, height) of the picture.
    """

    number: int
    label: str
    frames: Ints
    boxes: Floats
    visible: Doubles
    anomalous: bool
    size: tuple[int, int]

    @cached_property
    def whole(self) -> Bools:
        """Frames in which its box is not cut off by something else, or by the picture's edge: (T,)."""
        low, high = self.boxes[:, :2], self.boxes[:, 2:]
        inside = (low > EDGE_PIXELS).all(axis=1) & (high < np.array(self.size) - EDGE_PIXELS).all(axis=1)
        return np.asarray(inside & (self.visible >= MIN_VISIBLE))

    @property
    def feet(self) -> Doubles:
        """The lower edge of its boxes, (T,) in pixels."""
        return np.asarray(self.boxes[:, 3], np.float64)

    @property
    def heights(self) -> Doubles:
        """Of its boxes, (T,) in pixels."""
        return np.asarray(self.boxes[:, 3] - self.boxes[:, 1], np.float64)

    @property
    def widths(self) -> Doubles:
        """Of its boxes over their heights, (T,)."""
        return np.asarray((self.boxes[:, 2] - self.boxes[:, 0]) / self.heights, np.float64)

    def around(self, frame: int, clock: Clock) -> Ints:
        """Return the rows of whole boxes within :data:`AROUND_SECONDS` of a frame, else the nearest whole ones.

        Of a thing that is never whole, all rows count.
        """
        whole = np.flatnonzero(self.whole) if self.whole.any() else np.arange(len(self.frames))
        apart = np.abs(clock.seconds(self.frames[whole]) - clock.at(frame))
        near = whole[apart <= AROUND_SECONDS + clock.step / 2]
        return near if len(near) >= NEAREST else np.sort(whole[np.argsort(apart, kind="stable")[:NEAREST]])

    def looks(self, clock: Clock) -> list[int]:
        """Return the frames that are looked at, of those in which it is whole."""
        step = max(round(1 / (clock.step * LOOKS_PER_SECOND)), 1)
        frames: list[int] = self.frames[self.whole & (self.frames % step == 0)].tolist()
        return frames

    def speed(self, rows: Ints, clock: Clock) -> float:
        """Return how fast it goes in the rows, in its own heights a second; NaN where they are too few to tell."""
        if len(rows) < 2:
            return float("nan")
        ones = np.ones(len(rows), np.float32)
        return speed(Tube(self.label, self.frames[rows], self.boxes[rows], ones), clock)

    def at(self, frames: Sequence[int]) -> Ints:
        """Return the rows of those frames that it is seen in."""
        return np.flatnonzero(np.isin(self.frames, np.asarray(frames)))

    def box_in(self, frame: int) -> Pixels:
        """Return its box in a frame that it is seen in."""
        x1, y1, x2, y2 = self.boxes[int(np.searchsorted(self.frames, frame))].tolist()
        return x1, y1, x2, y2


@dataclass(frozen=True)
class TrueEvent:
    """Something unusual; between its ``first`` and ``last`` frame it can be seen, ``labels`` are X-MAN's."""

    name: str
    first: int
    last: int
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ClipTruth:
    """The truth of one clip."""

    tracks: tuple[TrueTrack, ...]
    events: tuple[TrueEvent, ...]
    clock: Clock

    @classmethod
    def read(cls, path: Path, size: tuple[int, int] = (640, 360)) -> "ClipTruth":
        """Read what lies beside a rendered clip; ``size`` is its (width, height)."""
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        tracks = [_track(entry, size) for entry in facts["tracks"]]
        tracks += [both for track in tracks if track.label in RIDDEN if (both := _with_rider(track, tracks))]
        events = tuple(
            TrueEvent(one["name"], one["first"], one["last"], tuple((c, f) for c, f in one["labels"]))
            for one in facts["events"]
        )
        return cls(tuple(tracks), events, Clock.steady(facts["fps"], facts["frames"]))

    @property
    def usual(self) -> list[TrueTrack]:
        """The things that belong to nothing unusual."""
        return [track for track in self.tracks if not track.anomalous]

    @property
    def unusual(self) -> list[TrueTrack]:
        """The things that belong to something unusual."""
        return [track for track in self.tracks if track.anomalous]

    def thing(self, box: Pixels, label: str, frame: int) -> TrueTrack | None:
        """Return the thing whose box it is in a frame; of several, the one that it fits best."""
        rows = [(track, track.at([frame])) for track in self.tracks]
        there = [(track, track.boxes[own[0]]) for track, own in rows if len(own)]
        if not there:
            return None
        fit = iou(np.array([box], np.float64), np.array([one for _, one in there], np.float64))[0]
        same = SAME_NAME * np.array([track.label == label for track, _ in there])
        best = int((fit + same).argmax())
        return there[best][0] if fit[best] >= MIN_IOU else None


def _track(entry: dict[str, Any], size: tuple[int, int]) -> TrueTrack:
    rows = np.array(entry["boxes"], np.float64)
    return TrueTrack(
        entry["track"], entry["label"], rows[:, 0].astype(np.int64), rows[:, 1:5].astype(np.float32), rows[:, 5],
        entry["anomalous"] is not None, size,
    )  # fmt: skip


def _with_rider(ridden: TrueTrack, tracks: Iterable[TrueTrack]) -> TrueTrack | None:
    """Return what is ridden and its rider as one thing: the unusual person whose boxes touch it in most frames."""
    best, most = None, MIN_TOGETHER * len(ridden.frames)
    for person in (track for track in tracks if track.label == PERSON and track.anomalous):
        frames, own, its = np.intersect1d(ridden.frames, person.frames, return_indices=True)
        one, other = ridden.boxes[own], person.boxes[its]
        low, high = np.minimum(one[:, :2], other[:, :2]), np.maximum(one[:, 2:], other[:, 2:])
        touch = (np.minimum(one[:, 2:], other[:, 2:]) > np.maximum(one[:, :2], other[:, :2])).all(axis=1)
        if touch.sum() > most:
            most, boxes = float(touch.sum()), np.concatenate([low, high], axis=1)
            visible = np.minimum(ridden.visible[own], person.visible[its])
            best = TrueTrack(ridden.number, ridden.label, frames, boxes, visible, True, ridden.size)
    return best


@dataclass(frozen=True)
class TrueUsual:
    """What things of one label are like in normal footage, from its truth; each is measured as long as a thing is.

    Attributes:
        speeds, widths, heights: ascending; heights are multiples of a person's at that place.
    """

    speeds: Doubles
    widths: Doubles
    heights: Doubles


@dataclass(frozen=True)
class TrueNormal:
    """What is usual on the plaza.

    Attributes:
        usual: label to what its things are like.
        line: slope and intercept of the height of a person over the lower edge of the box, in pixels.
    """

    usual: Mapping[str, TrueUsual]
    line: tuple[float, float]

    @classmethod
    def of(cls, clips: Sequence[ClipTruth]) -> "TrueNormal":
        """Measure it, with :data:`LOOKS_PER_SECOND` looks at each usual thing that can be seen whole."""
        persons = [track for clip in clips for track in clip.usual if track.label == PERSON]
        foot = np.concatenate([one.feet[one.whole] for one in persons])
        tall = np.concatenate([one.heights[one.whole] for one in persons])
        slope, intercept = np.polyfit(foot, tall, 1)
        found = cls({}, (float(slope), float(intercept)))
        labels = {track.label for clip in clips for track in clip.usual}
        return cls({label: found._usual(clips, label) for label in sorted(labels)}, found.line)

    def _usual(self, clips: Sequence[ClipTruth], label: str) -> TrueUsual:
        rows = [
            measured
            for clip in clips
            for track in clip.usual
            if track.label == label
            for frame in track.looks(clip.clock)
            if (measured := self.measure(track, frame, clip.clock))
        ]
        speeds, widths, heights = np.sort(np.array(rows, np.float64).reshape(-1, 3), axis=0).T
        return TrueUsual(speeds[np.isfinite(speeds)], widths, heights)

    def measure(self, track: TrueTrack, frame: int, clock: Clock) -> tuple[float, float, float]:
        """Return a thing's speed in heights a second, width over height, and height over that of a person there."""
        rows = track.around(frame, clock)
        usual = self.line[0] * track.feet[rows] + self.line[1]
        shape = float(np.mean(track.widths[rows])), float(np.mean(track.heights[rows] / usual))
        return track.speed(rows, clock), *shape

    def among(self, label: str) -> TrueUsual:
        """Return what a label is compared with: things of that label; persons, where no label is named."""
        return self.usual.get(label) or self.usual[PERSON]


def passed(usual: Doubles, value: float) -> float:
    """Return the share of ascending usual values below one."""
    return float(np.searchsorted(usual, value)) / max(len(usual), 1)
