"""Trains the compact object model on rendered plazas."""

import math
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor
from torchvision.models.detection import FasterRCNN

from core import files, weights
from core.contracts import ObjectModel
from core.device import Runtime
from core.records import Detections
from explain.objects import compact
from metrics.box_ap import average_precision
from pipeline._box_samples import LEAST_VISIBLE, Sampler, Scenes, render
from pipeline._one_cycle import OneCycle

NAME = "compact Faster R-CNN (trained on the plaza)"
LABELS = ("person", "bicycle", "truck", "backpack", "handbag", "skateboard")
"""COCO names in COCO's order."""


@dataclass(frozen=True)
class Recipe:
    """What is trained on, and for how long.

    Attributes:
        scenes, held_out: number of plazas to learn from, and of other plazas to measure on.
        frames: frames of each plaza.
        epochs, steps, batch: ``steps`` batches of ``batch`` crops are an epoch.
        rate: highest learning rate of the one-cycle schedule (``smith2018disciplined``).
    """

    scenes: int = 80
    held_out: int = 10
    frames: int = 24
    epochs: int = 16
    steps: int = 100
    batch: int = 8
    rate: float = 1.5e-3


def train(
    out: Path, *, seed: int, resume: bool, runtime: Runtime, say: Callable[[str], None], recipe: Recipe | None = None
) -> dict[str, Any]:
    """Train the compact object model, and write ``model.safetensors`` and ``card.json``.

    Args:
        out: folder for both; until the last epoch is done also for a checkpoint and the rendered frames (2.5 GB).
        seed: of weights, crops and plazas; the same seed gives the same losses on the same machine and threads.
        resume: go on from the checkpoint in ``out``.
        runtime: where to train.
        say: told one line an epoch.
        recipe: what to train on, and for how long.

    Returns:
        The card.

    Raises:
        InputError: ``resume`` was asked for and there is no checkpoint of this recipe and seed.
        StorageError: ``out`` cannot be written.
    """
    recipe = recipe or Recipe()
    cache = files.folder(out) / "plaza"
    learnt = range(1000 * (seed + 1), 1000 * (seed + 1) + recipe.scenes)
    held = range(learnt.start + 500, learnt.start + 500 + recipe.held_out)
    sampler = Sampler(render(cache, learnt, recipe.frames, LABELS))
    torch.manual_seed(seed)
    network = runtime.place(compact.network(len(LABELS) + 1))
    OneCycle(network, recipe, decay=0.02).run(
        out / "checkpoint.pt", partial(_losses, network, sampler, recipe, runtime),
        seed=seed, resume=resume, say=say, what="objects", unit="crops",
    )  # fmt: skip
    model = compact.model(network, LABELS, runtime, NAME)
    figures = measure(model, render(cache, held, recipe.frames, LABELS))
    card = _card(network, recipe, seed, runtime) | {"figures": {"held-out plazas": figures}}
    card["sha256"] = weights.save(network, out / "model.safetensors")
    files.write_json(out / "card.json", card)
    (out / "checkpoint.pt").unlink()
    shutil.rmtree(cache)
    return card


def _losses(
    network: FasterRCNN, sampler: Sampler, recipe: Recipe, runtime: Runtime, rng: np.random.Generator
) -> Iterator[Tensor]:
    for pictures, targets in sampler.batches(rng, recipe.steps, recipe.batch):
        pictures = [picture.to(runtime.device) for picture in pictures]
        targets = [{name: part.to(runtime.device) for name, part in target.items()} for target in targets]
        with runtime.autocast():
            loss = torch.stack([term.float() for term in network(pictures, targets).values()]).sum()
        yield loss


def measure(model: ObjectModel, scenes: Scenes) -> dict[str, Any]:
    """Average precision at IoU 0.5 of each label on rendered frames, and how many boxes that rests on.

    Boxes of which less than 0.3 is visible need not be found.
    """
    found = [model.detect(image[None], i)[0] for i, image in enumerate(scenes.images)]
    names = np.array(["", *model.labels])
    truth = [
        Detections(i, t.boxes, tuple(names[t.labels]), (t.visible >= LEAST_VISIBLE).astype(np.float32), "COCO")
        for i, t in enumerate(scenes.truth)
    ]
    scores = {label: average_precision(found, truth, label) for label in model.labels}
    asked = [label for t in truth for label, sure in zip(t.labels, t.confidence, strict=True) if sure > 0]
    return {
        "frames": len(truth),
        "ap50": {label: None if math.isnan(score) else round(score, 3) for label, score in scores.items()},
        "boxes": {label: asked.count(label) for label in model.labels},
    }


def _card(network: FasterRCNN, recipe: Recipe, seed: int, runtime: Runtime) -> dict[str, Any]:
    versions = {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__}
    return {
        "name": NAME,
        "labels": list(LABELS),
        "vocabulary": "COCO",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "data": "rendered plazas only (footage/plaza.py); no real footage, no other model's weights or boxes",
        "recipe": asdict(recipe),
        "seed": seed,
        "device": runtime.describe(),
        "versions": versions,
    }
