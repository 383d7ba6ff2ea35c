"""Clips of every kind are read frame by frame, and what is no clip is refused in one sentence."""

import dataclasses
import hashlib
import os

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from core import _container, _reading, video
from core.errors import ClipError, StorageError
from tests.clips import make, noise, pictures
from tests.core.reading import difference, whole

KINDS = {
    "h264.mp4": {},
    "h264.mkv": {},
    "h264.ts": {},
    "h264.flv": {},
    "fragmented.mp4": {"container": {"movflags": "+frag_keyframe+empty_moov"}},
    "raw.h264": {"form": "h264"},
    "mpeg4.avi": {"codec": "mpeg4"},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "mjpeg.mjpeg": {"codec": "mjpeg", "pix_fmt": "yuvj422p"},
    "mpeg2.mpg": {"codec": "mpeg2video"},
    "interlaced.mkv": {"codec": "mpeg2video", "flags": "+ildct+ilme"},
    "mpeg2.mxf": {"codec": "mpeg2video"},
    "wmv.wmv": {"codec": "wmv2"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "ten_bits.mp4": {"pix_fmt": "yuv420p10le"},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le"},
    "alpha.mov": {"codec": "png", "pix_fmt": "rgba"},
    "rgb.avi": {"codec": "rawvideo", "pix_fmt": "bgr24"},
    "y4m.y4m": {"codec": "rawvideo", "form": "yuv4mpegpipe"},
    "with_sound.mp4": {"audio": True},
    "with_sound.mkv": {"audio": True},
}


ASSUMED = {
    "raw.h264": ["'raw.h264' has no time stamps; 25 frames/s are assumed, as its coded stream says"],
    "mjpeg.mjpeg": ["'mjpeg.mjpeg' has no time stamps: it tells no frame rate; 25 frames/s are assumed"],
}


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_of_every_kind_is_read_in_order(tmp_path, name):
    images = pictures(20)
    path = make(tmp_path / name, images, **KINDS[name])
    clip = video.probe(path)
    back, times, warnings = whole(path)
    assert (clip.name, clip.width, clip.height, clip.fps) == (name, 64, 48, 25)
    assert (clip.frames, clip.announced) == (20, 20)
    assert warnings == list(clip.notes) == ASSUMED.get(name, [])
    assert clip.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert back.shape == images.shape
    assert difference(back, images) < 6
    np.testing.assert_allclose(times, np.arange(20) / 25, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"), [("g.mkv", "ffv1", "gray"), ("g.mkv", "ffv1", "gray10le"), ("g.gif", "gif", "gray")]
)
def test_grey_is_given_as_rgb(tmp_path, name, codec, pix_fmt):
    images = pictures(6)
    back, _, _ = whole(make(tmp_path / name, images, codec=codec, pix_fmt=pix_fmt))
    grey = images @ np.array([0.299, 0.587, 0.114])
    assert np.ptp(back.astype(int), axis=3).max() <= 2
    assert difference(back[..., 0], np.rint(grey)) < 3


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (63, 48), (17, 33), (2, 2)])
def test_odd_sizes_keep_their_size(tmp_path, size):
    images = pictures(5, *size) if size != (2, 2) else np.full((5, 2, 2, 3), 90, np.uint8)
    path = make(tmp_path / "odd.mkv", images, codec="ffv1", pix_fmt="yuv444p")
    back, _, _ = whole(path)
    assert back.shape == images.shape and difference(back, images) < 2
    assert (video.probe(path).width, video.probe(path).height) == size


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270, 45 - 3])
def test_the_display_matrix_is_applied(tmp_path, degrees, mirrored):
    images = pictures(3)
    path = make(tmp_path / "turned.mp4", images, turn=(degrees, mirrored), crf=5)
    back, _, _ = whole(path)
    expected = np.rot90(images, round(degrees / 90), (1, 2))
    expected = expected[:, :, ::-1] if mirrored else expected
    assert back.shape == expected.shape and difference(back, expected) < 4
    assert (video.probe(path).width, video.probe(path).height) == (back.shape[2], back.shape[1])


