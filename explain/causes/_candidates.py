"""What may be the cause of an event: object tubes, what persons and vehicles do, unusual places, heat without a box."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.arrays import Floats, Ints
from core.boxes import iou
from core.clock import Clock
from core.normality import Normality
from core.records import Detections, Evidence, Tube
from core.scored_things import ScoredThings
from explain.ava import official
from explain.causes._confirmed import Without, unconfirmed
from explain.causes._continued import rejoined
from explain.causes._locations import implied, location_causes, oddness, pace, running_action
from explain.causes._regions import NO_VOCABULARY, unboxed
from explain.causes._seen import Seen, in_frames, matched
from explain.causes._vehicles import doings
from explain.causes.tubes import link
from explain.labels import PERSON, TRACK

IMPLIED_WEIGHT = np.float32(0.9)
"""Confidence in an action over that in the object which implies it: what is seen stands before what follows from it."""
MIN_PERSON_IOU = 0.5
MIN_ACTION_CONFIDENCE = 0.5
"""Mean confidence in an action, over the frames in which it was asked of a person, under which it is no cause: it is
rather not there. It still speaks against others, as a skater's weak ``ride`` does against running."""


@dataclass(frozen=True)
class Candidate:
    """One possible cause, followed over the event.

    Attributes:
        label: as the model gave it.
        vocabulary: ``COCO``, ``AVA``, ``track`` (what a vehicle does), ``place``, or ``none`` for a region.
        frames: (T,) int64, ascending.
        boxes: (T, 4) float32.
        confidence: (T,) float32.
        owner: index among the candidates of the person who does it, of the object that implies it or is in that place;
            None for the rest.
        location_surprisal: (T,) float32, how improbable the place is, what a vehicle does there, or the speed that
            tells of running, in nats; None for the rest.
        speed_surprisal: how improbable the object's speed is for its class, in nats; NaN where nothing is known of it.
        sure: whether it may be a cause; what the action model is unsure of may not.
        glides: whether it is a person who is fast with still legs.
        rather: of running that the speed tells of, its share of what the action model gives for running and walking; 0
            where walking is as sure.
        still: how still a person's limbs are for the speed, see :func:`explain.causes.terms.stillness`; NaN if unknown.
    """

    label: str
    vocabulary: str
    frames: Ints
    boxes: Floats
    confidence: Floats
    owner: int | None = None
    location_surprisal: Floats | None = None
    speed_surprisal: float = float("nan")
    sure: bool = True
    glides: bool = False
    rather: float = 0.0
    still: float = float("nan")

    @property
    def tracked(self) -> bool:
        """Whether the owner's track tells it: how often a model names it in normal footage says nothing of it."""
        by_track = self.vocabulary == "AVA" and self.location_surprisal is not None
        return by_track or self.vocabulary in (TRACK, "place")


def gather(
    evidence: Sequence[Evidence], normality: Normality, clock: Clock | None, scored: ScoredThings | None = None
) -> tuple[list[Candidate], Without]:
    """List the candidates of one event from its frames, ascending; without ``clock`` none of speeds and directions.

    ``scored``: things of the clip, where their attributes are known; they tell who glides.

    Returns also the evidence without the boxes that no other frame confirms.
    """
    objects: list[Detections] = []
    actions: list[Detections] = []
    regions: list[Detections] = []
    size = (0, 0)
    for seen in evidence:
        objects.append(seen.objects)
        actions.append(seen.actions)
        regions.append(unboxed(seen, normality.heat))
        size = (seen.heat.shape[1], seen.heat.shape[0])
    tubes = link(objects)
    sound = Without(evidence, unconfirmed(tubes, objects, clock))
    if any(lost.any() for lost in sound.lost):
        for i, lost in enumerate(sound.lost):
            if lost.any():
                seen = sound[i]
                objects[i], actions[i], regions[i] = seen.objects, seen.actions, unboxed(seen, normality.heat)
        tubes = link(objects)
    found = _objects(rejoined(tubes, clock), actions, normality, clock, size)
    found = _with_riders(found, in_frames(scored, [one.frame for one in objects]))
    return found + [_from_tube(tube, NO_VOCABULARY) for tube in link(regions)], sound


