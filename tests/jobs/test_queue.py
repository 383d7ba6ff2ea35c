"""The queue with worker processes of its own, and quick fake kinds."""

import itertools
import os
import signal
import time

import pytest

from core.errors import InputError, StorageError
from jobs import processes
from jobs import queue as queues
from jobs.job import Job
from jobs.queue import Queue
from jobs.store import new_id
from tests.jobs import inline

KINDS = {kind: "tests.jobs.fake:run" for kind in ("analysis", "evaluation", "explanation", "training")}
KINDS |= {kind.upper(): "tests.jobs.fake:note" for kind in KINDS}


def named(kind):
    return type(kind, (Job,), {"KIND": kind, "NOUN": kind})


@pytest.fixture
def queue():
    made = Queue(KINDS)
    yield made
    for job in made.store.active():
        made.kill(job.id)


def draft(queue, do="good", kind="analysis", title="walk.mp4", subject=""):
    job_id = new_id()
    assert queue.store.create(named(kind), job_id, title, f"made/{job_id}", {"do": do}, subject=subject)
    return job_id


def begun(queue, *what, **how):
    job_id = draft(queue, *what, **how)
    queue.submit(job_id)
    return job_id


def until(queue, job_id, condition):
    inline.until(queue.get(job_id, Job), lambda: condition(queue.get(job_id, Job)))
    return queue.get(job_id, Job)


def ended(job):
    return not job.active


def at_work(job):
    return job.progress.done > 1


def test_a_job_is_computed_by_a_process_of_its_own(queue):
    job = queue.get(begun(queue), Job)
    pid = int(job.process.split("/")[0])
    assert job.active and pid != os.getpid() and os.getsid(pid) == pid
    job = until(queue, job.id, ended)
    assert (job.state, job.reason, job.summary, job.attempts) == ("done", "", {"begun": 0}, 1)
    assert (job.stage, job.progress.done, job.share) == ("Counting: 40 of 40 frames", 40, 1.0)
    assert job.queued <= job.started <= job.ended
    with pytest.raises(InputError, match=r"'walk\.mp4' is done already"):
        queue.submit(job.id)


def test_bad_input_is_told_in_its_own_sentence_with_its_owners_names(queue):
    job = until(queue, begun(queue, "bad", title="mine.mp4"), ended)
    said = "mine.mp4 has no pictures; a video with at least one frame is needed"
    assert (job.state, job.reason) == ("failed", said)


def test_our_own_failure_names_the_log_and_the_log_has_the_traceback(queue):
    job = until(queue, begun(queue, "bug"), ended)
    log = job.folder / "worker.log"
    assert (job.state, job.reason) == ("failed", f"Whycam itself failed on 'walk.mp4' (RuntimeError); see {log}")
    assert "a bug" in log.read_text()


@pytest.mark.parametrize("kind", ["analysis", "evaluation", "explanation", "training"])
def test_a_killed_worker_is_noticed_and_every_kind_resumed_where_it_was(queue, kind):
    job = until(queue, begun(queue, "die once", kind), ended)
    assert job.state == "interrupted" and "its worker ended without a word; resume it" in job.reason
    queue.submit(job.id)
    job = until(queue, job.id, ended)
    assert (job.state, job.reason, job.summary, job.attempts) == ("done", "", {"begun": 11}, 2)


@pytest.mark.parametrize(("kind", "do", "reason"), [
    ("analysis", "slow", ""), ("evaluation", "slow", ""), ("explanation", "asks", None), ("training", "slow", ""),
    ("analysis", "masks", ""),
])  # fmt: skip
def test_every_kind_can_be_cancelled_and_keeps_what_it_has(queue, kind, do, reason):
    job = until(queue, begun(queue, do, kind), at_work)
    with pytest.raises(InputError, match="still at work; cancel it"):
        queue.delete(job.id)
    assert queue.cancel(job.id)
    job = until(queue, job.id, ended)
    assert job.state == "cancelled" and (reason is None or job.reason == reason)
    assert (job.folder / "steps").read_bytes() and not queue.cancel(job.id)
    queue.delete(job.id)
    assert not job.folder.exists()


def test_a_worker_that_does_not_obey_is_killed(queue, monkeypatch):
    job = until(queue, begun(queue, "deaf"), at_work)
    assert queue.cancel(job.id)
    time.sleep(0.5)
    assert queue.get(job.id, Job).state == "running"
    monkeypatch.setattr(queues, "KILL_AFTER_SECONDS", 0.0)
    assert until(queue, job.id, ended).state == "cancelled"


def test_a_worker_stopped_from_outside_leaves_its_job_resumable(queue):
    job = until(queue, begun(queue, "slow"), at_work)
    os.kill(int(job.process.split("/")[0]), signal.SIGTERM)
    job = until(queue, job.id, ended)
    assert (job.state, job.reason) == ("interrupted", "its worker was stopped from outside; resume it to go on")


def test_five_waiters_of_every_kind_start_in_the_order_in_which_they_were_queued(queue):
    first = until(queue, begun(queue, "slow", "training"), at_work)
    kinds = ("ANALYSIS", "EVALUATION", "TRAINING", "EXPLANATION", "ANALYSIS")
    waiting = [begun(queue, kind=kind, title=f"{number} {kind}") for number, kind in enumerate(kinds)]
    assert [job.id for job in queue.line()] == waiting and queue.before(first.id) == 1
    assert [queue.before(job_id) for job_id in waiting] == [1, 2, 3, 4, 5]
    time.sleep(1.5)
    assert {queue.get(job_id, Job).state for job_id in waiting} == {"queued"}
    queue.cancel(first.id)
    jobs = [until(queue, job_id, ended) for job_id in waiting]
    assert [job.state for job in jobs] == ["done"] * 5
    order = (first.folder.parent / "order").read_text().splitlines()
    assert order == [f"{number} {kind}" for number, kind in enumerate(kinds)]
    assert all(one.ended <= other.started for one, other in itertools.pairwise(jobs))


