"""Events of what stands, or is gone: what it is in words, since when, and for how much longer than usual."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.analysis import STANDING, Cause, ExplainedEvent
from core.clock import Clock
from core.records import Detections, Event, Pixels
from core.scored_things import ScoredThings
from core.spot import TAKEN, Spot
from explain.causes._vehicles import VEHICLES
from explain.causes.summary import place, timestamp
from explain.labels import PERSON, article

MIN_COVERED, MIN_FILLED = 0.5, 0.1
"""A box is of what stands where it covers so much of the spot, and the spot fills so much of the box: a spot may be the
legs of a person alone."""
MOST = 0.5
"""Of the frames in which the object model looked: a label seen in so many of them is what stands there."""
CROWD = 3
"""Persons in most of those frames that are a crowd."""
MIN_USUAL_SECONDS = 1.0
"""What stood for less in the normal footage did not stand there."""


@dataclass(frozen=True)
class Seen:
    """What the object model saw in a spot while the event lasted.

    Attributes:
        label: seen there in most frames; empty where none was.
        confidence: mean of its boxes, 0 to 1.
        crowd: whether several persons were there in most frames.
    """

    label: str = ""
    confidence: float = 0.0
    crowd: bool = False


def from_things(spot: Spot, scored: ScoredThings) -> Seen:
    """Tell what stands in a spot by the things of all frames that were observed."""
    things = scored.things
    looked = things.looked[(things.looked >= spot.first) & (things.looked <= spot.last)]
    found = []
    for frame in looked.tolist():
        rows = slice(*np.searchsorted(things.frames, [frame, frame + 1]).tolist())
        found.append(_there(spot.box, things.boxes[rows], things.labels[rows], things.confidence[rows]))
    return _seen(found)


def from_boxes(spot: Spot, frames: Iterable[Detections]) -> Seen:
    """Tell what stands in a spot by the boxes of single frames, those of the event alone."""
    return _seen([_there(spot.box, one.boxes, one.labels, one.confidence) for one in frames])


def explain(
    event: Event, spot: Spot, threshold: float, seen: Seen, clock: Clock, size: tuple[int, int], frames: Sequence[int]
) -> ExplainedEvent:
    """Explain an event of what stands.

    Args:
        event: of the spot.
        spot: where it stands, or is gone.
        threshold: that it exceeds, in nats.
        seen: what the object model saw there.
        clock: when the clip's frames are shown.
        size: (width, height) of the picture.
        frames: of the event of which pictures were kept.
    """
    shown = min(frames, key=lambda frame: abs(frame - event.peak), default=None)
    cause = Cause(
        STANDING, _name(spot, seen), spot.score, 0.0, seen.confidence, spot.box, spot.first, spot.last,
        tube=tuple((frame, spot.box) for frame in frames), object=seen.label,
    )  # fmt: skip
    said = " ".join([_what(spot, seen, clock, size), _known(spot, threshold, clock)])
    return ExplainedEvent(event, (cause,), float("nan"), said, shown, raised_by=STANDING, spot=spot)


def _there(
    spot: Pixels, boxes: npt.NDArray[Any], labels: Sequence[str], confidence: npt.NDArray[Any]
) -> list[tuple[str, float]]:
    """List label and confidence of the boxes that are what stands in a spot."""
    if not len(labels):
        return []
    wide = np.minimum(boxes[:, 2], spot[2]) - np.maximum(boxes[:, 0], spot[0])
    tall = np.minimum(boxes[:, 3], spot[3]) - np.maximum(boxes[:, 1], spot[1])
    common = np.maximum(wide, 0) * np.maximum(tall, 0)
    own = max((spot[2] - spot[0]) * (spot[3] - spot[1]), 1e-9)
    areas = np.maximum((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), 1e-9)
    # A large spot, as of a crowd, has each of its persons inside.
    fits = ((common >= MIN_COVERED * own) & (common >= MIN_FILLED * areas)) | (common >= MIN_COVERED * areas)
    return [(labels[i], float(confidence[i])) for i in np.flatnonzero(fits).tolist()]


def _seen(frames: Sequence[Sequence[tuple[str, float]]]) -> Seen:
    """Return the label that was there in most frames, of several the one in most of them."""
    counts = Counter(label for frame in frames for label in {label for label, _ in frame})
    crowd = sum(sum(label == PERSON for label, _ in frame) >= CROWD for frame in frames) >= MOST * len(frames) > 0
    label, count = counts.most_common(1)[0] if counts else ("", 0)
    if count < MOST * len(frames) or not count:
        return Seen()
    sure = [confidence for frame in frames for name, confidence in frame if name == label]
    return Seen(label, float(np.mean(sure)), crowd and label == PERSON)


def _name(spot: Spot, seen: Seen) -> str:
    """Name the cause in a few words."""
    if seen.label == PERSON:
        return "people stand" if seen.crowd else "person stands"
    if spot.kind == TAKEN:
        return "something gone"
    if seen.label in VEHICLES:
        return f"{seen.label} stopped"
    return f"{seen.label or 'something'} left"


def _what(spot: Spot, seen: Seen, clock: Clock, size: tuple[int, int]) -> str:
    """Say what stands or is gone, where, when, for how long, and how long that is usual there."""
    length = clock.length(spot.first, spot.last)
    until = "the end of the clip" if spot.last == len(clock) - 1 else timestamp(clock.end(spot.last))
    when, where = f"From {timestamp(clock.at(spot.first))} to {until}", place(spot.box, size)
    few = spot.usual < MIN_USUAL_SECONDS
    longest = "in the normal footage" if few else f"longer than {spot.usual:.0f} s in the normal footage"
    if seen.label != PERSON and spot.kind == TAKEN:
        seldom = f"nothing was ever gone there {longest}" if few else f"nothing was gone there for {longest}"
        return f"{when} something that stood{where} is gone, for {length:.0f} s; {seldom}."
    before = ""
    if length <= spot.usual:
        before = f" ({spot.seconds:.0f} s with what stood there before)"
    return f"{when} {_who(seen)}{where} for {length:.0f} s{before}; nothing stood there {longest}."


def _who(seen: Seen) -> str:
    if seen.label == PERSON:
        return "several people stand" if seen.crowd else "a person stands"
    if seen.label in VEHICLES:
        return f"{article(seen.label)} {seen.label} has stopped and stands"
    named = f"{article(seen.label)} {seen.label}" if seen.label else "something"
    return f"{named} was left and stands"


def _known(spot: Spot, threshold: float, clock: Clock) -> str:
    known = spot.known(threshold)
    at = timestamp(clock.at(spot.peak if known is None else known))
    above = f"{spot.score:.1f} nats, {spot.score - threshold:.1f} above the threshold"
    return f"It was unusual from {at} on; its score reached {above}."
