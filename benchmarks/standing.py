"""How well things left, taken and stopped are found, beside the plain frame difference.

``./whycam bench standing --root DIR --work DIR --out docs/results/standing``: the root holds ``UCSDped2_mp4/``,
``UCSDped2/``, ``Avenue/`` and ``cameras/``; the plaza is rendered into the folder of work.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from benchmarks import _kept_rows
from benchmarks._standing_clips import (
    DEVELOPED,
    HOSTS,
    LEARNT,
    LEFT_OUT,
    NORMAL,
    SCENES,
    SEEDS,
    STAGED_SECONDS,
    WEATHER,
    Case,
    Source,
    changed,
    on_plaza,
    real,
    rendered,
)
from core.arrays import Doubles, Floats
from core.clock import Clock
from core.errors import DataError
from core.registry import pick
from core.spot import Spot
from detectors.standing import Pass, Standing, StandingModel, StandingScores
from pipeline.false_alarms import AlarmRate
from pipeline.thresholds import shares
from pipeline.training.alarm_curve import alarm_curve
from pipeline.training.calibrate_standing import WatchedClip, calibrate_standing

EARLY_SECONDS = 2.5
"""By which a spot may be dated earlier than the thing comes."""
SQUARE_PIXELS, DIFFERENCE_SECONDS = 16, 0.2
HALVES = (DEVELOPED, LEFT_OUT)
PLAZA = "plaza"


@dataclass(frozen=True)
class Watched:
    """What a clip came to; ``difference`` is of each frame, in grey levels."""

    scores: StandingScores
    difference: Doubles
    clock: Clock
    views: Pass


@dataclass
class Row:
    """What was found of one kind."""

    half: str
    footage: str
    what: str
    staged: int = 0
    found: int = 0
    delays: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    kinds: int = 0
    difference: int = 0

    def table(self) -> dict[str, Any]:
        """Return the cells of its line."""
        return {
            "half": self.half, "footage": self.footage, "staged": self.what,
            "events": f"{self.found} of {self.staged}", "kind right": self.kinds,
            "delay, median": f"{statistics.median(self.delays):.1f} s" if self.delays else "",
            "delay, longest": f"{max(self.delays):.1f} s" if self.delays else "",
            "after longer than usual": f"{statistics.median(self.late):.1f} s" if self.late else "",
            "frame difference": f"{self.difference} of {self.staged}",
        }  # fmt: skip


def watch(source: Source, model: StandingModel | None = None) -> Watched:
    """Let the detector and the frame difference watch a clip."""
    standing, times, difference = Standing(model, keep=True), list[Doubles](), list[float]()
    before: Floats | None = None
    for chunk in source.frames():
        standing.add(chunk)
        times.append(chunk.times)
        for image in chunk.images:
            grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
            change = np.zeros_like(grey) if before is None else np.abs(grey - before)
            difference.append(float(cv2.blur(change, (SQUARE_PIXELS, SQUARE_PIXELS)).max()))
            before = grey
    clock = Clock.of(np.concatenate(times))
    smooth = gaussian_filter1d(np.array(difference), DIFFERENCE_SECONDS * clock.rate)
    return Watched(standing.finish(clock), smooth, clock, standing.passed())


@dataclass
class _Footage:
    """A footage's model, what its other normal clips come to, and the thresholds of both scores.

    The thresholds are those that a camera is set to (:attr:`core.normality.AlarmCurve.usual`) by the clips that are
    learnt from; what stands has its share of the false alarms.
    """

    model: StandingModel
    normal: list[Watched]
    threshold: float
    difference: float


@dataclass
class Measurement:
    """Rows of what was staged and of normal footage, and footage to the reason why a camera tells of nothing there."""

    found: list[dict[str, Any]] = field(default_factory=list)
    calm: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def measure(
    root: Path, work: Path, halves: Sequence[str] = HALVES, say: Callable[[str], None] = lambda name: None
) -> Measurement:
    """Stage everything.

    Args:
        root: folder of the footage.
        work: folder for the rendered clips.
        halves: of :data:`HALVES`.
        say: receives progress.

    Raises:
        UnknownNameError: there is no such half.
    """
    made = Measurement()
    for half in halves:
        pick("half", half, dict.fromkeys(HALVES))
        cases = [case for case in real(root) if case.half == half]
        footages = dict[str, _Footage]()
        for name in dict.fromkeys(case.footage for case in cases):
            say(f"{name}, normal")
            learnt = [Source.of(root, one) for one in LEARNT[name, half]]
            try:
                footages[name] = _footage(learnt, [Source.of(root, one) for one in NORMAL[name, half]])
            except DataError as error:
                made.refused[f"{name}, {half}"] = str(error)
        say(f"{PLAZA}, normal")
        *usual, staged = rendered(work, half)
        cases = [case for case in cases if case.footage in footages] + list(on_plaza(staged, half))
        footages |= _plazas(*usual)
        made.found += [row.table() for row in _rows(cases, footages, say)]
        made.calm += [_calm(half, name, of) for name, of in footages.items()]
    return made


def _footage(learnt: Sequence[Source], normal: Sequence[Source]) -> _Footage:
    return _learnt([watch(one) for one in learnt], lambda model: [watch(one, model) for one in normal])


def _learnt(clips: Sequence[Watched], normal: Callable[[StandingModel], list[Watched]]) -> _Footage:
    found = calibrate_standing([WatchedClip(one.views, one.clock) for one in clips])
    usual = found.alarms.usual
    difference = alarm_curve([(one.difference.astype(np.float32), one.clock) for one in clips]).threshold(usual)
    return _Footage(found.model, normal(found.model), found.alarms.threshold(shares(usual, stands=True)[1]), difference)


def _plazas(learnt: Sequence[Path], calm: Sequence[Path]) -> dict[str, _Footage]:
    """Learn from normal clips by day; others are shown in each weather."""
    by_day = _learnt([watch(Source(path)) for path in learnt], lambda model: [])
    return {
        f"{PLAZA}, {weather}": replace(
            by_day, normal=[watch(Source(path, draw=changed(*how)), by_day.model) for path in calm]
        )
        for weather, how in WEATHER.items()
    }


def _rows(cases: Sequence[Case], footages: dict[str, _Footage], say: Callable[[str], None]) -> list[Row]:
    rows = dict[tuple[str, str], Row]()
    for case in cases:
        say(f"{case.footage}, {case.what}")
        weather = case.what.rpartition(", ")[2]
        of = footages[case.footage if case.footage != PLAZA else f"{PLAZA}, {weather}"]
        row = rows.setdefault((case.footage, case.what), Row(case.half, case.footage, case.what))
        _add(row, case, watch(case.source, of.model), of)
    return list(rows.values())


def _add(row: Row, case: Case, seen: Watched, of: _Footage) -> None:
    row.staged += 1
    begins = seen.clock.frame(case.begins)
    row.difference += bool((seen.difference[begins:] > of.difference).any())
    known = [(at, spot) for spot in seen.scores.spots if (at := spot.known(of.threshold)) is not None]
    there = [(at, spot) for at, spot in known if _is(spot, case, seen.clock)]
    if not there:
        return
    at, first = min(there, key=lambda pair: pair[0])
    row.found += 1
    row.kinds += first.kind == ("taken" if "taken" in case.what else "left")
    if at > begins:  # else something else stood there and is told already
        row.delays.append(seen.clock.at(at) - case.begins)
        row.late.append(row.delays[-1] - first.usual)


def _is(spot: Spot, case: Case, clock: Clock) -> bool:
    wide = min(spot.box[2], case.box[2]) - max(spot.box[0], case.box[0])
    tall = min(spot.box[3], case.box[3]) - max(spot.box[1], case.box[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (spot.box, case.box))
    dated = clock.at(spot.first) >= case.comes - EARLY_SECONDS
    return wide > 0 and tall > 0 and wide * tall >= 0.3 * least and dated


def _calm(half: str, name: str, of: _Footage) -> dict[str, Any]:
    seconds = sum(one.clock.recorded for one in of.normal)
    false = sum(spot.known(of.threshold) is not None for one in of.normal for spot in one.scores.spots)
    highest = max((spot.score for one in of.normal for spot in one.scores.spots), default=0.0)
    return {
        "half": half, "footage": name, "normal": f"{seconds:.0f} s", "false events": false,
        "an hour": AlarmRate(false, seconds / 3600).between(), "highest spot": f"{highest:.2f}",
        "threshold": f"{of.threshold:.2f} nats",
    }  # fmt: skip


def page(made: Measurement) -> str:
    """Set the rows as a page of Markdown."""
    clips = [
        f"- {footage}, {half}: {', '.join(Path(one).stem if '@' not in one else Path(one).name for one in hosts)}"
        for (footage, half), hosts in HOSTS.items()
        if f"{footage}, {half}" not in made.refused
    ]
    clips += [f"- plaza, {half}: scene {SCENES[half]}, seeds {', '.join(map(str, SEEDS[half]))}" for half in HALVES]
    refused = [f"- {name}: {reason}." for name, reason in made.refused.items()]
    head = [
        "# Things left, taken, stopped and crowded", "",
        "`./whycam bench standing --root DATA --work DIR --out docs/results/standing` writes this page.",
        "Events are those of a camera that has learnt from other normal clips, at its own threshold: that of its usual "
        "number of false alarms, of which events of what stands may cost a quarter. An event counts where its box lies "
        "on the thing and it is not dated before the thing came. The delay runs from when it stands, or is gone, until "
        "its score passes the threshold; “after longer than usual” is the same (median) from when it has stood longer "
        "than anything did around there in the normal footage, before which nothing tells it from what is usual. "
        "The frame difference counts where any frame from then on exceeds its own threshold, set for all of the false "
        "alarms: it tells no place. Constants of the detector were chosen on the clips of the half "
        f"“{DEVELOPED}” (tuning). Measured on commit {_kept_rows.commit()}.", "",
        f"Clips that something is staged in last {STAGED_SECONDS:.0f} s: those of the plaza are rendered so long, real "
        "ones are shown over and over. What they are compared with, and what is learnt from, is as it is.", "",
        "Clips that things are staged on:", "", *clips, "",
        *(["Footage whose camera tells of nothing that stands, and why:", "", *refused, ""] if refused else []),
    ]  # fmt: skip
    calm = ["Left-out normal footage; events an hour as an interval of 95 %:", "", _kept_rows.table_of_rows(made.calm)]
    return "\n".join([*head, _kept_rows.table_of_rows(made.found), *calm]) + "\n"
