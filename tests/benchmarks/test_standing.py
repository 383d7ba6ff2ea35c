"""Things that are pasted into footage, and how what is found of them is counted."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import _standing_clips as clips
from benchmarks import standing
from core.clock import Clock
from core.errors import DataError, UnknownNameError
from core.records import Frames
from core.spot import Spot
from detectors.standing import Pass, StandingScores
from tests.clips import make


def plain(seconds=16, fps=10, height=120, width=160):
    rng = np.random.default_rng(0)
    ground = np.repeat(np.repeat(rng.integers(60, 200, (height // 8, width // 8, 1)), 8, 0), 8, 1)
    noise = rng.normal(0, 2, (seconds * fps, height, width, 1))
    return np.repeat(np.clip(ground + noise, 0, 255).astype(np.uint8), 3, axis=3)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    make(path, plain(), rate=10, crf=12)
    return clips.Source(path)


def pictures(source):
    return np.concatenate([chunk.images for chunk in source.frames()])


def test_a_bag_fades_in_at_its_place(source):
    made, (x1, y1, x2, y2) = clips.left(source, (80, 100, 20), 6.0, 20.0)
    before, after = pictures(source).astype(int), pictures(made).astype(int)
    change = np.abs(after - before).max(axis=(1, 2, 3))
    assert not change[:45].any() and 0 < change[50] < change[70]
    outside = np.abs(after - before)
    outside[:, y1:y2, x1:x2] = 0
    assert not outside.any() and (y2, x2 - x1) == (100, 25)


def test_a_patch_covers_what_stands(source):
    made, (x1, y1, x2, y2) = clips.gone(source, (40, 40, 60, 60), (40, 0), 6.0)
    last = pictures(made)[-1].astype(int)
    assert np.abs(last[y1 + 4 : y2 - 4, x1 + 4 : x2 - 4] - last[y1 + 4 : y2 - 4, x1 + 44 : x2 + 36]).max() < 12


def test_a_part_of_a_clip_is_counted_from_its_own_beginning(source):
    part = clips.Source.of(source.path.parent, "clip.mp4@4-9")
    chunks = list(part.frames())
    assert chunks[0].first == 0 and chunks[0].times[0] == pytest.approx(0) and sum(map(len, chunks)) == 50


def test_a_clip_that_is_too_short_is_shown_over_and_over_until_it_is_long_enough(source):
    chunks = list(replace(clips.Source.of(source.path.parent, "clip.mp4@4-9"), least=12.0).frames())
    times, images = (np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in ("times", "images"))
    assert np.allclose(times, np.arange(150) / 10) and [chunk.first for chunk in chunks][-1] == 150 - len(chunks[-1])
    assert (images[:50] == images[50:100]).all() and (images[:50] == images[100:]).all()


def test_what_lies_beside_the_picture_is_cut_off():
    image = np.full((20, 30, 3), 100, np.uint8)
    made = clips.pasted(image, np.zeros((8, 8), np.float32), np.ones((8, 8), np.float32), -4, 16)
    assert not made[16:, :4].any() and (made[:16] == 100).all()
    assert (clips.pasted(image, np.zeros((8, 8), np.float32), np.ones((8, 8), np.float32), 40, 0) == 100).all()


def seen(*spots):
    return standing.Watched(StandingScores(np.zeros(100), spots), np.zeros(100), Clock.steady(10, 100), Pass(()))


@pytest.mark.parametrize(
    ("box", "first", "found"), [((10, 10, 30, 30), 52, 1), ((60, 60, 80, 80), 52, 0), ((10, 10, 30, 30), 0, 0)]
)
def test_a_spot_counts_at_its_place_and_time(source, box, first, found):
    case = clips.Case("bag left", "x", standing.DEVELOPED, source, (12.0, 12.0, 32.0, 32.0), 5.0, 4.0)
    row = standing.Row(standing.DEVELOPED, "x", "bag left")
    of = standing._Footage(None, [], 1.0, 1.0)
    standing._add(row, case, seen(Spot(box, first, 99, "left", 3.0, 99, 4.0, 0.5, ((60, 0.9), (70, 3.0)))), of)
    assert (row.found, row.kinds, row.staged, row.difference) == (found, found, 1, 0)
    assert not found or (row.delays, row.late) == ([pytest.approx(2.0)], [pytest.approx(1.5)])


def test_a_staged_bag_is_found_from_end_to_end(source, tmp_path):
    make(tmp_path / "long.mp4", plain(seconds=32), rate=10, crf=12)
    long = clips.Source(tmp_path / "long.mp4")
    of = standing._learnt([standing.watch(long)], lambda model: [standing.watch(source, model)])
    made, box = clips.left(long, (80, 100, 20), 6.0, 20.0)
    row = standing.Row(standing.DEVELOPED, "x", "bag left")
    case = clips.Case("bag left", "x", standing.DEVELOPED, made, box, 6.0, 4.5)
    standing._add(row, case, standing.watch(made, of.model), of)
    assert len(row.delays) == 1 and row.delays[0] < 20
    calm = standing._calm(standing.DEVELOPED, "x", of)
    assert calm["false events"] == 0
    text = standing.page(standing.Measurement([row.table()], [calm], {"Ped2, developed": "short clips"}))
    assert "bag left" in text and "1 of 1" in text and "- Ped2, developed: short clips." in text


def test_footage_of_short_clips_is_no_camera_that_tells_of_what_stands(source):
    with pytest.raises(DataError, match="shorter than 25 s"):
        standing._footage([source], [source])


def test_an_unknown_half_lists_the_known_ones(tmp_path):
    with pytest.raises(UnknownNameError, match="developed"):
        standing.measure(tmp_path, tmp_path, ["none"])


def test_weather_is_the_same_each_time():
    draw = clips.changed(*clips.WEATHER["rain"])
    image = np.full((36, 64, 3), 120, np.uint8)
    assert np.array_equal(draw(image, 1.0), draw(image, 1.0)) and not np.array_equal(draw(image, 1.0), image)
    half = clips.changed(*clips.WEATHER["half size"])(image, 0.0)
    assert half.shape == (18, 32, 3)
    assert len(Frames(half[None], 0, np.zeros(1))) == 1
