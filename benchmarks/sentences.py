"""Whether the numbers in sentences of causes are true: held against the truth of rendered clips of the plaza.

``./whycam bench sentences --json FILE``. Every number that a report of the clips states of an event, of what raised it
by its attributes, or of its causes is compared with what the renderer knows of the same thing; what is usual is
measured on the truth of the plaza's normal clips. A thing that has no truth where its box is makes its numbers wrong.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._plaza_truth import ClipTruth, TrueNormal, TrueTrack, passed
from core import device, files
from core.analysis import Analysis, Cause, ExplainedEvent, UnusualThing
from explain.causes.summary import place
from explain.causes.terms import say
from footage.plaza import Plaza
from pipeline.analyse import analyse
from pipeline.camera import load
from plaza import STAGED, film

MENDED, HELD_OUT = (700, 701), (710, 711, 712, 713)
"""Seeds of clips that were looked at while what measures was mended, and of clips that were not."""
CAST = (tuple(STAGED), ("cyclist", "skater", "car", "truck", "jogger", "motorcycle"))
"""What happens in clips of even and of odd seeds."""
FRAMES = 1475
CLOSE = 0.2
"""Relative error up to which a number is right."""
CAMERA = "plaza"


@dataclass(frozen=True)
class Statement:
    """One number that a report states.

    Attributes:
        kind: of number.
        clip, event: where it is stated; events count from 1.
        words: that state it.
        stated: the number.
        true: what the truth says; NaN where there is no such thing.
    """

    kind: str
    clip: str
    event: int
    words: str
    stated: float
    true: float
    scale: float = 0.0

    @property
    def error(self) -> float:
        """Its error as a share of the true number, or of ``scale`` where that is given; infinite without a truth."""
        if not np.isfinite(self.true):
            return float("inf")
        return abs(self.stated - self.true) / max(abs(self.scale or self.true), 1e-9)


SAID = {
    "speed": (re.compile(r"\(([\d.,]+) (?:body heights|of its heights) a second"), "speed"),
    "speed over usual": (re.compile(r"moves ([\d.,]+) times as fast"), "speed"),
    "share slower": (re.compile(r"faster than (all|\d+ %) of"), "speed"),
    "limb motion": (re.compile(r"(\d[\d.,]*)"), "limbs"),
    "width over usual": (re.compile(r"is ([\d.,]+) times as wide"), "width"),
    "share narrower": (re.compile(r"wider than (all|\d+ %) of"), "width"),
    "height over usual": (re.compile(r"is ([\d.,]+) times as tall"), "height"),
    "share lower": (re.compile(r"taller than (all|\d+ %) of"), "height"),
}  # fmt: skip
"""Kind of number to how a sentence states it, and the attribute that the sentence is about."""


def of_term(track: TrueTrack, frame: int, among: str, truth: ClipTruth, normal: TrueNormal) -> dict[str, float]:
    """Return what the truth says of a thing's attributes, by kind of number; of limb motion it says nothing."""
    speed, width, height = normal.measure(track, frame, truth.clock)
    usual = normal.among(among)
    return {
        "speed": speed,
        "speed over usual": speed / float(np.median(usual.speeds)),
        "share slower": passed(usual.speeds, speed),
        "width over usual": width / float(np.median(usual.widths)),
        "share narrower": passed(usual.widths, width),
        "height over usual": height / float(np.median(usual.heights)),
        "share lower": passed(usual.heights, height),
    }


def number(text: str) -> float:
    """Read a number as a sentence has it.

    >>> number("1,234"), number("95 %"), number("all")
    (1234.0, 0.95, 1.0)
    """
    return 1.0 if text == "all" else float(text[:-2]) / 100 if text.endswith(" %") else float(text.replace(",", ""))


def statements(clip: str, analysis: Analysis, truth: ClipTruth, normal: TrueNormal) -> Iterator[Statement]:
    """Yield every number that a report states of what was unusual in a clip, with what is true of it."""
    for event, one in enumerate(analysis.events, 1):
        yield from _times(clip, event, one, analysis, truth)
        for thing in one.listed_things:
            yield from of_thing(clip, event, thing, truth, normal)
        for rank, cause in enumerate(one.listed):
            yield from _of_cause(clip, event, cause, one.shown if rank == 0 else None, analysis, truth)


def _times(clip: str, event: int, one: ExplainedEvent, analysis: Analysis, truth: ClipTruth) -> Iterator[Statement]:
    there = [true for true in truth.events if true.first <= one.event.last and true.last >= one.event.first]
    begins, ends = analysis.clock.at(one.event.first), analysis.clock.end(one.event.last)
    true = (truth.clock.at(min(t.first for t in there)), truth.clock.end(max(t.last for t in there))) if there else None
    words = one.summary.partition(";")[0]
    for kind, stated, row in (("beginning", begins, 0), ("end", ends, 1)):
        yield Statement(kind, clip, event, words, stated, true[row] if true else float("nan"),
                        true[1] - true[0] if true else 0.0)  # fmt: skip


