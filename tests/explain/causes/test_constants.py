"""The table that says on what each constant of the ranking was chosen, held against the code."""

import ast
import importlib
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
FOLDER, PAGE = ROOT / "explain" / "causes", ROOT / "docs" / "results" / "causes.md"
ROW = re.compile(r"^\| `([\w.]+)` \| (.+?) \| (.+) \|$", re.MULTILINE)


def named(tree):
    """Return the names in capitals that a module assigns to."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [part for target in targets for part in ast.walk(target)]
            yield from (part.id for part in parts if isinstance(part, ast.Name) and part.id.isupper())


def text(value):
    """Return a number, or nested numbers, as the table writes them; None of anything else."""
    if isinstance(value, int | float | np.floating):
        return f"{value:g}"
    flat = re.sub(r"[(), ]", "", str(value))
    return str(value) if isinstance(value, tuple) and re.fullmatch(r"[\d.]+", flat) else None


def constants():
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        module = importlib.import_module(f"explain.causes.{path.stem}")
        for name in named(ast.parse(path.read_text(encoding="utf-8"))):
            if (said := text(getattr(module, name))) is not None:
                found[f"{path.stem}.{name}"] = said
    return found


def test_the_page_says_on_what_each_constant_was_chosen():
    rows = {name: (value, why) for name, value, why in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert {name: value for name, (value, _) in rows.items()} == constants(), f"{PAGE} lists each constant: say on what"
    assert all(why.strip() for _, why in rows.values())


NESTED = ((0.0, 0.3), (0.5, 0.05))


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.5, "0.5"), (3, "3"), (np.float32(0.9), "0.9"), (NESTED, str(NESTED)), (("a",), None), ({1}, None)],
)
def test_numbers_are_written_as_the_table_has_them(value, said):
    assert text(value) == said
