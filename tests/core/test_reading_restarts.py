"""Recorders that begin their clock anew in the middle of a file: no frame is lost, and no window spans the place."""

from fractions import Fraction

import numpy as np
import pytest

from core import video
from core.clock import GAP_SECONDS, Clock
from tests import twins
from tests.clips import make, noise, pictures
from tests.core.reading import told

FRAGMENTS = {"g": 10, "sc_threshold": 0, "container": {"movflags": "+frag_keyframe+empty_moov"}}
RESTARTS = {
    "to zero": (3, lambda t: [*t[:3], *(x - t[3] for x in t[3:])], 3.0),
    "in the last one": (5, lambda t: [*t[:5], 0], 5.0),
    "in the second one": (1, lambda t: [t[0], *(x - t[1] for x in t[1:])], 1.0),
    "to a later time": (3, lambda t: [*(x + t[5] for x in t[:3]), *(x - t[3] + t[1] for x in t[3:])], 7.0),
    "by half a fragment": (3, lambda t: [*t[:3], *(x - t[1] // 2 for x in t[3:])], 0.5),
    "by a fragment": (2, lambda t: [*t[:2], *(x - t[1] for x in t[2:])], 1.0),
    "from far away": (3, lambda t: [*(x + 10**9 for x in t[:3]), *(x - t[3] for x in t[3:])], 3.0 + 10**9 / 10240),
}
SAME = {
    "64 bits": lambda t: [x - t[3] for x in t],
    "63 bits": lambda t: [(x - t[3]) % 2**63 for x in t],
    "32 bits": lambda t: [(x - t[3]) % 2**32 for x in t],
    "33 bits": lambda t: [(x - t[3]) % 2**33 for x in t],
    "below zero": lambda t: [x - 10**6 for x in t],
    "late": lambda t: [x + t[5] for x in t],
    "later than a clip may last": lambda t: [x + 10**9 for x in t],
    "none": lambda t: [0] * 6,
    "half": lambda t: [x // 2 for x in t],
}


def retimed(path, change, bf=0):
    """Write six fragments of a second each, with the base times that ``change`` makes of theirs."""
    make(path, pictures(60), rate=10, bf=bf, **FRAGMENTS)
    content, places = bytearray(path.read_bytes()), []
    path.with_name("as made.mp4").write_bytes(content)
    while (at := content.find(b"tfdt", places[-1] if places else 0)) >= 0:
        places.append(at + 8)
    told = [int.from_bytes(content[at : at + 8], "big") for at in places]
    for at, time in zip(places, change(told), strict=True):
        content[at : at + 8] = (time % 2**64).to_bytes(8, "big")
    path.write_bytes(content)
    return path


def gap_of(times):
    """Return the frame behind which alone there is a gap."""
    (frame,) = Clock.of(times).gaps()
    return frame


@pytest.mark.parametrize("bf", [0, 2])
@pytest.mark.parametrize("how", RESTARTS)
def test_fragments_that_begin_anew_are_all_read_behind_a_gap_of_unknown_length(tmp_path, how, bf):
    which, change, back = RESTARTS[how]
    path = retimed(tmp_path / "a.mp4", change, bf)
    images, times, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (60, 60, ())
    np.testing.assert_allclose(np.delete(np.diff(times), 10 * which - 1), 0.1, atol=1e-3)
    assert gap_of(times) == 10 * which - 1
    (sentence,) = reading.notes
    assert f"run back by {back:.1f} s after {which - 0.1:.1f} s, as after an interruption" in sentence
    assert video.probe(path).notes == reading.notes and video.probe(path).frames == 60
    np.testing.assert_array_equal(images, told(tmp_path / "as made.mp4")[0])


@pytest.mark.parametrize("how", SAME)
def test_base_times_that_wrap_or_are_no_clock_s_lose_no_frame(tmp_path, how):
    _, times, reading = told(retimed(tmp_path / "a.mp4", SAME[how]))
    assert (reading.announced, reading.read, reading.unread) == (60, 60, ())
    np.testing.assert_allclose(times, np.arange(60) / 10, atol=1e-3)
    none = ("the base times of the fragments of 'a.mp4' do not grow; each is timed as if it followed at once",)
    assert reading.notes == (none if how in ("none", "half") else ())


def test_several_restarts_are_several_gaps(tmp_path):
    path = retimed(tmp_path / "a.mp4", lambda t: [*t[:2], *t[:2], *t[:2]])
    _, times, reading = told(path)
    assert Clock.of(times).gaps() == [19, 39] and reading.read == 60
    assert "run back by 2.0 s after 1.9 s, and in 1 other place" in reading.notes[0]


def test_a_base_time_within_a_frame_of_the_one_before_is_no_restart(tmp_path):
    path = retimed(tmp_path / "a.mp4", lambda t: [*t[:3], *(x - t[1] // 10 for x in t[3:])])
    _, times, reading = told(path)
    assert reading.read == 60 and not Clock.of(times).gaps()
    assert "cannot be right" in reading.notes[0]


def joined(path, ticks, bf):
    """Write two recordings of 30 frames, one behind the other, as a recorder does that goes on in the same file."""
    base = Fraction(1, 1000) if path.suffix in (".flv", ".mkv") else Fraction(1, 90000)
    how = {"container": {"live": "1"}} if path.suffix == ".mkv" else {}
    images, files = noise(60, 64, 48), []
    for part in (slice(30), slice(30, 60)):
        file = path.with_name(f"{part.start}{path.suffix}")
        stamps = (1 + ticks[part] / 10) / float(base)
        twins.stamped(file, np.rint(stamps), base, images[part], rate=10, bf=bf, g=10, **how)
        files.append(file.read_bytes())
    head = {".flv": 13, ".mkv": files[1].find(b"\x1f\x43\xb6\x75")}.get(path.suffix, 0)
    path.write_bytes(files[0] + files[1][head:])
    return path


@pytest.mark.parametrize("bf", [0, 2])
@pytest.mark.parametrize("name", ["a.ts", "a.mpg", "a.flv", "a.mkv"])
@pytest.mark.parametrize("back", [2, 5, 20, 30])
def test_a_recording_behind_another_one_is_read_behind_a_gap_of_unknown_length(tmp_path, name, back, bf):
    path = joined(tmp_path / name, np.r_[np.arange(30), np.arange(30) + 30 - back], bf)
    _, times, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (60, 60, ())
    late = path.suffix == ".mpg"  # FFmpeg ends the last frame of MPEG-PS in the first one of the next recording
    assert gap_of(times) == 29 + late and times[-1] == pytest.approx(5.9 + 1.5 * GAP_SECONDS, abs=2e-3)
    said = [note for note in reading.notes if "was never finished" not in note]
    assert len(said) == 1 and f"run back by {(back - 1) / 10:.1f} s after 2.9 s" in said[0]
    assert all("it holds 6.0 s (60 frames)" in note for note in set(reading.notes) - set(said))
