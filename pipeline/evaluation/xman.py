"""X-MAN's mAP of any system's predictions (``szymanowicz2022discrete``): two files, one answer."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.arrays import Doubles
from core.metrics import ClassScores
from core.registry import pick
from footage import predictions as files
from metrics import bootstrap
from metrics.xman import ClassMap, by_chance, by_type, confusion, macro, macro_by_chance
from pipeline.evaluation._xman_match import MatchedLabels, match
from pipeline.evaluation.metric_values import Figures, class_figures, defined, further_by_chance
from pipeline.evaluation.xman_result import LEFT_OUT, LOWEST, ByChance, Confusion, Interval, XmanFigures, XmanResult

UNANSWERED = {
    LOWEST: "count, and rank last in every class (X-MAN's way: every frame of the data set)",
    LEFT_OUT: "are left out: figures of the answered frames alone",
}
"""Ways to count labelled frames that the predictions do not name, as ``--unanswered`` takes them."""
COUNTED = {
    LOWEST: (
        "Every labelled frame counts, and no other; one that the predictions do not name ranks last in every class: "
        "X-MAN's authors ask for a score of every class for all frames of the data set. How a frame without any score "
        "counts, neither they nor the paper of VQU-Net say."
    ),
    LEFT_OUT: (
        "Of the answered frames alone: labelled frames that the predictions do not name are left out, which X-MAN's "
        "authors do not provide for, so the figures compare with no paper's."
    ),
}
PROTOCOL = (
    "{counted} Of each class: average precision as a sum of steps, nothing "
    "interpolated, equal scores together; 11-point AP beside it. A class that a system does not name in a frame ranks "
    "behind all that it names. mAP: mean over the classes with a labelled frame. By chance: what a system reaches that "
    "says nothing, of each class the share of frames that show it. A predicted location that the labels do not name "
    "counts for every location, as there is no common list of places. Intervals: 95 %, {resamples} draws "
    "of {units}. Labels: {labels}."
)


def measure_files(
    predictions: Path, labels: Path, unanswered: str = LOWEST, names: tuple[str, str] | None = None
) -> XmanResult:
    """Read predictions and labels, and measure.

    Args:
        predictions: JSON or CSV of any system.
        labels: X-MAN's JSON.
        unanswered: one of :data:`UNANSWERED`, how the figures count labelled frames without a prediction.
        names: what the two files are called, where that is not what they are kept as.

    Raises:
        DataError: a file is missing or malformed, or no frame of the one is in the other.
        UnknownNameError: there is no such way.
    """
    pick("way to count unanswered frames", unanswered, UNANSWERED)
    matched = match(files.read(predictions), files.read_labels(labels))
    system, truth = names or (predictions.name, labels.name)
    sums = {"predictions": _sha256(predictions), "labels": _sha256(labels)}
    ways = measure(matched, truth)
    return XmanResult(system, truth, matched.coverage(), matched.unmatched, ways, sums, unanswered)


def measure(matched: MatchedLabels, labels: str) -> dict[str, XmanFigures]:
    """Compute every figure, both ways."""
    ways = {LOWEST: _figures(matched)}
    ways[LEFT_OUT] = ways[LOWEST] if matched.answered.all() else _figures(matched.of_answered())
    for way, text in COUNTED.items():
        units = bootstrap.units(matched.video if way == LOWEST else matched.video[matched.answered])[1]
        protocol = PROTOCOL.format(counted=text, resamples=bootstrap.RESAMPLES, units=units, labels=labels)
        ways[way] = replace(ways[way], protocol=protocol)
    return ways


def _figures(matched: MatchedLabels) -> XmanFigures:
    given = ClassScores(matched.scores, matched.positive, matched.classes, matched.video)
    found = class_figures(given)
    drawn = bootstrap.resampled(given.scores, given.positive, bootstrap.units(given.video)[0])
    names = [": ".join(name) for name in matched.classes]
    no_place = [i for i, (coarse, _) in enumerate(matched.classes) if coarse != "location"]
    silent = [bool(np.isneginf(column).all()) for column in given.scores.T]
    means = found.means(given.classes)
    rows = confusion(given.scores, given.positive).tolist()
    return XmanFigures(
        figures=_means(means, found.values, macro(given.scores, given.positive, given.video)),
        by_type=_by_type(means),
        per_class=found.per_class,
        chance=_chance(given, names),
        intervals={
            "map": _ends(bootstrap.mean_over(drawn, range(len(names)))),
            "map_without_location": _ends(bootstrap.mean_over(drawn, no_place)),
        },
        per_class_interval={name: _ends(drawn[:, i]) for i, name in enumerate(names)},
        never_predicted=tuple(name for name, never in zip(names, silent, strict=True) if never),
        positives={name: int(n) for name, n in zip(names, given.positive.sum(0), strict=True)},
        confusion=Confusion((*names, "nothing"), tuple(map(tuple, rows))),
        frames=len(given.positive),
        videos=len(np.unique(given.video)),
    )


def _means(found: ClassMap, values: Figures, over_videos: float) -> Figures:
    """Return the figures of all classes: X-MAN's own, then what further metrics give."""
    return {
        "map": values["map"],
        "map_without_location": defined(found.map_without_location),
        "map_11_point": values["map_11_point"],
        "map_macro_over_videos": defined(over_videos),
        **values,
    }


def _by_type(found: ClassMap) -> Figures:
    return {kind: defined(value) for kind, value in by_type(found.per_class).items()}


def _chance(given: ClassScores, names: Sequence[str]) -> ByChance:
    """Return the figures of a system that says nothing; the 11-point AP of equal scores is that same share."""
    found, further = by_chance(given.positive, given.classes), further_by_chance(given)
    values = {"map": defined(found.map), "map_11_point": defined(found.map), **further.values}
    per_class = {name: defined(value) for name, value in zip(names, found.per_class.values(), strict=True)}
    over_videos = macro_by_chance(given.positive, given.video)
    return ByChance(_means(found, values, over_videos), _by_type(found), {"per_class": per_class, **further.per_class})


def _ends(values: Doubles) -> Interval | None:
    found = bootstrap.interval(values)
    return None if math.isnan(found.low) else (found.low, found.high)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
