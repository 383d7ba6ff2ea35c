"""What an analysis of the plaza's footage costs: processor time, memory of a worker, and bytes that a run keeps."""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

import plaza
from benchmarks import _child
from benchmarks._processor_time import of_tree
from benchmarks._simulated_day import Split
from benchmarks.speed import process_peak
from core import cage, device, video
from pipeline import camera, playback, storage
from pipeline.analyse import analyse
from pipeline.finished_run import EVIDENCE

CAMERA = "plaza"
SECONDS, SHORT_SECONDS = 12.0, 5.0
QUIET, EVENTFUL, SHORT = "quiet", "with an event", "short"
CLIPS: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (SHORT, 7101, ()), (SHORT, 7102, ()), (SHORT, 7103, ()),
    (QUIET, 7111, ()), (QUIET, 7112, ()), (QUIET, 7113, ()),
    (EVENTFUL, 7121, ("bicycle",)), (EVENTFUL, 7122, ("cart",)), (EVENTFUL, 7123, ("runner",)),
)  # fmt: skip
"""Kind, seed and anomalies of each clip. The first is not counted: it imports and loads everything."""
COPY = "playback copy"
PARTS = {"evidence": (EVIDENCE,), "heat": ("heat.idx", "heat.bin"), COPY: (playback.FOLDER,),
         "report": ("report.html", "report.json", "scores.csv", "causes.csv", "attributes.csv")}  # fmt: skip
"""Files and folders of a run by what they are; all else is ``rest``."""
WITH_A_BASE = ("report", "rest")
"""Parts of which each clip keeps something, however short; the others are told by their frames alone."""
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Cost:
    """What one clip cost.

    Attributes:
        kind: one of :data:`QUIET`, :data:`EVENTFUL` and :data:`SHORT`.
        frames, events: that were analysed, and found.
        processor: seconds of all processes of the worker, its threads together.
        seconds: on the clock.
        copying: seconds of processor that the playback copy took.
        kept: bytes on disk by name of :data:`PARTS`, and ``rest``.
    """

    kind: str
    frames: int
    events: int
    processor: float
    seconds: float
    copying: float
    kept: dict[str, int]


@dataclass(frozen=True)
class Costs:
    """What all clips cost, on one device.

    Attributes:
        clips: what each cost.
        fps: frames in a second of the footage.
        memory: bytes that the worker took at most, the process that decodes included.
    """

    clips: Sequence[Cost]
    fps: float
    memory: int

    def of(self, kind: str) -> list[Cost]:
        """Return the costs of one kind of clips."""
        return [one for one in self.clips if one.kind == kind]

    def processor(self) -> Split:
        """Return the seconds of processor time of an analysis."""
        return self.split(lambda one: one.processor)

    def kept(self, part: str) -> Split:
        """Return the bytes of a part of a run: one of :data:`PARTS`, or ``rest``."""
        return self.split(lambda one: one.kept[part], base=part in WITH_A_BASE)

    def split(self, amount: Callable[[Cost], float], base: bool = True) -> Split:
        """Split what a clip costs into what each clip costs, however short, and what each of its frames does.

        Args:
            amount: what a clip cost.
            base: whether a clip costs something however short it is; else each costs what its frames do.
        """
        (few, least), (many, most) = (
            (_mean(self.of(kind), lambda one: one.frames), _mean(self.of(kind), amount)) for kind in (SHORT, QUIET)
        )
        fixed = min(max(least - few * (most - least) / (many - few), 0.0), least) if base else 0.0
        quiet, eventful = (
            np.array([max(amount(one) - fixed, 0.0) / one.frames for one in self.of(kind)])
            for kind in (QUIET, EVENTFUL)
        )
        return Split(fixed, quiet, eventful)


def _mean(clips: Sequence[Cost], amount: Callable[[Cost], float]) -> float:
    return float(np.mean([amount(one) for one in clips]))


def measure(device_name: str, tell: Callable[[str], None]) -> Costs:
    """Analyse :data:`CLIPS` one after the other in a process of its own, with one thread.

    Args:
        device_name: ``cpu`` or ``cuda``.
        tell: told what is at work.
    """
    fps = camera.load(CAMERA).fps
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        for number, (kind, seed, anomalies) in enumerate(CLIPS):
            tell(f"rendering clip {number + 1} of {len(CLIPS)}")
            frames = round(fps * (SHORT_SECONDS if kind == SHORT else SECONDS))
            rendered = plaza.render(seed=seed, frames=frames, fps=fps, anomalies=anomalies)
            video.encode(_clip(place, number), (frame.image for frame in rendered), fps)
        tell(f"analysing {len(CLIPS)} clips on {device_name}")
        found = _child.run("_analysis_cost", "analysed", place, device_name, environment=ONE_THREAD)
    return Costs([Cost(**one) for one in found["clips"]], fps, found["memory"])


def analysed(place: str, device_name: str) -> dict[str, Any]:
    """Analyse the clips in a folder; the first is not counted.

    Returns:
        ``clips``: fields of :class:`Cost`; ``memory``: bytes that this process and its largest decoder took at most.
    """
    costs = [_cost(kind, _clip(place, number), device_name) for number, (kind, _, _) in enumerate(CLIPS)]
    return {"clips": [asdict(one) for one in costs[1:]], "memory": process_peak() * 1024 + cage.peak()}


def _clip(place: str, number: int) -> Path:
    return Path(place) / f"{number}.mp4"


def _cost(kind: str, clip: Path, device_name: str) -> Cost:
    shown, runtime, here, folder = (
        camera.load(CAMERA),
        device.choose(device_name),
        psutil.Process(),
        clip.with_suffix(""),
    )
    used, began = of_tree(here), time.monotonic()
    found = analyse(clip, shown, folder, runtime=runtime)
    seconds, analysis = time.monotonic() - began, of_tree(here)
    playback.copy(clip, folder / playback.FOLDER / playback.CLIP, found.clock, found.clip.fps)
    copying = of_tree(here) - analysis
    return Cost(kind, len(found.scores), len(found.events), analysis - used, seconds, copying, _kept(folder))


def _kept(folder: Path) -> dict[str, int]:
    """Return the bytes of a run by what they are."""
    found = {part: sum(_size(folder / name) for name in names) for part, names in PARTS.items()}
    return {**found, "rest": storage.size_of(folder) - sum(found.values())}


def _size(path: Path) -> int:
    return storage.size_of(path) if path.is_dir() else path.stat().st_size if path.exists() else 0
