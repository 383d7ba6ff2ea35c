"""The verb ``list``: detectors, cameras, methods, data sets, metrics and runs, a row each."""

import argparse
from collections.abc import Callable
from typing import Any

from cli.arguments import Verb, json_file
from cli.output import complain, deliver, table
from core.errors import InputError

KINDS = ("detectors", "cameras", "methods", "datasets", "metrics", "runs")
REGISTRIES = {
    "detectors": ("detectors", "DETECTORS"),
    "methods": ("explain.methods", "METHODS"),
    "datasets": ("footage", "DATASETS"),
    "metrics": ("metrics", "METRICS"),
}


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("kind", choices=KINDS)
    json_file(verb)


def run(options: argparse.Namespace) -> int:
    """List what there is of one kind."""
    rows = rows_of(options.kind, lambda error: complain(error, 2))
    deliver(rows, options.json, table(rows))
    return 0


def rows_of(kind: str, refuse: Callable[[InputError], object]) -> list[dict[str, Any]]:
    """Return what there is of one kind, as rows that share their keys.

    Args:
        kind: one of :data:`KINDS`.
        refuse: told of a camera that cannot be read, and is left out.
    """
    from core.registry import collect

    if kind == "runs":
        from pipeline.store import runs

        return [{"id": r.id, "clip": r.clip, "camera": r.camera, "state": r.state, "events": r.events} for r in runs()]
    if kind == "cameras":
        from pipeline.camera import cameras

        return [row for name in cameras() for row in _camera(name, refuse)]
    return [{"name": name, **_more(entry), "about": about(entry)} for name, entry in collect(*REGISTRIES[kind]).items()]


def _camera(name: str, refuse: Callable[[InputError], object]) -> list[dict[str, Any]]:
    from pipeline.camera import load

    try:
        c = load(name)
    except InputError as error:
        refuse(error)
        return []
    return [{"name": c.name, "detector": c.detector, "width": c.width, "height": c.height, "threshold": c.threshold}]


def _more(entry: Any) -> dict[str, str]:
    """Return what a metric is computed of, and its range; nothing of other entries."""
    from core.metrics import Metric

    return {"needs": entry.needs.need, "range": entry.bounds} if isinstance(entry, Metric) else {}


def about(entry: Any) -> str:
    """Return what an entry says of itself: its ``about``, or the first line of its docstring."""
    said: str = getattr(entry, "about", None) or entry.__doc__ or ""
    return said.strip().partition("\n")[0].rstrip(".").replace("``", "")


VERB = Verb(
    "list",
    f"list {', '.join(KINDS[:-1])} or {KINDS[-1]}",
    "A new detector, data set or metric is listed as soon as its file is in its folder.",
    "list cameras",
    _arguments,
    run,
)
