"""X-MAN's mAP of any system's predictions (``szymanowicz2022discrete``): two files, one answer."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.console import table
from core.errors import DataError
from footage import predictions as files
from footage.predictions import Named, Rows
from metrics import _bootstrap as bootstrap
from metrics.xman import by_type, class_map, confusion, eleven_point, macro

EXAMPLES = 5
PROTOCOL = (
    "Every labelled frame counts, and no other. Of each class: average precision as a sum of steps, nothing "
    "interpolated, equal scores together; 11-point AP beside it. A class that a system does not name in a frame ranks "
    "behind all that it names. mAP: mean over the classes with a labelled frame. A predicted location that the labels "
    "do not name counts for every location, as there is no common list of places. Intervals: 95 %, {resamples} draws "
    "of {units}. Labels: {labels}."
)
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Held:
    """Predictions held against labels.

    Attributes:
        classes: C names, sorted.
        scores: (F, C) best score, minus infinity where the class is not named.
        positive: (F, C) truth.
        video: (F,) number of the frame's video.
        unmatched: what of either file is not in the other.
    """

    classes: tuple[Named, ...]
    scores: Floats
    positive: Marks
    video: Whole
    unmatched: Mapping[str, Any]


def measure_files(predictions: Path, labels: Path) -> dict[str, Any]:
    """Read predictions and labels, and measure.

    Returns:
        What ``docs/interfaces.md`` says of ``xman --json``; None stands for a figure that is undefined.

    Raises:
        DataError: a file is missing or malformed, or no frame of the one is in the other.
    """
    held = hold(files.read(predictions), files.read_labels(labels))
    return {"predictions": predictions.name, "labels": labels.name} | measure(held, labels.name)


def hold(predicted: Rows, labelled: Rows) -> Held:
    """Bring predictions and labels together.

    Raises:
        DataError: no frame of the one is in the other.
    """
    frames = np.sort(labelled.frames())
    places, strangers = _places(predicted, labelled)
    rows = np.searchsorted(frames, places)
    here = (rows < len(frames)) & (frames[np.minimum(rows, len(frames) - 1)] == places)
    asked = np.unique(_moved(predicted.frames(), predicted, labelled))
    shared = np.intersect1d(asked, frames)
    if not len(shared):
        raise DataError(_nothing_shared(predicted, labelled, strangers))
    classes = tuple(sorted(labelled.classes))
    column = {name: i for i, name in enumerate(classes)}
    positive = np.zeros((len(frames), len(classes)), np.bool_)
    to = np.array([column[name] for name in labelled.classes])
    positive[np.searchsorted(frames, labelled.place), to[labelled.kind]] = True
    scores = np.full(positive.shape, -np.inf)
    _fill(scores, rows[here], predicted.kind[here], predicted.score[here], list(predicted.classes), column)
    return Held(classes, scores, positive, frames >> 32, _unmatched(predicted, labelled, strangers, asked, frames))


def measure(held: Held, labels: str) -> dict[str, Any]:
    """Compute every figure."""
    found = class_map(held.scores, held.positive, held.classes)
    unit, units = bootstrap.units(held.video)
    drawn = bootstrap.resampled(held.scores, held.positive, unit)
    pieces = [eleven_point(held.scores[:, i], held.positive[:, i]) for i in range(len(held.classes))]
    defined = [p for p in pieces if not math.isnan(p)]
    names = [": ".join(name) for name in held.classes]
    return {
        "map": _plain(found.map),
        "map_without_location": _plain(found.map_without_location),
        "map_11_point": _plain(float(np.mean(defined)) if defined else math.nan),
        "map_macro_over_videos": _plain(macro(held.scores, held.positive, held.video)),
        "by_type": {kind: _plain(value) for kind, value in by_type(found.per_class).items()},
        "intervals": _intervals(held, drawn),
        "per_class": {name: _plain(ap) for name, ap in zip(names, found.per_class.values(), strict=True)},
        "per_class_11_point": {name: _plain(ap) for name, ap in zip(names, pieces, strict=True)},
        "per_class_interval": {name: _ends(drawn[:, i]) for i, name in enumerate(names)},
        "positives": {name: int(n) for name, n in zip(names, held.positive.sum(0), strict=True)},
        "confusion": {"classes": [*names, "nothing"], "rows": confusion(held.scores, held.positive).tolist()},
        "frames": len(held.positive),
        "videos": len(np.unique(held.video)),
        "unmatched": held.unmatched,
        "protocol": PROTOCOL.format(resamples=len(drawn), units=units, labels=labels),
    }


def show(result: Mapping[str, Any]) -> str:
    """Set a result of :func:`measure_files` as text."""
    spans = result["intervals"]
    rows = [
        {"figure": name, "value": _shown(result[name]), "95 %": _span(spans.get(name))}
        for name in ("map", "map_without_location", "map_11_point", "map_macro_over_videos")
    ]
    rows += [{"figure": f"of {kind}", "value": _shown(v), "95 %": ""} for kind, v in result["by_type"].items()]
    classes = [
        {
            "class": name,
            "frames": result["positives"][name],
            "AP": _shown(ap),
            "95 %": _span(result["per_class_interval"][name]),
            "11-point AP": _shown(result["per_class_11_point"][name]),
            "taken for": taken_for(result["confusion"], i),
        }
        for i, (name, ap) in enumerate(result["per_class"].items())
    ]
    head = f"{result['predictions']} against {result['labels']}: {result['frames']} frames of {result['videos']} videos"
    return "\n\n".join([head, *said(result["unmatched"]), table(rows), table(classes), result["protocol"]])


def said(unmatched: Mapping[str, Any]) -> list[str]:
    """Say what of the one file is not in the other, a sentence each."""
    sentences = {
        "videos": "videos of the predictions that the labels do not have: {}",
        "labelled_videos": "labelled videos without any prediction: {}",
        "classes": "predicted classes that the labels do not have: {}",
        "labelled_classes": "labelled classes that are never predicted: {}",
    }
    found = [text.format(_some(unmatched[key])) for key, text in sentences.items() if unmatched[key]]
    for key, text in (
        ("frames", "predicted frames are not labelled"),
        ("labelled_frames", "labelled frames have no prediction"),
    ):
        if unmatched[key]:
            found.append(f"{unmatched[key]} {text}, such as {', '.join(unmatched[f'{key}_such_as'])}")
    return found + ([unmatched["hint"]] if unmatched["hint"] else [])


def _places(predicted: Rows, labelled: Rows) -> tuple[Whole, tuple[str, ...]]:
    known, strangers = files.match(predicted.videos, list(labelled.videos))
    return _moved(predicted.place, predicted, labelled, known), strangers


def _moved(places: Whole, predicted: Rows, labelled: Rows, known: Mapping[str, str] | None = None) -> Whole:
    """Give places the numbers that the labels' videos have; a video that they do not have gets -1."""
    if known is None:
        known, _ = files.match(predicted.videos, list(labelled.videos))
    to = np.array([labelled.videos[known[v]] if v in known else -1 for v in predicted.videos] or [-1], np.int64)
    videos = to[places >> 32]
    return np.where(videos < 0, -1, videos << 32 | places & 0xFFFFFFFF)


