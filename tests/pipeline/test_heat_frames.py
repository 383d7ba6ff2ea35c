import numpy as np
import pytest

from core.errors import InputError
from explain.report.overlay import level
from pipeline import heat_frames


def grids(count, first=0):
    return {first + n: np.full((9, 16), (first + n) % 256, np.uint8) for n in range(count)}


def test_what_is_appended_is_read_back(tmp_path):
    assert not heat_frames.kept(tmp_path)
    heat_frames.append(tmp_path, grids(5))
    heat_frames.append(tmp_path, grids(5, first=7))
    heat_frames.append(tmp_path, {})
    frames, found = heat_frames.between(tmp_path, 3, 8)
    assert heat_frames.kept(tmp_path)
    assert frames.tolist() == [3, 4, 7, 8]
    assert found[:, 4, 4].tolist() == [3, 4, 7, 8] and found.shape == (4, 9, 16)
    assert len(heat_frames.between(tmp_path, 5, 6)[0]) == 0


def test_a_stopped_pass_leaves_nothing_behind_where_the_next_one_begins(tmp_path):
    heat_frames.append(tmp_path, grids(6))
    heat_frames.cut(tmp_path, 4)
    with (tmp_path / heat_frames.GRIDS).open("ab") as handle:
        handle.write(b"half of a grid")
    heat_frames.cut(tmp_path, 4)
    heat_frames.append(tmp_path, {4: np.full((9, 16), 99, np.uint8)})
    frames, found = heat_frames.between(tmp_path, 0, 99)
    assert frames.tolist() == [0, 1, 2, 3, 4] and found[:, 0, 0].tolist() == [0, 1, 2, 3, 99]
    heat_frames.cut(tmp_path, 0)
    assert (tmp_path / heat_frames.GRIDS).stat().st_size == 0


def test_grids_without_any_record_are_left_behind_too(tmp_path):
    (tmp_path / heat_frames.GRIDS).write_bytes(b"grids whose records found no room")
    heat_frames.cut(tmp_path, 0)
    assert (tmp_path / heat_frames.GRIDS).stat().st_size == 0 and not heat_frames.kept(tmp_path)


@pytest.mark.parametrize("damage", ["shorter", "junk"])
def test_damaged_heat_gets_a_sentence(tmp_path, damage):
    heat_frames.append(tmp_path, grids(3))
    content = (tmp_path / heat_frames.GRIDS).read_bytes()
    (tmp_path / heat_frames.GRIDS).write_bytes(content[:9] if damage == "shorter" else b"x" * len(content))
    with pytest.raises(InputError, match="the heat that this run keeps cannot be read"):
        heat_frames.between(tmp_path, 0, 2)


def test_a_grid_has_the_levels_of_the_reports_colours():
    heat = np.kron(np.array([[0.0, 1.0], [100.75, 900.0]], np.float32), np.ones((96, 192), np.float32))
    grid = heat_frames.grid_of(heat, 1.0)
    assert grid.shape == (48, 96)
    assert grid[[0, 0, 47, 47], [0, 95, 0, 95]].tolist() == [0, 0, 128, 255]
    small = np.random.default_rng(0).gamma(1.0, 30.0, (9, 16)).astype(np.float32)
    np.testing.assert_array_equal(heat_frames.grid_of(small, 2.0), np.rint(255 * level(small, 2.0)).astype(np.uint8))


def test_cells_that_a_box_touches_are_cleared():
    cleared = heat_frames.without(np.full((9, 16), 7, np.uint8), [(15, 5, 21, 20)], (90, 160))
    assert np.argwhere(cleared == 0).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2]]