def test_a_kind_of_a_higher_priority_runs_before_what_waits_already_and_after_a_resume_too(queue):
    queue.priorities = {"EXPLANATION": 1}
    first = until(queue, begun(queue, "slow"), at_work)
    waiting = [begun(queue, kind="ANALYSIS", title=title) for title in "abc"]
    hurried = [begun(queue, kind="EXPLANATION", title=title) for title in "xy"]
    assert [job.title for job in queue.line()] == ["x", "y", "a", "b", "c"]
    assert [queue.before(job_id) for job_id in hurried] == [1, 2]
    queue.cancel(hurried[0])
    until(queue, hurried[0], ended)
    queue.submit(hurried[0])
    queue.cancel(first.id)
    for job_id in [*waiting, *hurried]:
        until(queue, job_id, ended)
    assert (first.folder.parent / "order").read_text().split() == ["y", "x", "a", "b", "c"]


def test_the_line_can_be_changed_and_left(queue):
    first = until(queue, begun(queue, "slow"), at_work)
    a, b, c, d = (begun(queue, kind="ANALYSIS", title=title) for title in "abcd")
    moves = ((c, -1), (a, 1), (c, -1), (d, 1))
    assert [queue.store.move(job_id, by) for job_id, by in moves] == [True, True, False, False]
    assert [job.title for job in queue.line()] == ["c", "a", "b", "d"]
    assert queue.store.prioritise(d, 1) and not queue.store.prioritise(first.id, 1)
    assert [job.title for job in queue.line()] == ["d", "c", "a", "b"]
    assert queue.store.move(d, 1) and [job.title for job in queue.line()] == ["c", "d", "a", "b"]
    assert queue.cancel(d)
    assert until(queue, d, ended).state == "cancelled"
    os.kill(int(queue.get(c, Job).process.split("/")[0]), signal.SIGKILL)
    assert until(queue, c, ended).state == "interrupted"
    queue.cancel(first.id)
    until(queue, b, ended)
    assert (first.folder.parent / "order").read_text().split() == ["a", "b"]


def test_a_job_that_is_resumed_goes_to_the_end_of_the_line_whatever_its_place_was(queue):
    first = until(queue, begun(queue, "slow"), at_work)
    hurried, other = begun(queue, title="hurried"), begun(queue, title="other")
    assert queue.store.prioritise(hurried, 3) and queue.cancel(hurried)
    until(queue, hurried, ended)
    queue.submit(hurried)
    assert [job.title for job in queue.line()] == ["other", "hurried"]
    assert queue.get(first.id, Job).active and queue.get(other, Job).active


def test_a_folder_that_cannot_be_written_to_is_a_sentence_and_the_job_stays(queue):
    job_id = draft(queue)
    (queue.get(job_id, Job).folder / "worker.log").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"'worker\.log' could not be written to"):
        queue.submit(job_id)
    assert queue.get(job_id, Job).state == "draft"


def test_two_jobs_of_a_kind_do_not_work_on_the_same_thing(queue):
    first = until(queue, begun(queue, "slow", "training", subject="yard"), at_work)
    second = draft(queue, kind="training", title="yard", subject="yard")
    with pytest.raises(InputError, match="'yard' is being worked on already"):
        queue.submit(second)
    assert queue.get(second, Job).state == "draft"
    begun(queue, kind="analysis", subject="yard")
    queue.kill(first.id)
    queue.submit(second)
    assert until(queue, second, ended).state == "done"


def test_a_deleted_job_takes_those_of_its_folder_with_it(queue):
    outer = draft(queue)
    inner = new_id()
    queue.store.create(named("explanation"), inner, "frame 3", f"made/{outer}/why/3", {"do": "slow"})
    queue.submit(inner)
    worker = queue.get(inner, Job).process
    queue.delete(outer)
    assert not processes.alive(worker)
    with pytest.raises(InputError, match="there is no job"):
        queue.get(inner, Job)


@pytest.mark.parametrize("what", ["another boot", "another start", "dead"])
def test_a_restart_or_a_recycled_pid_is_not_mistaken_for_the_worker(queue, what):
    job_id = draft(queue)
    pid, start, boot = processes.identity(os.getpid()).split("/")
    process = {"another boot": f"{pid}/{start}/x", "another start": f"{pid}/1.00/{boot}", "dead": f"0/1.00/{boot}"}
    queue.store.enqueue(job_id, process[what], {})
    assert queue.get(job_id, Job).state == "interrupted"


def test_a_clock_that_is_set_back_ends_nothing_and_changes_no_order(queue, monkeypatch):
    first = until(queue, begun(queue, "slow"), at_work)
    second = begun(queue)
    now = time.time()
    monkeypatch.setattr("jobs.store.time.time", lambda: now - 86400)
    third = begun(queue)
    assert [job.id for job in queue.line()] == [second, third]
    assert queue.get(first.id, Job).state == "running"
    assert [job.id for job in queue.find(named("analysis"))] == [third, second, first.id], "newest first"


def test_a_worker_whose_submitter_died_ends_by_itself(queue, monkeypatch):
    from jobs import worker

    monkeypatch.setattr(worker, "SUBMIT_SECONDS", 0.2)
    job_id = draft(queue)
    assert worker.work(job_id, KINDS["analysis"]) == 1
    assert queue.get(job_id, Job).state == "draft"
