"""Runs verbs in copies of a process that has loaded everything, so that a thousand of them need not load it again.

``python -m benchmarks._forked_verbs`` reads lines of JSON from its standard input and answers each with one:
``arguments``, ``folder``, ``log`` and ``main`` begin a verb, answered by its ``process``, which leads a group of its
own; ``{}`` waits for its end, answered by its ``code``. What a verb had loaded when it ended by itself, the next ones
have from the start.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from benchmarks._app import ROOT

MAIN = "cli.main:main"
"""What runs a verb."""
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Only a process without further threads can be copied."""


@dataclass(frozen=True)
class Ended:
    """How a verb ended.

    Attributes:
        code: its exit code; negative: the signal that ended it.
        seconds: that it took.
        said: what it printed, on both of its streams.
    """

    code: int
    seconds: float
    said: str

    @property
    def killed(self) -> bool:
        """Whether it was killed, and had not ended before."""
        return self.code == -signal.SIGKILL


class Verbs:
    """Runs verbs.

    Args:
        environment: theirs.
        log: file that holds what the last one printed.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.environment, self.log = {**os.environ, **ONE_THREAD, **environment, "PYTHONPATH": str(ROOT)}, log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks._forked_verbs"], cwd=ROOT, env=self.environment, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip

    def run(self, arguments: Sequence[str], folder: Path, kill_after: float | None = None, main: str = MAIN) -> Ended:
        """Run a verb in a folder to its end, or kill it after so many seconds; ``main`` is told its arguments."""
        began = time.monotonic()
        asked = {"arguments": [*arguments], "folder": str(folder), "log": str(self.log), "main": main}
        group = self._ask(asked)["process"]
        if kill_after is not None:
            time.sleep(kill_after)
            os.killpg(group, signal.SIGKILL)
        code = self._ask({})["code"]
        return Ended(code, time.monotonic() - began, self.log.read_text("utf-8", "replace"))

    def run_anew(self, arguments: Sequence[str], folder: Path, kill_after: float | None = None) -> Ended:
        """Do the same in a process that loads everything, as a user's does."""
        began = time.monotonic()
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", *arguments], cwd=folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(kill_after)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        return Ended(code, time.monotonic() - began, self.log.read_text("utf-8", "replace"))

    def close(self) -> None:
        """End the process that verbs are copied from."""
        self._process.kill()
        self._process.communicate()

    def _ask(self, what: Mapping[str, Any]) -> dict[str, Any]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process of the verbs has no streams")
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of the verbs ended with exit code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextlib.contextmanager
def serving(environment: Mapping[str, str], log: Path) -> Iterator[Verbs]:
    """Give what runs verbs, and end it."""
    with contextlib.closing(Verbs(environment, log)) as verbs:
        yield verbs


def main() -> None:
    """Serve verbs until the standard input ends."""
    import torch

    torch.set_num_threads(1)
    child, loaded = 0, Path()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if asked:
            loaded = Path(asked["log"]).with_suffix(".modules")
            child = os.fork()
            if child == 0:
                _become(asked["main"], asked["arguments"], asked["folder"], asked["log"], loaded)
            os.setpgid(child, child)
            answer = {"process": child}
        else:
            answer = {"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}
            _load(loaded)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _load(loaded: Path) -> None:
    """Load the modules that a verb had loaded when it ended."""
    if loaded.exists():
        for name in set(loaded.read_text().split()) - {*sys.modules, "__main__"}:
            with contextlib.suppress(ImportError):  # some are no modules of files
                importlib.import_module(name)
        loaded.unlink()


def _become(main: str, arguments: Sequence[str], folder: str, log: str, loaded: Path) -> NoReturn:
    """Be the verb from here on."""
    code = 1
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        for stream, path in ((0, os.devnull), (1, log), (2, log)):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if stream == 1 else 0)
            os.dup2(os.open(path, flags if stream else os.O_RDONLY, 0o600), stream)
        code = pkgutil.resolve_name(main)(arguments)
        loaded.write_text(" ".join(sys.modules))
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
