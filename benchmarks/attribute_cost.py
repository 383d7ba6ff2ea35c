"""What it costs to join the attributes of things: the demo analysed with and without them, in turn."""

import dataclasses
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path
from typing import Any

from core import device, video
from pipeline.analyse import analyse
from pipeline.camera import Camera, load
from pipeline.channels import PIXELS
from pipeline.kind_scores import scored_by
from pipeline.store import DEMO

TURNS, WARMED_FRAMES = 1, 150
AIM = "<= 1.3"
CAMERA = "plaza"


def measure(chosen: str, say: Callable[[str], None], turns: int = TURNS, clip: Path = DEMO) -> list[dict[str, Any]]:
    """Analyse a clip of the plaza with pixels alone and with attributes joined, alternating, each so often.

    Processor time is the process's own, all threads together: other programs hardly change it.

    Args:
        chosen: device, as :func:`core.device.choose` takes it.
        say: receives progress.
        turns: analyses of either kind; that of a short clip, which imports and loads everything, is not counted.
        clip: the clip.

    Returns:
        A row for processor time and one for time on the clock: median seconds of either, and their ratio.
    """
    runtime, joined = device.choose(chosen), load(CAMERA)
    cameras = {"pixels alone": pixels_alone(joined), "attributes joined": joined}
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in cameras}
    say("warming up")
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        short = Path(place) / "short.mp4"
        images = chain.from_iterable(chunk.images for chunk in video.read(clip, WARMED_FRAMES))
        video.encode(short, islice(images, WARMED_FRAMES), load(CAMERA).fps)
        _analysed(short, joined, runtime)
    for turn in range(turns):
        for name, camera in cameras.items():
            say(f"{name}, {turn + 1} of {turns}")
            seconds[name].append(_analysed(clip, camera, runtime))
    return [
        _row(kind, *(statistics.median(of[row] for of in found) for found in seconds.values()))
        for row, kind in enumerate(("processor time", "time on the clock"))
    ]


def pixels_alone(camera: Camera) -> Camera:
    """Return a camera that knows of its pixels alone, with the threshold that costs as many false alarms."""
    limit = scored_by(camera, PIXELS).threshold
    return dataclasses.replace(camera, channels={}, threshold=limit)


def _analysed(clip: Path, camera: Camera, runtime: device.Runtime) -> tuple[float, float]:
    """Analyse a clip; return the seconds of the processor, and those on the clock."""
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        cpu, began = time.process_time(), time.perf_counter()
        analyse(clip, camera, Path(place), runtime=runtime)
        return time.process_time() - cpu, time.perf_counter() - began


def _row(kind: str, alone: float, joined: float) -> dict[str, Any]:
    return {
        "figure": f"analysis with attributes joined over pixels alone, {kind}", "ratio": round(joined / alone, 2),
        "aim": AIM, "measured": f"{joined:.1f} / {alone:.1f} s",
    }  # fmt: skip
