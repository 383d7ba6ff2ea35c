"""The table of a batch: what is done is left out, what failed is tried again."""

import json

import pytest

from core.errors import InputError
from pipeline.fleet.batch import FILE, Batch
from pipeline.fleet.task import DONE, FAILED, Outcome, Settings, Task

SETTINGS = Settings("gate")


def tasks(out):
    return [Task(f"{name}.mp4", f"{out}/{name}") for name in "abc"]


def report(out):
    out.mkdir(parents=True)
    (out / "report.json").write_text("{}")


def test_a_batch_goes_on_with_what_is_not_done(tmp_path):
    a, b, c = tasks(tmp_path)
    first = Batch(str(tmp_path), SETTINGS, resume=False)
    report(tmp_path / "a")
    report(tmp_path / "c")
    first.add(Outcome(a.clip, a.out, DONE, events=2))
    first.add(Outcome(b.clip, b.out, FAILED, "it is no clip"))
    kept = json.loads((tmp_path / FILE).read_text())
    assert [row["state"] for row in kept["outcomes"]] == [DONE, FAILED] and kept["settings"]["camera"] == "gate"
    again = Batch(str(tmp_path), SETTINGS, resume=True)
    assert again.left([a, b, c]) == [b, c]
    assert again.left([Task("another.mp4", a.out)]) == [Task("another.mp4", a.out)]
    (tmp_path / "a" / "report.json").unlink()
    assert again.left([a]) == [a]
    assert Batch(str(tmp_path), SETTINGS, resume=False).left([a, b]) == [a, b]


def test_a_batch_begun_elsewhere_goes_on_by_whole_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report(tmp_path / "out" / "a")
    Batch("out", SETTINGS, resume=False).add(Outcome(str(tmp_path / "a.mp4"), str(tmp_path / "out" / "a"), DONE))
    assert Batch("out", SETTINGS, resume=True).left([Task("a.mp4", "out/a")]) == []


def test_a_place_that_cannot_be_written_to_is_noticed_first(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"could not be"):
        Batch(str(tmp_path / "file"), SETTINGS, resume=False)


def test_a_batch_of_other_settings_is_not_gone_on_with(tmp_path):
    Batch(str(tmp_path), SETTINGS, resume=False).add(Outcome("a", "o", DONE))
    with pytest.raises(InputError, match=r"was begun with camera gate; give the same settings, or another --out"):
        Batch(str(tmp_path), Settings("yard"), resume=True)


@pytest.mark.parametrize("text", ["", "[]", '{"settings": 3}', '{"outcomes": []}', "\x00"])
def test_a_damaged_table_is_said_in_a_sentence(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError, match=r"batch\.json in .* cannot be used: .*; remove it, or give another --out"):
        Batch(str(tmp_path), SETTINGS, resume=True)