def test_variable_frame_rate_gives_each_frame_once_at_its_time(tmp_path):
    stamps = [100, 140, 180, 300, 340, 1100, 1105, 2000, 2040, 9000]
    images = pictures(10)
    for name in ("vfr.mkv", "vfr.mp4"):
        back, times, warnings = whole(make(tmp_path / name, images, stamps=stamps))
        np.testing.assert_allclose(times, (np.array(stamps) - 100) / 1000, atol=2e-3)
        assert difference(back, images) < 6
        assert [sentence.split(": ")[1][:20] for sentence in warnings] == ["nothing was recorded"]


def test_chunks_are_bounded_by_memory(tmp_path, monkeypatch):
    path = make(tmp_path / "a.mp4", pictures(10))
    limit(monkeypatch, chunk_bytes=3 * 64 * 48 * 3 + 5)
    assert [len(part) for part in video.read(path, 100)] == [3, 3, 3, 1]


def test_a_chunk_is_the_callers_to_keep(tmp_path):
    images = pictures(12)
    kept = [part.images for part in video.read(make(tmp_path / "a.mp4", images), 4)]
    assert difference(np.concatenate(kept), images) < 6


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"container": {"movflags": "+faststart"}}),
        ("a.mkv", {}),
        ("sound.mp4", {"container": {"movflags": "+faststart"}, "audio": True}),
        ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    ],
)
def test_a_clip_cut_in_the_middle_gives_what_there_is_and_one_sentence(tmp_path, name, options, share):
    path = make(tmp_path / name, noise(120), rate=24, g=12, **options)
    uncut, _, warnings = whole(path)
    assert len(uncut) == 120 and warnings == []
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert video.probe(path).width == 96
    back, _, warnings = whole(path)
    assert 0.75 * share * 120 < len(back) < share * 120 + 6
    (sentence,) = warnings
    assert sentence.startswith(f"{name!r} is cut: only its first ") and f"{len(back)} frames" in sentence
    assert np.array_equal(back[:20], uncut[:20])


def test_damage_in_the_middle_is_skipped_and_said(tmp_path):
    path = make(tmp_path / "a.mp4", noise(60), g=6)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + len(content) // 10] = noise(1, 400, 400).tobytes()[: len(content) // 10]
    path.write_bytes(content)
    back, times, warnings = whole(path)
    assert 40 <= len(back) <= 60 and times[-1] == pytest.approx(59 / 25)
    (sentence,) = warnings
    assert sentence.startswith("'a.mp4' is damaged in ")


def test_a_picture_that_changes_its_size_is_scaled_to_the_first(tmp_path):
    first = make(tmp_path / "first.h264", pictures(10), form="h264").read_bytes()
    second = make(tmp_path / "second.h264", pictures(10, 128, 96), form="h264").read_bytes()
    (tmp_path / "a.h264").write_bytes(first + second)
    back, times, warnings = whole(tmp_path / "a.h264")
    assert back.shape == (20, 48, 64, 3) and (np.diff(times) > 0).all()
    changes = "the picture of 'a.h264' changes its size to 128x96; it was scaled to its first size, 64x48"
    assert warnings[-1] == changes and len(warnings) == 2


ENDINGS = {
    **{e: {} for e in ("mp4", "m4v", "mov", "mkv", "ts", "mts", "m2ts", "m2t", "mp2t", "trp", "flv", "f4v", "qt")},
    **{
        "3gp": {},
        "3g2": {},
        "avi": {},
        "webm": {"codec": "libvpx"},
        "wmv": {"codec": "wmv2"},
        "asf": {"codec": "wmv2"},
    },
    **{e: {"codec": "mpeg2video", "form": "vob"} for e in ("mpg", "mpeg", "mpe", "vob")},
    **{
        "mxf": {"codec": "mpeg2video"},
        "ogv": {"codec": "libvpx"},
        "ogg": {"codec": "libvpx"},
    },
    **{"m2v": {"codec": "mpeg2video", "form": "mpeg2video"}, "m1v": {"codec": "mpeg1video", "form": "mpeg1video"}},
    **{e: {"form": "h264"} for e in ("264", "h264", "avc")},
    **{e: {"codec": "libx265", "form": "hevc"} for e in ("265", "h265", "hevc")},
    **{e: {"codec": "mjpeg", "pix_fmt": "yuvj420p", "form": "mjpeg"} for e in ("mjpeg", "mjpg")},
    **{"y4m": {"codec": "rawvideo", "form": "yuv4mpegpipe"}, "ivf": {"codec": "libsvtav1"}},
    **{"gif": {"codec": "gif", "pix_fmt": "rgb8"}},
}
FORMS = {
    "m2t": "mpegts",
    "mp2t": "mpegts",
    "trp": "mpegts",
    "mts": "mpegts",
    "m2ts": "mpegts",
    "qt": "mov",
    "m4v": "mp4",
}


