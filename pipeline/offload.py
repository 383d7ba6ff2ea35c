"""Calls of code that needs PyTorch, from a process that must not load it: a child answers, and its answer is kept.

``python -m pipeline.offload MODULE:FUNCTION [ARGUMENTS]`` is the child; arguments and answers are JSON.
"""

import hashlib
import json
import os
import pkgutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from core import files
from core.errors import InputError, WhycamError

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("core", "detectors", "explain", "pipeline")
FOLDER = "answers"


def call(function: str, *arguments: Any) -> Any:
    """Return what a function gives, called in another process unless its answer is kept of the same tree and devices.

    Args:
        function: ``module:function``.
        arguments: of the function, as JSON has them.

    Raises:
        InputError: the function raised a :class:`WhycamError`, or its process ended without an answer.
    """
    question = [function, *arguments]
    path = files.home() / FOLDER / f"{hashlib.sha256(json.dumps(question).encode()).hexdigest()[:16]}.json"
    state = [_sources(), *_devices()]
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["state"] == state:
            return kept["answer"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass  # absent or damaged: it is only a cache, and written anew below
    found = ask(function, *arguments)
    if "error" in found:
        raise InputError(found["error"])
    files.write_json(path, {"state": state, "question": question, "answer": found["answer"]})
    return found["answer"]


def ask(function: str, *arguments: Any) -> dict[str, Any]:
    """Return ``{"answer": …}`` or ``{"error": sentence}`` from a child process."""
    command = [sys.executable, "-m", "pipeline.offload", function, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        last = next(reversed(done.stderr.strip().splitlines()), "no message")
        return {"error": f"{function} ended with exit code {done.returncode}: {last}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def answer(function: str, *arguments: Any) -> dict[str, Any]:
    """Call a function here; return what :func:`ask` does."""
    try:
        return {"answer": pkgutil.resolve_name(function)(*arguments)}
    except WhycamError as error:
        return {"error": str(error)}


@cache
def _sources() -> str:
    """Return a digest of the source files that answers depend on; a process runs those that it started with."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _devices() -> list[str]:
    """Return what decides on which device networks run."""
    gpus = sorted(path.name for path in Path("/dev").glob("nvidia[0-9]*"))
    return [*gpus, *(os.environ.get(name, "") for name in ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS")),
            str(os.cpu_count())]  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(answer(sys.argv[1], *json.loads(sys.argv[2]))))
