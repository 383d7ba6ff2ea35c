"""One cheap pass over normal footage: what its clips are, what moves in them, and whether the camera stood still."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from scipy import fft

from core.arrays import Doubles, Floats, Images
from core.clock import GAP_SECONDS, Clock
from core.contracts import Footage
from core.disturbance import Disturbance
from core.errors import DataError
from explain.disturbances.monitor import Monitor
from pipeline.camera import background_of
from pipeline.repeats import Repeats, reduced

WIDTH = 192
"""Of the thumbnails that everything is measured on, in pixels."""
FRAMES_PER_SECOND, MAX_FRAMES = 2.0, 400
"""Frames looked at: so many a second, and of a long clip so many in all, evenly spread."""
MIN_SCENE_SECONDS = 4.0
"""Shots shorter than this are not told apart: something large that passes is not another scene."""
MIN_CORRELATION = 0.5
"""Correlation of structure from which a frame shows the same place as a background."""
MIN_NOISE_FACTOR, MIN_CHANGE = 5.0, 18.0
"""A pixel has changed from so many times the noise on, and from so many of 255 grey levels on."""
MIN_AREA = 0.0004
"""Share of the picture from which something that changed is a thing that moves."""
MAX_GREY_SPREAD = 4.0
"""Mean distance of the colour channels under which a picture is grey."""
MIN_SAME_PIXELS, MIN_SAME_FRAMES = 0.98, 0.8
"""Share of the pixels that are the same in a frame and the one before where nothing changed, and share of such frames,
of a picture that never changes; the rest are key frames, which code it anew."""


@dataclass(frozen=True)
class ClipSurvey:
    """What was seen of one clip.

    Attributes:
        name: of the clip.
        frames, fps, width, height: its facts; frames were counted.
        grey: whether it has no colours.
        brightness: of its background, 0 to 255.
        contrast: standard deviation of its background's brightness.
        background: (h, 96, 3) uint8 median of its frames.
        lively: share of the frames looked at in which something moves.
        things: heights of what moves, in pixels of the clip, ascending.
        steady: share of the frames looked at that show the clip's background in its place.
        sway: how far frames that show it lie from it, the 90th percentile, as a share of the width.
        scenes: how many different places it shows for some seconds.
        complaints: what reading it was stopped or troubled by.
        disturbances: camera faults, in order of time.
        fresh: share of its frames that are new pictures, where others repeat the one before at a steady beat.
        still: whether its picture never changes, not even by noise.
    """

    name: str
    frames: int
    fps: float
    width: int
    height: int
    grey: bool
    brightness: float
    contrast: float
    background: Images
    lively: float
    things: tuple[float, ...]
    steady: float
    sway: float
    scenes: int
    complaints: tuple[str, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    fresh: float = 1.0
    still: bool = False

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


@dataclass(frozen=True)
class Survey:
    """What was seen of all clips."""

    clips: tuple[ClipSurvey, ...]

    @property
    def frames(self) -> int:
        """Frames in all."""
        return sum(clip.frames for clip in self.clips)

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return sum(clip.seconds for clip in self.clips)

    @property
    def longest(self) -> ClipSurvey:
        """The clip with most frames, whose size and frame rate are the camera's."""
        return max(self.clips, key=lambda clip: clip.frames)

    @property
    def lively(self) -> float:
        """Share of the time in which something moves."""
        return sum(clip.lively * clip.seconds for clip in self.clips) / self.seconds

    @property
    def thing(self) -> float | None:
        """Height of a typical thing that moves, as a share of the picture's; None where nothing moves."""
        heights = [height / clip.height for clip in self.clips for height in clip.things]
        return float(np.median(heights)) if heights else None

    def facts(self) -> dict[str, Any]:
        """Return what a card keeps of it."""
        return {
            "minutes": round(self.seconds / 60, 2),
            "clips": len(self.clips),
            "moving": round(self.lively, 3),
            "height_of_things": None if self.thing is None else round(self.thing, 3),
            "grey": all(clip.grey for clip in self.clips),
            "steady": round(min(clip.steady for clip in self.clips), 3),
        }


def survey(clips: Sequence[Footage], progress: Callable[[int], None] | None = None) -> Survey:
    """Go through normal footage once, decoding it and keeping thumbnails of a few frames a second.

    Raises:
        DataError: there is no clip, or one has fewer than two frames.
        ClipError: a clip cannot be read.
    """
    if not clips:
        raise DataError("there is no normal footage; give a folder with at least one clip")
    seen: list[ClipSurvey] = []
    for clip in clips:
        seen.append(_look(clip, sum(one.frames for one in seen), progress))
    return Survey(tuple(seen))


@dataclass
class _Sample:
    """What one pass over a clip collects.

    Thumbnails are of each ``stride``-th frame, the stride doubled whenever there are too many. ``repeated`` frames
    repeat the one before at a steady beat, ``same`` ones do not differ from it at all.
    """

    pictures: list[Images] = field(default_factory=list)
    stride: int = 0
    frames: int = 0
    fps: float = 0.0
    size: tuple[int, int] = (0, 0)
    seconds: float = 0.0
    last: float = float("nan")
    repeats: Repeats = field(default_factory=Repeats)
    before: Images | None = None
    repeated: int = 0
    same: int = 0

    def take(self, images: Images, times: Doubles) -> None:
        """Take the next frames; the rate is their average, without gaps of the recording."""
        steps = np.diff(times, prepend=self.last)
        self.seconds += float(steps[(steps > 0) & (steps < GAP_SECONDS)].sum())
        self.last = float(times[-1])
        self.fps = (self.frames + len(images) - 1) / self.seconds if self.seconds > 0 else 0.0
        if not self.stride:
            self.size = images.shape[1:3]
            self.stride = max(1, round(self.fps / FRAMES_PER_SECOND))
        for i in range(-self.frames % self.stride, len(images), self.stride):
            self.pictures.append(_thumbnail(images[i]))
        self.frames += len(images)
        if len(self.pictures) > MAX_FRAMES:
            # Counted from the clip's first frame, so that what comes next still falls on the new stride.
            self.pictures, self.stride = self.pictures[::2], self.stride * 2
        for image in images:
            now = reduced(image)
            self.repeated += self.repeats.add_frame(image)
            self.same += self.before is not None and float((now == self.before).mean()) >= MIN_SAME_PIXELS
            self.before = now

    @property
    def fresh(self) -> float:
        """Share of new pictures; a beat that is known in the end was there in the beginning, too."""
        return min(1.0 - self.repeated / self.frames, self.repeats.fresh)


