"""Data sets read from small trees in their official layouts, and what is said of trees that are wrong."""

import numpy as np
import pytest

from core.errors import DataError
from footage import avenue as avenue_module
from footage.avenue import Avenue3867
from footage.clips import Clips
from footage.ddds import Ddds
from footage.ham10000 import Ham10000
from footage.mvtec import COUNTS, MVTec
from footage.shanghaitech import DATASETS, ShanghaiTech
from footage.subway import Entrance, Exit
from footage.ucsd import Ped1
from tests.footage import trees


def lengths(clips):
    return {clip.name: sum(map(len, clip.frames(3))) for clip in clips}


def test_ped1_has_masks_where_there_are_some(tmp_path):
    data = Ped1(trees.ped1(tmp_path / "UCSDped1").parent)
    first, second = map(data.truth, data.test())
    assert lengths(data.training()) == {"Train001": 1, "Train002": 1}
    assert first.abnormal.tolist() == [False, True, True, False, False, False, False]
    assert first.masks is None
    assert second.abnormal.tolist() == [True, True, False, False, True, True, False]
    assert [bool(second.masks(i).any()) for i in range(7)] == second.abnormal.tolist()
    assert first.label_set == "ucsd-ped1/other"


def test_shanghaitech_reads_frames_videos_labels_and_masks(tmp_path):
    data = ShanghaiTech(trees.shanghaitech(tmp_path))
    assert lengths(data.training()) == {"01_001": 6, "02_001": 5}
    assert lengths(data.test()) == {"01_0014": 6, "02_0015": 4}
    truth = data.truth(data.test()[0])
    assert truth.abnormal.tolist() == [False, False, True, True, False, False]
    assert truth.masks(2).sum() == 16
    assert truth.label_set == "shanghaitech/test_frame_mask"


def test_a_camera_of_shanghaitech_is_a_data_set_of_its_own(tmp_path):
    data = DATASETS["shanghaitech-02"](trees.shanghaitech(tmp_path))
    assert (data.name, list(lengths(data.training())), list(lengths(data.test()))) == (
        "shanghaitech-02", ["02_001"], ["02_0015"]
    )  # fmt: skip


def test_wrong_labels_of_shanghaitech_are_named(tmp_path):
    data = ShanghaiTech(trees.shanghaitech(tmp_path))
    place = tmp_path / "testing/test_frame_mask/01_0014.npy"
    for content, said in ((np.zeros((2, 3)), "one label for each frame"), (np.full(6, 7), "0 and 1 alone")):
        np.save(place, content)
        with pytest.raises(DataError, match=said):
            data.truth(data.test()[0])
    np.save(place, np.array([{}], object), allow_pickle=True)
    with pytest.raises(DataError, match="must be a NumPy array"):
        data.truth(data.test()[0])
    np.save(place, np.zeros(5, np.uint8))
    with pytest.raises(DataError, match=r"must hold \(5, H, W\) masks"):
        data.truth(data.test()[0])
    with pytest.raises(DataError, match="no folder 'testing'"):
        ShanghaiTech(tmp_path / "testing")


def test_avenue_has_its_other_labels_as_one_row(tmp_path):
    assert sum(avenue_module.LENGTHS) == 15_324
    rows = np.zeros((1, 15_324), np.uint8)
    start = sum(avenue_module.LENGTHS[:7])
    rows[0, start + 3 : start + 9] = 1
    data = Avenue3867(trees.avenue(tmp_path, {8: 36}, rows))
    truth = data.truth(data.test()[0])
    assert (len(truth.abnormal), np.flatnonzero(truth.abnormal).tolist()) == (36, [3, 4, 5, 6, 7, 8])
    assert (truth.label_set, truth.masks) == ("cuhk-avenue/3867", None)
    np.save(tmp_path / "frame_labels_avenue.npy", rows[:, :-1])
    with pytest.raises(DataError, match=r"\(15324,\), got \(15323,\)"):
        Avenue3867(tmp_path).truth(data.test()[0])


