"""Settings of a stranger's camera are measured before they take memory, for every detector there is."""

import json
import resource
import time

import pytest
import safetensors.torch
import torch

from core import network_size, weights
from core.contracts import Window
from core.errors import WeightsError
from pipeline import camera
from pipeline.camera import detector_entries, make_detector

PER_FAMILY = ["vqunet-prediction", "decoupled-convlstm", "lntra-skip", "itae-flow-motion", "ks-cae",
              "bi-convlstm-ae-l1-n", "seq2seq-convgru-l2-y"]  # fmt: skip


@pytest.mark.parametrize("name", PER_FAMILY)
def test_a_network_fits_the_file_that_was_made_of_it(tmp_path, name):
    small = detector_entries()[name].small
    weights.save(make_detector(name, small), tmp_path / "w.safetensors")
    network_size.check(lambda: make_detector(name, small), tmp_path / "w.safetensors")


@pytest.mark.parametrize(("setting", "value"), [
    ("base", 1024), ("codes", 65_536), ("inputs", 64),
])  # fmt: skip
def test_a_giant_is_refused_at_once_and_without_its_memory(tiny_camera, setting, value):
    path = tiny_camera.folder / "camera.json"
    content = json.loads(path.read_text())
    content["settings"][setting] = value
    path.write_text(json.dumps(content))
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(WeightsError, match=r"weights\.safetensors'? (holds|does not fit|is of a network)"):
        camera.load("tiny").build(None)
    assert time.monotonic() - begun < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_maps_and_windows_that_no_machine_holds_are_refused(tmp_path):
    def make(side, channels):
        network = torch.nn.Conv2d(1, channels, 1)
        network.window = Window(16, 1, 15, side, side, 3)
        return network

    for side, channels, said in ((2048, 4096, "a map of a frame has 17,179,869,184"), (2400, 1, "a window of frames")):
        weights.save(make(8, channels), tmp_path / "w.safetensors")
        with pytest.raises(WeightsError, match=said):
            network_size.check(lambda side=side, channels=channels: make(side, channels), tmp_path / "w.safetensors")


def test_layers_without_weights_end_too(tmp_path):
    weights.save({"a": torch.zeros(1)}, tmp_path / "w.safetensors")
    endless = torch.nn.Sequential

    def make():
        return endless(*(endless(torch.nn.ReLU()) for _ in range(10**9)))

    with pytest.raises(WeightsError, match="too many layers"):
        network_size.check(make, tmp_path / "w.safetensors")


@pytest.mark.parametrize("content", [
    b"", b"\xff" * 8, b"\x02\0\0\0\0\0\0\0[]", b"\x0a\0\0\0\0\0\0\0{\"a\": 123}", b"\x08\0\0\0\0\0\0\0[[[[[[[[",
])  # fmt: skip
def test_a_damaged_header_is_one_sentence(tmp_path, content):
    (tmp_path / "w.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"is not a safetensors file or is damaged"):
        network_size.shapes(tmp_path / "w.safetensors")


def test_the_header_tells_the_shapes(tmp_path):
    content = safetensors.torch.save({"a": torch.zeros(2, 3), "b": torch.zeros(())}, {"made": "here"})
    (tmp_path / "w.safetensors").write_bytes(content)
    assert network_size.shapes(tmp_path / "w.safetensors") == {"a": (2, 3), "b": ()}
