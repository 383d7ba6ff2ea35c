"""Frames of plain clips and what a teacher sees in them, as they are and mirrored."""

import numpy as np
import pytest

from core.errors import DataError
from core.files import write_json
from core.records import Detections
from explain.objects.rcnn import COCO
from tests import clips
from workshop import street_samples


class Bar:
    """Boxes the bright bar as a person, 4 pixels too wide at the right; sees a dog at the left, whatever there is."""

    labels = COCO

    def detect(self, images, first=0):
        found = []
        for image in images:
            columns = np.nonzero((image[12:20] > 235).all(axis=(0, 2)))[0]
            boxes = np.array([[columns.min(), 8, columns.max() + 5, 24], [0, 30, 8, 40]], np.float32)
            found.append(Detections(first, boxes, ("person", "dog"), np.array([0.9, 0.8], np.float32), "COCO"))
        return found


class Tile:
    """Boxes the bar again, one more thing of which it is sure, and one of which it is not."""

    labels = COCO

    def detect(self, images, first=0):
        boxes = np.array([[38, 8, 62, 24], [100, 8, 110, 14], [120, 8, 130, 14]], np.float32)
        return [Detections(first, boxes, ("person", "car", "car"), np.array([0.9, 0.9, 0.2], np.float32), "COCO")]


def test_what_both_see_is_averaged_and_what_one_sees_is_doubted():
    image = clips.pictures(1, width=160)[0]
    image[:, :] = 0
    image[8:24, 40:60] = 255
    found = street_samples.mirrored(Bar(), image)
    sure = {label: round(float(c), 2) for label, c in zip(found.labels, found.confidence, strict=True)}
    assert sure == {"person": 0.9, "dog": 0.4}
    assert found.boxes[found.labels.index("person")].tolist() == [38, 8, 62, 24]
    assert sorted(found.labels) == ["dog", "dog", "person"]
    assert sorted(box.tolist()[0] for box, label in zip(found.boxes, found.labels, strict=True) if label == "dog") == [
        0, 152,
    ]  # fmt: skip


def test_frames_of_clips_are_kept_once_and_some_clips_left_out(tmp_path):
    for name in ("a", "b"):
        images = clips.pictures(30, width=160)
        images[:] = 0
        images[:, 8:24, 40:60] = 255
        (tmp_path / "clips").mkdir(exist_ok=True)
        clips.make(tmp_path / "clips" / f"{name}.mp4", images, qp=0)
    loads = []

    def teachers():
        loads.append(1)
        return Bar(), Tile()

    def gather():
        return street_samples.gather(tmp_path / "clips", ("b.mp4",), tmp_path / "cache", teachers, lambda line: None)

    first, again = gather(), gather()
    assert len(loads) == 1 and len(first) == len(again) == street_samples.FRAMES
    assert first[0].known == COCO and first[0].source == "clips"
    assert [(label, ignored) for label, _, ignored in first[0].rows] == [
        ("person", False), ("dog", True), ("dog", True), ("car", True),
    ], "what only a tile shows is ignored"  # fmt: skip


def test_sources_are_read_and_what_lacks_is_said(tmp_path):
    for name in ("a", "b", "c"):
        clips.make(tmp_path / f"{name}.mp4", clips.pictures(3), qp=0)
    named = [{"file": "a.mp4", "repository": "owner/name", "terms": "MIT", "use": "train"}]
    write_json(tmp_path / "sources.json", named)
    assert street_samples.sources(tmp_path, ("c.mp4",)) == [
        {"file": "a.mp4", "repository": "owner/name", "terms": "MIT"},
        {"file": "b.mp4", "repository": "not stated", "terms": "not stated"},
    ]
    write_json(tmp_path / "sources.json", [{"file": "a.mp4"}])
    with pytest.raises(DataError, match="file, repository and terms"):
        street_samples.sources(tmp_path, ())


def test_a_folder_without_clips_is_said(tmp_path):
    with pytest.raises(DataError, match="no clip"):
        street_samples.gather(tmp_path, (), tmp_path / "cache", Bar, lambda line: None)


def test_what_stands_as_still_as_a_post_and_is_never_surely_a_person_is_background():
    """A post at the left, someone who walks, and someone who stands where a sure person is in another frame."""
    pictures = [np.zeros((40, 120, 3), np.uint8) for _ in range(5)]
    post, stands = np.array([4, 5, 12, 35], np.float32), np.array([90, 5, 100, 35], np.float32)
    found = []
    for number, picture in enumerate(pictures):
        picture[5:35, 4:12] = picture[5:35, 90:100] = 120
        walks = np.array([20 + 12 * number, 5, 30 + 12 * number, 35], np.float32)
        picture[5:35, 20 + 12 * number : 30 + 12 * number] = 200
        found.append([("person", post, True), ("person", walks, True), ("person", stands, number > 0)])
    found[1].append(("car", post, True))
    kept = street_samples.without_posts(pictures, found)
    assert [[(label, int(box[0]), ignored) for label, box, ignored in rows] for rows in kept] == [
        [("person", 20 + 12 * number, True), ("person", 90, number > 0)] + [("car", 4, True)] * (number == 1)
        for number in range(5)
    ]
