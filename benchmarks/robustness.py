"""Damaged files of every kind that strangers give: whether each is read or refused, in bounded time and memory.

Files are read in a child process, which a crash ends and a hang gets ended: ``python -m benchmarks.robustness KIND
SEED FIRST STOP FOLDER`` reads some of them and prints a line of JSON for each.
"""

import json
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from benchmarks.mutation import Kind
from core.errors import InputError
from core.registry import collect, pick

ROOT = Path(__file__).resolve().parent.parent
PER_SEED = 250
"""Files of one seed; the next ones are made of other intact files."""
HANG_SECONDS = 10.0
"""Of computing or of waiting for one file."""
PATIENCE_RATIO = 6.0
"""Times as many seconds may pass on a machine that does other work; the file's own processor time decides."""
READ, REFUSED, UNCAUGHT, HANG = "read", "refused", "uncaught", "hang"
MAX_NAMED = 20


@dataclass(frozen=True)
class Tried:
    """What became of one damaged file.

    Attributes:
        number, seed: with the kind, they make the file again.
        file: name of the intact one.
        outcome: :data:`READ`, :data:`REFUSED`, :data:`UNCAUGHT` or :data:`HANG`.
        silent: whether something was lost without a word.
        seconds: until then.
        app: bytes that the process has taken at most so far.
        others: bytes that another process, which it started, has taken at most so far.
        said: the error's sentence.
    """

    number: int
    seed: int
    file: str
    outcome: str
    silent: bool = False
    seconds: float = 0.0
    app: int = 0
    others: int = 0
    said: str = ""


def kinds() -> dict[str, Kind]:
    """Return the registered kinds of files, by name."""
    return collect("benchmarks.mutants", "KINDS")


def measure(
    chosen: Sequence[str], times: int, seed: int, say: Callable[[str], None] = lambda file: None,
    keep: Path | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Read damaged files.

    Args:
        chosen: names of kinds; all when empty.
        times: files of each kind.
        seed: of the first :data:`PER_SEED` files.
        say: gets which file is at work.
        keep: folder where those that were not read or refused in order are kept.

    Returns:
        A row for each kind: ``kind``, ``files``, ``read``, ``refused``, ``uncaught``, ``hangs``, ``silent`` (files that
        lost something without a word), ``slowest_s``, ``app_mb``, ``others_mb``, and ``bad``, the first of those files.
    """
    known = kinds()
    rows = []
    for name in chosen or known:
        pick("kind of file", name, known)
        tried = []
        for one in _tried(name, times, seed, keep):
            say(f"{name} {one.number + 1} of {times}, seed {one.seed}")
            tried.append(one)
        rows.append(_row(name, tried))
    return rows


def _is_bad(one: Tried) -> bool:
    return one.silent or one.outcome in (UNCAUGHT, HANG)


def _row(name: str, tried: Sequence[Tried]) -> dict[str, Any]:
    counts = {outcome: sum(one.outcome == outcome for one in tried) for outcome in (READ, REFUSED, UNCAUGHT, HANG)}
    return {
        "kind": name, "files": len(tried), **counts, "silent": sum(one.silent for one in tried),
        "slowest_s": round(max((one.seconds for one in tried), default=0.0), 2),
        "app_mb": round(max((one.app for one in tried), default=0) / 1e6),
        "others_mb": round(max((one.others for one in tried), default=0) / 1e6),
        "bad": [asdict(one) for one in tried if _is_bad(one)][:MAX_NAMED],
    }  # fmt: skip


def _tried(name: str, times: int, seed: int, keep: Path | None) -> Iterator[Tried]:
    """Try files one after the other, in a new process behind each that ended the one before."""
    for begin in range(0, times, PER_SEED):
        number, stop, own = begin, min(begin + PER_SEED, times), seed + begin // PER_SEED
        with tempfile.TemporaryDirectory(prefix="whycam-") as folder:
            kinds()[name].write(Path(folder), np.random.default_rng(own))
            while number < stop:
                for one in _batch(name, own, number, stop, folder):
                    if keep and _is_bad(one):
                        _keep(keep, name, one, Path(folder))
                    yield one
                    number = one.number + 1


def _batch(name: str, seed: int, first: int, stop: int, folder: str) -> Iterator[Tried]:
    command = [sys.executable, "-m", "benchmarks.robustness", name, str(seed), str(first), str(stop), folder]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it is ready: what it imports is no file's time
        number = first
        while number < stop:
            line = _line(child.stdout, child.pid)
            if not line:
                child.kill()
                outcome = HANG if line is None else UNCAUGHT
                said = "" if line is None else f"the process ended with exit code {child.wait()}"
                yield Tried(number, seed, "", outcome, said=said)
                return
            yield Tried(**json.loads(line))
            number += 1


def _line(out: IO[bytes], pid: int) -> bytes | None:
    """Return the next line, nothing at the end, or None where the process hangs."""
    import psutil

    began, process = time.monotonic(), psutil.Process(pid)
    before = sum(process.cpu_times()[:2])
    while not select.select([out], [], [], 1.0)[0]:
        passed = time.monotonic() - began
        busy = sum(process.cpu_times()[:2]) - before
        if busy > HANG_SECONDS or passed > PATIENCE_RATIO * HANG_SECONDS:
            return None
    return out.readline()


def content(kind: Kind, folder: Path, seed: int, number: int) -> tuple[str, bytes]:
    """Return the intact file's name, and the damaged content that a number stands for."""
    intact = sorted(path for path in folder.iterdir() if path.is_file())
    chosen = intact[number % len(intact)]
    return chosen.name, kind.damage(chosen.read_bytes(), np.random.default_rng([seed, number]))


def _keep(place: Path, name: str, one: Tried, folder: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    file, damaged = content(kinds()[name], folder, one.seed, one.number)
    (place / f"{name}-{one.seed}-{one.number}-{file}").write_bytes(damaged)


def attempt(kind: Kind, seed: int, number: int, folder: Path) -> Tried:
    """Read one damaged file here."""
    name, damaged = content(kind, folder, seed, number)
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        path = Path(place) / name
        path.write_bytes(damaged)
        began, outcome, silent, said = time.monotonic(), READ, False, ""
        try:
            silent = kind.read(path)
        except InputError as error:
            outcome, said = REFUSED, str(error)
        except Exception as error:  # what is counted here
            outcome, said = UNCAUGHT, f"{type(error).__name__}: {error}"[:300]
    return Tried(number, seed, name, outcome, silent, time.monotonic() - began, _most(), kind.peak(), said)


def _most() -> int:
    """Return how many bytes this process has taken at most; Linux' usage of resources has its parent's before it."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (line,) = (line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line[:6] == "VmHWM:")
    return int(line.split()[1]) * 1024


def main(name: str, seed: str, first: str, stop: str, folder: str) -> None:
    """Read some damaged files, and print what became of each."""
    kind = kinds()[name]
    print("ready", flush=True)
    for number in range(int(first), int(stop)):
        print(json.dumps(asdict(attempt(kind, int(seed), number, Path(folder)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
