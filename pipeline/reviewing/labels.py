"""Verdicts as labels, for other programs: CSV and JSON."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from core import csv_text
from core.files import json_text
from people import policy
from pipeline.reviewing.desk import Listed
from pipeline.reviewing.severity import once_in

COLUMNS = ("event", "run", "clip", "camera", "kind", "first_frame", "last_frame", "peak_frame", "start_s", "end_s",
           "wall_clock", "label", "attributes", "score", "unit", "severity", "normal_footage", "reviewed", "verdict",
           "note", "reviewer", "reviewed_at")  # fmt: skip


def as_json(events: Iterable[Listed]) -> list[dict[str, Any]]:
    """Return each event with its verdict and all records of its reviews, as JSON has them; times are in UTC."""
    return [{**_facts(one), "records": records(one)} for one in events]


def json_labels(events: Iterable[Listed]) -> str:
    """Return :func:`as_json` as text.

    Raises:
        AccessError: the one who asks may not export.
    """
    policy.require(policy.EXPORT)
    return json_text({"format": "whycam-labels", "version": 1, "events": as_json(events)})


def csv_labels(events: Iterable[Listed]) -> str:
    """Return one line for each event: its latest verdict, and who spoke last. Names and notes are marked as text.

    Raises:
        AccessError: the one who asks may not export.
    """
    policy.require(policy.EXPORT)
    return csv_text.text(COLUMNS, map(_line, events))


def _line(one: Listed) -> tuple[object, ...]:
    last = one.opinion.records[-1] if one.opinion.records else None
    facts, who = _facts(one), (last.reviewer, moment(last.at)) if last else ("", "")
    return (*(facts[name] for name in COLUMNS[:-2]), *who)


def records(one: Listed) -> list[dict[str, Any]]:
    """Return who said what of an event, and when, oldest first."""
    return [
        {"at": moment(record.at), "reviewer": record.reviewer, "reviewed": record.reviewed, "verdict": record.verdict,
         "note": record.note}
        for record in one.opinion.records
    ]  # fmt: skip


def moment(seconds: float) -> str:
    """Write a time in UTC.

    >>> moment(0.0)
    '1970-01-01T00:00:00+00:00'
    """
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _facts(one: Listed) -> dict[str, Any]:
    row, said = one.row, one.opinion
    return {
        "event": row.key, "run": row.run, "clip": row.clip, "camera": row.camera, "kind": row.kind,
        "first_frame": row.first, "last_frame": row.last, "peak_frame": row.peak, "start_s": round(row.start, 6),
        "end_s": round(row.end, 6), "wall_clock": row.recorded, "label": row.label, "attributes": row.about,
        "score": row.score, "unit": row.unit, "severity": one.severity, "normal_footage": once_in(row.per_hour),
        "reviewed": said.reviewed, "verdict": said.verdict, "note": said.note,
    }  # fmt: skip
