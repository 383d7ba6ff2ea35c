import io

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from core import video
from core.errors import DataError
from footage import matlab
from footage.avenue import LABEL_SET, Avenue


def clip(root, part, name, frames, start=0):
    (root / part).mkdir(parents=True, exist_ok=True)
    pictures = (np.full((32, 48, 3), start + 15 * i, np.uint8) for i in range(frames))
    video.encode(root / part / name, pictures, 25.0)


def masks(root, number, frames, abnormal, size=(32, 48)):
    """One mask a frame; on abnormal frames a quarter of the picture, from its corner."""
    cells = np.empty((1, frames), object)
    for i in range(frames):
        cells[0, i] = np.zeros(size, np.uint8)
        cells[0, i][: size[0] // 2, : size[1] // 2] = i in abnormal
    labels(root, number, volLabel=cells)


def labels(root, number, **variables):
    place = root / "ground_truth_demo/testing_label_mask"
    place.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(place / f"{number}_label.mat", variables, do_compression=True)


def tree(root, size=(32, 48)):
    clip(root, "training_videos", "02.avi", 5)
    clip(root, "training_videos", "01.mp4", 4)
    clip(root, "testing_videos", "08.avi", 6)
    clip(root, "testing_videos", "21.mp4", 7)
    masks(root, 8, 6, {2, 3}, size)
    masks(root, 21, 7, set(), size)
    return root


def test_reads_the_official_layout_and_what_is_there_of_it(tmp_path):
    data = Avenue(tree(tmp_path))
    assert [c.name for c in data.training()] == ["01", "02"]
    assert [c.name for c in data.test()] == ["08", "21"]
    chunks = list(data.training()[1].frames(chunk=2))
    assert [(c.first, len(c)) for c in chunks] == [(0, 2), (2, 2), (4, 1)]
    images = np.concatenate([c.images for c in chunks])
    assert abs(images.mean((1, 2, 3)) - [0, 15, 30, 45, 60]).max() < 3
    assert np.concatenate([c.times for c in chunks]) == pytest.approx(np.arange(5) / 25.0)


def test_a_frame_is_abnormal_where_its_mask_is_not_empty(tmp_path):
    data = Avenue(tree(tmp_path))
    first, second = map(data.truth, data.test())
    assert first.abnormal.tolist() == [False, False, True, True, False, False]
    assert not second.abnormal.any() and len(second.abnormal) == 7
    assert first.label_set == LABEL_SET
    assert [int(first.masks(i).sum()) for i in range(6)] == [0, 0, 16 * 24, 16 * 24, 0, 0]
    assert first.masks(2)[:16, :24].all()


@pytest.mark.parametrize("size", [(16, 24), (64, 96), (24, 36)])
def test_masks_of_another_size_are_brought_to_the_clips(tmp_path, size):
    data = Avenue(tree(tmp_path, size))
    mask = data.truth(data.test()[0]).masks(3)
    expected = np.zeros((32, 48), bool)
    expected[:16, :24] = True
    assert mask.dtype == bool and mask.shape == (32, 48)
    assert (mask == expected).all()


def test_the_official_file_goes_before_a_re_encoding(tmp_path):
    clip(tmp_path, "training_videos", "03.mp4", 3, start=200)
    clip(tmp_path, "training_videos", "03.avi", 5)
    clip(tmp_path, "training_videos", "03.webm.mp4", 3)
    clip(tmp_path, "training_videos", "._04.avi", 3)
    (only,) = Avenue(tmp_path).training()
    assert sum(len(c) for c in only.frames()) == 5


@pytest.mark.parametrize("name", ["Avenue", "Avenue Dataset"])
def test_finds_the_folder_inside_the_released_archive(tmp_path, name):
    tree(tmp_path / name)
    assert len(Avenue(tmp_path).test()) == 2


def test_training_clips_alone_are_enough_for_a_camera(tmp_path):
    clip(tmp_path, "training_videos", "01.avi", 4)
    data = Avenue(tmp_path)
    assert [c.name for c in data.training()] == ["01"] and data.test() == ()
    with pytest.raises(DataError, match="no test clip of CUHK Avenue; known: none"):
        data.truth(data.training()[0])


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="no folder 'training_videos' or 'testing_videos'"):
        Avenue(tmp_path)


