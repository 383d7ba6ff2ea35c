"""The archive of a run, from its page: made by a job, offered once it is there."""

import pytest

from jobs.store import JobStore, new_id
from pipeline.export import exports
from pipeline.export.exports import ARCHIVE, Export
from tests.ui import made
from tests.ui.test_pages import fine, html, show


def kept(run, state="done", reason="", content=b"archive"):
    name = new_id()
    JobStore().create(
        Export, name, "a.mp4", f"exports/{name}", {"runs": [run.id], "blur": "persons"}, state=state, reason=reason,
        summary={"sha256": "ab12"},
    )  # fmt: skip
    found = exports.get(name)
    found.folder.mkdir(parents=True)
    (found.folder / ARCHIVE).write_bytes(content)
    return found


def archives(at):
    return [one for one in at.get("download_button") if one.label.startswith("Archive")]


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
