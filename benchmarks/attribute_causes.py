"""Which attributes make the first cause right: each alone and all but each, on the labelled frames of a camera's clips.

The plaza's labels come from its renderer; other data sets need a file of annotated boxes.
"""

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import attributes
from benchmarks._plaza_truth import ClipTruth, TrueTrack
from benchmarks.attributes import SETS, Say
from core import csv_text, device
from core.contracts import Dataset, ObjectModel
from core.errors import InputError
from core.files import write_text
from core.records import Pixels
from core.registry import collect, pick
from detectors.attributes import AttributeModel
from explain import objects
from explain.causes import ranking
from explain.labels import PERSON
from footage import labels
from footage.plaza import Plaza
from metrics.first_cause import Region, match_first_cause
from pipeline.camera import Camera, load
from pipeline.channels import ATTRIBUTES
from pipeline.evaluation.causes import OURS, OnClip, evaluate_causes
from pipeline.thing_scores import Models, observing_model

NONE = "none"
"""Heat alone: nothing is known of attributes."""
UNUSUAL = frozenset({"action", "location"})
"""Types of X-MAN's labels that say what is unusual about a person."""


@dataclass
class _Counted:
    """By set of terms and clip: whether the first cause of each labelled frame is right."""

    camera: Camera
    model: ObjectModel
    learnt: AttributeModel
    work: Path
    say: Say
    right: dict[str, dict[str, list[bool]]] = field(default_factory=lambda: defaultdict(dict))

    def look(self) -> OnClip:
        """Return what counts the frames of a clip, given its labels and its evidence."""

        def count(entry: Any, evidence: Sequence[Any], of_all: Any) -> None:
            seen = attributes.observed(entry.clip, self.model, self.work, self.say)
            scored = self.learnt.score(seen.things)
            for name, terms in {NONE: (), **SETS}.items():
                part = attributes.only(scored, terms) if terms else None
                ranked = ranking.by_frame(evidence, self.camera.normality, OURS, seen.clock, part)
                found = zip((one.frame for one in evidence), ranked, strict=True)
                regions: Mapping[int, Sequence[Region]] = entry.regions
                self.right[name][entry.clip.name] = [
                    match_first_cause(causes, regions[frame]).right for frame, causes in found if frame in regions
                ]

        return count


def measure(
    chosen: str, data: str | None, root: Path, camera: str | None, work: Path, say: Say, regions: Path | None = None,
    frames: int = 100,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Rank the causes of labelled frames by heat and by some attributes.

    Args:
        chosen: device, as :func:`core.device.choose` takes it.
        data: name of a data set with labelled test clips.
        root: its folder.
        camera: name of a camera that knows attributes of things.
        work: folder that keeps what was observed of clips.
        say: receives progress.
        regions: CSV of annotated boxes; None for the plaza, which has its own.
        frames: labelled frames that are looked at, at most, spread evenly.

    Returns:
        Set of terms (:data:`benchmarks.attributes.SETS`, and :data:`NONE`) to its figures.

    Raises:
        InputError: no data set, no camera or no labels are named, or the camera does not know attributes by the object
            model that is here.
        DataError: the labels cannot be read.
    """
    if data is None or camera is None:
        raise InputError("name a data set and its camera, such as --data plaza --camera plaza")
    dataset = pick("data set", data, collect("footage", "DATASETS"))(root)
    return of_dataset(load(camera), dataset, device.choose(chosen), work, say, regions, frames)


def of_dataset(
    camera: Camera, dataset: Dataset, runtime: device.Runtime, work: Path, say: Say, regions: Path | None, frames: int
) -> dict[str, dict[str, Any]]:
    """Do :func:`measure` with an open data set and a loaded camera."""
    model = observing_model(camera, objects.choose("auto", runtime), runtime)
    learnt = Models.of(camera, model.name, (ATTRIBUTES,)).attributes
    if learnt is None:
        raise InputError(f"camera {camera.name} knows no attributes by {model.name}; train --measure learns them")
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        path = regions or written(dataset, Path(place) / "regions.csv")
        every = -(-sum(map(len, labels.read_regions(path).values())) // frames)
        counted = _Counted(camera, model, learnt, work, say)
        say(f"causes by camera {camera.name}")
        evaluate_causes(camera, dataset, runtime, regions=path, every=every, look=counted.look())
    return {name: _figures(of) for name, of in counted.right.items()}


def _figures(right: Mapping[str, Sequence[bool]]) -> dict[str, Any]:
    """Put frames together; the mean counts each clip once."""
    shares = {clip: float(np.mean(found)) for clip, found in right.items() if found}
    if not shares:
        return {"first cause": None, "frames": 0, "mean of clips": None, "worst first cause": ""}
    worst = min(shares, key=lambda clip: shares[clip])
    every = [flag for found in right.values() for flag in found]
    return {
        "first cause": round(float(np.mean(every)), 3), "frames": len(every),
        "mean of clips": round(float(np.mean(list(shares.values()))), 3),
        "worst first cause": f"{shares[worst]:.2f} {worst}",
    }  # fmt: skip


def written(dataset: Dataset, path: Path) -> Path:
    """Write what is unusual in the plaza's test clips as annotated boxes.

    Raises:
        InputError: the data set is another one, which needs a file of labels.
    """
    if not isinstance(dataset, Plaza):
        raise InputError(f"first causes on {dataset.name} need annotated boxes: name them with --regions FILE")
    lines: list[tuple[object, ...]] = []
    for clip in dataset.test():
        truth = ClipTruth.read(clip.ready())
        for track in truth.unusual:
            lines += ((clip.name, track.number, frame + 1, *box, label) for label, frame, box in _named(track, truth))
    write_text(path, csv_text.text(labels.COLUMNS, lines))
    return path


def _named(track: TrueTrack, truth: ClipTruth) -> list[tuple[str, int, Pixels]]:
    """Name a thing in each frame of its event: by its class, a person by what is unusual about it."""
    found = list[tuple[str, int, Pixels]]()
    for event in truth.events:
        names = [fine for coarse, fine in event.labels if coarse in UNUSUAL] if track.label == PERSON else [track.label]
        found += [
            (name, frame, track.box_in(frame))
            for frame in track.frames.tolist()
            if event.first <= frame <= event.last
            for name in names
        ]
    return found
