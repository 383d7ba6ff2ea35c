"""How many events text and weather before the lens raise, and how many they hide: twins of clips with and without.

``./whycam bench overlays --root DIR``: DIR holds ``UCSDped2_mp4/``; the plaza is rendered. Constants of
:mod:`pipeline.burnt_in` and :mod:`pipeline.heat_score` are chosen on the half ``tuned`` of clips and of what is staged
on them (:mod:`benchmarks._staged_weather`); the halves ``measured`` and ``unseen`` have other clips, and other texts
and weather. ``bench overlays unseen`` measures one of them alone.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._frames import chunks
from benchmarks._kept_rows import table_of_rows
from benchmarks._staged_weather import TWINS, Scene
from benchmarks.disturbances import code, place
from core import device, video
from core.arrays import Floats, Images
from core.clock import Clock
from core.contracts import Detector
from core.device import Runtime
from core.records import Event, Frames
from explain.disturbances.monitor import Monitor
from pipeline.burnt_in import TextDetector
from pipeline.camera import Camera, load
from pipeline.events import find_events
from pipeline.finished_run import hidden_frames
from pipeline.frame_log import FrameLog
from pipeline.heat_score import Patch, patch_of, subtract_global_heat
from pipeline.sampling import Sampler
from pipeline.weather import Weather

PED2 = "UCSDped2_mp4"
CLIPS = {
    "tuned": (f"{PED2}/Train003.mp4", f"{PED2}/Train006.mp4", "plaza/Train/1003.mp4",
              f"{PED2}/Test001.mp4", f"{PED2}/Test004.mp4", "plaza/Test/501.mp4"),
    "measured": (f"{PED2}/Train008.mp4", f"{PED2}/Train014.mp4", "plaza/Train/1006.mp4",
                 f"{PED2}/Test007.mp4", f"{PED2}/Test010.mp4", "plaza/Test/503.mp4"),
    "unseen": (f"{PED2}/Train002.mp4", f"{PED2}/Train010.mp4", f"{PED2}/Test002.mp4",
               f"{PED2}/Test008.mp4", "plaza/Test/502.mp4"),
}  # fmt: skip
"""Clips of each half: three (of the last, two) where nothing happens, and three with events."""
FRAMES = 180
TOLERANCE_SECONDS = 1.0
"""Seconds beside a clip's own event that may be told as part of it."""


@dataclass(frozen=True)
class Seen:
    """An analysed frame: its number, its picture, its (H, W) heat, and its calibrated score."""

    frame: int
    image: Images
    heat: Floats
    score: float


@dataclass(frozen=True)
class Watched:
    """A clip that was scored: its analysed frames, which frames camera faults hide, and its rate."""

    seen: tuple[Seen, ...]
    hidden: np.ndarray[Any, np.dtype[np.bool_]]
    analysed: np.ndarray[Any, np.dtype[np.bool_]]
    fps: float
    every: int
    patch: Patch


@dataclass
class Row:
    """What became of one kind: twins, those with a false event, seconds told falsely, and own events that were lost."""

    name: str
    twins: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    own: int = 0
    lost: list[str] = field(default_factory=list)
    kept: float = 0.0

    def table(self) -> dict[str, Any]:
        """Return the row as it is shown."""
        return {
            "staged": self.name,
            "twins": self.twins,
            "with a false event": len(self.wrong),
            "false": f"{self.seconds:.1f} s",
            "own events": self.own,
            "lost": len(self.lost),
            "of their seconds": f"{self.kept / max(self.own, 1):.0%}",
        }


def watch(images: Images, fps: float, camera: Camera, detector: Detector, runtime: Runtime) -> Watched:
    """Score a clip, as :mod:`pipeline.scoring` does, and keep what it rests on."""
    sampler, monitor, numbers, found = Sampler(fps, camera.fps), Monitor(), list[int](), list[Seen]()

    def samples() -> Iterator[Frames]:
        for chunk in chunks(images, fps):
            monitor.update(chunk)
            for sample in sampler.take(chunk):
                numbers.extend(sample.numbers.tolist())
                yield sample.frames

    with runtime.autocast():
        for answer in detector.stream(Weather(fps / sampler.every).clear(samples())):
            heat = answer.saliency.float().cpu().numpy()
            for row, score in enumerate(answer.score.float().cpu().numpy().tolist()):
                frame = numbers[answer.first + row]
                found.append(Seen(frame, images[frame], heat[row], score - camera.normality.median))
    clock, analysed = Clock.steady(fps, len(images)), np.array(sampler.analysed)
    log = FrameLog(np.zeros(len(images), np.float32), clock.times, analysed)
    hidden = hidden_frames(monitor.finish(clock), log, detector.window.span)
    return Watched(tuple(found), hidden, analysed, fps, sampler.every, patch_of(detector))