def _fill(
    scores: Floats, row: Whole, kind: npt.NDArray[np.int32], score: Floats, names: Sequence[Named],
    column: Mapping[Named, int],
) -> None:  # fmt: skip
    """Put the best score of each frame and class in its place."""
    places = [i for name, i in column.items() if name[0] == "location"]
    to = np.array([column.get(name, -1) for name in names] or [-1])
    anywhere = np.array([to[i] < 0 and name[0] == "location" for i, name in enumerate(names)] or [False])
    good = to[kind] >= 0
    np.maximum.at(scores, (row[good], to[kind[good]]), score[good])
    loose = anywhere[kind]
    for i in places:
        np.maximum.at(scores, (row[loose], np.full(loose.sum(), i)), score[loose])


def _unmatched(
    predicted: Rows, labelled: Rows, strangers: Sequence[str], asked: Whole, frames: Whole
) -> dict[str, Any]:
    extra, without = np.setdiff1d(asked[asked >= 0], frames), np.setdiff1d(frames, asked)
    known, _ = files.match(predicted.videos, list(labelled.videos))
    unknown = [": ".join(name) for name in predicted.classes if name not in labelled.classes]
    return {
        "videos": list(strangers),
        "labelled_videos": [video for video in labelled.videos if video not in known.values()],
        "frames": len(extra),
        "frames_such_as": [labelled.key(int(place)) for place in extra[:EXAMPLES]],
        "labelled_frames": len(without),
        "labelled_frames_such_as": [labelled.key(int(place)) for place in without[:EXAMPLES]],
        "classes": sorted(unknown),
        "labelled_classes": [": ".join(name) for name in sorted(labelled.classes) if name not in predicted.classes],
        "hint": _hint(asked, frames),
    }


def _hint(asked: Whole, frames: Whole) -> str:
    """Say so where the frames would match better if they were counted from another number."""
    matched = {shift: len(np.intersect1d(asked[asked >= 0] + shift, frames)) for shift in (0, 1, -1)}
    best = max(matched, key=lambda shift: matched[shift])
    if matched[best] <= matched[0]:
        return ""
    way = "too low" if best > 0 else "too high"
    return (
        f"{matched[best]} frames would match in place of {matched[0]} if the predictions' frames were not one {way}: "
        "do both files count from the same number?"
    )


def _nothing_shared(predicted: Rows, labelled: Rows, strangers: Sequence[str]) -> str:
    if not predicted.places:
        return "the predictions name no frame"
    one, other = (rows.key(next(iter(rows.places))) for rows in (predicted, labelled))
    why = f"none of their videos is labelled ({_some(strangers)})" if len(strangers) == len(predicted.videos) else (
        "their videos are labelled, but at other frames")  # fmt: skip
    hint = _hint(np.unique(_moved(predicted.frames(), predicted, labelled)), np.sort(labelled.frames()))
    text = f"no frame of the predictions (such as {one!r}) is one of the labels' (such as {other!r}): {why}"
    return f"{text}; {hint}" if hint else text


def _intervals(held: Held, drawn: Floats) -> dict[str, list[float] | None]:
    everything = range(len(held.classes))
    no_place = [i for i in everything if held.classes[i][0] != "location"]
    return {
        "map": _ends(bootstrap.mean_over(drawn, everything)),
        "map_without_location": _ends(bootstrap.mean_over(drawn, no_place)),
    }


def _ends(values: Floats) -> list[float] | None:
    found = bootstrap.interval(values)
    return None if math.isnan(found.low) else [found.low, found.high]


def taken_for(confusion_: Mapping[str, Any], row: int) -> str:
    """Name the class that most often ranks first in the frames of another."""
    counted = [(n, name) for i, (n, name) in enumerate(zip(confusion_["rows"][row], confusion_["classes"], strict=True))
               if i != row and n]  # fmt: skip
    n, name = max(counted, default=(0, ""))
    return f"{name} ({n})" if n else ""


def _plain(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _span(ends: Sequence[float] | None) -> str:
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - EXAMPLES} more" if len(names) > EXAMPLES else ""
    return ", ".join(names[:EXAMPLES]) + more
