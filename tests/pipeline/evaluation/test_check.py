"""A data set's own check, on trees that are whole and on trees that are not."""

import shutil

import pytest

from cli.evaluation_text import checked
from footage.avenue import Avenue
from footage.mvtec import MVTec
from footage.shanghaitech import ShanghaiTech
from footage.ucsd import Ped1, Ped2
from pipeline.evaluation.check import check
from tests.footage import trees


def test_it_counts_what_is_there_against_what_was_published(tmp_path):
    result = check(Ped1(trees.ped1(tmp_path)))
    assert result["found"] == {
        "training_clips": 2, "training_frames": 2, "test_clips": 2, "test_frames": 14, "abnormal": 6
    }  # fmt: skip
    assert result["official"]["test_frames"] == 7200
    assert len(result["problems"]) == 5, "each count differs, and nothing else is wrong"
    assert "test frames: 14, but 7200 in the published data set" in checked(result)
    assert "64x48" in checked(result)


def test_a_whole_tree_has_no_problems(tmp_path):
    data = ShanghaiTech(trees.shanghaitech(tmp_path), "01")
    result = check(data)
    assert result["problems"] == []
    assert "Nothing is wrong" in checked(result)
    assert result["label_sets"] == ["shanghaitech/test_frame_mask"]


def gap(root):
    (root / "Test/Test001/004.tif").unlink()


def size(root):
    trees.picture(root / "Test/Test001/004.tif", size=(10, 10))


def label(root):
    path = root / "Test/UCSDped1.m"
    path.write_text(path.read_text().replace("[2:3]", "[2:30]"))


def masks(root):
    trees.mask(root / "Test/Test002_gt/007.bmp", True)


def stray(root):
    shutil.copytree(root / "Test/Test002_gt", root / "Test/Test009_gt")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (gap, "004 is missing"),
        (size, "10x10, but its clip's other frames are 64x48"),
        (label, "UCSDped1.m says 2:30 for Test001, which has 7 frames"),
        (masks, "Test002: masks and frame labels disagree in 1 frames"),
        (stray, "Test009_gt holds masks of a clip that is not there"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, monkeypatch, damage, said):
    monkeypatch.setattr(Ped1, "official", {})
    damage(trees.ped1(tmp_path))
    (problem,) = [p for p in check(Ped1(tmp_path))["problems"] if said in p] or [None]
    assert problem, said


def test_labels_without_frames_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(ShanghaiTech, "official", {})
    trees.shanghaitech(tmp_path)
    shutil.rmtree(tmp_path / "testing/frames/02_0015")
    assert check(ShanghaiTech(tmp_path))["problems"] == ["02_0015.npy holds labels of a clip that is not there"]


def test_official_counts_are_those_of_the_categories_that_are_there(tmp_path):
    result = check(MVTec(trees.mvtec(tmp_path)))
    assert result["official"]["test_frames"] == 20 + 63 + 58 + 92


@pytest.mark.footage
def test_real_ped2_is_the_published_one(footage_root):
    assert check(Ped2(footage_root))["problems"] == []


@pytest.mark.footage
def test_a_part_of_avenue_lacks_clips_and_nothing_else(footage_root):
    problems = check(Avenue(footage_root))["problems"]
    assert len(problems) == 5
    assert all("in the published data set" in problem for problem in problems)