@pytest.mark.parametrize("ending", sorted({*video.EXTENSIONS} - {"dav", "dv"}))
def test_every_ending_that_an_upload_may_have_is_read(tmp_path, ending):
    options = {"form": FORMS.get(ending), **ENDINGS[ending]}
    made = make(tmp_path / f"made.{ending}", pictures(25, 176, 144), rate=25, **options)
    path = made.rename(tmp_path / f"CLIP.{ending.upper()}")
    back, times, _ = whole(path)
    assert len(back) == video.probe(path).announced == 25
    assert difference(back, pictures(25, 176, 144)) < (18 if ending == "gif" else 8)
    assert times[-1] == pytest.approx(24 / video.probe(path).fps, rel=0.02)


def test_dv_is_read(tmp_path):
    images = pictures(5, 720, 576)
    back, times, _ = whole(make(tmp_path / "a.dv", images, codec="dvvideo", pix_fmt="yuv420p", rate=25))
    assert len(back) == 5 and times[-1] == pytest.approx(4 / 25)
    assert back.shape[2] in (720, 768, 785, 788) and back.shape[1] == 576


def refused(path, sentence):
    """Hold that both ways to look at a clip refuse it, in one sentence."""
    for look in (video.probe, lambda p: list(video.read(p))):
        with pytest.raises(ClipError, match=sentence) as caught:
            look(path)
        assert "\n" not in str(caught.value) and "Errno" not in str(caught.value)


