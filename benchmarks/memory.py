"""Memory of a long clip against a short one: a clip streams, so an hour must cost what a minute does."""

import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import _child
from core import device, video
from core.records import Images
from footage import plaza
from pipeline import camera
from pipeline.analyse import analyse

FPS = 2.0
MINUTES = (1, 60)


def peak_of(clip: str, folder: str, device_name: str) -> int:
    """Analyse a clip in this process and return the process's peak memory in KiB."""
    analyse(Path(clip), camera.load("plaza"), Path(folder), runtime=device.choose(device_name))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def measure(device_name: str) -> list[dict[str, Any]]:
    """Measure a minute and an hour at a low frame rate, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        minute = [frame.image for frame in plaza.render(seed=78, frames=round(60 * FPS), anomalies=())]
        peaks = []
        for minutes in MINUTES:
            clip = Path(folder) / f"{minutes}.mp4"
            video.encode(clip, _again(minute, minutes), FPS)
            peaks.append(int(_child.run("memory", "peak_of", str(clip), f"{folder}/run{minutes}", device_name)))
    return [
        {
            "figure": f"peak memory, {MINUTES[1]}-minute clip over {MINUTES[0]}-minute clip ({FPS:g} frames/s)",
            "ratio": round(peaks[1] / peaks[0], 3),
            "aim": "< 1.2",
            "measured": f"{peaks[1] / 1024:.0f} / {peaks[0] / 1024:.0f} MiB",
        }
    ]


def _again(images: list[Images], times: int) -> Iterator[Images]:
    for _ in range(times):
        yield from images
