"""Events as an analyst meets them: figures over all clips, and the clip that each is worst in."""

import json

import numpy as np
import pytest

from cli import evaluation_text
from core.datasets import Truth
from pipeline.evaluation import event_rows, export
from pipeline.evaluation.evaluate_scores import evaluate_scores
from pipeline.evaluation.figures import Scored, summarise_scores
from pipeline.evaluation.score_files import ClipScores, ScoreFile


def flags(length, *spans):
    found = np.zeros(length, bool)
    for first, last in spans:
        found[first : last + 1] = True
    return found


CLIPS = {
    # Both events are hit, one late; one alarm is false.
    "good": (flags(100, (10, 19), (40, 59)), flags(100, (10, 15), (45, 50), (80, 84))),
    # One of two is missed; nothing is false.
    "missed": (flags(100, (10, 19), (40, 59)), flags(100, (12, 15))),
    # There is nothing to hit, and half of it is flagged.
    "noisy": (flags(100), flags(100, (0, 9), (50, 89))),
}


def result(threshold=1.0):
    clips = []
    for name, (_, flagged) in CLIPS.items():
        kept = flagged if threshold is not None else None
        clips.append(ClipScores(name, np.where(flagged, 2, 0).astype(np.float32), kept, 10.0))

    class Named:
        def __init__(self, name):
            self.name = name

    stored = ScoreFile("system", "detector", "made", threshold, 0, tuple(clips))
    return evaluate_scores(stored, [(Named(n), Truth(abnormal, None, "made/1")) for n, (abnormal, _) in CLIPS.items()])


def test_events_are_counted_over_all_clips_and_clip_by_clip():
    found = result().as_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    alarms = found["alarms"]
    assert (alarms["events"], alarms["events_found"], alarms["false_alarms_counted"]) == (4, 0.75, 3)
    assert alarms["detection_delay"] == pytest.approx((0.2 + 0.5) / 2)
    assert alarms["longest_delay"] is None, "an event that is missed never ends"
    assert alarms["normal_flagged"] == pytest.approx(55 / 240)
    good, missed, noisy = found["videos"]
    assert (good["events"], good["hit"], good["false_alarms"]) == (2, 2, 1)
    assert good["longest_delay"] == pytest.approx(0.5) and good["delay"] == pytest.approx(0.25)
    assert (missed["events"], missed["hit"], missed["longest_delay"]) == (2, 1, None)
    assert (noisy["events"], noisy["hit"], noisy["delay"]) == (0, 0, None)
    assert noisy["normal_flagged"] == 0.5
    assert found["worst"]["events_found"] == {"clip": "missed", "value": 0.5}
    assert found["worst"]["longest_delay"] == {"clip": "missed", "value": None}
    assert found["worst"]["false_alarms"] == {"clip": "noisy", "value": 2}
    assert found["worst"]["normal_flagged"] == {"clip": "noisy", "value": 0.5}


def test_they_are_shown_with_interval_and_worst_clip_wherever_figures_are():
    made = result()
    rows = {row["figure"]: row for row in event_rows.rows(made.as_json())}
    assert rows["events_found"]["value"] == "0.750 (3 of 4)"
    assert rows["events_found"]["worst clip"] == "missed: 0.500"
    assert rows["longest_delay"]["value"] == "never" and rows["longest_delay"]["worst clip"] == "missed: never"
    assert rows["false_alarms"]["95 %"] == "93 to 1,300"
    assert rows["false_alarms"]["worst clip"] == "noisy: 2"
    text = evaluation_text.evaluation(made)
    assert "events at the camera's own threshold (1)" in text and "missed: never" in text
    (row,) = export.rows([made.as_json()])
    assert (row["events hit"], row["worst clip: events hit"]) == (0.75, "missed: 0.500")
    assert "missed: never" in export.export([made.as_json()], "html").decode()


def test_without_a_threshold_there_are_none():
    made = result(threshold=None)
    assert {row["value"] for row in event_rows.rows(made.as_json())} == {"undefined"}
    assert "No threshold is known" in evaluation_text.evaluation(made)


def test_a_figure_that_is_alike_in_all_clips_names_none():
    flagged = flags(20, (5, 9))
    clip = Scored("a", np.arange(20, dtype=np.float32), flagged, flagged)
    assert summarise_scores([clip]).worst == {}


def test_a_result_of_an_earlier_version_is_shown():
    found = result().as_json()
    del found["worst"], found["alarms"]["events"], found["alarms"]["longest_delay"]
    for video in found["videos"]:
        del video["hit"]
    rows = {row["figure"]: row for row in event_rows.rows(found)}
    assert rows["events_found"] == {"figure": "events_found", "value": "0.750", "95 %": "", "worst clip": ""}
