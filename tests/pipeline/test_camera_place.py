"""A new camera takes an old one's place whole or not at all, wherever its process is stopped."""

import dataclasses
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.checksums import sha256_of
from core.errors import InputError
from core.normality import AlarmCurve
from jobs.locks import exclusive
from pipeline import camera, camera_place, channels, thresholds

WEIGHTS = "weights.safetensors"


class Stopped(BaseException):
    """The process ends here."""


def staged(tiny, folder, threshold=7.5):
    """Write another camera, complete, into a folder."""
    from core import weights

    folder.mkdir()
    state = {name: tensor + 1 if tensor.is_floating_point() else tensor
             for name, tensor in weights.load(tiny.folder / WEIGHTS, tiny.sha256).items()}  # fmt: skip
    sha256 = weights.save(state, folder / WEIGHTS)
    made = dataclasses.replace(tiny, sha256=sha256, threshold=threshold)
    camera.write(made, folder)
    (folder / "losses.json").write_text("[]")
    return made


def test_the_names_of_files_are_those_of_the_kinds_of_scores():
    assert camera_place.KIND_FILES == channels.FILES
    assert set(camera_place.FILES) >= {*channels.FILES.values(), WEIGHTS, "camera.json", "background.png"}
    assert camera_place.FILES[-1] == "camera.json"


@pytest.mark.parametrize("last", range(7))
def test_stopped_at_any_step_a_camera_is_the_old_or_the_new_one(tiny_camera, monkeypatch, last):
    (tiny_camera.folder / "attributes.safetensors").write_bytes(b"of the old one")
    new, replace, done = staged(tiny_camera, tiny_camera.folder / "new"), Path.replace, []

    def stops(self, target):
        if len(done) == last:
            raise Stopped
        done.append(self)
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", stops)
        with pytest.raises(Stopped) if last < 5 else pytest.MonkeyPatch.context():
            camera_place.publish(tiny_camera.folder / "new", tiny_camera.folder)
    assert "tiny" in camera.cameras()
    kept = camera.load("tiny")
    expected = tiny_camera if last == 0 else new
    assert (kept.sha256, kept.threshold) == (expected.sha256, expected.threshold)
    assert sha256_of(tiny_camera.folder / WEIGHTS) == expected.sha256
    assert (tiny_camera.folder / "attributes.safetensors").exists() is (last == 0)
    left = {path.name for path in tiny_camera.folder.iterdir()} - {"new"}
    assert left <= set(camera_place.FILES)


def test_a_file_that_was_still_written_does_not_keep_a_camera_from_its_place(tiny_camera):
    staged(tiny_camera, tiny_camera.folder / camera_place.NEXT)
    (tiny_camera.folder / camera_place.NEXT / ".0123456789abcdef.part").write_bytes(b"of a process that was killed")
    assert camera.load("tiny").threshold == 7.5
    assert not (tiny_camera.folder / camera_place.NEXT).exists()


def test_a_first_camera_that_was_stopped_is_listed(tiny_camera, monkeypatch):
    first = tiny_camera.folder.parent / "first"
    first.mkdir()
    staged(tiny_camera, first / "new")
    with monkeypatch.context() as patch:
        patch.setattr(camera_place, "_move", lambda folder: None)
        camera_place.publish(first / "new", first)
    assert not (first / "camera.json").exists()
    assert "first" in camera.cameras() and camera.load("first").threshold == 7.5


def test_a_name_that_is_taken_is_refused(tiny_camera, tmp_path, whycam_home):
    shipped = f"{next(iter(camera.SHIPPED.glob('*/camera.json'))).parent.name}"
    with pytest.raises(InputError, match=f"camera '{shipped}' comes with Whycam and stays as it is"):
        camera.check_target(whycam_home / "cameras" / shipped, replace=True)
    with pytest.raises(InputError, match=r"there is a camera 'tiny' already; .*--replace"):
        camera.check_target(tiny_camera.folder, replace=False)
    camera.check_target(tiny_camera.folder, replace=True)
    camera.check_target(whycam_home / "cameras" / "new", replace=False)
    camera.check_target(tmp_path / shipped, replace=False)


def test_two_who_change_a_camera_wait_for_each_other(tiny_camera):
    curve = AlarmCurve(1.0, tuple(float(i) for i in range(1, 40)), tuple(float(40 - i) for i in range(1, 40)))
    camera.save(dataclasses.replace(tiny_camera, alarms=curve))
    figures = dict.fromkeys(("protocol", "auc", "auc_pr", "eer", "f1", "f1_oracle", "frame_index", "frames", "scored",
                             "abnormal"), 0.5)  # fmt: skip

    def change(number):
        if number % 2:
            thresholds.retune("tiny", float(number))
        else:
            camera.note(camera.load("tiny"), figures | {"label_set": f"set/{number}"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, range(1, 13)))
    kept = camera.load("tiny")
    assert kept.card["false_alarms"]["asked_per_hour"] in range(1, 13, 2)
    assert set(kept.card["figures"]) == {f"set/{number}" for number in range(2, 13, 2)}


def test_who_holds_a_camera_for_long_is_not_waited_for_for_ever(tiny_camera, monkeypatch):
    monkeypatch.setattr(camera_place, "PATIENCE_SECONDS", 0.1)
    held, end = threading.Event(), threading.Event()

    def hold():
        with exclusive(tiny_camera.folder / camera_place.WRITING):
            held.set()
            end.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    try:
        held.wait(30)
        with pytest.raises(InputError, match="another process of Whycam is writing into"):
            camera.save(tiny_camera)
    finally:
        end.set()
        other.join()
    camera.save(tiny_camera)
    shutil.rmtree(tiny_camera.folder)
