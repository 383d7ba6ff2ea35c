"""A finished run as its page shows it: one call for each thing."""

import dataclasses
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.analysis import Analysis, ExplainedEvent
from core.records import Evidence
from explain import report
from explain.causes.summary import attributes, wall_clock
from explain.report.maps import place_map, place_of
from explain.report.overlay import MARKS, PALETTE, level, overlay
from explain.report.strips import as_picture, attribute_rows
from pipeline.detection_limit import detection_limit
from pipeline.events import find_events
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import (
    EVIDENCE,
    WHY,
    FinishedRun,
    explain_event,
    explain_events,
    floor_of,
    overview,
    read,
    things_of,
)

__all__ = ["MARKS", "PALETTE", "REPORTS", "FinishedRun", "as_picture", "attribute_rows", "attributes", "cut",
           "evidence_of", "explain_event", "explain_events", "floor_of", "kept_frames", "level", "nearest_evidence",
           "overlay", "overview", "place_map", "place_of", "read", "report_at", "things_of", "wall_clock"]  # fmt: skip

REPORTS = report.FILES


def cut(analysis: Analysis, threshold: float) -> Analysis:
    """Cut events at another threshold without explaining them: instant, so that a chart can follow a slider."""
    if threshold == analysis.threshold and not any(one.summary for one in analysis.events):
        return analysis
    found = find_events(analysis.scores, threshold, analysis.clock)
    events = analysis.with_events([ExplainedEvent(event, (), 1.0, "") for event in found])
    limit = partial(detection_limit, analysis.scores, analysis.clock, threshold, analysis.normal_scores, analysis.unit)
    return dataclasses.replace(analysis, threshold=threshold, events=events, detection_limit="" if events else limit())


def evidence_of(folder: Path, frame: int) -> Evidence:
    """Return what a run kept of one frame.

    Raises:
        InputError: nothing readable is kept of that frame.
    """
    return EvidenceFolder(folder / EVIDENCE).get(frame)


def kept_frames(folder: Path) -> list[int]:
    """List the frames that a run kept a picture of, ascending."""
    return EvidenceFolder(folder / EVIDENCE).frames()


def nearest_evidence(folder: Path, frame: int) -> Evidence | None:
    """Return what a run kept of the frame nearest to ``frame``, or None where it kept nothing."""
    return EvidenceFolder(folder / EVIDENCE).nearest(frame)


def report_at(analysis: Analysis, folder: Path, name: str) -> bytes:
    """Write the report of a run at another threshold, and return one of its :data:`REPORTS`."""
    evidence: Callable[[int], Evidence] = EvidenceFolder(folder / EVIDENCE).get
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        report.write(analysis, evidence, Path(place), folder / WHY)
        return (Path(place) / name).read_bytes()
