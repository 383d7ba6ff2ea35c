"""What stands and what is gone, on pictures that are drawn here: a scene with walkers, light, noise and shake."""

import cv2
import numpy as np
import pytest

from core.checksums import sha256_of
from core.clock import Clock
from core.errors import DataError
from core.records import Frames
from detectors.standing import Standing, StandingModel, judged

FPS, SIZE = 10.0, (240, 320)
SCORES = 1.0
"""Nats that what stands reaches within some seconds, and nothing else does."""


def ground():
    """Draw a textured ground with windows above and lines below."""
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.normal(120, 25, (24, 32)).astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    picture = np.clip(coarse + rng.normal(0, 4, SIZE), 0, 255).astype(np.uint8)
    for x in range(8, 312, 38):
        cv2.rectangle(picture, (x, 6), (x + 18, 30), 60, -1)
        cv2.line(picture, (x, 232), (x + 20, 210), 190, 2)
    return picture


def bin_there(picture, second, until=np.inf):
    return cv2.rectangle(picture, (220, 150), (240, 185), 40, -1) if second < until else picture


def draw(picture, x, y, grey=30, size=(14, 40)):
    return cv2.rectangle(picture, (int(x), int(y)), (int(x) + size[0], int(y) + size[1]), grey, -1)


def clip(seconds=24, seed=0, change=bin_there, after=lambda picture, second: picture):
    """Yield chunks of a scene with two walkers; ``change`` draws under them, ``after`` works on the whole picture."""
    rng, base = np.random.default_rng(seed), ground()
    starts, speeds = rng.uniform(-40, 320, 2), rng.choice([-1, 1], 2) * rng.uniform(25, 45, 2)
    images = []
    for frame in range(int(seconds * FPS)):
        second = frame / FPS
        picture = change(base.copy(), second)
        for lane, (start, speed) in enumerate(zip(starts, speeds, strict=True)):
            picture = draw(picture, (start + speed * second) % 400 - 40, 40 + 90 * lane)
        picture = after(picture, second)
        noisy = picture + np.random.default_rng([seed, frame]).normal(0, 3, SIZE)
        images.append(np.repeat(np.clip(noisy, 0, 255).astype(np.uint8)[..., None], 3, axis=2))
    stack, times = np.stack(images), np.arange(len(images)) / FPS
    for first in range(0, len(stack), 32):
        yield Frames(stack[first : first + 32], first, times[first : first + 32])


def watch(chunks, model=None, keep=False):
    standing, frames = Standing(model, keep), 0
    for chunk in chunks:
        standing.add(chunk)
        frames += len(chunk)
    return standing, standing.finish(Clock.steady(FPS, frames))


