"""The detectors' benchmark, at small sizes and cut short."""

import json
import re
import time
from types import SimpleNamespace

import pytest
import torch

from benchmarks import detectors
from cli.main import main
from core import device
from core.errors import UnknownNameError
from pipeline.camera import detector_entries


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(detectors, "MAX_SECONDS", 0.0)
    monkeypatch.setattr(detectors, "MATRIX_SIDE", 64)

    def here(module, function, name, device_name, environment=None):
        return getattr(detectors, function)(name, device_name, json.dumps(detector_entries()[name].small))

    monkeypatch.setattr(detectors._child, "run", here)


def test_each_kind_of_detector_has_a_representative():
    assert set(detectors.REPRESENTATIVES) <= set(detector_entries())
    papers = {
        "szymanowicz2022discrete",
        "li2021decoupled",
        "ravi2021class",
        "cho2022unsupervised",
        "astrid2021learning",
    }
    assert {detector_entries()[name].paper for name in detectors.REPRESENTATIVES} == papers


def test_figures_of_one_detector(capsys):
    plain, row = detectors.measure("cpu", ["lntra-skip"])
    assert (plain["detector"], plain["parameters"]) == ("frame difference", 0) and plain["stream"]["best"] > 0
    assert plain.keys() == row.keys()
    network = detector_entries()["lntra-skip"].make(**detector_entries()["lntra-skip"].small)
    assert row["parameters"] == sum(p.numel() for p in network.parameters())
    assert row["aim"] == 0.35 and row["detector"] == "lntra-skip" and row["mebibytes"] >= 0
    for figures in (row["batch"], row["stream"], row["share"]):
        assert set(figures) == {"float32", "best"} and min(figures.values()) >= 0
    fastest = max(row["batch"]["best"], row["stream"]["best"])
    assert row["gain"] == pytest.approx(fastest / row["one_window"], rel=0.02)
    assert "lntra-skip: " in capsys.readouterr().err


def test_the_work_is_that_of_a_frames_convolutions():
    row = detectors.one("bcae1", "cpu", json.dumps(detector_entries()["bcae1"].small))
    network = detector_entries()["bcae1"].make(**detector_entries()["bcae1"].small).eval()
    products = []
    for part in network.modules():
        if isinstance(part, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            part.register_forward_hook(
                lambda part, given, answer: products.append(
                    part.weight.numel()
                    * (given[0] if isinstance(part, torch.nn.ConvTranspose2d) else answer)[0, 0].numel()
                )
            )
    w = network.window
    with torch.no_grad():
        network.predict_windows(torch.zeros(1, w.span, w.channels, w.height, w.width), (w.height, w.width))
    assert row["gflop"] == pytest.approx(2 * sum(products) / 1e9, rel=0.01)
    assert row["aim"] == 0.6


def test_the_papers_manner_answers_with_every_frame_and_pytorchs_layers(monkeypatch):
    seen = []
    judge = detectors._judged
    monkeypatch.setattr(detectors, "_judged", lambda detector, *rest: seen.append(detector) or judge(detector, *rest))
    assert detectors.one_window("lntra-baseline", "cpu", json.dumps(detector_entries()["lntra-baseline"].small)) > 0
    windows = torch.rand(1, 16, 1, 32, 48)
    with torch.no_grad():
        torch.testing.assert_close(seen[0].middle(windows), seen[0](windows)[:, 8])
        assert all("forward" in vars(part) for part in seen[0].modules() if isinstance(part, torch.nn.ConvTranspose3d))


def test_the_best_time_of_several_counts(monkeypatch):
    monkeypatch.setattr(detectors, "MAX_SECONDS", 60.0)
    rates = iter([1.0, 3.0, 2.0, 1.0, 1.0, 1.0])
    assert detectors._rates({"a": lambda: next(rates)}) == {"a": 3.0}


def test_a_stream_is_timed_behind_its_first_answer():
    class Slow:
        def stream(self, chunks):
            for _ in chunks:
                time.sleep(0.05)
                yield SimpleNamespace(score=torch.zeros(4))

    rate = detectors._streamed(Slow(), detectors._chunks(9, 2, 2), device.choose("cpu", "float32"))
    assert 40 < rate < 85


def test_the_verb_prints_a_table_or_json_and_knows_no_other_name(capsys, tmp_path):
    path = tmp_path / "bench.json"
    assert main(["bench", "--device", "cpu", "--json", str(path), "detectors", "bcae1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("cpu ") and "share of peak" in out and "bcae1" in out
    rows = json.loads(path.read_text(encoding="utf-8"))["detectors"]
    assert [row["detector"] for row in rows] == ["frame difference", "bcae1"]
    with pytest.raises(UnknownNameError, match="closest: "):
        detectors.measure("cpu", ["bcae9"])
    assert main(["bench", "detector"]) == 2
    said = capsys.readouterr().err
    assert re.search(r"unknown benchmark 'detector'; known: agreement, .*boxes, .*detectors, .*explanations", said)
