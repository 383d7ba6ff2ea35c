"""The second pass: evidence of chosen frames, the same as the first pass would have kept."""

import numpy as np
import pytest

from core import device, video
from core.errors import Cancelled
from core.records import Detections, Event, Frames
from pipeline.event_evidence import EventEvidence, wanted_frames
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from pipeline.frame_log import FrameLog
from tests import clips

EXACT, COUNT = device.choose("cpu", "float32"), 60


class Seen:
    """Finds one person everywhere, and says what the person does from how bright the shown frames are."""

    name, labels, span, rate = "seen", ("person", "walk"), 8, 25.0

    def detect(self, images, first=0):
        box, sure = np.array([[5, 5, 30, 40]], np.float32), np.array([0.9], np.float32)
        return [Detections(first, box, ("person",), sure, "COCO") for _ in images]

    def classify(self, images, boxes):
        bright = images.astype(np.float64).mean() / 255.0
        return np.tile(np.array([[bright, 1.0 - bright]], np.float32), (len(boxes), 1))


@pytest.fixture
def path(tmp_path):
    return clips.make(tmp_path / "walk.mp4", clips.pictures(COUNT), rate=10)


def log(scores=None, analysed=None, seconds=None):
    return FrameLog(
        np.full(COUNT, 3.0, np.float32) if scores is None else scores,
        np.arange(COUNT) / 10 if seconds is None else seconds,
        np.ones(COUNT, np.bool_) if analysed is None else analysed,
    )


def gathered(detector, path, frames, folder, known=None, tell=lambda done, total: None, cancelled=lambda: False):
    kept = EvidenceFolder(folder)
    second = EventEvidence(known or log(), detector, EvidenceCollector(Seen(), Seen()), EXACT)
    second.gather(path, 10.0, frames, kept, tell, cancelled)
    return kept


def whole_pass(detector, path, frames, folder):
    """Keep evidence as a pass over the whole clip does."""
    kept, collector = EvidenceFolder(folder), EvidenceCollector(Seen(), Seen())

    def watched():
        for chunk in video.read(path, 8):
            collector.add_frames(chunk, detector.window.span)
            yield chunk

    for answer in detector.stream(watched()):
        for row in range(len(answer.score)):
            if answer.first + row in frames:
                collector.request(answer.first + row, 3.0, answer.saliency[row].numpy())
    for evidence in collector.collect(ended=True):
        kept.put(evidence)
    return kept


def test_an_events_first_frame_peak_and_last_frame_are_wanted():
    assert wanted_frames([Event(4, 9, 7, 1.0), Event(20, 20, 20, 1.0)]) == [4, 7, 9, 20]


@pytest.mark.parametrize("frames", [[5], [5, 6, 7, 8, 9, 10], [7, 31, 59], [59]])
def test_evidence_is_that_of_a_pass_over_the_whole_clip(tiny_camera, path, tmp_path, frames):
    detector, steps = tiny_camera.build(EXACT), []
    kept = gathered(detector, path, frames, tmp_path / "few", tell=lambda *step: steps.append(step))
    twin = whole_pass(detector, path, set(frames), tmp_path / "whole")
    assert kept.frames() == twin.frames() == frames and steps[-1] == (len(frames), len(frames))
    for frame in frames:
        one, other = kept.get(frame), twin.get(frame)
        assert np.array_equal(one.image, other.image)
        np.testing.assert_allclose(one.heat, other.heat, atol=0.02 * other.heat.max())
        np.testing.assert_allclose(one.actions.confidence, other.actions.confidence, atol=1e-6)


def test_what_is_kept_already_or_has_no_score_is_left_alone(tiny_camera, path, tmp_path):
    detector = tiny_camera.build(EXACT)
    scores = np.full(COUNT, 3.0, np.float32)
    scores[:10] = np.nan
    gathered(detector, path, [20], tmp_path / "kept")
    before = (tmp_path / "kept" / "00000020.npz").stat().st_mtime_ns
    kept = gathered(detector, path, [2, 20, 30], tmp_path / "kept", log(scores))
    assert kept.frames() == [20, 30] and (tmp_path / "kept" / "00000020.npz").stat().st_mtime_ns == before
    gathered(detector, path, [], tmp_path / "none")


def test_windows_are_made_of_analysed_frames(tiny_camera, path, tmp_path, monkeypatch):
    detector, asked = tiny_camera.build(EXACT), []
    monkeypatch.setattr(type(detector), "predict", lambda self, frames: asked.append(frames) or predict(self, frames))
    predict = type(detector).__mro__[1].predict
    flags = np.arange(COUNT) % 2 == 0
    kept = gathered(detector, path, [31], tmp_path / "few", log(analysed=flags))
    whole = np.concatenate([chunk.images for chunk in video.read(path)])
    target, span = detector.window.target, detector.window.span
    shown = [30 - 2 * (target - i) for i in range(span)]
    assert np.array_equal(asked[0][0].numpy(), whole[shown]), "frame 31 repeats frame 30"
    far = [np.abs(kept.get(31).image.astype(int) - whole[frame]).mean() for frame in (30, 31, 32)]
    assert far[1] < 3 < min(far[0], far[2])


def test_a_stop_keeps_what_is_there(tiny_camera, path, tmp_path):
    with pytest.raises(Cancelled, match="1 of 2"):
        gathered(tiny_camera.build(EXACT), path, [8, 55], tmp_path / "few", cancelled=lambda: True)
    assert EvidenceFolder(tmp_path / "few").frames() == [8]


def test_actions_are_not_shown_what_lies_across_a_gap(tiny_camera):
    collector = EvidenceCollector(Seen(), Seen())
    dark, light = np.zeros((10, 48, 64, 3), np.uint8), np.full((10, 48, 64, 3), 255, np.uint8)
    collector.add_frames(Frames(dark, 0, np.arange(10) / 10), 5)
    collector.add_frames(Frames(light, 10, 9.0 + np.arange(10) / 10), 5)
    collector.request(9, 1.0, np.ones((48, 64), np.float32))
    (evidence,) = collector.collect(ended=True)
    assert "walk" in evidence.actions.labels and evidence.actions.confidence.max() == 1.0
    collector.request(10, 1.0, np.ones((48, 64), np.float32))
    (evidence,) = collector.collect(ended=True)
    assert evidence.actions.labels == ("person",), "all frames are light"
