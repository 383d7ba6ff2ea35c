"""What a run shows before it is done: scores so far and the events among them, read while another process writes.

While things are observed, the folder :data:`FOLDER` of a run holds what they say (:mod:`pipeline.first_things`). While
frames are scored, it holds the scores that are not final (:func:`write_ahead`); all others are where a finished run has
them. All of it is provisional: camera faults and burnt-in text are not known before a clip's end, and a thing's track
may go on. Nothing here is read by a finished run, and the folder is gone at its end.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from core import typed_json
from core.analysis import ExplainedEvent
from core.array_files import open_npz
from core.arrays import Doubles, Floats
from core.clock import Clock
from core.errors import InputError
from core.files import folder as make
from core.files import write_json, write_whole
from core.records import Event, Pixels
from core.scored_things import ScoredThings
from pipeline import channels, frame_log
from pipeline.channels import ATTRIBUTES
from pipeline.events import EventRule
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FinishedRun, explain_event
from pipeline.frame_log import RECORD, FrameLog
from pipeline.run_facts import RunFacts

FOLDER = "first"
FACTS, EVENTS, CURVE, AHEAD = "facts.json", "events.json", "things.npz", "ahead.bin"
MOST_EXPLAINED = 20
"""Frames of evidence from which a first cause is told: a page that is drawn each second must not wait for more."""
MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class ThingEvent:
    """An event by the attributes of things alone.

    Attributes:
        first, last, peak: its frames.
        start, end: seconds.
        score: at the peak, in nats.
        name: of its strangest thing.
        told: what is unusual about it.
        shown: frame of its picture.
        box: of the thing in that picture, as shares of width and height.
    """

    first: int
    last: int
    peak: int
    start: float
    end: float
    score: float
    name: str
    told: str
    shown: int
    box: Pixels

    def picture(self, run_folder: Path) -> Path:
        """Return the file of its picture, a JPEG."""
        return run_folder / FOLDER / f"{self.shown:08d}.jpg"


@dataclass(frozen=True)
class FirstResults:
    """What is known of a clip that is at work.

    Attributes:
        run: of the frames that are scored so far, as if the clip ended there; None before the first of them.
        events: of these frames, each at its end.
        times: (T,) seconds of the frames whose things were observed.
        things: (T,) nats of these things; none where the camera knows nothing of things.
        ahead: events by things alone, whose end is not scored yet.
        facts: of the run.
    """

    run: FinishedRun | None
    events: tuple[Event, ...]
    times: Doubles
    things: Doubles
    ahead: tuple[ThingEvent, ...]
    facts: RunFacts

    @property
    def clock(self) -> Clock:
        """When the frames are shown that are scored so far."""
        return self.run.clock if self.run else Clock(np.zeros(0), 1.0)

    @property
    def scores(self) -> Floats:
        """(S,) joined scores of these frames."""
        return self.run.scores if self.run else np.zeros(0, np.float32)

    @property
    def scored_until(self) -> float:
        """Seconds of the clip that are scored."""
        return self.clock.end(len(self.clock) - 1) if self.run else 0.0

    @property
    def observed_until(self) -> float:
        """Seconds of the clip whose things were observed."""
        return float(self.times[-1]) if len(self.times) else 0.0


def begin(run_folder: Path, facts: RunFacts) -> None:
    """Let a run be looked at from now on.

    Raises:
        StorageError: the disk is full or cannot be written to.
    """
    write_json(make(run_folder / FOLDER) / FACTS, asdict(facts))


def end(run_folder: Path) -> None:
    """Remove what was provisional."""
    shutil.rmtree(run_folder / FOLDER, ignore_errors=True)


def write_ahead(run_folder: Path, first: int, log: FrameLog) -> None:
    """Write scores that are not final yet, of the frames from ``first`` on.

    Raises:
        StorageError: the disk is full or cannot be written to.
    """
    with write_whole(run_folder / FOLDER / AHEAD) as file:
        file.write(np.array([first], "<i8").tobytes() + frame_log.packed(log.seconds, log.scores, log.analysed))


def read(run_folder: Path) -> FirstResults | None:
    """Read what there is of a run that is at work; None before there is anything, and where files change meanwhile.

    Raises:
        InputError: a file of it is damaged.
    """
    place = run_folder / FOLDER
    try:
        facts = _facts(place / FACTS, (place / FACTS).stat().st_mtime_ns)
        log = _with_ahead(frame_log.read(run_folder, facts.clip.fps), place / AHEAD)
        times, things = _observed(run_folder, log)
    except FileNotFoundError:
        return None
    run = _so_far(facts, log, things) if len(log) > 1 else None
    events = closed(run.events(facts.threshold), run.clock) if run else []
    reach = run.clock.end(len(log) - 1) - EventRule().gap if run else 0.0
    told = _thing_events(place / EVENTS) if len(times) else ()
    ahead = [one for one in told if one.end > reach and not any(e.last >= one.first for e in events)]
    return FirstResults(run, tuple(events), times, things, tuple(ahead), facts)


def closed(events: Sequence[Event], clock: Clock, rule: EventRule | None = None) -> list[Event]:
    """Return the events that no later one can be joined with: their gap has passed at the end of the clock."""
    gap, now = (rule or EventRule()).gap, clock.end(len(clock) - 1)
    return [event for event in events if clock.end(event.last) + gap <= now]


def seen(run_folder: Path, event: Event) -> int:
    """Count the frames of an event of which there is evidence."""
    return sum(event.first <= frame <= event.last for frame in EvidenceFolder(run_folder / EVIDENCE).frames())


def explained(found: FirstResults, run_folder: Path, event: Event, scored: ScoredThings | None) -> ExplainedEvent:
    """Rank the causes of an event from the evidence around its peak that is there so far.

    Raises:
        InputError: its evidence cannot be read, or no frame is scored.
    """
    if found.run is None:
        raise InputError("no frame of this run is scored yet")
    return explain_event(found.run, run_folder, scored, event, found.facts.threshold, most=MOST_EXPLAINED)


@lru_cache(8)
def _facts(path: Path, changed: int) -> RunFacts:
    return typed_json.read(RunFacts, path)


def _with_ahead(log: FrameLog, path: Path) -> FrameLog:
    """Add the scores that are not final behind those that are."""
    data = path.read_bytes() if path.exists() else b""
    if len(data) < 8:
        return log
    first = int(np.frombuffer(data[:8], "<i8")[0])
    more = np.frombuffer(data[8:], RECORD, (len(data) - 8) // RECORD.itemsize)[max(len(log) - first, 0) :]
    if first > len(log):  # of an earlier process
        return log
    return FrameLog(
        np.concatenate([log.scores, more["score"]]), np.concatenate([log.seconds, more["seconds"]]),
        np.concatenate([log.analysed, more["analysed"]]),
    )  # fmt: skip


def _observed(run_folder: Path, log: FrameLog) -> tuple[Doubles, Doubles]:
    """Return seconds and nats of things: of the whole clip where they are final, else as far as they were observed."""
    final, curve = run_folder / channels.KEPT, run_folder / FOLDER / CURVE
    times = np.zeros(0)
    if curve.exists():
        with open_npz(curve, MAX_BYTES) as arrays:
            times, things = arrays.read("seconds"), arrays.read("nats")
    elif not final.exists():
        return times, times
    if not final.exists():
        return times, things
    things = channels.kept(run_folder).get(ATTRIBUTES, np.zeros(0))
    known = log.seconds if len(log.seconds) > len(times) else times
    return known[: len(things)], things


def _so_far(facts: RunFacts, log: FrameLog, things: Doubles) -> FinishedRun:
    """Join the scores of the frames so far as if the clip ended there."""
    count = len(log)
    kinds = {}
    if ATTRIBUTES in facts.channels and len(things):
        kinds[ATTRIBUTES] = np.pad(things, (0, max(count - len(things), 0)))[:count]
    scores: Floats = channels.join(log.scores, kinds, facts.channels)
    every = channels.in_nats(log.scores, kinds, facts.channels)
    return FinishedRun(facts, log, log.clock(facts.clip.fps), every, scores, np.zeros(count, np.bool_))


def _thing_events(path: Path) -> tuple[ThingEvent, ...]:
    return typed_json.read(tuple[ThingEvent, ...], path) if path.exists() else ()


def shifted(one: ThingEvent, event: Event, clock: Clock) -> ThingEvent:
    """Return an event that was told before with the bounds that it has now."""
    return replace(one, first=event.first, last=event.last, peak=event.peak, start=clock.at(event.first),
                   end=clock.end(event.last), score=event.peak_score)  # fmt: skip