@pytest.fixture(scope="module")
def passes():
    return [watch(clip(seed=seed), keep=True)[0].passed() for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def model(passes):
    return StandingModel.fit(passes)


def left(picture, second, first=8.0):
    picture = bin_there(picture, second)
    return draw(picture, 100, 180, 25, (16, 14)) if second >= first else picture


def taken(picture, second):
    return bin_there(picture, second, until=8.0)


@pytest.mark.parametrize(
    ("change", "kind", "box"), [(left, "left", (100, 180, 116, 194)), (taken, "taken", (220, 150, 240, 185))]
)
def test_a_thing_left_and_a_thing_taken_are_found_at_their_place_with_their_time(model, change, kind, box):
    _, found = watch(clip(change=change), model)
    (spot,) = found.spots
    assert spot.kind == kind and spot.score > SCORES
    assert abs(spot.first / FPS - 8.0) <= 1.5 and spot.last / FPS > 22
    assert np.allclose(spot.box, box, atol=7)
    assert found.scores[:80].max() == 0 and found.scores[150] > SCORES


def test_what_lies_there_from_the_first_frame_is_found_against_the_cameras_background_only(model):
    _, found = watch(clip(change=lambda picture, second: left(picture, second, 0.0)), model)
    (spot,) = found.spots
    assert spot.first == 0 and spot.score > SCORES
    assert not watch(clip(change=lambda picture, second: left(picture, second, 0.0)))[1].spots


def dimmed(picture, second):
    return (picture * (0.45 if second >= 9 else 1.0)).astype(np.uint8)


def shaken(picture, second):
    right, down = np.random.default_rng(int(second * FPS)).uniform(-2, 2, 2)
    return cv2.warpAffine(picture, np.array([[1, 0, right], [0, 1, down]]), SIZE[::-1], borderMode=cv2.BORDER_REFLECT)


def rainy(picture, second):
    start = np.random.default_rng(int(second * FPS)).uniform((0, 0), (320, 240), (400, 2))
    lines = np.stack([start, start + np.array([3, 12])], 1).round().astype(np.int32)
    return cv2.polylines(picture, list(lines), False, 200, 1)


def noisy(picture, second):
    noise = np.random.default_rng(int(second * FPS)).normal(0, 15, SIZE)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def moved(picture, second):
    return np.roll(picture, 25 if second >= 9 else 0, axis=1)


def frozen_after(chunks, first):
    """Repeat a frame from ``first`` on for 10 s."""
    for chunk in chunks:
        images = chunk.images.copy()
        for i in range(len(chunk)):
            if chunk.first + i == first:
                still = images[i].copy()
            if first <= chunk.first + i < first + 100:
                images[i] = still
        yield Frames(images, chunk.first, chunk.times)


@pytest.mark.parametrize("after", [dimmed, shaken, rainy, noisy, moved])
def test_light_shake_weather_and_another_view_are_no_things(model, after):
    _, found = watch(clip(after=after), model)
    assert found.scores.max() < SCORES


@pytest.mark.parametrize("after", [shaken, rainy, noisy])
def test_a_thing_is_found_in_shake_and_weather(model, after):
    _, found = watch(clip(change=left, after=after), model)
    assert found.scores[200:].max() > SCORES and found.scores[:80].max() < SCORES


def test_walkers_that_freeze_with_the_picture_do_not_stand(model):
    assert watch(frozen_after(clip(), 80), model)[1].scores.max() < SCORES


def test_who_stands_for_ten_seconds_and_goes_counts_until_then(model):
    def person(picture, second):
        return draw(bin_there(picture, second), 60, 170) if 6 <= second < 16 else bin_there(picture, second)

    _, found = watch(clip(seconds=30, change=person), model)
    assert found.scores[220:].max() == 0
    (spot,) = found.spots
    assert abs(spot.first / FPS - 6.0) <= 1.5 and abs(spot.last / FPS - 16.0) <= 1.5
    assert spot.first <= spot.peak <= spot.last


def test_a_thing_is_dated_from_when_it_was_left_and_not_from_when_its_owner_came(model):
    def owner(picture, second):
        if second >= 5:
            bag = draw(bin_there(picture, second), 64, 196, 25, (16, 14))
            return draw(bag, 60, 170, 200) if second < 14 else bag
        return bin_there(picture, second)

    _, found = watch(clip(seconds=34, change=owner), model)
    (spot,) = found.spots
    assert abs(spot.first / FPS - 14.0) <= 2.0 and spot.last == 339
    assert spot.seconds > (spot.last - spot.first) / FPS + 3


def test_people_who_come_to_stand_together_are_one_place(model):
    def crowd(picture, second):
        picture = bin_there(picture, second)
        for number in range(4):
            picture = draw(picture, 50 + 16 * number, 168, 30 + 50 * number) if second >= 4 + 2 * number else picture
        return picture

    _, found = watch(clip(seconds=30, change=crowd), model)
    assert len(found.spots) == 1 and found.spots[0].last == 299


def test_a_spot_tells_from_when_its_score_was_reached(model):
    _, found = watch(clip(change=left), model)
    (spot,) = found.spots
    frames, scores = zip(*spot.rise, strict=True)
    assert list(frames) == sorted(frames) and list(scores) == sorted(scores)
    assert spot.known(spot.score) is None and spot.known(0.0) == frames[0]
    known = spot.known(SCORES)
    assert found.scores[known] > SCORES >= found.scores[: known - 5].max()
    assert spot.usual == 0.0


def test_where_normal_footage_often_stands_less_is_made_of_it(passes):
    def stop(picture, second):
        return left(picture, second % 16, 5)

    used = [watch(clip(seed=seed, seconds=32, change=stop), keep=True)[0].passed() for seed in (5, 6)]
    known, fresh = StandingModel.fit([*passes, *used]), StandingModel.fit(passes)
    _, at_stop = watch(clip(change=left), known)
    _, elsewhere = watch(clip(change=left), fresh)
    assert at_stop.scores.max() < 0.5 * elsewhere.scores.max()


def test_views_that_are_kept_score_as_the_clip_did(model):
    standing, found = watch(clip(change=left), model, keep=True)
    again = judged(standing.passed(), model, Clock.steady(FPS, 240), SIZE[::-1])
    assert again.spots == found.spots and np.array_equal(again.scores, found.scores)


def test_each_clip_can_be_judged_by_the_others(passes):
    models = StandingModel.without_each(passes)
    clock = Clock.steady(FPS, 240)
    scores = [judged(one, model, clock, SIZE[::-1]).scores for one, model in zip(passes, models, strict=True)]
    assert max(float(one.max()) for one in scores) < SCORES
    with pytest.raises(DataError, match="two clips"):
        StandingModel.without_each(passes[:1])


def test_chunks_of_any_size_give_the_same(model):
    whole = list(clip(change=left))
    images = np.concatenate([chunk.images for chunk in whole])
    single = (Frames(images[i : i + 1], i, np.array([i / FPS])) for i in range(len(images)))
    assert np.array_equal(watch(single, model)[1].scores, watch(whole, model)[1].scores)


def test_an_empty_and_a_short_clip_have_no_scores(model):
    assert len(Standing(model).finish(Clock.of([])).scores) == 0
    _, found = watch(clip(seconds=1), model)
    assert found.scores.shape == (10,) and not found.scores.any() and found.spots == ()


def test_too_little_footage_and_several_sizes_are_refused(passes):
    with pytest.raises(DataError, match="0 views"):
        StandingModel.fit([])
    half = watch(
        (Frames(np.ascontiguousarray(chunk.images[:, :120]), chunk.first, chunk.times) for chunk in clip()), keep=True
    )
    with pytest.raises(DataError, match="several sizes"):
        StandingModel.fit([*passes, half[0].passed()])


def test_a_model_is_read_as_it_was_written_and_a_damaged_one_is_one_sentence(model, tmp_path):
    path = tmp_path / "standing.npz"
    read = StandingModel.load(path, model.save(path))
    assert np.array_equal(read.backgrounds, model.backgrounds) and np.array_equal(read.longest, model.longest)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"standing\.npz"):
        StandingModel.load(path, sha256_of(path))
    with pytest.raises(DataError, match="no file"):
        StandingModel.load(tmp_path / "none.npz", "0" * 64)


@pytest.mark.parametrize(
    "arrays",
    [
        {"backgrounds": np.zeros((1, 9, 16), np.uint8), "longest": np.zeros((8, 16), np.float32)},
        {"backgrounds": np.zeros((0, 9, 16), np.uint8), "longest": np.zeros((9, 16), np.float32)},
        {"backgrounds": np.zeros((1, 9, 999), np.uint8), "longest": np.zeros((9, 999), np.float32)},
        {"backgrounds": np.zeros((1, 9, 16), np.uint8), "longest": np.full((9, 16), np.nan, np.float32)},
        {"backgrounds": np.zeros((1, 9, 16), np.uint8)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, tmp_path):
    np.savez_compressed(tmp_path / "standing.npz", **arrays)
    with pytest.raises(DataError):
        StandingModel.load(tmp_path / "standing.npz", sha256_of(tmp_path / "standing.npz"))
