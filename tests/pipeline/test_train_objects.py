"""The compact object model's training, at its smallest."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.device import Runtime
from core.errors import InputError, UnknownNameError
from core.weights import load
from explain.objects import compact
from pipeline import _train_objects
from pipeline._box_samples import Boxes, Scenes
from pipeline._train_objects import LABELS, Recipe
from pipeline.train_explainers import train_explainer

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
TINY = Recipe(scenes=1, held_out=1, frames=1, epochs=2, steps=1, batch=1)


@pytest.fixture(autouse=True)
def quick_scenes(monkeypatch):
    """Stand in for the rendered plazas, which test_box_samples.py looks at."""

    def render(cache, seeds, frames, names):
        cache.mkdir(exist_ok=True)
        rng = np.random.default_rng(list(seeds))
        images = list(rng.integers(0, 256, (frames, 60, 90, 3), dtype=np.uint8))
        truth = Boxes(np.array([[20, 10, 60, 50]], np.float32), np.array([1]), np.ones(1, np.float32))
        return Scenes(images, [truth] * frames)

    monkeypatch.setattr(_train_objects, "render", render)


class Stopped(Exception):
    pass


def run(out, recipe=TINY, seed=0, resume=False, stop_after=None):
    said = []

    def say(line):
        said.append(line)
        if len(said) == stop_after:
            raise Stopped

    try:
        card = _train_objects.train(out, seed=seed, resume=resume, runtime=RUNTIME, say=say, recipe=recipe)
    except Stopped:
        card = None
    return [line.split(",")[1] for line in said], card


def test_training_stopped_and_resumed_gives_the_same_losses_and_a_true_card(tmp_path):
    whole, card = run(tmp_path / "whole")
    first, _ = run(tmp_path / "parts", stop_after=1)
    second, resumed = run(tmp_path / "parts", resume=True)
    assert first + second == whole and len(whole) == 2
    assert sorted(p.name for p in (tmp_path / "parts").iterdir()) == ["card.json", "model.safetensors"]
    assert card == resumed == json.loads((tmp_path / "whole" / "card.json").read_text())
    state = load(tmp_path / "whole" / "model.safetensors", card["sha256"])
    compact.network(len(LABELS) + 1).load_state_dict(state)
    assert card["labels"] == list(LABELS) and set(card["figures"]["held-out plazas"]["ap50"]) == set(LABELS)


def test_nothing_or_another_training_is_not_resumed(tmp_path):
    with pytest.raises(InputError, match="nothing to resume"):
        run(tmp_path, resume=True)
    run(tmp_path, stop_after=1)
    with pytest.raises(InputError, match="another seed or recipe"):
        run(tmp_path, replace(TINY, rate=1e-4), resume=True)


def test_an_unknown_explainer_lists_the_known_ones(tmp_path):
    with pytest.raises(UnknownNameError, match="objects"):
        train_explainer("places", tmp_path)
