"""How long 10,000 events take to be listed, filtered and sorted: ``./whycam bench events``. Nothing is analysed."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from typing import Any
from unittest import mock

from pipeline.reviewing import desk, index, reviews
from pipeline.reviewing.desk import Filters
from pipeline.reviewing.rows import EventRow
from pipeline.reviewing.severity import HIGH, Rule

EVENTS, RUNS, REVIEWED, TIMES = 10_000, 200, 3_000, 9
LABELS = ("truck", "bicycle", "run / jog", "person in an unusual place", "skateboard")
ROW = EventRow("", "", "clip.mp4", "", "moving", 30, 60, 40, 40, 1.2, 2.4, "", "", "", "on a walkway; to the left",
               "From 0:01.2 to 0:02.4 something stood out.", 9.0, 8.0, "nats", 0.5, 2.0, "ab" * 32)  # fmt: skip
WANTED = Filters(labels=["truck"], cameras=["camera1", "camera2"], verdicts=["false"])


def measure(tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the figures, a row each, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="whycam-") as home, mock.patch.dict(os.environ, {"WHYCAM_HOME": home}):
        tell("putting events into the index")
        keys = _fill()
        reviews.add(keys[:REVIEWED], "one", verdict="false")
        reviews.add(keys[: REVIEWED // 2], "another", verdict="true", note="seen")
        rules = (Rule("truck walkway", HIGH), Rule("bicycle", "low", "camera3"))
        tell("listing, filtering and sorting")
        events = desk.listed(rules)
        return [
            _row(f"list {EVENTS:,} events, {REVIEWED * 3 // 2:,} reviews", lambda: desk.listed(rules)),
            _row("filter them by label, camera and verdict", lambda: desk.chosen(events, WANTED)),
            _row("sort them by severity", lambda: desk.chosen(events, Filters(), "most severe first")),
            _row("count them by day, for the calendar", lambda: desk.month(events, 2026, 11)),
        ]


def _fill() -> list[str]:
    rows = []
    for n in range(EVENTS):
        run = f"20261130-120000-{n % RUNS:06x}"
        rows.append(replace(
            ROW, key=f"{run}/moving/{n}", run=run, camera=f"camera{n % 7}", label=LABELS[n % len(LABELS)],
            day=f"2026-11-{1 + n % 28:02d}", recorded=f"2026-11-{1 + n % 28:02d} 10:{n % 60:02d}:00",
            per_hour=0.05 * (1 + n % 100),
        ))  # fmt: skip
    index.add(*rows)
    return [row.key for row in rows]


def _row(what: str, do: Callable[[], object]) -> dict[str, Any]:
    taken, computed = [], []
    for _ in range(TIMES):
        start, began = time.perf_counter(), time.process_time()
        do()
        taken.append(1000 * (time.perf_counter() - start))
        computed.append(1000 * (time.process_time() - began))
    return {
        "what": what, "median ms": round(median(taken), 1), "slowest ms": round(max(taken), 1),
        "of the processor": round(median(computed), 1), "measured": TIMES,
    }  # fmt: skip
