"""Rows of events made by hand."""

from dataclasses import replace

from pipeline.reviewing import index
from pipeline.reviewing.desk import Listed
from pipeline.reviewing.reviews import Opinion
from pipeline.reviewing.rows import EventRow

RUN = "20261130-120000-abcdef"
ROW = EventRow(f"{RUN}/moving/40", RUN, "a.mp4", "gate", "moving", 30, 60, 40, 40, 1.2, 2.4, "2026-11-28 10:00:01",
               "2026-11-28", "truck", "on a walkway", "A truck.", 9.0, 8.0, "nats", 0.5, 2.0, "ab" * 32)  # fmt: skip


def row(**changes):
    return replace(ROW, **changes)


def listed(verdict="", severity="low", **changes):
    return Listed(row(**changes), severity, Opinion(bool(verdict), verdict))


def many(count, runs=200):
    """Put rows of many runs into the index, and return their keys."""
    rows = [
        row(key=f"{RUN[:-6]}{n % runs:06x}/moving/{n}", run=f"{RUN[:-6]}{n % runs:06x}", camera=f"gate{n % 7}",
            label=("truck", "bicycle", "run / jog")[n % 3], day=f"2026-11-{1 + n % 28:02d}",
            recorded=f"2026-11-{1 + n % 28:02d} 10:00:{n % 60:02d}", per_hour=0.01 * (1 + n % 300))
        for n in range(count)
    ]  # fmt: skip
    index.add(*rows)
    return [one.key for one in rows]
