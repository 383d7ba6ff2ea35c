"""Clean-up removes what is old or too much, the oldest first, and never what is at work or protected."""

import dataclasses
import errno
import io

import pytest

from core import files
from core.errors import StorageError
from jobs.store import JobStore, new_id
from pipeline import playback, storage, store
from pipeline.export.exports import Export
from pipeline.storage import COPY, EXPORT, RUN, UPLOAD
from tests.jobs import inline

KILO = 1000


def run(name, state="done", results=5 * KILO, copy=0):
    made = store.create(io.BytesIO(b"c" * 2 * KILO), f"{name}.mp4")
    (made.folder / "heat.bin").write_bytes(b"h" * results)
    if copy:
        playback.clip(made).parent.mkdir()
        playback.clip(made).write_bytes(b"p" * copy)
    jobs = JobStore()
    if state != "draft":
        assert jobs.enqueue(made.id, inline.ME, {"camera": "street"})
    if state in ("running", "done"):
        jobs.begin(made.id)
    if state == "done":
        jobs.finish(made.id)
    return store.get(made.id)


def aged(found, **days):
    """Let things be so many days old; all others are of today."""
    return [
        dataclasses.replace(one, since=1e9 - days.get(one.job.title.removesuffix(".mp4"), 0) * storage.DAY_SECONDS)
        for one in found
    ]


def names(chosen):
    return [(one.job.title.removesuffix(".mp4"), one.what) for one in chosen]


def test_everything_that_takes_space_is_listed_with_its_size_the_largest_first():
    run("a", copy=9 * KILO)
    run("new", "draft", results=0)
    export_id = new_id()
    inline.keep(Export, export_id, "case", f"exports/{export_id}", {"runs": []}, "draft")
    place = files.folder(JobStore().get(export_id, Export).folder)
    (place / "case.zip").write_bytes(b"z" * KILO)
    found = storage.kept()
    assert [(one.what, one.bytes, one.clip_bytes) for one in found] == [
        (COPY, 9 * KILO, 0), (RUN, 7 * KILO, 2 * KILO), (UPLOAD, 2 * KILO, 2 * KILO), (EXPORT, KILO, 0)
    ]  # fmt: skip
    assert storage.disk().total > storage.disk().free > 0


def test_by_age_what_is_older_goes_by_size_the_oldest_until_it_fits():
    for name in "abc":
        run(name)
    found = aged(storage.kept(), a=40, b=20, c=1)
    chosen = [storage.to_remove(found, {RUN}, days, most, 1e9)
              for days, most in ((30, None), (None, 15 * KILO), (30, 7 * KILO), (None, None), (None, 0))]  # fmt: skip
    assert [names(one) for one in chosen] == [
        [("a", RUN)], [("a", RUN)], [("a", RUN), ("b", RUN)], [], [("a", RUN), ("b", RUN), ("c", RUN)]
    ]  # fmt: skip
    assert storage.to_remove(found, {COPY, EXPORT}, 0, 0, 1e9) == []


def test_what_is_at_work_or_protected_never_goes(monkeypatch):
    kept, busy, exported, free = run("kept"), run("busy", "running"), run("exported"), run("free")
    monkeypatch.setitem(storage.PROTECTORS, "reviewed", lambda: {kept.id})
    inline.keep(Export, new_id(), "case", "exports/x", {"runs": [exported.id]}, "queued")
    found = storage.kept()
    assert {one.job.id: one.why_kept for one in found if one.what == RUN} == {
        kept.id: "reviewed", busy.id: "at work", exported.id: "at work", free.id: ""
    }  # fmt: skip
    assert names(storage.to_remove(found, storage.WHATS, 0, 0)) == [("free", RUN)]


def test_a_clean_up_removes_what_was_chosen_and_nothing_that_was_protected_meanwhile(monkeypatch):
    first, second = run("a", copy=KILO), run("b")
    chosen = storage.to_remove(storage.kept(), {RUN, COPY}, None, 0)
    assert len(chosen) == 3
    monkeypatch.setitem(storage.PROTECTORS, "in a case", lambda: {first.id, "gone"})
    gone, stayed = storage.remove(chosen)
    assert names(gone) == [("a", COPY), ("b", RUN)] or names(gone) == [("b", RUN), ("a", COPY)]
    assert stayed == ["'a.mp4' stays: it is in a case now"]
    assert first.path.exists() and not playback.clip(first).exists() and not second.folder.exists()
    assert [one.id for one in store.runs()] == [first.id]
    assert storage.remove([one for one in chosen if one.job.id == second.id])[1], "it is gone already"


def test_a_disk_that_is_full_while_a_clip_is_kept_is_said_and_leaves_nothing(monkeypatch):
    before = run("a")

    def full(stream, out, length):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(store.shutil, "copyfileobj", full)
    with pytest.raises(StorageError, match="the disk is full; free some space and try again"):
        store.create(io.BytesIO(b"x"), "b.mp4")
    assert [one.job.id for one in storage.kept()] == [before.id]
    assert [path.name for path in (files.home() / "runs").iterdir()] == [before.id]
