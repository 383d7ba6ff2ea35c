"""What a kill cut short is finished or taken back before the app starts, and nothing else is touched."""

import io
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import files, reserve
from jobs import records, trash
from jobs.locks import exclusive
from jobs.store import JobStore, new_id
from pipeline import store
from pipeline.store import STATES
from pipeline.tidy import PART_SECONDS, tidy


def clip(name="walk.mp4"):
    return store.create(io.BytesIO(b"not a film"), name)


def unfinished():
    """A folder as an upload leaves it whose process was killed."""
    folder = files.folder(files.home() / "runs" / new_id())
    (folder / "clip.mp4").write_bytes(b"not a fi")
    (folder / ".0123456789abcdef.part").write_bytes(b"not")
    return folder


def test_an_upload_that_was_killed_goes_and_one_that_is_under_way_stays():
    run, killed, under_way = clip(), unfinished(), unfinished()
    with exclusive(under_way), ThreadPoolExecutor(1) as another:
        assert another.submit(tidy).result() == []
    assert run.path.exists() and under_way.exists() and not killed.exists()


def test_a_folder_that_holds_more_than_an_upload_stays():
    folder = unfinished()
    (folder / "run.json").write_text("{}")
    tidy()
    assert folder.exists()


@pytest.mark.parametrize("step", ["write", "insert"])
def test_an_upload_killed_between_two_steps_is_there_whole_or_not_at_all(monkeypatch, step):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    JobStore().line()
    with pytest.raises(Killed), monkeypatch.context() as patch:
        patch.setattr(store.shutil, "rmtree", lambda *_, **__: None)
        patch.setattr(records, step, die)
        clip()
    tidy()
    found = store.runs(STATES)
    folders = list((files.home() / "runs").iterdir())
    assert [run.folder for run in found] == folders
    assert len(found) == (step == "insert")
    assert all(run.path.read_bytes() == b"not a film" and run.clip == "walk.mp4" for run in found)


def test_a_deletion_that_was_killed_is_finished():
    run, other = clip(), clip()
    trash.put(run)
    tidy()
    assert store.runs(STATES) == [other] and list(trash.place().iterdir()) == []


def test_a_row_that_was_lost_is_taken_up_again_and_that_is_said():
    run = clip()
    path = JobStore().path
    path.unlink()
    for ending in ("-wal", "-shm"):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)
    assert store.get(run.id) == run
    path.write_bytes(b"no database" * 999)
    (sentence,) = tidy()
    assert "damaged files were put aside" in sentence and "index.damaged-" in sentence
    assert store.get(run.id) == run


def test_unfinished_files_go_once_they_are_old():
    run = clip()
    fresh, old = run.folder / ".00.part", run.folder / ".11.part"
    for path in (fresh, old):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * PART_SECONDS,) * 2)
    tidy()
    assert fresh.exists() and not old.exists() and run.path.exists()


def test_what_a_killed_process_left_goes_whatever_its_age_and_what_is_still_written_stays():
    run = clip()
    left = run.folder / ".0123456789abcdef.parts"
    left.mkdir()
    (left / "a").write_bytes(b"half")
    with files.scratch(run.folder) as held:
        tidy()
        assert held.exists() and not left.exists() and run.path.exists()


@pytest.mark.parametrize("purpose", [reserve.INDEX, reserve.REVIEWS])
def test_a_reserve_is_kept_used_once_and_made_again(purpose):
    tidy()
    assert reserve.path_of(purpose).stat().st_size == reserve.SIZE_BYTES
    assert reserve.release(purpose) and not reserve.release(purpose)
    tidy()
    assert reserve.path_of(purpose).exists()
