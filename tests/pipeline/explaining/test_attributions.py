"""One frame of a clip, explained: files, figures, and clear answers to what cannot be explained."""

import json
from dataclasses import asdict, replace

import cv2
import numpy as np
import pytest
import torch

from cli.explain import show
from core import device
from core.errors import Cancelled, InputError, UnknownNameError
from core.explanation import read
from explain import faithfulness
from explain.attribution import Budget, Scale
from jobs.store import JobStore
from pipeline import frame_log, store
from pipeline.explaining import plan
from pipeline.explaining.attribution_input import attribution_input, background, load_window, scale_of
from pipeline.explaining.attributions import FrameRequest, explain_frame
from pipeline.explaining.budgets import budget_of, default_budget, evaluations_within
from pipeline.explaining.plan import chosen, methods
from pipeline.explaining.source import explain_source
from pipeline.sampling import Analysed
from tests import clips

EXACT = device.choose("cpu", "float32")
FEW = ("residual", "lrp-composite", "occlusion")


@pytest.fixture
def clip(tmp_path):
    return clips.make(tmp_path / "walk.mp4", clips.pictures(30), rate=10)


def explain(path, camera, out, frame=12, methods=FEW, **more):
    return explain_frame(path, path.name, camera, FrameRequest(frame, methods, Budget(24)), out, EXACT, **more)


def test_each_method_leaves_its_map_its_picture_and_its_figures(tiny_camera, clip, tmp_path):
    reports, known = [], methods()
    job = plan.job_of(("tiny", "cpu"), {name: known[name] for name in FEW}, 24, 0, reports.append)
    result = explain(clip, tiny_camera, tmp_path / "why", job=job)
    assert list(dict.fromkeys(p.stage for p in reports)) == [plan.READING, *FEW]
    for name in FEW:
        passes = [p.done for p in reports if p.stage == name]
        assert passes == sorted(passes) and passes[0] == 0 and 0.5 < passes[-1] / plan.passes(known[name], 24) < 1.5
    assert json.loads((tmp_path / "why" / "explain.json").read_text()) == json.loads(json.dumps(result.as_json()))
    for name in FEW:
        values = np.load(tmp_path / "why" / f"{name}.npy", allow_pickle=False)
        assert values.shape == (48, 64) and values.dtype == np.float32
        assert cv2.imread(str(tmp_path / "why" / f"{name}.png")).shape == (48, 64, 3)
        figures = result.methods[name]
        keys = {"seconds", "evaluations", "deletion_auc", "insertion_auc", "sanity", "note", "stability", "agreement"}
        assert keys <= asdict(figures).keys()
        assert 0 <= figures.deletion_auc <= 1 and 0 <= figures.insertion_auc <= 1
        assert -1 <= figures.sanity <= 1 and figures.sane == (figures.sanity < faithfulness.MAX_SANITY_CORRELATION)
        assert len(figures.frames) == 6
    assert result.frame == 12 and result.window == (7, 12)
    assert 0 < result.score <= 1.0 + 1e-6


def test_the_same_question_again_keeps_what_is_there_and_another_does_not(tiny_camera, clip, tmp_path):
    first = explain(clip, tiny_camera, tmp_path / "why", methods=("residual",))
    written = (tmp_path / "why" / "residual.npy").stat().st_mtime_ns
    both = explain(clip, tiny_camera, tmp_path / "why", methods=("residual", "occlusion"))
    assert (tmp_path / "why" / "residual.npy").stat().st_mtime_ns == written
    assert set(both.methods) == {"residual", "occlusion"} and set(first.methods) == {"residual"}
    other = explain(clip, tiny_camera, tmp_path / "why", frame=13, methods=("residual",))
    assert set(other.methods) == {"residual"}
    assert (tmp_path / "why" / "residual.npy").stat().st_mtime_ns > written


def test_a_cancelled_explanation_keeps_the_maps_that_were_finished(tiny_camera, clip, tmp_path):
    out = tmp_path / "why"
    with pytest.raises(Cancelled):
        explain(clip, tiny_camera, out, cancelled=lambda: (out / "lrp-composite.npy").exists())
    kept = read(out)
    assert {"residual"} <= set(kept.methods) < set(FEW)
    assert not (out / "occlusion.npy").exists()


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (-1, "frame -1 lies outside the clip 'walk.mp4': frames are counted from 0"),
        (4, "frame 4 has no score: .* the first that it answers for is frame 5"),
        (30, "frame 30 lies outside the clip 'walk.mp4', which has 30 frames, 0 to 29"),
        (900, "which has 30 frames"),
    ],
)
def test_a_frame_that_cannot_be_explained(tiny_camera, clip, tmp_path, frame, sentence):
    with pytest.raises(InputError, match=sentence):
        explain(clip, tiny_camera, tmp_path / "why", frame=frame)
    assert not (tmp_path / "why").exists()


