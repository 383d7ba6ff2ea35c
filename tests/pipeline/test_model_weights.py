"""SHA-256 of models' weights by the names under which the models answer."""

import hashlib
import json
from dataclasses import replace

import pytest

from core import weights
from pipeline import official
from pipeline.model_weights import CARDS, card_sha256, sha256_of


@pytest.mark.parametrize("kind", ["objects", "actions"])
def test_a_compact_models_is_that_of_the_file_beside_its_card(kind):
    card = json.loads((CARDS / kind / "card.json").read_text(encoding="utf-8"))
    (file,) = (CARDS / kind).glob("*.safetensors")
    assert card_sha256(card["name"]) == sha256_of(card["name"]) == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("more", ["", ", on tiles"])
def test_an_official_models_is_that_of_the_file_from_which_it_is_loaded(whycam_home, tmp_path, monkeypatch, more):
    one = replace(official.published()["slowfast"], file="w.pth")
    monkeypatch.setattr(official, "published", lambda: {"slowfast": one})
    assert one.model == "pytorchvideo SlowFast R50 8×8 (AVA)" and sha256_of(one.model + more) is None
    (whycam_home / "weights").mkdir()
    (whycam_home / "weights" / "w.pth").write_bytes(b"downloaded")
    assert sha256_of(one.model + more) == hashlib.sha256(b"downloaded").hexdigest()
    (tmp_path / "w.pth").write_bytes(b"carried over")
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(tmp_path))
    assert sha256_of(one.model + more) == hashlib.sha256(b"carried over").hexdigest()
    assert weights.find("w.pth") == tmp_path / "w.pth", "as it is loaded"


def test_every_official_model_has_the_name_under_which_it_answers():
    assert all(one.model for one in official.published().values())


def test_of_a_model_of_ones_own_nothing_is_known():
    assert card_sha256("mine") is None and sha256_of("mine") is None
