"""Exports that are made for a page: jobs, each with a folder for its archive."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import InputError, UnknownNameError
from jobs.job import STATES, Found, Job, Parameter
from jobs.store import new_id
from pipeline import store
from pipeline.blurs import BLURS
from pipeline.kinds import EXPORT, queue
from pipeline.reviewing.rows import run_of

FOLDER, ARCHIVE = "exports", "case.zip"


class Export(Job):
    """One archive.

    Attributes:
        runs: ids of the runs in it.
        blur: one of :data:`pipeline.blurs.BLURS`.
        events: keys of the events in it; empty for all of the runs.
        case: id of the case that it is of; empty for none.
        files, bytes, sha256: of a finished one: how many files and bytes it has, and the SHA-256 of its manifest.
    """

    KIND, NOUN = EXPORT, "export"
    runs, blur = Parameter[Sequence[str]](()), Parameter("none")
    events, case = Parameter[Sequence[str]](()), Parameter("")
    files, bytes, sha256 = Found(0), Found(0), Found("")

    @property
    def path(self) -> Path:
        """The archive; it is there when the job is done."""
        return self.folder / ARCHIVE


def submit(
    runs: Sequence[str], blur: str = "none", title: str = "", events: Sequence[str] = (), case: str = ""
) -> Export:  # fmt: skip
    """Queue the export of some runs.

    Args:
        runs: their ids.
        blur: one of :data:`pipeline.blurs.BLURS`.
        title: what the user calls it; the clips' names when empty.
        events: keys of the only events that it is to hold; empty for all.
        case: id of the case that it is of.

    Raises:
        InputError: there is no such run, it is not done, or none is named.
        UnknownNameError: there is no such ``blur``.
    """
    if blur not in BLURS:
        raise UnknownNameError("blur", blur, BLURS)
    found = [store.get(run_id) for run_id in runs]
    if not found:
        raise InputError("nothing to export; choose a run that is done")
    if undone := next((run for run in found if run.state != "done"), None):
        raise InputError(f"run {undone.id} is {undone.state}; only a run that is done can be exported")
    export_id = new_id()
    named = title or ", ".join(run.clip for run in found)
    parameters = {"runs": [run.id for run in found], "blur": blur}
    if events:
        parameters |= {"events": list(events), "case": case}
    return queue().add(Export, export_id, store.shown(named), f"{FOLDER}/{export_id}", parameters)


def submit_events(events: Sequence[str], blur: str = "none", case: str = "", title: str = "") -> Export:
    """Queue the export of some events of any runs; see :func:`submit`.

    Args:
        events: their keys.
        blur: one of :data:`pipeline.blurs.BLURS`.
        case: id of the case that they are of.
        title: what the user calls it; their number when empty.

    Raises:
        InputError: none is named, or a run is not there or not done.
        UnknownNameError: there is no such ``blur``.
    """
    runs, many = list(dict.fromkeys(map(run_of, events))), len(events)
    return submit(runs, blur, title or f"{many} event{'s' * (many != 1)}", events, case)


def get(export_id: str) -> Export:
    """Return one export, after a look whether its worker lives.

    Raises:
        InputError: there is none of that id.
    """
    return queue().get(export_id, Export)


def exports(states: Sequence[str] = STATES) -> list[Export]:
    """List the exports in those states, newest first."""
    return queue().find(Export, states)