def test_avenue_has_its_other_labels_as_ranges(tmp_path):
    ranges = [[(1, 2)]] * 7 + [[(4, 9), (20, 36)]] + [[(1, 2)]] * 13
    data = Avenue3867(trees.avenue(tmp_path, {8: 36}, ranges=ranges))
    found = np.flatnonzero(data.truth(data.test()[0]).abnormal).tolist()
    assert found == [*range(3, 9), *range(19, 36)]
    ranges[7] = [(4, 37)]
    data = Avenue3867(trees.avenue(tmp_path, {8: 36}, ranges=ranges))
    with pytest.raises(DataError, match="the range 4 to 37 does not lie in a clip of 36 frames"):
        data.truth(data.test()[0])


def test_avenue_without_the_other_labels_says_so(tmp_path):
    data = Avenue3867(trees.avenue(tmp_path, {8: 36}))
    with pytest.raises(DataError, match=r"neither 'frame_labels_avenue\.npy' nor 'avenue\.mat'"):
        data.truth(data.test()[0])


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(Entrance, "split", 8)
    monkeypatch.setattr(Exit, "split", 5)


BOXES = "track_id,frame_idx,x_min,y_min,x_max,y_max\n1,10,0,0,3,1\n1,11,0,0,3,1\n2,11,10,10,10,10\n"


@pytest.mark.usefixtures("short")
def test_subway_is_one_video_in_two_parts(tmp_path):
    data = Entrance(trees.subway(tmp_path, 20, table=BOXES))
    assert lengths(data.training()) == {"training": 8}
    assert lengths(data.test()) == {"test": 12}
    chunks = list(data.test()[0].frames(5))
    assert [c.first for c in chunks] == [0, 2, 7]
    assert chunks[0].times[0] == 0
    assert chunks[0].images.mean((1, 2, 3)).tolist() == pytest.approx([72, 81], abs=3)
    truth = data.truth(data.test()[0])
    assert np.flatnonzero(truth.abnormal).tolist() == [2, 3]
    assert [int(truth.masks(i).sum()) for i in (1, 2, 3)] == [0, 8, 9]
    assert truth.label_set == "subway-entrance/boxes"


@pytest.mark.usefixtures("short")
def test_subway_takes_events_with_a_window(tmp_path):
    data = Exit(trees.subway(tmp_path, 40, "exit", events="frame\n20\n"))
    truth = data.truth(data.test()[0])
    assert np.flatnonzero(truth.abnormal).tolist() == list(range(5, 26))
    assert (truth.label_set, truth.masks) == ("subway-exit/events±10", None)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("1,3,0,0,1,1", "line 1: the frame does not lie in the test part"),
        ("1,99,0,0,1,1", "12 frames"),
        ("1,10,0,0", "6"),
        ("1,10,0,0,x,1", "must be numbers"),
    ],
)
def test_subway_names_the_line_that_is_wrong(tmp_path, table, said):
    data = Entrance(trees.subway(tmp_path, 20, table=table))
    with pytest.raises(DataError, match=said):
        data.truth(data.test()[0])


def test_subway_needs_its_video_and_its_labels(tmp_path, short):
    with pytest.raises(DataError, match="one video with 'entrance' in its name, but holds 0"):
        Entrance(tmp_path)
    data = Entrance(trees.subway(tmp_path))
    with pytest.raises(DataError, match="no table of boxes or events"):
        data.truth(data.test()[0])


