"""What stops and stays on the plaza: it stands where it is said to, from when it is said to."""

import json

import numpy as np
import pytest

import plaza
from plaza import _standing
from plaza._anomalies import ANOMALIES, Anomaly

SIZE, FPS = (320, 180), 4.0


def small(name, frames=120, seed=3):
    return list(plaza.render(seed, frames, size=SIZE, fps=FPS, walkers=4, anomalies=[Anomaly(name, 2)]))


def boxes(frames, label, anomalous=True):
    return [[o.box for o in f.objects if o.label == label and o.anomalous == anomalous] for f in frames]


@pytest.mark.parametrize(("name", "label"), [("left suitcase", "suitcase"), ("stopped car", "car")])
def test_what_stops_stays_where_it_is(name, label):
    frames = small(name)
    seen = boxes(frames, label)
    assert all(len(one) == 1 for one in seen[-20:])
    last = np.array([one[0] for one in seen[-20:]])
    assert np.median(np.abs(last - np.median(last, axis=0)), axis=0).max() <= 1
    assert {n for f in frames for n in f.anomalies} == {name}


def test_a_suitcase_is_unusual_once_it_is_left():
    frames = small("left suitcase")
    carried, left = boxes(frames, "suitcase", False), boxes(frames, "suitcase")
    assert any(carried[:60]) and not any(carried[-20:]) and all(left[-20:])


def test_a_bench_stands_as_usual_until_it_is_taken():
    usual, taken = small("bench"), small("taken bench")
    assert all(boxes(usual, "bench", False)[2:]) and not any(f.mask.any() for f in usual)
    first = next(i for i, f in enumerate(taken) if f.mask.any())
    assert first / FPS == pytest.approx(_standing.TAKEN_SECONDS + _standing.PAUSE_SECONDS, abs=2)
    assert boxes(taken[2:first], "bench", False)[0] == boxes(usual, "bench", False)[2]
    assert not boxes(taken, "bench", False)[-1] and not boxes(taken, "bench")[-1]


def test_a_crowd_gathers_and_stands():
    frames = small("crowd")
    standing = [sum("stand" in o.actions and o.anomalous for o in f.objects) for f in frames]
    assert standing[0] == 0 and min(standing[-10:]) >= _standing.GATHERED - 3


def test_truth_names_what_happened(tmp_path):
    plaza.film(tmp_path / "c.mp4", 3, 40, [Anomaly("left suitcase", 0)], fps=FPS, size=SIZE, walkers=2)
    facts = json.loads((tmp_path / "c.json").read_text())
    assert [event["name"] for event in facts["events"]] == ["left suitcase"]


def test_names_are_no_anomalys_and_have_labels():
    assert not set(plaza.STANDING) & set(ANOMALIES)
    assert set(plaza.STANDING) == set(_standing.LABELS)
