import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import video
from core.errors import InputError
from core.progress import Progress
from pipeline import jobs, store, worker
from tests.ui import made


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("WHYCAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(jobs.ROOT))
    monkeypatch.setattr(jobs, "WORKER", (sys.executable, str(Path(__file__).with_name("fake_worker.py"))))
    yield
    for run in store.runs(store.ACTIVE):
        jobs.stop(run.id)


def order(what):
    return store.create(io.BytesIO(what.encode()), "walk.mp4")


def wait(run_id, condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition(run := jobs.get(run_id)):
        assert time.monotonic() < end, run
        time.sleep(0.05)
    return run


def ended(run):
    return not run.active


def test_a_run_is_computed_by_a_process_of_its_own():
    run = jobs.start(order("good").id, "plaza", 2.0)
    assert run.state in ("queued", "running")
    assert run.pid not in (None, os.getpid())
    assert os.getsid(run.pid) == run.pid
    run = wait(run.id, ended)
    assert (run.state, run.events, run.top_cause, run.stage, run.done, run.total) == (
        "done", 1, "bicycle", "scoring", 40, 40,
    )  # fmt: skip
    assert (run.camera, run.threshold, run.error) == ("plaza", 2.0, None)
    with pytest.raises(InputError, match="is done"):
        jobs.start(run.id)


def test_a_run_needs_a_camera():
    run = order("good")
    with pytest.raises(InputError, match="no camera"):
        jobs.start(run.id)


def test_bad_input_is_told_in_its_own_sentence():
    run = wait(jobs.start(order("bad").id, "plaza").id, ended)
    assert run.state == "failed"
    assert run.error == "the clip has no pictures; a video with at least one frame is needed"


def test_our_own_failure_names_the_log_and_the_log_has_the_traceback():
    run = wait(jobs.start(order("bug").id, "plaza").id, ended)
    log = run.folder / jobs.LOG
    assert run.state == "failed"
    assert run.error == f"Whycam itself failed on this clip (RuntimeError); see {log}"
    assert "a bug" in log.read_text()


def test_a_killed_worker_is_noticed_and_its_run_resumed():
    run = wait(jobs.start(order("die once").id, "plaza").id, ended)
    assert run.state == "interrupted"
    assert "resume" in run.error
    run = wait(jobs.resume(run.id).id, ended)
    assert run.state == "done"
    assert run.error is None
    assert (run.folder / "report.html").read_text() == "resumed at 11"


def test_kill_from_outside_and_terminate_both_leave_it_resumable():
    run = wait(jobs.start(order("slow").id, "plaza").id, lambda run: run.done > 0)
    os.kill(run.pid, signal.SIGKILL)
    assert wait(run.id, ended).state == "interrupted"
    assert [r.state for r in jobs.runs()] == ["interrupted"]
    assert jobs.resume(run.id).active


def test_cancel_ends_a_running_run_and_keeps_what_it_has():
    run = wait(jobs.start(order("slow").id, "plaza").id, lambda run: run.done > 1)
    assert jobs.cancel(run.id)
    run = wait(run.id, ended)
    assert run.state == "cancelled"
    assert len((run.folder / "scores.f32").read_bytes()) > 0
    assert not jobs.cancel(run.id)


def test_one_computes_at_a_time_in_the_order_of_the_queue():
    first = jobs.start(order("slow").id, "plaza")
    wait(first.id, lambda run: run.state == "running")
    second, third = (jobs.start(order("good").id, "plaza") for _ in range(2))
    for _ in range(5):
        assert [jobs.get(r.id).state for r in (second, third)] == ["queued", "queued"]
        time.sleep(0.1)
    jobs.cancel(second.id)
    assert wait(second.id, ended).state == "cancelled"
    assert jobs.get(first.id).state == "running"
    jobs.cancel(first.id)
    assert wait(third.id, ended).state == "done"
    assert jobs.get(third.id).started >= jobs.get(first.id).finished


def test_a_dead_one_in_the_queue_does_not_hold_up_the_others():
    first = jobs.start(order("slow").id, "plaza")
    wait(first.id, lambda run: run.state == "running")
    second = jobs.start(order("good").id, "plaza")
    third = jobs.start(order("good").id, "plaza")
    os.kill(second.pid, signal.SIGKILL)
    jobs.cancel(first.id)
    assert wait(third.id, ended).state == "done"
    assert jobs.get(second.id).state == "interrupted"


def test_delete_refuses_a_run_at_work():
    run = jobs.start(order("slow").id, "plaza")
    with pytest.raises(InputError, match="cancel it"):
        jobs.delete(run.id)
    jobs.stop(run.id)
    wait(run.id, ended)
    jobs.delete(run.id)
    assert not run.folder.exists()


def test_a_recycled_pid_is_not_mistaken_for_the_worker():
    run = order("good")
    store.enqueue(run.id, "plaza")
    store.attach(run.id, os.getpid(), "another time")
    assert jobs.get(run.id).state == "interrupted"


def test_a_worker_that_never_showed_itself_is_given_up(monkeypatch):
    run = order("good")
    store.enqueue(run.id, "plaza")
    assert jobs.get(run.id).state == "queued"
    monkeypatch.setattr(jobs, "GRACE_SECONDS", -1.0)
    assert jobs.get(run.id).state == "interrupted"


def test_a_zombie_is_dead():
    child = subprocess.Popen([sys.executable, "-c", ""])
    end = time.monotonic() + 10
    while jobs.born_at(child.pid) is not None:
        assert time.monotonic() < end
        time.sleep(0.02)
    child.wait()
    assert jobs.born_at(os.getpid()) == jobs.born_at(os.getpid()) is not None


@pytest.mark.parametrize(
    ("camera", "content", "sentence"),
    [
        ("street", b"dear diary" * 200, "walk"),
        ("street", None, "weights"),
        ("nowhere", None, "unknown camera 'nowhere'"),
    ],
)
def test_the_real_worker_says_what_is_wrong(camera, content, sentence, monkeypatch, tmp_path):
    monkeypatch.setattr(jobs, "WORKER", (sys.executable, "-m", "pipeline.worker"))
    made.camera()
    if content is None:
        video.encode(tmp_path / "clip.mp4", made.pictures(20), made.FPS)
        content = (tmp_path / "clip.mp4").read_bytes()
    run = store.create(io.BytesIO(content), "walk.mp4")
    run = wait(jobs.start(run.id, camera).id, ended, 300)
    assert run.state == "failed"
    assert sentence in run.error
    assert "Whycam itself failed" not in run.error


def test_progress_is_written_at_most_four_times_a_second(monkeypatch):
    told = []
    monkeypatch.setattr(store, "progress", lambda *values: told.append(values))
    clock = iter(i * 0.01 for i in range(1, 1001))
    monkeypatch.setattr(worker.time, "monotonic", lambda: next(clock))
    link = worker.Link("a run")
    for done in range(1000):
        link.progress(Progress(done, 999, 1.0, "scoring" if done < 500 else "explaining"))
    assert 40 <= len(told) <= 44
    assert told[-1][1].done == 999
    assert any((p.stage, p.done) == ("explaining", 500) for _, p in told)
