"""The answer for one clip: its events and what may have caused them, and camera faults."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.arrays import Bools, Floats
from core.clock import Clock
from core.disturbance import Disturbance
from core.normality import NormalScores, Places
from core.records import Clip, Event, Pixels
from core.scored_things import NormalRange
from core.spot import Spot

MIN_HIDDEN_SECONDS = 0.5
"""Seconds hidden by camera faults from which they are said beside the number of events."""
MOVING, STANDING = "moving", "standing"
"""Kinds of events: the frame score exceeded its threshold, or something stands, or is gone, for unusually long."""
LISTED, WORTH = 6, 0.05
"""Most causes, or things with unusual attributes, that are listed, and the least share of the best one's score."""


@dataclass(frozen=True)
class CauseLabel:
    """One name for a cause: an object, an action or a place, as X-MAN's labels have them.

    Attributes:
        coarse: ``object``, ``action``, ``location`` or ``unknown`` (X-MAN's coarse types); of an event of what stands,
            ``standing``, which X-MAN does not have.
        fine: the name within it, such as ``bicycle`` or ``run / jog``.
        score: ranks the names of one event; its scale is the rule's.
        heat_share: share of the event's heat inside its boxes, 0 to 1.
        confidence: of the model that gave the name, 0 to 1.
        first, last: frames between which it was seen.
    """

    coarse: str
    fine: str
    score: float
    heat_share: float
    confidence: float
    first: int
    last: int


@dataclass(frozen=True)
class FrameCause:
    """What a single frame is put down to: one name with its box.

    Attributes:
        coarse, fine, score: as :class:`CauseLabel`.
        box: in that frame.
    """

    coarse: str
    fine: str
    score: float
    box: Pixels


@dataclass(frozen=True)
class Cause:
    """One thing that may have caused an event, best first in a report; its best name's figures are its own.

    Attributes:
        coarse, fine, score, heat_share, confidence, first, last: as :class:`CauseLabel`.
        box: in the frame that is shown; None where the thing is not in it.
        tube: (frame, box) in each explained frame in which it was seen, ascending.
        path: (x, y) of the middle of the box's lower edge, in pixels, in order of time.
        speed: median speed in box heights a second; None where it was seen once only.
        object, action: its surest name of either kind; empty where it has none.
        place: what is unusual about where it is; empty where nothing is.
        direction: which way it goes in the picture, and whether that is against the flow; empty where it stays.
        labels: all its names, best first.
        nats_share: share of the nats of all things' attributes that the thing holds; 0 where there are none.
    """

    coarse: str
    fine: str
    score: float
    heat_share: float
    confidence: float
    box: Pixels | None
    first: int
    last: int
    tube: tuple[tuple[int, Pixels], ...] = ()
    path: tuple[tuple[float, float], ...] = ()
    speed: float | None = None
    object: str = ""
    action: str = ""
    place: str = ""
    direction: str = ""
    labels: tuple[CauseLabel, ...] = ()
    nats_share: float = 0.0

    def at(self, frame: int) -> Pixels | None:
        """Return its box in an explained frame, or None where it was not seen."""
        return next((box for number, box in self.tube if number == frame), None)


@dataclass(frozen=True)
class AttributeTerm:
    """By how much one attribute of a thing is more surprising than usual.

    Attributes:
        name: such as ``speed``.
        nats: above 0.
        value: in the attribute's own unit; NaN where it has no measure, as a class has none.
        normal: what it was like in the camera's normal footage; None where it has no range.
        among: label of the things that ``normal`` tells of; empty for those of all labels together.
        usual: what a usual value is, measured as ``value`` is; NaN where that is the median of ``normal``.
    """

    name: str
    nats: float
    value: float = float("nan")
    normal: NormalRange | None = None
    among: str = ""
    usual: float = float("nan")


@dataclass(frozen=True)
class UnusualThing:
    """One thing whose attributes raised the score of an event, as it was in its strangest frame.

    Attributes:
        track: its number in the clip.
        label: name of COCO.
        frame: in which it was strangest.
        box: in that frame.
        first, last: frames of the event between which it was seen.
        confidence: of the model that named it, 0 to 1.
        terms: those above 0, largest first: they add up to the thing's score.
        glides: whether it is a person who is, in most of those frames, fast with legs too still for that speed.
    """

    track: int
    label: str
    frame: int
    box: Pixels
    first: int
    last: int
    confidence: float
    terms: tuple[AttributeTerm, ...]
    glides: bool = False

    @property
    def nats(self) -> float:
        """The thing's score: the sum of its terms."""
        return math.fsum(term.nats for term in self.terms)


@dataclass(frozen=True)
class ExplainedEvent:
    """An event with its causes.

    Attributes:
        event: the run of frames.
        causes: best first, one for each thing; boxes are those in ``shown``.
        unexplained_share: share of the event's heat that lies in no box; NaN in an event of what stands.
        summary: a sentence or two.
        shown: the frame that stands for the event in pictures; None where no evidence was kept of it.
        raised_by: kind of score that is the greatest at the peak; see :mod:`pipeline.channels`.
        spot: what stands, or is gone, in an event of that kind, whose score is in nats; None in one of what moves.
        things: what raised the event by its attributes, strangest first: the first one's score is the highest of any
            thing in those frames of the event that were looked at. Empty where nothing is known of attributes.
        review: what reviewers said of it, in a sentence; empty where nobody did.
    """

    event: Event
    causes: tuple[Cause, ...]
    unexplained_share: float
    summary: str
    shown: int | None = None
    things: tuple[UnusualThing, ...] = ()
    raised_by: str = "pixels"
    spot: Spot | None = None
    review: str = ""

    @property
    def kind(self) -> str:
        """What the event is of: :data:`MOVING` or :data:`STANDING`."""
        return MOVING if self.spot is None else STANDING

    @property
    def listed(self) -> tuple[Cause, ...]:
        """The causes that are worth a row: at most :data:`LISTED`, with a share of the best one's score."""
        return tuple(cause for cause in self.causes[:LISTED] if cause.score >= WORTH * self.causes[0].score)

    @property
    def listed_things(self) -> tuple[UnusualThing, ...]:
        """The things whose attributes are worth a row, by the same measure."""
        return tuple(thing for thing in self.things[:LISTED] if thing.nats >= WORTH * self.things[0].nats)


