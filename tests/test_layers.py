"""The table of allowed imports in docs/architecture.md, held against every module; and the sizes of modules."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DESIGN = ROOT / "docs" / "architecture.md"
ROW = re.compile(r"^\| `(\w+)(?:/|\.py)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
NO_ROOM = {"assets", "docs", "tests"}
REGISTRATIONS = {
    "footage": ("DATASETS",),
    "detectors": ("DETECTORS",),
    "metrics": ("METRICS", "EVENT_METRICS", "REGION_METRICS", "CLASS_METRICS"),
    "explain.methods": ("METHODS",),
    "explain.objects": ("OBJECT_MODELS",),
    "explain.actions": ("ACTION_MODELS",),
}
"""Folder to the tables by which a module of it registers; a module that does is never imported by another that does."""
MODULE_LINES, FUNCTION_LINES, PAGE_LINES = 300, 30, 80


def allowed(text: str) -> dict[str, set[str]]:
    """Read the table of rooms: each room's name to the rooms that it may import."""
    return {room: set(cell.split(", ")) - {"nothing"} for room, cell in ROW.findall(text)}


MAY_IMPORT = allowed(DESIGN.read_text(encoding="utf-8"))


def modules() -> list[Path]:
    rooms = [path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py")]
    return sorted([*rooms, *(path for room in MAY_IMPORT if (path := ROOT / f"{room}.py").exists())])


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST, module: str, package: bool) -> set[str]:
    """Return the dotted names that a module imports, relative ones resolved."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            base = parts[: len(parts) - node.level + package] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            found |= {source} | {f"{source}.{alias.name}" for alias in node.names if is_module(source, alias.name)}
    return found


def is_module(package: str, name: str) -> bool:
    place = ROOT.joinpath(*package.split("."), name)
    return place.is_dir() or place.with_suffix(".py").exists()


def private_to_another(module: str, name: str) -> bool:
    """Tell whether ``name`` lies in a file or folder that begins with ``_``, beside which ``module`` does not lie."""
    parts = name.split(".")
    hidden = [i for i, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")]
    return any(module.split(".")[:i] != parts[:i] for i in hidden)


@cache
def registers(module: str) -> bool:
    """Tell whether a module, or the folder of that name, offers one of its folder's tables."""
    path = ROOT.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    tables = REGISTRATIONS[module.rpartition(".")[0]]
    return source.exists() and re.search(rf"^({'|'.join(tables)})\b.*=", source.read_text(), re.MULTILINE) is not None


def wrong_imports(path: Path, source: str) -> list[str]:
    """Say which of a module's imports the house does not allow."""
    module = dotted(path)
    room = module.split(".")[0]
    wrong = []
    for name in sorted(imports(ast.parse(source), module, path.name == "__init__.py")):
        other = name.split(".")[0]
        ours = other in MAY_IMPORT or other in NO_ROOM
        if ours and other != room and other not in MAY_IMPORT[room]:
            wrong.append(
                f"{module} imports {name}: {room} may import {', '.join(sorted(MAY_IMPORT[room])) or 'nothing'}"
            )
        if ours and private_to_another(module, name):
            wrong.append(f"{module} imports {name}, which is private to another folder: make public what is shared")
        if room == "metrics" and not ours and other not in {"numpy", *sys.stdlib_module_names}:
            wrong.append(f"{module} imports {name}: metrics need NumPy alone")
        for folder in REGISTRATIONS:
            if module.startswith(f"{folder}.") and name.startswith(f"{folder}."):
                own, its = (f"{folder}.{path.removeprefix(f'{folder}.').split('.')[0]}" for path in (module, name))
                if own != its and registers(its):
                    wrong.append(f"{module} imports {name}: registrations share only modules without a table")
    return wrong


