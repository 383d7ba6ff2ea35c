"""The verb ``list``: detectors, cameras, methods, data sets, metrics and runs, a row each."""

import argparse
from typing import Any

from cli.arguments import Verb, json_file
from cli.output import deliver, table
from core.errors import InputError

KINDS = ("detectors", "cameras", "methods", "datasets", "metrics", "runs")
CAMERA = ("detector", "width", "height", "threshold")
"""What is listed of a camera beside its name, and why it cannot be used."""
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
    rows = rows_of(options.kind)
    deliver(rows, options.json, table(rows))
    return 0


def rows_of(kind: str) -> list[dict[str, Any]]:
    """Return what there is of one kind, one of :data:`KINDS`, as rows that share their keys."""
    from core.registry import collect

    if kind == "runs":
        from pipeline.store import runs

        return [{"id": r.id, "clip": r.clip, "camera": r.camera, "state": r.state, "events": r.events} for r in runs()]
    if kind == "cameras":
        from pipeline.camera import cameras

        return [_camera(name) for name in cameras()]
    return [{"name": name, **_more(entry), "about": about(entry)} for name, entry in collect(*REGISTRIES[kind]).items()]


def _camera(name: str) -> dict[str, Any]:
    """Return a camera's row; that of one that cannot be used says why."""
    from pipeline.camera import load

    told: dict[str, Any] = {"name": name, **dict.fromkeys(CAMERA), "problem": None}
    try:
        camera = load(name)
    except InputError as error:
        return told | {"problem": str(error)}
    return told | {key: getattr(camera, key) for key in CAMERA}


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
