"""Clips with a hole in the middle: what is behind it keeps its seconds, or is said to be out of reach."""

import av
import numpy as np
import pytest

from core import video
from core._fragments import Hole
from tests import twins
from tests.clips import make, noise
from tests.core.reading import told

MJPEG = {"codec": "mjpeg", "pix_fmt": "yuvj420p"}


def hit(path, share, length):
    """Return the first and the last packet of pictures that lie in a part of a file."""
    size = path.stat().st_size
    with av.open(str(path)) as clip:
        places = [(packet.pos, packet.pos + packet.size) for packet in clip.demux(video=0) if packet.size]
    inside = [i for i, (at, end) in enumerate(places) if end > size * share and at < size * (share + length)]
    return inside[0], inside[-1]


@pytest.mark.parametrize(
    "options",
    [MJPEG, {**MJPEG, "audio": True}, {"bf": 0, "g": 10}, {"codec": "mpeg4", "g": 10}, {"codec": "mpeg4", "bf": 2}],
    ids=["mjpeg", "sound", "h264", "mpeg4", "mpeg4-b"],
)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_frames_behind_a_hole_in_an_avi_keep_their_seconds(tmp_path, options, share):
    path = make(tmp_path / "a.avi", noise(180), rate=10, **options)
    intact, before, _ = told(path)
    count, (begin, end) = len(before), hit(path, share, 0.1)
    back, times, reading = told(twins.zeroed(path, share, 0.1))
    clip = video.probe(path)
    assert count - 45 < reading.read < count - 12 and reading.announced == clip.announced == count
    assert times[-1] == pytest.approx(before[-1])
    apart = np.abs(back[:, ::4, ::4].astype(np.int16)[:, None] - intact[None, :, ::4, ::4]).mean((2, 3, 4))
    sure = apart.min(1) < 2
    assert sure.sum() > reading.read - 12
    assert (np.abs(times[sure] - before[apart.argmin(1)[sure]]) > 0.01).sum() <= 2
    lost = sum(last - first for first, last in reading.unread)
    assert lost == pytest.approx((count - reading.read) / 10, abs=0.01)
    assert abs(reading.unread[0][0] - begin / 10) < 0.35 and end / 10 - 0.2 < reading.unread[-1][1] < end / 10 + 1.6
    (sentence,) = reading.notes
    assert sentence.startswith("'a.avi' is damaged in ") and "only its first" not in sentence
    assert f"{count - reading.read} of {count} frames could not be read (from " in sentence
    if "audio" not in options:  # with sound, FFmpeg goes by the index by itself, and gives what lies in the hole
        assert clip.frames is None and clip.notes[0].startswith("'a.avi' lost data on its way in 1 place; ")


def test_a_hole_and_a_cut_end_of_an_avi_are_both_said(tmp_path):
    path = make(tmp_path / "a.avi", noise(180), rate=10, **MJPEG)
    begin, stop = hit(path, 0.3, 0.1)
    _, times, reading = told(twins.zeroed(twins.zeroed(path, 0.3, 0.1), 0.8, 0.19))
    assert reading.announced == 180 and times[-1] == pytest.approx(14.4, abs=0.4)
    (first, last), (third, end) = reading.unread
    assert first == pytest.approx(begin / 10, abs=0.11) and last == pytest.approx(stop / 10, abs=0.21)
    assert (third, end) == (pytest.approx(times[-1] + 0.1), 18.0)
    assert f"{180 - reading.read} of 180 frames could not be read (from {first:.1f} s to " in reading.notes[0]


def test_a_long_hole_in_an_avi_is_no_gap_and_places_left_empty_are_none_of_it(tmp_path):
    ticks = np.r_[np.arange(100), np.arange(120, 200)]
    path = twins.stamped(tmp_path / "a.avi", ticks, twins.Fraction(1, 10), noise(180), rate=10, **MJPEG)
    assert video.probe(path).announced == 200
    begin, _ = hit(path, 0.2, 0.2)
    _, times, reading = told(twins.zeroed(path, 0.2, 0.2))
    assert reading.announced == 200 and times[-1] == pytest.approx(19.9)
    ((first, last),) = reading.unread
    lost = 180 - reading.read
    assert last - first == pytest.approx(lost / 10) and first == pytest.approx(begin / 10, abs=0.11)
    assert any(f"{lost} of 200 frames could not be read (from {first:.1f} s" in note for note in reading.notes)
    assert "20 frames were not recorded: 'a.avi' has empty places for them" in reading.notes
    gaps = [note for note in reading.notes if "gaps" in note]
    assert gaps == ["'a.avi' has gaps: nothing was recorded from 10.0 s to 12.0 s"]


