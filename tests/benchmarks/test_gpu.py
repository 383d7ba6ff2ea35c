"""What a GPU would be asked for is counted."""

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks import gpu
from core import device, video


def test_time_in_networks_is_that_of_the_outermost_calls():
    network = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, 4)))
    with gpu.Inside() as inside:
        assert inside.seconds == 0.0
        network(torch.ones(1, 4))
        once = inside.seconds
        network(torch.ones(1, 4))
    network(torch.ones(1, 4))
    assert 0 < once < inside.seconds and inside._depth == 0


def test_a_network_that_fails_does_not_stay_entered():
    with gpu.Inside() as inside:
        with pytest.raises(RuntimeError):
            nn.Linear(4, 4)(torch.ones(1, 5))
        assert inside._depth == 0


def test_reads_and_answers_of_unknown_size_are_waits_and_views_are_no_work():
    values = torch.arange(6.0)
    with gpu.Reads(torch.device("cpu")) as reads, gpu.Operations() as operations:
        doubled = values * 2
        doubled.view(2, 3).t()
        assert (reads.count, operations.sized) == (0, 0)
        work = operations.count
        float(doubled.sum())
        doubled.cpu()
        assert reads.count == 2
        doubled[doubled > 3]
        torch.nonzero(doubled)
        doubled[torch.tensor([0, 1])]
    assert operations.sized == 2 and work == 1 and operations.count > 3


def test_tensors_elsewhere_are_no_waits():
    with gpu.Reads(torch.device("cuda")) as reads:
        torch.ones(3).tolist()
    assert reads.count == 0


def test_a_training_and_the_networks_are_rows(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 255, (40, 48, 64, 3), dtype=np.uint8)
    video.encode(tmp_path / "clip.mp4", pictures, 25)
    (row,) = gpu._training(tmp_path / "clip.mp4", device.choose("cpu"), tmp_path / "work", lambda what: None)
    assert row["measured"] > 0 and "windows/s" in row["figure"]
    (row,) = gpu._evaluation(None, device.choose("cpu"), lambda what: None)
    assert row["measured"].startswith("not measured")
