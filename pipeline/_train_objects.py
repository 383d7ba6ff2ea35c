"""Trains the compact object model on rendered plazas."""

import math
import platform
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torchvision.models.detection import FasterRCNN

from core import files, weights
from core.contracts import ObjectModel
from core.device import Runtime
from core.errors import InputError
from core.records import Detections
from explain.objects import compact
from metrics.box_ap import average_precision
from pipeline._box_samples import LEAST_VISIBLE, Sampler, Scenes, render

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
    _loop(_State(network, recipe), sampler, out, seed, resume, runtime, say)
    model = compact.model(network, LABELS, runtime, NAME)
    figures = measure(model, render(cache, held, recipe.frames, LABELS))
    card = _card(network, recipe, seed, runtime) | {"figures": {"held-out plazas": figures}}
    card["sha256"] = weights.save(network, out / "model.safetensors")
    files.write_json(out / "card.json", card)
    (out / "checkpoint.pt").unlink()
    shutil.rmtree(cache)
    return card


class _State:
    """What a checkpoint holds."""

    def __init__(self, network: FasterRCNN, recipe: Recipe) -> None:
        self.network, self.recipe, self.epoch = network, recipe, 0
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.02)
        total = recipe.epochs * recipe.steps
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(self.optimiser, recipe.rate, total_steps=total)

    def parts(self) -> dict[str, Any]:
        return {"network": self.network, "optimiser": self.optimiser, "schedule": self.schedule}

    def save(self, path: Path, seed: int) -> None:
        kept = {name: part.state_dict() for name, part in self.parts().items()}
        with files.write_whole(path) as handle:
            torch.save(kept | {"epoch": self.epoch, "seed": seed, "recipe": asdict(self.recipe)}, handle)

    def restore(self, path: Path, seed: int) -> None:
        if not path.exists():
            raise InputError(f"there is nothing to resume: {path} does not exist; leave --resume out to begin anew")
        kept = torch.load(path, weights_only=True, map_location="cpu")
        if kept["seed"] != seed or kept["recipe"] != asdict(self.recipe):
            raise InputError(f"{path} belongs to another seed or recipe; leave --resume out to begin anew")
        for name, part in self.parts().items():
            part.load_state_dict(kept[name])
        self.epoch = kept["epoch"]


def _loop(
    state: _State, sampler: Sampler, out: Path, seed: int, resume: bool, runtime: Runtime, say: Callable[[str], None]
) -> None:
    recipe, checkpoint = state.recipe, out / "checkpoint.pt"
    if resume:
        state.restore(checkpoint, seed)
    while state.epoch < recipe.epochs:
        torch.manual_seed(seed * 1000 + state.epoch)
        rng = np.random.default_rng([seed, state.epoch])
        started, mean = time.monotonic(), _epoch(state, sampler, rng, runtime)
        state.epoch += 1
        state.save(checkpoint, seed)
        seconds = time.monotonic() - started
        speed = recipe.steps * recipe.batch / seconds
        say(f"objects: epoch {state.epoch} of {recipe.epochs}, loss {mean:.3f}, {speed:.1f} crops/s, {seconds:.0f} s")


def _epoch(state: _State, sampler: Sampler, rng: np.random.Generator, runtime: Runtime) -> float:
    state.network.train()
    total = 0.0
    for pictures, targets in sampler.batches(rng, state.recipe.steps, state.recipe.batch):
        pictures = [picture.to(runtime.device) for picture in pictures]
        targets = [{name: part.to(runtime.device) for name, part in target.items()} for target in targets]
        with runtime.autocast():
            loss = torch.stack([term.float() for term in state.network(pictures, targets).values()]).sum()
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), 5.0)
        state.optimiser.step()
        state.schedule.step()
        total += loss.item()
    return total / state.recipe.steps


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
