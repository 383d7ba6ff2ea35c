"""Seconds come from the file's own time stamps, and where those tell nothing, it is said."""

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from core import _container, video
from core.errors import ClipError
from tests import twins
from tests.clips import make, noise, pictures
from tests.core.reading import difference, told, whole

TICK = Fraction(1, 90000)


def times_of(path, **options):
    return told(path, **options)[1]


def test_a_variable_rate_keeps_its_own_seconds(tmp_path):
    ticks = np.cumsum([0, *([9000, 2970, 18000] * 20)]) + 90000
    for name in ("phone.mp4", "phone.mkv", "phone.ts"):
        path = twins.stamped(tmp_path / name, ticks, rate=10)
        clip = video.probe(path)
        np.testing.assert_allclose(times_of(path), (ticks - ticks[0]) / 90000, atol=2e-3)
        assert clip.fps == pytest.approx(60 / (ticks[-1] - ticks[0]) * 90000, rel=1e-3) and clip.notes == ()


def test_frames_that_an_edit_list_hides_are_not_announced(tmp_path):
    images = pictures(60)
    path = make(tmp_path / "a.mp4", images, crf=10)
    start, delta = twins.number(path, b"elst", 16), twins.number(path, b"stts", 16)
    twins.patched(path, b"elst", 16, start + 20 * delta)
    twins.patched(path, b"elst", 12, 40 * 1000 // 25)
    clip = video.probe(path)
    back, times, reading = told(path)
    assert (clip.frames, clip.announced, reading.announced, reading.read) == (40, 40, 40, 40)
    np.testing.assert_allclose(times, np.arange(40) / 25, atol=1e-9)
    assert difference(back, images[20:]) < 4 and reading.notes == clip.notes == ()


def test_an_edit_list_that_hides_most_of_a_clip_is_said(tmp_path):
    path = make(tmp_path / "a.mp4", pictures(60))
    twins.patched(path, b"elst", 16, twins.number(path, b"elst", 16) + 50 * twins.number(path, b"stts", 16))
    twins.patched(path, b"elst", 12, 10 * 1000 // 25)
    assert video.probe(path).announced == 10
    assert video.probe(path).notes == ("an edit list in 'a.mp4' hides 50 of its 60 frames; they are not read",)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mp4"])
@pytest.mark.parametrize("start", [-5, 0, 3, 7000])
def test_times_count_from_the_first_shown_frame_wherever_the_file_begins(tmp_path, name, start):
    if start < 0 and name != "a.mkv":
        pytest.skip("MPEG-TS has no time stamps below 0, and in an MP4 such frames are hidden")
    ticks = np.arange(30) * 3600 + start * 90000 + 3 * 3600
    path = twins.stamped(tmp_path / name, ticks, container={"avoid_negative_ts": "disabled"})
    np.testing.assert_allclose(times_of(path), np.arange(30) / 25, atol=1e-3)


@pytest.mark.parametrize("before", [30, 65])
def test_a_counter_of_mpeg_that_begins_again_goes_on(tmp_path, before):
    ticks = np.arange(140) * 45000 + 2**33 - before * 90000
    path = twins.stamped(tmp_path / "wrap.ts", ticks, rate=2)
    np.testing.assert_allclose(times_of(path), np.arange(140) / 2, atol=1e-6)
    assert video.probe(path).fps == 2 and video.probe(path).notes == ()


def test_recordings_one_after_the_other_in_one_file(tmp_path):
    parts = [twins.stamped(tmp_path / f"{i}.ts", np.arange(50) * 3600 + 126000).read_bytes() for i in range(3)]
    (tmp_path / "a.ts").write_bytes(b"".join(parts))
    _, times, sentences = whole(tmp_path / "a.ts")
    np.testing.assert_allclose(times, np.arange(150) / 25 + np.repeat([0, 1.5, 3], 50), atol=1e-6)
    (sentence,) = sentences
    assert sentence == (
        "the time stamps of 'a.ts' run back by 2.0 s after 2.0 s, and in 1 other place, as after an interruption: how "
        "long it took is not known, and 1.5 s are put in its place"
    )


def test_a_gap_is_kept_and_said(tmp_path):
    ticks = np.concatenate([np.arange(40), np.arange(165, 200)]) * 3600
    for name in ("gap.mkv", "gap.mp4", "gap.ts"):
        path = twins.stamped(tmp_path / name, ticks + 90000)
        _, times, sentences = whole(path)
        np.testing.assert_allclose(times, ticks / 90000, atol=2e-3)
        assert (
            sentences
            == list(video.probe(path).notes)
            == [f"'{name}' has gaps: nothing was recorded from 1.6 s to 6.6 s"]
        )
        assert video.probe(path).fps == pytest.approx(25, rel=1e-3)
        assert (video.probe(path).announced, video.probe(path).frames) == (75, 75)


def test_many_gaps_take_one_sentence(tmp_path):
    ticks = np.concatenate([np.arange(5) * 3600 + i * 10 * 90000 for i in range(6)])
    (sentence,) = video.probe(twins.stamped(tmp_path / "a.mkv", ticks)).notes
    assert sentence.startswith("'a.mkv' has gaps: nothing was recorded in 5 places, the longest from ")


def test_a_jump_of_hours_is_a_gap_and_one_beyond_the_limit_is_left_out(tmp_path):
    first = twins.stamped(tmp_path / "1.ts", np.arange(40) * 3600 + 126000).read_bytes()
    for hours in (3, 20):
        second = twins.stamped(tmp_path / "2.ts", np.arange(40) * 3600 + 126000 + hours * 3600 * 90000).read_bytes()
        (tmp_path / "a.ts").write_bytes(first + second)
        _, times, sentences = whole(tmp_path / "a.ts")
        assert times[40] == pytest.approx(3 * 3600 if hours == 3 else 3.1)
        said = "nothing was recorded from 1.6 s to 10800.0 s" if hours == 3 else "jump by 20.0 hours after 1.6 s"
        assert len(sentences) == 1 and said in sentences[0]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("raw.264", {"form": "h264", "x264-params": "force-cfr=1:no-info=1:vui-timing=0"}),
        ("raw.mjpeg", {"codec": "mjpeg", "pix_fmt": "yuvj420p", "form": "mjpeg"}),
    ],
)
def test_the_rate_of_a_clip_without_time_stamps_is_assumed_and_said(tmp_path, name, options):
    images = pictures(30)
    path = make(tmp_path / name, images, **options)
    path.write_bytes(path.read_bytes())
    for fps in (None, 10.0):
        clip = video.probe(path, fps)
        back, times, reading = told(path, fps=fps)
        assert clip.fps == (fps or clip.fps) and len(back) == clip.announced == 30
        np.testing.assert_allclose(times, np.arange(30) / clip.fps, atol=1e-9)
        (sentence,) = clip.notes
        assert sentence.startswith(f"'{name}' has no time stamps") and reading.notes == clip.notes
        assert f"{clip.fps:g} frames/s are assumed" in sentence
    if name == "raw.mjpeg":
        assert video.probe(path).fps == 25 and "it tells no frame rate" in video.probe(path).notes[0]


