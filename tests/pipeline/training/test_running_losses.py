"""Losses that are read from the device now and then, and footage that is kept on it."""

import sys
import types
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode

from core import device
from pipeline.camera import make_detector
from pipeline.training import loop
from pipeline.training.cache import Cache
from pipeline.training.running_losses import NotFinite, RunningLosses
from tests.pipeline.training.test_loop import SETTINGS, drawn, trained

CPU, CUDA = device.choose("cpu", "float32"), types.SimpleNamespace(device=torch.device("cuda"))


def terms(*values):
    return {name: torch.tensor(value) for name, value in zip("ab", values, strict=True)}


@pytest.mark.parametrize("runtime", [CPU, CUDA])
def test_terms_are_averaged_over_windows_however_often_they_are_read(runtime):
    losses = RunningLosses(runtime)
    for number, windows in enumerate((4, 4, 2)):
        losses.add(terms(float(number), 10.0 * number), windows)
        if losses.due:
            assert losses.look() == 11.0 * number
    assert losses.means() == {"a": pytest.approx(0.8), "b": pytest.approx(8.0)}


def test_a_gpu_is_not_read_at_each_batch_and_the_batch_that_went_wrong_is_named():
    losses = RunningLosses(CUDA)
    for number in range(9):
        losses.add(terms(1.0, float("nan") if number == 5 else 1.0), 4)
        assert not losses.due
    with pytest.raises(NotFinite) as caught:
        losses.look()
    assert caught.value.batch == 5 and np.isnan(caught.value.total)


class Readings(TorchFunctionMode):
    """Counts the waits for a device that the loop itself asks for."""

    NAMES = frozenset({"item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__", "__index__"})
    LOOP = frozenset({"loop.py", "running_losses.py"})

    def __init__(self):
        self.count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        asks = Path(sys._getframe(1).f_code.co_filename).name in self.LOOP
        self.count += asks and getattr(function, "__name__", "") in self.NAMES
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize(("runtime", "waits"), [(CPU, 15), (CUDA, 3)])
def test_a_gpu_is_waited_for_once_an_epoch_not_once_a_step(tmp_path, monkeypatch, runtime, waits):
    """Two clips make fourteen windows of a prediction, in batches of four: five steps in each of three epochs."""
    monkeypatch.setattr(loop, "RunningLosses", lambda _: RunningLosses(runtime))
    with Readings() as readings:
        _, progress = trained(tmp_path)
    assert readings.count == waits * len(("cpu", "numpy")) and len(progress.losses) == 3


def test_how_often_losses_are_read_changes_nothing(tmp_path, monkeypatch):
    _, each = trained(tmp_path / "each")
    monkeypatch.setattr(loop, "RunningLosses", lambda _: RunningLosses(CUDA))
    assert trained(tmp_path / "seldom")[1].losses == [pytest.approx(one, rel=1e-12) for one in each.losses]


def test_windows_are_the_same_where_the_frames_are_kept_on_the_device(tmp_path):
    detector = make_detector("vqunet-prediction", SETTINGS)
    cache = Cache(tmp_path / "frames.u8", detector, [drawn("a", 12), drawn("b", 9, 1)])
    order = np.random.default_rng(0).permutation(cache.starts)
    read = [part.clone() for part in cache.batches(4, order, 5)]
    assert not cache.move(torch.device("cpu")) and not cache.move(torch.device("cpu"), cache.frames.nbytes - 1)
    assert cache.move(torch.device("cpu"), cache.frames.nbytes)
    assert all(torch.equal(a, b) for a, b in zip(read, cache.batches(4, order, 5), strict=True))
