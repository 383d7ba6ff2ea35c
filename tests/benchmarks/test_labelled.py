"""The table of labelled pictures, of models whose answers are known beforehand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import labelled
from benchmarks.labelled import ALL, Found
from core.errors import InputError
from core.records import Detections
from workshop.street_sets import Picture

CAR, FAR = np.array([10, 10, 50, 40], np.float32), np.array([60, 60, 90, 90], np.float32)


def told(frame, *rows):
    boxes = np.array([box for _, _, box in rows], np.float32).reshape(-1, 4)
    sure = np.array([confidence for _, confidence, _ in rows], np.float32)
    return Detections(frame, boxes, tuple(label for label, _, _ in rows), sure, "COCO")


def picture(source, known, *rows):
    return Picture(Path("none.jpg"), source, known, rows)


def test_a_label_is_judged_on_the_sets_that_know_it():
    pictures = [
        picture("a/one", ("car",), ("car", CAR, False), ("car", FAR, True)),
        picture("b/two", ("car", "person"), ("car", CAR, False), ("person", FAR, False)),
    ]
    good = [told(0, ("car", 0.9, CAR), ("person", 0.9, FAR)), told(1, ("car", 0.9, CAR), ("person", 0.9, FAR))]
    poor = [told(0, ("car", 0.9, FAR)), told(1, ("car", 0.9, CAR))]
    rows = labelled.table(pictures, [Found("good", ("car", "person"), good), Found("poor", ("car",), poor)])
    by = {(row["set"], row["label"]): row for row in rows}
    assert list(by) == [("a/one", "car"), ("b/two", "person"), ("b/two", "car"), (ALL, "person"), (ALL, "car")]
    assert by[ALL, "car"]["boxes"] == 2 and by[ALL, "person"]["pictures"] == 1
    assert [row["good"] for row in rows] == [1.0] * 5
    assert by["a/one", "car"]["poor"] == 0.0 and by[ALL, "car"]["poor"] == 0.5, "an ignored box is not held against it"
    assert by[ALL, "person"]["poor"] is None


def test_what_is_ridden_holds_its_rider():
    bicycle, rider, far = np.array([10, 30, 40, 60]), np.array([15, 5, 35, 50]), np.array([80, 80, 90, 90])
    found = told(0, ("bicycle", 0.9, bicycle), ("person", 0.8, rider), ("car", 0.7, bicycle), ("bicycle", 0.6, far))
    joined = labelled.with_riders(found)
    np.testing.assert_array_equal(joined.boxes, [[10, 5, 40, 60], rider, bicycle, far])
    assert joined.labels == found.labels


def test_a_folder_is_asked_for(tmp_path):
    with pytest.raises(InputError, match="--root"):
        labelled.measure("cpu", tmp_path / "absent")
