"""Cameras as their owners get them: each learnt from one part of its footage, and tested on another part.

No constant is chosen here. What is unusual in the footage of single files is said in their README, in seconds.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from core import device, files
from core.arrays import Doubles
from core.contracts import Dataset, Footage, Truth
from core.datasets import DatasetFactory
from core.errors import InputError
from core.records import Frames
from core.registry import collect, pick
from footage.videos import clips_of
from pipeline.evaluation import event_rows
from pipeline.evaluation.difference import evaluate_difference
from pipeline.evaluation.evaluate import evaluate
from pipeline.evaluation.evaluate_scores import truths_of
from pipeline.training.train_camera import TrainingCallbacks, TrainingRequest, train_camera

Seconds = tuple[float, float]
Say = Callable[[str], None]
END = math.inf
DATASETS = {"avenue": "Avenue", "ped2": "UCSDped2", "plaza": ""}
"""Data sets with a part to learn from and one to test on, and their folders under the root; the plaza is rendered."""


@dataclass(frozen=True)
class Stretch:
    """The frames of a clip that are shown in some of its seconds, as a clip."""

    clip: Footage
    seconds: Seconds

    @property
    def name(self) -> str:
        """Name of the clip and which seconds."""
        first, last = self.seconds
        return f"{self.clip.name} [{first:g} s to {'the end' if last == END else f'{last:g} s'}]"

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the clip up to the stretch's end; frames and seconds count from its start."""
        first, begin = 0, 0.0
        for seen in self.clip.frames(chunk):
            inside = np.flatnonzero((seen.times >= self.seconds[0]) & (seen.times < self.seconds[1]))
            if len(inside):
                begin = begin if first else float(seen.times[inside[0]])
                yield Frames(seen.images[inside], first, seen.times[inside] - begin)
                first += len(inside)
            if seen.times[-1] >= self.seconds[1]:
                return

    @cached_property
    def times(self) -> Doubles:
        """Seconds of the whole clip at which the frames are shown."""
        known = np.concatenate([seen.times for seen in self.clip.frames()])
        found: Doubles = known[(known >= self.seconds[0]) & (known < self.seconds[1])]
        return found


@dataclass
class Split:
    """A file of one camera, as a data set.

    Attributes:
        name: of the camera.
        path: of the file, under the root.
        learn: seconds that are normal, and learnt from.
        test_on: seconds that are tested on.
        unusual: seconds in which something is unusual.
        clip: the file, once it is open.
    """

    name: str
    path: str
    learn: Seconds
    test_on: Seconds
    unusual: tuple[Seconds, ...] = ()
    clip: Footage | None = None

    def at(self, root: Path) -> "Split":
        """Open the file.

        Raises:
            InputError: it is not there.
        """
        path = root / self.path
        if not path.is_file():
            raise InputError(f"there is no file {str(path)!r}; --root names the folder of cameras/ and Avenue/")
        return Split(self.name, self.path, self.learn, self.test_on, self.unusual, next(iter(clips_of(path))))

    def _stretch(self, seconds: Seconds) -> tuple[Stretch, ...]:
        return (Stretch(self.clip, seconds),) if self.clip is not None else ()

    def training(self) -> Sequence[Footage]:
        """Return what is learnt from."""
        return self._stretch(self.learn)

    def test(self) -> Sequence[Stretch]:
        """Return what is tested on."""
        return self._stretch(self.test_on)

    def truth(self, clip: Footage) -> Truth:
        """Return which frames of it are unusual."""
        (whole,) = self.test()
        times = whole.times
        abnormal = np.zeros(len(times), np.bool_)
        for first, last in self.unusual:
            abnormal |= (times >= first) & (times < last)
        return Truth(abnormal, None, f"{self.name}/seconds")


SPLITS = (
    Split("one-by-one", "cameras/one-by-one.mp4", (0.0, 100.0), (100.0, END)),
    Split("motorway-cyclist", "cameras/motorway-cyclist.avi", (17.0, END), (0.0, 17.0), ((3.0, 17.0),)),
)
"""As ``cameras/README.md`` says of the files. Persons at the table are normal: only false alarms can be counted."""
NAMES = (*(split.name for split in SPLITS), *DATASETS)


