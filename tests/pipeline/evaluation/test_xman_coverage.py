"""How many labelled frames have a prediction, what chance earns, and both ways to count the frames without."""

import json
import math
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from cli.xman import show
from core.errors import UnknownNameError
from metrics.xman import by_chance, class_precision
from pipeline.evaluation import xman, xman_text
from tests.pipeline.evaluation.test_xman import NAMES, written


def measured(tmp_path, predictions, labels, **options):
    return written(result(tmp_path, predictions, labels, **options))


def result(tmp_path, predictions, labels, **options):
    for name, content in (("p.json", predictions), ("l.json", labels)):
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    return xman.measure_files(tmp_path / "p.json", tmp_path / "l.json", **options)


def ped2_like():
    """Labels as Ped2's: 821 frames of six clips, a bicycle in 731 of them."""
    lengths = {"Test001": 120, "Test002": 86, "Test004": 60, "Test007": 135, "Test008": 180, "Test010": 150}
    ride = [["object", "bicycle"], ["action", "ride"]]
    truck = [["object", "truck"], ["action", "drive"]]
    labels = {f"{video}/{f:03d}": [*ride] for video, length in lengths.items() for f in range(1, length + 1)}
    return labels | {f"Test004/{f:03d}": [*truck] for f in range(61, 151)}


def test_predictions_for_a_tenth_of_the_frames_say_so_first(tmp_path):
    labels = ped2_like()
    named = {f"Test002/{f:03d}": [["object", "bicycle", 1.0], ["object", "truck", 0.1]] for f in range(2, 87)}
    found = measured(tmp_path, named, labels)
    assert (found["coverage"]["answered"], found["coverage"]["labelled"]) == (85, 821)
    of = {row["video"]: (row["answered"], row["labelled"]) for row in found["coverage"]["videos"]}
    assert of == {"Test001": (0, 120), "Test002": (85, 86), "Test004": (0, 150), "Test007": (0, 135),
                  "Test008": (0, 180), "Test010": (0, 150)}  # fmt: skip
    assert found["coverage"]["classes"] == {
        "action: drive": 0,
        "action: ride": 85,
        "object: bicycle": 85,
        "object: truck": 0,
    }
    assert found["per_class"]["object: bicycle"] == pytest.approx(0.9031, abs=1e-4)
    assert found["chance"]["per_class"]["object: bicycle"] == pytest.approx(731 / 821)
    text = show(result(tmp_path, named, labels))
    assert text.split("\n\n")[1].startswith("Warning: predictions for 85 of 821 labelled frames (10 %)")
    assert text.index("Test010") < text.index("mAP")


def test_a_class_that_is_never_predicted_earns_chance_and_says_so(tmp_path):
    labels = ped2_like()
    alike = {k: [["object", "bicycle", 1.0]] for k in labels}
    found = measured(tmp_path, alike, labels)
    assert found["never_predicted"] == ["action: drive", "action: ride", "object: truck"]
    for name in found["never_predicted"]:
        assert found["per_class"][name] == found["chance"]["per_class"][name]
        assert found["per_class"][name] == found["positives"][name] / found["frames"]
    rows = {row["class"]: row for row in xman_text.classes(result(tmp_path, alike, labels))}
    assert rows["object: truck"]["above chance"] == "never predicted"
    assert rows["object: bicycle"]["above chance"] == "+0.000", (
        "the same score everywhere is no answer, but a prediction"
    )
    # Named only where nothing is labelled: that is never, too.
    found = measured(
        tmp_path, {"Test001/1": [["object", "bicycle", 1]], "Test001/999": [["object", "truck", 1]]}, labels
    )
    assert "object: truck" in found["never_predicted"]
    assert "object: truck" not in found["unmatched"]["labelled_classes"]


def test_random_scores_earn_chance():
    rng = np.random.default_rng(0)
    positive = rng.random((4000, 3)) < [0.9, 0.3, 0.05]
    drawn = [[class_precision(rng.random(4000), positive[:, c]) for c in range(3)] for _ in range(40)]
    expected = by_chance(positive, NAMES[:3])
    assert np.mean(drawn, 0) == pytest.approx(list(expected.per_class.values()), abs=0.01)
    assert np.mean(drawn) == pytest.approx(expected.map, abs=0.01)


@pytest.mark.parametrize(("frames", "positives"), [(1, 1), (5, 1), (5, 3), (6, 2), (6, 6)])
def test_the_formula_for_random_scores_of_few_frames_is_the_mean_over_all_orders(frames, positives):
    truth = np.arange(frames) < positives
    every = np.mean([class_precision(order, truth) for order in permutations(range(frames))])
    harmonic = sum(1 / k for k in range(1, frames + 1))
    other = (positives - 1) / (frames - 1) * (frames - harmonic) if frames > 1 else 0
    assert every == pytest.approx((harmonic + other) / frames)
    assert every >= by_chance(truth[:, None], NAMES[:1]).map - 1e-12
    assert "H(n) + (m - 1) / (n - 1) * (n - H(n))) / n" in by_chance.__doc__


