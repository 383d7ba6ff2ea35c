"""The compact action model's training, at its smallest."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.device import Runtime
from core.errors import InputError, WeightsError
from core.weights import load
from explain.actions import compact
from workshop import _action_samples, _train_actions
from workshop._train_actions import LABELS, Recipe
from workshop.train import TRAININGS

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
TINY = Recipe(scenes=1, held_out=1, epochs=2, steps=1, batch=2)


class Stopped(Exception):
    pass


@pytest.fixture(autouse=True)
def _few_frames(monkeypatch):
    monkeypatch.setattr(_action_samples, "FRAMES", 12)
    monkeypatch.setattr(_action_samples, "MAX_LABEL_SAMPLES", 2)
    monkeypatch.setattr(_action_samples, "PLAYED", 3)


def run(out, recipe=TINY, resume=False, stop_after=None, **more):
    said = []

    def say(line):
        said.append(line)
        if len(said) == stop_after:
            raise Stopped

    try:
        card = _train_actions.train(out, seed=0, resume=resume, runtime=RUNTIME, say=say, recipe=recipe, **more)
    except Stopped:
        card = None
    return [line.split(",")[1] for line in said], card


def test_training_stopped_and_resumed_gives_the_same_losses_and_a_true_card(tmp_path):
    whole, card = run(tmp_path / "whole")
    first, _ = run(tmp_path / "parts", stop_after=1)
    second, resumed = run(tmp_path / "parts", resume=True)
    assert first + second == whole and len(whole) == 2
    assert sorted(p.name for p in (tmp_path / "parts").iterdir()) == ["card.json", "model.safetensors"]
    assert card == json.loads((tmp_path / "whole" / "card.json").read_text())
    assert {**card, "minutes": 0} == {**resumed, "minutes": 0}
    compact.network(len(LABELS)).load_state_dict(load(tmp_path / "whole" / "model.safetensors", card["sha256"]))
    assert card["data"] == _train_actions.PLAZA_ONLY and len(card["samples"]) == 1
    assert card["labels"] == list(LABELS) and set(card["figures"]["held-out plazas"]["ap"]) == set(LABELS)


def test_nothing_or_another_training_is_not_resumed(tmp_path):
    with pytest.raises(InputError, match="nothing to resume"):
        run(tmp_path, resume=True)
    run(tmp_path, stop_after=1)
    with pytest.raises(InputError, match="another seed or recipe"):
        run(tmp_path, replace(TINY, rate=1e-4), resume=True)


def test_it_begins_with_the_weights_it_is_given(tmp_path):
    _, first = run(tmp_path / "first")
    _, second = run(tmp_path / "second", replace(TINY, rate=1e-9), start=tmp_path / "first")
    assert second["begun from"]["sha256"] == first["sha256"] and "begun from" not in first
    for part in ("first", "second"):
        card = json.loads((tmp_path / part / "card.json").read_text())
        (first if part == "first" else second)["state"] = load(tmp_path / part / "model.safetensors", card["sha256"])
    name = "model.blocks.0.multipathway_blocks.0.conv.weight"
    torch.testing.assert_close(first["state"][name], second["state"][name], atol=1e-6, rtol=0)
    with pytest.raises(WeightsError):
        run(tmp_path / "third", start=tmp_path / "nowhere")


def test_samples_are_drawn_in_their_shares():
    """Two sources whose crops are of one shade each, one four times as often as the other."""
    sources = []
    for shade, share, count in ((0, 0.2, 30), (255, 0.8, 5)):
        crop = np.full((compact.FRAMES, 8, 8, 3), shade, np.uint8)
        labels = np.eye(3, dtype=np.float32)[np.arange(count) % 3]
        sources.append((_action_samples.Samples([crop] * count, np.zeros((count, 4), np.float32), labels), share))
    drawn = list(_action_samples.batches(sources, np.random.default_rng(0), 20, 24))
    bright = np.concatenate([(crops.mean((1, 2, 3, 4)) > 0).numpy() for crops, _, _ in drawn])
    assert 0.7 < bright.mean() < 0.9
    assert {tuple(crops.shape) for crops, _, _ in drawn} == {(24, 3, compact.FRAMES, 8, 8)}


def test_anyone_can_train_it_again():
    assert TRAININGS["actions"] is _train_actions.train


def test_samples_are_kept_and_taken_from_there_again(tmp_path, monkeypatch):
    first = _action_samples.cut(tmp_path, [5], LABELS)
    monkeypatch.setattr(_action_samples.plaza, "render", None)
    again = _action_samples.cut(tmp_path, [5], LABELS)
    assert len(first.crops) == len(first.rois) == len(first.labels) > 0
    np.testing.assert_array_equal(first.labels, again.labels)
    assert first.labels.any(axis=0)[LABELS.index("walk")]


def test_variation_keeps_a_box_on_its_person():
    """A bright square stands where the box says; so it must when the crop is mirrored, blurred, darkened."""
    rng, side = np.random.default_rng(3), compact.CROP_PIXELS
    crops, rois = torch.zeros(24, compact.FRAMES, side, side, 3, dtype=torch.uint8), torch.zeros(24, 4)
    crops[:, :, 20:50, 8:28], rois[:] = 255, torch.tensor([8.0, 20, 28, 50])
    varied, moved = _action_samples.vary(crops, rois, rng)
    assert (moved[:, 0] < 20).any() and (moved[:, 0] > 40).any()
    for clip, (x1, y1, x2, y2) in zip(varied, moved.round().int(), strict=True):
        inside = clip[:, :, y1 + 5 : y2 - 5, x1 + 5 : x2 - 5].mean()
        assert inside > clip[:, :, 60:, 30:50].mean() + 0.5