@pytest.mark.parametrize("frames", [5, 7])
def test_masks_of_another_number_than_the_frames_are_refused(tmp_path, frames):
    tree(tmp_path)
    masks(tmp_path, 8, frames, {2})
    data = Avenue(tmp_path)
    with pytest.raises(DataError, match=f"8_label.mat has {frames} masks for clip '08', which has 6 frames"):
        data.truth(data.test()[0])


def cell(*entries):
    cells = np.empty((1, len(entries)), object)
    cells[0, :] = entries
    return cells


BAD = {
    "another variable": {"masks": np.zeros(3)},
    "words": {"volLabel": "a mask"},
    "masks of three axes": {"volLabel": cell(*[np.zeros((2, 2, 2))] * 6)},
    "cells of words": {"volLabel": cell("a", "b")},
    "cells of cells": {"volLabel": cell(cell(np.zeros((2, 2))), np.zeros((2, 2)))},
    "empty cells": {"volLabel": cell(*[np.zeros((0, 0))] * 6)},
    "a structure": {"volLabel": {"a": 1}},
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_file_that_holds_something_else_is_refused(tmp_path, content):
    tree(tmp_path)
    labels(tmp_path, 8, **content)
    data = Avenue(tmp_path)
    with pytest.raises(DataError, match=r"8_label\.mat must be a MATLAB file with a cell array 'volLabel'") as error:
        data.truth(data.test()[0])
    assert "\n" not in str(error.value)


def test_a_file_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    labels(tmp_path, 8, volLabel=cell(*[np.zeros((1024, 1024), np.uint8)] * 3))
    file = tmp_path / "ground_truth_demo/testing_label_mask/8_label.mat"
    assert len(matlab.masks(file, "volLabel")) == 3
    monkeypatch.setattr(matlab, "MAX_UNPACKED_BYTES", 2 << 20)
    with pytest.raises(DataError, match="unpacks to more than 2 MB"):
        matlab.masks(file, "volLabel")
    monkeypatch.setattr(matlab, "MAX_BYTES", 200)
    with pytest.raises(DataError, match="cannot be a clip's masks"):
        matlab.masks(file, "volLabel")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i2", "f8", "f4", "i8", "bool"])
def test_scipy_reads_the_same(tmp_path, compressed, kind):
    rng = np.random.default_rng(2)
    cells = cell(*[(rng.integers(0, 2, (int(h), 7)) * 3).astype(kind) for h in rng.integers(1, 9, 5)])
    file = tmp_path / "masks.mat"
    scipy.io.savemat(file, {"other": np.arange(3), "volLabel": cells}, do_compression=compressed)
    expected = scipy.io.loadmat(file)["volLabel"][0]
    assert all((a == (b != 0)).all() for a, b in zip(matlab.masks(file, "volLabel"), expected, strict=True))


def whole():
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"volLabel": cell(*[np.eye(4, dtype=np.uint8)] * 3)}, do_compression=False)
    return buffer.getvalue()


WHOLE = whole()


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.booleans())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path, place, value, cut):
    file, damaged = tmp_path / "8_label.mat", bytearray(WHOLE)
    damaged[place] = value
    file.write_bytes(damaged[:place] if cut else damaged)
    try:
        found = matlab.masks(file, "volLabel")
    except DataError as error:
        assert "\n" not in str(error)
    else:
        assert all(mask.ndim == 2 for mask in found)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=4), st.integers(0, 99))
def test_masks_come_back_as_they_were_packed(sizes, seed):
    rng = np.random.default_rng(seed)
    given_masks = [rng.integers(0, 2, size).astype(bool) for size in sizes]
    packed = matlab.Masks(given_masks)
    assert len(packed) == len(sizes)
    assert all((a == b).all() for a, b in zip(packed, given_masks, strict=True))
    assert all((a == b).all() for a, b in zip(packed[1:], given_masks[1:], strict=True))


@pytest.mark.footage
def test_real_avenue_has_its_masks(footage_root):
    data = Avenue(footage_root / "Avenue")
    assert [c.name for c in data.training()] == ["10", "11", "12", "16"]
    counts = {}
    for each in data.test():
        truth = data.truth(each)
        counts[each.name] = (len(truth.abnormal), int(truth.abnormal.sum()))
        first = int(truth.abnormal.argmax())
        assert truth.masks(first).shape == (360, 640) and truth.masks(first).any()
    assert counts == {"08": (36, 36), "19": (248, 140), "21": (76, 53)}
