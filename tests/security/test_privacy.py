"""What is deleted is gone from every file, retention does what it says, and nothing is told to anybody."""

import contextlib
import sqlite3
import time

import pytest
from streamlit.testing.v1 import AppTest

from cli.main import main
from core import files
from core.errors import AccessError, InputError
from jobs.store import JobStore, new_id
from people import audit
from people.actor import REVIEWER, Actor, acting
from pipeline import retention, store
from pipeline.export import exports
from pipeline.kinds import queue
from pipeline.retention import DAY_SECONDS, Retention
from pipeline.reviewing import cases, index
from tests.ui import made
from tests.ui.test_pages import ROOT, html

MARK = "zebra-crossing-7411"
CLIP = b"the bytes of the clip, 4711"


def run_with_everything():
    """Make a run whose clip, report, events, archive and job's title can be recognised."""
    run = made.done(f"{MARK}.mp4")
    run.path.write_bytes(CLIP * 99)
    report = run.folder / "report.json"
    report.write_text(report.read_text(encoding="utf-8").replace('"bicycle"', f'"{MARK}"'), encoding="utf-8")
    index.fill(index.missing(), 60.0)
    export_id = new_id()
    place = files.folder(files.home() / "exports" / export_id)
    (place / "export.zip").write_bytes(CLIP)
    JobStore().create(exports.Export, export_id, MARK, f"exports/{export_id}", {"runs": [run.id]}, state="done")
    return run


def holders(content):
    """Return the files of the user's folder that hold some bytes."""
    return sorted(path.relative_to(files.home()).as_posix() for path in files.home().rglob("*")
                  if path.is_file() and content in path.read_bytes())  # fmt: skip


def test_a_deleted_run_is_in_no_file_any_more():
    run, other = run_with_everything(), made.done("other.mp4")
    pictures = [path.read_bytes()[-64:] for path in (run.folder / "evidence").rglob("*") if path.is_file()][:3]
    assert pictures and len(holders(CLIP)) == 2
    found = holders(MARK.encode())
    assert any("reviews.sqlite" in path for path in found) and any("index.sqlite" in path for path in found)
    store.delete(run.id)
    assert holders(CLIP) == []
    assert holders(MARK.encode()) == ["audit.jsonl"], "the log alone keeps the clip's name"
    assert holders(run.id.encode()) == ["audit.jsonl"]
    assert [one.id for one in store.runs()] == [other.id] and exports.exports() == []
    assert (audit.DELETED, run.id) in [(one.action, one.subject) for one in audit.records()]


def aged(days, camera="plaza", name="old.mp4"):
    """Make a run that ended so many days ago."""
    run = made.done(name, camera=camera)
    with contextlib.closing(sqlite3.connect(files.home() / "index.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE jobs SET ended = ? WHERE id = ?", (time.time() - days * DAY_SECONDS, run.id))
    return store.get(run.id)


def test_runs_are_kept_for_as_long_as_was_said():
    old, young, elsewhere = aged(31), aged(29), aged(31, camera="ucsd-ped2")
    assert retention.over() == [] and retention.apply() == []
    retention.put("plaza", Retention(30))
    assert [run.id for run in retention.over()] == [old.id]
    assert retention.apply() == []
    assert {run.id for run in store.runs()} == {young.id, elsewhere.id}
    retention.put("plaza", None)
    assert retention.settings() == {} and retention.over(time.time() + 99 * DAY_SECONDS) == []


def test_what_is_in_a_case_stays_unless_said_so():
    old = aged(31)
    index.fill(index.missing(), 60.0)
    case_id = cases.create("A case", "Ann", [index.rows()[0].key])
    cases.close(case_id, "Ann")
    retention.put("plaza", Retention(30))
    assert retention.over() == []
    retention.put("plaza", Retention(30, cases=True))
    assert [run.id for run in retention.over()] == [old.id]


def test_what_is_at_work_stays():
    run = made.running()
    retention.put("plaza", Retention(1))
    assert retention.over(time.time() + 99 * DAY_SECONDS) == [] and store.get(run.id).active


def test_only_administrators_change_it():
    with acting(Actor("ann", REVIEWER)), pytest.raises(AccessError, match="change cameras"):
        retention.put("plaza", Retention(30))
    with acting(Actor("root", "administrator", frozenset({"plaza"}))), pytest.raises(InputError, match="no camera"):
        retention.put("nowhere", Retention(30))


@pytest.mark.parametrize(
    "content", ["{", '{"plaza": {"days": 0}}', '{"plaza": {"days": "30"}}', '{"plaza": {"blur": "no"}}', "[]"]
)
def test_a_damaged_file_deletes_nothing(content):
    aged(31)
    (files.home() / retention.FILE).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"retention\.json"):
        retention.apply()
    assert len(store.runs()) == 1


def test_the_verb_sets_applies_and_lists(capsys):
    aged(31)
    assert main(["retention", "plaza", "--days", "30", "--apply"]) == 0
    out = capsys.readouterr().out
    assert "1 runs deleted" in out and "plaza" in out and "stay" in out and store.runs() == []
    assert main(["retention", "plaza", "--blur", "all"]) == 0 and "all" in capsys.readouterr().out
    assert main(["retention", "plaza", "--off"]) == 0
    assert retention.settings() == {"plaza": Retention(blur="all")} and retention.over(time.time() + 1e9) == []
    assert [retention.kept_blur(*asked) for asked in (("plaza", "persons"), ("ucsd-ped2", "persons"))] == [
        "all", "persons"
    ]  # fmt: skip
    assert main(["retention", "plaza", "--blur", "none"]) == 0 and "none" in capsys.readouterr().out
    assert retention.settings() == {} and audit.records()[-1].detail == "runs are kept"
    for wrong in (
        ("plaza", "--cases", "--blur", "all"),
        ("plaza",),
        ("plaza", "--days", "3", "--off"),
        ("plaza", "--days", "99999"),
        ("nosuch", "--days", "3"),
    ):
        assert main(["retention", *wrong]) == 2


def test_a_page_says_what_is_kept_where():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    at.switch_page("pages/8_Storage.py")
    told = html(at.run())
    assert not at.exception and "audit.jsonl" in told and "nothing: no figure and no picture leaves" in told
    assert "What is kept where" in [one.value for one in at.subheader]


def test_streamlit_tells_nobody_anything():
    import streamlit as st

    assert st.get_option("browser.gatherUsageStats") is False
    assert (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8").count("gatherUsageStats = false") == 1


def test_deleting_a_draft_leaves_nothing(whycam_home):
    run = made.draft("draft.mp4")
    queue().delete(run.id)
    assert not list((whycam_home / "runs").iterdir())
    assert holders(b"a clip that the pages never decode") == []
