"""Exports in the queue."""

from pipeline import store
from pipeline.export import exports
from pipeline.kinds import queue
from tests.jobs import inline
from tests.ui import made


def test_an_export_runs_before_the_analyses_that_wait_and_after_the_exports_before_it(monkeypatch):
    inline.no_processes(monkeypatch)
    run = made.done()
    at_work = made.running("first.mp4")
    waiting = [made.queued(f"{number}.mp4").id for number in range(3)]
    first, second = exports.submit([run.id]), exports.submit([run.id])
    assert [job.id for job in queue().line()] == [first.id, second.id, *waiting]
    assert queue().before(first.id) == 1 and store.get(at_work.id).state == "running"
