"""Trains the compact action model on rendered plazas."""

import math
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core import files, weights
from core.device import Runtime
from core.records import Floats
from explain.actions import compact
from explain.actions._ava import official
from explain.actions._slowfast import normalise
from metrics.auc_pr import auc_pr
from pipeline._action_samples import Samples, batches, cut
from pipeline._one_cycle import OneCycle

NAME = "compact SlowFast (trained on the plaza)"
LABELS = tuple(official(name) for name in ("run/jog", "stand", "walk", "carry/hold", "drive", "ride", "throw"))
"""AVA names in AVA's order."""


@dataclass(frozen=True)
class Recipe:
    """What is trained on, and for how long.

    Attributes:
        scenes, held_out: number of plazas to learn from, and of other plazas to measure on.
        epochs, steps, batch: ``steps`` batches of ``batch`` persons are an epoch.
        rate: highest learning rate of the one-cycle schedule (``smith2018disciplined``).
    """

    scenes: int = 60
    held_out: int = 6
    epochs: int = 12
    steps: int = 100
    batch: int = 24
    rate: float = 2e-3


def train(
    out: Path, *, seed: int, resume: bool, runtime: Runtime, say: Callable[[str], None], recipe: Recipe | None = None
) -> dict[str, Any]:
    """Train the compact action model, and write ``model.safetensors`` and ``card.json``.

    Args:
        out: folder for both, and for the checkpoint that each epoch leaves until the last one is done.
        seed: of weights, samples and plazas; the same seed gives the same losses on the same machine and threads.
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
    cache, first = files.folder(files.home() / "cache" / "plaza"), 1000 * (seed + 1)
    samples = cut(cache, range(first, first + recipe.scenes), LABELS)
    torch.manual_seed(seed)
    network = runtime.place(compact.network(len(LABELS))).to(memory_format=torch.channels_last_3d)
    started = time.monotonic()
    OneCycle(network, recipe, decay=0.03).run(
        files.folder(out) / "checkpoint.pt", partial(_losses, network, samples, recipe, runtime),
        seed=seed, resume=resume, say=say, what="actions", unit="persons",
    )  # fmt: skip
    minutes = (time.monotonic() - started) / 60
    held = cut(cache, range(first + 500, first + 500 + recipe.held_out), LABELS)
    card = _card(network, recipe, seed, runtime) | {"minutes": round(minutes, 1), "samples": len(samples.labels)}
    card["figures"] = {"held-out plazas": measure(network, held, runtime)}
    card["sha256"] = weights.save(network, out / "model.safetensors")
    files.write_json(out / "card.json", card)
    (out / "checkpoint.pt").unlink(missing_ok=True)
    return card


def _losses(
    network: nn.Module, samples: Samples, recipe: Recipe, runtime: Runtime, rng: np.random.Generator
) -> Iterator[Tensor]:
    for crops, rois, truth in batches(samples, rng, recipe.steps, recipe.batch):
        with runtime.autocast():
            logits = compact.logits(network, crops.to(runtime.device), rois.to(runtime.device))
        yield nn.functional.binary_cross_entropy_with_logits(logits.float(), truth.to(runtime.device))


def measure(network: nn.Module, samples: Samples, runtime: Runtime) -> dict[str, Any]:
    """Average precision of each label on persons cut out, and how many of them have it."""
    found = answer(network, samples, runtime)
    scores = {name: auc_pr([found[:, i]], [samples.labels[:, i]]) for i, name in enumerate(LABELS)}
    return {
        "persons": len(found),
        "ap": {name: None if math.isnan(score) else round(score, 3) for name, score in scores.items()},
        "with": {name: int(samples.labels[:, i].sum()) for i, name in enumerate(LABELS)},
    }


@torch.inference_mode()
def answer(network: nn.Module, samples: Samples, runtime: Runtime, batch: int = 32) -> Floats:
    """Return (N, K) probabilities of all samples, as they are."""
    network.eval()
    found = []
    for start in range(0, len(samples.rois), batch):
        crops = torch.from_numpy(np.stack(samples.crops[start : start + batch])).to(runtime.device)
        rois = torch.from_numpy(samples.rois[start : start + batch]).to(runtime.device)
        with runtime.autocast():
            logits = compact.logits(network, normalise(crops), rois)
        found.append(logits.float().sigmoid().cpu().numpy())
    return np.concatenate(found)


def _card(network: nn.Module, recipe: Recipe, seed: int, runtime: Runtime) -> dict[str, Any]:
    packages = {name: version(name) for name in ("torch", "torchvision", "pytorchvideo")}
    return {
        "name": NAME,
        "labels": list(LABELS),
        "vocabulary": "AVA",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "data": "persons in rendered plazas only (footage/plaza); no real footage, no other model's answers",
        "input": "32 frames; squares twice as large as the person, brought to 80 pixels; 16 fast and 4 slow frames",
        "recipe": asdict(recipe),
        "seed": seed,
        "device": runtime.describe(),
        "versions": {"python": platform.python_version(), **packages},
    }
