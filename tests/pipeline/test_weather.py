"""Rain and snow are taken out of what a detector sees; what moves through the picture is not, and dry pictures stay."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from core.records import Frames
from pipeline.thing_scores import Models, look
from pipeline.weather import Weather, _middle

HEIGHT, WIDTH, COUNT = 120, 180, 40
RNG = np.random.default_rng(0)
PLACE = np.repeat(cv2.GaussianBlur(RNG.integers(0, 255, (HEIGHT, WIDTH, 1), np.uint8), (0, 0), 3)[..., None], 3, 2)


def walk(frame):
    image = PLACE.copy()
    image[40:90, 20 + 2 * frame : 50 + 2 * frame] = 20
    return image


def rain(frame):
    image, drops = walk(frame), np.random.default_rng(frame).uniform((0, 0), (WIDTH, HEIGHT), (60, 2))
    for x, y in drops.astype(int).tolist():
        cv2.line(image, (x, y), (x + 1, y + 8), (250, 250, 250), 1)
    return image


def downpour(frame):
    image, drops = walk(frame), np.random.default_rng(frame).uniform((0, 0), (WIDTH, HEIGHT), (150, 2))
    for x, y in drops.astype(int).tolist():
        cv2.line(image, (x, y), (x + 1, y + 8), (250, 250, 250), 1)
    return image


def snow(frame):
    image, flakes = walk(frame), np.random.default_rng(3).uniform((0, 0), (WIDTH, HEIGHT), (50, 2))
    for x, y in flakes.tolist():
        cv2.circle(image, (int(x), int((y + 7 * frame) % HEIGHT)), 2, (250, 250, 250), -1)
    return image


def cleared(images, sizes=(8,), rate=10.0):
    weather, chunks, first = Weather(rate), [], 0
    while first < len(images):
        size = sizes[len(chunks) % len(sizes)]
        part = images[first : first + size]
        chunks.append(Frames(part, first, np.arange(first, first + len(part)) / rate))
        first += size
    found = list(weather.clear(chunks))
    assert [frame for one in found for frame in range(one.first, one.first + len(one))] == list(range(len(images)))
    assert np.allclose(np.concatenate([one.times for one in found]), np.arange(len(images)) / rate)
    return np.concatenate([one.images for one in found]), weather.wet


def clip(draw, count=COUNT):
    return np.stack([draw(frame) for frame in range(count)])


@pytest.mark.parametrize("draw", [rain, snow])
def test_drops_are_taken_out_and_who_walks_stays(draw):
    dry, seen = clip(walk), None
    shown, seen = cleared(clip(draw))
    before, after = (np.abs(images.astype(int) - dry).mean() for images in (clip(draw), shown))
    assert all(seen) and after < 0.15 * before
    for frame in range(4, COUNT - 4):
        assert (shown[frame, 45:85, 26 + 2 * frame : 44 + 2 * frame] < 40).mean() > 0.95


def test_dense_rain_is_recognised_by_its_drops_being_elsewhere_a_moment_later():
    dry, images = clip(walk), clip(downpour)
    shown, seen = cleared(images)
    before, after = (np.abs(part.astype(int) - dry).mean() for part in (images, shown))
    assert (np.abs(images.astype(int) - dry).max(3) > 10).mean() > 0.05 and all(seen) and after < 0.3 * before


@pytest.mark.parametrize("share", [0.25, 0.45])
@pytest.mark.parametrize("levels", [(0, 60, -60), (0, 60, -60, 30, -30)])
def test_patches_that_flicker_are_no_weather(share, levels):
    """They cover as much as dense rain, but a moment later they are where they were."""
    cover = np.random.default_rng(5).random((HEIGHT // 4, WIDTH // 4)) < share
    cover = cover.repeat(4, 0).repeat(4, 1)[..., None]
    images = np.stack([np.clip(one + cover * levels[i % len(levels)], 0, 255) for i, one in enumerate(clip(walk))])
    shown, seen = cleared(images.astype(np.uint8))
    assert not any(seen) and np.array_equal(shown, images)


def test_the_edges_of_what_moves_are_kept_in_the_rain():
    """They are larger than a drop, and without them a detector sees less of what is unusual."""
    images = clip(rain)
    shown, seen = cleared(images)
    assert all(seen)
    fronts = [(frame, slice(42, 88), slice(48 + 2 * frame, 50 + 2 * frame)) for frame in range(4, COUNT - 4)]
    assert np.mean([(shown[front] == images[front]).mean() for front in fronts]) > 0.7


def test_a_dry_picture_is_left_as_it_is():
    shown, seen = cleared(clip(walk))
    assert not any(seen) and np.array_equal(shown, clip(walk))


def test_noise_a_flash_and_a_lamp_that_flickers_are_no_weather():
    noisy = np.clip(clip(walk) + np.random.default_rng(1).normal(0, 6, (COUNT, HEIGHT, WIDTH, 3)), 0, 255)
    flash = clip(walk)
    flash[20] = np.minimum(flash[20].astype(int) + 90, 255)
    lamp = np.stack([cv2.convertScaleAbs(one, alpha=1 + 0.3 * np.sin(1.3 * i)) for i, one in enumerate(clip(walk))])
    for images in (noisy.astype(np.uint8), flash, lamp):
        shown, seen = cleared(images)
        assert not any(seen) and np.array_equal(shown, images)


def test_rain_that_begins_is_taken_out_from_its_beginning():
    images = np.concatenate([clip(walk)[:20], clip(rain)[20:]])
    _, seen = cleared(images)
    assert not any(seen[:18]) and all(seen[21:])


@pytest.mark.parametrize("draw", [rain, downpour])
def test_the_answer_does_not_depend_on_the_chunks(draw):
    images = np.concatenate([clip(walk)[:9], clip(draw)[9:]])
    whole, seen = cleared(images, sizes=(COUNT,))
    for sizes in ((1,), (3, 7), (8,)):
        again, same = cleared(images, sizes)
        assert np.array_equal(whole, again) and seen == same


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_clip_shorter_than_what_it_is_held_against_is_given_whole(count):
    assert len(cleared(clip(rain, count))[0]) == count


def test_the_frame_rate_does_not_count():
    _, seen = cleared(clip(rain), rate=25.0)
    assert all(seen)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_middle_is_that_of_numpy(count):
    images = [RNG.integers(0, 255, (8, 9, 3), np.uint8) for _ in range(count)]
    assert np.array_equal(_middle(images), np.sort(np.stack(images), 0)[(count - 1) // 2])


def test_things_are_observed_in_pictures_without_rain(monkeypatch):
    shown = []
    observer = SimpleNamespace(
        add=lambda chunk: shown.extend(chunk.images), finish=lambda clock: len(clock), found={},
    )  # fmt: skip
    monkeypatch.setattr("pipeline.thing_scores.Observer", lambda model: observer)
    scored = SimpleNamespace(frame_scores=np.zeros)
    models = Models(SimpleNamespace(score=lambda things: scored), None)
    wet, dry = clip(rain), clip(walk)
    look([Frames(wet, 0, np.arange(COUNT) / 10.0)], models, object(), 10.0)
    drops = np.abs(wet.astype(int) - dry).max(axis=3) > 40
    left = np.abs(np.stack(shown).astype(int) - dry).max(axis=3) > 40
    assert len(shown) == COUNT and left[5:-5].sum() < 0.1 * drops[5:-5].sum()
