"""The answer of a finished run, made of what it kept: events cut at a threshold, their causes ranked."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core import typed_json
from core.analysis import Analysis, ExplainedEvent, in_order
from core.arrays import Bools, Floats
from core.clock import Clock
from core.disturbance import Disturbance
from core.errors import InputError
from core.normality import NormalScores
from core.progress import JobProgress
from core.records import Event, Evidence
from core.scored_things import ScoredThings
from core.spot import Spot
from explain.causes import ranking, standing, summary, terms
from pipeline import channels, explained_before, frame_log, plan
from pipeline.blurs import kept_notes
from pipeline.detection_limit import detection_limit
from pipeline.events import EventRule, find_events
from pipeline.evidence import EvidenceFolder
from pipeline.explained_before import NOTHING_BEFORE, ExplainedBefore
from pipeline.frame_log import FrameLog
from pipeline.run_facts import RunFacts
from pipeline.sampling import Analysed
from pipeline.standing_events import standing_events

FACTS, EVIDENCE, WHY = "run.json", "evidence", "why"
GONE = "the files of this run are gone from the disk; bring its folder back, or analyse the clip again"
UNFINISHED = "this run holds no finished analysis; analyse the clip again"
MAX_EXPLAINED_FRAMES = 900
"""Explained frames, three minutes, from which an event's causes are told: of a longer one, those around its peak."""

PEAK_SECONDS = 0.8
"""Seconds on either side of a weak event's peak from which its causes are told, where nothing stronger is around it."""


@dataclass(frozen=True)
class FinishedRun:
    """What a run's folder holds.

    Attributes:
        facts: of ``run.json``.
        log: of its frames.
        clock: when they are shown.
        kinds: kind of score to its (T,) scores, all in nats, or the pixels alone in dB.
        scores: (T,) float32 calibrated, of all kinds joined; NaN also where a camera fault hides the scene.
        hidden: (T,) frames whose score tells of the camera and not of the scene.
        before: how its events were explained before its pictures were blurred.
    """

    facts: RunFacts
    log: FrameLog
    clock: Clock
    kinds: Mapping[str, Floats]
    scores: Floats
    hidden: Bools
    before: ExplainedBefore = NOTHING_BEFORE

    @property
    def standing_events(self) -> list[tuple[Event, Spot]]:
        """Events of what stands, at the camera's threshold for them, with their spots."""
        limit = self.facts.standing
        return standing_events(self.facts.spots, limit, self.hidden) if limit is not None else []

    @property
    def analysed(self) -> Analysed:
        """Which frames the detector was shown."""
        return Analysed.of(self.log.analysed, self.clock)

    def events(self, threshold: float) -> list[Event]:
        """Cut events of what moves at a threshold."""
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
    every = channels.in_nats(pixels, kinds, facts.channels)
    joined, before = channels.join(pixels, kinds, facts.channels), explained_before.read(folder)
    return FinishedRun(facts, log, clock, every, joined, hidden, before)


def _facts(folder: Path) -> RunFacts:
    try:
        facts = typed_json.read(RunFacts, folder / FACTS, unknown="ignore")
    except InputError as error:
        raise InputError(UNFINISHED if folder.is_dir() else GONE) from error
    if facts.unit != channels.unit(facts.channels):
        raise InputError(f"this run's scores are in {facts.unit}, as an earlier version had them; analyse it again")
    return facts


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
    limit = _limit(kept, threshold)
    evidence, scored = EvidenceFolder(folder / EVIDENCE), things_of(folder)
    moving = _explained_events(kept, evidence, scored, limit, job)
    stands = (_stands(kept, evidence, scored, event, spot) for event, spot in kept.standing_events)
    return _analysis(kept, limit, in_order([*moving, *stands]))


def overview(kept: FinishedRun, threshold: float | None = None) -> Analysis:
    """Cut events at a threshold without causes: no evidence is read; see :func:`explain_events`."""
    limit = _limit(kept, threshold)
    moving = [ExplainedEvent(event, (), 1.0, "") for event in kept.events(limit)]
    stands = [ExplainedEvent(event, (), math.nan, "", spot=spot) for event, spot in kept.standing_events]
    return _analysis(kept, limit, in_order([*moving, *stands]))


