"""When a clip was recorded is told by the file's own clock, where it has one that was set."""

from datetime import UTC, datetime, timedelta

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from core import video
from core._recorded import wall_clock
from tests import twins
from tests.clips import pictures
from tests.core.reading import told


def labelled(path, **metadata):
    """Write a clip with entries of metadata, dots in their names as ``__``."""
    options = {"movflags": "use_metadata_tags"} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=options) as out:
        out.metadata.update({key.replace("__", "."): value for key, value in metadata.items()})
        stream = out.add_stream("libx264", 25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for image in pictures(50):
            out.mux(stream.encode(VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_the_creation_time_is_that_of_the_first_frame(tmp_path, name):
    path = labelled(tmp_path / name, creation_time="2024-05-01T12:34:56.000000Z")
    assert video.probe(path).recorded == "2024-05-01T12:34:56+00:00"


def test_quicktimes_creation_date_goes_first_and_keeps_its_zone(tmp_path):
    entries = {
        "creation_time": "2024-05-01T10:35:10Z",
        "com__apple__quicktime__creationdate": "2024-05-01T12:34:56+0200",
    }
    assert video.probe(labelled(tmp_path / "a.mov", **entries)).recorded == "2024-05-01T12:34:56+02:00"


def test_android_writes_the_time_at_the_end(tmp_path):
    entries = {"creation_time": "2024-05-01T12:34:56Z", "com__android__version": "14"}
    assert video.probe(labelled(tmp_path / "a.mp4", **entries)).recorded == "2024-05-01T12:34:54+00:00"


@pytest.mark.parametrize(
    "told_time",
    ["", "1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "1980-01-06T00:00:00Z", "tomorrow", "0001-01-01T00:00:00",
     "in 25 hours", "2036-02-07T06:28:16Z"],
)  # fmt: skip
def test_a_clock_that_was_never_set_tells_nothing(told_time):
    if told_time == "in 25 hours":
        told_time = (datetime.now(UTC) + timedelta(hours=25)).isoformat()
    assert wall_clock("mov", 0.0, {"creation_time": told_time}, 10.0) == ""
    assert wall_clock("mov", 0.0, {}, 10.0) == ""


def test_a_clock_may_be_some_hours_ahead():
    soon = (datetime.now(UTC) + timedelta(hours=20)).replace(microsecond=0).isoformat()
    assert wall_clock("mov", 0.0, {"creation_time": soon}, 10.0) == soon


@pytest.mark.parametrize(("millisecond", "first"), [(0, "2026-03-01T23:59:58"), (700, "2026-03-01T23:59:58.700")])
def test_a_dav_tells_its_recorders_clock_without_a_zone(tmp_path, millisecond, first):
    images = pictures(40)
    path = twins.dhav(tmp_path / "NVR.DAV", images, datetime(2026, 3, 1, 23, 59, 58), 10, millisecond)
    clip = video.probe(path)
    back, times, reading = told(path)
    assert (clip.recorded, clip.fps, clip.frames, clip.announced) == (first, 10, 40, 40)
    assert reading.read == len(back) == 40 and reading.notes == ()
    np.testing.assert_allclose(times, np.arange(40) / 10, atol=1e-6)


def test_a_dav_whose_recorder_paused_has_a_gap(tmp_path):
    first = twins.dhav(tmp_path / "1.dav", pictures(20), datetime(2026, 3, 1, 12, 0, 0)).read_bytes()
    second = twins.dhav(tmp_path / "2.dav", pictures(20), datetime(2026, 3, 1, 12, 0, 30)).read_bytes()
    (tmp_path / "a.dav").write_bytes(first + second)
    _, times, reading = told(tmp_path / "a.dav")
    assert times[20] == pytest.approx(30) and reading.read == 40
    assert reading.notes == ("'a.dav' has gaps: nothing was recorded from 2.0 s to 30.0 s",)