def test_the_rate_that_a_coded_stream_tells_is_taken_unless_another_is_asked_for(tmp_path):
    path = make(tmp_path / "a.265", pictures(20), codec="libx265", form="hevc", rate=12)
    assert video.probe(path).fps == 12
    assert video.probe(path).notes == ("'a.265' has no time stamps; 12 frames/s are assumed, as its coded stream says",)
    assert video.probe(path, 20.0).fps == 20
    assert video.probe(path, 20.0).notes == (
        "'a.265' has no time stamps; 20 frames/s are assumed, although its coded stream says 12",
    )
    path = make(tmp_path / "a.m2v", pictures(20), codec="mpeg2video", form="mpeg2video", rate=30)
    assert (video.probe(path, 20.0).fps, video.probe(path, 20.0).notes) == (30, ())


def test_a_rate_is_assumed_only_where_the_file_has_none(tmp_path):
    path = make(tmp_path / "a.mp4", pictures(20))
    assert video.probe(path, 10.0).fps == 25 and times_of(path, fps=10.0)[1] == pytest.approx(0.04)


@pytest.mark.parametrize("scale", [1, 10, 100, 1000, 128_000, 12_800_000, 2**31])
def test_a_time_scale_that_was_overwritten_loses_no_frame_in_silence(tmp_path, scale):
    path = make(tmp_path / "a.mp4", pictures(48))
    twins.patched(path, b"mdhd", 16, scale)
    clip = video.probe(path)
    back, times, reading = told(path)
    assert (len(back), clip.announced, reading.read) == (48, 48, 48)
    np.testing.assert_allclose(times, np.arange(48) / 25, atol=1e-9)
    (sentence,) = clip.notes
    assert sentence.startswith("the time stamps of 'a.mp4' cannot be right: they ")
    assert sentence.endswith("; 25 frames/s are assumed") and reading.notes == clip.notes