def random_pair(seed):
    rng = np.random.default_rng(seed)
    keys = [f"v{v}/{f}" for v in range(3) for f in range(1, 9)]
    labels = {k: [NAMES[i] for i in rng.choice(4, rng.integers(1, 3), replace=False)] for k in keys}
    named = {k: [[*n, round(float(rng.random()), 1)] for n in NAMES if rng.random() < 0.7]
             for k in keys if rng.random() < 0.6}  # fmt: skip
    return labels, named or {keys[0]: []}


def naive_map(labels, named, keys):
    """AP of each class over some frames by scikit-learn, a class that a frame does not name behind all."""
    each = {}
    for name in sorted({n for some in labels.values() for n in some}):
        truth = [name in labels[k] for k in keys]
        scores = [max([s for *n, s in named.get(k, []) if tuple(n) == name], default=-9) for k in keys]
        each[": ".join(name)] = average_precision_score(truth, scores) if any(truth) else None
    return each


@given(st.integers(0, 9999))
@settings(max_examples=30)
def test_both_ways_are_those_of_the_naive_twin(tmp_path, seed):
    labels, named = random_pair(seed)
    found = measured(tmp_path, named, labels)
    for way, keys in (("lowest", list(labels)), ("left-out", [k for k in labels if k in named])):
        each, got = naive_map(labels, named, keys), found["ways"][way]
        chance = naive_map(labels, {}, keys)
        for mine, twin in ((got["per_class"], each), (got["chance"]["per_class"], chance)):
            assert {k: v for k, v in mine.items() if v is not None} == pytest.approx(
                {k: v for k, v in twin.items() if v is not None}
            )
            assert {k for k, v in mine.items() if v is None} == {k for k, v in twin.items() if v is None}
        for figure, twin in ((got["map"], each), (got["chance"]["map"], chance)):
            assert figure == pytest.approx(np.mean([v for v in twin.values() if v is not None]))
        assert got["frames"] == len(keys)
    whole = measured(tmp_path, named, labels, unanswered="left-out")
    assert whole["map"] == whole["ways"]["left-out"]["map"] and whole["unanswered"] == "left-out"
    assert whole["ways"] == found["ways"]
    videos = {row["video"]: row for row in found["coverage"]["videos"]}
    for video in ("v0", "v1", "v2"):
        mine = [k for k in labels if k.startswith(video)]
        assert videos[video] == {"video": video, "labelled": len(mine), "answered": sum(k in named for k in mine)}


def test_chance_of_each_mean_is_that_mean_of_a_silent_system(tmp_path):
    """JSON may name a frame without a class: it is answered, and nothing is said of it."""
    labels, _ = random_pair(3)
    silent = measured(tmp_path, {k: [] for k in labels}, labels)
    for key in ("map", "map_without_location", "map_11_point", "map_macro_over_videos", "by_type", "per_class"):
        assert silent[key] == pytest.approx(silent["chance"][key]), key
    assert silent["ways"]["lowest"]["map"] == silent["ways"]["left-out"]["map"]
    assert "predictions for all 24 labelled frames" in show(result(tmp_path, {k: [] for k in labels}, labels))


def test_left_out_says_of_what_its_figures_are(tmp_path):
    labels, named = random_pair(5)
    text = show(result(tmp_path, named, labels, unanswered="left-out"))
    assert "mAP of the answered frames" in text and "compare with no paper's" in text
    assert "of the answered frames" not in show(result(tmp_path, named, labels))
    with pytest.raises(UnknownNameError, match="known: left-out, lowest"):
        measured(tmp_path, named, labels, unanswered="zero")


def test_files_of_one_name_are_told_apart_by_their_content(tmp_path):
    labels, named = random_pair(7)
    one = measured(tmp_path, named, labels)["sha256"]
    other = measured(tmp_path, named, labels | {"v9/1": [NAMES[0]]})["sha256"]
    assert one["predictions"] == other["predictions"] and one["labels"] != other["labels"]


@pytest.mark.footage
def test_the_documented_figures_of_ped2_are_computed_again(footage_root, tmp_path):
    labels = json.loads((footage_root / "labels" / "ped2_xman_dev.json").read_text())
    named = {f"Test002/{f}": [["object", "bicycle", 2.0], ["action", "ride", 1.0]] for f in range(93, 180)}
    found, text = (
        measured(tmp_path, named, labels),
        (Path(__file__).resolve().parents[3] / "docs" / "xman.md").read_text(),
    )
    figures = [found["map"], found["chance"]["map"], found["per_class"]["object: bicycle"]]
    figures.append(found["chance"]["per_class"]["object: bicycle"])
    assert all(f"{value:.3f}".lstrip("0") in text for value in figures), figures
    assert found["ways"]["left-out"]["map"] == found["ways"]["left-out"]["chance"]["map"] == 1
    assert not math.isnan(found["map"])
