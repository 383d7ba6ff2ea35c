"""Clips with damaged heads of fragments, bytes that hold no packet, or no index: what is said of them is true."""

import numpy as np
import pytest

from core import video
from core.errors import ClipError
from tests import twins
from tests.clips import make, noise, pictures
from tests.core.reading import told

FRAGMENTS = {"bf": 0, "g": 10, "sc_threshold": 0, "container": {"movflags": "+frag_keyframe+empty_moov"}}


def fragment(content, which, kind, at=0):
    """Return where a box of a fragment has its name, and ``at`` bytes behind its end."""
    heads = [i for i in range(len(content)) if content[i : i + 4] == b"moof"]
    return content.index(kind, heads[which]) + 4 + at


def damaged(path, which, kind, at, new):
    content = bytearray(make(path, pictures(60), rate=10, **FRAGMENTS).read_bytes())
    place = fragment(content, which, kind, at)
    content[place : place + len(new)] = new
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("kind", "at", "new"),
    [
        (b"moof", 0, bytes(range(100, 132))),
        (b"moof", -8, b"\xff\xff\xff\xf0"),
        (b"mfhd", -4, b"abcd"),
        (b"traf", -4, b"abcd"),
        (b"tfhd", 0, bytes(4)),
        (b"tfhd", 4, b"\0\0\0\7"),
        (b"trun", -4, b"abcd"),
        (b"trun", 4, b"\0\0\xff\xff"),
        (b"trun", 8, b"\0\1\0\0"),
        (b"trun", 16, bytes(4)),
    ],
)
def test_a_fragment_with_a_wrong_head_is_damaged_and_those_behind_it_are_read(tmp_path, kind, at, new):
    path = damaged(tmp_path / "a.mp4", 2, kind, at, new)
    clip = video.probe(path)
    _, times, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (60, 50, ((2.0, 3.0),))
    assert times[-1] == pytest.approx(5.9) and clip.frames is None
    assert reading.notes == ("'a.mp4' is damaged in 1 place: 10 of 60 frames could not be read (from 2.0 s to 3.0 s)",)


@pytest.mark.parametrize("length", [bytes(4), b"\xff\xff\xff\xf0", b"\0\0\x0f\xff"])
def test_a_wrong_length_of_a_fragments_data_costs_no_frame(tmp_path, length):
    path = damaged(tmp_path / "a.mp4", 2, b"mdat", -8, length)
    _, times, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (60, 60, ())
    np.testing.assert_allclose(times, np.arange(60) / 10, atol=1e-6)
    assert reading.notes[0].startswith("'a.mp4' is damaged in 1 place")


@pytest.mark.parametrize("which", [0, 2, 5])
@pytest.mark.parametrize("time", [b"\xff" * 8, (10**6).to_bytes(8, "big"), (1 << 60).to_bytes(8, "big"), bytes(8)])
def test_a_base_time_that_cannot_be_right_is_bridged(tmp_path, which, time):
    path = damaged(tmp_path / "a.mp4", which, b"tfdt", 4, time)
    _, times, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (60, 60, ())
    if (which, time) == (5, (10**6).to_bytes(8, "big")):  # some 90 s behind the others: as well a gap
        assert "nothing was recorded from 5.0 s" in reading.notes[0]
        return
    if (which, time) == (5, bytes(8)):  # as well a recorder that begins anew
        assert "run back by 5.0 s after 4.9 s" in reading.notes[0] and times[50] == pytest.approx(6.5)
        return
    np.testing.assert_allclose(times, np.arange(60) / 10, atol=1e-6)
    right = (which, time) == (0, bytes(8))
    said = "the base time of a fragment of 'a.mp4' cannot be right; its frames are timed by the fragments around"
    assert reading.notes == (() if right else (said,))


def test_a_gap_between_fragments_is_still_one(tmp_path):
    path = make(tmp_path / "a.mp4", pictures(60), rate=10, **FRAGMENTS)
    content = bytearray(path.read_bytes())
    late = int.from_bytes(content[fragment(content, 1, b"tfdt", 4) :][:8], "big") * 20
    for which in range(3, 6):
        place = fragment(content, which, b"tfdt", 4)
        content[place : place + 8] = (int.from_bytes(content[place : place + 8], "big") + late).to_bytes(8, "big")
    path.write_bytes(content)
    assert told(path)[2].notes == ("'a.mp4' has gaps: nothing was recorded from 3.0 s to 23.0 s",)


@pytest.mark.parametrize("which", [0, 5])
def test_a_damaged_first_or_last_fragment_is_said(tmp_path, which):
    path = damaged(tmp_path / "a.mp4", which, b"trun", 4, b"\0\0\xff\xff")
    clip = video.probe(path)
    _, times, reading = told(path)
    assert (reading.announced, reading.read) == (50, 50) and clip.frames is None
    assert times[-1] == pytest.approx(4.9)
    (sentence,) = reading.notes
    assert ("can be read up to 5.0 s; the last " if which else "the beginning of 'a.mp4' is damaged") in sentence