def _objects(
    tubes: Sequence[Tube], actions: Sequence[Detections], normality: Normality, clock: Clock | None,
    size: tuple[int, int],
) -> list[Candidate]:  # fmt: skip
    """List the objects, what they do and where they are."""
    found = [replace(_from_tube(tube, "COCO"), speed_surprisal=pace(tube, normality.places, clock)) for tube in tubes]
    acts, loose = _actions(found, actions)
    acts = _with_runners(found, acts)
    for i, tube in enumerate(tubes):
        if action := implied(tube, clock):
            confidence = IMPLIED_WEIGHT * tube.confidence
            acts.append(replace(found[i], label=action, vocabulary="AVA", owner=i, confidence=confidence))
        for name, rows in doings(tube, clock, size) if clock else ():
            location_surprisal = np.full(len(rows), oddness(name, tube.label, normality.places), np.float32)
            confidence = IMPLIED_WEIGHT * tube.confidence[rows]
            acts.append(Candidate(name, TRACK, tube.frames[rows], tube.boxes[rows], confidence, i, location_surprisal,
                                  found[i].speed_surprisal))  # fmt: skip
        for label, odd in location_causes(tube, normality.places, clock):
            acts.append(replace(found[i], label=label, vocabulary="place", owner=i, location_surprisal=odd))
    others = [replace(_from_tube(tube, "AVA"), sure=float(tube.confidence.mean()) >= MIN_ACTION_CONFIDENCE)
              for tube in link(loose)]  # fmt: skip
    return found + acts + others


def _with_runners(objects: Sequence[Candidate], acts: Sequence[Candidate]) -> list[Candidate]:
    """Add running for every person too fast to walk, with the person's confidence; it is as improbable as the speed."""
    fast = {i: name for i, c in enumerate(objects) if c.label == PERSON and (name := running_action(c.speed_surprisal))}
    kept = [act for act in acts if act.owner not in fast or act.label != fast[act.owner]]
    return kept + [_runner(objects[i], i, name, acts) for i, name in fast.items()]


def _runner(who: Candidate, owner: int, name: str, acts: Sequence[Candidate]) -> Candidate:
    odd = np.full(len(who.frames), who.speed_surprisal, np.float32)
    runs, walks = (sum(float(act.confidence.mean()) for act in acts if (act.owner, act.label) == (owner, gait))
                   for gait in (name, official("walk")))  # fmt: skip
    rather = runs / (runs + walks) if runs > walks else 0.0
    return replace(who, label=name, vocabulary="AVA", owner=owner, location_surprisal=odd, rather=rather)


def _with_riders(found: Sequence[Candidate], there: Mapping[int, list[Seen]]) -> list[Candidate]:
    """Add riding for every person who glides, fast with still legs, in most of the person's frames."""
    persons, rides = list(found), list[Candidate]()
    for i, same in _limbs(found, there).items():
        known = [thing.still for thing in same if np.isfinite(thing.still)]
        glides = sum(thing.glides for thing in same) > len(found[i].frames) / 2
        persons[i] = replace(found[i], glides=glides, still=float(np.mean(known)) if known else float("nan"))
        if glides:
            sure = IMPLIED_WEIGHT * persons[i].confidence
            rides.append(replace(persons[i], label=official("ride"), vocabulary="AVA", owner=i, confidence=sure))
    return persons + rides


def _limbs(found: Sequence[Candidate], there: Mapping[int, list[Seen]]) -> dict[int, list[Seen]]:
    """Return, for each person, what was observed of the person in single frames."""
    own: dict[int, list[Seen]] = defaultdict(list)
    for frame, here in _places(found).items():
        same = matched([PERSON] * len(here), [found[i].boxes[where] for i, where in here], there.get(frame, []))
        for (i, _), thing in zip(here, same, strict=True):
            if thing is not None:
                own[i].append(thing)
    return own


def _from_tube(tube: Tube, vocabulary: str) -> Candidate:
    return Candidate(tube.label, vocabulary, tube.frames, tube.boxes, tube.confidence)


def _actions(objects: Sequence[Candidate], actions: Sequence[Detections]) -> tuple[list[Candidate], list[Detections]]:
    """Join actions to persons: a candidate for each (person, action), and the actions on boxes that are no person's."""
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
        loose.append(act.select(owner < 0))
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
    owner = np.where(overlap.max(axis=1) >= MIN_PERSON_IOU, persons, -1)
    return owner, [places[b][1] for b in best]


def _act(objects: Sequence[Candidate], person: int, label: str, seen: dict[int, float], asked: set[int]) -> Candidate:
    """Make a candidate on a person's whole tube; frames that no action was asked of take the mean of the rest."""
    who = objects[person]
    mean = sum(seen.values()) / len(asked)
    confidence = np.full(len(who.frames), mean, np.float32)
    confidence[list(asked)] = [seen.get(where, 0.0) for where in asked]
    sure = mean >= MIN_ACTION_CONFIDENCE
    return replace(who, label=label, vocabulary="AVA", confidence=confidence, owner=person, sure=sure)
