"""The house's table of allowed imports, held against every module; and the size of modules, functions and pages."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "core": set(),
    "footage": {"core"},
    "detectors": {"core"},
    "explain": {"core"},
    "metrics": {"core"},
    "jobs": {"core"},
    "pipeline": {"core", "footage", "detectors", "explain", "metrics", "jobs"},
    "ui": {"pipeline", "core", "jobs"},
    "pages": {"ui", "pipeline"},
    "app": {"ui", "pipeline"},
    "cli": {"pipeline", "core"},
    "benchmarks": {"core", "footage", "detectors", "explain", "metrics", "pipeline", "ui"},
}
SIBLINGS_APART = ("footage", "detectors", "metrics", "explain.methods", "explain.objects", "explain.actions")
"""Folders in which a public file is a registration, and shares only what lies in a file that begins with ``_``."""
MODULE_LINES, FUNCTION_LINES, PAGE_LINES = 300, 40, 80


def modules() -> list[Path]:
    rooms = [path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py")]
    return sorted([*rooms, *(path for name in ("app", "cli") if (path := ROOT / f"{name}.py").exists())])


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


def wrong_imports(path: Path, source: str) -> list[str]:
    """Say which of a module's imports the house does not allow."""
    module = dotted(path)
    room = module.split(".")[0]
    wrong = []
    for name in sorted(imports(ast.parse(source), module, path.name == "__init__.py")):
        other = name.split(".")[0]
        ours = other in MAY_IMPORT or other in ("tests", "whycam")
        if ours and other != room and other not in MAY_IMPORT[room]:
            wrong.append(
                f"{module} imports {name}: {room} may import {', '.join(sorted(MAY_IMPORT[room])) or 'nothing'}"
            )
        if room == "metrics" and not ours and other not in {"numpy", *sys.stdlib_module_names}:
            wrong.append(f"{module} imports {name}: metrics need NumPy alone")
        for folder in SIBLINGS_APART:
            own, its = (path.removeprefix(f"{folder}.").split(".")[0] for path in (module, name))
            both = module.startswith(f"{folder}.") and name.startswith(f"{folder}.")
            if both and own != its and not its.startswith("_"):
                wrong.append(f"{module} imports its sibling {name}: what they share belongs in a file beginning with _")
    return wrong


def test_no_module_imports_what_its_room_may_not():
    assert [wrong for path in modules() for wrong in wrong_imports(path, path.read_text())] == []


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("core/x.py", "import detectors"),
        ("core/x.py", "from pipeline import camera"),
        ("detectors/x.py", "def f():\n    from explain.heat import box_heat"),
        ("detectors/x.py", "from detectors import vqunet"),
        ("detectors/x.py", "from .vqunet import VQUNet"),
        ("metrics/x.py", "import scipy.stats"),
        ("explain/objects/x.py", "from explain.objects.compact import OBJECT_MODELS"),
        ("ui/x.py", "from core.records import Event\nimport detectors.vqunet"),
        ("pages/x.py", "from core.records import Event"),
        ("cli.py", "from detectors.vqunet import DETECTORS"),
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
        ("explain/causes.py", "from explain.heat import box_heat\nfrom explain import labels"),
        ("pipeline/x.py", "import detectors.vqunet\nfrom metrics import eer\nimport torch"),
        ("cli.py", "from pipeline.camera import load\nfrom core import errors"),
    ],
)
def test_the_check_allows_what_the_house_allows(place, source):
    assert wrong_imports(ROOT / place, source) == []


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
