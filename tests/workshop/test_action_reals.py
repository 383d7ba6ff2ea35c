"""Real persons to learn actions from, on drawn footage, and how well a model does on what it never saw."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import video
from core.records import Frames
from explain.actions import compact
from footage.labels import Region
from tests.pipeline.real_footage import Bright, fill, frames, ground, lay_out, rider, walker
from workshop import _action_reals, _train_actions
from workshop._action_reals import CARRY, DRIVE, RIDE, STAND, WALK, action, speed, windows
from workshop._real_frames import Teacher

NAMES = (STAND, WALK, CARRY, DRIVE, RIDE)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Footage in which a walker and a rider cross; nobody is to look at Avenue's test clips but to measure."""
    laid = lay_out(tmp_path_factory.mktemp("real"), count=36)
    rng, cloth = np.random.default_rng(1), np.random.default_rng(2).integers(232, 256, (40, 20, 3))
    for i in range(30):
        image, (x1, y1, x2, y2) = ground(rng), walker(i)
        image[y1:y2, x1:x2] = cloth  # so that he is found again
        assert cv2.imwrite(str(laid / "UCSDped2" / "Train" / "Train001" / f"{i + 1:03d}.png"), image)
    rows = ["video,track,frame,x1,y1,x2,y2,label"]
    for name in ("08", "21"):
        (laid / "Avenue" / "testing_videos" / f"{name}.mp4").unlink(missing_ok=True)
        video.encode(laid / "Avenue" / "testing_videos" / f"{name}.mp4", frames(24, True), 25)
        rows += [f"{name},,{i + 1},{','.join(map(str, rider(i)))},run / jog" for i in range(12)]
    (laid / "labels" / "avenue_regions_dev.csv").write_text("\n".join(rows) + "\n")
    return laid


@pytest.fixture(scope="module")
def gathered(root, tmp_path_factory):
    teacher, cache = Teacher(tmp_path_factory.mktemp("teacher"), Bright), tmp_path_factory.mktemp("cache")
    return cache, teacher, _action_reals.gather(cache, root, teacher, NAMES, lambda line: None)


def test_walkers_walk_and_riders_ride(gathered):
    _, _, ((walkers, _), (riders, _)) = gathered
    assert len(walkers.rois) == len(walkers.crops) >= 5 and len(riders.rois) == len(riders.crops) >= 20
    assert (walkers.labels[:, NAMES.index(WALK)] == 1).all() and (riders.labels[:, NAMES.index(RIDE)] == 1).all()
    for samples in (walkers, riders):
        np.testing.assert_allclose(samples.labels[:, NAMES.index(CARRY)], _action_reals.CARRYING_FRACTION)
        np.testing.assert_allclose(samples.labels.sum(1), 1 + _action_reals.CARRYING_FRACTION)
        assert samples.crops[0].shape == (compact.FRAMES, compact.CROP_PIXELS, compact.CROP_PIXELS, 3)


def test_what_is_brightest_stands_in_its_box(gathered):
    _, _, ((walkers, _), *_) = gathered
    inside = []
    for crop, (x1, y1, x2, y2) in zip(walkers.crops, walkers.rois.round().astype(int), strict=True):
        key = crop[compact.FRAMES // 2].mean(-1)
        inside.append(key[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4].mean() - key[:, :6].mean())
    assert np.median(inside) > 80


def test_they_are_cut_once(gathered, root, monkeypatch):
    cache, teacher, first = gathered
    monkeypatch.setattr(_action_reals._real_frames, "read", None)
    again = _action_reals.gather(cache, root, teacher, NAMES, lambda line: None)
    np.testing.assert_array_equal(first[1][0].labels, again[1][0].labels)


@given(st.lists(st.integers(0, 49), min_size=1, max_size=8, unique=True), st.integers(0, 20), st.integers(1, 60))
def test_windows_are_what_lies_around(keys, reach, chunk):
    clip = np.arange(50, dtype=np.uint8)[:, None, None, None].repeat(3, 3)

    class Counted:
        name = "counted"

        def frames(self, size=32):
            for i in range(0, 50, chunk):
                part = clip[i : i + chunk]
                yield Frames(part, i, np.arange(i, i + len(part)) / 10)

    found = list(windows(Counted(), keys, reach))
    assert [number for number, *_ in found] == sorted(keys)
    for number, images, key, rate in found:
        assert images[:, 0, 0, 0].tolist() == list(range(max(0, number - reach), min(50, number + reach + 1)))
        assert images[key, 0, 0, 0] == number and rate == pytest.approx(10)


@pytest.mark.parametrize(("step", "does"), [(0, STAND), (2, WALK), (4, WALK), (9, None)])
def test_someone_who_moves_walks(step, does):
    rng = np.random.default_rng(2)
    pattern = rng.integers(120, 256, (40, 20, 3))
    images = np.stack([ground(rng) for _ in range(9)])
    for i, image in enumerate(images):
        image[40:80, 60 + step * (i - 4) : 80 + step * (i - 4)] = pattern
    pace = speed(images, 4, np.array([60, 40, 80, 80], np.float32), 10.0)
    assert pace is None if does is None else pace == pytest.approx(step * 10 / 40, abs=0.01)
    assert action(pace) == does


def test_someone_who_is_not_found_again_does_nothing_known():
    images = np.random.default_rng(0).integers(0, 256, (9, 120, 160, 3), dtype=np.uint8)
    assert speed(images, 4, np.array([60, 40, 80, 80], np.float32), 10.0) is None
    assert speed(images, 1, np.array([60, 40, 80, 80], np.float32), 10.0) is None
    assert action(None) is None


def test_a_pasted_rider_leaves_the_rest_of_the_street_alone():
    rng = np.random.default_rng(4)
    images, background = np.stack(list(frames(40, True))), ground(rng)
    street = np.full((40, 120, 160, 3), 30, np.uint8)
    track = {i: Region("bicycle", tuple(map(float, rider(i))), "1") for i in range(20)}
    masks = [np.zeros((120, 160), np.uint8) for _ in range(40)]
    for i, mask in enumerate(masks):
        fill(mask, rider(i), 1)
    box = np.array(rider(10), np.float32)
    crops, _ = _action_reals._paste(
        images, background, lambda i: masks[i] > 0, track, 10, box, street, np.random.default_rng(0)
    )
    shades = np.bincount(crops[0].mean(-1).round().astype(int).ravel(), minlength=256)
    assert shades[195:205].sum() > 1000 and shades[28:33].sum() > 10000
    assert shades[80:100].sum() < 500 and not shades[245:].sum()


class Knowing:
    """An action model that tells a rider from a walker by his shade."""

    name, span, rate = "knowing", 32, 10.0
    labels = (_train_actions.RUN, RIDE)

    def classify(self, images, boxes):
        found = np.zeros((len(boxes), 2), np.float32)
        for i, (x1, y1, x2, y2) in enumerate(boxes.astype(int).clip(0)):
            found[i] = 0.9 if images[16, y1 + 2 : y2 - 2, x1 + 2 : x2 - 2].mean() < 225 else 0.1
        return found


def test_riders_and_runners_are_measured_against_the_others(gathered, root):
    _, teacher, _ = gathered
    figures = _train_actions.on_real(Knowing(), root, teacher, lambda line: None)
    for found, name, who in zip(figures.values(), ("ride", "run/jog"), ("riders", "runners"), strict=True):
        assert found[who] >= 5 and found["others"] >= 3
        assert found[f"ap {name}"] == 1 and found[f"median {name} of {who}"] == 0.9
        assert found[f"95th percentile {name} of others"] == 0.1
