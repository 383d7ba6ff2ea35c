"""The answer of a finished run, made of what it kept: events cut at a threshold, their causes ranked."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import typed_json
from core.analysis import Analysis, ExplainedEvent
from core.arrays import Bools, Floats
from core.clock import Clock
from core.disturbance import Disturbance
from core.equivalence import Channel
from core.errors import InputError
from core.normality import AlarmCurve, Normality, NormalScores
from core.progress import JobProgress
from core.records import Clip, Event, Evidence
from core.scored_things import ScoredThings
from core.spot import Spot
from explain.causes import ranking, standing, summary, terms
from pipeline import channels, frame_log, plan
from pipeline.burnt_in import BurntInText
from pipeline.detection_limit import detection_limit
from pipeline.events import EventRule, find_events
from pipeline.evidence import EvidenceFolder
from pipeline.frame_log import FrameLog
from pipeline.sampling import Analysed

FACTS, EVIDENCE, WHY = "run.json", "evidence", "why"
UNFINISHED = "this run holds no finished analysis; analyse the clip again"
MAX_EXPLAINED_FRAMES = 900
"""Explained frames, three minutes, from which an event's causes are told: of a longer one, those around its peak."""

PEAK_SECONDS = 0.8
"""Seconds on either side of a weak event's peak from which its causes are told, where nothing stronger is around it."""


@dataclass(frozen=True)
class RunFacts:
    """What ``run.json`` holds; see :class:`core.analysis.Analysis`. Runs of version 0.1 lack what has a default.

    Attributes:
        floor, camera_floor: calibrated scores from which the run kept evidence, and from which the camera would.
        span: analysed frames of a window.
        normality, normal_seconds, alarms: of the camera's normal footage.
        texts: burnt into the picture.
        source: path of the analysed file on this machine; empty where that is not known.
        channels: of the camera, as far as the clip has scores of that kind.
        spots: where something stood or was gone.
    """

    clip: Clip
    camera: str
    detector: str
    models: Mapping[str, str]
    threshold: float
    floor: float
    normality: Normality
    warnings: tuple[str, ...]
    versions: Mapping[str, Any]
    span: int = 1
    camera_floor: float | None = None
    normal_seconds: float | None = None
    alarms: AlarmCurve | None = None
    disturbances: tuple[Disturbance, ...] = ()
    texts: tuple[BurntInText, ...] = ()
    unread: tuple[tuple[float, float], ...] = ()
    repeated: int = 0
    source: str = ""
    doubt: str = ""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    spots: tuple[Spot, ...] = ()


@dataclass(frozen=True)
class FinishedRun:
    """What a run's folder holds.

    Attributes:
        facts: of ``run.json``.
        log: of its frames.
        clock: when they are shown.
        kinds: kind of score to its (T,) scores on the scale of the pixels.
        scores: (T,) float32 calibrated, of all kinds joined; NaN also where a camera fault hides the scene.
    """

    facts: RunFacts
    log: FrameLog
    clock: Clock
    kinds: Mapping[str, Floats]
    scores: Floats

    @property
    def analysed(self) -> Analysed:
        """Which frames the detector was shown."""
        return Analysed.of(self.log.analysed, self.clock)

    def events(self, threshold: float) -> list[Event]:
        """Cut events at a threshold."""
        return find_events(self.scores, threshold, self.clock)


def read(folder: Path) -> FinishedRun:
    """Read a run's folder.

    Raises:
        InputError: it holds no run that came to its end.
    """
    facts = _facts(folder)
    try:
        log = frame_log.read(folder, facts.clip.fps)
        clock, kinds = log.clock(facts.clip.fps), channels.kept(folder, len(log))
    except (OSError, ValueError, InputError) as error:
        raise InputError(UNFINISHED) from error
    alone = not (folder / frame_log.FILE).exists()
    if len(log) < (1 if alone else facts.clip.frames or 1) or not np.isfinite(clock.times).all():
        raise InputError(UNFINISHED)
    hidden = hidden_frames(facts.disturbances, log, facts.span)
    pixels = np.where(hidden, np.float32("nan"), log.scores)
    every = channels.on_one_scale(pixels, kinds, facts.channels)
    return FinishedRun(facts, log, clock, every, np.maximum.reduce(list(every.values())))


def _facts(folder: Path) -> RunFacts:
    try:
        return typed_json.read(RunFacts, folder / FACTS, unknown="ignore")
    except InputError as error:
        raise InputError(UNFINISHED) from error


def hidden_frames(disturbances: Sequence[Disturbance], log: FrameLog, span: int) -> Bools:
    """Mark the frames whose score tells of the camera and not of the scene, (T,) bool.

    They are those that each disturbance hides, and those whose window of ``span`` analysed frames reaches back into it.
    """
    hidden = np.zeros(len(log), np.bool_)
    analysed = np.flatnonzero(log.analysed)
    for one in disturbances:
        frames = one.hides(len(log))
        behind = int(np.searchsorted(analysed, max(frames.stop - 1, one.last), side="right")) + span - 1
        hidden[frames.start : int(analysed[behind]) if behind < len(analysed) else len(log)] = True
    return hidden


