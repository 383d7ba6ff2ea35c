"""From the measurements of all frames to what the camera did: which kind explains which frames, and which gives way."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from core.arrays import Bools, Doubles
from core.clock import Clock
from core.disturbance import Disturbance
from explain.disturbances import _frozen, _light, _moves, _onset, _partial, _sentences
from explain.disturbances._light import Turn
from explain.disturbances._moves import Move
from explain.disturbances._sentences import say
from explain.disturbances._series import Rows
from explain.disturbances._stretches import Stretch, around, mask, merged, near
from explain.disturbances._views import MIN_ALIKE_FRACTION, Snapshot, Stay, View, follow
from explain.disturbances.registration import register

Span = TypeVar("Span", bound=Stretch)
VIEW_CHANGE_SECONDS = 0.6
"""Seconds around a change of view in which nothing else is told."""
ABSORBING_SECONDS = 0.8
"""Seconds within which a change of light belongs to what covers the camera, or to nightfall."""
PARTIAL_LIGHT_DELAY_SECONDS = 10.0
"""Seconds behind a change of the whole picture in which light on a part of it is not told."""
MIN_LASTING_LOG_RATIO = 0.35
"""Logarithm by which light that stays makes what follows incomparable: 1.4 times."""


def find(rows: Rows, snapshots: Sequence[Snapshot], clock: Clock, scale: tuple[float, float]) -> list[Disturbance]:
    """List what the camera did, by time; ``scale``: width and height of a thumbnail's pixel in the clip's pixels."""
    count = len(rows)
    blank, poor = _gone(rows, clock)
    lost = _partial.find(rows, clock, mask(blank, count))
    none = mask([*blank, *lost], count)
    frozen = _frozen.find(rows, clock, none)
    covered = _covers(rows, snapshots, poor, clock, none, frozen)
    frozen = [one for one in frozen if mask(covered, count)[one.first : one.last + 1].mean() < 0.5]
    hidden = none | mask(covered, count)
    near_cover = around(mask(covered, count), clock, VIEW_CHANGE_SECONDS)
    views, stays = _views(snapshots, none | mask(frozen, count) | near_cover)
    moved = _moves.moves(views, stays, rows, hidden)
    moved = sorted([*moved, *_moves.zooms(views, stays, moved, hidden)], key=lambda one: one.first)
    turns = _elsewhere(_light.turns(rows, clock, hidden), moved, clock)
    lights = _lights(rows, clock, hidden | mask(turns, count) | mask(moved, count))
    covered, lights = _absorb(covered, lights, clock)
    turns, lights = _absorb(turns, lights, clock)
    parts = _parts(rows, clock, hidden | mask(frozen, count), [*turns, *moved, *lights, *blank, *lost])
    jolts = around(hidden | mask(moved, count) | _edges(frozen, count), clock, VIEW_CHANGE_SECONDS)
    shaken = _moves.shakes(rows, clock, jolts, moved)
    swaying = mask(_moves.fro(moved, clock), count)
    moved = [one for one in moved if not swaying[one.first]]
    covered, moved, turns, lights = _onsets(covered, moved, turns, lights, rows, clock, none | mask(frozen, count))
    found = [
        *_sentences.gaps(clock), *say("no picture", blank, clock), *_sentences.parts(lost, clock),
        *say("frozen", frozen, clock), *say("covered", covered, clock), *_ended(_sentences.moves(moved, clock, scale)),
        *_ended(_sentences.turns(turns, clock)), *_ended(_told(lights, rows, clock)), *say("shaken", shaken, clock),
        *say("light", parts, clock, _sentences.PARTLY),
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.start)


def _covers(
    rows: Rows, snapshots: Sequence[Snapshot], poor: Doubles, clock: Clock, none: Bools, frozen: Sequence[Stretch]
) -> list[Stretch]:
    """List the stretches in which something covers the camera: by lost detail, by hidden views, and by fallen light."""
    stays = _views(snapshots, none | mask(frozen, len(rows)))[1]
    covered = merged(_light.covered(poor, clock, none) + _moves.covers(stays, rows, poor, clock))
    lights = _lights(rows, clock, none | mask(covered, len(rows)))
    return merged(covered + [one for one in lights if _behind(one, snapshots, poor)])


def _onsets(
    covered: list[Stretch], moved: list[Move], turns: list[Turn], lights: list[Stretch], rows: Rows, clock: Clock,
    still: Bools,
) -> tuple[list[Stretch], list[Move], list[Turn], list[Stretch]]:  # fmt: skip
    """Put each beginning back to where its change began; frames ``still`` and gaps tell of none."""
    count = len(rows)
    off = still | _edges([Stretch(frame, frame) for frame in clock.gaps()], count)
    covered = merged(_onset.covers(covered, rows, clock, off | mask(moved, count)))
    off |= mask(covered, count)
    moved = _onset.moves(moved, rows, clock, off)
    off = off | mask(moved, count)
    return covered, moved, _onset.lights(turns, rows, clock, off), _onset.lights(lights, rows, clock, off)


def _gone(rows: Rows, clock: Clock) -> tuple[list[Stretch], Doubles]:
    """List the stretches without a picture, and measure where detail is gone; what comes slowly is a cover."""
    found = _partial.find_blank(rows, clock)
    poor = _light.poverty(rows, mask(found, len(rows)))

    def poor_beside(one: Stretch) -> bool:
        beside = [poor[frame] for frame in (one.first - 1, one.last + 1) if 0 <= frame < len(rows)]
        return bool(beside) and min(beside) >= _light.MIN_COVERED_FRACTION

    return [one for one in found if not poor_beside(one)], poor


def _views(snapshots: Sequence[Snapshot], out: Bools) -> tuple[list[View], list[Stay]]:
    shown = [one for one in snapshots if not out[one.frame]]
    return follow(shown) if shown else ([], [])


def _elsewhere(turns: list[Turn], moved: Sequence[Move], clock: Clock) -> list[Turn]:
    """Leave out changes of colour and brightness that come with another place."""
    places = [move for move in moved if move.pixels is None]
    return [turn for turn in turns if not any(near(turn, place, clock, VIEW_CHANGE_SECONDS) for place in places)]


def _lights(rows: Rows, clock: Clock, hidden: Bools) -> list[Stretch]:
    jumps = np.zeros(len(rows), np.bool_)
    jumps[[frame + 1 for frame in clock.gaps()]] = True
    return _light.light(rows, clock, hidden | jumps)


def _behind(light: Stretch, snapshots: Sequence[Snapshot], poor: Doubles) -> bool:
    """Return whether a change of light is something that comes before the camera: detail goes, and so does the view."""
    gone = float(poor[light.first : light.last + 1].max())
    before = [one for one in snapshots if one.frame < light.first]
    then = [one for one in snapshots if light.first < one.frame <= light.last + 1]
    if gone >= _light.MIN_COVERED_FRACTION or not (before and then):
        return gone >= _light.MIN_COVERED_FRACTION
    seen = min(register(before[-1].structure, one.structure).still for one in then)
    return gone >= _moves.MIN_BLANK_FRACTION and seen < MIN_ALIKE_FRACTION


def _absorb(spans: list[Span], lights: list[Stretch], clock: Clock) -> tuple[list[Span], list[Stretch]]:
    """Let changes of light that come with something else belong to it."""
    rest: list[Stretch] = []
    for light in lights:
        close = [i for i, one in enumerate(spans) if near(one, light, clock, ABSORBING_SECONDS)]
        for i in close:
            one = spans[i]
            spans[i] = dataclasses.replace(one, first=min(one.first, light.first), last=max(one.last, light.last))
        rest += [] if close else [light]
    return spans, rest


def _parts(rows: Rows, clock: Clock, hidden: Bools, changes: Sequence[Stretch]) -> list[Stretch]:
    off = around(hidden | mask(changes, len(rows)), clock, VIEW_CHANGE_SECONDS)
    found = _light.parts(rows, clock, off)
    ends = [clock.at(one.last) for one in changes]
    return [
        one for one in found if not any(0 <= clock.at(one.first) - end < PARTIAL_LIGHT_DELAY_SECONDS for end in ends)
    ]


def _told(lights: Sequence[Stretch], rows: Rows, clock: Clock) -> list[Disturbance]:
    """Say when the light changed, and whether it is another one since than at the clip's beginning."""
    told, level = [], 0.0
    for light, said in zip(lights, say("light", lights, clock), strict=True):
        level += _light.settled(rows, light, clock)
        told.append(dataclasses.replace(said, lasting=abs(level) >= MIN_LASTING_LOG_RATIO))
    return told


def _ended(told: Sequence[Disturbance]) -> Iterator[Disturbance]:
    """Let what a lasting change hides end with the next of its kind that brings back what was."""
    for number, one in enumerate(told):
        back = next((other for other in told[number + 1 :] if not other.lasting), None)
        yield dataclasses.replace(one, until=back.last) if one.lasting and back else one


def _edges(spans: Sequence[Stretch], count: int) -> Bools:
    found = np.zeros(count + 1, np.bool_)
    found[[frame for one in spans for frame in (one.first, one.last + 1)]] = True
    return found[:count]