def of_thing(clip: str, event: int, thing: UnusualThing, truth: ClipTruth, normal: TrueNormal) -> Iterator[Statement]:
    """Yield every number that is stated of what is unusual about a thing."""
    track = truth.thing(thing.box, thing.label, thing.frame)
    for term in thing.terms:
        said = say(term, thing.label)
        known = of_term(track, thing.frame, term.among, truth, normal) if track else {}
        for kind, (pattern, attribute) in SAID.items():
            if attribute == term.name and (match := pattern.search(said)):
                words = f"{thing.label} in frame {thing.frame}: {said}"
                yield Statement(kind, clip, event, words, number(match[1]), known.get(kind, float("nan")))


def _of_cause(
    clip: str, event: int, cause: Cause, shown: int | None, analysis: Analysis, truth: ClipTruth
) -> Iterator[Statement]:
    frames = [frame for frame, _ in cause.tube]
    label, (frame, box) = cause.object or cause.fine, cause.tube[len(cause.tube) // 2]
    track = truth.thing(box, label, frame)
    words = f"{cause.fine} in frames {frames[0]} to {frames[-1]}"
    if cause.speed is not None:
        rows = track.at(frames) if track else np.zeros(0, np.int64)
        true = track.speed(rows, truth.clock) if track else float("nan")
        yield Statement("speed of a cause", clip, event, words, round(cause.speed, 1), true)
    if shown is not None and cause.box:
        size = analysis.clip.width, analysis.clip.height
        said, there = place(cause.box, size), truth.thing(cause.box, label, shown)
        right = there is not None and place(there.box_in(shown), size) == said
        yield Statement("place", clip, event, f"{words}:{said}", 1.0, float(right), 1.0)


def table(found: Sequence[Statement]) -> list[dict[str, Any]]:
    """Return a row for each kind of number: how many are stated, their errors, and the worst one."""
    rows = []
    for kind in dict.fromkeys(one.kind for one in found):
        own = [one for one in found if one.kind == kind]
        errors = np.array([one.error for one in own])
        close, worst = float((errors <= CLOSE).mean()), own[int(errors.argmax())]
        rows.append({
            "number": kind, "stated": len(own), "without a truth": int(np.isinf(errors).sum()),
            "median error": _percent(float(np.median(errors))), "within 20 %": round(close, 3),
            "bias": _percent(_bias(own), signed=True), "worst": _percent(worst.error), "worst clip": worst.clip,
            "states": worst.words,
        })  # fmt: skip
    return rows


def _bias(found: Sequence[Statement]) -> float:
    """Return by how much numbers are too large in the median, as a share; NaN where none has a truth."""
    known = [(one.stated - one.true) / max(abs(one.scale or one.true), 1e-9) for one in found if np.isfinite(one.true)]
    return float(np.median(known)) if known else float("nan")


def _percent(share: float, signed: bool = False) -> str:
    return f"{100 * share:{'+' if signed else ''}.0f} %" if np.isfinite(share) else ""


def measure(
    chosen: str, data: Plaza, say: Callable[[str], None], seeds: Sequence[int] = HELD_OUT
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Render clips, analyse them with the plaza's camera, and hold the numbers of their reports against the truth.

    Args:
        chosen: device, as :func:`core.device.choose` takes it.
        data: the plaza, which keeps rendered clips.
        say: receives progress.
        seeds: of the clips.

    Returns:
        A row for each kind of number, and one for each statement.

    Raises:
        StorageError: a clip cannot be kept.
    """
    runtime, camera, found = device.choose(chosen), load(CAMERA), list[Statement]()
    say("what is usual")
    normal = TrueNormal.of([ClipTruth.read(clip.ready()) for clip in data.training()])
    for seed in seeds:
        path = rendered(files.folder(data.root / "sentences"), seed)
        say(path.stem)
        with tempfile.TemporaryDirectory(prefix="whycam-") as place:
            analysis = analyse(path, camera, Path(place), runtime=runtime)
        found += statements(path.stem, analysis, ClipTruth.read(path), normal)
    return table(found), [asdict(one) | {"error": one.error} for one in found]


def rendered(folder: Path, seed: int) -> Path:
    """Render the clip of a seed unless it is there."""
    path = folder / f"{seed}.mp4"
    if not path.with_suffix(".json").exists():
        film(path, seed, FRAMES, CAST[seed % len(CAST)])
    return path
