"""A process of its own decodes each clip; what becomes of it is one sentence on one clip."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import psutil
import pytest

from core import _alive, _boxes, _cage_pool, _reading, cage, video
from core._cage_frames import Receiver, answer
from core._cage_pool import POOL
from core.errors import ClipError, DecoderError
from tests.clips import make, pictures


@pytest.fixture
def clip(tmp_path):
    return make(tmp_path / "a.mp4", pictures(200, 320, 240), g=10)


def halfway(path):
    """Return a reading that has given its first chunk, and the process that decodes for it."""
    POOL.rest()
    before = {child.pid for child in server().children()}
    parts = video.read(path, 8)
    assert len(next(parts)) == 8
    (pid,) = {child.pid for child in server().children()} - before
    return parts, psutil.Process(pid)


def server():
    return psutil.Process(POOL.server()._process.pid)


@pytest.mark.parametrize("wanted", [None, lambda n: n % 4 == 0, {3, 4, 5, 100, 199}.__contains__, lambda n: n >= 150,
                                    lambda n: n < 20, lambda n: False])  # fmt: skip
@pytest.mark.parametrize("chunk", [1, 8, 33])
def test_frames_and_chunks_are_those_of_this_process(clip, wanted, chunk):
    ends = [[], []]
    here = list(_reading.frames(clip, chunk, ends[0].append, None, wanted))
    there = list(video.read(clip, chunk, ends[1].append, wanted=wanted))
    assert [(a.first, len(a)) for a in here] == [(a.first, len(a)) for a in there]
    for a, b in zip(here, there, strict=True):
        np.testing.assert_array_equal(a.images, b.images)
        np.testing.assert_array_equal(a.times, b.times)
    assert ends[0] == ends[1] and len(ends[0]) == 1


def test_large_chunks_are_put_together_of_batches(tmp_path, monkeypatch):
    path = make(tmp_path / "a.mp4", np.zeros((30, 1080, 1920, 3), np.uint8), preset="ultrafast")
    parts = list(video.read(path, 16))
    assert [(part.first, len(part)) for part in parts] == [(0, 16), (16, 14)]


def test_a_process_is_used_again_for_its_own_file_alone(clip, tmp_path):
    POOL.rest()
    video.probe(clip)
    (first,) = server().children()
    list(video.read(clip))
    assert server().children() == [first]
    video.probe(make(tmp_path / "b.mp4", pictures(5)))
    assert len(server().children()) == 2
    os.utime(clip)
    video.probe(clip)
    assert len(server().children()) <= _cage_pool.KEPT


def test_a_reading_that_is_given_up_leaves_its_process_ready(clip):
    parts, process = halfway(clip)
    parts.close()
    assert sum(map(len, video.read(clip))) == 200
    assert process.is_running() and process in server().children()


def test_a_slow_reader_gets_all_frames_and_an_idle_process_ends(clip, monkeypatch):
    monkeypatch.setattr(_cage_pool, "IDLE_SECONDS", 0.3)
    short = make(clip.with_name("b.mp4"), pictures(16))
    parts, process = halfway(short)
    time.sleep(1.5)
    assert sum(map(len, parts)) == 8
    until = time.monotonic() + 20
    while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
        time.sleep(0.1)
    assert process.status() == psutil.STATUS_ZOMBIE
    assert video.probe(short).frames == 16


def test_what_the_asker_raises_comes_out(clip):
    def asked(number):
        raise KeyError(number)

    with pytest.raises(KeyError):
        list(video.read(clip, wanted=asked))
    assert sum(map(len, video.read(clip))) == 200


@pytest.mark.parametrize(("number", "said"), [
    (signal.SIGSEGV, "its decoder crashed (SIGSEGV); convert it to H.264 in an MP4"),
    (signal.SIGABRT, "its decoder crashed (SIGABRT); convert it to H.264 in an MP4"),
    (signal.SIGKILL, "its decoder was ended from outside, as when memory runs out; close other programs and try again"),
    (signal.SIGXCPU, "no frame came within 10 s of computing; it is damaged, or made to cost time"),
])  # fmt: skip
def test_the_end_of_a_process_is_one_sentence_on_one_clip(clip, tmp_path, number, said):
    parts, process = halfway(clip)
    other = video.read(make(tmp_path / "b.mp4", pictures(50)), 8)
    next(other)
    process.send_signal(number)
    with pytest.raises(DecoderError) as caught:
        list(parts)
    assert str(caught.value) == f"'a.mp4' cannot be read: {said}"
    assert sum(map(len, other)) == 42
    assert sum(map(len, video.read(clip))) == 200


def test_a_process_that_stands_still_is_ended(clip, monkeypatch):
    monkeypatch.setattr(_cage_pool, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(_cage_pool, "STILL_SECONDS", 1.0)
    parts, process = halfway(clip)
    process.suspend()
    with pytest.raises(DecoderError, match=r"^'a.mp4' cannot be read: its decoder stood still for 1 s"):
        list(parts)
    assert not process.is_running()


def test_a_server_that_ended_is_started_again(clip):
    video.probe(clip)
    server().kill()
    POOL._server._process.wait()
    assert video.probe(clip).frames == 200


def test_a_process_that_computes_without_a_sign_of_life_is_ended():
    code = "from core._confine import Beat\nbeat = Beat(1.0)\nfor _ in range(10**5): beat()\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", code], timeout=120)
    assert done.returncode == -signal.SIGXCPU


def test_too_little_memory_is_one_sentence(tmp_path, monkeypatch):
    path = make(tmp_path / "a.mp4", np.zeros((4, 4000, 6000, 3), np.uint8), preset="ultrafast")
    monkeypatch.setattr(video, "LIMITS", dataclasses.replace(video.LIMITS, max_process_bytes=420 << 20))
    with pytest.raises(ClipError) as caught:
        list(video.read(path))
    assert str(caught.value).startswith("'a.mp4' ") and "\n" not in str(caught.value)


def test_memory_is_bounded_and_told(tmp_path):
    path = make(tmp_path / "a.mp4", np.zeros((12, 4096, 4096, 3), np.uint8), preset="ultrafast")
    assert sum(map(len, video.read(path))) == 12
    assert 100e6 < cage.peak() < 1.5e9


def test_two_readings_at_once_do_not_meet(clip, tmp_path):
    other, counts = make(tmp_path / "b.mp4", pictures(100)), []
    jobs = [threading.Thread(target=lambda p=p: counts.append(sum(map(len, video.read(p))))) for p in [clip, other] * 3]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert sorted(counts) == [100] * 3 + [200] * 3


class Liar:
    """A process that says what it wants."""

    name = "a.mp4"

    def __init__(self, *says):
        self.says, self.closed = list(says), False

    def hear(self):
        return self.says.pop(0)

    def send(self, message, files=()):
        pass

    def close(self):
        self.closed = True

    def nonsense(self):
        return DecoderError("nonsense")


OPEN = {"open": 8, "height": 4, "width": 4, "batch": 8, "slots": 3}


@pytest.mark.parametrize("says", [
    [OPEN | {"height": 0}], [OPEN | {"width": 10**9}], [OPEN | {"height": 9000, "width": 9000}], [OPEN | {"open": 9}],
    [OPEN | {"batch": 9}], [OPEN | {"slots": 99}], [OPEN | {"slots": True}], [OPEN, OPEN],
    [OPEN, {"frames": 3, "first": 0, "times": [0.0]}], [OPEN, {"frames": -1, "first": 0, "times": [0.0]}],
    [OPEN, {"frames": 0, "first": 0, "times": []}], [OPEN, {"frames": 0, "first": 0, "times": [0.0] * 9}],
    [OPEN, {"frames": 0, "first": 0, "times": ["x"]}], [OPEN, {"frames": 0, "first": -1, "times": [0.0]}],
    [{"frames": 0, "first": 0, "times": [0.0]}], [{"ask": 0, "count": 10**9}], [{"ask": "0", "count": 1}],
])  # fmt: skip
def test_answers_that_make_no_sense_are_refused(says):
    with pytest.raises(DecoderError, match="nonsense"):
        list(Receiver(Liar(*says), 8, lambda n: True, video.LIMITS).parts())


def test_frames_are_not_read_beyond_what_is_shared():
    receiver = Receiver(Liar(OPEN), 8, None, video.LIMITS)
    receiver._open(OPEN)
    os.ftruncate(receiver._ring, 10)
    with pytest.raises(DecoderError, match="nonsense"):
        list(receiver._taken({"frames": 2, "first": 0, "times": [0.0] * 8}))
    os.close(receiver._ring)


def test_sentences_of_a_process_are_made_printable():
    with pytest.raises(ClipError) as caught:
        answer(Liar(), {"error": "a\nb\x1b[31m" + "c" * 9999})
    assert caught.value.args[0].startswith("a\ufffdb\ufffd[31mc") and len(caught.value.args[0]) == 2000
    liar = Liar()
    with pytest.raises(DecoderError, match=r"'a\.mp4' cannot be read: its decoder failed .KeyError: 3.; convert it"):
        answer(liar, {"fault": "KeyError: 3"})
    assert liar.closed


def test_packets_frames_and_boxes_are_signs_of_life(clip, monkeypatch):
    beats = []
    monkeypatch.setattr(_alive, "_hearers", [lambda: beats.append(1)])
    _boxes.begins_as_mp4(clip)
    assert len(beats) >= 3  # ftyp, moov, mdat
    beats.clear()
    assert sum(map(len, _reading.frames(clip, 8, None, None, None))) == 200
    assert len(beats) >= 200
