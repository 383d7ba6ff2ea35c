"""A threshold from verdicts, and verdicts as labels."""

import csv
import dataclasses
import io
import json

import numpy as np

from pipeline.reviewing import labels
from pipeline.reviewing.proposals import Outcome, judged, propose
from pipeline.reviewing.reviews import Review, folded
from tests.pipeline.reviewing import made
from tests.ui import made as pages


def test_the_proposed_threshold_is_the_best_of_all_there_could_be():
    random = np.random.default_rng(5)
    for _ in range(200):
        count = int(random.integers(5, 30))
        said = [(float(level), bool(random.random() < 0.2 + level / 14)) for level in random.integers(1, 10, count)]
        threshold = float(random.uniform(0, 11))
        found = propose(said, threshold)
        errors = [
            sum(level > t and not true for level, true in said) + sum(level <= t and true for level, true in said)
            for t in np.arange(-1, 12, 0.25)
        ]
        assert found.proposed.errors == min(*errors, found.now.errors)
        assert found.proposed.false_alarms == sum(level > found.proposed.threshold and not true for level, true in said)
        assert found.proposed.misses == sum(level <= found.proposed.threshold and true for level, true in said)
        assert found.true + found.false == count


def test_nothing_is_proposed_from_few_verdicts_or_where_no_threshold_is_better():
    assert propose([(3.0, True)] * 4, 2.0) is None
    found = propose([(3.0, True)] * 5, 2.0)
    assert found.proposed == found.now == Outcome(2.0, 0, 0)


def test_only_events_whose_scores_are_of_the_cameras_present_weights_count():
    camera = dataclasses.replace(pages.camera("gate"), sha256="ab" * 32)
    events = [
        made.listed("true", level=5.0, unit="dB"),
        made.listed("false", level=3.0, unit="dB", quiet=True),
        made.listed("unsure", level=4.0, unit="dB"),
        made.listed("", level=4.0, unit="dB"),
        made.listed("true", level=4.0, unit="dB", weights="cd" * 32),
        made.listed("true", level=4.0, unit="nats"),
        made.listed("true", level=4.0, unit="dB", kind="standing"),
        made.listed("true", level=4.0, unit="dB", camera="other"),
    ]
    assert judged(events, camera) == [(5.0, True), (3.0, False)]


def test_labels_hold_every_record_and_no_formula():
    records = [Review("k", 0.0, "=Ann", True, "true", None), Review("k", 60.0, "Ben", None, None, "@SUM(1)\n,x")]
    one = dataclasses.replace(made.listed(clip="-1+1.mp4"), opinion=folded(records))
    (row,) = csv.DictReader(io.StringIO(labels.csv_labels([one])))
    assert tuple(row) == labels.COLUMNS
    assert (row["clip"], row["note"], row["verdict"]) == ("'-1+1.mp4", "'@SUM(1)\n,x", "true")
    assert (row["reviewer"], row["reviewed_at"], row["reviewed"]) == ("Ben", "1970-01-01T00:01:00+00:00", "True")
    (told,) = json.loads(labels.json_labels([one]))["events"]
    assert told["clip"] == "-1+1.mp4" and [record["reviewer"] for record in told["records"]] == ["=Ann", "Ben"]
    assert csv.DictReader(io.StringIO(labels.csv_labels([made.listed()]))).__next__()["reviewer"] == ""
