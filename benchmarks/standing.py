"""How well things left, taken and stopped are found, beside the plain frame difference.

``./whycam bench standing --root DIR --work DIR --out docs/results/standing``: the root holds ``UCSDped2_mp4/``,
``UCSDped2/``, ``Avenue/`` and ``cameras/``; the plaza is rendered into the folder of work.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
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
from core.registry import pick
from core.spot import Spot
from detectors.standing import Pass, Standing, StandingModel, StandingScores, judged
from pipeline.training.alarm_curve import alarm_curve

PARTS = 4
"""Into which the footage that is learnt from is cut at least; each is scored by what the others show."""
MIN_NATS = 0.7
"""Below which a place is no spot."""
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
    kinds: int = 0
    difference: int = 0

    def table(self) -> dict[str, Any]:
        """Return the cells of its line."""
        return {
            "half": self.half, "footage": self.footage, "staged": self.what,
            "found": f"{self.found} of {self.staged}", "kind right": self.kinds,
            "delay, median": f"{statistics.median(self.delays):.1f} s" if self.delays else "",
            "delay, longest": f"{max(self.delays):.1f} s" if self.delays else "",
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

    The thresholds are chosen as those of a camera are (:attr:`core.normality.AlarmCurve.usual`), on the clips that are
    learnt from: each part of them is scored by what the others show.
    """

    model: StandingModel
    normal: list[Watched]
    threshold: float
    difference: float


def measure(
    root: Path, work: Path, halves: Sequence[str] = HALVES, say: Callable[[str], None] = lambda name: None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Stage everything.

    Args:
        root: folder of the footage.
        work: folder for the rendered clips.
        halves: of :data:`HALVES`.
        say: receives progress.

    Returns:
        A row for each kind of thing, and one for the normal footage of each camera.

    Raises:
        UnknownNameError: there is no such half.
    """
    found, calm = list[dict[str, Any]](), list[dict[str, Any]]()
    for half in halves:
        pick("half", half, dict.fromkeys(HALVES))
        cases = [case for case in real(root) if case.half == half]
        footages = dict[str, _Footage]()
        for name in dict.fromkeys(case.footage for case in cases):
            say(f"{name}, normal")
            learnt = [Source.of(root, one) for one in LEARNT[name, half]]
            footages[name] = _footage(learnt, [Source.of(root, one) for one in NORMAL[name, half]])
        say(f"{PLAZA}, normal")
        usual, staged = rendered(work, half)
        cases += on_plaza(staged, half)
        footages |= _plazas(usual)
        found += [row.table() for row in _rows(cases, footages, say)]
        calm += [_calm(half, name, of) for name, of in footages.items()]
    return found, calm


def _footage(learnt: Sequence[Source], normal: Sequence[Source]) -> _Footage:
    return _learnt([watch(one) for one in learnt], lambda model: [watch(one, model) for one in normal])


def _learnt(clips: Sequence[Watched], normal: Callable[[StandingModel], list[Watched]]) -> _Footage:
    model = StandingModel.fit([one.views for one in clips])
    difference = [(one.difference.astype(np.float32), one.clock) for one in clips]
    return _Footage(model, normal(model), max(_threshold(_unknown(clips)), MIN_NATS), _threshold(difference))


def _unknown(clips: Sequence[Watched]) -> list[tuple[Floats, Clock]]:
    """Score each part of clips by a model of the other parts."""
    parts = list[tuple[Pass, Clock]]()
    for one in clips:
        views = one.views.views
        cuts = np.linspace(0, len(views), -(-PARTS // len(clips)) + 1).round().astype(int).tolist()
        parts += [(Pass(views[a:b]), one.clock) for a, b in pairwise(cuts) if a < b]
    found = list[tuple[Floats, Clock]]()
    for part, clock in parts:
        model = StandingModel.fit([other for other, _ in parts if other is not part])
        first, last = part.views[0].frame, part.views[-1].frame + 1
        scores = judged(part, model, clock, (1, 1)).scores[first:last]
        found.append((scores.astype(np.float32), Clock.of(clock.times[first:last], clock.step)))
    return found


def _threshold(normal: Sequence[tuple[Floats, Clock]]) -> float:
    curve = alarm_curve(normal)
    return float(curve.threshold(curve.usual))


def _plazas(usual: Sequence[Path]) -> dict[str, _Footage]:
    """Learn from normal clips by day; the last one is not learnt from, and is shown in each weather."""
    by_day = _learnt([watch(Source(path)) for path in usual[:-1]], lambda model: [])
    return {
        f"{PLAZA}, {weather}": replace(by_day, normal=[watch(Source(usual[-1], draw=changed(*how)), by_day.model)])
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
    spots = [spot for spot in seen.scores.spots if spot.score > of.threshold and _is(spot, case, seen.clock)]
    over = np.flatnonzero(seen.scores.scores[begins:] > of.threshold)
    if spots and len(over):
        row.found += 1
        if over[0]:  # else something else is told already
            row.delays.append(seen.clock.at(begins + int(over[0])) - case.begins)
        best = max(spots, key=lambda spot: spot.score)
        row.kinds += best.kind == ("taken" if "taken" in case.what else "left")


def _is(spot: Spot, case: Case, clock: Clock) -> bool:
    wide = min(spot.box[2], case.box[2]) - max(spot.box[0], case.box[0])
    tall = min(spot.box[3], case.box[3]) - max(spot.box[1], case.box[1])
    least = min((box[2] - box[0]) * (box[3] - box[1]) for box in (spot.box, case.box))
    dated = clock.at(spot.first) >= case.comes - EARLY_SECONDS
    return wide > 0 and tall > 0 and wide * tall >= 0.3 * least and dated


def _calm(half: str, name: str, of: _Footage) -> dict[str, Any]:
    seconds = sum(one.clock.recorded for one in of.normal)
    false = sum(spot.score > of.threshold for one in of.normal for spot in one.scores.spots)
    highest = max(float(one.scores.scores.max()) for one in of.normal)
    return {
        "half": half, "footage": name, "normal": f"{seconds:.0f} s", "false spots": false,
        "an hour": f"{false / seconds * 3600:.0f}", "highest score": f"{highest:.2f}",
        "threshold": f"{of.threshold:.2f} nats",
    }  # fmt: skip


def page(found: Sequence[dict[str, Any]], calm: Sequence[dict[str, Any]]) -> str:
    """Set the rows as a page of Markdown."""
    clips = [
        f"- {footage}, {half}: {', '.join(Path(one).stem if '@' not in one else Path(one).name for one in hosts)}"
        for (footage, half), hosts in HOSTS.items()
    ]
    clips += [f"- plaza, {half}: scene {SCENES[half]}, seeds {', '.join(map(str, SEEDS[half]))}" for half in HALVES]
    head = [
        "# Things left, taken and stopped", "",
        "`./whycam bench standing --root DATA --work DIR --out docs/results/standing` writes this page.",
        "A thing counts as found where a spot above the threshold lies on it; the delay is counted from when it "
        "stands, or is gone. The frame difference counts as found where any frame from then on exceeds its own "
        "threshold: it tells no place. Both thresholds are a camera's usual ones, from the clips that are learnt from, "
        f"each part of them scored by what the others show. Constants were chosen on the clips of the half "
        f"“{DEVELOPED}”. Measured on commit {_kept_rows.commit()}.", "",
        "Clips that things are staged on:", "", *clips, "",
    ]  # fmt: skip
    tables = [_kept_rows.table_of_rows(found), "Normal footage, judged by a model of other clips:", ""]
    return "\n".join([*head, *tables, _kept_rows.table_of_rows(calm)]) + "\n"
