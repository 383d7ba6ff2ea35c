"""What ``bench kills`` holds against what the app had answered."""

import io
import shutil

import pytest

from benchmarks._kill_ledger import Ledger, sha256
from core import files
from jobs.store import JobStore
from pipeline import store
from pipeline.reviewing import cases, reviews

CLIP = b"a clip"
EVENT, OTHER = "20260101-000000-aaaaaa:moving:1-2", "20260101-000000-aaaaaa:moving:5-6"


@pytest.fixture
def ledger(whycam_home):
    run = store.create(io.BytesIO(CLIP), "a.mp4")
    reviews.add([EVENT], "Ann", note="note 1")
    cases.create("case 1", "Ann", [EVENT], "case 1")
    found = Ledger({sha256(run.path): 0}, {run.id: 0}, {"note 1": [EVENT]}, {"note 1"}, {"case 1": [EVENT]}, {"case 1"})
    assert found.faults() == []
    return found


def run_of(ledger):
    return store.get(next(iter(ledger.runs)))


def test_what_is_lost_is_noticed(ledger):
    run = run_of(ledger)
    JobStore().delete(run.id)
    shutil.rmtree(run.folder)
    reviews.add([EVENT, OTHER], "Ann", note="note 2")
    ledger.answered |= {"note 3"}
    ledger.asked |= {"note 2": [EVENT]}
    ledger.cases |= {"case 2"}
    assert ledger.faults() == [
        f"run {run.id} is lost", "review 'note 3' is lost", "review 'note 2' is half there", "case 'case 2' is lost",
    ]  # fmt: skip


def test_what_is_half_there_is_noticed(ledger):
    run = run_of(ledger)
    run.path.write_bytes(CLIP[:3])
    (run.folder / "run.json").write_text("{")
    (files.folder(files.home() / "runs" / "left")).joinpath("a").write_text("")
    (files.home() / "index.damaged-1.sqlite").write_bytes(b"")
    assert ledger.faults() == [
        "index.damaged-1.sqlite was put aside", f"the clip of run {run.id} is half there",
        f"{run.folder / 'run.json'} is no JSON", "the folder of run left is left",
    ]  # fmt: skip
