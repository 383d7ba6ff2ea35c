"""Containers and codecs beyond the lists are refused by name, before a byte of them is decoded."""

import dataclasses
import itertools

import av
import numpy as np
import pytest

from core import _container, video
from core.errors import ClipError
from core.formats import CODECS, CONTAINERS
from tests.clips import make, noise, pictures


def refused(path, sentence):
    for look in (video.probe, lambda p: list(video.read(p))):
        with pytest.raises(ClipError, match=sentence) as caught:
            look(path)
        assert "\n" not in str(caught.value)


def test_all_that_is_listed_is_known_to_ffmpeg_and_is_little():
    demuxers = {name for names in av.formats_available for name in names.split(",")}
    assert set(CONTAINERS) <= demuxers and len(CONTAINERS) < 20
    assert all(av.codec.Codec(name, "r").name == name for name in CODECS) and len(CODECS) < 26


@pytest.mark.parametrize(("name", "container", "options"), [
    ("a.nut", "nut", {"codec": "mpeg4"}), ("a.mp4", "nut", {"codec": "mpeg4", "form": "nut"}),
    ("a.apng", "apng", {"codec": "apng", "pix_fmt": "rgb24", "form": "apng"}),
    ("a.obu", "obu", {"codec": "libsvtav1"}), ("a.swf", "swf", {"codec": "flv"}),
])  # fmt: skip
def test_other_containers_are_refused_by_name(tmp_path, name, container, options):
    path = make(tmp_path / name, pictures(20, 176, 144), **options)
    refused(path, f"^'{name}' is in the container '{container}', which is not read; give an MP4, AVI or MKV file$")


@pytest.mark.parametrize(("codec", "pix_fmt", "name"), [
    ("cinepak", "rgb24", "a.avi"), ("huffyuv", "yuv422p", "a.avi"), ("svq1", "yuv410p", "a.mov"),
    ("qtrle", "rgb24", "a.mov"), ("snow", "yuv420p", "a.avi"), ("zmbv", "bgr0", "a.avi"),
])  # fmt: skip
def test_other_codecs_are_refused_by_name(tmp_path, codec, pix_fmt, name):
    path = make(tmp_path / name, pictures(5, 176, 144), codec=codec, pix_fmt=pix_fmt)
    refused(path, f"^'{name}' is in the codec '{codec}', which is not read; convert it to H.264$")


def test_a_decoder_beyond_the_list_is_not_opened(tmp_path):
    path = make(tmp_path / "a.avi", pictures(5), codec="cinepak", pix_fmt="rgb24")
    with _container.opened(path) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "cinepak"
        stream.codec_context.options = _container.CODEC_OPTIONS
        with pytest.raises(av.error.ArgumentError):
            list(itertools.chain.from_iterable(packet.decode() for packet in container.demux(stream)))


def test_a_few_bytes_that_become_many_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    path = make(tmp_path / "bomb.mp4", np.zeros((60, 1024, 1024, 3), np.uint8), preset="ultrafast", g=600)
    limits = dataclasses.replace(video.LIMITS, free_bytes=1 << 20, max_expansion=100)
    for place in (video, _container):
        monkeypatch.setattr(place, "LIMITS", limits)
    refused(
        path, r"^'bomb.mp4' would unpack to 0 GiB of pictures, [\d,]+ times its size; up to [\d.]+ GiB, or 100 times"
    )
    plain = make(tmp_path / "plain.mp4", noise(10))
    assert video.probe(plain).frames == 10


def test_a_file_of_many_streams_is_opened_with_the_first_of_them(tmp_path):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        streams = [out.add_stream("mpeg4", 25, width=32, height=32, pix_fmt="yuv420p") for _ in range(80)]
        for number, stream in itertools.product(range(3), streams):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 60 * number, np.uint8), format="rgb24")
            frame.pts = number
            out.mux(stream.encode(frame.reformat(format="yuv420p")))
        for stream in streams:
            out.mux(stream.encode(None))
    try:
        assert "64 video streams" in video.probe(tmp_path / "a.mkv").notes[0]
    except ClipError as error:
        assert "a.mkv" in str(error)
