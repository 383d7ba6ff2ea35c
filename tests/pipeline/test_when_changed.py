"""When heat or a thing was in an area of the picture, against slow twins; and how fast it is found in a long run."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import Clock
from core.errors import InputError
from core.scored_things import ScoredThings
from core.things import Things
from explain.report.overlay import TOP
from pipeline import channels, finished_run, heat_frames, when_changed
from pipeline.when_changed import Change, changes, covered, parsed
from tests.ui import made

BOX = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))


def kept_heat(folder, hot, shape=(54, 96), frames=made.FRAMES):
    """Keep heat of every frame: level 200 in the cell (row, column) of the frames that ``hot`` names."""
    grids = {}
    for frame in range(frames):
        grid = np.zeros(shape, np.uint8)
        if frame in hot:
            grid[hot[frame]] = 200
        grids[frame] = grid
    heat_frames.append(folder, grids)


def things(rows):
    """Things of (frame, label, box, confidence), frame by frame."""
    n = len(rows)
    found = Things(
        np.array([r[0] for r in rows]), np.arange(n), tuple(r[1] for r in rows),
        np.array([r[2] for r in rows], np.float32).reshape(-1, 4), np.array([r[3] for r in rows], float),
        np.zeros((n, 4)), np.zeros(n, bool), np.arange(0, made.FRAMES, 5),
    )  # fmt: skip
    return ScoredThings(found, ("speed",), np.zeros((n, 1)), np.zeros((n, 1)), {})


def test_heat_in_an_area_is_found_where_it_was_and_nowhere_else():
    run = made.done()
    hot = {frame: (27, 48) for frame in (*range(100, 131), *range(140, 161), 300)} | {400: (2, 2)}
    kept_heat(run.folder, hot)
    found = changes(run.folder, finished_run.read(run.folder), BOX)
    strength = 1 + (TOP - 1) * (200 / 255) ** 2
    assert found == [
        Change(100, 160, 100, "heat", pytest.approx(strength)),
        Change(300, 300, 300, "heat", pytest.approx(strength)),
    ]
    assert changes(run.folder, finished_run.read(run.folder), BOX, multiple=300.0) == []
    corner = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1), (0.0, 0.1))
    assert [one.first for one in changes(run.folder, finished_run.read(run.folder), corner)] == [400]


def test_a_thing_is_there_where_it_stands_or_has_its_middle():
    run = made.done()
    inside, above, outside = (150, 60, 170, 100), (150, 20, 170, 60), (10, 10, 20, 30)
    things([(50, "car", inside, 0.5), (60, "car", inside, 0.9), (200, "dog", inside, 0.3), (250, "person", above, 0.8),
            (300, "person", outside, 0.9)]).save(run.folder / channels.THINGS)  # fmt: skip
    kept_heat(run.folder, {})
    found = changes(run.folder, finished_run.read(run.folder), BOX)
    assert found == [Change(50, 60, 60, "car", 0.9), Change(250, 250, 250, "person", 0.8)]


def test_a_run_that_kept_no_heat_of_every_frame_tells_of_those_with_evidence():
    run = made.done()
    kept = finished_run.read(run.folder)
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    found = changes(run.folder, kept, whole)
    assert (
        [one.what for one in found] == ["heat", "heat"] and 120 <= found[0].peak <= 180 and 300 <= found[1].peak <= 340
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=7))
def test_a_cell_is_covered_as_a_slow_rule_says(corners):
    area, shape = tuple(corners), (9, 16)
    marked = covered(area, shape)
    for row in range(shape[0]):
        for column in range(shape[1]):
            x, y, inside = (column + 0.5) / shape[1], (row + 0.5) / shape[0], False
            for number, (x1, y1) in enumerate(area):
                x2, y2 = area[(number + 1) % len(area)]
                if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                    inside = not inside
            assert marked[row, column] or not inside
    assert marked.any()


@pytest.mark.parametrize("text", ["", "10,20 30,40", "10,20 30,40 50,101", "a,b c,d e,f", "1,2 3,4 5,6 <b>"])
def test_what_is_no_area_is_one_sentence(text):
    with pytest.raises(InputError, match="an area needs 3 to 60 corners in per cent of the picture"):
        parsed(text)


def test_damaged_heat_is_one_sentence():
    run = made.done()
    kept_heat(run.folder, {})
    (run.folder / heat_frames.GRIDS).write_bytes(b"")
    with pytest.raises(InputError, match="the heat that this run keeps cannot be read"):
        changes(run.folder, finished_run.read(run.folder), BOX)


def test_a_long_run_is_searched_in_half_a_second(tmp_path, monkeypatch):
    frames, random = 36_000, np.random.default_rng(1)
    grid = np.where(random.random((54, 96)) < 0.05, random.integers(0, 255, (54, 96)), 0).astype(np.uint8)
    for first in range(0, frames, 1000):
        heat_frames.append(tmp_path, dict.fromkeys(range(first, first + 1000), grid))
    began = time.process_time()
    stride = round(25 / when_changed.LOOKS_PER_SECOND)
    seen, levels = heat_frames.greatest(tmp_path, lambda shape: covered(BOX, shape), stride)
    spans = when_changed._spans(seen, levels.astype(float), "heat", Clock.steady(25.0, frames))
    assert time.process_time() - began < 0.5
    assert len(seen) == frames / stride and len(spans) == 1