def judge(watched: Watched, camera: Camera) -> list[Event]:
    """Cut the events of a clip that was scored, text and weather taken off."""
    normal, scores = camera.normality.heat, np.full(len(watched.hidden), np.nan, np.float32)
    text = TextDetector(normal, watched.fps / watched.every, watched.seen[0].heat.shape[:2], watched.patch)
    for one in watched.seen:
        heat, less = subtract_global_heat(one.heat, normal, watched.patch)
        text.add_frame(one.frame, one.image, heat)
        scores[one.frame] = one.score - less
    for decided in text.decide(ended=True):
        scores[decided.frame] -= decided.decibels
    known = np.maximum.accumulate(np.where(watched.analysed, np.arange(len(scores)), 0))
    scores = np.where(watched.hidden, np.float32("nan"), scores[known])
    return find_events(scores, camera.threshold, Clock.steady(watched.fps, len(scores)))


def clips(root: Path, half: str) -> Iterator[tuple[str, Images, float, str]]:
    """Yield name, first frames, rate and camera of each clip of a half."""
    for name in CLIPS[half]:
        path, parts = place(root, name), list[Images]()
        for chunk in video.read(path, 32):
            parts.append(chunk.images)
            if chunk.first + len(chunk) >= FRAMES:
                break
        yield name, np.concatenate(parts)[:FRAMES], video.probe(path).fps, "plaza" if "plaza" in name else "ucsd-ped2"


def staged(name: str, kind: str, images: Images, fps: float, half: str) -> Images:
    """Stage one kind on a clip and code it; the same each time."""
    rng = np.random.default_rng([zlib.crc32(kind.encode()), zlib.crc32(name.encode())])
    made = TWINS[kind](Scene(images, fps, rng, half))
    return code(made, fps, crf=int(rng.choice([18, 23, 26])))


def count(row: Row, clip: str, own: Sequence[Event], found: Sequence[Event], frames: int, fps: float) -> None:
    """Add to a row what was told of one twin, held against the events of the clip as it is."""
    told = _flags(found, frames, 0)
    near = _flags(own, frames, round(TOLERANCE_SECONDS * fps))
    row.twins += 1
    row.seconds += float((told & ~near).sum()) / fps
    if (told & ~near).any():
        row.wrong.append(f"{clip}: {(told & ~near).sum() / fps:.1f} s")
    for event in own:
        share = float(told[event.first : event.last + 1].mean())
        row.own, row.kept = row.own + 1, row.kept + share
        row.lost += [clip] if share == 0 else []


def _flags(events: Sequence[Event], frames: int, beside: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    flags = np.zeros(frames, np.bool_)
    for event in events:
        flags[max(event.first - beside, 0) : event.last + 1 + beside] = True
    return flags


def measure(root: Path, half: str = "measured", say: Callable[[str], None] = lambda name: None) -> list[Row]:
    """Stage each kind on each clip under ``root`` of a ``half`` of :data:`CLIPS`, and count; ``say`` gets each kind."""
    rows, runtime = {kind: Row(kind) for kind in TWINS}, device.choose()
    for name, images, fps, camera_name in clips(root, half):
        camera = load(camera_name)
        detector = camera.build(runtime)
        own = judge(watch(code(images, fps, crf=20), fps, camera, detector, runtime), camera)
        for kind, row in rows.items():
            say(f"{name}, {kind}")
            twin = staged(name, kind, images, fps, half)
            found = judge(watch(twin, fps, camera, detector, runtime), camera)
            count(row, Path(name).stem, own, found, len(twin), fps)
    return list(rows.values())


def page(rows: Mapping[str, Sequence[Row]]) -> str:
    """Set the rows of each half as a page of Markdown: shares first, then which twins have a false event."""
    halves = "".join(f" {half}" for half in rows) if len(rows) < len(CLIPS) else ""
    command = f"`./whycam bench overlays{halves} --root DIR --out docs/results/overlays` writes this page."
    lines = ["# Texts and weather, staged", "", command, ""]
    for half, found in rows.items():
        table = table_of_rows([row.table() for row in found])
        names = ", ".join(str(Path(clip).with_suffix("")) for clip in CLIPS[half])
        lines += [f"## {half}", "", f"Clips: {names}.", "", table]
        lines += [*(f"- {row.name}: false in {what}" for row in found for what in row.wrong)]
        lines += [*(f"- {row.name}: an event of {clip} is lost" for row in found for clip in row.lost), ""]
    return "\n".join(lines).rstrip() + "\n"
