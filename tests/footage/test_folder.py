import cv2
import numpy as np
import pytest

from core import video
from core.errors import DataError
from footage.folder import Folder


def pictures(folder, names):
    folder.mkdir(parents=True)
    for value, name in enumerate(names):
        cv2.imwrite(str(folder / name), np.full((16, 24, 3), 10 * value, np.uint8))


def clip(path, frames):
    path.parent.mkdir(parents=True, exist_ok=True)
    video.encode(path, iter([np.full((16, 24, 3), 9 * i, np.uint8) for i in range(frames)]), 10)


def test_gathers_videos_and_folders_of_images_in_order(tmp_path):
    clip(tmp_path / "b.mp4", 3)
    clip(tmp_path / "deep/er/c.mp4", 2)
    pictures(tmp_path / "a", ["frame2.png", "frame10.png", "frame1.png"])
    pictures(tmp_path / ".hidden", ["1.png"])
    pictures(tmp_path / "deep/.cache/er", ["1.png"])
    clip(tmp_path / "deep/.trash/d.mp4", 2)
    clip(tmp_path / "deep/.e.mp4", 2)
    (tmp_path / "notes.txt").write_text("no clip")
    data = Folder(tmp_path)
    assert [c.name for c in data.training()] == ["a", "b.mp4", "deep/er/c.mp4"]
    assert [sum(len(f) for f in c.frames(2)) for c in data.training()] == [3, 3, 2]
    assert data.test() == ()


def test_images_come_in_natural_order(tmp_path):
    pictures(tmp_path / "a", ["f2.png", "f10.png", "f1.png"])
    (images,) = Folder(tmp_path).training()[0].frames()
    assert images.images[:, 0, 0, 0].tolist() == [20, 0, 10]


def test_root_may_be_one_clip(tmp_path):
    clip(tmp_path / "one.mp4", 2)
    pictures(tmp_path / "many", ["1.png", "2.png"])
    assert [c.name for c in Folder(tmp_path / "one.mp4").training()] == ["one.mp4"]
    assert [c.name for c in Folder(tmp_path / "many").training()] == ["many"]


@pytest.mark.parametrize("name", ["", "missing", "notes.txt"])
def test_a_place_without_clips_is_refused(tmp_path, name):
    (tmp_path / "notes.txt").write_text("no clip")
    with pytest.raises(DataError):
        Folder(tmp_path / name)


def test_images_of_unlike_size_are_refused(tmp_path):
    pictures(tmp_path / "a", ["1.png"])
    cv2.imwrite(str(tmp_path / "a/2.png"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(DataError, match="8x8"):
        list(Folder(tmp_path).training()[0].frames())


def test_it_has_no_truth(tmp_path):
    clip(tmp_path / "one.mp4", 2)
    data = Folder(tmp_path)
    with pytest.raises(DataError, match="no ground truth"):
        data.truth(data.training()[0])
