"""The results table: training what a plan asks for, keeping each result, and setting the table."""

import json
import re
from pathlib import Path

import pytest
import torch

from core.device import choose
from core.errors import InputError, UnknownNameError
from core.registry import collect
from pipeline.camera import load
from pipeline.evaluation import results
from pipeline.evaluation.results import HEAD, Row
from tests.pipeline.evaluation.test_evaluate import Made
from tests.pipeline.training.test_fit_camera import models

__all__ = ["models"]
PLANS = sorted((Path(__file__).resolve().parents[3] / "docs" / "results").glob("*/plan.toml"))
SETTINGS = {"base": 4, "height": 48, "width": 64, "channels": 1, "codes": 8, "inputs": 2, "batch": 8, "epochs": 9}
RUNTIME = choose("cpu", "float32")


class Trained(Made):
    def training(self):
        return self.clips[:1]


def row(**differs):
    return Row("tiny", "vqunet-prediction", SETTINGS, 0.9, "somewhere", "all of it", **differs)


def run(tmp_path, seed=0, report=None, **differs):
    return results.run(row(**differs), seed, Trained(), tmp_path / "kept", tmp_path / "work", RUNTIME, report)


def test_a_run_keeps_figures_the_camera_and_the_oracles_looks(tmp_path):
    made = run(tmp_path)
    assert made == json.loads((tmp_path / "kept" / "tiny.seed0.json").read_text())
    looks = made["oracle"]["looks"]
    assert [epoch for epoch, _ in looks] == [2, 4, 6, 8, 9]
    assert looks[-1][1] == made["auc"]["micro_normalised"] and made["oracle"]["auc"] == max(auc for _, auc in looks)
    assert made["settings"] == SETTINGS and made["card"]["epochs"] == 9 and made["megabytes"] > 0
    assert load(str(tmp_path / "work" / "tiny-0")).settings == SETTINGS


def test_a_stopped_run_goes_on_and_ends_as_one_that_was_not(tmp_path):
    class Stopped(Exception):
        pass

    def stop(step):
        if step.epoch == 5:
            raise Stopped

    whole = run(tmp_path / "whole")
    with pytest.raises(Stopped):
        run(tmp_path / "run", report=stop)
    resumed = run(tmp_path / "run")
    assert resumed["auc"] == whole["auc"] and resumed["oracle"] == whole["oracle"]


def test_what_is_trained_is_only_evaluated_again(tmp_path, monkeypatch):
    first = run(tmp_path)
    monkeypatch.setattr(results, "fit_camera", None)
    again = run(tmp_path, protocol="thesis")
    assert again["oracle"] == first["oracle"]
    assert again["auc"] == first["auc"] and again["paper_way"]["protocol"] == "thesis"
    assert again["paper_way"]["auc"] != first["paper_way"]["auc"] == first["auc"]["micro_normalised"]


def test_looking_at_the_test_clips_does_not_change_the_training(tmp_path, monkeypatch):
    looked = run(tmp_path / "looked")
    monkeypatch.setattr(results._Oracle, "look", lambda self, detector, progress: None)
    assert run(tmp_path / "blind")["auc"] == looked["auc"]


def test_the_table_gives_means_and_spreads_and_says_what_was_not_trained(tmp_path):
    plan = {"tiny": row(), "other": Row("other", "bcae1", paper=0.8)}
    made = [run(tmp_path, seed) for seed in (0, 1)]
    found = results.results(tmp_path / "kept", plan)
    first, second = (dict(zip(HEAD, line, strict=True)) for line in results.lines(plan.values(), found))
    aucs = torch.tensor([result["auc"]["micro_raw"] for result in made], dtype=torch.float64)
    assert first["raw"] == f"{aucs.mean():.3f} ± {aucs.std():.3f}"
    assert first["seeds"] == "0, 1" and first["epochs"] == "9" and first["input"] == "64x48, 1"
    assert first["paper"] == "0.900" and first["differs from the paper"] == "all of it"
    assert second["AUC"] == "not trained" and second["paper"] == "0.800"


def test_the_difference_of_two_frames_ends_the_table_where_it_was_measured(tmp_path):
    assert results.baseline(tmp_path) == []
    (line,) = results.baseline(PLANS[0].parent)
    found = dict(zip(HEAD, line, strict=True))
    assert found["row"] == "frame difference" and float(found["AUC"]) > 0.5 and found["oracle"] == ""


def test_rows_are_chosen_by_name():
    plan = {"a": Row("a", "bcae1"), "b": Row("b", "bcae1")}
    assert results.chosen(plan, []) == [*plan.values()] and results.chosen(plan, ["b"]) == [plan["b"]]
    with pytest.raises(UnknownNameError, match="'c'"):
        results.chosen(plan, ["c"])


@pytest.mark.parametrize(
    "text", ["", "rows = 3", "[rows.a]\nnonsense = 1", "[rows.a]\ndetector = ", "[rows]\na = 1", None]
)
def test_a_plan_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "plan.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"plan plan\.toml cannot be read"):
        results.plan(path)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_every_row_of_a_plan_is_a_detector_with_settings_that_it_takes(path):
    detectors = collect("detectors", "DETECTORS")
    for name, planned in results.plan(path).items():
        assert detectors[planned.detector].make(**planned.settings).stages(), name


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parent.name)
def test_kept_results_are_those_of_the_plan(path):
    plan = results.plan(path)
    for name, found in results.results(path.parent, plan).items():
        for result in found:
            assert (result["detector"], result["settings"], result["windows"]) == (
                plan[name].detector, dict(plan[name].settings), plan[name].windows,
            ), f"{name} was trained with other settings than its plan has; train it again"  # fmt: skip
            assert result["label_set"] and result["card"]["seed"] == result["seed"]
    kept = {re.split(r"\.seed|-anomalies-", file.name)[0] for file in path.parent.glob("*.seed*.json")}
    assert kept <= plan.keys()
    for file in path.parent.glob("*-anomalies-*.json"):
        result = json.loads(file.read_text(encoding="utf-8"))
        assert result["settings"] == dict(plan[result["anomalies"]["of"]].settings), file.name
