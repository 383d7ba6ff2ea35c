"""The index of events: one row for each event and camera fault of each run that is done, and none of others."""

import dataclasses
import json

import numpy as np
import pytest

from core import files
from core.disturbance import Disturbance
from core.files import folder
from core.normality import AlarmCurve
from explain import report
from jobs.store import JobStore
from pipeline import fault_pictures, finished_run, store
from pipeline.events import smoothed
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FACTS, explain_events
from pipeline.reviewing import index
from pipeline.reviewing.rows import FAULT, keys, row_at
from tests.ui import made

CURVE = AlarmCurve(1.0, (0.5, 2.0, 4.0), (30.0, 4.0, 0.05))


@pytest.fixture
def run():
    run = made.done()
    faults = [dataclasses.asdict(Disturbance("light", 230, 240, 9.2, 9.6, "The light changed."))]
    versions = {"weights_sha256": "ab" * 32}
    known = json.loads((run.folder / FACTS).read_text(encoding="utf-8"))
    clip = {**known["clip"], "recorded": "2026-11-28T23:59:50"}
    files.write_json(run.folder / FACTS, {**known, "clip": clip, "disturbances": faults, "versions": versions,
                                         "alarms": dataclasses.asdict(CURVE)})  # fmt: skip
    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder)
    return run


def test_a_run_is_indexed_with_its_events_and_camera_faults(run):
    index.put(run)
    rows = index.rows()
    kept = finished_run.read(run.folder)
    cut = kept.events(2.0)
    moving = [row for row in rows if row.kind == "moving"]
    assert [(row.first, row.last, row.peak) for row in moving] == [(one.first, one.last, one.peak) for one in cut]
    smooth = smoothed(kept.scores, kept.clock)
    assert [row.level for row in moving] == [float(np.nanmax(smooth[one.first : one.last + 1])) for one in cut]
    assert [row.per_hour for row in moving] == [CURVE.expected(row.level) for row in moving]
    first = moving[0]
    assert (first.label, first.camera, first.unit, first.weights) == ("bicycle", "plaza", "dB", "ab" * 32)
    assert "ride" in first.about and first.summary.startswith("From")
    assert first.recorded == "2026-11-28 23:59:55" and first.day == "2026-11-28"
    assert moving[1].day == "2026-11-29", "the day of the event, not of the clip"
    assert first.shown in range(first.first, first.last + 1)
    (fault,) = [row for row in rows if row.kind == FAULT]
    assert (fault.label, fault.first, fault.score, fault.per_hour) == ("light", 230, None, None)
    assert fault.shown is None, "an earlier run kept no picture of it"
    folder(fault_pictures.path(run.folder, 230).parent)
    fault_pictures.path(run.folder, 230).write_bytes(b"a picture")
    index.put(run)
    assert [row.shown for row in index.rows() if row.kind == FAULT] == [230]
    assert index.get(first.key) == first and index.get("nothing") is None


def test_what_stands_is_a_row_of_its_own():
    run = made.done()
    made.stands(run)
    report.write(explain_events(run.folder), EvidenceFolder(run.folder / EVIDENCE).get, run.folder)
    index.put(run)
    (stands,) = [row for row in index.rows() if row.kind == "standing"]
    assert (stands.peak, stands.score, stands.unit, stands.per_hour) == (340, 2.0, "nats", None)


def test_keys_stay_the_same_whenever_a_run_is_read_and_wherever_its_threshold_is(run):
    index.put(run)
    before = index.rows()
    index.put(store.get(run.id))
    assert index.rows() == before
    named = {row.key for row in before if row.kind == "moving"}
    for threshold in (1.0, 2.0, 3.5):
        cut = explain_events(run.folder, threshold)
        assert named & set(keys(run.id, [(one.kind, one.event.peak) for one in cut.events]))


def test_runs_that_are_not_indexed_are_found_and_deleted_ones_forgotten(run):
    other = made.done("b.mp4")
    made.running("c.mp4")
    assert [one.id for one in index.missing()] == [other.id, run.id]
    assert index.fill(index.missing(), seconds=0.0) == 1, "one at least, whatever the time"
    assert index.fill(index.missing(), seconds=60.0) == 0
    assert index.missing() == [] and len(index.rows()) == 5
    store.delete(run.id)
    assert index.missing() == [] and {row.run for row in index.rows()} == {other.id}


def test_a_run_that_cannot_be_read_is_named_with_the_reason_and_not_tried_again(run):
    (run.folder / "report.json").write_text('{"events": [{}]}')
    assert index.fill(index.missing(), 60.0) == 0
    assert index.rows() == [] and index.missing() == []
    assert "report" in index.unreadable()[run.id]


def test_an_event_under_the_threshold_of_its_run_can_be_added_and_survives_a_new_reading(run):
    values = made.scores()
    values[400:440] += (1.5 * np.hanning(40)).astype(np.float32)
    made.rescored(run, values)
    index.put(run)
    cut = explain_events(run.folder, 0.9)
    known = {row.key for row in index.rows()}
    number = next(n for n, key in enumerate(keys(run.id, [(one.kind, one.event.peak) for one in cut.events]))
                  if key not in known)  # fmt: skip
    row = row_at(run, cut, number, cut.events[number])
    assert row.quiet and row.level < 2.0
    index.add(row)
    index.put(run)
    assert index.get(row.key) == row
    own = explain_events(run.folder)
    at = row_at(run, own, 0, own.events[0])
    assert not at.quiet and at == index.get(at.key)


def test_an_analysis_indexes_its_run_at_its_end(tiny_camera, tmp_path):
    from types import SimpleNamespace

    from pipeline import job
    from tests.clips import make

    path = make(tmp_path / "a.mp4", np.stack([np.full((48, 64, 3), n, np.uint8) for n in range(40)]))
    with path.open("rb") as stream:
        run = store.create(stream, "a.mp4")
    JobStore().enqueue(run.id, made.ME, {"camera": "tiny"})
    context = SimpleNamespace(job=run, progress=None, cancelled=bool, publish=lambda **told: None)
    job.run(context)
    assert index.unreadable() == {}
    with index.database.opened() as opened:
        assert [row["run"] for row in opened.execute("SELECT run FROM indexed")] == [run.id]
