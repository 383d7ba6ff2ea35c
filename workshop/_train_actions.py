"""Trains the compact action model: on rendered plazas, and on real persons where there are any."""

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

import plaza
from core import files, weights
from core.device import Runtime
from explain.actions import compact
from explain.backends import read_card
from explain.objects import yolox
from workshop._action_figures import on_plazas, on_real
from workshop._action_reals import gather
from workshop._action_samples import Samples, batches, cut
from workshop._real_frames import Teacher
from workshop._training_loops import OneCycle

NAME = "compact SlowFast"
LABELS = plaza.ACTIONS
"""AVA names in AVA's order: all that can be rendered."""
PLAZA_ONLY = "persons in rendered plazas only (plaza); no real footage, no other model's answers"
KEPT = ("sha256", "data", "recipe", "seed", "samples", "minutes", "begun from")
"""What a card keeps of the card of the weights that its training began with."""
WITH_REAL = (
    "persons in rendered plazas (plaza); persons of Ped2's training clips, Avenue's training clips 10, 11, 12 "
    "and 16 and three plain clips, found by YOLOX-nano and named walk or stand by how they move; riders and a driver "
    "of Ped2's test clips 1, 4 and 7, as annotated. No other test clip"
)


@dataclass(frozen=True)
class Recipe:
    """What is trained on, and for how long.

    Attributes:
        scenes, held_out: number of plazas to learn from, and of other plazas to measure on.
        epochs, steps, batch: ``steps`` batches of ``batch`` persons are an epoch.
        rate: highest learning rate of the one-cycle schedule (``smith2018disciplined``).
    """

    scenes: int = 230
    held_out: int = 8
    epochs: int = 30
    steps: int = 100
    batch: int = 24
    rate: float = 2e-3


def train(
    out: Path, *, seed: int, resume: bool, runtime: Runtime, say: Callable[[str], None], recipe: Recipe | None = None,
    data: Path | None = None, start: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train the compact action model by a ``recipe``; the rest is as :func:`workshop.train.train_explainer` says."""
    recipe = recipe or Recipe()
    cache, first = files.folder(files.home() / "cache" / "plaza"), 1000 * (seed + 1)
    sources = [(cut(cache, range(first, first + recipe.scenes), LABELS), 1.0)]
    teacher = Teacher(files.home() / "cache" / "teacher", lambda: yolox.load_tiles(runtime))
    if data:
        sources += gather(cache, data, teacher, LABELS, say)
        sources[0] = (sources[0][0], 1 - sum(share for _, share in sources[1:]))
    torch.manual_seed(seed)
    network = runtime.place(compact.network(len(LABELS))).to(memory_format=torch.channels_last_3d)
    begun = {"begun from": _begin(network, start)} if start else {}
    started = time.monotonic()
    OneCycle(network, asdict(recipe), decay=0.03).run(
        files.folder(out) / "checkpoint.pt", partial(_losses, network, sources, recipe, runtime),
        seed=seed, resume=resume, say=say, what="actions", unit="persons",
    )  # fmt: skip
    card = _card(network, recipe, seed, runtime) | {"minutes": round((time.monotonic() - started) / 60, 1)} | begun
    name, of = ("real footage and the plaza", WITH_REAL) if data else ("trained on the plaza", PLAZA_ONLY)
    card |= {"name": f"{NAME} ({name})", "data": of, "samples": [len(samples.rois) for samples, _ in sources]}
    held = cut(cache, range(first + 500, first + 500 + recipe.held_out), LABELS)
    card["figures"] = {"held-out plazas": on_plazas(network, held, LABELS, runtime)}
    card["sha256"] = weights.save(network, out / "model.safetensors")
    if data:
        card["figures"] |= on_real(compact.CompactModel(NAME, LABELS, network, runtime), data, teacher, say)
    files.write_json(out / "card.json", card)
    (out / "checkpoint.pt").unlink(missing_ok=True)
    return card


def _begin(network: nn.Module, start: Path) -> dict[str, Any]:
    """Take over the weights of a folder; return what its card says of their training."""
    card = read_card(start)
    weights.apply(network, weights.load(start / "model.safetensors", str(card["sha256"])), str(start))
    return {name: card[name] for name in KEPT if name in card}


def _losses(
    network: nn.Module, sources: list[tuple[Samples, float]], recipe: Recipe, runtime: Runtime, rng: np.random.Generator
) -> Iterator[Tensor]:
    for crops, rois, truth in batches(sources, rng, recipe.steps, recipe.batch):
        with runtime.autocast():
            logits = compact.logits(network, crops.to(runtime.device), rois.to(runtime.device))
        yield nn.functional.binary_cross_entropy_with_logits(logits.float(), truth.to(runtime.device))


def _card(network: nn.Module, recipe: Recipe, seed: int, runtime: Runtime) -> dict[str, Any]:
    packages = {name: version(name) for name in ("torch", "torchvision", "pytorchvideo")}
    return {
        "labels": list(LABELS),
        "vocabulary": "AVA",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "input": "32 frames; squares twice as large as the person, brought to 80 pixels; 16 fast and 4 slow frames",
        "recipe": asdict(recipe),
        "seed": seed,
        "device": runtime.describe(),
        "versions": {"python": platform.python_version(), **packages},
    }
