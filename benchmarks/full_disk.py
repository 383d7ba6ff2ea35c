"""Fills the disk while verbs of the command line are at work, and looks at what they leave: ``bench full-disk``.

A disk of some megabytes, in memory, holds the folder of :mod:`benchmarks._verb_work`. Before each run so much of it is
filled that a random part of what the verb needs is free. It must end with one sentence and exit code 2, and leave what
was there before, whole; with room again it must end as it does undisturbed.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks._app import ROOT
from benchmarks._forked_verbs import Ended, Verbs, serving
from benchmarks._verb_work import VERBS, Work
from core.errors import InputError

MEGABYTES = 48
NAMESPACE = ("unshare", "--map-root-user", "--mount", "sh", "-c")
FULL = "the disk is full"
LOOK_SECONDS = 0.001


def measure(
    times: int, seed: int, minutes: float, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each verb, and a sentence for each thing that was lost, half there or not said.

    Args:
        times: runs of each verb.
        seed: of the room that is left.
        minutes: after which no further verb is begun.
        tell: told what is at work.

    Raises:
        InputError: this system does not let us mount a disk of our own.
    """
    if refused():
        raise InputError("this system does not let 'bench full-disk' mount a disk of its own; run it on Linux, as a "
                         "user who may make namespaces")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="whycam-") as disk, tempfile.TemporaryDirectory(prefix="whycam-") as kept:
        asked = [disk, kept, str(times), str(seed), str(time.monotonic() + min(60 * minutes, 1e9)), *VERBS]
        script = f'mount -t tmpfs -o size={MEGABYTES}m tmpfs "$0" && exec {sys.executable} -m benchmarks.full_disk "$@"'
        with subprocess.Popen([*NAMESPACE, script, disk, *asked], cwd=ROOT, stdout=subprocess.PIPE) as process:
            for line in process.stdout or ():
                said = json.loads(line)
                if isinstance(said, str):
                    tell(said)
        if process.returncode:
            raise RuntimeError(f"the process on the small disk ended with exit code {process.returncode}")
    return said["rows"], said["faults"]


def refused() -> bool:
    """Tell whether this system does not let us mount a disk of our own."""
    command = [*NAMESPACE, "mount -t tmpfs tmpfs /mnt"]
    return not shutil.which(command[0]) or subprocess.run(command, capture_output=True).returncode != 0


class Disk:
    """The small disk.

    Args:
        place: where it is mounted.
    """

    def __init__(self, place: Path) -> None:
        self.place, self._filler = place, place / "filler"

    @property
    def free(self) -> int:
        """Bytes that can be written."""
        told = os.statvfs(self.place)
        return told.f_bavail * told.f_frsize

    def leave(self, room: int) -> None:
        """Fill all but so many bytes, to the next whole page."""
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(self.free - room, 1))

    def empty(self) -> None:
        """Remove what fills it."""
        self._filler.unlink(missing_ok=True)

    @contextmanager
    def watched(self) -> Iterator[list[int]]:
        """Give a list of one number: the most bytes that were needed while the block was at work."""
        before, most, over = self.free, [0], threading.Event()

        def watch() -> None:
            while not over.wait(LOOK_SECONDS):
                most[0] = max(most[0], before - self.free)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield most
        finally:
            over.set()
            thread.join()


def on_disk(
    place: Path, kept: Path, times: int, seed: int, end: float, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Do what :func:`measure` does, on the disk that is mounted at ``place``."""
    disk, chance, work = Disk(place), random.Random(seed), Work(place, kept)
    counts: dict[str, Counter[str]] = {name: Counter() for name in VERBS}
    needs, faults = dict[str, int](), list[str]()
    with serving(work.environment, kept / "said.log") as verbs:
        for name in VERBS:
            tell(f"{name}, undisturbed")
            work.begin()  # what the last one left is no room of this one's
            with disk.watched() as most:
                work.undisturbed(name, verbs)
            needs[name] = most[0]
        for number in range(times):
            for name in VERBS:
                if time.monotonic() < end:
                    tell(f"{number + 1} of {times}: {name}")
                    what, wrong = _filled(name, chance.randrange(needs[name]), disk, work, verbs)
                    counts[name][what] += 1
                    counts[name]["faults"] += len(wrong)
                    faults += [f"{name}: {one}" for one in wrong]
    rows = [{"verb": name, "ended with a sentence": of["full"], "had room": of["room"], "of bytes": needs[name],
             "lost, half there or not said": of["faults"]} for name, of in counts.items()]  # fmt: skip
    return rows, faults


def _filled(name: str, room: int, disk: Disk, work: Work, verbs: Verbs) -> tuple[str, list[str]]:
    """Run a verb with so much room, and then with enough."""
    work.begin()
    disk.leave(room)
    ended = verbs.run(work.words(name), work.folder)
    found = [] if ended.code == 0 else [*_said(ended), *work.stopped(name, look=False), *work.unfinished()]
    disk.empty()
    if ended.code:
        found += work.stopped(name, look=True)
        ended, what = verbs.run(work.words(name, again=True), work.folder), "full"
    else:
        what = "room"
    return what, [f"with {room} bytes: {one}" for one in (*found, *work.ended(name, ended))]


def _said(ended: Ended) -> list[str]:
    """Return what is wrong with how a verb said that its disk is full."""
    said = [line for line in ended.said.splitlines() if line.startswith("whycam: ") and "note:" not in line]
    if ended.code == 2 and len(said) == 1 and FULL in said[0]:
        return []
    return [f"it ended with {ended.code}, and said {said or ended.said[-300:]!r}"]


def main() -> None:
    """Print what is at work, and what was found, a line of JSON each."""
    place, kept, times, seed, end, *names = sys.argv[1:]
    for name in VERBS.keys() - {*names}:
        del VERBS[name]

    def tell(what: str) -> None:
        print(json.dumps(what), flush=True)

    rows, faults = on_disk(Path(place), Path(kept), int(times), int(seed), float(end), tell)
    print(json.dumps({"rows": rows, "faults": faults}), flush=True)


if __name__ == "__main__":
    main()
