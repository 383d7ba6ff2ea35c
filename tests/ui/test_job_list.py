"""The queue's page: jobs of every kind, their order, what failed and why; and their count in every page's head."""

import time

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.errors import StorageError
from core.progress import Progress
from jobs.job import Job
from jobs.queue import Queue
from jobs.store import JobStore, new_id
from pipeline import kinds, store
from pipeline.evaluation.evaluations import Evaluation
from pipeline.explaining.explanations import Explanation
from pipeline.export.exports import Export
from pipeline.playback import Playback
from pipeline.training.trainings import TrainingJob
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_pages import ROOT, button, fine, html
from ui import job_list, live


def show(page="pages/7_Queue.py"):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    if page != "app.py":
        at.switch_page(page)
    return fine(at.run())


def headings(at):
    return [s.value for s in at.subheader]


def kept(cls, title, state, **more):
    job_id = new_id()
    directory = f"runs/{new_id()}/explanations/00000007" if cls is Explanation else f"{cls.KIND}/{job_id}"
    inline.keep(cls, job_id, title, directory, {}, state, **more)
    return job_id


def test_an_empty_queue_says_what_to_do_next():
    at = show()
    assert headings(at) == ["Nothing is at work or waiting"]
    assert not at.get("progress")


def test_a_job_that_goes_on_while_jobs_are_listed_is_shown_once(monkeypatch):
    run, line = made.queued("once.mp4"), Queue.line

    def then_ended(self):
        jobs = line(self)
        self.store.begin(run.id)
        running = self.store.active()
        monkeypatch.setattr(JobStore, "active", lambda self: running)
        self.store.finish(run.id)
        return jobs

    monkeypatch.setattr(Queue, "line", then_ended)
    at = show()
    assert headings(at) == ["Nothing is at work or waiting", "Ended in the last day"]
    assert html(at).count("once.mp4") == 1


def test_the_order_of_what_waits_can_be_changed():
    runs = [made.queued(), made.queued("b.mp4"), made.queued("c.mp4")]
    at = show()
    assert headings(at) == ["Waiting, the next one first"] and "analysis · queued just now" in html(at)
    assert "<script>" not in html(at)
    assert at.button(f"Earlier-{runs[0].id}").disabled and at.button(f"Later-{runs[2].id}").disabled
    at.button(f"Earlier-{runs[2].id}").click()
    fine(at.run())
    assert [job.title for job in JobStore().line()] == [made.NAME, "c.mp4", "b.mp4"]
    assert at.button(f"Next-{runs[0].id}").disabled
    at.button(f"Next-{runs[1].id}").click()
    fine(at.run())
    assert [job.title for job in JobStore().line()] == ["b.mp4", made.NAME, "c.mp4"]
    at.button(f"leave-{runs[1].id}").click()
    fine(at.run())
    assert store.get(runs[1].id).cancelling


def test_jobs_of_every_kind_are_listed_with_how_far_they_are():
    assert job_list.KINDS.keys() == kinds.KINDS.keys()
    told = (Progress(200, 500, 12.5, "copying", left=4210.0, share=0.35), "Copying pictures")
    kept(Playback, "street.mp4", "running", told=told, subject=made.draft().id)
    for cls in (store.Run, Evaluation, Explanation, TrainingJob, Export):
        kept(cls, f"a {cls.NOUN}", "queued")
    at = show()
    text = html(at)
    assert all(name in text for name in job_list.KINDS.values())
    assert "playback copy · Copying pictures · about 1 h 10 min left" in text
    assert at.get("progress")[0].proto.value == 35
    assert headings(at) == ["At work", "Waiting, the next one first"]


@pytest.mark.parametrize(("state", "offer"), [("failed", "Retry"), ("interrupted", "Resume"), ("cancelled", "Resume")])
def test_what_ended_says_why_and_can_be_started_again(state, offer, monkeypatch):
    started = []
    monkeypatch.setattr(Queue, "submit", lambda queue, job_id: started.append(job_id))
    run = made.ended(state, "the clip 'a<b>.mp4' has no pictures")
    at = show()
    assert "the clip &#x27;a&lt;b&gt;.mp4&#x27; has no pictures" in html(at)
    button(at, offer).click()
    fine(at.run())
    assert started == [run.id]


def test_what_ended_more_than_a_day_ago_is_not_listed(monkeypatch):
    made.ended("failed", "no pictures")
    assert "Ended in the last day" in headings(show())
    later = time.time() + job_list.DAY_SECONDS + 60
    monkeypatch.setattr(job_list.time, "time", lambda: later)
    assert "Ended in the last day" not in headings(show())


def test_the_last_one_to_end_comes_first_and_no_more_than_asked_for():
    store_, names = JobStore(), ["a.mp4", "b.mp4", "c.mp4"]
    for name in names:
        made.ended("failed", name=name)
    assert [job.title for job in store_.ended_since(0.0, 2)] == ["c.mp4", "b.mp4"]
    assert store_.ended_since(time.time() + 1, 2) == []
    assert all(isinstance(job, Job) for job in store_.ended_since(0.0, 9))


@pytest.mark.parametrize("page", ["app.py", "pages/2_Runs.py", "pages/6_Help.py"])
def test_every_page_links_to_the_queue_by_its_name_alone(page):
    made.running("a.mp4")
    assert "Queue" in [link.proto.label for link in show(page).get("page_link")]


def test_the_jobs_that_are_at_work_or_wait_are_counted_for_the_head():
    with TestClient(Starlette(routes=live.ROUTES)) as client:
        assert client.get("/live/active").text == "0"
        made.running("a.mp4")
        made.queued("b.mp4")
        made.ended("failed")
        answer = client.get("/live/active")
        assert (answer.status_code, answer.text, answer.headers["cache-control"]) == (200, "2", "no-store")


def test_a_count_that_cannot_be_had_is_a_sentence(monkeypatch):
    def broken(_):
        raise StorageError("the index of jobs cannot be read")

    monkeypatch.setattr(JobStore, "count_active", broken)
    with TestClient(Starlette(routes=live.ROUTES)) as client:
        answer = client.get("/live/active")
        assert (answer.status_code, answer.text) == (503, "the index of jobs cannot be read")
