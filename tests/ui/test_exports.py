"""The archive of a run, from its page: made by a job, offered once it is there."""

import pytest

from jobs.store import JobStore, new_id
from pipeline.export import exports
from pipeline.export.exports import ARCHIVE, Export
from pipeline.reviewing import cases, index
from tests.jobs import inline
from tests.ui import made
from tests.ui import test_events_page as pages
from tests.ui.test_job_list import show as queue_page
from tests.ui.test_pages import fine, html, show


def kept(run, state="done", reason="", content=b"archive", **parameters):
    name = new_id()
    asked = {"runs": [run.id], "blur": "persons"} | parameters
    inline.keep(Export, name, "a.mp4", f"exports/{name}", asked, state, reason=reason, summary={"sha256": "ab12"})
    found = exports.get(name)
    found.folder.mkdir(parents=True)
    (found.folder / ARCHIVE).write_bytes(content)
    return found


def archives(at, title="Archive"):
    return [one for one in at.get("download_button") if one.label.startswith(title)]


def popovers(at):
    return [one.proto.popover.label for one in at.get("popover")]


def test_an_archive_is_asked_for_with_what_is_to_be_blurred(monkeypatch):
    asked = []
    monkeypatch.setattr(exports, "submit", lambda runs, blur: asked.append((runs, blur)))
    run = made.done()
    at = show("run", run=run.id)
    assert not archives(at)
    next(one for one in at.selectbox if one.label == "Blur in the archive").select("persons")
    next(one for one in at.button if one.label == "Make the archive").click()
    fine(at.run())
    assert asked == [([run.id], "persons")]


def test_an_archive_that_was_made_is_offered_with_its_manifest():
    run = made.done()
    kept(made.done("other.mp4"))
    assert not archives(show("run", run=run.id)), "another run's"
    kept(run)
    (offered,) = archives(show("run", run=run.id))
    assert "persons but those of causes" in offered.proto.help and "ab12" in offered.proto.help


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_an_archive_that_was_not_made_is_not_offered(state):
    run = made.done()
    kept(run, state, "the disk is full <b>")
    at = show("run", run=run.id)
    assert not archives(at)
    assert ("the disk is full &lt;b&gt;" in html(at)) == (state == "failed")


def test_an_archive_at_work_is_watched_under_download_and_said_to_be_ready_there():
    run = made.done()
    at_work = kept(run, "running")
    at = show("run", run=run.id)
    assert "Download · archive at work" in popovers(at)
    assert "the archive is found under Download on its run's page." in " ".join(one.value for one in at.caption)
    JobStore().finish(at_work.id)
    assert "Download · archive ready" in popovers(fine(at.run())) and archives(at)
    assert "Download" in popovers(show("run", run=run.id)), "a tab that did not wait for it"


def test_archives_of_a_case_and_of_chosen_events_are_found_where_they_are_said_to_be():
    run = made.done()
    index.put(run)
    keys = [row.key for row in index.rows()]
    case = cases.create("Theft", "Ann", keys)
    of_case, of_events = kept(run, "running", events=keys, case=case), kept(run, "running", events=keys[:1])
    assert "Download" in popovers(show("run", run=run.id)), "neither is an archive of the run"
    on_events, on_cases = pages.show(pages.EVENTS), pages.show(pages.CASES)
    assert "archive at work" in popovers(on_events)
    for at, place in ((on_events, "under Download on the page Events"), (on_cases, "under its case on the page Cases")):
        assert [one.value for one in at.caption if place in one.value], place
    JobStore().finish(of_case.id)
    JobStore().finish(of_events.id)
    assert "archive ready" in popovers(fine(on_events.run())) and len(archives(on_events, "a.mp4")) == 1
    assert len(archives(fine(on_cases.run()), "a.mp4")) == 1


def test_the_queue_leads_to_the_page_on_which_an_archive_is_found():
    run = made.done()
    for more in ({}, {"events": ["x/moving/1"]}, {"events": ["x/moving/1"], "case": "c1"}):
        JobStore().finish(kept(run, "running", **more).id)
    links = [one.proto for one in queue_page().get("page_link")]
    links = [(one.page, one.query_string) for one in links if one.label == "Open"]
    assert links[:3] == [("Cases", "case=c1"), ("Events", ""), ("Run", f"run={run.id}")]
