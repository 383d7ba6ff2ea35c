import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from footage.labels import COLUMNS, Region, match, read_classes, read_regions

HEADER = ",".join(COLUMNS)


def regions(tmp_path, *lines, header=HEADER):
    path = tmp_path / "regions.csv"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return read_regions(path)


def classes(tmp_path, content):
    path = tmp_path / "xman.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_classes(path)


def test_frames_of_the_regions_count_from_zero(tmp_path):
    found = regions(tmp_path, "Test001,1.0,62,0,97,24.5,128,bicycle", "Test001,1.0,61,0,95,23,128,bicycle",
                    "Test001,,61,1,2,3,4,run / jog", "08,,1,1,2,3,4,truck")  # fmt: skip
    assert list(found["Test001"]) == [60, 61]
    assert found["Test001"][60] == (Region("bicycle", (0, 95, 23, 128), "1.0"), Region("run / jog", (1, 2, 3, 4)))
    assert found["08"] == {0: (Region("truck", (1, 2, 3, 4)),)}


NAME = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
SIDE = st.integers(0, 2000)


@given(st.lists(st.tuples(NAME, st.integers(1, 999), SIDE, SIDE, NAME), min_size=1, max_size=9))
def test_regions_come_back_as_they_were_written(tmp_path, rows):
    path = tmp_path / "regions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        out.writerows((video, "t", frame, x, y, x + 5, y + 9, label) for video, frame, x, y, label in rows)
    found = read_regions(path)
    for video, frame, x, y, label in rows:
        assert Region(label, (x, y, x + 5, y + 9), "t") in found[video][frame - 1]
    assert sum(len(some) for frames in found.values() for some in frames.values()) == len(rows)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Test001,,61,0,95,23,128", "line 2: 7 values"),
        ("Test001,,0,0,95,23,128,a", "counted from 1, got '0'"),
        ("Test001,,x,0,95,23,128,a", "counted from 1, got 'x'"),
        ("Test001,,1e3,0,95,23,128,a", "counted from 1"),
        ("Test001,,61,0,95,0,128,a", "x1 < x2"),
        ("Test001,,61,0,95,nan,128,a", "x1 < x2"),
        ("Test001,,61,0,95,left,128,a", "must be numbers"),
        ("Test001,,61,0,95,23,128,", "label must be"),
        (",,61,0,95,23,128,a", "video must be"),
        ("Test001,,61,0,95,23,128,\x1b[31m", "label must be"),
        (f"Test001,,61,0,95,23,128,{'a' * 101}", "label must be"),
        ('Test001,"a"b,61,0,95,23,128,a', "is no CSV"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, said):
    with pytest.raises(DataError, match=said) as error:
        regions(tmp_path, line)
    assert "line 2" in str(error.value) and "\n" not in str(error.value)


def test_a_file_without_regions_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no region"):
        regions(tmp_path)
    with pytest.raises(DataError, match="must begin with the line"):
        regions(tmp_path, header="video,frame")
    with pytest.raises(DataError, match="cannot be read"):
        read_regions(tmp_path / "none.csv")
    (tmp_path / "regions.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="cannot be read"):
        read_regions(tmp_path / "regions.csv")


@pytest.mark.parametrize("separator", ["/", "_", "-", " ", "\\", "//", ": "])
def test_any_separator_parts_video_and_frame(tmp_path, separator):
    found = classes(
        tmp_path, {f"Test001{separator}061": [["object", "bicycle"]], f"01_0014{separator}0001.jpg": [["a", "b"]]}
    )
    assert found == {"Test001": {60: (("object", "bicycle"),)}, "01_0014": {0: (("a", "b"),)}}


def test_a_class_that_comes_twice_counts_once(tmp_path):
    assert classes(tmp_path, {"8/1": [["a", "b"], ["a", "c"], ["a", "b"]]})["8"][0] == (("a", "b"), ("a", "c"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "column 1: must hold an object"),
        ("[]", "column 1: must hold an object"),
        ("{}", "column 2: must hold an object .*, but that is empty"),
        ({"Test001": [["a", "b"]]}, "a video's name and a frame's number"),
        ({"/001": [["a", "b"]]}, "a video's name and a frame's number"),
        ({"Test001/0": [["a", "b"]]}, "counted from 1"),
        ({"Test001/1": []}, "list of"),
        ({"Test001/1": {"a": "b"}}, "list of"),
        ({"Test001/1": [["a"]]}, "list of"),
        ({"Test001/1": [["a", 3]]}, "list of"),
        ({"Test001/1": [["a", "\n"]]}, "class must be"),
        ('{"Test001/1": [["a", "b"]], "Test001/01": [["a", "c"]]}', "given twice"),
        ('{"Test001/1": [["a", "b"]], "Test001/1": [["a", "c"]]}', "given twice"),
    ],
)
def test_malformed_classes_are_refused(tmp_path, content, said):
    with pytest.raises(DataError, match=said) as error:
        classes(tmp_path, content)
    assert "\n" not in str(error.value)


def test_videos_find_their_clips():
    ped2 = [f"Test{i:03d}" for i in range(1, 13)]
    assert match(ped2, ped2) == ({name: name for name in ped2}, ())
    assert match(["test_1", "12"], ped2) == ({"test_1": "Test001", "12": "Test012"}, ())
    assert match(["8", "08"], ["08", "8"]) == ({"8": "8", "08": "08"}, ())
    assert match(["Test001", "Train001", "Test013", "x"], ped2) == (
        {"Test001": "Test001"},
        ("Train001", "Test013", "x"),
    )
    assert match(["1"], ["a1", "b1"]) == ({}, ("1",)), "more than one answers to it"
    with pytest.raises(DataError, match="in two ways"):
        match(["Test001", "1"], ped2)


@pytest.mark.footage
@pytest.mark.parametrize(("name", "frames", "boxes"), [("ped2", 821, 1157), ("avenue", 229, 229)])
def test_the_real_label_files_agree(footage_root, name, frames, boxes):
    named = read_classes(footage_root / f"labels/{name}_xman_dev.json")
    boxed = read_regions(footage_root / f"labels/{name}_regions_dev.csv")
    assert {v: set(f) for v, f in named.items()} == {v: set(f) for v, f in boxed.items()}
    assert sum(map(len, named.values())) == frames
    assert sum(len(some) for found in boxed.values() for some in found.values()) == boxes
