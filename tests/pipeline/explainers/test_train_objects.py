"""The compact object model's training, at its smallest."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core import files
from core.device import Runtime
from core.errors import InputError, UnknownNameError
from core.weights import load
from explain.objects import compact
from pipeline.explainers import _train_objects
from pipeline.explainers._box_samples import Boxes, Scenes
from pipeline.explainers._train_objects import LABELS, Recipe
from pipeline.explainers.train import TRAININGS, train_explainer
from tests.pipeline.real_footage import Bright, lay_out

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
TINY = Recipe(scenes=1, held_out=1, frames=1, epochs=2, steps=1, batch=1)


@pytest.fixture(autouse=True)
def quick_scenes(monkeypatch):
    """Stand in for the rendered plazas, which test_box_samples.py looks at."""

    def render(cache, seeds, frames, names):
        cache.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(list(seeds))
        images = list(rng.integers(0, 256, (frames, 60, 90, 3), dtype=np.uint8))
        truth = Boxes(np.array([[20, 10, 60, 50]], np.float32), np.array([1]), np.ones(1, np.float32))
        return Scenes(images, [truth] * frames)

    monkeypatch.setattr(_train_objects, "render", render)


class Stopped(Exception):
    pass


def run(out, recipe=TINY, seed=0, resume=False, stop_after=None, **more):
    said = []

    def say(line):
        said.append(line)
        if len(said) == stop_after:
            raise Stopped

    try:
        card = _train_objects.train(out, seed=seed, resume=resume, runtime=RUNTIME, say=say, recipe=recipe, **more)
    except Stopped:
        card = None
    return [line.split(",")[1] for line in said if "epoch" in line], card


def test_training_stopped_and_resumed_gives_the_same_losses_and_a_true_card(tmp_path):
    whole, card = run(tmp_path / "whole")
    first, _ = run(tmp_path / "parts", stop_after=1)
    second, resumed = run(tmp_path / "parts", resume=True)
    assert first + second == whole and len(whole) == 2
    assert sorted(p.name for p in (tmp_path / "parts").iterdir()) == ["card.json", "model.safetensors"]
    assert card == resumed == json.loads((tmp_path / "whole" / "card.json").read_text())
    state = load(tmp_path / "whole" / "model.safetensors", card["sha256"])
    compact.network(len(LABELS)).load_state_dict(state)
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


def test_real_footage_is_learnt_from_and_unseen_clips_measured(tmp_path, monkeypatch):
    root = lay_out(tmp_path / "real")
    monkeypatch.setattr(_train_objects.yolox, "load_tiles", lambda _: Bright())
    losses, card = run(tmp_path / "out", replace(TINY, batch=4), data=root)
    assert len(losses) == 2 and "UCSD Ped2" in card["data"] and card["name"].endswith("(real footage and the plaza)")
    figures = card["figures"]["UCSD Ped2 test clips 2, 8, 10"]
    assert figures["boxes"] == {"person": 18, "bicycle": 12, "skateboard": 6} and figures["frames"] == 18
    assert set(figures["false_per_frame"]) == set(LABELS[1:])
    assert card["trained_regions"] == ["UCSDped2/Test001", "UCSDped2/Test004", "UCSDped2/Test007"]
    assert list((files.home() / "cache" / "teacher").glob("teacher-*.json"))


def test_without_real_footage_the_card_says_so(tmp_path):
    _, card = run(tmp_path, replace(TINY, epochs=1))
    assert (
        "no real footage" in card["data"]
        and card["trained_regions"] == []
        and list(card["figures"]) == ["held-out plazas"]
    )


def test_a_training_may_begin_with_other_weights(tmp_path):
    still = replace(TINY, epochs=1, rate=1e-12)
    _, first = run(tmp_path / "first", seed=1)
    _, card = run(tmp_path / "second", still, start=tmp_path / "first")
    assert card["begun_with"]["sha256"] == first["sha256"] and first["begun_with"] is None
    before, after = (
        load(tmp_path / name / "model.safetensors")["backbone.stem.0.weight"] for name in ("first", "second")
    )
    torch.testing.assert_close(before, after, atol=1e-3, rtol=1e-2)


def test_what_is_not_learnt_from_real_footage_says_so(tmp_path, monkeypatch):
    monkeypatch.setitem(TRAININGS, "nothing", lambda out, *, seed, resume, runtime, say: {})
    assert train_explainer("nothing", tmp_path) == {}
    with pytest.raises(InputError, match="nothing"):
        train_explainer("nothing", tmp_path, data=tmp_path)
