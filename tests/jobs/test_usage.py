"""Limits on what an account keeps and has computed."""

import io

import pytest

from core.errors import AccessError
from jobs import queue as job_queue
from jobs.store import JobStore
from people import accounts
from people.accounts import Limits
from people.actor import OWNER, acting
from pipeline import store
from pipeline.evaluation import evaluations
from pipeline.evaluation.evaluations import EvaluationRequest
from tests.ui import made


@pytest.fixture
def ann():
    accounts.add("ann@example.org", "reviewer", None)
    accounts.set_limits("ann@example.org", Limits(1000, 2, 1))
    with acting(accounts.get("ann@example.org").actor()):
        yield


def upload(size=10):
    return store.create(io.BytesIO(b"x" * size), "a.mp4")


def test_drafts_count_as_runs(ann):
    upload()
    upload()
    with pytest.raises(AccessError, match="may keep 2 runs and uploads"):
        upload()


def test_bytes_are_counted_while_they_arrive_and_nothing_is_left_of_too_many(ann, whycam_home):
    first = upload(400)
    with pytest.raises(AccessError, match="may keep 1e-06 GB of clips and results"):
        upload(700)
    assert [path.name for path in (whycam_home / "runs").iterdir()] == [first.id]
    request = EvaluationRequest("scores", "a.csv", "plaza")
    with pytest.raises(AccessError, match="may keep"):
        evaluations.submit(request, {"system": io.BytesIO(b"x" * 700)})


def test_jobs_at_work_are_counted(ann, monkeypatch):
    monkeypatch.setattr(job_queue.subprocess, "Popen", lambda *_, **__: pytest.fail("a worker started"))
    made.queued("a.mp4", camera="plaza")
    draft = upload()
    with pytest.raises(AccessError, match="1 jobs queued or at work at once"):
        store.start(draft.id, "plaza")
    assert JobStore().get(draft.id, store.Run).state == "draft"


def test_what_others_keep_does_not_count(ann):
    accounts.add("ben@example.org", "reviewer", None)
    for other in (OWNER, accounts.get("ben@example.org").actor()):
        with acting(other):
            upload(500)
            upload(500)
    upload()


def test_without_sign_in_there_is_no_limit():
    for _ in range(3):
        upload(5000)
