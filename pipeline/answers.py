"""The answer of a finished run, made of what it kept: events cut at a threshold, their causes ranked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis import Analysis, ExplainedEvent
from core.clock import Clock
from core.disturbance import Disturbance
from core.errors import InputError
from core.normality import Normality
from core.records import Clip, Event, Floats
from explain import causes
from pipeline import frame_log
from pipeline.burnt_in import Text
from pipeline.events import EventRule, find_events
from pipeline.evidence import EvidenceFolder
from pipeline.frame_log import FrameLog
from pipeline.sampling import Analysed

FACTS, EVIDENCE, WHY = "run.json", "evidence", "why"
LONGEST = 900
"""Explained frames, three minutes, from which an event's causes are told: of a longer one, those around its peak."""


@dataclass(frozen=True)
class Kept:
    """What a run's folder holds.

    Attributes:
        facts: of ``run.json``.
        clip: its facts.
        log: of its frames.
        clock: when they are shown.
        scores: (T,) float32 calibrated; NaN also where the camera's own doing hides the scene.
        disturbances: what the camera itself did.
        texts: burnt into the picture.
    """

    facts: dict[str, Any]
    clip: Clip
    log: FrameLog
    clock: Clock
    scores: Floats
    disturbances: tuple[Disturbance, ...]
    texts: tuple[Text, ...] = ()

    @property
    def analysed(self) -> Analysed:
        """Which frames the detector was shown."""
        return Analysed.of(self.log.analysed, self.clock)

    def events(self, threshold: float) -> list[Event]:
        """Cut events at a threshold."""
        return find_events(self.scores, threshold, self.clock)


def read(folder: Path) -> Kept:
    """Read a run's folder.

    Raises:
        InputError: it holds no run that came to its end.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        clip = Clip(**facts["clip"])
        disturbances = tuple(Disturbance(**entry) for entry in facts.get("disturbances", ()))
        log = frame_log.read(folder, clip.fps)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError("this run holds no finished analysis; analyse the clip again") from error
    hidden = hides(disturbances, log, int(facts.get("span", 1)))
    scores = np.where(hidden, np.float32("nan"), log.scores)
    texts = tuple(Text(**entry) for entry in facts.get("texts", ()))
    return Kept(facts, clip, log, log.clock(clip.fps), scores, disturbances, texts)


def hides(disturbances: Sequence[Disturbance], log: FrameLog, span: int) -> frame_log.Flags:
    """Mark the frames whose score tells of the camera and not of the scene, (T,) bool.

    They are those of each disturbance, those whose window of ``span`` analysed frames reaches back into it, and all
    that follow a lasting one.
    """
    hidden = np.zeros(len(log), np.bool_)
    analysed = np.flatnonzero(log.analysed)
    for one in disturbances:
        behind = int(np.searchsorted(analysed, one.last, side="right")) + span - 1
        stop = int(analysed[behind]) if behind < len(analysed) and not one.lasting else len(log)
        hidden[one.first + (one.kind == "gap") : stop] = True
    return hidden


def explain_events(folder: Path, threshold: float | None = None) -> Analysis:
    """Cut events at a threshold and rank their causes, from what a finished run kept; nothing is scored again.

    Args:
        folder: of the run.
        threshold: calibrated; the run's own when None. Under the run's floor, events have no evidence to rank.

    Raises:
        InputError: the folder holds no finished run.
    """
    kept = read(folder)
    facts = kept.facts
    try:
        normality = Normality.of(facts["normality"])
        limit = float(facts["threshold"] if threshold is None else threshold)
        evidence = EvidenceFolder(folder / EVIDENCE)
        events = tuple(_explained(event, evidence, normality, kept, limit) for event in kept.events(limit))
        return Analysis(
            clip=kept.clip, camera=facts["camera"], detector=facts["detector"], models=facts["models"], threshold=limit,
            scores=kept.scores, clock=kept.clock, events=events, disturbances=kept.disturbances,
            unread=tuple((first, last) for first, last in facts.get("unread", ())),
            repeated=int(facts.get("repeated", 0)), warnings=tuple(facts["warnings"]), versions=facts["versions"],
            normal_heat=normality.heat, places=normality.places,
        )  # fmt: skip
    except (KeyError, ValueError, TypeError) as error:
        raise InputError("this run holds no finished analysis; analyse the clip again") from error


def _explained(
    event: Event, evidence: EvidenceFolder, normality: Normality, kept: Kept, threshold: float
) -> ExplainedEvent:
    seen = evidence.between(event.first, event.last).around(event.peak, LONGEST)
    found = causes.rank(seen, normality, clock=kept.clock)
    size = (kept.clip.width, kept.clip.height)
    said = causes.summarise(event, found.causes, found.unexplained, kept.clock, threshold, size, found.shown)
    return ExplainedEvent(event, found.causes, found.unexplained, said, found.shown)


def floor_of(folder: Path) -> float:
    """Return the calibrated score from which a run kept evidence: the lowest threshold that it can explain."""
    return float(json.loads((folder / FACTS).read_text(encoding="utf-8"))["floor"]) / EventRule().low