def test_time_stamps_that_stand_still_are_replaced_by_a_rate(tmp_path):
    path = twins.patched(make(tmp_path / "a.mp4", pictures(40), bf=0), b"stts", 16, 0)
    _, times, sentences = whole(path)
    np.testing.assert_allclose(times, np.arange(40) / 25, atol=1e-9)
    assert sentences == ["the time stamps of 'a.mp4' cannot be right: they do not grow; 25 frames/s are assumed"]


def test_a_scale_of_matroska_that_contradicts_its_rate_is_not_believed(tmp_path):
    path = make(tmp_path / "a.mkv", pictures(40))
    content = path.read_bytes()
    at = content.index(bytes.fromhex("2ad7b183")) + 4
    path.write_bytes(content[:at] + b"\xff\xff\xff" + content[at + 3 :])
    _, times, sentences = whole(path)
    np.testing.assert_allclose(times, np.arange(40) / 25, atol=1e-9)
    assert "but the file says 25 frames/s" in sentences[0]


@pytest.mark.parametrize("stamp", [30_000, 65_535])
def test_a_cluster_with_a_wrong_time_is_put_back(tmp_path, stamp):
    path = make(tmp_path / "a.mkv", noise(150), g=12, container={"cluster_time_limit": "500"})
    content = path.read_bytes()
    place = -1
    for _ in range(4):
        place = content.index(bytes.fromhex("1f43b675"), place + 1)
    at = content.index(b"\xe7\x82", place) + 2
    path.write_bytes(content[:at] + stamp.to_bytes(2, "big") + content[at + 2 :])
    _, times, sentences = whole(path)
    np.testing.assert_allclose(times, np.arange(150) / 25, atol=1e-2)
    assert len(sentences) == 1 and "cannot be right; those frames are timed by their neighbours" in sentences[0]


def test_places_that_an_avis_recorder_left_empty_were_not_recorded(tmp_path):
    places = [0, 1, 2, 5, 6, 7, 9, 12, 13, 20]
    path = twins.stamped(tmp_path / "dvr.avi", places, Fraction(1, 10), rate=10, codec="mjpeg", pix_fmt="yuvj420p")
    clip = video.probe(path)
    _, times, reading = told(path)
    np.testing.assert_allclose(times, np.array(places) / 10)
    assert (clip.frames, clip.announced, reading.announced, reading.read, reading.unread) == (10, 21, 21, 10, ())
    assert clip.notes == reading.notes == ("11 frames were not recorded: 'dvr.avi' has empty places for them",)


def test_an_avi_with_a_fine_clock_has_no_empty_places(tmp_path):
    ticks = [0, 100, 133, 333, 433, 466, 666]
    path = twins.stamped(tmp_path / "a.avi", ticks, Fraction(1, 1000), rate=1000, codec="mjpeg", pix_fmt="yuvj420p")
    _, times, reading = told(path)
    np.testing.assert_allclose(times, np.array(ticks) / 1000, atol=2e-3)
    assert (reading.announced, reading.read, reading.notes) == (7, 7, ())


def test_single_frames_that_are_missing_in_a_steady_clip_are_said(tmp_path):
    ticks = np.delete(np.arange(200), [50, 51, 120]) * 3600
    path = twins.stamped(tmp_path / "a.mkv", ticks)
    clip, (_, times, sentences) = video.probe(path), whole(path)
    np.testing.assert_allclose(times, ticks / 90000, atol=2e-3)
    assert sentences == list(clip.notes) == ["'a.mkv' lacks 3 frames between others: they were lost, or never recorded"]
    assert clip.fps == 25


def test_a_clip_that_lasts_too_long_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    path = twins.stamped(tmp_path / "a.ts", np.arange(40) * 90000 + 90000, rate=1)
    monkeypatch.setattr(video, "LIMITS", dataclasses.replace(_container.LIMITS, max_hours=0.01))
    with pytest.raises(ClipError, match=r"'a\.ts' lasts more than 0.01 hours"):
        video.probe(path)


def test_only_the_frames_that_are_wanted_are_handed_over(tmp_path):
    path = make(tmp_path / "a.mp4", pictures(50))
    images, times, _ = told(path, 50)
    asked = [0, 3, 4, 5, 20, 21, 22, 23, 24, 25, 26, 40, 49]
    for chunk in (1, 3, 4, 32):
        parts = list(video.read(path, chunk, wanted=set(asked).__contains__))
        numbers = [part.first + i for part in parts for i in range(len(part))]
        assert numbers == asked and all(len(part) <= chunk for part in parts)
        for part in parts:
            rows = slice(part.first, part.first + len(part))
            assert np.array_equal(part.images, images[rows]) and np.array_equal(part.times, times[rows])
    ended = []
    assert list(video.read(path, 8, ended.append, wanted=lambda number: False)) == []
    assert ended[0].read == 50
