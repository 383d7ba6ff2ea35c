"""Training footage with anomalies in it: whose they are, how many, and what is measured then."""

import json
from itertools import pairwise

import numpy as np
import pytest

from core.device import choose
from core.errors import InputError
from footage.videos import ClipPart
from pipeline.evaluation import contamination
from pipeline.evaluation.contamination import ContaminatedDataset
from pipeline.evaluation.results import Row
from tests.pipeline.evaluation.test_results import Trained
from tests.pipeline.training.test_fit_camera import models

__all__ = ["models"]
RUNTIME = choose("cpu", "float32")
LENGTHS = (40, 33, 36, 38)
"""Of two clips that may give and two that may be measured; the first is trained on."""


def frames_of(clips):
    return sum(len(chunk) for clip in clips for chunk in clip.frames(8))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_the_share_is_that_of_all_frames_and_donors_are_not_measured(share):
    made = ContaminatedDataset(Trained(LENGTHS), ("clip1", "clip3"), share, seed=3)
    assert [clip.name for clip in made.test()] == ["clip0", "clip2"]
    drawn = made.training()[1:]
    assert frames_of(drawn) == round(40 * share / (1 - share)) == made.say()["frames"]
    for stretch in drawn:
        truth = made.dataset.truth(stretch.clip).abnormal
        assert stretch.clip.name in made.donors and truth[stretch.first : stretch.end].all()


def test_a_smaller_share_is_part_of_a_larger_one_and_another_seed_draws_others(monkeypatch):
    monkeypatch.setattr(contamination, "MAX_EXCERPT_FRAMES", 4)
    small, large, other = (
        [(s.name, s.end - s.first) for s in ContaminatedDataset(Trained(LENGTHS), (), share, seed).drawn]
        for share, seed in ((0.2, 1), (0.3, 1), (0.3, 2))
    )
    assert large[: len(small) - 1] == small[:-1] and len(large) > len(small)
    assert other != large


def test_a_stretch_counts_from_its_start():
    clip = Trained(LENGTHS).clips[0]
    whole = np.concatenate([chunk.images for chunk in clip.frames()])
    for chunk in (3, 8, 64):
        parts = list(ClipPart("", clip, 15, 28).frames(chunk))
        assert np.concatenate([part.images for part in parts]).tolist() == whole[15:28].tolist()
        assert parts[0].first == 0 and parts[0].times[0] == 0
        assert all(a.first + len(a) == b.first for a, b in pairwise(parts))


@pytest.mark.parametrize(
    ("donors", "share", "said"),
    [
        (("clip9",), 0.1, "'clip9' is no test clip; known: clip0"),
        (("clip0", "clip1", "clip2", "clip3"), 0.1, "none is left to evaluate"),
        (("clip1",), 0.4, "27 abnormal frames are asked for, and the donors have 13"),
        (("clip1",), 0.6, "between 0 and 0.5, got 0.6"),
        (("clip1",), float("nan"), "between 0 and 0.5, got nan"),
    ],
)
def test_what_cannot_be_mixed_is_said(donors, share, said):
    with pytest.raises(InputError, match=said):
        ContaminatedDataset(Trained(LENGTHS), donors, share, 0)


def test_donors_stand_in_the_plan(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text('donors = ["Test001"]\n[rows.a]\ndetector = "b"\n')
    assert contamination.donors(plan) == ("Test001",)
    plan.write_text("donors = 3\n")
    with pytest.raises(InputError, match=r"plan\.toml cannot be read"):
        contamination.donors(plan)


@pytest.mark.parametrize(
    ("detector", "settings", "scores"),
    [
        ("vqunet-prediction", {"base": 4, "height": 48, "width": 64, "channels": 1, "codes": 8, "inputs": 2}, {""}),
        ("decoupled-conv3d", {"base": 4, "height": 32, "width": 48, "blocks": 2, "inputs": 2, "ahead": 1, "step": 1},
         {"z", "p"}),
    ],
)  # fmt: skip
def test_a_row_is_trained_with_anomalies_and_measured_by_each_of_its_scores(tmp_path, detector, settings, scores):
    row = Row("tiny", detector, {**settings, "epochs": 2})
    folder = tmp_path / "kept"
    made = contamination.run(row, 0.2, 0, Trained(LENGTHS), (), folder, tmp_path / "work", RUNTIME)
    kept = json.loads((folder / "tiny-anomalies-20.seed0.json").read_text())
    assert kept == json.loads(json.dumps(made))
    assert set(kept["anomalies"]["auc"]) == scores and len(kept["videos"]) == 2
    assert "10 of 50 training frames (20.0%)" in kept["anomalies"]["protocol"]
    rows = contamination.read_results(folder)
    assert {(r["system"], r["share"]) for r in rows} == {(f"tiny, score {s}" if s else "tiny", 0.2) for s in scores}
    assert all(0 <= r["auc"] <= 1 for r in rows)