def measure(
    chosen: str, root: Path, work: Path, names: Sequence[str] = (), minutes: float = math.inf,
    say: Say = lambda line: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Train and test each camera; what is kept in ``work`` is not measured again unless it is named.

    Args:
        chosen: device, as :func:`core.device.choose` takes it.
        root: folder of ``cameras/`` and ``Avenue/``.
        work: keeps each camera and its figures.
        names: of :data:`NAMES`; all when empty.
        minutes: of training; infinity: what is chosen for the footage.
        say: receives what is at work.

    Returns:
        A row for each, as ``docs/interfaces.md`` says.

    Raises:
        UnknownNameError: there is no such camera.
        InputError: its footage is not under the root.
    """
    found = []
    for name in names or NAMES:
        pick("camera", name, dict.fromkeys(NAMES))
        kept = files.folder(work) / f"{name}.json"
        if names or not kept.exists():
            files.write_json(kept, one(opened(name, root), work / name, minutes, chosen, say))
        found.append(json.loads(kept.read_text(encoding="utf-8")))
    return found


def opened(name: str, root: Path) -> Dataset:
    """Open the footage of a camera."""
    if name in DATASETS:
        make: DatasetFactory = collect("footage", "DATASETS")[name]
        return make(root / DATASETS[name] if DATASETS[name] else Path())
    return next(split for split in SPLITS if split.name == name).at(root)


def one(dataset: Dataset, out: Path, minutes: float, chosen: str, say: Say) -> dict[str, Any]:
    """Train one camera on what is normal and measure it, and the plain difference of two frames, on the rest."""
    runtime, notes = device.choose(chosen), list[str]()
    request = TrainingRequest(minutes=None if math.isinf(minutes) else minutes, anyway=True, replace=True)
    say(f"training {dataset.name}")
    began, cpu = time.monotonic(), time.process_time()
    camera = train_camera(dataset.name, dataset.training(), out, request,
                          TrainingCallbacks(notes.append, lambda reasons: None), runtime)  # fmt: skip
    spent = {"seconds": round(time.monotonic() - began), "processor_seconds": round(time.process_time() - cpu)}
    say(f"testing {dataset.name}")
    own = evaluate(camera, dataset, runtime).as_json()
    plain = evaluate_difference(dataset.name, dataset.training(), truths_of(dataset)).as_json()
    return {"name": dataset.name, "training": spent, "notes": notes, "camera": own, "difference": plain,
            "card": camera.card.get("false_alarms", {})}  # fmt: skip


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Set each camera, and below it the plain difference of two frames, as rows of a table."""
    return [
        {"camera": row["name"], "by": by, **_figures(row[key]), "trained in": _spent(row) if key == "camera" else ""}
        for row in rows
        for key, by in (("camera", "own camera"), ("difference", "frame difference"))
    ]


def _figures(result: Mapping[str, Any]) -> dict[str, str]:
    events = {row["figure"]: row for row in event_rows.rows(result)}
    alarms = events["false_alarms"]
    auc = result["auc"]["micro_raw"]
    return {
        "raw AUC": "" if auc is None else f"{auc:.3f}",
        "events hit": events["events_found"]["value"] if result["alarms"]["events"] else "none to hit",
        "delay, s": events["detection_delay"]["value"] if result["alarms"]["events"] else "",
        "longest, s": events["longest_delay"]["value"] if result["alarms"]["events"] else "",
        "false alarms": "" if result["threshold"] is None else f"{result['alarms']['false_alarms_counted']:g}",
        "an hour, 95 %": alarms["95 %"],
        "normal flagged": events["normal_flagged"]["value"],
        "worst clip": events["events_found"]["worst clip"],
    }


def _spent(row: Mapping[str, Any]) -> str:
    return f"{row['training']['seconds']} s, {row['training']['processor_seconds']} s of a processor"
