"""The methods' benchmark on a few frames of a made data set."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import _explanations_page, _frames, explanations
from benchmarks.run import Request
from core import device
from core.contracts import Truth
from core.errors import InputError
from core.records import Frames
from pipeline.explaining.plan import methods
from tests.clips import pictures


class Made:
    """Two clips of thirty frames, of which those from 10 on are abnormal."""

    name = "made"

    def test(self):
        return [SimpleNamespace(name=name, frames=self._frames) for name in ("one", "two")]

    def _frames(self, chunk=32):
        yield Frames(pictures(30), 0, np.arange(30) / 10.0)

    def truth(self, clip):
        def mask(frame):
            left = (frame * 3) % 56
            where = np.zeros((48, 64), bool)
            where[8:24, left : left + 8] = True
            return where

        return Truth(np.arange(30) >= 10, mask, "made/1")


@pytest.fixture
def camera(tiny_camera):
    return replace(tiny_camera, normality=replace(tiny_camera.normality, quantiles=tuple(np.linspace(-5.0, 0.0, 101))))


def measured(camera, work, count=2, **limits):
    told = []
    plan = Request(frames=count, budget=16, work=work, say=lambda text: told.append(text()), **limits)
    exact = device.choose("cpu", "float32")
    return explanations.measure(camera, Made(), plan, exact), told


def test_every_method_has_its_means_with_intervals_and_a_stopped_run_goes_on(camera, tmp_path):
    rows, told = measured(camera, tmp_path)
    assert told == ["tiny: frame 0 of 2", "tiny: frame 1 of 2"]
    assert {row["method"] for row in rows} == set(methods())
    for row in rows:
        for figure in ("deletion_auc", "insertion_auc", "mass", "rank", "points"):
            found = row[figure]
            assert found["low"] <= found["mean"] <= found["high"] and found["count"] == 2
            assert 0 <= found["mean"] <= 1
        assert row["sanity"]["count"] == 1
    assert [row["deletion_auc"]["mean"] for row in rows] == sorted(row["deletion_auc"]["mean"] for row in rows)
    again, told = measured(camera, tmp_path)
    assert told == [] and again == rows
    (kept,) = tmp_path.glob("tiny-*.jsonl")
    kept.write_text("\n".join(kept.read_text().splitlines()[: len(methods())]) + '\n{"clip": "tw')
    assert len(measured(camera, tmp_path)[1]) == 1
    assert "[" in _explanations_page.shown(rows)[0]["mass in mask"]


def test_figures_of_other_code_are_computed_again(camera, tmp_path):
    measured(camera, tmp_path)
    (kept,) = tmp_path.glob("tiny-*.jsonl")
    lines = [json.loads(line) for line in kept.read_text().splitlines()]
    for line in lines:
        line["figures"]["mass"] = 0.123
        if line["method"] == "lime":
            line["code"] = "of yesterday"
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines))
    means = {row["method"]: row["mass"]["mean"] for row in measured(camera, tmp_path)[0]}
    assert means.pop("lime") != pytest.approx(0.123)
    assert list(means.values()) == pytest.approx([0.123] * len(means))


def test_prose_is_no_code(tmp_path):
    one, other = tmp_path / "one.py", tmp_path / "other.py"
    one.write_text('"""Says so."""\nA = 1  # so\n')
    other.write_text('"""Says something else."""\n\nA = 1\n')
    assert explanations._meaning(one) == explanations._meaning(other)
    other.write_text("A = 2\n")
    assert explanations._meaning(one) != explanations._meaning(other)


def test_frames_for_which_there_is_no_time_are_left_out(camera, tmp_path):
    assert measured(camera, tmp_path, minutes=0.0) == ([], [])
    measured(camera, tmp_path)
    rows, told = measured(camera, tmp_path, minutes=0.0)
    assert told == [] and {row["frames"] for row in rows} == {2}


def test_every_beginning_is_spread_over_clips_and_frames():
    picked = [("one", list(range(16))), ("two", list(range(100, 116)))]
    order = _frames.spread(picked)
    assert sorted(order) == [(clip, frame) for clip, frames in picked for frame in frames]
    assert order[:4] == [("one", 0), ("two", 100), ("one", 8), ("two", 108)]


def row(method, deletion):
    return {"method": method, "frames": 4, "deletion_auc": deletion and _frames.interval([deletion])}


def test_the_page_says_how_much_better_the_best_method_is():
    rows = [row("lime", 0.03), row("residual", 0.06)]
    assert "lime, whose deletion AUC of 0.0300 is 50% below" in _explanations_page.best(rows)
    assert _explanations_page.best(rows[1:]).startswith("No method's deletion AUC is below")
    assert _explanations_page.best([row("residual", None)]).startswith("No frame's score falls")


def test_speed_is_told_and_the_page_has_it(camera, tmp_path):
    exact = device.choose("cpu", "float32")
    plan = Request(frames=2, budget=16, work=tmp_path)
    told = explanations.measure_speed(explanations._first(camera, Made(), plan, exact))
    assert set(told["methods"]) == set(methods()) and told["evaluation_ms"] > 0 and told["peak_alone"] > 0
    assert told["scripts"] > 0.2
    found = {"tiny": {"detector": "vqunet", "table": measured(camera, tmp_path)[0], "speed": told}}
    page = _explanations_page.page("a machine", "Some frames.", found)
    assert page.startswith("# Explanations of a score\n\nSome frames.") and page.count("\n| ") == 2 + len(methods())


def test_frames_are_spread_over_the_clips(tiny_camera):
    detector = tiny_camera.build(device.choose("cpu", "float32"))
    chosen = _frames.frames_of(Made(), (), detector, 10)
    assert [(clip.name, len(frames)) for clip, frames in chosen] == [("one", 5), ("two", 5)]
    assert all(frames == sorted(set(frames)) and frames[0] == 10 and frames[-1] == 29 for _, frames in chosen)
    with pytest.raises(InputError, match="only 40 abnormal frames have a mask and a score, 100 were asked for"):
        _frames.frames_of(Made(), (), detector, 100)
    with pytest.raises(InputError, match="unknown clip 'three'; known: one, two"):
        _frames.frames_of(Made(), ("three",), detector, 1)


def test_the_threshold_of_the_thesis_is_that_of_a_search_over_all():
    draw = np.random.default_rng(0)
    for _ in range(20):
        scores, truth = draw.normal(size=40).astype(np.float32), draw.random(40) < 0.4

        def mean(limit, scores=scores, truth=truth):
            return np.sqrt((scores >= limit)[truth].mean() * (1 - (scores >= limit)[~truth].mean()))

        best = _frames.best_threshold(scores, truth)
        assert mean(best) == pytest.approx(max(mean(limit) for limit in scores))


def test_an_interval_is_around_the_mean_and_narrows():
    draw = np.random.default_rng(0)
    few, many = (_frames.interval(draw.random(n).tolist()) for n in (10, 1000))
    assert few["high"] - few["low"] > many["high"] - many["low"] > 0
    assert _frames.interval([0.5]) == {"mean": 0.5, "low": 0.5, "high": 0.5, "count": 1}


def test_a_data_set_must_be_named(tmp_path):
    with pytest.raises(InputError, match="name a data set with masks"):
        explanations.of_cameras(Request(frames=1, budget=1, root=tmp_path), device.choose("cpu"))
