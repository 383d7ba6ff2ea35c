"""Runs as archives: what is in them, that clips and pictures are those of the events, and that nothing is half done."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest

from cli import ROOT
from core import files, pictures, video
from core.clock import Clock
from core.errors import Cancelled, InputError, StorageError, UnknownNameError
from core.records import Event
from pipeline import store
from pipeline.export import export as exporting
from pipeline.export import exports
from pipeline.export.clips import window
from pipeline.export.export import export
from pipeline.export.manifest import MANIFEST
from pipeline.export.sources import find
from pipeline.export.verify import verify
from tests.explain.report.test_report import SCHEMA
from tests.jobs import inline
from tests.pipeline.export import made as here
from tests.ui import made

WHEN = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return here.clip(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.fixture(scope="module")
def folder(film, tmp_path_factory):
    return here.run(tmp_path_factory.mktemp("runs") / "one", film)


@pytest.fixture(scope="module")
def case(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("case") / "case.zip"
    export(find([str(folder)]), out, made=WHEN)
    return out


def content(archive):
    with zipfile.ZipFile(archive) as packed:
        return {info.filename: packed.read(info) for info in packed.infolist()}


def unpacked(archive, place):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(place)
    return place


def frames(path):
    parts = list(video.read(path))
    return np.concatenate([part.images for part in parts]), np.concatenate([part.times for part in parts])


def test_one_run_lies_at_the_top_and_its_manifest_says_what_it_is(case, film):
    found = content(case)
    each = [f"event-{number:03d}{kind}" for number in (1, 2) for kind in ("", "-overlay")]
    clips, shown = {f"clips/{name}.mp4" for name in each}, {f"frames/{name}.png" for name in each}
    tops = {"report.html", "report.pdf", "report.json", "events.csv"}
    assert set(found) == tops | clips | shown | {MANIFEST}
    manifest = verify(case).manifest
    assert {file.path: file.bytes for file in manifest.files} == {
        path: len(data) for path, data in found.items() if path != MANIFEST
    }
    (run,) = manifest.runs
    assert run.models_sha256 == {"objects": "cd" * 32, "actions": None}, "as the analysis noted, and nothing else"
    assert (run.folder, run.clip["name"], run.clip["sha256"]) == ("", here.NAME, video.sha256_of(film))
    assert (run.threshold, run.unit, run.events, manifest.made) == (2.0, "dB", 2, "2026-11-29T12:00:00+00:00")
    jsonschema.validate(json.loads(found["report.json"]), SCHEMA)
    rows = list(csv.DictReader(io.StringIO(found["events.csv"].decode())))
    assert [(row["event"], row["cause"]) for row in rows] == [("1", "bicycle"), ("2", "skateboard")]
    assert found["report.pdf"].startswith(b"%PDF-") and b"<b>{nb}" not in found["report.html"]


def test_clips_are_the_events_with_two_seconds_around_at_the_clips_own_size_and_times(case, tmp_path):
    place = unpacked(case, tmp_path)
    rows = list(csv.DictReader((place / "events.csv").read_text().splitlines()))
    for number, row in enumerate(rows, 1):
        plain, times = frames(place / f"clips/event-{number:03d}.mp4")
        marked, same = frames(place / f"clips/event-{number:03d}-overlay.mp4")
        first, last = int(row["first_frame"]) - 50, int(row["last_frame"]) + 50
        assert plain.shape == marked.shape == (last - first + 1, *made.SIZE, 3)
        np.testing.assert_allclose(here.brightness(plain), np.arange(first, last + 1) // 2, atol=4)
        np.testing.assert_allclose(times, np.arange(len(plain)) / made.FPS, atol=1e-4)
        np.testing.assert_array_equal(times, same)
        middle = int(row["peak_frame"]) - first
        assert np.abs(marked[middle].astype(int) - plain[middle]).max() > 80
        assert np.abs(marked[0].astype(int) - plain[0]).mean() < 2, "heat of another moment is drawn"


def test_pictures_are_the_shown_frame_of_the_clip(case, tmp_path):
    place = unpacked(case, tmp_path)
    for row in csv.DictReader((place / "events.csv").read_text().splitlines()):
        plain = pictures.read(place / f"frames/event-{int(row['event']):03d}.png")
        assert np.abs(plain.astype(int) - here.picture(int(row["shown_frame"]))).mean() < 4
        overlay = pictures.read(place / f"frames/event-{int(row['event']):03d}-overlay.png")
        assert overlay.shape[1] >= 960


def test_the_same_run_gives_the_same_bytes_but_for_the_date(folder, case, tmp_path):
    again, later = tmp_path / "again.zip", tmp_path / "later.zip"
    export(find([str(folder)]), again, made=WHEN)
    assert again.read_bytes() == case.read_bytes()
    export(find([str(folder)]), later, made=WHEN.replace(year=2027))
    first, second = content(case), content(later)
    assert {path for path in first if first[path] != second[path]} == {"report.html", "report.pdf", MANIFEST}


def test_several_runs_have_a_folder_each_and_an_index(folder, tmp_path):
    out = tmp_path / "case.zip"
    export(find([str(folder), str(folder)]), out, made=WHEN)
    found, manifest = content(out), verify(out).manifest
    tops = {path.split("/")[0] for path in found}
    assert tops == {"01-Tür_监_b_nb", "02-Tür_监_b_nb", "index.html", "report.pdf", "events.csv", MANIFEST}
    assert found["report.pdf"].startswith(b"%PDF-")
    assert [run.folder for run in manifest.runs] == sorted(tops)[:2]
    assert len(found["events.csv"].splitlines()) == 5 and b"<b>{nb}" not in found["index.html"]


def test_a_run_without_events_has_reports_alone(film, tmp_path):
    folder = tmp_path / "quiet"
    folder.mkdir()
    made.results(SimpleNamespace(folder=folder, clip="a.mp4", camera="plaza"), quiet=True)
    here.own(folder, film)
    export(find([str(folder)]), tmp_path / "case.zip", blur="persons", made=WHEN)
    found = content(tmp_path / "case.zip")
    assert set(found) == {"report.html", "report.pdf", "report.json", "events.csv", MANIFEST}
    note = verify(tmp_path / "case.zip").manifest.blur_note
    assert note in json.loads(found["report.json"])["warnings"] and note.encode() in found["report.html"]


def test_a_window_keeps_to_the_recording():
    clock = Clock.of(np.concatenate([np.arange(30) / 10, 60 + np.arange(30) / 10]))
    assert window(Event(20, 25, 22, 1.0), clock) == range(0, 30)
    assert window(Event(32, 35, 33, 1.0), clock) == range(30, 56)


def test_uneven_times_of_a_clip_are_kept(tmp_path):
    times = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.09, 40)) - 0.02
    with video.writing(tmp_path / "a.mp4", 25.0) as out:
        for seconds in times:
            out.add(np.zeros((32, 48, 3), np.uint8), seconds)
        with pytest.raises(ValueError, match="seconds must be growing"):
            out.add(np.zeros((32, 48, 3), np.uint8), times[-1])
    np.testing.assert_allclose(frames(tmp_path / "a.mp4")[1], times - times[0], atol=2e-5)


def test_a_clip_that_is_gone_or_another_is_refused(film, tmp_path):
    lost = here.run(tmp_path / "lost", film, source=False)
    with pytest.raises(InputError, match="name the file with --clip"):
        find([str(lost)])
    assert find([str(lost)], [film])[0].clip == film
    other = tmp_path / "other.mp4"
    other.write_bytes(film.read_bytes() + b"\0")
    facts = json.loads((lost / "run.json").read_text()) | {"source": str(other)}
    (lost / "run.json").write_text(json.dumps(facts))
    with pytest.raises(InputError, match="is not the one that was analysed"):
        find([str(lost)])
    with pytest.raises(InputError, match="holds no run"):
        find([str(tmp_path)])
    with pytest.raises(InputError, match="nothing to export"):
        find([])


def test_nothing_is_left_of_an_export_that_stopped(folder, tmp_path, monkeypatch):
    out, asked = tmp_path / "case.zip", []
    with pytest.raises(Cancelled):
        export(find([str(folder)]), out, cancelled=lambda: asked.append(1) or len(asked) > 3)
    with pytest.raises(UnknownNameError, match="known: all, none, persons"):
        export(find([str(folder)]), out, blur="faces")
    with pytest.raises(InputError, match="is a folder"):
        export(find([str(folder)]), tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "pdf", full)
    with pytest.raises(StorageError, match=r"'case\.zip' could not be written .* the disk is full"):
        export(find([str(folder)]), out)
    assert list(tmp_path.iterdir()) == []


def test_a_clip_that_ends_early_is_said(folder, film, tmp_path):
    short = tmp_path / "short.mp4"
    video.encode(short, (here.picture(frame) for frame in range(100)), made.FPS)
    (source,) = find([str(folder)])
    with pytest.raises(InputError, match="ended at frame 99, but it had 500 frames"):
        export([type(source)("", folder, short, here.NAME)], tmp_path / "case.zip")


def test_an_export_is_a_job(film, monkeypatch):
    inline.no_processes(monkeypatch)
    run = made.filmed(film, "plaza")
    here.own(run.folder, run.path)
    export_ = exports.submit([run.id], "persons")
    (export_.folder / ".0123.parts").mkdir(parents=True)
    (export_.folder / ".0123.part").write_bytes(b"of a worker that was killed")
    assert inline.work(export_.id) == 0
    done = exports.get(export_.id)
    assert (done.state, done.folder.parent, done.title) == ("done", files.home() / "exports", run.clip)
    assert verify(done.path).sha256 == done.sha256 and done.bytes == done.path.stat().st_size
    assert [path.name for path in done.folder.iterdir()] == ["case.zip"]
    assert verify(done.path).manifest.runs[0].run == run.id and exports.exports() == [done]
    with pytest.raises(InputError, match="only a run that is done"):
        exports.submit([made.draft().id])


def test_an_export_whose_run_or_clip_goes_meanwhile_fails_with_that_reason(film, monkeypatch):
    inline.no_processes(monkeypatch)
    run = made.filmed(film, "plaza")
    here.own(run.folder, run.path)
    clip, without = run.path.read_bytes(), exports.submit([run.id])
    run.path.unlink()
    inline.work(without.id)
    assert "is no longer there; analyse it again" in exports.get(without.id).reason
    run.path.write_bytes(clip)

    def deleted(*_):
        store.delete(run.id)
        raise InputError("no readable evidence of frame 3 is kept in this run")

    export_ = exports.submit([run.id])
    monkeypatch.setattr(exporting, "_cut", deleted)
    inline.work(export_.id)
    failed = exports.get(export_.id)
    assert failed.state == "failed" and f"no run {run.id!r}; it may have been deleted" in failed.reason
    assert not failed.path.exists()


def test_an_export_needs_no_torch():
    names = ("export", "sources", "verify", "exports")
    code = f"import sys; from pipeline.export import {', '.join(names)}; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
