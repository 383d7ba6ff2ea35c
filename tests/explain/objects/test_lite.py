"""EfficientNet-Lite0 as a backbone."""

import numpy as np
import pytest
import torch

from core import weights
from core.device import Runtime
from core.errors import WeightsError
from core.files import write_json
from explain.objects import compact
from explain.objects.compact import FROZEN, LitePyramid

FLOAT32 = Runtime(torch.device("cpu"), torch.float32)


@pytest.fixture
def pyramid():
    torch.manual_seed(0)
    made = LitePyramid(16, (8, 16, 32)).eval()
    for name, tensor in made.state_dict().items():
        if "norm" in name:
            tensor.copy_(torch.rand(tensor.shape) + 0.5)
    return made


def test_levels_have_their_strides(pyramid):
    levels = pyramid(torch.rand(1, 3, 96, 160))
    assert [tuple(level.shape) for level in levels.values()] == [(1, 16, 12, 20), (1, 16, 6, 10), (1, 16, 3, 5)]


@pytest.mark.parametrize("size", [(64, 96), (61, 95), (61, 96)])
def test_folding_changes_nothing(pyramid, size):
    picture = torch.rand(1, 3, *size)
    with torch.no_grad():
        before = {name: level.clone() for name, level in pyramid(picture).items()}
        after = pyramid.folded()(picture)
    with_gradients = pyramid(picture.requires_grad_())  # where activations are not joined with their convolutions
    assert not any("norm" in name for name in pyramid.state_dict())
    for name, level in before.items():
        torch.testing.assert_close(after[name], level, rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(with_gradients[name].detach(), level, rtol=1e-3, atol=1e-4)


def test_published_weights_reach_their_places(pyramid):
    names = pyramid._published()
    published = {where: torch.full_like(pyramid.state_dict()[own], i) for i, (own, where) in enumerate(names.items())}
    assert len(published) == len(names) == 5 * (1 + 3 * 16 - 1)
    assert {"_conv_stem.weight", "_blocks.0._bn1.weight", "_blocks.15._project_conv.weight"} <= published.keys()
    assert "_blocks.0._bn0.weight" not in published
    pyramid.begin(published)
    state = pyramid.state_dict()
    assert all((state[own] == i).all() for i, own in enumerate(names))


def test_stem_and_first_blocks_stay(pyramid):
    pyramid.freeze()
    learning = {name.split(".")[1] for name, part in pyramid.blocks.named_parameters(prefix="b") if part.requires_grad}
    assert learning == {str(i) for i in range(FROZEN, 16)} and not any(
        p.requires_grad for p in pyramid.stem.parameters()
    )


def test_a_card_says_which_backbone_its_weights_are_of(tmp_path):
    network = compact.network(2)
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.bias.fill_(1.0)
    digest = weights.save(network, tmp_path / "model.safetensors")
    card = {"name": "a", "labels": ["person", "car"], "sha256": digest, "backbone": compact.BACKBONE}
    write_json(tmp_path / "card.json", card)
    model = compact.load(FLOAT32, folder=tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (1, 90, 160, 3), dtype=np.uint8)
    found = model.detect(images)[0]
    assert len(found) and set(found.labels) <= {"person", "car"}
    network.eval()
    again = compact.model(network, ("person", "car"), FLOAT32, "a").detect(images)[0]
    assert np.abs(again.confidence[:5] - found.confidence[:5]).max() < 0.02, "folded float16 answers as it was trained"


def test_weights_of_another_backbone_are_refused(tmp_path):
    write_json(tmp_path / "card.json", {"name": "a", "labels": ["person"], "sha256": "0" * 64, "backbone": "vgg"})
    with pytest.raises(WeightsError, match="another backbone"):
        compact.load(FLOAT32, folder=tmp_path)