def explain_event(
    kept: FinishedRun, folder: Path, scored: ScoredThings | None, event: Event, threshold: float,
    spot: Spot | None = None, most: int = MAX_EXPLAINED_FRAMES,
) -> ExplainedEvent:  # fmt: skip
    """Rank the causes of one event that a threshold cut, or say what stands, as :func:`explain_events` does for all.

    Args:
        kept: the run of that folder.
        folder: of the run.
        scored: what :func:`things_of` gives.
        event: one of ``kept.events(threshold)``, or of ``kept.standing_events``.
        threshold: calibrated.
        spot: of an event of what stands.
        most: frames of evidence around its peak, at most.

    Raises:
        InputError: its evidence cannot be read.
    """
    if spot is not None:
        return _stands(kept, EvidenceFolder(folder / EVIDENCE), scored, event, spot)
    part = explained_span(event, kept.scores, threshold, _lowest(kept), kept.clock)
    seen = EvidenceFolder(folder / EVIDENCE).between(*part).around(event.peak, most)
    return _explained(event, part, seen, scored, kept, threshold)


def things_of(folder: Path) -> ScoredThings | None:
    """Read the things that a run scored; None where it scored none."""
    return ScoredThings.load(folder / channels.THINGS) if (folder / channels.THINGS).exists() else None


def _limit(kept: FinishedRun, threshold: float | None) -> float:
    limit = kept.facts.threshold if threshold is None else threshold
    if not math.isfinite(limit):
        raise InputError(f"the threshold must be a finite number, got {limit}")
    return limit


def _lowest(kept: FinishedRun) -> float:
    """Return the lowest threshold at which every event has its evidence."""
    floor = kept.facts.floor if kept.facts.camera_floor is None else kept.facts.camera_floor
    return floor / EventRule().low


def _analysis(kept: FinishedRun, limit: float, events: tuple[ExplainedEvent, ...]) -> Analysis:
    facts, normality, note = kept.facts, kept.facts.normality, kept_notes(kept.facts.kept_blur)
    known = facts.normal_seconds
    normal_seconds = normality.frames / facts.clip.fps if known is None else known
    normal = NormalScores(normal_seconds, max(normality.quantiles), facts.alarms)
    return Analysis(
        clip=facts.clip, camera=facts.camera, detector=facts.detector, models=facts.models, threshold=limit,
        scores=kept.scores, clock=kept.clock, events=events, disturbances=facts.disturbances, unread=facts.unread,
        repeated=facts.repeated, warnings=(*note, *facts.warnings), versions=facts.versions, normal_heat=normality.heat,
        places=normality.places, normal_scores=normal, name_warning=facts.doubt,
        detection_limit="" if events else detection_limit(kept.scores, kept.clock, limit, normal, facts.unit),
        unit=facts.unit, standing=facts.standing, kept_blur=facts.kept_blur,
    )  # fmt: skip


def _explained_events(
    kept: FinishedRun, evidence: EvidenceFolder, scored: ScoredThings | None, limit: float, job: JobProgress | None
) -> Iterator[ExplainedEvent]:
    low = _lowest(kept)
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
    if (told := kept.before.find(event, threshold)) is not None:
        return told
    things = terms.unusual_things(scored, *part, kept.clock, kept.facts.normality.places) if scored is not None else ()
    size = kept.facts.clip.width, kept.facts.clip.height
    by = channels.raised_by(kept.kinds, event.peak)
    if not len(seen):
        said = summary.unseen(event, kept.clock, threshold, things, kept.facts.unit)
        return ExplainedEvent(event, (), 1.0, said, things=things, raised_by=by)
    found = ranking.rank(seen, kept.facts.normality, clock=kept.clock, scored=scored)
    said = summary.summarise(
        event, found.causes, found.unexplained, kept.clock, threshold, size, found.shown,
        None if part == (event.first, event.last) else part, things, kept.facts.unit,
    )  # fmt: skip
    return ExplainedEvent(event, found.causes, found.unexplained, said, found.shown, things, by)


def _stands(
    kept: FinishedRun, evidence: EvidenceFolder, scored: ScoredThings | None, event: Event, spot: Spot
) -> ExplainedEvent:
    """Explain an event of what stands: by all things that were observed, else by the evidence."""
    limit, size = kept.facts.standing, (kept.facts.clip.width, kept.facts.clip.height)
    frames = [frame for frame in evidence.frames() if event.first <= frame <= event.last]
    if scored is not None:
        seen = standing.from_things(spot, scored)
    else:
        seen = standing.from_boxes(spot, (one.objects for one in evidence.between(event.first, event.last)))
    return standing.explain(event, spot, limit or 0.0, seen, kept.clock, size, frames)


def floor_of(folder: Path) -> float:
    """Return the calibrated score from which a run kept evidence: the lowest threshold that it can explain."""
    return _facts(folder).floor / EventRule().low