def test_what_is_no_clip_is_refused(tmp_path, capfd):
    refused(tmp_path / "none.mp4", "there is no clip .*none.mp4")
    refused(tmp_path, "is not a file")
    refused("/dev/zero", "is not a file")
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "is not a file")
    refused("a\0b.mp4", "there is no clip")
    refused("http://127.0.0.1/a.mp4", "there is no clip")
    contents = {
        "empty.mp4": b"",
        "text.mp4": b"This is no video.\n" * 100,
        "noise.mp4": noise(1).tobytes(),
        "json.avi": b'{"frames": []}',
        "zip.mkv": b"PK\x03\x04" + bytes(1000),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        refused(tmp_path / name, f"'{name}' is (empty|not a video that can be read)")
    assert capfd.readouterr().err == ""


def test_a_clip_without_its_index_is_refused(tmp_path):
    path = make(tmp_path / "a.mp4", noise(30))
    content = path.read_bytes()
    assert content.index(b"moov") > content.index(b"mdat")
    path.write_bytes(content[: content.index(b"moov") - 4])
    refused(path, "'a.mp4' is not a video .*its index is missing: the recording was interrupted")
    path.write_bytes(content[: content.index(b"moov") + 100])
    refused(path, "'a.mp4' is not a video .*its index is missing: the recording was interrupted")


@pytest.mark.parametrize("name", ["sound.mp4", "sound.mkv", "sound.m4a"])
def test_audio_alone_is_refused(tmp_path, name):
    refused(make(tmp_path / name, None, audio=True), f"'{name}' has no pictures, only audio")


def test_a_cover_of_a_song_is_no_video(tmp_path):
    path = make(tmp_path / "a.mp4", pictures(1), codec="mjpeg", pix_fmt="yuvj420p", audio=True)
    with av.open(str(path)) as song, av.open(str(tmp_path / "song.mp4"), "w") as out:
        streams = {s.index: out.add_stream_from_template(s) for s in song.streams}
        for stream in streams.values():
            if stream.type == "video":
                stream.disposition = av.stream.Disposition.attached_pic
        for packet in song.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    refused(tmp_path / "song.mp4", "'song.mp4' has no pictures, only audio")


def test_a_clip_without_frames_is_refused(tmp_path):
    path = make(tmp_path / "none.mkv", noise(5))
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\x1f\x43\xb6\x75")])
    refused(path, "'none.mkv' (is not a video|holds no frame|does not tell)")
    path = make(tmp_path / "none.mp4", noise(5))
    content = bytearray(path.read_bytes())
    at = content.index(b"mdat")
    end = content.index(b"moov") - 4
    content[at + 4 : end] = bytes(end - at - 4)
    path.write_bytes(content)
    refused(path, "'none.mp4' (holds no frame that can be decoded|does not tell the size)")


def test_pictures_beyond_the_limit_are_refused_before_decoding(tmp_path, monkeypatch):
    path = make(tmp_path / "large.mp4", np.zeros((1, 480, 640, 3), np.uint8), preset="ultrafast")
    monkeypatch.setattr(VideoStream, "decode", None, raising=False)
    limit(monkeypatch, max_width=600)
    with pytest.raises(ClipError, match=r"'large\.mp4' has pictures of 640x480 pixels; up to 600x16384 are read"):
        _reading.facts(path, None, "")
    refused(path, "'large.mp4' has pictures of 640x480 pixels; up to 600x16384 are read")
    limit(monkeypatch, max_width=640, max_pixels=300_000)
    refused(path, "'large.mp4' has pictures of 640x480 pixels, 0.307 megapixels; up to 0.3 are read")


def test_ten_hours_are_refused_before_decoding(tmp_path):
    path = make(tmp_path / "long.mp4", pictures(3), stamps=[0, 1000, 36_000_000])
    with pytest.raises(ClipError, match=r"'long.mp4' lasts 10.0 hours; clips of up to 8 hours are read"):
        video.probe(path)


def limit(monkeypatch, **changes):
    limits = dataclasses.replace(video.LIMITS, **changes)
    monkeypatch.setattr(video, "LIMITS", limits)
    monkeypatch.setattr(_container, "LIMITS", limits)


def refused_late(path, sentence):
    assert video.probe(path).width == 64
    with pytest.raises(ClipError, match=sentence):
        list(video.read(path))


def test_limits_hold_also_where_the_container_lies(tmp_path, monkeypatch):
    path = make(tmp_path / "a.h264", pictures(20), form="h264")
    limit(monkeypatch, max_frames=12)
    refused(path, r"'a.h264' has more than 12 frames")
    limit(monkeypatch, max_frames=10**6, max_hours=0.5 / 3600)
    refused(path, "lasts more than")
    first = make(tmp_path / "b.h264", pictures(5), form="h264").read_bytes()
    (tmp_path / "b.h264").write_bytes(first + make(tmp_path / "c.h264", pictures(5, 128, 96), form="h264").read_bytes())
    limit(monkeypatch, max_width=100)
    refused_late(tmp_path / "b.h264", "'b.h264' has pictures of 128x96 pixels; up to 100x16384 are read")


def test_a_clip_that_claims_fewer_frames_than_it_has_is_counted(tmp_path, monkeypatch):
    path = make(tmp_path / "a.mp4", pictures(20), container={"movflags": "+frag_keyframe+empty_moov"})
    limit(monkeypatch, max_frames=10)
    with pytest.raises(ClipError, match="more than 10 frames"):
        list(video.read(path))


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path, monkeypatch):
    limit(monkeypatch, max_bytes=2 * 1024**3)
    with (tmp_path / "big.mp4").open("wb") as file:
        file.truncate(3 * 1024**3)
    refused(tmp_path / "big.mp4", r"'big.mp4' has 3.0 GiB; clips of up to 2 GiB are read")