FRAGMENTS = {"container": {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}}


@pytest.mark.parametrize("options", [{"bf": 0}, {"bf": 3}, {"codec": "libx265"}], ids=["h264", "h264-b", "hevc"])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.7])
def test_fragments_behind_a_hole_are_read_at_their_seconds(tmp_path, options, share):
    path = make(tmp_path / "a.mp4", noise(180), rate=10, g=10, **options, **FRAGMENTS)
    intact, before, _ = told(path)
    begin, end = hit(path, share, 0.1)
    back, times, reading = told(twins.zeroed(path, share, 0.1))
    clip = video.probe(path)
    assert reading.announced == clip.announced == 180 and 140 < reading.read < 172
    assert times[-1] == pytest.approx(17.9)
    apart = np.abs(back[:, ::4, ::4].astype(np.int16)[:, None] - intact[None, :, ::4, ::4]).mean((2, 3, 4))
    sure = apart.min(1) < 1
    assert sure.sum() > reading.read - 12
    assert (np.abs(times[sure] - before[apart.argmin(1)[sure]]) > 0.01).sum() <= 2
    assert sum(last - first for first, last in reading.unread) == pytest.approx((180 - reading.read) / 10, abs=0.01)
    assert begin / 10 - 0.5 < reading.unread[0][0] and reading.unread[-1][1] < end / 10 + 2
    (sentence,) = reading.notes
    assert f"{180 - reading.read} of 180 frames could not be read (from " in sentence
    assert clip.frames is None and clip.notes[0].startswith("'a.mp4' lost data on its way in 1 place; ")


def test_two_holes_between_fragments_are_both_bridged(tmp_path):
    path = make(tmp_path / "a.mp4", noise(180), rate=10, g=10, bf=0, **FRAGMENTS)
    _, times, reading = told(twins.zeroed(twins.zeroed(path, 0.2, 0.1), 0.6, 0.1))
    assert times[-1] == pytest.approx(17.9) and reading.announced == 180
    assert sum(last - first for first, last in reading.unread) == pytest.approx((180 - reading.read) / 10, abs=0.01)
    assert np.diff(times)[np.diff(times) > 0.55].size == 2
    assert not any("nothing was recorded" in note for note in reading.notes)


@pytest.mark.parametrize(("first", "last"), [(0, 40), (20, 40), (40, 41)])
def test_a_hole_that_ends_in_a_fragments_own_length_is_bridged_to_the_next_one(tmp_path, first, last):
    path = make(tmp_path / "a.mp4", noise(180), rate=10, g=1, bf=0, **FRAGMENTS)
    content = bytearray(path.read_bytes())
    heads = [at for at in range(len(content)) if content[at : at + 4] == b"moof"]
    assert len(heads) == 180
    content[heads[first] : heads[last]] = bytes(heads[last] - heads[first])
    path.write_bytes(content)
    _, times, reading = told(path)
    assert reading.read == 180 - (last + 1 - first)
    assert times[-1] == pytest.approx(17.9 if first else 17.9 - (last + 1) / 10)


def test_the_end_of_a_fragmented_clip_without_a_fragment_is_said(tmp_path):
    path = make(tmp_path / "a.mp4", noise(180), rate=10, g=10, bf=0, **FRAGMENTS)
    clip = video.probe(twins.zeroed(path, 0.7, 0.3))
    _, times, reading = told(path)
    (note,) = [note for note in reading.notes if "% of the file cannot" in note]
    assert note.startswith(f"'a.mp4' can be read up to {times[-1] + 0.1:.1f} s; the last ")
    assert clip.frames is None and any("% of the file cannot" in sentence for sentence in clip.notes)


def test_a_fragmented_clip_that_is_whole_has_nothing_said_of_it(tmp_path):
    path = make(tmp_path / "a.mp4", noise(60), rate=10, g=10, audio=True, **FRAGMENTS)
    assert video.probe(path).notes == told(path)[2].notes == ()


def test_a_head_is_laid_over_a_hole_wherever_a_reading_begins():
    hole = Hole(10, 30)
    content = bytes(range(40))
    whole = content[:10] + b"\0\0\0\x14free" + content[18:]
    for first in range(40):
        for last in range(first, 41):
            assert hole.patch.covered(content[first:last], first) == whole[first:last]
    assert len(Hole(0, 1 << 33).patch.cover) == 16
