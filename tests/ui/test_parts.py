"""Parts of a page that are asked for by a browser that is late."""

import threading
from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests, ScriptRequestType

from ui import parts

WHOLE = RerunData(query_string="clip=1", page_script_hash="runs")


@pytest.fixture
def requests(monkeypatch):
    for owner, name in ((ScriptRunner, "_run_script"), (ScriptRequests, "request_rerun")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    parts.hold()
    return ScriptRequests()


@pytest.mark.parametrize(
    "late",
    [
        RerunData(page_script_hash="new", fragment_id="count", is_auto_rerun=True),
        RerunData(page_script_hash="new", fragment_id="list"),
        RerunData(page_script_hash="runs", fragment_id="count", is_auto_rerun=True),
    ],
)
def test_a_page_that_waits_is_not_turned_back_by_a_part_that_is_asked_for_late(requests, late):
    assert requests.request_rerun(WHOLE) and requests.request_rerun(late)
    found = requests.on_scriptrunner_ready()
    assert found.type == ScriptRequestType.RERUN
    assert (found.rerun_data.page_script_hash, found.rerun_data.query_string) == ("runs", "clip=1")
    assert not found.rerun_data.fragment_id_queue
    assert requests.on_scriptrunner_ready().type == ScriptRequestType.STOP


def test_what_is_chosen_in_a_part_of_the_same_page_still_counts(requests):
    requests.request_rerun(WHOLE)
    requests.request_rerun(RerunData(query_string="clip=2", page_script_hash="runs", fragment_id="list"))
    assert requests.on_scriptrunner_ready().rerun_data.query_string == "clip=2"


def test_parts_wait_together_where_no_page_waits(requests):
    for name in ("count", "list"):
        requests.request_rerun(RerunData(page_script_hash="runs", fragment_id=name, is_auto_rerun=True))
    assert requests.on_scriptrunner_ready().rerun_data.fragment_id_queue == ["count", "list"]


def test_streamlit_alone_would_turn_back():
    plain = ScriptRequests()
    plain.request_rerun(WHOLE)
    plain.request_rerun(RerunData(page_script_hash="new", fragment_id="count", is_auto_rerun=True))
    assert plain.on_scriptrunner_ready().rerun_data.page_script_hash == "new", "hold() is not needed any more"


class Pages:
    """What a session notes of its pages."""

    current_page_script_hash = "new"


class Drawn:
    """A runner of scripts that says what it draws, and can be held up in the middle of it."""

    def __init__(self, monkeypatch):
        self.drawn, self.at_work, self.begun, self.go_on = [], [], threading.Event(), threading.Event()

        def _run_script(runner, data):
            self._draw(data)

        monkeypatch.setattr(ScriptRunner, "_run_script", _run_script)
        monkeypatch.setattr(ScriptRequests, "request_rerun", ScriptRequests.request_rerun)
        parts.hold()
        self.pages = Pages()

    def _draw(self, data):
        self.at_work.append(data.page_script_hash)
        self.begun.set()
        assert self.go_on.wait(10)
        self.drawn.append((data.page_script_hash, [*data.fragment_id_queue]))

    def run(self, data, requests=None):
        runner = SimpleNamespace(_pages_manager=self.pages, _requests=requests or ScriptRequests())
        ScriptRunner._run_script(runner, data)


PART = RerunData(page_script_hash="new", fragment_id_queue=["count"])


@pytest.fixture
def at_work(monkeypatch):
    return Drawn(monkeypatch)


def test_a_page_waits_for_a_part_that_is_being_drawn(at_work):
    part, page = (threading.Thread(target=at_work.run, args=(data,)) for data in (PART, WHOLE))
    part.start()
    assert at_work.begun.wait(10)
    page.start()
    page.join(0.2)
    assert at_work.at_work == ["new"] and page.is_alive()
    at_work.go_on.set()
    part.join(10), page.join(10)
    assert at_work.drawn == [("new", ["count"]), ("runs", [])]


def test_a_page_does_not_wait_for_ever(at_work, monkeypatch):
    monkeypatch.setattr(parts, "MOST_WAIT_SECONDS", 0.1)
    part, page = (threading.Thread(target=at_work.run, args=(data,)) for data in (PART, WHOLE))
    part.start()
    assert at_work.begun.wait(10)
    at_work.begun.clear()
    page.start()
    assert at_work.begun.wait(10) and at_work.at_work == ["new", "runs"]
    at_work.go_on.set()
    part.join(10), page.join(10)


def test_a_part_does_not_begin_once_another_page_is_asked_for(at_work):
    at_work.go_on.set()
    stops = ScriptRequests()
    stops.request_stop()
    at_work.run(PART, stops)
    assert at_work.drawn == []
    at_work.run(PART)
    at_work.pages.current_page_script_hash = "runs"
    at_work.run(PART)
    assert at_work.drawn == [("new", ["count"])]


def test_pages_do_not_wait_for_each_other(at_work):
    one, other = (threading.Thread(target=at_work.run, args=(WHOLE,)) for _ in range(2))
    one.start()
    assert at_work.begun.wait(10)
    at_work.begun.clear()
    other.start()
    assert at_work.begun.wait(10), "the second page waits for the first one"
    at_work.go_on.set()
    one.join(10), other.join(10)
    assert len(at_work.drawn) == 2
