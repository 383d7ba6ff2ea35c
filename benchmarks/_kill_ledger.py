"""What the app had answered before it was killed, and a look afterwards whether all of it is there, and whole."""

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from core import files
from core.errors import WhycamError
from pipeline import store
from pipeline.export import exports
from pipeline.export.verify import verify
from pipeline.kinds import queue
from pipeline.reviewing import cases, reviews
from pipeline.store import STATES

TIMES_OF_A_REPORT = ("Written by Whycam", "@page {")
"""Beginnings of lines of a report that say when it was written."""


@dataclass
class Ledger:
    """What was asked for and answered: that must be there. What was asked for alone may be there, whole.

    Attributes:
        clips: SHA-256 of the clips that are uploaded, to their numbers.
        runs: id of an uploaded run to the number of its clip.
        asked, answered: notes of reviews, each to the events that it was given of.
        cases: names of cases that were answered, to their events.
        all_cases: of all that were asked for.
        exports: ids of exports.
        deleted: ids of runs whose deletion was asked for.
    """

    clips: dict[str, int]
    runs: dict[str, int] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    all_cases: dict[str, list[str]] = field(default_factory=dict)
    cases: set[str] = field(default_factory=set)
    exports: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def faults(self) -> list[str]:
        """Return a sentence for each thing that was lost or is half there."""
        return [*self._of_files(), *self._of_runs(), *self._of_reviews(), *self._of_cases(), *self._of_exports()]

    def _of_files(self) -> list[str]:
        found = []
        for name in ("index.sqlite", "reviews.sqlite"):
            with closing(sqlite3.connect(files.home() / name)) as database:
                if (said := database.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                    found.append(f"{name}: {said}")
        if aside := sorted(files.home().glob("*.damaged-*")):
            found.append(f"{aside[0].name} was put aside")
        return found

    def _of_runs(self) -> list[str]:
        there = {run.id: run for run in store.runs(STATES)}
        found = [f"run {run} is lost" for run in self.runs.keys() - there.keys() - self.deleted]
        found += [f"run {run} was deleted and is there" for run in self.gone & there.keys()]
        for run in there.values():
            if not run.path.is_file() or sha256(run.path) not in self.clips:
                found.append(f"the clip of run {run.id} is half there")
            found += [f"{path} is no JSON" for path in run.folder.glob("*.json") if not _is_json(path)]
            if run.state == "failed":
                found.append(f"run {run.id} failed: {run.reason}")
        for folder in (files.home() / store.RUNS).glob("*"):
            if folder.name not in there:
                found.append(f"the folder of run {folder.name} is left")
        return found

    def _of_reviews(self) -> list[str]:
        given: dict[str, set[str]] = {}
        for event, opinion in reviews.opinions().items():
            for record in opinion.records:
                given.setdefault(record.note or "", set()).add(event)
        found = [f"review {note!r} is lost" for note in self.answered - given.keys()]
        found += [f"review {note!r} is half there" for note, events in given.items() if events != {*self.asked[note]}]
        return found

    def _of_cases(self) -> list[str]:
        there = {case.name: case for case in cases.cases(closed=True)}
        found = [f"case {name!r} is lost" for name in self.cases - there.keys()]
        found += [f"case {name!r} is half there" for name, case in there.items()
                  if [*case.events] != self.all_cases[name] or case.note != name]  # fmt: skip
        return found

    def _of_exports(self) -> list[str]:
        there = {one.id: one for one in exports.exports()}
        found = [f"export {one} is lost" for one in self.exports - there.keys()]
        for one in there.values():
            if one.state == "failed" and not set(one.runs) & self.deleted:
                found.append(f"export {one.id} failed: {one.reason}")
            if one.path.exists() or one.state == "done":
                try:
                    verify(one.path)
                except WhycamError as error:
                    found.append(f"export {one.id}: {error}")
        return found

    def unlike(self, expected: dict[int, dict[str, str]]) -> list[str]:
        """Return a sentence for each finished run whose results are not those of the undisturbed one.

        Args:
            expected: number of a clip to :func:`results`.
        """
        found = []
        for run in store.runs(("done",)):
            wanted, got = expected[self.clips[sha256(run.path)]], results(run.folder)
            found += [f"{name} of run {run.id} is not that of the undisturbed run"
                      for name in sorted(wanted) if got.get(name) != wanted[name]]  # fmt: skip
        return found

    def active(self) -> int:
        """Return how many jobs are at work or wait."""
        return len(queue().store.active())


def results(folder: Path) -> dict[str, str]:
    """Return the digest of each file of results, without when it was written."""
    return {path.relative_to(folder).as_posix(): _digest(path) for path in sorted(folder.rglob("*")) if _counts(path)}


def _counts(path: Path) -> bool:
    """Tell whether a file is a result: not the clip, what the worker said, or what was left by a kill."""
    return path.is_file() and path.stem != "clip" and path.suffix not in (".log", ".part", ".lock")


def _digest(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".html":
        lines = data.decode().splitlines()
        data = "\n".join(line for line in lines if not any(said in line for said in TIMES_OF_A_REPORT)).encode()
    if path.suffix == ".json":
        content = json.loads(data)
        content.pop("source", None)
        data = json.dumps(content, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()


def sha256(path: Path) -> str:
    """Return a file's digest."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _is_json(path: Path) -> bool:
    try:
        json.loads(path.read_bytes())
    except ValueError:
        return False
    return True
