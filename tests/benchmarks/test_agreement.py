"""The agreement of two object models whose answers are known beforehand."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import agreement
from cli.main import main
from core.device import Runtime
from core.errors import InputError
from core.records import Detections
from explain import objects
from tests import clips


class Known:
    """Says the same of each frame: rows of label, confidence, x1, y1, x2, y2."""

    def __init__(self, *rows):
        self.rows, self.name, self.labels = rows, "known", ("person", "car")

    def detect(self, images, first=0):
        table = np.array([row[1:] for row in self.rows], np.float32).reshape(-1, 5)
        labels = tuple(row[0] for row in self.rows)
        return [Detections(first + i, table[:, 1:], labels, table[:, 0], "COCO") for i in range(len(images))]


PERSON, CAR, FAR = (0, 0, 10, 20), (30, 0, 60, 20), (70, 30, 90, 50)
FRAMES = np.zeros((3, 60, 100, 3), np.uint8)


def compared(ours, taught):
    return {row.group: row for row in agreement.of_frames("a", FRAMES, Known(*ours), Known(*taught))}


def test_shares_and_further_boxes():
    taught = [("person", 0.9, *PERSON), ("car", 0.5, *CAR), ("car", 0.49, *FAR)]
    ours = [("person", 0.3, *PERSON), ("truck", 0.8, *CAR), ("person", 0.5, *FAR), ("car", 0.9, *FAR)]
    of = compared(ours, taught)
    persons, vehicles, wheels = of["persons"], of["vehicles"], of["two-wheelers"]
    assert (persons.sure, persons.found, persons.further, persons.frames) == (3, 3, 3, 3)
    assert (vehicles.sure, vehicles.found, vehicles.further) == (3, 3, 0), "an unsure box of the teacher is no lack"
    assert persons.share == 1 and persons.further_per_frame == 1
    assert wheels.share is None and wheels.further == 0


@pytest.mark.parametrize(
    ("ours", "found"),
    [
        (("person", 0.29, *PERSON), 0),
        (("car", 0.9, *PERSON), 0),
        (("person", 0.9, 0, 0, 10, 10.1), 3),
        (("person", 0.9, 0, 0, 10, 9.9), 0),
    ],
)
def test_confidence_name_and_overlap_decide(ours, found):
    assert compared([ours], [("person", 0.9, *PERSON)])["persons"].found == found


def test_what_is_ridden_is_found_with_or_without_its_rider():
    taught = [("bicycle", 0.9, 0, 20, 20, 30), ("person", 0.9, 5, 0, 15, 25)]
    for box in ((0, 20, 20, 30), (0, 0, 20, 30)):
        wheels = compared([("bicycle", 0.9, *box)], taught)["two-wheelers"]
        assert (wheels.sure, wheels.found, wheels.further) == (3, 3, 0)
    assert compared([("bicycle", 0.9, 40, 20, 60, 30)], taught)["two-wheelers"].further == 3


def test_totals_and_the_worst_camera():
    rows = [
        agreement.Agreement("good", "persons", 10, 10, 9, 0), agreement.Agreement("bad", "persons", 10, 10, 2, 5),
        agreement.Agreement("empty", "persons", 10, 0, 0, 9),
    ]  # fmt: skip
    rows += [agreement.Agreement("good", group, 10, 0, 0, 0) for group in ("vehicles", "two-wheelers")]
    all_persons = agreement.total(rows)[0]
    assert (all_persons.sure, all_persons.found, all_persons.further, all_persons.frames) == (20, 11, 14, 30)
    persons, vehicles, _ = agreement.worst(rows)
    assert (persons["least found"], persons["most further"]) == ("bad", "empty")
    assert (vehicles["least found"], vehicles["most further"]) == (None, None)


def test_frames_are_spread_from_the_first_to_the_last(tmp_path):
    images = np.repeat(np.arange(40, dtype=np.uint8)[:, None, None, None] * 6, 64, 1).repeat(64, 2).repeat(3, 3)
    clips.make(tmp_path / "a.mp4", images, qp=0)
    found = agreement.spread(tmp_path / "a.mp4", 5)
    assert np.abs(found[:, 30, 30, 0].astype(int) - np.array([0, 60, 120, 174, 234])).max() <= 8
    assert len(agreement.spread(tmp_path / "a.mp4", 99)) == 40


def test_the_command_measures_clips(tmp_path, monkeypatch, capsys):
    clips.make(tmp_path / "street.mp4", clips.pictures(30))
    known = {"yolox": Known(("car", 0.9, *CAR)), "compact": Known(("car", 0.9, *CAR))}
    monkeypatch.setattr(objects, "choose", lambda name, runtime: known[name])
    assert main(["bench", "agreement", str(tmp_path / "street.mp4"), "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[1:6] for line in said.splitlines() if line.startswith("street.mp4")][1] == [
        "vehicles", "20", "20", "20", "1.0",
    ]  # fmt: skip
    assert "worst camera for vehicles: least found in street.mp4, most boxes that the teacher lacks in none" in said


def test_no_clip_is_said():
    with pytest.raises(InputError, match="needs clips"):
        agreement.measure("cpu", [])


def test_a_folder_of_weights_is_measured(tmp_path, monkeypatch):
    clips.make(tmp_path / "street.mp4", clips.pictures(3))
    asked = []

    def load(runtime: Runtime, folder: Path):
        asked.append(folder)
        return Known()

    monkeypatch.setattr(objects, "choose", lambda name, runtime: Known(("car", 0.9, *CAR)))
    monkeypatch.setattr(agreement.compact, "load", load)
    rows = agreement.measure("cpu", [tmp_path / "street.mp4"], tmp_path / "weights")
    assert asked == [tmp_path / "weights"] and [row.share for row in rows if row.clip == "all"] == [None, 0.0, None]
