"""Trains the compact object model on rendered plazas and, where there is real footage, on that."""

import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
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
from core.device import Runtime
from explain._backends import read_card
from explain.objects import compact, yolox
from footage import plaza
from pipeline.explainers import _object_sources, _real_frames
from pipeline.explainers._box_samples import Sampler, Source, batches, render
from pipeline.explainers._object_sources import PLAZA
from pipeline.explainers._one_cycle import OneCycle

NAME = "compact Faster R-CNN"
LABELS = plaza.OBJECTS
RENDERED = "rendered plazas (footage/plaza)"
FILMED = (
    "; real frames: UCSD Ped2's training clips, its test clips 1, 4 and 7 with labelled regions, CUHK Avenue's "
    "training clips 10, 11, 12 and 16, and three street and shop clips, persons in them boxed by YOLOX-nano; cut-outs "
    "of the regions pasted into, and skateboards drawn into, those frames. Ped2's test clips 2, 8 and 10 were never "
    "trained on but were looked at while the recipe was made; no other test clip was looked at"
)


@dataclass(frozen=True)
class Recipe:
    """What is trained on, and for how long.

    Attributes:
        scenes, held_out: number of plazas to learn from, and of other plazas to measure on.
        frames: frames of each plaza.
        epochs, steps, batch: ``steps`` batches of ``batch`` crops are an epoch.
        rate: highest learning rate of the one-cycle schedule (``smith2018disciplined``).
    """

    scenes: int = 90
    held_out: int = 16
    frames: int = 20
    epochs: int = 24
    steps: int = 100
    batch: int = 8
    rate: float = 1.5e-3


def train(
    out: Path, *, seed: int, resume: bool, runtime: Runtime, say: Callable[[str], None], recipe: Recipe | None = None,
    data: Path | None = None, start: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train the compact object model, and write ``model.safetensors`` and ``card.json``.

    Args:
        out: folder for both; until the last epoch is done also for a checkpoint and the rendered frames (1.5 GB).
        seed: of weights, crops and plazas; the same seed gives the same losses on the same machine and threads.
        resume: go on from the checkpoint in ``out``.
        runtime: where to train.
        say: told one line an epoch.
        recipe: what to train on, and for how long.
        data: real footage, laid out as :mod:`pipeline.explainers._real_frames` says; without it, plazas alone.
        start: folder of a model to begin with, weights and card; tensors of another shape begin anew.

    Returns:
        The card.

    Raises:
        InputError: ``resume`` was asked for and there is no checkpoint of this recipe and seed.
        DataError: ``data`` is not laid out as it must be.
        WeightsError: there is ``data``, but YOLOX-nano's weights cannot be had; or ``start`` holds no model.
        StorageError: ``out`` cannot be written.
    """
    recipe = recipe or Recipe()
    cache = files.folder(out) / "plaza"
    learnt = range(1000 * (seed + 1), 1000 * (seed + 1) + recipe.scenes)
    held = range(learnt.start + 500, learnt.start + 500 + recipe.held_out)
    teacher = _real_frames.Teacher(files.home() / "cache" / "teacher", partial(yolox.load_tiles, runtime))
    sources = [Source(Sampler(render(cache, learnt, recipe.frames, LABELS)).draw, PLAZA)]
    sources += _object_sources.real(data, teacher, LABELS, say) if data else []
    torch.manual_seed(seed)
    network = runtime.place(compact.network(len(LABELS)))
    begun = _begin(network, start) if start else None
    OneCycle(network, recipe, decay=0.02).run(
        out / "checkpoint.pt", partial(_losses, network, sources, recipe, runtime),
        seed=seed, resume=resume, say=say, what="objects", unit="crops",
    )  # fmt: skip
    model = compact.model(network, LABELS, runtime, NAME)
    figures: dict[str, Any] = {
        "held-out plazas": _object_sources.on_plazas(model, render(cache, held, recipe.frames, LABELS))
    }
    if data:
        figures["UCSD Ped2 test clips 2, 8, 10"] = _object_sources.on_unseen(
            model, *_real_frames.unseen(data, teacher, say)
        )
    card = _card(network, recipe, seed, runtime, data is not None, begun) | {"figures": figures}
    card["sha256"] = weights.save(network, out / "model.safetensors")
    files.write_json(out / "card.json", card)
    (out / "checkpoint.pt").unlink()
    shutil.rmtree(cache)
    return card


def _begin(network: FasterRCNN, start: Path) -> dict[str, Any]:
    """Take over the tensors that fit; return what the card there says of where they are from."""
    card = read_card(start)
    own = network.state_dict()
    state = weights.load(start / "model.safetensors", str(card["sha256"]))
    network.load_state_dict({k: v for k, v in state.items() if k in own and own[k].shape == v.shape}, strict=False)
    return {fact: card.get(fact) for fact in ("sha256", "data", "recipe", "seed", "begun_with")}


def _losses(
    network: FasterRCNN, sources: Sequence[Source], recipe: Recipe, runtime: Runtime, rng: np.random.Generator
) -> Iterator[Tensor]:
    for pictures, targets in batches(sources, rng, recipe.steps, recipe.batch):
        pictures = [picture.to(runtime.device) for picture in pictures]
        targets = [{name: part.to(runtime.device) for name, part in target.items()} for target in targets]
        with runtime.autocast():
            loss = torch.stack([term.float() for term in network(pictures, targets).values()]).sum()
        yield loss


def _card(
    network: FasterRCNN, recipe: Recipe, seed: int, runtime: Runtime, filmed: bool, begun: dict[str, Any] | None
) -> dict[str, Any]:
    versions = {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__}
    return {
        "name": f"{NAME} ({'real footage and the plaza' if filmed else 'trained on the plaza'})",
        "labels": list(LABELS),
        "vocabulary": "COCO",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "data": RENDERED + (FILMED if filmed else " only; no real footage, no other model's weights or boxes"),
        "trained_regions": [f"UCSDped2/{clip}" for clip in _real_frames.LEARNT] if filmed else [],
        "begun_with": begun,
        "recipe": asdict(recipe),
        "seed": seed,
        "device": runtime.describe(),
        "versions": versions,
    }
