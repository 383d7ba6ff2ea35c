"""Archives of chosen events: they hold these alone, and who said what of them."""

import csv
import io
from types import SimpleNamespace

import numpy as np
import pytest

from core.errors import InputError
from jobs import worker
from jobs.store import JobStore, new_id
from pipeline.export import exports, job
from pipeline.export.contents import chosen
from pipeline.export.exports import Export
from pipeline.export.manifest import MANIFEST
from pipeline.export.sources import Source
from pipeline.export.verify import verify
from pipeline.finished_run import explain_events
from pipeline.reviewing import cases, exported, index, reviews
from pipeline.reviewing.rows import keys, row_at
from tests.pipeline.export import made as here
from tests.pipeline.export.test_export import content
from tests.ui import made

HOSTILE = "Theft <script>alert(1)</script>"


@pytest.fixture
def run():
    found = made.done()
    index.put(found)
    return found


def source(run):
    return Source(run.id, run.folder, run.path, run.clip)


def test_the_archive_of_a_case_holds_its_events_and_who_reviewed_them(tmp_path):
    run = made.filmed(here.clip(tmp_path / "film.mp4"), "plaza")
    here.own(run.folder, run.path)
    index.put(run)
    first, second = [row.key for row in index.rows()]
    reviews.add([first, second], "Ann", verdict="true")
    reviews.add([second], "=Ben", verdict="false", note="a <b>cat</b>")
    case = cases.create(HOSTILE, "Ann", [second])
    export_id = new_id()
    asked = {"runs": [run.id], "blur": "none", "events": [second], "case": case}
    JobStore().create(Export, export_id, "Theft", f"exports/{export_id}", asked)
    JobStore().enqueue(export_id, made.ME, {})
    JobStore().begin(export_id)
    made_job = exports.get(export_id)
    made_job.folder.mkdir(parents=True)
    job.run(worker.JobContext(made_job, JobStore()))
    found, manifest = content(made_job.path), verify(made_job.path).manifest
    clips = {f"{part}{of}.{end}" for part, end in (("clips/event-001", "mp4"), ("frames/event-001", "png"))
             for of in ("", "-overlay")}  # fmt: skip
    tops = {"report.html", "report.pdf", "report.json", "events.csv", "reviews.csv", "index.html", MANIFEST}
    assert set(found) == clips | tops
    assert manifest.case.name == HOSTILE and [one["action"] for one in manifest.case.records] == ["named", "added"]
    (held,) = manifest.runs[0].reviews
    assert (held.event, held.label, held.verdict, held.note) == (second, "skateboard", "false", "a <b>cat</b>")
    assert [(one["reviewer"], one["verdict"]) for one in held.records] == [("Ann", "true"), ("=Ben", "false")]
    (row,) = csv.DictReader(io.StringIO(found["reviews.csv"].decode()))
    assert (row["event"], row["reviewer"], row["verdict"]) == (second, "'=Ben", "false")
    report = found["report.html"].decode()
    assert "verdict false by =Ben" in report and "a &lt;b&gt;cat&lt;/b&gt;" in report
    assert "holds 1 of the 2 events" in report and "bicycle" not in found["events.csv"].decode()
    assert b"<script>" not in found["index.html"]
    assert exported.latest().keys() == {second}
    assert exports.get(export_id).files == len(found) - 1


def test_without_a_choice_all_events_are_held_with_what_was_said(run):
    first, second = [row.key for row in index.rows()]
    reviews.add([first], "Ann", reviewed=True)
    held = chosen()
    analysis = held.analysis(source(run))
    assert [one.review.startswith("Reviewed by Ann") for one in analysis.events] == [True, False]
    assert [one.event for one in held.reviews(run.id, analysis)] == [first, second]
    assert held.reviews("", analysis) == (), "a folder's events have no reviews"


def test_an_event_under_the_threshold_is_held_at_the_one_that_showed_it(run):
    values = made.scores()
    values[400:440] += (1.5 * np.hanning(40)).astype(np.float32)
    made.rescored(run, values)
    cut = explain_events(run.folder, 0.9)
    named = keys(run.id, [(one.kind, one.event.peak) for one in cut.events])
    number = len(named) - 1
    index.add(row_at(run, cut, number, cut.events[number]))
    (one,) = chosen([named[number]]).analysis(source(run)).events
    assert one.event == cut.events[number].event


def test_what_cannot_be_exported_is_refused_with_a_sentence(run):
    with pytest.raises(InputError, match="has no event"):
        chosen([f"{run.id}/moving/9999"]).analysis(source(run))
    with pytest.raises(InputError, match="there is no case"):
        chosen([], "nothing")
    with pytest.raises(InputError, match="nothing to export"):
        exports.submit_events([])
    with pytest.raises(InputError, match="there is no run"):
        exports.submit_events(["gone/moving/3"])


def test_events_of_several_runs_are_queued_as_one_export(run, monkeypatch):
    other, asked = made.done("b.mp4"), []
    monkeypatch.setattr(exports, "queue", lambda: SimpleNamespace(add=lambda *told: asked.append(told)))
    exports.submit_events([f"{run.id}/moving/1", f"{other.id}/moving/2", f"{run.id}/moving/3"], "all", "c", "Theft")
    ((_, _, title, _, parameters),) = asked
    assert title == "Theft" and parameters == {
        "runs": [run.id, other.id], "blur": "all", "case": "c",
        "events": [f"{run.id}/moving/1", f"{other.id}/moving/2", f"{run.id}/moving/3"],
    }  # fmt: skip
