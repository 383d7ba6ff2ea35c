"""Parts of a page that are asked for by a browser that is late."""

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
