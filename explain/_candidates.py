"""What may be the cause of an event: object tubes, actions on person tubes, unusual places, heat without a box."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.clock import Clock
from core.normality import Normality
from core.records import Detections, Evidence, Floats, Tube
from explain._implied import implied, runs
from explain._regions import NO_VOCABULARY, unboxed
from explain._whereabouts import pace, whereabouts
from explain.boxes import iou
from explain.labels import PERSON
from explain.tubes import link

IMPLIED = np.float32(0.9)
"""Confidence in an action over that in the object which implies it: what is seen stands before what follows from it."""
SAME_PERSON = 0.5
"""Least IoU of an action's box and a person's box for the action to be that person's."""


@dataclass(frozen=True)
class Candidate:
    """One possible cause, followed over the event.

    Attributes:
        label: as the model gave it.
        vocabulary: ``COCO``, ``AVA``, ``place``, or ``none`` for a region.
        frames: (T,) int64, ascending.
        boxes: (T, 4) float32.
        confidence: (T,) float32.
        owner: index among the candidates of the person who does it, of the object that implies it or is in that place;
            None for the rest.
        strange: (T,) float32, how improbable the place is, in nats; None for all but places.
        hurry: how improbable the object's speed is for its class, in nats; NaN where nothing is known of it.
    """

    label: str
    vocabulary: str
    frames: npt.NDArray[np.int64]
    boxes: Floats
    confidence: Floats
    owner: int | None = None
    strange: Floats | None = None
    hurry: float = float("nan")


def gather(evidence: Sequence[Evidence], normality: Normality, clock: Clock | None) -> list[Candidate]:
    """List the candidates of one event.

    Args:
        evidence: sampled frames of the event, ascending.
        normality: of the camera.
        clock: when frames are shown; without it nothing is said of speeds and directions.
    """
    objects: list[Detections] = []
    actions: list[Detections] = []
    regions: list[Detections] = []
    for seen in evidence:
        objects.append(seen.objects)
        actions.append(seen.actions)
        regions.append(unboxed(seen, normality.heat))
    tubes = link(objects)
    found = [replace(_from_tube(tube, "COCO"), hurry=pace(tube, normality.places, clock)) for tube in tubes]
    acts, loose = _actions(found, actions)
    acts = _with_runners(found, acts)
    for i, tube in enumerate(tubes):
        if action := implied(tube, clock):
            acts.append(
                replace(found[i], label=action, vocabulary="AVA", owner=i, confidence=IMPLIED * tube.confidence)
            )
        for label, strange in whereabouts(tube, normality.places, clock):
            acts.append(replace(found[i], label=label, vocabulary="place", owner=i, strange=strange))
    found += acts
    found += [_from_tube(tube, "AVA") for tube in link(loose)]
    return found + [_from_tube(tube, NO_VOCABULARY) for tube in link(regions)]


def _with_runners(objects: Sequence[Candidate], acts: Sequence[Candidate]) -> list[Candidate]:
    """Let every person who moves as nobody walks be one who runs, as surely as it is a person."""
    fast = {i: name for i, c in enumerate(objects) if c.label == PERSON and (name := runs(c.hurry))}
    kept = [act for act in acts if act.owner not in fast or act.label != fast[act.owner]]
    return kept + [replace(objects[i], label=name, vocabulary="AVA", owner=i) for i, name in fast.items()]


def _from_tube(tube: Tube, vocabulary: str) -> Candidate:
    return Candidate(tube.label, vocabulary, tube.frames, tube.boxes, tube.confidence)


def _actions(objects: Sequence[Candidate], actions: Sequence[Detections]) -> tuple[list[Candidate], list[Detections]]:
    """Join actions to the persons who do them.

    Returns:
        One candidate for each (person, action), and the actions on boxes that are no person's.
    """
    places = _places(objects)
    rows: dict[tuple[int, str], dict[int, float]] = defaultdict(dict)
    asked: dict[int, set[int]] = defaultdict(set)
    loose: list[Detections] = []
    for act in actions:
        owner, position = _owners(act, places.get(act.frame, []), objects)
        for label, person, where, confidence in zip(act.labels, owner, position, act.confidence, strict=True):
            if person >= 0:
                asked[person].add(where)
                best = rows[person, label].get(where, 0.0)
                rows[person, label][where] = max(best, float(confidence))
        loose.append(_select(act, owner < 0))
    joined = [_act(objects, person, label, seen, asked[person]) for (person, label), seen in rows.items()]
    return joined, loose


def _places(objects: Sequence[Candidate]) -> dict[int, list[tuple[int, int]]]:
    """Return, for each frame, (person, position in the person's tube) of those who are in it."""
    places: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, candidate in enumerate(objects):
        if candidate.label == PERSON:
            for where, frame in enumerate(candidate.frames.tolist()):
                places[frame].append((i, where))
    return places


def _owners(
    act: Detections, places: Sequence[tuple[int, int]], objects: Sequence[Candidate]
) -> tuple[npt.NDArray[np.intp], list[int]]:
    """Return, for each row, the person whose box it is (-1 for none) and the position in that person's tube."""
    if not len(act) or not places:
        return np.full(len(act), -1, np.intp), [0] * len(act)
    boxes = np.array([objects[i].boxes[where] for i, where in places], np.float64)
    overlap = iou(act.boxes, boxes)
    best = overlap.argmax(axis=1)
    persons = np.array([i for i, _ in places], np.intp)[best]
    owner = np.where(overlap.max(axis=1) >= SAME_PERSON, persons, -1)
    return owner, [places[b][1] for b in best]


def _act(objects: Sequence[Candidate], person: int, label: str, seen: dict[int, float], asked: set[int]) -> Candidate:
    """Make a candidate on a person's whole tube; frames that no action was asked of take the mean of the rest."""
    who = objects[person]
    mean = sum(seen.values()) / len(asked)
    confidence = np.full(len(who.frames), mean, np.float32)
    confidence[list(asked)] = [seen.get(where, 0.0) for where in asked]
    return replace(who, label=label, vocabulary="AVA", confidence=confidence, owner=person)


def _select(act: Detections, rows: npt.NDArray[np.bool_]) -> Detections:
    labels = tuple(label for label, keep in zip(act.labels, rows, strict=True) if keep)
    return replace(act, boxes=act.boxes[rows], labels=labels, confidence=act.confidence[rows])
