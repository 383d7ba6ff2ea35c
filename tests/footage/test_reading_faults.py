"""The small files of ``footage-faults``: how each is read, timed and spoken of. Their events are tested elsewhere."""

import resource

import av
import cv2
import numpy as np
import pytest

from core import pictures, video
from core.errors import ClipError, InputError
from core.normality import Normality
from pipeline.camera import Camera, look
from tests.core.reading import difference, told

pytestmark = pytest.mark.footage

PLAIN = {
    "camera-bump.mp4": 180, "clock-overlay-midnight.mp4": 180, "exposure-jump.mp4": 180, "frozen-4s.mp4": 180,
    "gray-night.mp4": 120, "headlights.mp4": 150, "normal-nothing.mp4": 180, "normal-shake.mp4": 180, "rain.mp4": 180,
    "signal-loss.mp4": 180,
}  # fmt: skip
"""Files whose fault is not in how they are written: 360×240 pixels at 10 frames/s, and their number of frames."""
READ = {
    # name: size, frames/s, announced, read, seconds of the last frame, notes before decoding, notes after it
    "vfr-phone.mp4": ((360, 240), 9.05, 180, 180, 19.78, 0, 0),
    "normal-gap.mkv": ((360, 240), 10, 130, 130, 17.9, 1, 1),
    "edit-list.mp4": ((360, 240), 10, 160, 160, 15.9, 0, 0),
    "doubled-frames.mp4": ((360, 240), 20, 360, 360, 17.95, 0, 0),
    "rotated-90.mp4": ((360, 240), 10, 180, 180, 17.9, 0, 0),
    "anamorphic-sar2.mp4": ((640, 360), 25, 150, 150, 5.96, 0, 0),
    "hdr-pq.mp4": ((360, 240), 10, 180, 180, 17.9, 1, 1),
    "interlaced-tff.mp4": ((640, 360), 12.5, 150, 150, 11.92, 0, 0),
    "panorama-7680x2160.mp4": ((2980, 838), 20, 6, 6, 0.25, 1, 1),
    "corrupt-tail.mp4": ((360, 240), 10, 180, 118, 11.7, 0, 1),
    "two-cameras.mkv": ((360, 240), 10, 180, 180, 17.9, 1, 1),
    "raw-annexb.264": ((360, 240), 10, 180, 180, 17.9, 1, 1),
    "nvr.dav": ((360, 240), 10, 180, 180, 17.9, 0, 0),
    "dvr-mjpeg-dropped.avi": ((360, 240), 6.068, 118, 72, 11.7, 1, 1),
    "lossy-udp.ts": ((360, 240), 10, 180, 179, 17.9, 1, 1),
    "silent-100663-hevc.mp4": ((96, 64), 25, 250, 24, 0.96, 0, 1),
    "silent-100699-mjpeg.avi": ((96, 64), 25, 100, 85, 3.36, 1, 1),
    "silent-timescale1.mp4": ((96, 64), 25, 24, 24, 0.92, 1, 1),
    "index-100100-h264.ts": ((96, 64), 25, 113, 113, 4.48, 2, 3),
    "index-100327-flv1.flv": ((96, 64), 25, 250, 181, 7.2, 2, 2),
    "bomb-4096x4096-70.mp4": ((1580, 1580), 25, 70, 70, 2.76, 1, 1),
}
SAID = {
    "normal-gap.mkv": "'normal-gap.mkv' has gaps: nothing was recorded from 7.0 s to 12.0 s",
    "hdr-pq.mp4": "'hdr-pq.mp4' is filmed in HDR (PQ); it is brought to the brightness of ordinary video",
    "panorama-7680x2160.mp4": "reduced from 7680x2160 to 2980x838 pixels while they are read",
    "corrupt-tail.mp4": "first 11.8 s of 18.0 s, 118 frames, could be read; 62 of 180 frames could not be read",
    "two-cameras.mkv": "2 video streams: stream 1 (360x240), marked as default, is read, and stream 0 (160x90) is not",
    "raw-annexb.264": "'raw-annexb.264' has no time stamps; 10 frames/s are assumed, as its coded stream says",
    "dvr-mjpeg-dropped.avi": "46 frames were not recorded: 'dvr-mjpeg-dropped.avi' has empty places for them",
    "lossy-udp.ts": "is damaged in 6 places: 1 of 180 frames could not be read (from 1.9 s to 2.0 s); 4 frames may be",
    "silent-100663-hevc.mp4": "226 of 250 frames could not be read (from 0.9 s to 10.0 s)",
    "silent-100699-mjpeg.avi": "15 of 100 frames could not be read (from 3.4 s to 4.0 s)",
    "silent-timescale1.mp4": "cannot be right: they lie 512 s apart; 25 frames/s are assumed",
    "index-100100-h264.ts": "another stream begins in the middle of 'index-100100-h264.ts'; it cannot be read",
    "index-100327-flv1.flv": "69 of 250 frames could not be read (from 7.2 s to 10.0 s)",
    "bomb-4096x4096-70.mp4": "reduced from 4096x4096 to 1580x1580 pixels while they are read",
}


