"""A metric in a file of its own is listed, computed and shown wherever what it needs is there."""

import json

import numpy as np
import pytest

import metrics
from cli import evaluation_text
from cli import xman as xman_verb
from core.datasets import Truth
from core.metrics import ClassScores, Decisions, Events, FrameScores, LocatedHeat, OneClass
from core.registry import collect
from pipeline.evaluation import export, xman, xman_text
from pipeline.evaluation._cause_figures import Ranking, mean_precision
from pipeline.evaluation.evaluate_scores import evaluate_scores
from pipeline.evaluation.figures import Scored, summarise_scores
from pipeline.evaluation.heat import Mapped
from pipeline.evaluation.metric_values import named
from pipeline.evaluation.score_files import ClipScores, ScoreFile

NEEDS = (FrameScores, Decisions, Events, LocatedHeat, ClassScores, OneClass)
FILE = '''
from core.metrics import {0}, Metric


def share(given: {0}) -> float:
    """Made up for a test."""
    return 0.625 if {1} else float("nan")


METRICS = {{"made_up": Metric(share, {0})}}
'''
SEES = {
    FrameScores: "any(a.any() for a in given.abnormal) and len(given.raw) == len(given.scores)",
    Decisions: "all(f.dtype == bool for f in given.flagged)",
    Events: "all((s[1:] > s[:-1]).all() for s in given.seconds)",
    LocatedHeat: "given.frames == sum(map(len, given.maps)) and len(given.truth) == len(given.tracks) > 0",
    ClassScores: "given.scores.shape == (len(given.video), len(given.classes))",
    OneClass: "given.scores.shape == given.positive.shape",
}


@pytest.fixture(params=NEEDS, ids=lambda needs: needs.need)
def needs(request, tmp_path, monkeypatch):
    """Put a file with one metric beside those of the room."""
    (tmp_path / "made_up_for_a_test.py").write_text(FILE.format(request.param.__name__, SEES[request.param]))
    monkeypatch.setattr(metrics, "__path__", [*metrics.__path__, str(tmp_path)])
    yield request.param
    monkeypatch.undo()
    import sys

    sys.modules.pop("metrics.made_up_for_a_test", None)


class Named:
    name = "clip0"


def evaluated():
    abnormal = np.arange(30) > 19
    masks = np.zeros((30, 24, 32), bool)
    masks[abnormal, 4:12, 8:20] = True
    scores = np.where(abnormal, 2.0, 0.0).astype(np.float32)
    heat = np.where(masks, 3.0, 0.5).astype(np.float16)[:, ::4, ::4]
    kept = ClipScores("clip0", scores, scores > 1, heat=heat, cell=4)
    stored = ScoreFile("system", "detector", "made", 1.0, 0, (kept,))
    return evaluate_scores(stored, [(Named(), Truth(abnormal, lambda frame: masks[frame], "made/1"))])


def explained(tmp_path):
    labels = {
        f"v{v}/{f}": [["object", "bicycle"]] if f % 2 else [["action", "ride"]] for v in (0, 1) for f in (1, 2, 3)
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    lines = ["video,frame,coarse,fine,score", *(f"{k.replace('/', ',')},object,bicycle,0.5" for k in labels)]
    (tmp_path / "system.csv").write_text("\n".join(lines) + "\n")
    return xman.measure_files(tmp_path / "system.csv", tmp_path / "labels.json")


def test_a_new_metric_is_computed_and_shown(needs, tmp_path):
    assert "made_up" in collect("metrics", "METRICS")
    if needs in (ClassScores, OneClass):
        result = explained(tmp_path)
        assert result.chosen.figures["made_up"] == result.chosen.chance.figures["made_up"] == 0.625
        assert "made_up" in xman_verb.show(result)
        (row,) = export.rows([result])
        assert row["made_up"] == 0.625
        rankings = [Ranking("a", {}, {}, np.array([[0.5], [0.0]]), np.array([[True], [False]]))]
        assert mean_precision(rankings, [("object", "bicycle")]).figures["made_up"] == 0.625
        if needs is OneClass:
            assert set(result.chosen.per_class["per_class_made_up"].values()) == {0.625}
            assert xman_text.classes(result)[0]["made_up"] == 0.625
        return
    made = evaluated()
    result = made.as_json()
    place = {Events: result["alarms"], LocatedHeat: result["localisation"]}.get(needs, result)
    assert place["made_up"] == 0.625
    if needs in (FrameScores, Decisions):
        assert result["frame_index"]["made_up"] == 0.625
    assert any("made_up" in line and "0.625" in line for line in evaluation_text.evaluation(made).splitlines())
    (row,) = export.rows([result])
    assert row["made_up"] == 0.625


def test_every_listed_metric_has_a_value_in_some_result(tmp_path):
    result, classes = evaluated(), explained(tmp_path).as_json()
    found = {**result.summary.figures, **result.summary.alarms, **result.localisation.figures}
    keys = {"xman_map": "map", "xman_ap": "per_class", "xman_ap_11_point": "per_class_11_point"}
    for name, metric in collect("metrics", "METRICS").items():
        assert metric.needs in NEEDS and metric.about
        value = classes[keys[name]] if metric.needs in (ClassScores, OneClass) else found[name]
        assert value is not None, name
    assert set(named(OneClass)) | set(named(ClassScores)) == set(keys)


def test_decisions_of_a_system_without_a_threshold_are_undefined():
    clip = Scored("a", np.arange(9, dtype=np.float32), None, np.arange(9) > 5)
    found = summarise_scores([clip])
    assert {found.figures[name] for name in named(Decisions)} == {None}
    assert {found.alarms[name] for name in named(Events)} == {None}
    assert found.figures["auc.micro_raw"] == 1


def test_a_mask_larger_than_its_heat_is_refused():
    from pipeline.evaluation.heat import localise

    mask = np.ones((24, 40), bool)
    clip = Mapped(np.ones((3, 6, 8), np.float16), 4, lambda frame: mask, np.ones(3, bool))
    with pytest.raises(ValueError):
        localise([clip], "raw")
