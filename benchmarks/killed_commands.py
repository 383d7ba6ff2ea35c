"""Kills verbs of the command line at random moments, and looks whether anything is lost: ``bench killed-commands``.

Each of :data:`benchmarks._verb_work.VERBS` runs once undisturbed. Then it is killed again and again, by SIGKILL at a
moment drawn from the time that it takes; what is found must be whole; and it is called again, as its user would, until
it ends, after which all must be as the undisturbed one left it. Some are killed again before that.
"""

import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._forked_verbs import Ended, Verbs, serving
from benchmarks._verb_work import VERBS, Work

AGAIN = 0.85
"""Share of the verbs that are killed again while they go on."""
ANEW_EVERY = 25
"""Runs of a verb after which one is killed that loads everything as its users' do; it takes seconds to load."""


@dataclass
class Count:
    """What became of one verb.

    Attributes:
        verb: its name.
        runs: that were begun, killed and brought to their end.
        kills: that met it; of these ``again`` while it went on after one, and ``anew`` one that loaded everything.
        ended: runs that ended before they were to be killed.
        seconds: spent on it.
        faults: a sentence for each thing that was lost, half there or unlike the undisturbed results.
    """

    verb: str
    runs: int = 0
    kills: int = 0
    again: int = 0
    anew: int = 0
    ended: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Return the figures."""
        return {
            "verb": self.verb, "kills": self.kills, "while going on": self.again, "new processes": self.anew,
            "ended before": self.ended, "results compared": self.runs,
            "lost, half there or unlike": len(self.faults),
        }  # fmt: skip


def measure(
    times: int, seed: int, minutes: float, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each verb, and a sentence for each thing that was lost, half there or unlike.

    Args:
        times: kills; each verb gets the same time.
        seed: of the moments.
        minutes: after which no further verb is begun.
        tell: told what is at work.
    """
    end, chance = time.monotonic() + 60 * minutes, random.Random(seed)
    counts = {name: Count(name) for name in VERBS}
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        work = Work(Path(place), Path(place))
        with serving(work.environment, Path(place) / "said.log") as verbs:
            for name in VERBS:
                tell(f"{name}, undisturbed")
                work.undisturbed(name, verbs)
            while (kills := sum(one.kills for one in counts.values())) < times and time.monotonic() < end:
                count = min(counts.values(), key=lambda one: one.seconds)
                tell(f"kill {kills + 1} of {times}: {count.verb}")
                begun = time.monotonic()
                _killed(count, work, verbs, chance, anew=count.runs % ANEW_EVERY == ANEW_EVERY - 1)
                count.seconds += time.monotonic() - begun
    rows = [count.row() for count in counts.values()]
    total = {key: sum(row[key] for row in rows) for key in rows[0] if key != "verb"} if rows else {}
    faults = [f"{one.verb}: {fault}" for one in counts.values() for fault in one.faults]
    return [*rows, {"verb": "all", **total}], faults


def _killed(count: Count, work: Work, verbs: Verbs, chance: random.Random, *, anew: bool) -> None:
    """Kill a verb, once or more, have it end, and look at what is there each time."""
    name = count.verb
    count.runs += 1
    work.begin()
    ended = _struck(work, verbs, name, chance, again=False, anew=anew)
    while ended.killed:
        count.kills += 1
        count.anew += anew
        count.faults += work.stopped(name, look=chance.random() < 0.5)
        if chance.random() >= AGAIN:
            break
        anew = False
        ended = _struck(work, verbs, name, chance, again=True, anew=False)
        count.again += ended.killed
    count.ended += not ended.killed
    if ended.killed or ended.code:
        ended = verbs.run(work.words(name, again=True), work.folder)
    count.faults += work.ended(name, ended)


def _struck(work: Work, verbs: Verbs, name: str, chance: random.Random, *, again: bool, anew: bool) -> Ended:
    """Run a verb and kill it at a random moment."""
    run, seconds = (verbs.run_anew, work.seconds_anew(name, verbs)) if anew else (verbs.run, work.seconds[name])
    return run(work.words(name, again=again), work.folder, chance.uniform(0.0, seconds))
