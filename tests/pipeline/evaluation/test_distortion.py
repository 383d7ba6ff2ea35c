"""Distorted footage: what is asked for is done, the same every time, and the truth follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.device import choose
from core.errors import InputError
from pipeline.evaluation.distortion import DistortedDataset, Distortion
from pipeline.evaluation.evaluate import evaluate
from tests.pipeline.evaluation.test_score_files import Masked

GREY = np.full((3, 48, 64, 3), 100, np.uint8)


@given(st.floats(0, 4).map(lambda x: round(x, 2)), st.sampled_from(["", "light", "heavy", "torrential"]),
       st.floats(0, 50).map(lambda x: round(x, 1)), st.integers(1, 1000),
       st.floats(0.1, 4).map(lambda x: round(x, 2)))  # fmt: skip
def test_what_is_said_is_read_again(brightness, rain, blur, every, size):
    made = Distortion(brightness, rain, blur, every, size)
    assert Distortion.read(made.describe()) == made


@pytest.mark.parametrize(
    "text", ["brightness", "brightness=-1", "brightness=nan", "rain=frogs", "blur=99", "size=0", "every=0", "every=1.5",
             "fog=1", "blur=1,blur=2", "=1"]
)  # fmt: skip
def test_what_is_no_distortion_is_refused(text):
    with pytest.raises(InputError, match=r"known: brightness|named twice"):
        Distortion.read(text)


def test_each_distortion_does_what_it_says():
    assert (Distortion.read("brightness=0.5").apply(GREY, 0) == 50).all()
    assert (Distortion.read("brightness=4").apply(GREY, 0) == 255).all()
    dots = np.zeros_like(GREY)
    dots[:, 24, 32] = 255
    blurred = Distortion.read("blur=2").apply(dots, 0)
    assert blurred.max() < 40 and blurred.astype(int).sum() > 0
    assert Distortion().apply(GREY, 0) is GREY


def test_rain_is_the_same_every_time_and_other_in_every_frame():
    rain = [Distortion.read(f"rain={strength}") for strength in ("light", "heavy", "torrential")]
    made = [r.apply(np.full((2, 360, 640, 3), 100, np.uint8), 4) for r in rain]
    assert (made[1] == rain[1].apply(np.full((2, 360, 640, 3), 100, np.uint8), 4)).all()
    assert (made[1][0] != made[1][1]).any()
    drops = [(m > 150).mean() for m in made]
    assert 0 < drops[0] < drops[1] < drops[2]


def test_every_third_frame_comes_with_its_own_truth():
    dataset = Masked()
    worse = DistortedDataset(dataset, Distortion(every=3))
    clip, whole = worse.test()[0], dataset.test()[0]
    frames = list(clip.frames(7))
    assert np.concatenate([c.images for c in frames]).tolist() == whole.images[::3].tolist()
    assert [c.first for c in frames] == np.cumsum([0, *map(len, frames)])[:-1].tolist()
    truth, original = worse.truth(clip), dataset.truth(whole)
    assert truth.abnormal.tolist() == original.abnormal[::3].tolist()
    assert [bool(truth.masks(i).any()) for i in range(len(truth.abnormal))] == truth.abnormal.tolist()


def test_a_mask_is_as_large_as_its_smaller_picture():
    dataset = Masked()
    half = DistortedDataset(dataset, Distortion(size=0.5))
    clip, whole = half.test()[0], dataset.test()[0]
    images = next(iter(clip.frames(4))).images
    height, width = whole.images.shape[1:3]
    assert images.shape[1:] == (height // 2, width // 2, 3)
    masks, original = half.truth(clip).masks, dataset.truth(whole).masks
    frame = int(np.flatnonzero(dataset.truth(whole).abnormal)[0])
    assert masks(frame).shape == images.shape[1:3]
    assert masks(frame).mean() == pytest.approx(original(frame).mean(), abs=0.05) and masks(frame).any()


def test_a_camera_is_measured_on_distorted_footage(tiny_camera):
    dataset, runtime = Masked(), choose("cpu", "float32")
    plain = evaluate(tiny_camera, dataset, runtime).as_json()
    dark = evaluate(tiny_camera, DistortedDataset(dataset, Distortion(brightness=0.1)), runtime).as_json()
    assert dark["label_set"] == plain["label_set"]
    assert dark["videos"][0]["frames"] == 40
    thinned = evaluate(tiny_camera, DistortedDataset(dataset, Distortion(every=2)), runtime)
    assert thinned.summary.videos[0].frames == 20