def test_the_table_names_every_room_and_no_circle():
    rooms = {path.parent.name for path in ROOT.glob("*/*.py")} | {path.stem for path in ROOT.glob("*.py")}
    assert rooms - NO_ROOM <= set(MAY_IMPORT)
    built: set[str] = set()
    while ready := {room for room, others in MAY_IMPORT.items() if others <= built} - built:
        built |= ready
    assert built == set(MAY_IMPORT), "rooms import each other, or one that the table does not name"


def test_no_module_imports_what_its_room_may_not():
    assert [wrong for path in modules() for wrong in wrong_imports(path, path.read_text())] == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core/x.py", "import detectors"),
        ("core/x.py", "from pipeline import camera"),
        ("detectors/x.py", "def f():\n    from explain.heat import box_heat"),
        ("detectors/x.py", "from detectors import vqunet"),
        ("detectors/x.py", "from detectors.ravi2021 import DETECTORS"),
        ("detectors/x.py", "from detectors.ravi2021._cells import CELLS"),
        ("pipeline/x.py", "from explain.disturbances import _moves"),
        ("pipeline/x.py", "from pipeline.evaluation import _labelled"),
        ("pipeline/x.py", "import plaza"),
        ("ui/x.py", "from workshop.train import TRAININGS"),
        ("detectors/x.py", "from .vqunet import VQUNet"),
        ("metrics/x.py", "import scipy.stats"),
        ("explain/objects/x.py", "from explain.objects.compact import OBJECT_MODELS"),
        ("ui/x.py", "from core.records import Event\nimport detectors.vqunet"),
        ("pages/x.py", "from core.records import Event"),
        ("cli/x.py", "from detectors.vqunet import DETECTORS"),
        ("pipeline/x.py", "import ui"),
        ("pipeline/x.py", "from tests import conftest"),
    ],
)
def test_the_check_sees_a_forbidden_import(place, source):
    assert wrong_imports(ROOT / place, source)


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("detectors/x.py", "from detectors._blocks import double\nfrom core.records import Window"),
        ("plaza/__init__.py", "from plaza._scene import Scene"),
        ("detectors/x.py", "from detectors import _cpu_conv\nfrom . import _blocks"),
        ("pipeline/evaluation/x.py", "from pipeline.evaluation import _labelled"),
        ("explain/causes/x.py", "from explain.heat import box_heat\nfrom explain import labels"),
        ("pipeline/x.py", "import detectors.vqunet\nfrom metrics import eer\nimport torch"),
        ("cli/x.py", "from pipeline.camera import load\nfrom core import errors\nfrom workshop import train"),
    ],
)
def test_the_check_allows_what_the_house_allows(place, source):
    assert wrong_imports(ROOT / place, source) == []


def test_arguments_are_read_in_the_command_line_alone():
    reading = {dotted(path) for path in modules() if re.search(r"^\s*(import|from) argparse\b", path.read_text(), re.M)}
    assert {name for name in reading if not name.startswith("cli.")} == {"plaza.__main__"}


def too_long(path: Path, source: str) -> list[str]:
    """Say what in a module is longer than the house likes; docstrings do not count in functions."""
    tree, lines = ast.parse(source), len(source.splitlines())
    limit = PAGE_LINES if path.parent == ROOT / "pages" or path.name == "app.py" else MODULE_LINES
    found = [f"{dotted(path)}: {lines} lines, at most {limit}"] if lines > limit else []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            text = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            length = (node.end_lineno or 0) - node.lineno + 1 - text
            if length > FUNCTION_LINES:
                found.append(f"{dotted(path)}.{node.name}: {length} lines, at most {FUNCTION_LINES}")
    return found


def test_modules_functions_and_pages_are_short():
    assert [long for path in modules() for long in too_long(path, path.read_text())] == []


def test_the_check_sees_a_long_function():
    body = "".join(f"    x = {i}\n" for i in range(FUNCTION_LINES))
    assert too_long(ROOT / "core/x.py", "def f():\n" + body)
    assert not too_long(ROOT / "core/x.py", 'def f():\n    """Say.\n' + "\n" * 50 + '    """\n    x = 1\n')
