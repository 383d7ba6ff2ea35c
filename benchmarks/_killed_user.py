"""Whoever uses the app while ``bench kills`` kills it: uploads, reviews, gathers, exports and deletes, over HTTP."""

import http.client
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import _small_camera
from benchmarks._kill_ledger import Ledger
from pipeline import store
from pipeline.export import exports
from pipeline.reviewing import index

MOST_ACTIVE, MOST_RUNS, MOST_EXPORTS = 2, 8, 4
PAUSE_SECONDS = 0.02, 0.3
VERDICTS = ("true", "false", "unsure")


class GoneError(Exception):
    """The server does not answer any more."""


class User:
    """Does one thing after the other, and notes what was asked for and what was answered.

    Attributes:
        ledger: these notes.
        doing: what was begun last.
    """

    def __init__(self, clips: Sequence[Path], ledger: Ledger, chance: random.Random) -> None:
        self.clips, self.ledger, self.chance = clips, ledger, random.Random(chance.random())
        self.doing, self._number = "", 0

    def act(self, address: str) -> None:
        """Do something that is possible now.

        Raises:
            GoneError: the server was killed meanwhile.
        """
        time.sleep(self.chance.uniform(*PAUSE_SECONDS))
        doable = [self._review, self._review]
        if self.ledger.active() < MOST_ACTIVE:
            doable = [self._export] if len(exports.exports()) < MOST_EXPORTS else [self._delete_export]
            doable.append(self._upload if len(store.runs()) < MOST_RUNS else self._delete)
        self.chance.choice([*doable, self._case])(address)

    def upload(self, address: str, number: int) -> None:
        """Upload one clip, and have it analysed."""
        form = {"name": f"clip {number}.mp4"}
        run = self._ask(address, "upload", form, self.clips[number].read_bytes())
        self.ledger.runs[run] = number
        self._ask(address, "start", {"run": run, "camera": _small_camera.NAME})

    def resume(self, address: str) -> int:
        """Resume what was interrupted and start what was not, as the buttons do; return how many jobs."""
        waiting = [*store.runs(("interrupted",)), *exports.exports(("interrupted",))]
        for job in waiting:
            self._ask(address, "resume", {"job": job.id})
        for run in store.runs(("draft",)):
            self._ask(address, "start", {"run": run.id, "camera": _small_camera.NAME})
        return len(waiting)

    def _upload(self, address: str) -> None:
        self.upload(address, self.chance.randrange(len(self.clips)))

    def _review(self, address: str) -> None:
        events, note = self._events(), self._name("note")
        if events:
            self.ledger.asked[note] = events
            form = {"events": ",".join(events), "who": "Ann", "verdict": self.chance.choice(VERDICTS), "note": note}
            self._ask(address, "review", form)
            self.ledger.answered.add(note)

    def _case(self, address: str) -> None:
        events, name = self._events(), self._name("case")
        if events:
            self.ledger.all_cases[name] = events
            self._ask(address, "case", {"name": name, "who": "Ben", "events": ",".join(events)})
            self.ledger.cases.add(name)

    def _export(self, address: str) -> None:
        if events := self._events():
            self.ledger.exports.add(self._ask(address, "export", {"events": ",".join(events), "case": ""}))

    def _delete(self, address: str) -> None:
        exported = {run for one in exports.exports() if one.active for run in one.runs}
        done = [run.id for run in store.runs(("done",)) if run.id not in exported]
        if len(done) > 1:
            self._forget(address, done[-1])

    def _delete_export(self, address: str) -> None:
        ended = [one.id for one in exports.exports(("done",))]
        if ended:
            self.ledger.exports.discard(ended[-1])
            self._ask(address, "delete", {"job": ended[-1]}, refused=True)

    def _forget(self, address: str, run: str) -> None:
        self.ledger.deleted.add(run)
        self._ask(address, "delete", {"job": run}, refused=True)
        self.ledger.gone.add(run)

    def _events(self) -> list[str]:
        """Choose up to three events of runs that are there."""
        there = {run.id for run in store.runs(("done",))}
        keys = [row.key for row in index.rows() if row.run in there]
        return self.chance.sample(keys, min(len(keys), self.chance.randint(1, 3)))

    def _name(self, what: str) -> str:
        self._number += 1
        return f"{what} {self._number}"

    def _ask(self, address: str, do: str, form: dict[str, str], body: bytes = b"", *, refused: bool = False) -> Any:
        """Have the server do something, and return its answer.

        Raises:
            GoneError: it does not answer.
            RuntimeError: it refused, which only some things may be.
        """
        self.doing = do
        url = f"{address}/do/{do}?{urllib.parse.urlencode(form)}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, method="POST"), timeout=120) as answer:
                said = json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"the server answered {error.code} to {do}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:  # killed before, or within, its answer
            raise GoneError(do) from error
        if "refused" in said and not refused:
            raise RuntimeError(f"the server refused to {do}: {said['refused']}")
        return said.get("answer")