def test_the_first_and_the_last_frame_with_a_score(tiny_camera, clip, tmp_path):
    for frame in (5, 29):
        assert explain(clip, tiny_camera, tmp_path / str(frame), frame, ("residual",)).window == (frame - 5, frame)


def test_methods_are_chosen_by_name():
    assert set(chosen("all")) == set(methods()) and len(chosen("all")) == 12
    assert chosen("lime, residual,lime") == ("lime", "residual")
    with pytest.raises(UnknownNameError, match=r"unknown method 'lim'; known: .*lime"):
        chosen("lim")
    with pytest.raises(InputError, match="name at least one method"):
        chosen(" , ")


def test_a_run_is_explained_by_its_id(tiny_camera, clip, tmp_path):
    with clip.open("rb") as stream:
        run = store.create(stream, "Thé walk <b>.mp4")
    JobStore().enqueue(run.id, "me", {"camera": "tiny", "threshold": 0.5})
    frame_log.append(run.folder, np.arange(30) / 25, np.full(30, 3.0), [True] * 30)
    result, _ = explain_source(run.id, None, 12, "residual", tmp_path / "why", budget=Budget(8), device_name="cpu")
    assert result.clip == "Thé walk <b>.mp4" and result.camera == "tiny"
    alone, _ = explain_source(str(clip), "tiny", 12, "residual", tmp_path / "alone", device_name="cpu")
    assert result.score <= alone.score
    assert "frame 12: score" in show(result, None)
    with pytest.raises(InputError, match="no run 'never'"):
        explain_source("never", None, 12, "residual", tmp_path / "why")


def test_a_budget_is_of_evaluations_of_seconds_or_of_both():
    assert budget_of(None, None) is None
    assert budget_of(8, None) == Budget(8)
    assert budget_of(None, 0.5) == Budget(seconds=0.5)
    assert budget_of(8, 0.5) == Budget(8, 0.5)
    with pytest.raises(InputError, match="some time"):
        budget_of(None, 0.0)


def test_the_worst_score_there_is_becomes_one(tiny_camera):
    detector = tiny_camera.build(EXACT)
    scale = scale_of(tiny_camera, detector, [120.0, float("nan")])
    assert scale.of(tiny_camera.normality.median + 120.0) == pytest.approx(1.0)
    assert scale.of(tiny_camera.normality.median + 110.0) == pytest.approx(0.1)
    assert Scale(8.0, 4.0, decibels=False).of(6.0) == pytest.approx(0.5)


def test_the_background_is_the_clips_and_the_cameras_where_somebody_stood(tiny_camera):
    detector = tiny_camera.build(EXACT)
    samples = np.full((20, 3, 32, 48), 100, np.uint8)
    samples[:4, :, 5:9, 5:9] = 200
    samples[:, :, 16:26, 20:32] = 250
    found = (background(samples, tiny_camera, detector) - detector.window.low) / 2 * 255
    assert found[:, 6, 6].numpy() == pytest.approx(100, abs=1)
    assert found[:, 20, 25].numpy() == pytest.approx(100, abs=12)


def test_the_question_is_the_detectors_own(tiny_camera, clip):
    detector = tiny_camera.build(EXACT)
    looked = load_window(clip, "walk", detector, 12, Analysed.look(clip, 10.0, 10.0, 30))
    question, scale = attribution_input(looked, tiny_camera, detector, EXACT)
    answer = detector.predict(torch.from_numpy(looked.window[None]))
    assert question.value == pytest.approx(float(scale.of(answer.score[0])), rel=1e-4)
    assert question.threshold == pytest.approx(
        float(scale.of(tiny_camera.threshold + tiny_camera.normality.median)), rel=1e-6
    )
    assert np.allclose(question.expected.numpy() * 0.5 + 0.5, answer.expected[0].numpy(), atol=1e-5)


@pytest.mark.parametrize(("operations", "evaluations"), [(1, 320), (36e9, 224), (88.6e9, 96), (1e15, 64)])
def test_large_networks_are_asked_less(operations, evaluations):
    assert evaluations_within(operations) == evaluations


def test_a_small_camera_gets_the_whole_budget_and_the_papers_network_less(tiny_camera):
    assert default_budget(tiny_camera).evaluations == 320
    assert default_budget(replace(tiny_camera, settings={})).evaluations == 96
