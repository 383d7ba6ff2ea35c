"""A camera from somebody's own footage, whole: looked at, settings chosen, a part held out, trained, measured."""

import json

import pytest

from core import device
from core.errors import InputError, UnknownNameError
from pipeline import camera as cameras
from pipeline.plan import LOADING, OBSERVING
from pipeline.training import plan
from pipeline.training.check_footage import UnfitError
from pipeline.training.train_camera import TrainingCallbacks, TrainingRequest, train_camera
from tests.pipeline.scenes import film
from tests.pipeline.training.test_fit_camera import models

__all__ = ["models"]
RUNTIME = device.choose("cpu", "float32")
SMALL = {"base": 4, "codes": 8, "inputs": 2, "epochs": 1, "height": 32, "width": 56}


class Record:
    def __init__(self):
        self.notes, self.reasons, self.done, self.steps = [], {}, [], []

    def callbacks(self, stop=None):
        def train(step):
            self.steps.append(step)
            if step.epoch == stop:
                raise KeyboardInterrupt

        return TrainingCallbacks(self.notes.append, self.reasons.update, self.done.append, train)


def taught(out, clips=None, request=None, stop=None, **settings):
    record = Record()
    made = clips or [film(f"{i}.mp4", 45) for i in range(8)]
    request = request or TrainingRequest(settings=SMALL | settings, false_alarms=30)
    return lambda: (train_camera("yard", made, out, request, record.callbacks(stop), RUNTIME), record)


def test_a_camera_says_what_was_chosen_and_why_and_what_was_held_out(tmp_path):
    camera, record = taught(tmp_path / "yard")()
    kept = cameras.load(str(camera.folder))
    assert (kept.detector, kept.settings["channels"], kept.settings["step"]) == ("vqunet-prediction", 3, 1)
    assert {name: kept.settings[name] for name in SMALL} == SMALL
    assert kept.card["chosen"] == record.reasons and set(record.reasons) >= {
        "detector",
        "step",
        "patch",
        "batch",
        "hold out",
    }
    assert not set(record.reasons) & set(SMALL)
    assert kept.card["clips"] == [f"{i}.mp4" for i in (0, 1, 2, 4, 5, 6)]
    assert kept.card["calibrated_on"] == ["3.mp4", "7.mp4", "the training clips"]
    assert kept.card["footage"]["minutes"] == pytest.approx(360 / 600, abs=0.01)
    assert kept.card["false_alarms"]["asked_per_hour"] == 30
    assert kept.normality.frames == 8 * (45 - 2) and kept.normality.explained_frames > 100
    assert any(note.startswith("the footage is short") for note in kept.card["warnings"])
    assert any("the threshold was measured on 0.6 minutes" in note for note in record.notes)
    assert any(note.startswith("scores by attributes are left out: the normal footage shows") for note in record.notes)
    stages = [plan.SURVEYING, plan.TRYING, plan.READING, plan.LEARNING, LOADING, plan.COUNTING, OBSERVING]
    assert list(dict.fromkeys(p.stage for p in record.done)) == [*stages, plan.MEASURING, plan.SUMMING]
    measured = [p for p in record.done if p.stage == plan.MEASURING]
    assert measured[-1].done == kept.normality.frames and all(p.left > 0 for p in measured)
    learning = [p for p in record.done if p.stage == plan.LEARNING]
    assert learning[-1].done == learning[-1].total > 0 and learning[-1].left > 0
    assert {path.name for path in camera.folder.iterdir()} == {
        "camera.json",
        "losses.json",
        "weights.safetensors",
        "background.png",
    }
    assert kept.build(RUNTIME).window.inputs == 2


def few():
    return [film(f"{i}.mp4", 75) for i in range(4)]


def test_the_same_seed_gives_the_same_camera(tmp_path):
    one, two = (taught(tmp_path / name, few())()[0] for name in ("one", "two"))
    assert (one.sha256, one.threshold, one.alarms) == (two.sha256, two.threshold, two.alarms)


def test_a_stopped_training_goes_on_with_what_was_chosen_for_it(tmp_path, monkeypatch):
    whole, _ = taught(tmp_path / "whole", few(), epochs=2)()
    with pytest.raises(KeyboardInterrupt):
        taught(tmp_path / "yard", few(), epochs=2, stop=1)()
    assert {path.name for path in (tmp_path / "yard" / "training").iterdir()} == {
        "checkpoint.pt",
        "chosen.json",
        "losses.json",
    }
    monkeypatch.setattr("pipeline.training.train_camera.choose_settings", lambda *_: pytest.fail("chosen again"))
    camera, record = taught(tmp_path / "yard", few(), TrainingRequest(resume=True, false_alarms=30))()
    assert {step.epoch for step in record.steps} == {1}
    assert (camera.sha256, dict(camera.settings)) == (whole.sha256, dict(whole.settings))
    assert camera.card["calibrated_on"] == whole.card["calibrated_on"]


def test_what_was_chosen_and_is_damaged_is_one_sentence(tmp_path):
    folder = tmp_path / "yard" / "training"
    folder.mkdir(parents=True)
    for content in ("{", '{"detector": 3}', json.dumps({"hold_out": "x"})):
        (folder / "chosen.json").write_text(content)
        with pytest.raises(InputError, match="of the stopped training cannot be read; train without --resume"):
            taught(tmp_path / "yard", few(), TrainingRequest(resume=True))()


def test_unfit_footage_trains_only_when_asked_to_anyway(tmp_path):
    clips = [film(f"{i}.mp4", 60) for i in range(2)] + [film("other.mp4", 60, seed=9)]
    with pytest.raises(UnfitError, match=r"'other.mp4' and '0.mp4' do not show the same place"):
        taught(tmp_path / "yard", clips, TrainingRequest(settings=SMALL))()
    assert not (tmp_path / "yard").exists()
    camera, record = taught(tmp_path / "yard", clips, TrainingRequest(settings=SMALL, anyway=True))()
    assert any("'other.mp4'" in note for note in record.notes)
    assert any("too short: 180" in note for note in record.notes)
    assert len(camera.card["warnings"]) >= 2


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        (TrainingRequest("oracle"), UnknownNameError, "unknown detector 'oracle'"),
        (TrainingRequest(settings={"base": 0}), InputError, "setting 'base' must be from 1"),
        (TrainingRequest(minutes=0), InputError, "minutes must be more than 0"),
        (TrainingRequest(minutes=float("nan")), InputError, "minutes must be more than 0"),
        (TrainingRequest(validation_share=1.0), InputError, r"must lie between 0 and 0\.9"),
        (TrainingRequest(false_alarms=0), InputError, "false alarms an hour must be"),
    ],
)
def test_a_wish_out_of_range_is_refused_before_the_footage_is_looked_at(tmp_path, wanted, error, said):
    with pytest.raises(error, match=said):
        train_camera("yard", [], tmp_path / "yard", wanted, Record().callbacks(), RUNTIME)
    with pytest.raises(InputError, match="camera name 'Two Words'"):
        train_camera("yard", [], tmp_path / "Two Words", TrainingRequest(), Record().callbacks(), RUNTIME)
