"""One row for each event and each camera fault of a finished run, made of what the run kept."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from core import typed_json
from core.analysis import MOVING, Analysis, Cause, ExplainedEvent
from core.errors import WhycamError
from core.normality import AlarmCurve
from explain import report
from explain.causes.summary import attributes, wall_clock
from pipeline import camera, fault_pictures, finished_run
from pipeline.events import smoothed
from pipeline.finished_run import FinishedRun
from pipeline.store import Run

FAULT = "fault"
"""Kind of the row of a camera fault, beside :data:`core.analysis.MOVING` and :data:`core.analysis.STANDING`."""
REPORT = "report.json"
NOT_NAMED = "not named"


@dataclass(frozen=True)
class EventRow:
    """An event, or a camera fault, of one run.

    Attributes:
        key: names it; the same after every restart.
        run, clip, camera: the run's id, and the names of its clip and camera.
        kind: ``moving``, ``standing`` or ``fault``.
        first, last, peak: frames; ``last`` is inclusive.
        shown: the frame that stands for it in pictures, of a fault its first one; None where none was kept.
        start, end: seconds in the clip.
        recorded: wall clock of its start; empty where the clip has none.
        day: of its start, ``YYYY-MM-DD``; where the clip has no wall clock, the day on which it was submitted.
        label: name of the first cause, or of the fault.
        about: attributes of the first cause in words; may be empty.
        summary: the sentence that sums it up.
        score: at the peak, in ``unit``; None of a fault.
        level: the highest threshold that still raises it, in ``unit``: the peak of the smoothed score. None of a fault.
        unit: ``nats`` or ``dB``; empty of a fault.
        per_hour: false alarms an hour that the camera's normal footage raises at ``level``; None where that is unknown.
        threshold: at which it was cut; None where its run does not tell one for its kind.
        weights: SHA-256 of the camera's weights, for scores of other weights are not comparable.
        quiet: whether it lies under the threshold of its run, and was found by an analyst at a lower one.
    """

    key: str
    run: str
    clip: str
    camera: str
    kind: str
    first: int
    last: int
    peak: int
    shown: int | None
    start: float
    end: float
    recorded: str
    day: str
    label: str
    about: str
    summary: str
    score: float | None = None
    level: float | None = None
    unit: str = ""
    per_hour: float | None = None
    threshold: float | None = None
    weights: str = ""
    quiet: bool = False

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.end - self.start


@dataclass(frozen=True)
class _Term:
    words: str = ""


@dataclass(frozen=True)
class _Thing:
    label: str
    terms: Sequence[_Term] = ()


@dataclass(frozen=True)
class _Cause:
    fine: str
    object: str | None = None
    action: str | None = None
    place: str | None = None
    direction: str | None = None
    speed: float | None = None


@dataclass(frozen=True)
class _Event:
    first_frame: int
    last_frame: int
    peak_frame: int
    start_s: float
    end_s: float
    summary: str
    peak_score: float | None = None
    shown_frame: int | None = None
    causes: Sequence[_Cause] = ()
    kind: str = MOVING
    things: Sequence[_Thing] = ()


@dataclass(frozen=True)
class _Fault:
    fine: str
    first_frame: int
    last_frame: int
    start_s: float
    end_s: float
    summary: str


@dataclass(frozen=True)
class _Report:
    events: Sequence[_Event] = ()
    camera_causes: Sequence[_Fault] = field(default_factory=tuple)


def keys(run: str, events: Iterable[tuple[str, int]]) -> list[str]:
    """Name the events of a run by their kinds and peaks, which stay when the threshold is moved.

    Args:
        run: its id.
        events: kind and peak of each, in order of time; of a fault, its first frame.

    >>> keys("r", [("moving", 7), ("standing", 7), ("standing", 7)])
    ['r/moving/7', 'r/standing/7', 'r/standing/7/2']
    """
    seen, named = Counter[tuple[str, int]](), list[str]()
    for kind, peak in events:
        seen[kind, peak] += 1
        again = seen[kind, peak]
        named.append(f"{run}/{kind}/{peak}" + (f"/{again}" if again > 1 else ""))
    return named


def run_of(key: str) -> str:
    """Return the id of the run that an event is of."""
    return key.partition("/")[0]


def rows_of(run: Run) -> list[EventRow]:
    """Return the rows of a finished run, at its own threshold.

    Raises:
        InputError: what it kept cannot be read.
    """
    told = typed_json.read(_Report, run.folder / REPORT, "this run's report", "analyse the clip again", "ignore")
    made = _Maker(run, finished_run.read(run.folder))
    named = keys(run.id, [(one.kind, one.peak_frame) for one in told.events])
    faults = keys(run.id, [(FAULT, one.first_frame) for one in told.camera_causes])
    events = [made.event(key, one) for key, one in zip(named, told.events, strict=True)]
    return events + [made.fault(key, one) for key, one in zip(faults, told.camera_causes, strict=True)]


def row_at(run: Run, analysis: Analysis, number: int, one: ExplainedEvent) -> EventRow:
    """Return the row of an event at any threshold.

    Args:
        run: that is done.
        analysis: of the run at that threshold.
        number: of the event, from 0.
        one: the event with its causes.

    Raises:
        InputError: what the run kept cannot be read.
    """
    kept = finished_run.read(run.folder)
    key = keys(run.id, [(each.kind, each.event.peak) for each in analysis.events])[number]
    told = report.as_json(replace(analysis, events=(one,), disturbances=()))["events"][0]
    event = typed_json.load(_Event, json.dumps(told), "the event", unknown="ignore")
    row = _Maker(run, kept).event(key, event)
    quiet = row.kind == MOVING and row.level is not None and row.level <= kept.facts.threshold
    return replace(row, quiet=quiet, threshold=analysis.threshold if row.kind == MOVING else row.threshold)


class _Maker:
    """Makes the rows of one run."""

    def __init__(self, run: Run, kept: FinishedRun) -> None:
        self.run, self.kept = run, kept
        self._smooth = smoothed(kept.scores, kept.clock)
        self._weights = str(kept.facts.versions.get("weights_sha256", ""))

    def event(self, key: str, one: _Event) -> EventRow:
        best = one.causes[0] if one.causes else None
        moving = one.kind == MOVING
        level = self._level(one) if moving else one.peak_score
        curve = self.kept.facts.alarms if moving else self._standing_alarms()
        return replace(
            self._row(key, one.kind, one.first_frame, one.last_frame, one.start_s, one.end_s, one.summary),
            peak=one.peak_frame, shown=one.shown_frame, label=best.fine if best else NOT_NAMED,
            about=_about(best, one.things) if best else "", score=one.peak_score, level=level,
            unit=self.kept.facts.unit if moving else "nats", weights=self._weights,
            per_hour=curve.expected(level) if curve is not None and level is not None else None,
            threshold=self.kept.facts.threshold if moving else self.kept.facts.standing,
        )  # fmt: skip

    def fault(self, key: str, one: _Fault) -> EventRow:
        made = self._row(key, FAULT, one.first_frame, one.last_frame, one.start_s, one.end_s, one.summary)
        kept = fault_pictures.path(self.run.folder, one.first_frame).exists()
        return replace(made, label=one.fine, shown=one.first_frame if kept else None)

    def _row(self, key: str, kind: str, first: int, last: int, start: float, end: float, summary: str) -> EventRow:
        recorded = wall_clock(self.kept.facts.clip.recorded, start)
        day = recorded[:10] or time.strftime("%Y-%m-%d", time.localtime(self.run.created))
        return EventRow(key, self.run.id, self.run.clip, self.kept.facts.camera, kind, first, last, first, None, start,
                        end, recorded, day, "", "", summary)  # fmt: skip

    def _level(self, one: _Event) -> float | None:
        inside = self._smooth[one.first_frame : one.last_frame + 1]
        return float(np.nanmax(inside)) if np.isfinite(inside).any() else None

    def _standing_alarms(self) -> AlarmCurve | None:
        """Return what thresholds of standing events cost, of the camera as it was for this run; None if it is gone."""
        try:
            known = camera.load(self.kept.facts.camera)
        except WhycamError:
            return None
        then = self.kept.facts.versions.get("standing_sha256")
        return known.standing.alarms if known.standing and known.standing.sha256 == then else None


def _about(cause: _Cause, things: Sequence[_Thing]) -> str:
    """Say what is known of the first cause: its attributes, and by what it is unusual most."""
    named = Cause("", cause.fine, 0.0, 0.0, 0.0, None, 0, 0, speed=cause.speed, object=cause.object or "",
                  action=cause.action or "", place=cause.place or "", direction=cause.direction or "")  # fmt: skip
    same = next((thing for thing in things if thing.label in (cause.object, cause.fine) and thing.terms), None)
    return "; ".join([*attributes(named), *([same.terms[0].words] if same else [])])