def clips(root, name, content):
    trees.clip(root / "day.mp4", 8)
    trees.clip(root / "night.mp4", 6)
    trees.clip(root / "quiet.mp4", 5)
    (root / name).write_text(content)
    return root


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("intervals.csv", "video,first,last\nday.mp4,2,3\nday.mp4,5,5\nnight,,\n"),
        ("intervals.json", '{"day": [[2, 3], [5, 5]], "night.mp4": []}'),
    ],
)
def test_clips_named_in_the_table_are_for_testing(tmp_path, name, content):
    data = Clips(clips(tmp_path, name, content))
    assert [c.name for c in data.training()] == ["quiet.mp4"]
    assert [c.name for c in data.test()] == ["day.mp4", "night.mp4"]
    day, night = map(data.truth, data.test())
    assert np.flatnonzero(day.abnormal).tolist() == [1, 2, 4]
    assert (len(night.abnormal), night.abnormal.any(), night.label_set) == (6, False, f"clips/{name}")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("intervals.csv", "video,first,last\nnowhere,1,2\n", "names 'nowhere', but"),
        ("intervals.csv", "video,first,last\nday,2,99\n", "the range 2 to 99 does not lie in a clip of 8 frames"),
        ("intervals.csv", "video,first,last\nday,0,1\n", "line 2: frames are counted from 1"),
        ("intervals.csv", "video,first,last\nday,3,1\n", "must end behind its first frame"),
        ("intervals.csv", "video,first\n", "must begin with the line"),
        ("intervals.csv", "video,first,last\nday,3\n", "line 2: 2 values"),
        ("intervals.json", "{", "is no JSON"),
        ("intervals.json", "[]", "must hold an object"),
        ("intervals.json", '{"day": [3, 5]}', "must be a list of"),
        ("intervals.txt", "", "must hold either intervals.csv or intervals.json"),
    ],
)
def test_a_wrong_table_gets_a_sentence(tmp_path, name, content, said):
    with pytest.raises(DataError, match=said):
        data = Clips(clips(tmp_path, name, content))
        list(map(data.truth, data.test()))


def test_mvtec_has_a_clip_for_each_category(tmp_path):
    data = MVTec(trees.mvtec(tmp_path))
    assert lengths(data.training()) == {"bottle": 3}
    assert lengths(data.test()) == {"bottle": 4, "cable": 1}
    clip = data.test()[0]
    truth, classes = data.truth(clip), data.classes(clip)
    assert sorted(classes) == ["broken", "broken", "good", "good"]
    assert truth.abnormal.tolist() == [name == "broken" for name in classes]
    assert [bool(truth.masks(i).any()) for i in range(4)] == truth.abnormal.tolist()
    values = np.concatenate([c.images for c in clip.frames()])[:, 0, 0, 0]
    assert (values >= 200).tolist() == truth.abnormal.tolist()
    assert [c.name for c in MVTec(tmp_path / "bottle").test()] == ["bottle"]
    assert [sum(c[i] for c in COUNTS.values()) for i in range(3)] == [3629, 467, 1258]


def test_ham10000_keeps_some_normal_images_for_testing(tmp_path):
    data = Ham10000(trees.ham10000(tmp_path, 66))
    ((_, train),) = lengths(data.training()).items()
    (clip,) = data.test()
    assert (train, len(clip)) == (65, 4)
    assert sorted(data.classes(clip)) == ["df", "mel", "mel", "nv"]
    assert int(data.truth(clip).abnormal.sum()) == 3
    assert not {*data.training()[0].files} & {*clip.files}


def test_ddds_takes_folders_of_drivers(tmp_path):
    data = Ddds(trees.ddds(tmp_path))
    (clip,) = data.test()
    assert lengths(data.training()) == {"drivers": 4}
    assert sorted(data.classes(clip)) == ["normal"] * 2 + ["operating_gps"] * 3
    assert int(data.truth(clip).abnormal.sum()) == 3


@pytest.mark.parametrize(
    ("make", "said"), [(MVTec, "no category"), (Ham10000, "folder of images"), (Ddds, "no folder")]
)
def test_another_folder_is_no_image_set(tmp_path, make, said):
    with pytest.raises(DataError, match=said):
        make(tmp_path)
