"""The plain difference of two frames, measured as if it were a detector."""

import numpy as np
import pytest

from core.datasets import Truth
from core.errors import DataError
from pipeline.evaluation.difference import evaluate_difference
from tests.pipeline.clips import Clip

CALM, JUMP = 4, 120


def clip(name, frames=80, jumps=(), seed=0):
    """Noise that flickers a little, and a square that jumps in some frames."""
    random = np.random.default_rng(seed)
    images = np.full((frames, 48, 64, 3), 90, np.uint8) + random.integers(0, CALM, (frames, 48, 64, 1), np.uint8)
    for frame in jumps:
        images[frame, 10:30, 20 + frame % 2 * 20 : 40 + frame % 2 * 20] += JUMP
    return Clip(name, images)


@pytest.fixture
def truths():
    jumps = range(40, 60)
    abnormal = np.zeros(80, bool)
    abnormal[40:60] = True
    return [
        (clip("busy", jumps=jumps, seed=3), Truth(abnormal, None, "made/1")),
        (clip("calm", seed=4), Truth(np.zeros(80, bool), None, "made/1")),
    ]


def test_what_jumps_is_found_at_a_threshold_from_normal_footage(truths, tmp_path):
    normal = [clip("one", seed=1), clip("two", seed=2)]
    result = evaluate_difference("made", normal, truths, keep=tmp_path / "kept.npz").as_json()
    assert result["camera"] == "frame difference" and result["threshold"] > 0
    assert result["auc"]["micro_raw"] > 0.95
    assert (result["frames"], result["scored"]) == (160, 158), "the first frame of a clip has none before it"
    assert (result["alarms"]["events_found"], result["alarms"]["false_alarms"]) == (1.0, 0.0)
    assert result["videos"][1]["flagged"] == 0
    assert result["machine"]["device"] == "cpu"
    assert (tmp_path / "kept.npz").exists()


def test_without_normal_footage_there_is_no_threshold(truths):
    result = evaluate_difference("made", [], truths).as_json()
    assert result["threshold"] is None and result["f1"] is None and result["auc"]["micro_raw"] > 0.95


def test_a_truth_of_another_length_is_refused(truths):
    busy, _ = truths[0]
    with pytest.raises(DataError, match="'busy' has 80 frames and its truth 79"):
        evaluate_difference("made", [], [(busy, Truth(np.arange(79) > 40, None, "made/1"))])