def in_order(events: Sequence[ExplainedEvent]) -> tuple[ExplainedEvent, ...]:
    """Sort events of both kinds by time."""
    return tuple(sorted(events, key=lambda one: (one.event.first, one.event.last, one.kind)))


@dataclass(frozen=True)
class Analysis:
    """The whole answer for one clip: what the report is made of.

    Attributes:
        clip: facts of the clip, ``frames`` known.
        camera, detector: their names.
        models: who answered, such as ``{"objects": "compact (plaza)", "actions": "…"}``.
        threshold: a calibrated score above which a frame is unusual.
        scores: (frames,) float32 calibrated; NaN where no window reaches or a camera fault hides the scene.
        clock: when each frame is shown.
        events: explained events in order of time; those of what moves and of what stands may lie in the same frames.
        disturbances: camera faults, in order of time; no event lies in them.
        unread: (first, last) seconds of stretches whose frames could not be read.
        repeated: frames that repeat the one before, which the detector was not shown.
        warnings: sentences that the reader must know (another camera's footage, a truncated clip, …).
        versions: pedigree: packages, weights' sha256, seed.
        normal_heat: the camera's mean heat per pixel on normal footage, the unit of the heat's colours; 0 if unknown.
        places: label to where objects of that class stand in the camera's normal footage.
        normal_scores: of the footage that the camera's threshold was set on; None if unknown.
        name_warning: why the names of causes may be wrong, in a sentence; empty without a reason.
        detection_limit: what the camera could have missed, in sentences, where no event was found.
        unit: of scores and threshold: ``nats``, or ``dB`` where the pixels alone count.
        standing: nats above which a place where something stands is an event; None where the camera does not tell.
        kept_blur: what is blurred in all that the run keeps: ``none``, ``persons`` or ``all``.
    """

    clip: Clip
    camera: str
    detector: str
    models: Mapping[str, str]
    threshold: float
    scores: Floats
    clock: Clock
    events: tuple[ExplainedEvent, ...]
    disturbances: tuple[Disturbance, ...] = ()
    unread: tuple[tuple[float, float], ...] = ()
    repeated: int = 0
    warnings: tuple[str, ...] = ()
    versions: Mapping[str, Any] = field(default_factory=dict)
    normal_heat: float = 0.0
    places: Mapping[str, Places] = field(default_factory=dict)
    normal_scores: NormalScores | None = None
    name_warning: str = ""
    detection_limit: str = ""
    unit: str = "dB"
    standing: float | None = None
    kept_blur: str = "none"

    def peak(self, one: ExplainedEvent) -> str:
        """Return the score at an event's peak with its unit: that of what stands is always in nats."""
        return f"{one.event.peak_score:.2f} {self.unit if one.kind == MOVING else 'nats'}"

    def of_kind(self, kind: str) -> tuple[ExplainedEvent, ...]:
        """Return the events of one kind, in order of time."""
        return tuple(one for one in self.events if one.kind == kind)

    def with_events(self, moving: Sequence[ExplainedEvent]) -> tuple[ExplainedEvent, ...]:
        """Return events of what moves beside this answer's events of what stands, in order of time."""
        return in_order([*moving, *self.of_kind(STANDING)])

    @property
    def unusual_seconds(self) -> float:
        """Seconds that lie in events of either kind."""
        inside = np.zeros(len(self.scores), np.bool_)
        for one in self.events:
            inside[one.event.first : one.event.last + 1] = True
        return float(self.clock.lengths[inside].sum()) if len(inside) else 0.0

    @property
    def reach(self) -> str:
        """Say which part of the clip the answer is of, where not all could be read or scored; empty where it could.

        It stands behind every number of events: what was not read, or not seen as it is, may have been anything.
        """
        read, announced = len(self.scores), self.clip.announced
        whole = self.clock.recorded if read else 0.0
        seen = whole * (1.0 - float(self.hidden.mean())) if read else 0.0
        part = f"{seen:.1f} of {whole:.1f} s that could be scored" if whole - seen >= MIN_HIDDEN_SECONDS else ""
        if announced is not None and read < announced:
            said = f" in the {read:,} of {announced:,} frames that could be read"
            return f"{said}, {part}" if part else said
        unread = " in what could be read" if self.unread else ""
        return f"{unread}, {part}" if unread and part else f" in the {part}" if part else unread

    @property
    def hidden(self) -> Bools:
        """(frames,) which of them a camera fault hides."""
        found = np.zeros(len(self.scores), np.bool_)
        for one in self.disturbances:
            found[one.hides(len(found))] = True
        return found

    def hides(self, one: Disturbance) -> tuple[float, float]:
        """Return from when to when, in seconds, what the camera did hides the scene."""
        frames = one.hides(len(self.scores))
        return one.start, max(one.end, self.clock.end(frames.stop - 1)) if len(frames) else one.end
