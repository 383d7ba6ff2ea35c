"""The web server needs no PyTorch: what the pages import is imported in a fresh process."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_YET = {"ui.evaluation", "ui.evaluation_results", "ui.why"}
"""Modules that ask detectors and methods themselves, so far."""
LOAD = "import sys; __import__({!r}); print('torch' in sys.modules)"


def modules():
    return sorted(f"ui.{path.stem}" for path in (ROOT / "ui").glob("[!_]*.py"))


def of_pages():
    """What the pages import of ours, themselves left out: they run when they are imported."""
    found = set()
    for path in (ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("core", "pipeline"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return sorted(name for name in found if (ROOT / (name.replace(".", "/") + ".py")).exists())


def loads_torch(name):
    done = subprocess.run([sys.executable, "-c", LOAD.format(name)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() == "True"


def test_what_pages_import_loads_no_torch():
    names = [name for name in (*modules(), *of_pages()) if name not in NOT_YET]
    code = "import sys\nfor name in sys.argv[1:]:\n    __import__(name)\n    assert 'torch' not in sys.modules, name"
    done = subprocess.run([sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_those_that_still_load_it_are_named():
    assert all(loads_torch(name) for name in NOT_YET)
