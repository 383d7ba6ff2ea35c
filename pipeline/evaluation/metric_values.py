"""Every registered metric, computed of what there is."""

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.metrics import ClassScores, Decisions, Events, FrameScores, LocatedHeat, Metric, OneClass
from core.registry import collect
from metrics.xman import ClassMap, class_means

Figures = dict[str, float | None]
"""Name of a metric to its value; None where it is undefined."""
XMAN_KEYS = {"xman_map": "map", "xman_ap": "per_class", "xman_ap_11_point": "per_class_11_point"}
XMAN_MEANS = {"xman_ap": "map", "xman_ap_11_point": "map_11_point"}
"""Keys of the metrics of classes in results, and of their means, where these are not the metrics' names."""


def defined(value: float) -> float | None:
    """Return a figure as JSON has it: None where it is undefined or infinite."""
    return float(value) if math.isfinite(value) else None


def named(needs: type) -> dict[str, Metric[Any]]:
    """Return the registered metrics that need an argument of this class, by name."""
    return {name: metric for name, metric in collect("metrics", "METRICS").items() if metric.needs is needs}


def values(given: FrameScores | Decisions | Events | LocatedHeat | ClassScores) -> Figures:
    """Compute every metric that needs what is given."""
    return {name: defined(metric.run(given)) for name, metric in named(type(given)).items()}


@dataclass(frozen=True)
class ClassFigures:
    """Metrics of causes, by the keys of results.

    Attributes:
        values: of all classes: the metrics that need them together, and the means of those that need one class.
        per_class: key to class to value.
    """

    values: Figures
    per_class: dict[str, Figures]

    def means(self, classes: Sequence[tuple[str, str]]) -> ClassMap:
        """Return the means of average precision over some of the classes."""
        each = self.per_class[XMAN_KEYS["xman_ap"]].values()
        return class_means({name: math.nan if ap is None else ap for name, ap in zip(classes, each, strict=True)})


def class_figures(given: ClassScores, without: Container[str] = ()) -> ClassFigures:
    """Compute every metric that needs all classes, or one class."""
    values = {
        XMAN_KEYS.get(name, name): defined(metric.run(given))
        for name, metric in named(ClassScores).items()
        if name not in without
    }
    per_class = {}
    for name, metric in named(OneClass).items():
        if name not in without:
            each = [metric.run(one) for one in given.each]
            labels = (": ".join(label) for label in given.classes)
            per_class[XMAN_KEYS.get(name, f"per_class_{name}")] = dict(zip(labels, map(defined, each), strict=True))
            some = [value for value in each if math.isfinite(value)]
            values[XMAN_MEANS.get(name, name)] = float(np.mean(some)) if some else None
    return ClassFigures(values, per_class)


def further_by_chance(given: ClassScores) -> ClassFigures:
    """Compute what metrics beside X-MAN's own are for a system that says nothing: all scores are alike."""
    return class_figures(replace(given, scores=np.zeros_like(given.scores)), XMAN_KEYS)


def further_names(needs: tuple[type, ...] = (ClassScores, OneClass)) -> list[str]:
    """Return the metrics of classes beside X-MAN's own, which results keep under their own names."""
    return [name for kind in needs for name in named(kind) if name not in XMAN_KEYS]
