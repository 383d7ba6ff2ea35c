"""From an evaluated clip to a run of it."""

from dataclasses import replace

import numpy as np
import pytest

from core import video
from core.errors import InputError
from jobs.store import JobStore
from pipeline import store
from pipeline.evaluation import evaluated_run, evaluations
from pipeline.evaluation.evaluations import EvaluationRequest
from tests.pipeline.evaluation.test_evaluate import Made
from tests.ui import made

REQUEST = EvaluationRequest("camera", "tiny", "made", distortion="brightness=0.5")


def start(run_id, camera):
    assert JobStore().enqueue(run_id, made.ME, {"camera": camera})
    return store.get(run_id)


@pytest.fixture
def started(monkeypatch, tmp_path):
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path))
    monkeypatch.setattr(evaluations, "open_dataset", lambda name: Made())
    monkeypatch.setattr(store, "start", start)


def test_a_clip_becomes_a_run_of_the_camera_as_it_was_evaluated(started):
    assert evaluated_run.run_of(REQUEST, "clip1") is None
    run = evaluated_run.start(REQUEST, "clip1")
    assert (run.clip, run.camera, run.state) == ("made clip1 brightness=0.5.mp4", "tiny", "queued")
    frames = [image for chunk in video.read(run.path) for image in chunk.images]
    assert len(frames) == 33 and 35 < np.mean(frames[0]) < 55, "half as bright"
    assert evaluated_run.run_of(REQUEST, "clip1") == run
    assert evaluated_run.run_of(REQUEST, "clip0") is None
    assert evaluated_run.run_of(replace(REQUEST, system="other"), "clip1") is None


def test_a_run_that_failed_is_none_to_open(started):
    run = evaluated_run.start(REQUEST, "clip0")
    JobStore().end(run.id, "failed", "it broke", made.ME)
    assert evaluated_run.run_of(REQUEST, "clip0") is None


def test_what_cannot_be_analysed_is_said(started):
    with pytest.raises(InputError, match="is no camera"):
        evaluated_run.start(EvaluationRequest("scores", "other.csv", "made"), "clip0")
    with pytest.raises(InputError, match="no test clip 'clip9'; known: clip0, clip1"):
        evaluated_run.start(REQUEST, "clip9")
