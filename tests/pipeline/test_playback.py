import io
import os

import numpy as np
import pytest

from core import video
from core.clock import Clock
from core.errors import ClipError
from jobs import processes
from jobs.store import JobStore
from pipeline import playback, store
from tests import clips
from tests.browser import numbered
from tests.jobs import inline
from tests.pipeline.test_frame_marks import read

UNEVEN = list(range(0, 3000, 50))


@pytest.mark.parametrize(("name", "options"), [("a.mp4", {"bf": 3, "g": 60}), ("a.mkv", {"stamps": UNEVEN})])
def test_frame_n_of_the_copy_is_frame_n_as_it_was_read(tmp_path, name, options):
    source = clips.make(tmp_path / name, numbered.pictures(60), crf=12, **options)
    times = np.concatenate([part.times for part in video.read(source)])
    (tmp_path / "copy").mkdir()
    made = playback.copy(source, tmp_path / "copy" / "clip.mp4", Clock.of(times), 25.0)
    assert (made.frames, made.width, made.height) == (60, 320, 180)
    back = np.concatenate([part.images for part in video.read(tmp_path / "copy" / "clip.mp4")])
    seconds = np.concatenate([part.times for part in video.read(tmp_path / "copy" / "clip.mp4")])
    assert [read(one, 180) for one in back] == list(range(60))
    np.testing.assert_allclose(seconds, np.arange(60) * made.rate[1] / made.rate[0], atol=1e-9)
    assert np.abs(back[:, :180].astype(int) - numbered.pictures(60)).mean() < 6


def test_a_large_picture_is_reduced_and_a_wild_rate_is_bounded(tmp_path):
    source = clips.make(tmp_path / "a.mp4", clips.pictures(6, 1600, 400), rate=100)
    made = playback.copy(source, tmp_path / "clip.mp4", Clock.steady(100, 6), 100.0)
    assert (made.width, made.height, made.rate) == (1280, 320, (60, 1))


def test_a_clip_that_was_changed_is_refused_and_leaves_nothing(tmp_path):
    source = clips.make(tmp_path / "a.mp4", numbered.pictures(20))
    with pytest.raises(ClipError, match="gives 20 frames, and gave the run 21"):
        playback.copy(source, tmp_path / "clip.mp4", Clock.steady(25, 21), 25.0)
    assert not (tmp_path / "clip.mp4").exists() and not (tmp_path / playback.FACTS).exists()


@pytest.fixture
def run(tmp_path, monkeypatch):
    inline.no_processes(monkeypatch)
    return numbered.run_of(clips.make(tmp_path / "a.mp4", numbered.pictures(30), crf=12), unusual=())


def test_the_job_makes_the_copy_and_is_asked_for_once(run):
    assert playback.find(run) is None and playback.job(run) is None
    asked = playback.submit(run)
    assert playback.submit(run).id == asked.id, "it is being made"
    assert inline.work(asked.id) == 0
    assert playback.job(run).state == "done" and playback.find(run).frames == 30
    store.delete(run.id)
    assert JobStore().find(playback.Playback) == [] and not run.folder.exists()


def test_the_copy_is_made_before_what_waits(run):
    waiting = [store.create(io.BytesIO(b"a clip"), f"{n}.mp4") for n in range(2)]
    for one in waiting:
        assert JobStore().enqueue(one.id, processes.identity(os.getpid()), {})
    asked = playback.submit(run)
    assert [job.id for job in JobStore().line()] == [asked.id, *(one.id for one in waiting)]


def test_a_job_that_failed_says_why_under_the_clips_own_name_and_can_be_asked_for_again(run):
    run.path.write_bytes(b"no clip at all" * 99)
    assert inline.work(playback.submit(run).id) == 2
    assert "'numbered.mp4' is not a video" in playback.job(run).reason and playback.find(run) is None
    assert playback.submit(run).state == "queued"


def test_a_cancelled_job_leaves_no_copy(run, monkeypatch):
    asked = playback.submit(run)
    monkeypatch.setattr(playback, "CHUNK_FRAMES", 4)
    read_on = video.read

    def cancel(*given, **more):
        for part in read_on(*given, **more):
            JobStore().request_cancel(asked.id)
            yield part

    monkeypatch.setattr(playback.video, "read", cancel)
    monkeypatch.setattr("jobs.worker.REPORT_SECONDS", 0.0)
    assert inline.work(asked.id) == 0
    assert playback.job(run).state == "cancelled" and playback.find(run) is None
    assert not playback.clip(run).exists()
