"""Outputs of the weights that come with Whycam, on frames of the demo clip: ``python -m tests.golden`` writes them.

Everything is computed in float32 on a CPU. A changed output is a decision: whoever trains a model again writes the file
again, and says so.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core import video
from core.device import Runtime
from explain.actions import compact as actions
from explain.objects import compact as objects
from pipeline.camera import SHIPPED, load

ROOT = Path(__file__).resolve().parent.parent
FILE = Path(__file__).with_suffix(".json")
DEMO = ROOT / "assets" / "demo" / "plaza.mp4"
RUNTIME = Runtime(torch.device("cpu"), torch.float32)
TEN = 10
FIRST, LAST = 150, 250
"""Frames of the demo, the last one excluded: normal ones, and the first event."""


def outputs() -> dict[str, Any]:
    """Return ten outputs of each model."""
    images = frames()
    return {
        "cameras": {folder.name: scores(folder, images) for folder in folders()},
        "objects": list(boxes(images)),
        "actions": list(persons(images)),
    }


def frames() -> np.ndarray:
    """Return frames :data:`FIRST` to :data:`LAST` of the demo, (100, H, W, 3) uint8."""
    (chunk,) = video.read(DEMO, LAST - FIRST, wanted=lambda i: FIRST <= i < LAST)
    return chunk.images


def folders() -> list[Path]:
    """Return the folders of the cameras that come with Whycam."""
    return [path.parent for path in sorted(SHIPPED.glob("*/camera.json"))]


def scores(folder: Path, images: np.ndarray) -> list[dict[str, Any]]:
    """Return raw score and highest heat of ten windows of a camera's detector."""
    detector = load(str(folder)).build(RUNTIME)
    span = detector.window.span
    starts = np.linspace(0, len(images) - span, TEN).astype(int)
    answer = detector.predict(torch.from_numpy(np.stack([images[start : start + span] for start in starts])))
    return [
        {
            "frame": FIRST + int(start) + detector.window.target,
            "score": round(float(score), 4),
            "highest_heat": float(f"{float(heat.max()):.5g}"),
        }
        for start, score, heat in zip(starts, answer.score, answer.saliency, strict=True)
    ]


def boxes(images: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield the surest boxes of the object model in ten frames."""
    frames = np.linspace(0, len(images) - 1, TEN).astype(int)
    for frame, found in zip(frames, objects.load(RUNTIME).detect(images[frames]), strict=True):
        best = int(found.confidence.argmax())
        yield {
            "frame": FIRST + int(frame),
            "boxes": len(found.boxes),
            "label": found.labels[best],
            "confidence": round(float(found.confidence[best]), 4),
            "box": [round(float(v), 2) for v in found.boxes[best]],
        }


def persons(images: np.ndarray) -> Iterator[dict[str, Any]]:
    """Yield the likeliest action of up to ten persons in the middle frame of a span."""
    model = actions.load(RUNTIME)
    (found,) = objects.load(RUNTIME).detect(images[model.span // 2][None])
    people = found.boxes[[label == "person" for label in found.labels]][:TEN]
    for box, probabilities in zip(people, model.classify(images[: model.span], people), strict=True):
        best = int(probabilities.argmax())
        yield {
            "box": [round(float(v), 2) for v in box],
            "label": model.labels[best],
            "probability": round(float(probabilities[best]), 4),
        }


if __name__ == "__main__":
    FILE.write_text(json.dumps(outputs(), indent=1) + "\n", encoding="utf-8")
