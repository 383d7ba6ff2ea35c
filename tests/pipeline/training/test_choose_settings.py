"""Settings chosen from footage: of the right kind, in range, within the time, and never against the user's own."""

import numpy as np
import pytest
import torch

from core import device
from core.errors import InputError, UnknownNameError
from pipeline.camera import make_detector
from pipeline.training.choose_settings import DETECTOR, PIXELS, choose_settings, measure_throughput
from pipeline.training.survey import ClipSurvey, Survey

RUNTIME = device.choose("cpu", "float32")
ONE_OF_EACH = ("vqunet-prediction", "unet-reconstruction", "bcae1", "ks-cae", "convgru-ae-l1-y")
LARGE = ("decoupled-conv3d", "itae", "lntra-skip")


def clip(width=640, height=360, fps=25.0, frames=6000, thing=50.0, grey=False):
    background = np.zeros((54, 96, 3), np.uint8)
    return ClipSurvey("a", frames, fps, width, height, grey, 100.0, 40.0, background, 1.0, (thing,) * 9, 1.0, 0.0, 1)


def chosen(detector=None, given=None, minutes=10.0, seconds=0.05, **facts):
    """Choose for one clip, on a machine on which each window of each stage takes so many seconds."""

    def speed(module, runtime):
        return [seconds] * len(module.stages())

    return choose_settings(Survey((clip(**facts),)), RUNTIME, detector, given, minutes, speed=speed)


def test_the_plazas_settings_are_near_those_that_were_found_by_hand():
    choice = chosen()
    s = choice.settings
    assert choice.detector == DETECTOR
    assert (s["height"], s["width"], s["channels"], s["step"], s["patch"]) == (144, 256, 3, 3, 20)
    assert (s["base"], s["batch"], s["rate"]) == (16, 8, 1e-3)
    assert s["epochs"] == int(10 * 60 / (0.05 * 5985)) and choice.windows == 0
    assert set(s) | {"detector"} == set(choice.reasons)
    assert all(choice.reasons.values())


def test_grey_footage_at_ten_frames_a_second_as_in_ped2():
    s = chosen(width=360, height=240, fps=10.0, frames=2550, thing=34.0, grey=True).settings
    assert (s["channels"], s["step"]) == (1, 1)
    assert s["height"] % 8 == s["width"] % 8 == 0 and s["width"] / s["height"] == pytest.approx(1.5, abs=0.08)
    assert 12_000 <= s["height"] * s["width"] <= 38_000 and 14 <= s["patch"] <= 24


@pytest.mark.parametrize("name", ONE_OF_EACH + LARGE)
@pytest.mark.parametrize("facts", [{}, {"width": 360, "height": 640}, {"width": 333, "height": 251, "thing": 200.0}])
def test_every_detector_takes_what_is_chosen_for_it(name, facts):
    choice = chosen(name, **facts)
    window = make_detector(name, choice.settings).window
    assert (window.height, window.width) == (choice.settings["height"], choice.settings["width"])
    fixed = name in ("ks-cae", "bcae1")
    assert fixed or window.height * window.width <= PIXELS["cpu"][1] * 1.4


@pytest.mark.parametrize(("fps", "step"), [(5.0, 1), (10.0, 1), (15.0, 2), (25.0, 3), (30.0, 3), (60.0, 7)])
def test_the_step_follows_the_frame_rate(fps, step):
    assert chosen(fps=fps).settings["step"] == step


def test_what_the_user_gives_wins_and_has_no_reason():
    given = {"height": 64, "width": 96, "epochs": 2, "batch": 3, "channels": 1, "base": 4, "step": 5, "patch": 0}
    choice = chosen(given=given)
    assert {name: choice.settings[name] for name in given} == given
    assert not set(given) & set(choice.reasons)


def test_epochs_fill_the_time_and_no_more():
    few, many = (chosen(minutes=minutes).settings["epochs"] for minutes in (5.0, 50.0))
    assert few < many <= 60
    assert chosen(minutes=1000.0).settings["epochs"] == 60


def test_more_footage_than_the_time_allows_is_drawn_from():
    choice = chosen(minutes=1.0, frames=100_000)
    assert choice.settings["epochs"] == 1 and choice.windows == int(60 / 0.05)
    assert "more do not fit into 1 minutes" in choice.reasons["windows"]
    assert chosen(minutes=1.0, frames=100_000, given={"epochs": 3}).windows == 0


def test_little_footage_gets_smaller_batches():
    choice = chosen("bcae1", frames=1000)
    assert choice.settings["batch"] == 1000 // 40 and "1000 windows" in choice.reasons["batch"]
    assert chosen("bcae1", {"batch": 64}, frames=1000).settings["batch"] == 64


def test_a_detector_too_slow_for_the_time_is_made_narrower():
    assert chosen("lntra-baseline", minutes=1.0).settings["base"] == 24
    assert "base" not in chosen("lntra-baseline", minutes=10_000.0).settings


def test_every_stage_has_its_share_of_the_time():
    choice = chosen("bcae1", {"svdd": True}, minutes=60.0)
    s = choice.settings
    assert 0.05 * 6000 * (s["epochs"] + s["svdd_epochs"]) <= 3600 * 1.05
    assert s["epochs"] > s["svdd_epochs"] >= 1


@pytest.mark.parametrize(
    ("detector", "given", "error", "said"),
    [
        ("oracle", {}, UnknownNameError, "unknown detector 'oracle'"),
        (None, {"epoch": 3}, UnknownNameError, "unknown setting 'epoch'"),
        (None, {"height": 100}, InputError, "multiples of 8"),
        (None, {"patch": 200, "height": 64, "width": 64}, InputError, "patch must lie between"),
    ],
)
def test_what_does_not_go_together_is_refused(detector, given, error, said):
    with pytest.raises(error, match=said):
        chosen(detector, given)


def test_the_pace_is_measured_for_each_stage_and_changes_nothing():
    settings = {"base": 4, "height": 80, "width": 80, "batch": 8, "svdd": True, "svdd_batch": 8}
    module = RUNTIME.place(make_detector("bcae1", settings))
    before, state = {k: v.clone() for k, v in module.state_dict().items()}, torch.random.get_rng_state()
    taken = measure_throughput(module, RUNTIME)
    assert len(taken) == 2 and all(0 < seconds < 5 for seconds in taken)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), state)


def test_a_batch_beyond_memory_is_one_sentence(monkeypatch):
    module = make_detector("unet-prediction", {"base": 4, "height": 16, "width": 16})

    def full(self, windows):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(type(module), "loss", full)
    with pytest.raises(InputError, match="a batch of 4 windows of 16×16 does not fit into memory"):
        measure_throughput(module, RUNTIME)
