"""Which real frames are learnt from, what the teacher is believed in, and what is pasted into them."""

import numpy as np
import pytest

from core.errors import DataError
from core.records import Detections
from footage.ucsd import Ped2
from tests.pipeline.real_footage import PERSON, RIDER, Bright, lay_out, rider, walker
from workshop import _object_sources, _real_frames
from workshop._object_sources import Composer, gather, mask_reader
from workshop._real_frames import Teacher, found_boxes

NAMES = ("person", "bicycle", "truck", "skateboard")


def say(line):
    pass


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return lay_out(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def found(root, tmp_path_factory):
    return _real_frames.read(root, Teacher(tmp_path_factory.mktemp("teacher"), Bright), say)


def test_only_what_may_be_learnt_from_is_read(found):
    assert [shot.name for shot in found.ped2] == ["Train001"]
    assert [shot.name for shot in found.unusual] == ["Test001", "Test004", "Test007"]
    assert [shot.name for shot in found.videos] == ["10", "shop.mp4"]


def test_measuring_reads_the_other_labelled_clips_alone(root, tmp_path):
    shots, regions = _real_frames.unseen(root, Teacher(tmp_path, Bright), say)
    assert [shot.name for shot in shots] == ["Test002", "Test008", "Test010"]
    assert not {s.name for s in shots} & set(_real_frames.LEARNT) and regions["Test008"][0][0].label == "skateboard"


def test_a_missing_part_is_said(tmp_path):
    with pytest.raises(DataError):
        _real_frames.read(tmp_path, Teacher(tmp_path / "cache", Bright), say)


def test_the_teacher_is_asked_once(root, tmp_path):
    teacher = Bright()
    first = _real_frames.unseen(root, Teacher(tmp_path, lambda: teacher), say)[0]
    asked = teacher.asked
    again = _real_frames.unseen(root, Teacher(tmp_path, lambda: pytest.fail("asked again")), say)[0]
    assert asked == teacher.asked == sum(len(shot.images) for shot in first) > 0
    for a, b in zip(first, again, strict=True):
        for x, y in zip(a.found, b.found, strict=True):
            assert x.frame == y.frame and x.labels == y.labels
            np.testing.assert_array_equal(x.boxes, y.boxes)


def test_regions_and_the_teachers_persons_are_the_truth(found):
    scenes = _real_frames.scenes(found.unusual[2:], NAMES, found.regions)
    numbers = found.unusual[2].numbers
    assert len(scenes.images) == len(numbers) == 6
    for number, truth in zip(numbers, scenes.truth, strict=True):
        assert truth.labels.tolist() == [1, 4]
        np.testing.assert_allclose(truth.boxes, [walker(number), rider(number)], atol=1)


def detections(*rows):
    table = np.array([row[1:] for row in rows], np.float32).reshape(-1, 5)
    return Detections(0, table[:, 1:], tuple(row[0] for row in rows), table[:, 0], "COCO")


PLAIN = np.zeros((100, 100, 3), np.uint8)
MOVED = np.full((100, 100, 3), 90, np.uint8)
MOVED[:, 70:] = 0


def test_what_is_believed_of_the_teacher():
    rows = (
        ("person", 0.5, 10, 10, 20, 40),
        ("person", 0.5, 75, 10, 85, 40),  # as the background: a post
        ("person", 0.8, 85, 50, 95, 80),  # as the background, but sure: someone who stands
        ("person", 0.2, 40, 10, 50, 40),
        ("handbag", 0.4, 10, 50, 20, 60),
        ("car", 0.6, 30, 50, 60, 70),
    )
    kept = found_boxes(detections(*rows), MOVED, PLAIN, things=True)
    assert [(label, *box[:2]) for label, box in kept] == [("person", 10, 10), ("person", 85, 50), ("car", 30, 50)]
    assert len(found_boxes(detections(*rows), MOVED, PLAIN, things=False)) == 2


def test_a_box_round_two_people_is_not_a_person():
    rows = (("person", 0.7, 10, 10, 20, 40), ("person", 0.7, 25, 10, 35, 40), ("person", 0.5, 9, 9, 36, 42))
    assert len(found_boxes(detections(*rows), MOVED, PLAIN, things=True)) == 2
    assert len(found_boxes(detections(*rows[::2]), MOVED, PLAIN, things=True)) == 2


def test_a_pushed_bicycle_is_a_bicycle_with_who_pushes_it():
    found = detections(
        ("person", 0.9, 10, 10, 20, 40), ("bicycle", 0.6, 12, 25, 32, 42), ("bicycle", 0.3, 60, 25, 80, 42)
    )
    ((label, box),) = _real_frames._other_bicycles(found, [])
    assert label == "bicycle" and box.tolist() == [10, 10, 32, 42]
    assert _real_frames._other_bicycles(found, [np.array([10, 10, 32, 42], np.float32)]) == []


@pytest.fixture(scope="module")
def cuts(root, found):
    ped2 = Ped2(root / "UCSDped2")
    masks = mask_reader({clip.name: ped2.truth(clip).masks for clip in ped2.test() if clip.name in _real_frames.LEARNT})
    return gather(found.ped2, found.unusual, found.regions, NAMES, masks)


def test_regions_and_lone_people_are_cut_out(cuts):
    assert set(cuts.things) == {"bicycle", "skateboard"} and len(cuts.people) >= 2
    for thing in (*cuts.things["bicycle"], *cuts.things["skateboard"]):
        assert (thing.box[2:] - thing.box[:2]).tolist() == list(RIDER) and thing.cover.mean() > 0.5
        assert thing.person == pytest.approx(PERSON[1], abs=12)
    assert {thing.label for thing in cuts.things["skateboard"]} == {4}


def test_composed_frames_hold_what_was_played(found, cuts):
    scenes = _real_frames.scenes(found.ped2, NAMES, {})
    before = [image.copy() for image in scenes.images]
    composer, rng = Composer(scenes, cuts, NAMES), np.random.default_rng(0)
    seen = set()
    for _ in range(40):
        image, truth, place = composer.draw(rng)
        height, width = image.shape[:2]
        assert image.shape == scenes.images[0].shape and (image == image[..., :1]).all()
        assert len(truth.boxes) == len(truth.labels) == len(truth.visible)
        assert (
            (truth.boxes >= 0).all()
            and (truth.boxes[:, [0, 2]] <= width).all()
            and (truth.boxes[:, [1, 3]] <= height).all()
        )
        rare = truth.boxes[truth.labels > 1]
        assert len(rare) == 1 and np.allclose((rare[0, :2] + rare[0, 2:]) / 2, place)
        seen |= set(truth.labels.tolist())
    assert seen == {1, 2, 4}
    for a, b in zip(before, scenes.images, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_sources_of_real_frames_can_be_drawn_from(root, tmp_path):
    sources = _object_sources.real(root, Teacher(tmp_path, Bright), NAMES, say)
    rng = np.random.default_rng(0)
    assert len(sources) == 5 and all(len(source.draw(rng)) == 3 for source in sources)


class Perfect:
    """Finds what was drawn on the unseen clips, and one bicycle too many."""

    name, labels = "perfect", NAMES

    def __init__(self):
        self.teacher = Bright()

    def detect(self, images, first=0):
        people = self.teacher.detect(images, first)
        return [
            Detections(
                first,
                np.concatenate([d.boxes, np.array([rider(first), [0, 0, 9, 9]], np.float32)]),
                (*d.labels, "skateboard", "bicycle"),
                np.concatenate([d.confidence, np.array([0.9, 0.8], np.float32)]),
                "COCO",
            )
            for d in people
        ]


def test_figures_on_unseen_clips(root, tmp_path):
    shots, regions = _real_frames.unseen(root, Teacher(tmp_path, Bright), say)
    figures = _object_sources.on_unseen(Perfect(), shots[1:2], regions)
    assert figures["ap50"] == {"person": 1.0, "skateboard": 1.0} and figures["boxes"] == {"person": 6, "skateboard": 6}
    assert figures["false_per_frame"] == {"bicycle": 1.0, "truck": 0.0, "skateboard": 0.0}
