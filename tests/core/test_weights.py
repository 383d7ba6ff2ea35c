"""Weights: saved, loaded, and refused when they are not what they say."""

import collections
import hashlib
import io
import os
import pickle
import resource
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from core import weights
from core.checksums import sha256_of
from core.errors import StorageError, WeightsError


def network(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.Conv2d(width, 1, 1))


def with_checksum(path):
    return weights.load(path, sha256_of(path))


def test_a_full_disk_is_one_sentence_and_leaves_the_old_checkpoint(tmp_path):
    path, before = tmp_path / "checkpoint.pt", resource.getrlimit(resource.RLIMIT_FSIZE)
    weights.save_torch({"a": torch.zeros(3), "epoch": 1}, path)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, before[1]))
    try:
        with pytest.raises(StorageError, match=r"'checkpoint.pt' could not be written to .*: the disk is full"):
            weights.save_torch({"a": torch.zeros(30000), "epoch": 2}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert weights.load_torch(path)["epoch"] == 1 and [one.name for one in tmp_path.iterdir()] == [path.name]


class Bomb:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_saved_weights_come_back_as_float16_and_statistics_exactly(tmp_path):
    net = network()
    net[1].running_var.fill_(1e9)
    digest = weights.save(net, tmp_path / "w.safetensors")
    assert digest == hashlib.sha256((tmp_path / "w.safetensors").read_bytes()).hexdigest()
    state = weights.load(tmp_path / "w.safetensors", digest)
    assert state["0.weight"].dtype == torch.float16
    assert state["1.num_batches_tracked"].dtype == torch.int64
    other = network()
    weights.apply(other, state)
    for name, tensor in net.state_dict().items():
        back = other.state_dict()[name]
        assert back.dtype == tensor.dtype
        torch.testing.assert_close(back, tensor, rtol=1e-3, atol=1e-6)
    assert torch.equal(other[1].running_var, net[1].running_var)


def test_full_precision_shared_and_channels_last_tensors_are_saved(tmp_path):
    net = network().to(memory_format=torch.channels_last)
    net[2].weight = nn.Parameter(net[2].weight)
    state = {**net.state_dict(), "again": net[0].weight, "large": torch.tensor([1e6])}
    back = weights.load(tmp_path / "w.safetensors", weights.save(state, tmp_path / "w.safetensors", half=False))
    assert all(torch.equal(back[name], tensor) for name, tensor in state.items())
    half = weights.load(tmp_path / "h.safetensors", weights.save(state, tmp_path / "h.safetensors"))
    assert half["large"].dtype == torch.float32 and half["large"].item() == 1e6


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(WeightsError, match=r"there is no weights file .*none.safetensors"):
        weights.load(tmp_path / "none.safetensors", "0" * 64)


def test_a_tampered_file_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    digest = weights.save(network(), path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="changed or damaged: its sha256 must begin with"):
        weights.load(path, digest)


@pytest.mark.parametrize("part", [None, "", 1, 2, 63])
def test_weights_are_not_loaded_without_their_whole_checksum(tmp_path, part):
    path = tmp_path / "w.safetensors"
    digest = weights.save(network(), path)
    given = digest[:part] if isinstance(part, int) else part
    with pytest.raises(WeightsError, match=r"the sha256 of 'w\.safetensors' must be 64 hexadecimal digits"):
        weights.load(path, given)
    with pytest.raises(WeightsError, match="64 hexadecimal digits"):
        weights.load(path, digest + "0")


@given(content=st.binary(max_size=200))
def test_any_other_bytes_are_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "any"
    path.write_bytes(content)
    for load in (with_checksum, weights.load_torch, weights.load_pickled_arrays):
        with pytest.raises(WeightsError, match="'any' "):
            load(path)


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_instead_of_weights_is_refused_and_not_run(tmp_path, protocol):
    path, mark = tmp_path / "w.safetensors", tmp_path / "ran"
    path.write_bytes(pickle.dumps({"weight": Bomb(mark)}, protocol))
    for load in (with_checksum, weights.load_torch, weights.load_pickled_arrays):
        with pytest.raises(WeightsError):
            load(path)
    assert not mark.exists()


def test_a_file_of_torch_save_is_called_a_pickle(tmp_path):
    path, mark = tmp_path / "w.pth", tmp_path / "ran"
    torch.save({"weight": torch.ones(2), "bomb": Bomb(mark)}, path)
    with pytest.raises(WeightsError, match="is a pickle, which could run code"):
        with_checksum(path)
    with pytest.raises(WeightsError, match="could run code when it is loaded"):
        weights.load_torch(path)
    assert not mark.exists()


def test_published_torch_files_load(tmp_path):
    path = tmp_path / "w.pth"
    torch.save(collections.OrderedDict(network().state_dict()), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    weights.apply(network(), weights.load_torch(path, digest[:8]))
    with pytest.raises(WeightsError, match="sha256 must begin with 00000000"):
        weights.load_torch(path, "00000000")
    torch.save([1, 2], path)
    with pytest.raises(WeightsError, match="holds a list"):
        weights.load_torch(path)


@pytest.mark.parametrize("protocol", range(5))
def test_arrays_of_a_model_zoo_pickle_are_read(tmp_path, protocol):
    arrays = {
        "w": np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32),
        "f": np.asfortranarray(np.arange(6, dtype=">i8").reshape(2, 3)),
        "none": np.zeros((0, 3), np.float64),
        "one": np.array(7, np.uint8),
    }
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"model": arrays, "__author__": "someone", "matching_heuristics": True}, protocol))
    back = weights.load_pickled_arrays(path)
    assert set(back) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)
        assert torch.as_tensor(back[name].astype(array.dtype.newbyteorder("="))).shape == array.shape


def test_arrays_that_hold_objects_or_lie_about_their_size_are_refused(tmp_path):
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({"w": np.array([{}], object)}, 2))
    with pytest.raises(WeightsError, match="not a pickle of NumPy arrays only"):
        weights.load_pickled_arrays(path)
    honest = pickle.dumps({"w": np.zeros((2, 2), np.float32)}, 2)
    path.write_bytes(honest.replace(b"K\x02K\x02\x86", b"K\x7fK\x7f\x86"))
    assert path.read_bytes() != honest
    with pytest.raises(WeightsError, match="size does not fit"):
        weights.load_pickled_arrays(path)


def test_apply_names_what_does_not_fit():
    net = network()
    good = net.state_dict()
    with pytest.raises(WeightsError, match=r"another network's weights, not Sequential's"):
        weights.apply(net, nn.Linear(2, 2).state_dict())
    with pytest.raises(WeightsError, match=r"'2.bias' is missing"):
        weights.apply(net, {k: v for k, v in good.items() if k != "2.bias"})
    with pytest.raises(WeightsError, match=r"'extra' is not known to it"):
        weights.apply(net, {**good, "extra": torch.zeros(1)})
    with pytest.raises(WeightsError, match=r"'2.bias' must be \(1,\), got \(5,\)"):
        weights.apply(net, {**good, "2.bias": torch.zeros(5)})
    weights.apply(net, {k: v for k, v in good.items() if not k.endswith("num_batches_tracked")})


def test_tensors_beside_code_free_values_of_torch_survive_a_buffer(tmp_path):
    path = tmp_path / "checkpoint.pth"
    buffer = io.BytesIO()
    torch.save({"model_state": {"w": torch.ones(2, 2)}, "epoch": 3}, buffer)
    path.write_bytes(buffer.getvalue())
    found = weights.load_torch(path)
    assert found["epoch"] == 3 and torch.equal(found["model_state"]["w"], torch.ones(2, 2))
