import numpy as np
import pytest

from core.records import Detections, Frames
from pipeline.evidence_collector import MAX_PERSONS, EvidenceCollector

SIZE = (12, 16)


class Boxes:
    """Finds as many persons as it is told to, side by side."""

    name, labels = "foreseeable", ("person",)

    def __init__(self, persons=1, confidence=0.9):
        self.persons, self.confidence = persons, confidence

    def detect(self, images, first=0):
        left = np.arange(self.persons, dtype=np.float32)
        boxes = np.stack([left, np.zeros_like(left), left + 1, np.full_like(left, 12)], 1)
        sure = np.full(self.persons, self.confidence, np.float32)
        return [Detections(i, boxes, ("person",) * self.persons, sure, "COCO") for i in range(len(images))]


class Acts:
    """Remembers what it was shown; names an action with the brightness of the key frame."""

    name, labels, span, rate = "foreseeable", ("walk", "run/jog"), 6, 25.0

    def __init__(self):
        self.shown, self.boxes = [], []

    def classify(self, images, boxes):
        self.shown.append(images[:, 0, 0, 0].tolist())
        self.boxes.append(boxes)
        return np.tile(np.array([[0.9, 0.01]], np.float32), (len(boxes), 1))


def chunk(first, count):
    """Frames whose brightness is their number."""
    images = np.empty((count, *SIZE, 3), np.uint8)
    images[:] = np.arange(first, first + count, dtype=np.uint8)[:, None, None, None]
    return Frames(images, first, np.arange(first, first + count) / 25.0)


def heat(hot=0):
    values = np.zeros(SIZE, np.float32)
    values[:, hot] = 1.0
    return values


def collected(objects, frames=(4,), added=10, hot=0, ended=False):
    """Request frames of one chunk; return their evidence, and the action model."""
    acts = Acts()
    collector = EvidenceCollector(objects, acts)
    collector.add_frames(chunk(0, added), lag=6)
    for frame in frames:
        collector.request(frame, 1.0, heat(hot))
    return collector.collect(ended), acts


def test_evidence_waits_for_the_frames_after_it():
    acts = Acts()
    collector = EvidenceCollector(Boxes(), acts)
    collector.add_frames(chunk(0, 8), lag=6)
    collector.request(4, 1.0, heat())
    collector.request(6, 2.0, heat())
    assert [e.frame for e in collector.collect()] == [4] and collector.first_pending == 6
    collector.add_frames(chunk(8, 8), lag=6)
    (second,) = collector.collect()
    assert (second.frame, second.score, collector.first_pending) == (6, 2.0, None)
    assert acts.shown == [[1, 2, 3, 4, 5, 6], [3, 4, 5, 6, 7, 8]]
    assert second.image[0, 0, 0] == 6 and second.actions.labels == ("walk",)


def test_at_the_clips_ends_the_outer_frames_are_repeated():
    found, acts = collected(Boxes(), (1, 4), added=5, ended=True)
    assert [e.frame for e in found] == [1, 4]
    assert acts.shown == [[0, 0, 0, 1, 2, 3], [1, 2, 3, 4, 4, 4]]


def test_memory_is_bounded_by_span_and_lag():
    collector = EvidenceCollector(Boxes(), Acts())
    for first in range(0, 200, 10):
        collector.add_frames(chunk(first, 10), lag=6)
        assert sum(len(part) for part in collector._ring) <= 10 + 10 + 6 + 6 + 10


def test_frames_that_are_asked_for_are_not_forgotten():
    collector = EvidenceCollector(Boxes(), Acts())
    collector.add_frames(chunk(0, 10), lag=6)
    collector.request(2, 1.0, heat())
    for first in range(10, 100, 10):
        collector.add_frames(chunk(first, 10), lag=6)
    (late,) = collector.collect()
    assert late.image[0, 0, 0] == 2


@pytest.mark.parametrize("persons", [0, 3, MAX_PERSONS, MAX_PERSONS + 5])
def test_actions_are_asked_of_the_hottest_persons(persons):
    (evidence,), acts = collected(Boxes(persons), hot=max(persons - 1, 0))
    classified = acts.boxes[0] if acts.boxes else np.zeros((0, 4))
    assert len(classified) == min(persons, MAX_PERSONS) == len(evidence.actions)
    assert len(evidence.objects) == persons
    if persons:
        assert classified[-1, 0] == persons - 1, "the hottest is among them"


def test_doubtful_persons_are_not_asked():
    (evidence,), _ = collected(Boxes(2, confidence=0.4))
    assert len(evidence.actions) == 0 and evidence.actions.vocabulary == "AVA"


@pytest.mark.parametrize(
    ("fps", "shown"),
    [
        (25.0, [5, 6, 7, 8, 9, 10]),
        (50.0, [2, 4, 6, 8, 10, 12]),
        (10.0, [7, 7, 8, 8, 8, 9]),
    ],
)
def test_actions_are_shown_as_fast_as_the_model_is_used_to(fps, shown):
    acts = Acts()
    collector = EvidenceCollector(Boxes(), acts)
    parts = [chunk(first, 3) for first in range(0, 18, 3)]
    for part in parts:
        collector.add_frames(Frames(part.images, part.first, np.arange(part.first, part.first + 3) / fps), lag=18)
    collector.request(8, 1.0, heat())
    assert [e.frame for e in collector.collect()] == [8]
    assert acts.shown == [shown]


def test_where_frames_are_lost_the_nearest_in_time_are_shown():
    acts = Acts()
    collector = EvidenceCollector(Boxes(), acts)
    times = np.array([0, 1, 2, 3, 4, 9, 10, 11, 12, 13]) / 25.0
    collector.add_frames(Frames(chunk(0, 10).images, 0, times), lag=6)
    collector.request(4, 1.0, heat())
    assert [e.frame for e in collector.collect()] == [4]
    assert acts.shown == [[1, 2, 3, 4, 4, 4]]