@pytest.fixture(scope="module")
def faults(footage_root):
    place = footage_root / "footage-faults"
    if not place.is_dir():
        pytest.skip("real footage: there is no folder footage-faults")
    return place


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_written_as_it_should_be_is_read_without_a_word(faults, name):
    clip, (images, times, reading) = video.probe(faults / name), told(faults / name)
    assert (clip.width, clip.height, clip.fps, clip.frames, clip.announced) == (360, 240, 10, PLAIN[name], PLAIN[name])
    assert (reading.announced, reading.read, reading.unread) == (PLAIN[name], PLAIN[name], ())
    assert clip.notes == reading.notes == () and clip.recorded == ""
    np.testing.assert_allclose(times, np.arange(len(images)) / 10)


@pytest.mark.parametrize("name", READ)
def test_what_is_written_oddly_is_read_timed_and_said(faults, name):
    size, fps, announced, read, last, before, after = READ[name]
    clip, (images, times, reading) = video.probe(faults / name), told(faults / name)
    assert (clip.width, clip.height) == size == images.shape[2:0:-1]
    assert clip.fps == pytest.approx(fps, rel=1e-3)
    assert (clip.announced, reading.announced, reading.read) == (announced, announced, read)
    assert times[-1] == pytest.approx(last, abs=2e-3)
    assert (len(clip.notes), len(reading.notes)) == (before, after)
    assert SAID.get(name, "") in " ".join(reading.notes) and (name in SAID or reading.notes == ())
    assert all(repr(name) in sentence for sentence in (*clip.notes, *reading.notes))
    lost = announced - read - (46 if name == "dvr-mjpeg-dropped.avi" else 0)
    assert sum(last - first for first, last in reading.unread) == pytest.approx(lost / fps, abs=0.05)
    assert clip.recorded == ("2026-11-28T23:59:55" if name == "nvr.dav" else "")


def test_a_variable_rate_has_the_seconds_of_its_time_stamps(faults):
    with av.open(str(faults / "vfr-phone.mp4")) as clip:
        naive = np.array([frame.time for frame in clip.decode(video=0)])
    _, times, _ = told(faults / "vfr-phone.mp4")
    np.testing.assert_allclose(times, naive - naive[0], atol=1e-9)
    assert np.ptp(np.diff(times)) > 0.15


def test_raw_frames_take_the_rate_that_is_given(faults):
    _, times, reading = told(faults / "raw-annexb.264", fps=20.0)
    assert times[-1] == pytest.approx(179 / 20) and "20 frames/s are assumed" in reading.notes[0]


@pytest.mark.parametrize(
    ("name", "base", "first", "most"),
    [
        ("nvr.dav", "Test002", 0, 3), ("raw-annexb.264", "Test002", 0, 3), ("edit-list.mp4", "Test002", 20, 3.5),
        ("hdr-pq.mp4", "Test002", 0, 5), ("two-cameras.mkv", "Test002", 0, 3), ("rotated-90.mp4", "Test002", 0, 3),
        ("vfr-phone.mp4", "Test002", 0, 3), ("dvr-mjpeg-dropped.avi", "Test002", 0, 3),
        ("lossy-udp.ts", "Test004", 0, 3),
    ],
)  # fmt: skip
def test_the_pictures_are_those_that_the_file_was_made_of(faults, footage_root, name, base, first, most):
    (true,) = video.read(footage_root / "UCSDped2_mp4" / f"{base}.mp4", 1, wanted=lambda number: number == first)
    assert difference(next(video.read(faults / name, 1)).images[0], true.images[0]) < most


def test_interlaced_frames_have_no_combs(faults):
    images, _, _ = told(faults / "interlaced-tff.mp4")
    grey = np.stack([cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images[40:60]]).astype(np.int16)
    combs = np.abs(2 * grey[:, 1:-1] - grey[:, :-2] - grey[:, 2:]) > 60
    twice = np.abs(grey[:, 2:] - grey[:, :-2]) < 10
    assert (combs & twice).mean() < 5e-4


def test_files_without_an_index_are_refused_with_what_would_help(faults):
    for look_at in (video.probe, lambda path: list(video.read(path))):
        with pytest.raises(ClipError, match="its index is missing: the recording was interrupted"):
            look_at(faults / "moov-missing.mp4")


def test_bombs_are_refused_by_their_header_or_read_in_bounded_memory(faults):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ClipError, match="has pictures of 1x4096 pixels"):
        video.probe(faults / "bomb-1x4096.avi")
    with pytest.raises(InputError, match="up to 36 megapixels"):
        pictures.read(faults / "bomb-30000x30000.png")
    normality = Normality(-10.0, tuple(float(i) for i in range(101)), 100, 0.01)
    camera = Camera("a", {}, "", name="a", folder=faults, threshold=1.0, floor=1.0, width=64, height=64, fps=10.0,
                    normality=normality, background=np.zeros((96, 96, 3), np.uint8), card={})  # fmt: skip
    look(camera, faults / "bomb-4096x4096-70.mp4")
    assert sum(len(part) for part in video.read(faults / "bomb-4096x4096-70.mp4", 8)) == 70
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 900 * 1024
