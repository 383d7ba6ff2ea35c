"""The web server needs no PyTorch: what the pages import is imported, and every page is drawn, in a fresh process."""

import os
import subprocess
import sys
from pathlib import Path

from tests.ui import made

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("app.py", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "pages").glob("*.py")))
DRAW = """
import sys
from streamlit.testing.v1 import AppTest
run, camera, *names = sys.argv[1:]
for name in names:
    at = AppTest.from_file("app.py", default_timeout=120)
    at.query_params["run"] = run
    at.switch_page(name).run()
    assert not at.exception, at.exception
    if name == "pages/4_Evaluation.py":
        at.multiselect("eval-cameras").set_value([camera]).run()
        assert not at.exception, at.exception
    for room in ("torch", "detectors.", "explain.methods."):
        assert not [module for module in sys.modules if module.startswith(room)], (name, room)
"""
IMPORT = "import sys\nfor name in sys.argv[1:]:\n    __import__(name)\n    assert 'torch' not in sys.modules, name"


def run(code, *names):
    done = subprocess.run(
        [sys.executable, "-c", code, *names], cwd=ROOT, capture_output=True, text=True, env=os.environ
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_pages_import_loads_no_torch():
    run(IMPORT, *sorted(f"ui.{path.stem}" for path in (ROOT / "ui").glob("[!_]*.py")))


def test_no_page_loads_torch_when_it_is_drawn():
    made.camera()
    run(DRAW, made.done(camera="street").id, "street", *PAGES)
