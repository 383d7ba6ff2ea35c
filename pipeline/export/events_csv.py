"""``events.csv``: the events of one or several runs, a line each."""

from collections.abc import Iterable

from core import csv_text
from core.analysis import MOVING, Analysis, ExplainedEvent
from explain import report
from explain.causes.summary import wall_clock

COLUMNS = (
    "folder", "event", "event_kind", "first_frame", "last_frame", "peak_frame", "shown_frame", "start_s", "end_s",
    "peak_s", "wall_clock", "peak_score", "threshold", "unit", "cause", "kind", "heat_share", "unexplained_share",
    "summary",
)  # fmt: skip


def events_csv(runs: Iterable[tuple[str, Analysis]]) -> str:
    """Return the table; what is not known is empty. No text in it comes from a file's name.

    Args:
        runs: folder in the archive and analysis of each.
    """
    return csv_text.text(COLUMNS, (
        (folder, number, *_row(one, analysis)) for folder, analysis in runs
        for number, one in enumerate(analysis.events, 1)
    ))  # fmt: skip


def _row(one: ExplainedEvent, analysis: Analysis) -> tuple[object, ...]:
    event, clock = one.event, analysis.clock
    start = clock.at(event.first)
    cause = one.causes[0] if one.causes else None
    moving = one.kind == MOVING
    limit = analysis.threshold if moving else analysis.standing
    return (
        one.kind, event.first, event.last, event.peak, "" if one.shown is None else one.shown, f"{start:.6f}",
        f"{clock.end(event.last):.6f}", f"{clock.at(event.peak):.6f}", wall_clock(analysis.clip.recorded, start),
        f"{event.peak_score:.6g}", "" if limit is None else f"{limit:.6g}",
        analysis.unit if moving else "nats", report.name_of(one),
        cause.coarse if cause else "", f"{cause.heat_share:.6g}" if cause and moving else "",
        f"{one.unexplained_share:.6g}" if cause and moving else "", one.summary,
    )  # fmt: skip
