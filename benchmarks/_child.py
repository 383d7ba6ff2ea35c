"""Runs one measurement in a process of its own: ``python -m benchmarks._child MODULE FUNCTION ARGUMENTS…``."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def run(module: str, function: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Any:
    """Call ``benchmarks.MODULE.FUNCTION(*arguments)`` in a fresh process and return its JSON result.

    Raises:
        RuntimeError: the process failed; its own words are on stderr.
    """
    command = [sys.executable, "-m", "benchmarks._child", module, function, *arguments]
    child = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, check=False
    )
    if child.returncode:
        raise RuntimeError(f"the measurement {module}.{function} ended with exit code {child.returncode}")
    return json.loads(child.stdout.splitlines()[-1])


if __name__ == "__main__":
    _, name, wanted, *rest = sys.argv
    print(json.dumps(getattr(importlib.import_module(f"benchmarks.{name}"), wanted)(*rest)))
