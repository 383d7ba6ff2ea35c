"""Format, lint and types are tests like any other, so that one closing line tells all."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--quiet", ".", "whycam"), ("ruff", "format", "--check", ".", "whycam"), ("mypy",)],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_style(command):
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
