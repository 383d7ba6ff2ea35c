"""A clip is compared with a camera's footage by thumbnails, and the answer is that of whole frames."""

import numpy as np
import pytest

from core import video
from pipeline.camera import likeness, look
from tests.clips import make, noise, pictures


@pytest.mark.parametrize("images", [pictures(80), pictures(80, 48, 64), noise(80), pictures(5), pictures(64, 320, 240)])
def test_looking_by_thumbnails_says_what_whole_frames_say(tmp_path, tiny_camera, images):
    path = make(tmp_path / "a.mp4", images)
    whole = np.concatenate([chunk.images for chunk in video.read(path, 16)])[:64:4]
    assert look(tiny_camera, path) == likeness(tiny_camera, whole)


def test_looking_keeps_no_whole_frames(tmp_path, tiny_camera, monkeypatch):
    path, kept = make(tmp_path / "a.mp4", pictures(80, 320, 240)), []
    monkeypatch.setattr(
        "pipeline.camera.likeness", lambda camera, images, size: kept.append((images.shape, size)) or ()
    )
    assert look(tiny_camera, path) == ()
    assert kept == [((16, 72, 96, 3), (240, 320))]
