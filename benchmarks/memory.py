"""Memory of a long clip against a short one: a clip streams, so an hour must cost what a minute does."""

import dataclasses
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import plaza
from benchmarks import _child
from core import device, video
from core.arrays import Images
from pipeline import camera
from pipeline.analyse import analyse
from pipeline.events import EventRule

FPS = 2.0
MINUTES = (1, 60)
UNREACHED = 1e6


def peak_of(clip: str, folder: str, device_name: str, floor: str) -> dict[str, float]:
    """Analyse a clip in this process, explaining the frames that score above ``floor``.

    Returns:
        ``peak``: the process's peak memory in KiB; ``high``: the score that 2 % of the frames exceed.
    """
    threshold = float(floor) / EventRule().low
    shown = dataclasses.replace(camera.load("plaza"), floor=float(floor))
    result = analyse(Path(clip), shown, Path(folder), threshold=threshold, runtime=device.choose(device_name))
    return {"peak": process_peak(), "high": float(np.nanquantile(result.scores, 0.98))}


def process_peak() -> int:
    """Return this process's peak memory in KiB.

    Linux lets ``ru_maxrss`` begin at the parent's: a small child of a large process would look large. VmHWM does not.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


def measure(device_name: str) -> list[dict[str, Any]]:
    """Measure a minute and an hour at a low frame rate, each in a process of its own.

    The plaza moves in leaps there, and scores high throughout; a first run finds the score of its oddest 2 % of frames,
    and those are explained in the runs that count.
    """
    with tempfile.TemporaryDirectory() as folder:
        minute = [frame.image for frame in plaza.render(seed=78, frames=round(60 * FPS), anomalies=())]
        peaks: list[float] = []
        floor = UNREACHED
        for minutes in (MINUTES[0], *MINUTES):
            clip = Path(folder) / f"{minutes}.mp4"
            video.encode(clip, _again(minute, minutes), FPS)
            run = f"{folder}/run{len(peaks)}"
            measured = _child.run("memory", "peak_of", str(clip), run, device_name, str(floor))
            peaks.append(measured["peak"])
            floor = measured["high"]
    return [
        {
            "figure": f"peak memory, {MINUTES[1]}-minute clip over {MINUTES[0]}-minute clip ({FPS:g} frames/s)",
            "ratio": round(peaks[2] / peaks[1], 3),
            "aim": "< 1.2",
            "measured": f"{peaks[2] / 1024:.0f} / {peaks[1] / 1024:.0f} MiB",
        }
    ]


def _again(images: list[Images], times: int) -> Iterator[Images]:
    for _ in range(times):
        yield from images
