"""Several clips on the page of a new analysis: kept at once, each with its camera, and one bad one stops no other."""

import dataclasses
import errno

import pytest
from streamlit.testing.v1 import AppTest

from core import video
from core.errors import InputError
from pipeline import camera as cameras
from pipeline import retention, store
from pipeline.retention import Retention
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_pages import ROOT, button, fine, html, labels


@pytest.fixture(autouse=True)
def _no_cameras(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")


@pytest.fixture
def clip(tmp_path):
    video.encode(tmp_path / "clip.mp4", made.pictures(40), made.FPS)
    return (tmp_path / "clip.mp4").read_bytes()


@pytest.fixture
def elsewhere(tmp_path):
    video.encode(tmp_path / "elsewhere.mp4", made.pictures(40, seed=8), made.FPS)
    return (tmp_path / "elsewhere.mp4").read_bytes()


@pytest.fixture(autouse=True)
def two_cameras():
    """Two cameras; the one that comes second by name is that of the clips."""
    known = made.camera()
    other = dataclasses.replace(known, name="avenue", folder=known.folder.parent / "avenue")
    cameras.save(dataclasses.replace(other, background=known.background[::-1, ::-1].copy()))


def page(**query):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        at.query_params[key] = value
    return fine(at.run())


def uploaded(at, *files):
    at.file_uploader[0].set_value([(name, content, "video/mp4") for name, content in files])
    return fine(at.run())


def drafts():
    return [run.clip for run in reversed(store.runs(("draft",)))]


def test_clips_are_kept_at_once_and_one_that_cannot_be_read_stops_no_other(clip):
    at = uploaded(page(), ("a.mp4", clip), ("notes.mp4", b"dear diary" * 99), ("b<i>.mp4", clip))
    assert drafts() == ["a.mp4", "b<i>.mp4"]
    assert "notes.mp4&#x27; is not a video" in html(at)
    assert "2 clips to analyse" in html(at) and "b&lt;i&gt;.mp4" in html(at)
    assert at.file_uploader[0].value == [], "the buffers are dropped"
    again = page(clip=at.query_params["clip"])
    assert "2 clips to analyse" in html(again), "a reload keeps them"


def test_each_clip_has_the_camera_that_it_looks_like_until_another_is_chosen(clip, elsewhere):
    at = uploaded(page(), ("a.mp4", clip), ("elsewhere.mp4", elsewhere))
    mine = at.selectbox(f"camera-{store.runs(('draft',))[1].id}")
    assert mine.value == "street" and list(mine.options) == ["avenue", "street"]
    assert html(at).count("does not look like") == 1
    mine.select("avenue")
    assert html(fine(at.run())).count("does not look like") == 2
    at.selectbox("camera-all").select("street")
    fine(at.run())
    assert {at.selectbox(f"camera-{run.id}").value for run in store.runs(("draft",))} == {"street"}


def test_all_are_queued_at_once_each_with_its_camera(clip, monkeypatch):
    inline.no_processes(monkeypatch)
    at = uploaded(page(), ("a.mp4", clip), ("b.mp4", clip))
    first = store.runs(("draft",))[1]
    at.selectbox(f"camera-{first.id}").select("avenue")
    at.selectbox("blur-all").select("persons")
    retention.put("avenue", Retention(blur="all"))
    fine(at.run())
    assert "Of camera avenue, persons are all kept blurred" in " ".join(one.value for one in at.caption)
    button(at, "Analyse all 2 clips").click()
    fine(at.run())
    assert [(run.clip, run.camera, run.blur) for run in reversed(store.runs(("queued",)))] == [
        ("a.mp4", "avenue", "persons"), ("b.mp4", "street", "persons")
    ]  # fmt: skip
    assert "Waiting, the next one first" in [s.value for s in at.subheader]


def test_a_clip_that_cannot_be_queued_stays(clip, monkeypatch):
    inline.no_processes(monkeypatch)
    start = store.start
    at = uploaded(page(), ("a.mp4", clip), ("b.mp4", clip))

    def refuse(run_id, camera, blur):
        if store.get(run_id).clip == "b.mp4":
            raise InputError("the disk is full; free some space and try again")
        return start(run_id, camera, blur=blur)

    monkeypatch.setattr(store, "start", refuse)
    button(at, "Analyse all 2 clips").click()
    fine(at.run())
    assert "B.mp4: the disk is full; free some space and try again" in html(at)
    assert drafts() == ["b.mp4"] and "Analyse" in labels(at)


def test_a_disk_that_is_full_loses_nothing_that_was_kept(clip, monkeypatch):
    copy, calls = store.shutil.copyfileobj, []

    def full(stream, out, length):
        calls.append(out)
        if len(calls) == 2:
            out.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        copy(stream, out, length)

    monkeypatch.setattr(store.shutil, "copyfileobj", full)
    at = uploaded(page(), ("a.mp4", clip), ("b.mp4", clip), ("c.mp4", clip))
    assert html(at).count("the disk is full; free some space and try again") == 1
    assert drafts() == ["a.mp4", "c.mp4"]
    assert len(list((store.home() / "runs").iterdir())) == 2, "nothing is left of the one that did not fit"


def test_a_clip_deleted_meanwhile_gets_a_sentence_and_the_other_stays(clip):
    at = uploaded(page(), ("a.mp4", clip), ("b.mp4", clip))
    store.runs(("draft",))[0].path.unlink()
    fine(at.run())
    assert "The file of &#x27;b.mp4&#x27; is no longer in" in html(at)
    assert "a.mp4" in html(at) and "Analyse" in labels(at)


def test_one_can_be_removed(clip):
    at = uploaded(page(), ("a.mp4", clip), ("b.mp4", clip))
    at.button(f"remove-{store.runs(('draft',))[0].id}").click()
    fine(at.run())
    assert drafts() == ["a.mp4"] and "a.mp4" in html(at) and "b.mp4" not in html(at)


def test_clips_of_another_tab_are_offered(clip):
    uploaded(page(), ("a.mp4", clip), ("b.mp4", clip))
    at = page()
    assert any("2 clips uploaded before" in c.value for c in at.caption)
    button(at, "Show them").click()
    assert "2 clips to analyse" in html(fine(at.run()))
