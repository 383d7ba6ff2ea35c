"""The whole pass over a plaza whose camera is moved, shaken, covered, or loses its picture: causes, and no events."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from benchmarks import _staged_pictures as pictures
from benchmarks import _staged_views as views
from core import device, video, weights
from core.errors import Cancelled
from core.normality import Normality
from pipeline import camera as cameras
from pipeline import fault_pictures, frame_log
from pipeline.analyse import analyse
from pipeline.events import find_events
from pipeline.finished_run import FACTS, explain_events
from tests import clips
from tests.explain.disturbances.twins import FPS, SIZE, plain, take
from tests.pipeline.test_analyse import Acts, Boxes

SETTINGS = {"base": 4, "height": 32, "width": 48, "channels": 1}
SECOND = round(FPS)
FAULTS = {
    "moved": lambda t: views.moved(t, 60, 20),
    "shaken": lambda t: views.shaken(t, 45, 3 * SECOND, 5, "jitter"),
    "light": lambda t: pictures.light(t, 55, 1.6, "pulse", 2 * SECOND),
    "no picture": lambda t: pictures.lost(t, 50, 2 * SECOND, "blue text"),
    "frozen": lambda t: pictures.frozen(t, 45, 3 * SECOND),
    "covered": lambda t: pictures.covered(t, 45, 3 * SECOND, "hand"),
    "day/night": lambda t: pictures.night(t, 60, "infrared"),
}
MARGIN = 1.5
"""Threshold over the highest score of the plaza as it is."""
HEAT = 10.0
"""Normal heat that no picture here reaches: what lies everywhere is left in the scores."""
LASTING = ("moved", "day/night")


@pytest.fixture(scope="module", autouse=True)
def models():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("explain.objects.choose", lambda *_, **__: Boxes())
        patch.setattr("explain.actions.choose", lambda *_, **__: Acts())
        yield


@pytest.fixture(scope="module")
def camera(models, tmp_path_factory):
    """A camera of the plaza as it is, whose threshold lies just above all that happens there."""
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("camera")
    folder = place / "tiny"
    sha256 = weights.save(cameras.make_detector("unet-prediction", SETTINGS), folder / "weights.safetensors")
    normality = Normality(0.0, tuple(np.linspace(-1, 1, 101)), 100, HEAT)
    made = cameras.Camera(
        "unet-prediction", SETTINGS, sha256, 1e3, 1.0, *SIZE, FPS, normality, {"seed": 0},
        "tiny", folder, cameras.background_of(views.window(take())),
    )  # fmt: skip
    cameras.save(made)
    found = run(cameras.load(str(folder)), views.window(take()), place / "plain")
    assert found.disturbances == () and found.warnings == ()
    median, top = float(np.nanmedian(found.scores)), float(np.nanmax(found.scores))
    normality, limit = dataclasses.replace(normality, median=median), MARGIN * (top - median)
    return dataclasses.replace(cameras.load(str(folder)), normality=normality, threshold=limit, floor=0.36 * limit)


def run(camera, images, folder, stamps=None):
    folder.mkdir()
    path = folder / "clip.mp4"
    if stamps is None:
        video.encode(path, iter(images), FPS)
    else:
        clips.make(path, images, stamps=stamps, qp=0)
    return analyse(path, camera, folder / "run", runtime=device.choose("cpu", "float32"))


@pytest.mark.parametrize("kind", FAULTS)
def test_what_the_camera_does_is_told_and_is_no_event(camera, tmp_path, kind):
    images, (truth,) = FAULTS[kind](take())
    found = run(camera, images, tmp_path / "faulty")
    (one,) = found.disturbances
    assert (one.kind, one.lasting) == (kind, kind in LASTING)
    assert abs(one.start - truth.start) < 0.7
    assert found.events == ()
    hidden = slice(one.first, None if one.lasting else one.last + 1)
    assert ("that could be scored" in found.reach) and report_says(tmp_path / "faulty" / "run", found.reach)
    assert np.isnan(found.scores[hidden]).all() and np.isfinite(found.scores[6 : one.first]).all()
    report = json.loads((tmp_path / "faulty" / "run" / "report.json").read_text())
    (cause,) = report["camera_causes"]
    assert (cause["coarse"], cause["fine"], report["events"]) == ("camera", kind, [])
    assert kind in (tmp_path / "faulty" / "run" / "report.html").read_text()
    assert fault_pictures.read(tmp_path / "faulty" / "run", one.first).startswith(b"\xff\xd8")


def report_says(folder, words):
    return words.strip() in (folder / "report.html").read_text()


def test_what_is_moved_back_is_scored_again(camera, tmp_path):
    images, (away, back) = views.moved(take(), 30, 20, back=80)
    found = run(camera, images, tmp_path / "back")
    one, other = found.disturbances
    assert (one.lasting, other.lasting, one.until) == (True, False, other.last)
    assert abs(one.start - away.start) < 0.3 and abs(other.start - back.start) < 0.3
    assert np.isnan(found.scores[one.first : other.last + 1]).all()
    assert np.isfinite(found.scores[other.last + 6 :]).all() and found.events == ()


@pytest.mark.parametrize("kind", ["light", "no picture"])
def test_without_that_it_would_be_an_event(camera, tmp_path, kind):
    images, _ = FAULTS[kind](take())
    found = run(camera, images, tmp_path / "faulty")
    folder = tmp_path / "faulty" / "run"
    assert find_events(frame_log.read(folder, FPS).scores, camera.threshold, found.clock)
    facts = json.loads((folder / FACTS).read_text())
    (folder / FACTS).write_text(json.dumps({**facts, "disturbances": []}))
    assert explain_events(folder).events


def test_a_stopped_run_tells_the_same(camera, tmp_path):
    images, _ = FAULTS["no picture"](take())
    whole = run(camera, images, tmp_path / "faulty")
    calls = iter([False] * 9 + [True])
    again, path = tmp_path / "again", tmp_path / "faulty" / "clip.mp4"
    with pytest.raises(Cancelled):
        analyse(path, camera, again, runtime=device.choose("cpu", "float32"), cancelled=lambda: next(calls))
    assert 0 < len(frame_log.read(again, FPS)) < len(images)
    assert analyse(path, camera, again, runtime=device.choose("cpu", "float32")).disturbances == whole.disturbances


def test_the_same_frames_have_the_same_scores_each_at_its_own_seconds(camera, tmp_path):
    even = np.arange(len(plain())) * 80
    uneven = np.cumsum(np.tile([80, 40, 160], 42)[: len(even)])
    one, other = (run(camera, views.window(take()), tmp_path / name, stamps.tolist())
                  for name, stamps in (("even", even), ("uneven", uneven - uneven[0])))  # fmt: skip
    np.testing.assert_array_equal(one.scores, other.scores)
    np.testing.assert_allclose(one.clock.times, even / 1000)
    np.testing.assert_allclose(other.clock.times, (uneven - uneven[0]) / 1000)


def test_nothing_that_was_not_recorded_is_scored_and_a_gap_is_told(camera, tmp_path):
    stamps = np.arange(len(plain())) * 80 + 4000 * (np.arange(len(plain())) >= 60)
    found = run(camera, views.window(take()), tmp_path / "gap", stamps.tolist())
    (one,) = found.disturbances
    assert (one.kind, one.start, one.end) == ("gap", pytest.approx(4.8), pytest.approx(8.8)) and found.events == ()
    assert np.isnan(found.scores[60:65]).all() and np.isfinite(found.scores[6:60]).all()
