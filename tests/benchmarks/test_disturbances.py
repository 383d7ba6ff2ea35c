"""A long measurement that is stopped and gone on with."""

import json
from pathlib import Path

import pytest

from benchmarks import disturbances
from benchmarks._kept_rows import Row, keep, kept
from core.errors import InputError, UnknownNameError

Drawn = list[tuple[str, str, int]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Three rows, staged nowhere: what is measured is noted."""
    noted: Drawn = []

    def run(name: str, path: Path, other: Path, seed: int, row: Row) -> None:
        noted.append((name, path.name, seed))
        row.staged += 1
        row.starts.append(0.5)

    monkeypatch.setattr(disturbances, "run", run)
    monkeypatch.setattr(disturbances, "ALL", dict.fromkeys(("moved", "frozen", "rain")))
    return noted


def test_what_is_kept_is_not_measured_again(tmp_path: Path, drawn: Drawn) -> None:
    file = tmp_path / "disturbances.json"
    assert disturbances.measure(tmp_path, ("a.mp4",), keep=file, minutes=0) == []
    keep(file, [Row("moved", "abc1234", 9, [0.0] * 8, [0.0] * 8, [], ["a.mp4 seed 0: moved from 2.0 s"])])
    rows = disturbances.measure(tmp_path, ("a.mp4",), keep=file)
    assert {name for name, _, _ in drawn} == {"frozen", "rain"}
    assert kept(file) == {row.name: row for row in rows}
    text = disturbances.page(rows, ("a.mp4",))
    assert "3 of 3 rows are measured" in text
    assert "1 on commit abc1234" in text
    assert "26 of 27 staged" in text


def test_a_row_that_is_named_is_measured_again_as_before(tmp_path: Path, drawn: Drawn) -> None:
    file, clips = tmp_path / "disturbances.json", ("a.mp4", "b.mp4", "c.mp4", "d.mp4")
    disturbances.measure(tmp_path, clips, keep=file)
    whole = [one for one in drawn if one[0] == "frozen"]
    drawn.clear()
    rows = disturbances.measure(tmp_path, clips, keep=file, only=["frozen"])
    assert drawn == whole
    assert len(rows) == 3


def test_a_page_of_a_part_says_what_is_not_measured(tmp_path: Path, drawn: Drawn) -> None:
    rows = disturbances.measure(tmp_path, ("a.mp4",), only=["rain"])
    text = disturbances.page(rows, ("a.mp4",))
    assert "1 of 3 rows are measured" in text
    assert "Not measured yet: moved; frozen." in text


@pytest.mark.usefixtures("drawn")
def test_an_unknown_row_and_a_wrong_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="frozen"):
        disturbances.measure(tmp_path, only=["hail"])
    (file := tmp_path / "disturbances.json").write_text(json.dumps({"rows": 1}))
    with pytest.raises(InputError, match=r"disturbances\.json"):
        disturbances.measure(tmp_path, keep=file)