def explain_events(folder: Path, threshold: float | None = None, *, job: JobProgress | None = None) -> Analysis:
    """Cut events at a threshold and rank their causes, from what a finished run kept; nothing is scored again.

    Args:
        folder: of the run.
        threshold: calibrated; the run's own when None. Under the run's floor, events have no evidence to rank.
        job: told how many frames of evidence were gone through, in the stage :data:`pipeline.plan.RANKING`.

    Raises:
        InputError: the folder holds no finished run, or the threshold is no finite number.
    """
    kept = read(folder)
    facts, normality = kept.facts, kept.facts.normality
    limit = facts.threshold if threshold is None else threshold
    if not math.isfinite(limit):
        raise InputError(f"the threshold must be a finite number, got {limit}")
    scored = ScoredThings.load(folder / channels.THINGS) if (folder / channels.THINGS).exists() else None
    events = tuple(_explained_events(kept, EvidenceFolder(folder / EVIDENCE), scored, limit, job))
    known = facts.normal_seconds
    normal_seconds = normality.frames / facts.clip.fps if known is None else known
    normal = NormalScores(normal_seconds, max(normality.quantiles), facts.alarms)
    return Analysis(
        clip=facts.clip, camera=facts.camera, detector=facts.detector, models=facts.models, threshold=limit,
        scores=kept.scores, clock=kept.clock, events=events, disturbances=facts.disturbances, unread=facts.unread,
        repeated=facts.repeated, warnings=facts.warnings, versions=facts.versions, normal_heat=normality.heat,
        places=normality.places, normal_scores=normal, name_warning=facts.doubt,
        detection_limit="" if events else detection_limit(kept.scores, kept.clock, limit, normal),
    )  # fmt: skip


def _explained_events(
    kept: FinishedRun, evidence: EvidenceFolder, scored: ScoredThings | None, limit: float, job: JobProgress | None
) -> Iterator[ExplainedEvent]:
    floor = kept.facts.floor if kept.facts.camera_floor is None else kept.facts.camera_floor
    low = floor / EventRule().low
    parts = [(event, explained_span(event, kept.scores, limit, low, kept.clock)) for event in kept.events(limit)]
    seen = [evidence.between(*part).around(event.peak, MAX_EXPLAINED_FRAMES) for event, part in parts]
    if job is not None:
        job.begin(plan.RANKING, sum(map(len, seen)))
    for number, (event, part) in enumerate(parts):
        yield _explained(event, part, seen[number], scored, kept, limit)
        if job is not None:
            job.advance(sum(map(len, seen[: number + 1])))


def explained_span(event: Event, scores: Floats, threshold: float, low: float, clock: Clock) -> tuple[int, int]:
    """Return the first and last frame from which an event's causes are told: all of it, or the part around its peak.

    Under ``low``, the lowest threshold at which every event has its evidence, an event may be long, with evidence of
    parts far from its peak alone: what is seen there is no cause of the peak.

    Args:
        event: at the threshold.
        scores: (T,) calibrated scores.
        threshold: that cut the event.
        low: calibrated.
        clock: when each frame is shown.
    """
    if threshold >= low:
        return event.first, event.last
    peak = clock.at(event.peak)
    around = clock.frame(peak - PEAK_SECONDS), clock.frame(peak + PEAK_SECONDS)
    strong = (one for one in find_events(scores, low, clock) if one.first <= event.peak <= one.last)
    first, last = next(((one.first, one.last) for one in strong), around)
    return max(event.first, first), min(event.last, last)


def _explained(
    event: Event, part: tuple[int, int], seen: Sequence[Evidence], scored: ScoredThings | None, kept: FinishedRun,
    threshold: float,
) -> ExplainedEvent:  # fmt: skip
    things = terms.unusual_things(scored, *part) if scored is not None else ()
    size = kept.facts.clip.width, kept.facts.clip.height
    by = channels.raised_by(kept.kinds, event.peak)
    spots = standing.spots_in(kept.facts.spots, event) if by == channels.STANDING else ()
    stood = f" {standing.say(spots, scored, kept.clock, size)}" if spots else ""
    if not len(seen):
        said = summary.unseen(event, kept.clock, threshold, things) + stood
        return ExplainedEvent(event, (), 1.0, said, things=things, raised_by=by, spots=spots)
    found = ranking.rank(seen, kept.facts.normality, clock=kept.clock, scored=scored)
    said = summary.summarise(
        event, found.causes, found.unexplained, kept.clock, threshold, size, found.shown,
        None if part == (event.first, event.last) else part, things,
    )  # fmt: skip
    return ExplainedEvent(event, found.causes, found.unexplained, said + stood, found.shown, things, by, spots)


def floor_of(folder: Path) -> float:
    """Return the calibrated score from which a run kept evidence: the lowest threshold that it can explain."""
    return _facts(folder).floor / EventRule().low
