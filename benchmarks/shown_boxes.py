"""Whether the first cause's box lies on what is unusual in the very frame that a report shows."""

import json
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from core import device, video
from core.analysis import Analysis
from core.boxes import iou
from core.records import Pixels
from core.registry import collect, pick
from footage import labels
from pipeline.analyse import analyse
from pipeline.camera import Camera, load
from pipeline.rate import frame_rate
from pipeline.store import DEMO

MIN_IOU = 0.3
Regions = Mapping[int, Sequence[Pixels]]
"""Frame, from 0, to the boxes of what is unusual in it."""


def measure(
    chosen: str, data: str | None, root: Path, regions: Path | None, camera: str | None,
    say: Callable[[str], None] = lambda clip: None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Analyse the demo and the clips of ``data`` that ``regions`` names; compare each first cause's box with them.

    Returns:
        A row for each event: ``clip``, ``event``, ``shown`` (frame), ``cause``, ``iou`` (best of that frame's regions;
        0 where the cause has no box there), ``right`` (at least 0.3).
    """
    runtime, rows = device.choose(chosen), []
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        for name, path, whose, truth in _clips(data, root, regions, camera, Path(place)):
            say(name)
            rows += held(name, analyse(path, whose, Path(place) / f"run-{name}", name=name, runtime=runtime), truth)
    return rows


def _clips(
    data: str | None, root: Path, regions: Path | None, camera: str | None, place: Path
) -> Iterator[tuple[str, Path, Camera, Regions]]:
    yield DEMO.stem, DEMO, load("plaza"), demo_truth(DEMO.with_suffix(".json"))
    if data is None or regions is None or camera is None:
        return
    boxed = labels.read_regions(regions)
    dataset = pick("data set", data, collect("footage", "DATASETS"))(root)
    clips = {clip.name: clip for clip in dataset.test()}
    matched, _ = labels.match(boxed, list(clips))
    for video_name, name in sorted(matched.items()):
        path = place / f"{name}.mp4"
        images = chain.from_iterable(chunk.images for chunk in clips[name].frames())
        video.encode(path, images, frame_rate(clips[name]))
        yield name, path, load(camera), {f: [r.box for r in some] for f, some in boxed[video_name].items()}


def demo_truth(path: Path) -> Regions:
    """Read the boxes of what is unusual in the demo."""
    found: dict[int, list[Pixels]] = defaultdict(list)
    for track in json.loads(path.read_text(encoding="utf-8"))["tracks"]:
        if track["anomalous"] is not None:
            for frame, x1, y1, x2, y2, _ in track["boxes"]:
                found[int(frame)].append((x1, y1, x2, y2))
    return found


def held(clip: str, analysis: Analysis, truth: Regions) -> list[dict[str, Any]]:
    """Hold the first cause of each event against the regions of the frame that is shown."""
    rows = []
    for number, one in enumerate(analysis.events, 1):
        box = one.causes[0].box if one.causes else None
        there = truth.get(-1 if one.shown is None else one.shown, ())
        best = float(iou([box], list(there)).max()) if box and there else 0.0
        cause = one.causes[0].fine if one.causes else "–"
        rows.append({"clip": clip, "event": number, "peak": one.event.peak, "shown": one.shown, "cause": cause,
                     "iou": round(best, 3), "right": best >= MIN_IOU})  # fmt: skip
    return rows
