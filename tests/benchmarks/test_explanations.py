"""The methods' benchmark on a few frames of a made data set."""

import argparse
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import explanations
from core import device
from core.contracts import Truth
from core.errors import InputError
from core.records import Frames
from pipeline.explaining.attributions import methods
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


def measured(tiny_camera, work, count=2):
    told = []
    usual = replace(tiny_camera.normality, quantiles=tuple(np.linspace(-5.0, 0.0, 101)))
    tiny_camera = replace(tiny_camera, normality=usual)
    rows = explanations.measure(
        tiny_camera, Made(), (), count, 16, work, device.choose("cpu", "float32"), lambda text: told.append(text())
    )
    return rows, told


def test_every_method_has_its_means_with_intervals_and_a_stopped_run_goes_on(tiny_camera, tmp_path):
    rows, told = measured(tiny_camera, tmp_path)
    assert told == ["tiny: frame 0 of 2", "tiny: frame 1 of 2"]
    assert {row["method"] for row in rows} == set(methods())
    for row in rows:
        for figure in ("deletion_auc", "insertion_auc", "mass", "rank", "points"):
            found = row[figure]
            assert found["low"] <= found["mean"] <= found["high"] and found["count"] == 2
            assert 0 <= found["mean"] <= 1
        assert row["sanity"]["count"] == 1
    assert [row["deletion_auc"]["mean"] for row in rows] == sorted(row["deletion_auc"]["mean"] for row in rows)
    again, told = measured(tiny_camera, tmp_path)
    assert told == [] and again == rows
    (kept,) = tmp_path.glob("tiny-*.jsonl")
    kept.write_text(kept.read_text().splitlines()[0] + '\n{"clip": "tw')
    assert len(measured(tiny_camera, tmp_path)[1]) == 1
    assert "[" in explanations.shown(rows)[0]["mass"]


def test_frames_are_spread_over_the_clips(tiny_camera):
    detector = tiny_camera.build(device.choose("cpu", "float32"))
    chosen = explanations.frames_of(Made(), (), detector, 10)
    assert [(clip.name, len(frames)) for clip, frames in chosen] == [("one", 5), ("two", 5)]
    assert all(frames == sorted(set(frames)) and frames[0] == 10 and frames[-1] == 29 for _, frames in chosen)
    with pytest.raises(InputError, match="only 40 abnormal frames have a mask and a score, 100 were asked for"):
        explanations.frames_of(Made(), (), detector, 100)
    with pytest.raises(InputError, match="unknown clip 'three'; known: one, two"):
        explanations.frames_of(Made(), ("three",), detector, 1)


def test_the_threshold_of_the_thesis_is_that_of_a_search_over_all():
    draw = np.random.default_rng(0)
    for _ in range(20):
        scores, truth = draw.normal(size=40).astype(np.float32), draw.random(40) < 0.4

        def mean(limit, scores=scores, truth=truth):
            return np.sqrt((scores >= limit)[truth].mean() * (1 - (scores >= limit)[~truth].mean()))

        best = explanations.best_threshold(scores, truth)
        assert mean(best) == pytest.approx(max(mean(limit) for limit in scores))


def test_an_interval_is_around_the_mean_and_narrows():
    draw = np.random.default_rng(0)
    few, many = (explanations.interval(draw.random(n).tolist()) for n in (10, 1000))
    assert few["high"] - few["low"] > many["high"] - many["low"] > 0
    assert explanations.interval([0.5]) == {"mean": 0.5, "low": 0.5, "high": 0.5, "count": 1}


def test_a_data_set_must_be_named():
    with pytest.raises(InputError, match="name a data set with masks"):
        explanations.of_cameras(argparse.Namespace(data=None), print)
