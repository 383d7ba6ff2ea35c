"""Trains and measures the compact action model: on rendered plazas, and on real persons where there are any."""

import math
import platform
import time
from collections.abc import Callable, Iterator, Sequence
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
from core.arrays import Floats
from core.boxes import within
from core.contracts import ActionModel, Footage
from core.device import Runtime
from explain.actions import compact, moments
from explain.ava import official
from explain.backends import read_card
from explain.objects import yolox
from footage import labels
from footage.avenue import Avenue
from footage.labels import Region
from footage.ucsd import Ped2
from metrics.auc_pr import auc_pr
from workshop import _real_frames
from workshop._action_reals import gather, sure_persons, windows
from workshop._action_samples import Samples, batches, cut
from workshop._real_frames import Shot, Teacher
from workshop._training_loops import OneCycle

RUN, RIDE = official("run/jog"), official("ride")
RUNNERS, RUNNER_REGIONS, RUNS = ("08", "21"), Path("labels", "avenue_regions_dev.csv"), "run / jog"
FRAME_STEP = 3
"""Distance of the frames of Avenue's clips that are measured on."""
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


def on_plazas(network: nn.Module, held: Samples, names: Sequence[str], runtime: Runtime) -> dict[str, Any]:
    """Average precision of each label on persons cut out, and how many of them have it."""
    found = answer(network, held, runtime)
    scores = {name: auc_pr([found[:, i]], [held.labels[:, i] > 0]) for i, name in enumerate(names)}
    return {
        "persons": len(found),
        "ap": {name: None if math.isnan(score) else round(score, 3) for name, score in scores.items()},
        "with": {name: int(held.labels[:, i].sum()) for i, name in enumerate(names)},
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
            logits = compact.logits(network, compact.prepare(crops), rois)
        found.append(logits.float().sigmoid().cpu().numpy())
    return np.concatenate(found)


def on_real(model: ActionModel, root: Path, teacher: Teacher, say: Callable[[str], None]) -> dict[str, Any]:
    """Average precision of riders against walkers in Ped2's unseen clips, and of a running child in Avenue's.

    A rider's box is the teacher's person in an annotated region, or the region where it finds none; the others are
    the teacher's persons elsewhere in these frames.

    Raises:
        DataError: ``root`` is not laid out as :func:`workshop._real_frames.read` wants it.
        WeightsError: the teacher's weights cannot be had.
    """
    shots, regions = _real_frames.unseen(root, teacher, say)
    riders = [_scores(model, clip, shots, regions[clip.name], RIDE) for clip in Ped2(root / "UCSDped2").test()
              if clip.name in _real_frames.UNSEEN]  # fmt: skip
    runs = labels.read_regions(root / RUNNER_REGIONS)
    clips = [clip for clip in Avenue(root / "Avenue").test() if clip.name in RUNNERS]
    shown = [_shot(clip, runs[clip.name], teacher) for clip in clips]
    runners = [_scores(model, clip, shown, runs[clip.name], RUN) for clip in clips]
    return {
        "Ped2, test clips 2, 8 and 10, never seen": _figures(riders, "riders", "ride"),
        "Avenue, test clips 08 and 21, never seen": _figures(runners, "runners", "run/jog"),
    }


def _shot(clip: Footage, regions: dict[int, tuple[Region, ...]], teacher: Teacher) -> Shot:
    numbers = [number for number in sorted(regions) if number % FRAME_STEP == 0]
    images = np.stack([images[key] for _, images, key, _ in windows(clip, numbers, 0)])
    background = np.median(images, axis=0).astype(np.uint8)
    return Shot(clip.name, numbers, images, background, teacher.label(f"Avenue-{clip.name}", numbers, images))


Scores = tuple[list[float], list[float]]


def _figures(clips: Sequence[Scores], who: str, name: str) -> dict[str, Any]:
    doing, others = (np.array([s for clip in clips for s in clip[i]]) for i in (0, 1))
    truth = np.concatenate([np.ones(len(doing), np.bool_), np.zeros(len(others), np.bool_)])
    return {
        who: len(doing),
        "others": len(others),
        f"ap {name}": round(auc_pr([np.concatenate([doing, others])], [truth]), 3),
        f"median {name} of {who}": round(float(np.median(doing)), 3),
        f"95th percentile {name} of others": round(float(np.percentile(others, 95)), 3),
    }


def _scores(
    model: ActionModel, clip: Footage, shots: Sequence[Shot], regions: dict[int, tuple[Region, ...]], name: str
) -> Scores:
    """Probabilities of one action for those in the regions of one clip, and for the others in the same frames."""
    shot, column = next(shot for shot in shots if shot.name == clip.name), model.labels.index(name)
    doing: list[float] = []
    others: list[float] = []
    for number, images, key, fps in windows(clip, [n for n in shot.numbers if n in regions], model.span):
        when = np.clip(key + np.round(moments(model.span, model.rate) * fps).astype(int), 0, len(images) - 1)
        persons, areas = sure_persons(shot, number), np.array([r.box for r in regions[number]], np.float32)
        inside = within(persons, areas)
        does = [r.label in (RUNS, "bicycle", "skateboard") for r in regions[number]]
        found_in = [inside[:, i].max(initial=0) > 0.6 for i in range(len(areas))]
        chosen = [persons[inside[:, i].argmax()] if found_in[i] else area for i, area in enumerate(areas) if does[i]]
        far = persons[inside.max(1, initial=0) < 0.1]
        found = model.classify(images[when], np.concatenate([np.array(chosen, np.float32).reshape(-1, 4), far]))
        doing += found[: len(chosen), column].tolist()
        others += found[len(chosen) :, column].tolist()
    return doing, others


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