def test_a_clip_opens_no_other_file(tmp_path):
    secret = make(tmp_path / "secret.mp4", pictures(5))
    playlists = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n",
        "list.mp4": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "concat.mp4": f"ffconcat version 1.0\nfile '{secret}'\n",
        "sdp.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    }
    for name, content in playlists.items():
        (tmp_path / name).write_text(content)
        refused(tmp_path / name, f"'{name}' is (in the container '(hls|concat|sdp)', which is not read|not a video)")
    for name in ("concat:secret.mp4", "file:secret.mp4", "secret%03d.mp4", "-"):
        refused(name, "there is no clip")


def test_a_playlist_that_passed_the_first_door_stops_at_the_second(tmp_path, monkeypatch):
    secret = make(tmp_path / "secret.ts", pictures(5))
    (tmp_path / "list.mp4").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")
    asked = []

    def refuse(url, *_):
        asked.append(url)
        raise PermissionError

    monkeypatch.setattr(_container, "_refuse", refuse)
    monkeypatch.setattr(_container, "CONTAINERS", {"hls": None, "mpegts": None})
    with pytest.raises(ClipError, match=r"'list\.mp4' "):
        _reading.facts(tmp_path / "list.mp4", None, "")
    assert all(str(secret) in url for url in asked)


@pytest.mark.parametrize("name", ['x"><script>.mp4', "ä é.mp4", "100%d.mp4", "-i.mp4", "http:x.mp4", "a\nb.mp4"])
def test_names_are_only_names(tmp_path, name):
    path = make(tmp_path / "plain.mp4", pictures(3)).rename(tmp_path / name)
    assert video.probe(path).name == name.replace("\n", "\ufffd")
    assert len(whole(path)[0]) == 3


@pytest.mark.parametrize("size", [(64, 48), (63, 47)])
def test_encoded_clips_come_back(tmp_path, size):
    images = pictures(15, *size)
    path = tmp_path / "new" / "out.mp4"
    video.encode(path, iter(images), 12.5)
    clip = video.probe(path)
    back, _, warnings = whole(path)
    width, height = size
    assert (clip.width, clip.height) == (width + width % 2, height + height % 2)
    assert (clip.fps, clip.frames, warnings) == (12.5, 15, [])
    assert difference(back[:, :height, :width], images) < 4
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def test_nothing_is_left_of_a_clip_that_could_not_be_written(tmp_path):
    def broken():
        yield from pictures(5)
        raise RuntimeError("the source broke")

    with pytest.raises(RuntimeError, match="the source broke"):
        video.encode(tmp_path / "a.mp4", broken(), 25)
    with pytest.raises(ValueError, match="at least one frame"):
        video.encode(tmp_path / "a.mp4", [], 25)
    with pytest.raises(ValueError, match=r"must all be \(48, 64, 3\), got \(24, 32, 3\)"):
        video.encode(tmp_path / "a.mp4", [pictures(1)[0], pictures(1, 32, 24)[0]], 25)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        video.encode(tmp_path / "file" / "a.mp4", pictures(2), 25)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_checksum_is_that_of_the_file(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 3_000_000)
    assert video.sha256_of(tmp_path / "a") == hashlib.sha256(b"x" * 3_000_000).hexdigest()
    with pytest.raises(ClipError, match="there is no clip"):
        video.sha256_of(tmp_path / "b")


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.mp4", {}), ("a.mkv", {}), ("a.avi", {"codec": "mpeg4"}), ("a.ts", {}), ("a.gif", {"codec": "gif"})],
)
def test_any_damage_ends_in_frames_or_one_sentence(tmp_path, name, options):
    pix_fmt = "rgb8" if name == "a.gif" else "yuv420p"
    content = make(tmp_path / name, pictures(10), pix_fmt=pix_fmt, audio=name == "a.mp4", **options).read_bytes()
    random = np.random.default_rng(0)
    outcomes = set()
    for _ in range(25):
        broken = np.frombuffer(content, np.uint8).copy()
        places = random.integers(0, len(broken), random.integers(1, 40))
        broken[places] = random.integers(0, 256, len(places))
        (tmp_path / name).write_bytes(broken.tobytes()[: random.integers(len(broken) // 2, len(broken) + 1)])
        try:
            outcomes.add(len(whole(tmp_path / name)[0]) > 0)
        except ClipError as error:
            assert name in str(error)
            outcomes.add(False)
    assert True in outcomes
