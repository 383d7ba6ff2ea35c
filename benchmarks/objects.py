"""Milliseconds a frame of the compact object model, against itself in float32 and YOLOX-nano in ONNX Runtime."""

from typing import Any

import numpy as np

import plaza
from benchmarks.speed import rate
from core import device
from core.arrays import Images
from core.contracts import ObjectModel
from core.errors import WeightsUnavailable
from explain import objects

FRAMES, MAX_CALL_MILLISECONDS = 8, 80.0
"""Frames in one call, and the most milliseconds that one may take on two cores."""


def frames() -> Images:
    """Render people at 640×360, (8, 360, 640, 3)."""
    return np.stack([frame.image for frame in plaza.render(seed=79, frames=FRAMES, anomalies=(), walkers=16)])


def milliseconds(model: ObjectModel, images: Images) -> float:
    """Return how long a frame takes."""

    def once() -> int:
        model.detect(images)
        return len(images)

    return 1000 / rate(once)


def measure(device_name: str) -> list[dict[str, Any]]:
    """Measure everything here, as rows of one table."""
    images = frames()
    best = milliseconds(objects.choose("compact", device.choose(device_name)), images)
    exact = milliseconds(objects.choose("compact", device.choose(device_name, "float32")), images)
    rows = [
        _row("compact object model at 640×360: over 80 ms a frame", best, MAX_CALL_MILLISECONDS, "<= 1"),
        _row("compact object model: best precision over float32", best, exact, "< 1"),
    ]
    name = "compact object model over YOLOX-nano in ONNX Runtime"
    try:
        peer = milliseconds(objects.choose("yolox", device.choose("cpu")), images)
    except WeightsUnavailable as error:
        return [*rows, {"figure": name, "ratio": None, "aim": "", "measured": f"not run: {error}"}]
    return [*rows, _row(name, best, peer, "")]


def _row(name: str, time: float, base: float, aim: str) -> dict[str, Any]:
    return {"figure": name, "ratio": round(time / base, 2), "aim": aim, "measured": f"{time:.1f} / {base:.1f} ms"}
