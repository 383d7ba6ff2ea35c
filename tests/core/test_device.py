"""One place decides device, precision and memory format."""

import pytest
import torch
from torch import nn

from core import device
from core.device import Runtime
from core.errors import InputError


def test_the_cpu_can_always_be_chosen():
    runtime = device.choose("cpu")
    assert runtime.device.type == "cpu"
    assert runtime.precision == (torch.bfloat16 if device.cpu_has_bf16() else torch.float32)
    assert runtime.describe().startswith("cpu ") and "threads" in runtime.describe()


def test_auto_takes_a_gpu_where_there_is_one():
    assert device.choose().device.type == ("cuda" if torch.cuda.is_available() else "cpu")


def test_a_gpu_that_is_not_there_is_said(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="device 'cuda' was asked for, but no CUDA GPU is visible"):
        device.choose("cuda")


def test_an_unknown_device_lists_the_known_ones():
    with pytest.raises(InputError, match="unknown device 'tpu'; known: auto, cpu, cuda"):
        device.choose("tpu")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_networks_run_in_the_chosen_precision(precision):
    runtime = device.choose("cpu", precision)
    net = runtime.place(nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)))
    assert net[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert all(p.dtype == torch.float32 for p in net.parameters())
    with runtime.autocast(), torch.inference_mode():
        assert net(torch.zeros(1, 8, 9, 9)).dtype == getattr(torch, precision)


def test_low_precision_stays_near_float32():
    net = nn.Sequential(nn.Conv2d(8, 16, 3), nn.ReLU(), nn.Conv2d(16, 4, 3)).eval()
    images = torch.rand(2, 8, 20, 20)
    with torch.inference_mode():
        exact = net(images)
        with Runtime(torch.device("cpu"), torch.bfloat16).autocast():
            low = net(images)
    torch.testing.assert_close(low.float(), exact, rtol=0.05, atol=0.02)


def test_flags_of_the_processor_are_read(monkeypatch, tmp_path):
    for flags, expected in (("fpu avx512_bf16 x", True), ("amx_bf16", True), ("avx2", False)):
        (tmp_path / "cpuinfo").write_text(flags)
        monkeypatch.setattr(device, "Path", lambda _: tmp_path / "cpuinfo")
        assert device.cpu_has_bf16() is expected
    monkeypatch.setattr(device, "Path", lambda _: tmp_path / "none")
    assert device.cpu_has_bf16() is False


def test_settling_merges_batch_normalisation_and_keeps_the_answers():
    torch.manual_seed(0)
    grown = nn.Sequential(nn.ConvTranspose2d(5, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    net = nn.ModuleDict({"down": nn.Sequential(nn.Conv2d(3, 5, 3, bias=False), nn.BatchNorm2d(5)), "up": grown})
    for norm in (net["down"][1], net["up"][1]):
        norm.load_state_dict({name: torch.rand_like(value.float()) + 0.5 for name, value in norm.state_dict().items()})
    images = torch.randn(2, 3, 8, 9)
    expected = net.eval()["up"](net["down"](images))
    settled = device.choose("cpu", "float32").to_inference(net.train())
    assert not any(isinstance(part, nn.BatchNorm2d) or part.training for part in settled.modules())
    assert settled["up"][0].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(settled["up"](settled["down"](images)), expected, rtol=1e-4, atol=1e-5)