@pytest.mark.parametrize("which", [0, 3, 5])
@pytest.mark.parametrize("name", [b"xxxx", b"free", b"moov", b"mdat"])
def test_a_fragment_whose_name_was_overwritten_is_read(tmp_path, which, name):
    _, times, reading = told(damaged(tmp_path / "a.mp4", which, b"moof", -4, name))
    assert (reading.announced, reading.read, reading.unread, reading.notes) == (60, 60, (), ())
    np.testing.assert_allclose(times, np.arange(60) / 10, atol=1e-6)


LAST = {
    "no name": (-4, bytes(4)), "no length": (-8, bytes(4)), "a short length": (-8, b"\0\0\0\x20"),
    "a length beyond the file": (-8, b"\0\x7f\xff\xff"), "a length into the data": (-8, b"\0\0\1\x20"),
    "neither": (-8, bytes(8)), "no head": (-8, bytes(100)), "other names": (-4, b"abcd\0\0\0\x10efgh"),
    "ones": (-8, b"\xff" * 100),
}  # fmt: skip


@pytest.mark.parametrize("how", LAST)
def test_a_last_fragment_whose_head_is_damaged_is_said_not_to_be_read(tmp_path, how):
    path = damaged(tmp_path / "a.mp4", 5, b"moof", *LAST[how])
    clip = video.probe(path)
    _, times, reading = told(path)
    assert (reading.announced, reading.read) == (50, 50) and times[-1] == pytest.approx(4.9)
    assert clip.frames is None and len(reading.notes) == 1 == len(clip.notes)
    assert "can be read up to 5.0 s; the last " in reading.notes[0]


def test_data_without_a_head_between_fragments_is_damage_and_no_gap(tmp_path):
    _, _, reading = told(damaged(tmp_path / "a.mp4", 3, b"moof", *LAST["other names"]))
    assert (reading.announced, reading.read, reading.unread) == (60, 50, ((3.0, 4.0),))
    assert reading.notes == ("'a.mp4' is damaged in 1 place: 10 of 60 frames could not be read (from 3.0 s to 4.0 s)",)


def test_a_last_fragment_that_is_whole_is_not_cut_by_a_wrong_length_of_its_data(tmp_path):
    _, _, reading = told(damaged(tmp_path / "a.mp4", 5, b"mdat", -8, b"\x7f\0\0\0"))
    assert (reading.announced, reading.read, reading.unread, reading.notes) == (60, 60, (), ())


def test_a_fragmented_clip_of_which_nothing_can_be_read_is_not_said_to_be_no_mp4(tmp_path):
    path = make(tmp_path / "a.mp4", pictures(10), rate=10, **FRAGMENTS)
    twins.patched(path, b"trun", 8, 65535)
    with pytest.raises(ClipError) as caught:
        video.probe(path)
    assert "damaged" in str(caught.value) and "give an MP4" not in str(caught.value)


@pytest.mark.parametrize("kept", [0, 200, 205])
@pytest.mark.parametrize("codec", ["mjpeg", "libx264"])
def test_an_avi_without_its_index_is_not_cut(tmp_path, codec, kept):
    options = {"pix_fmt": "yuvj420p"} if codec == "mjpeg" else {"bf": 0}
    path = make(tmp_path / "a.avi", pictures(60), codec=codec, rate=10, **options)
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"idx1") + kept])
    assert video.probe(path).frames == 60
    _, _, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (60, 60, ())
    assert reading.notes == ("'a.avi' has no whole index at its end; it is read without one",)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.flv"])
def test_data_that_was_overwritten_is_damaged_and_no_gap(tmp_path, name):
    path = make(tmp_path / name, noise(60, 64, 48), rate=10, g=10, bf=0)
    _, before, _ = told(path)
    _, times, reading = told(twins.zeroed(path, 0.4, 0.2))
    assert reading.announced == 60 and 35 < reading.read < 52 and times[-1] == pytest.approx(before[-1])
    assert not any("nothing was recorded" in note for note in reading.notes)
    assert f"{60 - reading.read} of 60 frames could not be read" in reading.notes[0]


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.flv"])
def test_a_gap_is_no_damage_also_where_a_transport_stream_is_stuffed(tmp_path, name):
    ticks = np.r_[np.arange(25), np.arange(75, 95)] * 9000
    path = twins.stamped(tmp_path / name, ticks, images=noise(45, 64, 48), rate=10, bf=0)
    if name == "a.ts":
        content = path.read_bytes()
        at = content.index(b"\x47\x41\x00", int(len(content) * 0.56)) // 188 * 188
        path.write_bytes(content[:at] + (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 4000 + content[at:])
    _, _, reading = told(path)
    assert any("nothing was recorded from 2.5 s to 7.5 s" in note for note in reading.notes)
    assert reading.announced == reading.read == 45
