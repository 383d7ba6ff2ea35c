"""Loses power while verbs are at work, on a disk that does not flush all that it is told to: ``bench dropped-flushes``.

Each of :data:`benchmarks._verb_work.VERBS` runs once while the disk is kept as a loss of power may leave it at each
flush (see :mod:`benchmarks._lost_power`), and once more while every second flush, drawn by chance, does nothing. From
some of these disks the verb goes on. Of an honest disk, what was there and what has its final name must be whole, and
the results equal those of an undisturbed run. Of one that is not, no program can promise the former; results must be
equal, or the verb must say in one sentence what is damaged.
"""

import pickle
import pkgutil
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks._forked_verbs import MAIN, Ended, Verbs, serving
from benchmarks._lost_power import Disk, recording, restored
from benchmarks._verb_work import VERBS, Work

HONEST, DROPPING = "honest", "drops flushes"
DROPPED = 0.5
"""Share of the flushes that a disk drops."""
Content = dict[str, bytes]


class DroppingDisk(Disk):
    """A disk that says that it flushed, and did not."""

    def flushed(self, handle: int) -> None:
        """Note what a flush makes safe, if it does."""
        if self.chance.random() < DROPPED:
            self.lose()
        else:
            super().flushed(handle)


DISKS: dict[str, type[Disk]] = {HONEST: Disk, DROPPING: DroppingDisk}


def measure(
    times: int, seed: int, minutes: float, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each verb and disk, and a sentence for each thing that was lost, half there or unlike.

    Args:
        times: losses of power of each verb on each disk.
        seed: of the moments, and of what is found then.
        minutes: after which no further verb goes on.
        tell: told what is at work.
    """
    end, chance = time.monotonic() + 60 * minutes, random.Random(seed)
    counts: dict[tuple[str, str], Counter[str]] = {(name, kind): Counter() for name in VERBS for kind in DISKS}
    faults = list[str]()
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        work = Work(Path(place), Path(place))
        with serving(work.environment, Path(place) / "said.log") as verbs:
            for (name, kind), count in counts.items():
                tell(f"{name}, {kind}")
                if time.monotonic() > end:
                    break
                if name not in work.expected:
                    work.undisturbed(name, verbs)
                found = _found(name, kind, work, verbs, chance.randrange(1 << 30))
                count["disks"] = len(found)
                for disk in chance.sample(found, min(times, len(found))):
                    if time.monotonic() < end:
                        what, wrong = _gone_on(name, kind, disk, work, verbs)
                        count[what] += 1
                        count["faults"] += len(wrong)
                        faults += [f"{name}, {kind}: {one}" for one in wrong]
    rows = [{"verb": name, "disk": kind, "disks found": of["disks"], "gone on to equal results": of["equal"],
             "damage said": of["said"], "lost, half there or unlike": of["faults"]}
            for (name, kind), of in counts.items()]  # fmt: skip
    return rows, faults


def _found(name: str, kind: str, work: Work, verbs: Verbs, lot: int) -> list[Content]:
    """Run a verb, and return the disks that a loss of power may leave."""
    work.begin()
    kept = work.folder.with_name("disks.pickle")
    arguments = [kind, str(lot), str(kept), *work.words(name)]
    ended = verbs.run(arguments, work.folder, main=f"{__name__}:recorded")
    if ended.code:
        raise RuntimeError(f"{name} ended with {ended.code} while its disk was kept: {ended.said}")
    found: list[Content] = pickle.loads(kept.read_bytes())
    return found


def recorded(arguments: Sequence[str]) -> int:
    """Run a verb here while the disk is kept as it may be found; return its exit code.

    Args:
        arguments: a name of :data:`DISKS`, a seed, the file for what may be found, and the verb.
    """
    kind, lot, kept, *words = arguments
    found = list[Content]()
    with recording(DISKS[kind](Path.cwd(), random.Random(lot), lambda how, disk: found.append(disk))):
        code: int = pkgutil.resolve_name(MAIN)(words)
    Path(kept).write_bytes(pickle.dumps(found))
    return code


def _gone_on(name: str, kind: str, disk: Content, work: Work, verbs: Verbs) -> tuple[str, list[str]]:
    """Have a verb go on from a disk as it was found, and look at what it leaves."""
    shutil.rmtree(work.folder)
    restored(disk, work.folder)
    found = work.stopped(name, look=True) if kind == HONEST else []
    ended = verbs.run(work.words(name, again=True), work.folder)
    if kind == DROPPING and _says(ended):
        return "said", []
    wrong = [*found, *work.ended(name, ended)]
    return "unlike" if wrong else "equal", wrong


def _says(ended: Ended) -> bool:
    """Tell whether a verb ended with a sentence on what is wrong."""
    said = [line for line in ended.said.splitlines() if line.startswith("whycam: ") and "note:" not in line]
    return ended.code == 2 and len(said) == 1