def _thumbnail(image: Images) -> Images:
    height = max(8, round(image.shape[0] * WIDTH / image.shape[1]))
    return np.asarray(cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA), np.uint8)


def _look(clip: Footage, before: int, progress: Callable[[int], None] | None) -> ClipSurvey:
    sample, monitor, times = _Sample(), Monitor(), list[Doubles]()
    for chunk in clip.frames():
        sample.take(chunk.images, chunk.times)
        monitor.update(chunk)
        times.append(chunk.times)
        if progress:
            progress(before + sample.frames)
    if sample.frames < 2 or not sample.fps:
        raise DataError(f"clip {clip.name!r} has no two frames at different times; a clip of normal footage has many")
    colours = np.stack(sample.pictures)
    grey = np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in colours]).astype(np.float32)
    background = np.asarray(np.median(grey, axis=0), np.float32)
    flat = np.stack([_flat(picture) for picture in grey])
    likeness = _likeness(flat, _flat(background))
    shift = _shifts(flat, _flat(background))[likeness > MIN_CORRELATION / 2]
    sway = float(np.quantile(shift, 0.9)) / WIDTH if len(shift) else 0.0
    things, lively = _things(grey, background, sample.size[0] / grey.shape[1])
    per_scene = max(1, round(MIN_SCENE_SECONDS * sample.fps / sample.stride))
    few = colours[:: max(1, len(colours) // 60)]
    spread = few.max(-1).astype(np.int16) - few.min(-1)
    return ClipSurvey(
        clip.name, sample.frames, float(sample.fps), *sample.size[::-1], float(spread.mean()) < MAX_GREY_SPREAD,
        float(background.mean()), float(background.std()), background_of(few), lively, things,
        float((likeness > MIN_CORRELATION).mean()), sway,
        _scenes(flat, per_scene),
        tuple(getattr(clip, "complaints", ())), monitor.finish(Clock.of(np.concatenate(times))),
        sample.fresh, sample.same >= MIN_SAME_FRAMES * (sample.frames - 1) and not lively,
    )  # fmt: skip


def _flat(picture: Floats) -> Floats:
    """Free a picture of slow changes of light."""
    return np.asarray(picture - cv2.GaussianBlur(picture, (0, 0), WIDTH / 12), np.float32)


def _likeness(flat: Floats, background: Floats) -> Floats:
    """Correlate (T, h, w) pictures with a background: (T,) in [-1, 1]."""
    scale = np.linalg.norm(flat, axis=(1, 2)) * np.linalg.norm(background)
    return np.asarray((flat * background).sum((1, 2)) / np.maximum(scale, 1e-6), np.float32)


def _shifts(flat: Floats, background: Floats) -> Doubles:
    """Measure how far each of (T, h, w) pictures lies from the background by phase correlation: (T,) pixels."""
    height, width = background.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    known = np.conj(fft.rfft2(background * window))
    found = np.empty(len(flat))
    for i, picture in enumerate(flat):
        product = fft.rfft2(picture * window) * known
        peak = int(np.argmax(fft.irfft2(product / np.maximum(np.abs(product), 1e-9), (height, width))))
        down, right = divmod(peak, width)
        found[i] = math.hypot(min(down, height - down), min(right, width - right))
    return found


def _things(grey: Floats, background: Floats, scale: float) -> tuple[tuple[float, ...], float]:
    """Measure what stands out from the background: heights in the clip's pixels, and the share of frames with any."""
    heights: list[float] = []
    lively = 0
    least = max(4, round(MIN_AREA * background.size))
    kernel = np.ones((3, 3), np.uint8)
    for picture in grey:
        change = picture - background
        change = np.abs(change - np.median(change))
        limit = max(MIN_CHANGE, MIN_NOISE_FACTOR * 1.4826 * float(np.median(change)))
        mask = cv2.morphologyEx((change > limit).astype(np.uint8), cv2.MORPH_CLOSE, kernel)
        _, _, found, _ = cv2.connectedComponentsWithStats(mask)
        sure = found[1:][found[1:, cv2.CC_STAT_AREA] >= least]
        heights += (sure[:, cv2.CC_STAT_HEIGHT] * scale).tolist()
        lively += len(sure) > 0
    return tuple(sorted(round(height, 1) for height in heights)), lively / len(grey)


def _scenes(flat: Floats, length: int) -> int:
    """Count the places that a clip shows for at least ``length`` pictures on end."""
    starts = range(0, max(1, len(flat) - length + 1), length)
    parts = [np.asarray(np.median(flat[start : start + length], axis=0), np.float32) for start in starts]
    known: list[Floats] = []
    for part in parts:
        if not any(_likeness(part[None], one)[0] > MIN_CORRELATION / 2 for one in known):
            known.append(part)
    return len(known)
