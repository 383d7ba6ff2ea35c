"""Events as an analyst meets them, at the camera's own threshold: how many are hit, how late, and for how much noise.

It reads the JSON of results, so that the terminal, the page and its exports say the same; it does not import PyTorch.
"""

from collections.abc import Mapping
from typing import Any

from core.metrics import Events
from pipeline.evaluation.figures import COUNTS, shown
from pipeline.evaluation.metric_values import named
from pipeline.false_alarms import AlarmRate

SHOWN = ("events_found", "false_alarms", "detection_delay", "longest_delay", "normal_flagged")
"""Shown first; further metrics of events follow."""
NEVER = "never"


def rows(result: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a row for each figure of events: over all clips, and in the clip that it is worst in.

    Args:
        result: of an evaluation, as ``evaluate --json`` has it; one of an earlier version lacks the worst clips.
    """
    alarms, worst = result["alarms"], result.get("worst", {})
    names = dict.fromkeys((*(name for name in SHOWN if name in alarms), *named(Events), *alarms))
    return [
        {"figure": name, "value": _value(name, result), "95 %": _interval(name, alarms),
         "worst clip": clip(name, worst)}
        for name in names
        if name in alarms and name not in COUNTS
    ]  # fmt: skip


def clip(figure: str, worst: Mapping[str, Any]) -> str:
    """Name the clip that a figure is worst in, with its value there; empty where all clips are alike."""
    found = worst.get(figure)
    if not found:
        return ""
    missed = NEVER if figure == "longest_delay" else "undefined"
    value = found["value"]
    number = missed if value is None else f"{value:g}" if figure == "false_alarms" else shown(float(value))
    return f"{found['clip']}: {number}"


def _value(name: str, result: Mapping[str, Any]) -> str:
    value = shown(result["alarms"][name])
    if name == "events_found":
        hit = [video.get("hit") for video in result.get("videos", ())]
        events = result["alarms"].get("events")
        return f"{value} ({sum(hit)} of {events})" if events and None not in hit else value
    missed = name in ("detection_delay", "longest_delay") and result["alarms"].get("events")
    return NEVER if missed and value == shown(None) else value


def _interval(name: str, alarms: Mapping[str, Any]) -> str:
    count, hours = alarms.get("false_alarms_counted"), alarms.get("normal_hours")
    if name != "false_alarms" or count is None or not hours:
        return ""
    return AlarmRate(count, hours).between()
