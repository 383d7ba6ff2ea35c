"""Which events of runs an archive holds, and what reviewers said of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.analysis import Analysis, ExplainedEvent, in_order
from core.errors import InputError
from pipeline.export.manifest import ArchivedCase, ArchivedReview
from pipeline.export.sources import Source
from pipeline.finished_run import explain_events
from pipeline.reviewing import cases, desk, labels, severity
from pipeline.reviewing.desk import Listed
from pipeline.reviewing.reviews import Opinion
from pipeline.reviewing.rows import FAULT, keys, run_of


@dataclass(frozen=True)
class Contents:
    """What an archive is to hold.

    Attributes:
        listed: key to an event of the app's runs, with what is said of it.
        events: keys of the only events that it holds; empty for all of its runs.
        case: that it is of.
    """

    listed: Mapping[str, Listed]
    events: Sequence[str] = ()
    case: ArchivedCase | None = None

    def analysis(self, source: Source) -> Analysis:
        """Return the answer of a run with the events that are held, each with what is said of it.

        Raises:
            InputError: the run cannot be read, or has no such event.
        """
        whole = explain_events(source.folder)
        found = self._named(source, whole)
        wanted = [key for key in self.events if run_of(key) == source.run and f"/{FAULT}/" not in key]
        if not self.events:
            return replace(whole, events=in_order(list(found.values())))
        for threshold in {self.listed[key].row.threshold for key in wanted if key not in found and key in self.listed}:
            found |= self._named(source, explain_events(source.folder, threshold))
        if missing := next((key for key in wanted if key not in found), None):
            raise InputError(f"run {source.run} has no event {missing!r} any more; take it out of what is exported")
        held = in_order([found[key] for key in dict.fromkeys(wanted)])
        note = f"This report holds {len(held)} of the {len(whole.events)} events that were found in this clip."
        notes = (note,) if len(held) < len(whole.events) else ()
        return replace(whole, events=held, warnings=(*notes, *whole.warnings))

    def reviews(self, run: str, analysis: Analysis) -> tuple[ArchivedReview, ...]:
        """Return what is said of each event of an analysis; nothing for a run that is not the app's."""
        return tuple(_archived(key, one, self.listed.get(key)) for key, one in self._keys(run, analysis)) if run else ()

    def of(self, run: str, analysis: Analysis) -> list[Listed]:
        """Return the listed events of an analysis."""
        return [self.listed[key] for key, _ in self._keys(run, analysis) if key in self.listed]

    def _named(self, source: Source, analysis: Analysis) -> dict[str, ExplainedEvent]:
        found = dict(self._keys(source.run, analysis))
        return {
            key: replace(one, review=said(self.listed[key].opinion)) if key in self.listed else one
            for key, one in found.items()
        }

    def _keys(self, run: str, analysis: Analysis) -> list[tuple[str, ExplainedEvent]]:
        named = keys(run, [(one.kind, one.event.peak) for one in analysis.events])
        return list(zip(named, analysis.events, strict=True))


def chosen(events: Sequence[str] = (), case: str = "") -> Contents:
    """Return the contents of an archive of some events, or of all events of its runs.

    Args:
        events: their keys; empty for all.
        case: id of the case that they are of; empty for none.

    Raises:
        InputError: there is no such case, or the rules of severity cannot be used.
        StorageError: the records of reviews cannot be read.
    """
    listed = {one.row.key: one for one in desk.listed(severity.rules())}
    return Contents(listed, events, _case(case) if case else None)


def said(opinion: Opinion) -> str:
    """Say what reviewers said of an event, and when.

    >>> from pipeline.reviewing.reviews import Review, folded
    >>> said(folded([Review("e", 0.0, "Ann", True, "true", None), Review("e", 60.0, "Ben", None, None, "a van")]))
    'Reviewed: verdict true by Ann, 1970-01-01 00:00 UTC. Note by Ben, 1970-01-01 00:01 UTC: a van'
    """
    verdict = next((one for one in reversed(opinion.records) if one.verdict is not None), None)
    seen = next((one for one in reversed(opinion.records) if one.reviewed is not None), None)
    note = next((one for one in reversed(opinion.records) if one.note is not None), None)
    told = []
    if verdict is not None and verdict.verdict:
        told.append(f"Reviewed: verdict {verdict.verdict} by {_who(verdict.reviewer, verdict.at)}.")
    elif seen is not None and seen.reviewed:
        told.append(f"Reviewed by {_who(seen.reviewer, seen.at)}.")
    if note is not None and note.note:
        told.append(f"Note by {_who(note.reviewer, note.at)}: {note.note}")
    return " ".join(told)


def _who(name: str, at: float) -> str:
    return f"{name}, {labels.moment(at)[:16].replace('T', ' ')} UTC"


def _archived(key: str, one: ExplainedEvent, listed: Listed | None) -> ArchivedReview:
    opinion = listed.opinion if listed else Opinion()
    return ArchivedReview(
        key, one.causes[0].fine if one.causes else "", one.event.first, one.event.last,
        listed.severity if listed else severity.UNKNOWN, opinion.reviewed, opinion.verdict, opinion.note,
        tuple(labels.records(listed)) if listed else (),
    )  # fmt: skip


def _case(case_id: str) -> ArchivedCase:
    case = cases.get(case_id)
    records = [
        {"at": labels.moment(one.at), "who": one.who, "action": one.action, "event": one.event, "text": one.text}
        for one in case.records
    ]
    return ArchivedCase(case.id, case.name, case.note, tuple(records))
