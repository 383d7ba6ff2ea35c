"""JSON is read back into frozen dataclasses, or refused in one exact sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import InputError
from core.typed_json import load, read


@dataclass(frozen=True)
class Inner:
    x: tuple[int, ...]
    y: float | None = None

    def __post_init__(self) -> None:
        if self.y is not None and self.y < 0:
            raise ValueError("y must be at least 0")


@dataclass(frozen=True)
class Outer:
    name: str
    parts: Mapping[str, Inner]
    box: tuple[float, float] = (0.0, 1.0)


GOOD = '{"name": "n", "parts": {"a": {"x": [1, 2], "y": 3}}, "box": [1, 2.5]}'


def test_nested_dataclasses_tuples_and_defaults() -> None:
    assert load(Outer, GOOD, "a.json") == Outer("n", {"a": Inner((1, 2), 3.0)}, (1.0, 2.5))
    assert load(Outer, b'{"name": "n", "parts": {}}', "a.json") == Outer("n", {})


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("}}", '}, "b": 1}', "parts.b must be an object, got 1"),
        ("2.5", '"2.5"', 'box.1 must be a valid number, got "2.5"'),
        ("2.5", "true", "box.1 must be a valid number, got true"),
        ("2.5", "NaN", "it is no JSON with finite numbers (got NaN)"),
        ("2.5", "1e999", "it is no JSON with finite numbers (got 1e999)"),
        ("[1, 2]", "[1, 2.5]", "parts.a.x.1 must be a valid integer, got 2.5"),
        ('"y": 3', '"y": -3', "parts.a: y must be at least 0"),
        ('"y": 3', '"z": 3', "parts.a.z is unknown"),
        ('"name": "n", ', "", "name is missing"),
        ('"n"', "1" * 50, f"name must be a valid string, got {'1' * 40}…"),
        (GOOD, "[]", "it must be an object, got []"),
        (GOOD, "{", "it is no JSON with finite numbers (Expecting property name enclosed in double quotes"),
        (GOOD, "[" * 100_000, "it is nested more than 32 levels deep"),
        (GOOD, "[" * 40 + "]" * 40, "it is nested more than 32 levels deep"),
        (GOOD, "1" * 400, f"it is no JSON with finite numbers (got {'1' * 40}"),
        (GOOD, "1" * 5000, "it is no JSON with finite numbers (got 1"),
        ('"n"', r'"\ud800"', "it is no JSON with finite numbers (unexpected end of hex escape"),
        ("}}", '}, "a": {}}', "it gives 'a' twice"),
    ],
)
def test_refusals_are_exact(old: str, new: str, sentence: str) -> None:
    with pytest.raises(InputError) as error:
        load(Outer, GOOD.replace(old, new), "a.json", "make it again")
    assert str(error.value).startswith(f"a.json cannot be used: {sentence}")
    assert str(error.value).endswith("; make it again")


def test_unknown_fields_can_be_ignored() -> None:
    assert load(Outer, GOOD.replace('"y"', '"z"'), "a.json", unknown="ignore").parts["a"].y is None


def test_a_file_that_is_not_there_and_one_that_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^a\.json cannot be read: No such file or directory; make it again$"):
        read(Outer, tmp_path / "a.json", remedy="make it again")
    (tmp_path / "a.json").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"^a\.json cannot be used: it is no JSON with finite numbers \('utf-8'"):
        read(Outer, tmp_path / "a.json")
