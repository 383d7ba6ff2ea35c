import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from footage.ucsd import Ped2, parse_ranges


def write(path, image):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image)


def tree(root, frames=".tif", masks=".bmp", train=(5,), test=((7, (3, 5)), (4, (1, 4)))):
    """The official layout with small pictures; frame i of a clip is filled with the value 10 i."""
    for clip, count in enumerate(train, 1):
        for i in range(1, count + 1):
            write(root / f"Train/Train{clip:03d}/{i:03d}{frames}", np.full((6, 8), 10 * i, np.uint8))
    lines = ["TestVideoFile = {};"]
    for clip, (count, (first, last)) in enumerate(test, 1):
        lines.append(f"TestVideoFile{{end+1}}.gt_frame = [{first}:{last}];")
        for i in range(1, count + 1):
            write(root / f"Test/Test{clip:03d}/{i:03d}{frames}", np.full((6, 8), 10 * i, np.uint8))
            mask = np.zeros((6, 8), np.uint8)
            mask[1:3, 2:5] = 255 * (first <= i <= last)
            write(root / f"Test/Test{clip:03d}_gt/{i:03d}{masks}", mask)
    (root / "Test/UCSDped2.m").write_text("\n".join(lines))
    return root


@pytest.mark.parametrize("kinds", [(".tif", ".bmp"), (".jpg", ".png")])
def test_reads_the_official_layout(tmp_path, kinds):
    data = Ped2(tree(tmp_path, *kinds))
    (train,), tests = data.training(), data.test()
    assert [train.name, *(c.name for c in tests)] == ["Train001", "Test001", "Test002"]
    chunks = list(train.frames(chunk=2))
    assert [(c.first, len(c)) for c in chunks] == [(0, 2), (2, 2), (4, 1)]
    images = np.concatenate([c.images for c in chunks])
    assert images.shape == (5, 6, 8, 3)
    assert abs(images[..., 0].mean((1, 2)) - [10, 20, 30, 40, 50]).max() < 2
    assert np.concatenate([c.times for c in chunks]).tolist() == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_truth_counts_from_one_and_includes_both_ends(tmp_path):
    data = Ped2(tree(tmp_path))
    truth = data.truth(data.test()[0])
    assert truth.abnormal.tolist() == [False, False, True, True, True, False, False]
    assert [bool(truth.masks(i).any()) for i in range(7)] == truth.abnormal.tolist()
    assert truth.masks(2).sum() == 6
    assert truth.label_set == "ucsd-ped2/other"


def test_finds_the_folder_inside_the_released_archive(tmp_path):
    tree(tmp_path / "UCSDped2")
    assert len(Ped2(tmp_path).test()) == 2


def break_frame(root):
    (root / "Test/Test001/004.tif").unlink()


def break_clip(root):
    (root / "Test/Test001").rename(root / "Test/Test003")


def break_masks(root):
    (root / "Test/Test001_gt").rename(root / "Test/elsewhere")


def break_one_mask(root):
    (root / "Test/Test001_gt/007.bmp").unlink()


def break_labels(root):
    (root / "Test/UCSDped2.m").unlink()


def break_label_rows(root):
    (root / "Test/UCSDped2.m").write_text("TestVideoFile{end+1}.gt_frame = [1:2];")


def break_label_range(root):
    (root / "Test/UCSDped2.m").write_text("TestVideoFile{end+1}.gt_frame = [1:99];" * 2)


def break_size(root):
    write(root / "Test/Test001/005.tif", np.zeros((9, 9), np.uint8))


def break_mask_size(root):
    write(root / "Test/Test001_gt/001.bmp", np.zeros((9, 9), np.uint8))


def break_picture(root):
    (root / "Test/Test001/002.tif").write_bytes(b"no picture")


def break_picture_empty(root):
    (root / "Test/Test001/002.tif").write_bytes(b"")


BREAKS = [v for k, v in sorted(globals().items()) if k.startswith("break_")]


@pytest.mark.parametrize("damage", BREAKS, ids=lambda f: f.__name__)
def test_says_in_one_sentence_what_is_wrong(tmp_path, damage):
    damage(tree(tmp_path))
    with pytest.raises(DataError) as error:
        data = Ped2(tmp_path)
        clip = data.test()[0]
        list(clip.frames())
        data.truth(clip).masks(0)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) > 20


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="has no folder 'Train'"):
        Ped2(tmp_path)


def test_a_training_clip_has_no_truth(tmp_path):
    data = Ped2(tree(tmp_path))
    with pytest.raises(DataError, match="no test clip"):
        data.truth(data.training()[0])


@given(st.lists(st.lists(st.tuples(st.integers(1, 999), st.integers(1, 999)), min_size=1, max_size=4), max_size=6))
def test_ranges_are_read_as_they_were_written(rows):
    lines = [f"TestVideoFile{{end+1}}.gt_frame = [{', '.join(f'{a}:{b}' for a, b in row)}];" for row in rows]
    assert parse_ranges("TestVideoFile = {};\n" + "\n".join(lines)) == tuple(map(tuple, rows))


@pytest.mark.footage
def test_real_ped2_has_the_published_counts(footage_root):
    data = Ped2(footage_root / "UCSDped2")
    train, test = data.training(), data.test()
    assert (len(train), sum(map(len, train)), len(test), sum(map(len, test))) == (16, 2550, 12, 2010)
    truths = [data.truth(clip) for clip in test]
    assert sum(int(t.abnormal.sum()) for t in truths) == 1648
    assert {t.label_set for t in truths} == {"ucsd-ped2/v1p2"}
    assert next(iter(test[0].frames(2))).images.shape == (2, 240, 360, 3)
    seen = [bool(truths[3].masks(i).any()) for i in (0, 29, 30, 100, 179)]
    assert seen == truths[3].abnormal[[0, 29, 30, 100, 179]].tolist() == [False, False, True, True, True]
