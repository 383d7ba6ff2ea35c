"""How well an action model does: on plazas held out, and on real clips that were never seen."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from core.arrays import Doubles, Floats
from core.boxes import within
from core.contracts import ActionModel, Footage
from core.device import Runtime
from explain.actions import compact, moments
from explain.ava import official
from footage import labels
from footage.avenue import Avenue
from footage.labels import Region
from footage.ucsd import Ped2
from metrics.auc_pr import auc_pr
from workshop import _real_frames
from workshop._action_reals import sure_persons, windows
from workshop._action_samples import Samples
from workshop._real_frames import Shot, Teacher

RUN, RIDE = official("run/jog"), official("ride")
RUNNERS, RUNNER_REGIONS, RUNS = ("08", "21"), Path("labels", "avenue_regions_dev.csv"), "run / jog"
FRAME_STEP = 3
"""Distance of the frames of Avenue's clips that are measured on."""


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
        chosen = [_best(persons, inside[:, i], area) for i, area in enumerate(areas) if does[i]]
        far = persons[inside.max(1, initial=0) < 0.1]
        found = model.classify(images[when], np.concatenate([np.array(chosen, np.float32).reshape(-1, 4), far]))
        doing += found[: len(chosen), column].tolist()
        others += found[len(chosen) :, column].tolist()
    return doing, others


def _best(persons: Floats, inside: Doubles, region: Floats) -> Floats:
    return persons[inside.argmax()] if len(persons) and inside.max() > 0.6 else region
