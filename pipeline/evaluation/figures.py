"""Figures of scored clips whose truth is known, whoever scored them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Floats
from core.registry import collect
from metrics.false_alarms import counted, false_alarms
from metrics.frame_auc import micro_raw, video_auc
from pipeline.evaluation.protocols import OWN, Rules

HEADLINE = ("auc.micro_normalised", "auc.micro_raw", "auc.macro", "eer", "auc_pr", "f1", "f1_oracle")
"""Shown first; the other metrics follow."""
DECIDED = ("f1", "precision", "recall")
"""Figures of what was flagged."""
COUNTS = ("false_alarms_counted", "normal_hours")
"""What the rate of false alarms rests on."""


@dataclass(frozen=True)
class Scored:
    """One test clip with its answer and its truth.

    Attributes:
        name: of the clip.
        scores: (T,) float32 calibrated scores, NaN where no window reaches.
        flagged: (T,) bool, inside an event at the camera's threshold; None where nobody set a threshold.
        abnormal: (T,) bool, the truth.
        fps: frames per second, where there are no seconds.
        seconds: (T,) when each frame is shown; None for a steady rate.
    """

    name: str
    scores: Floats
    flagged: Bools | None
    abnormal: Bools
    fps: float = 25.0
    seconds: Doubles | None = None

    @property
    def times(self) -> Doubles:
        """When each frame is shown, (T,) seconds."""
        return np.arange(len(self.scores)) / self.fps if self.seconds is None else self.seconds


def measure(scored: Iterable[Scored], rules: Rules = OWN) -> dict[str, Any]:
    """Turn scored clips into figures: those of the scores, those of the frame's index, and one entry for each video.

    Args:
        scored: the clips.
        rules: how scores become those that a ROC is made of.
    """
    clips = list(scored)
    known = [~np.isnan(rules.apply(clip.scores)) for clip in clips]
    raw = [np.where(k, clip.scores, np.nan) for k, clip in zip(known, clips, strict=True)]
    index = [np.where(np.isnan(clip.scores), np.nan, np.arange(len(clip.scores))) for clip in clips]
    truth = [clip.abnormal for clip in clips]
    decided = all(clip.flagged is not None for clip in clips)
    flagged = [clip.flagged for clip in clips if clip.flagged is not None] if decided else None
    return {
        **_figures([clip.scores for clip in clips], flagged, truth, rules),
        "frame_index": _figures(index, [np.ones_like(k) for k in known], truth, rules),
        "alarms": _alarms(clips),
        "frames": sum(map(len, truth)),
        "scored": int(sum(k.sum() for k in known)),
        "abnormal": int(sum(y[k].sum() for y, k in zip(truth, known, strict=True))),
        "videos": [_video(clip, scores) for clip, scores in zip(clips, raw, strict=True)],
    }


def by_class(clips: Sequence[Scored], classes: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Measure each class of abnormal frames against all normal ones, scores as they are.

    Returns:
        ``class``, ``frames`` and ``auc`` of each.
    """
    s, y = np.concatenate([c.scores for c in clips]).astype(np.float64), np.concatenate([c.abnormal for c in clips])
    kind = np.concatenate([np.asarray(some, object) for some in classes])
    known = ~np.isnan(s)
    found = []
    for name in sorted(set(kind[known & y])):
        rows = known & (~y | (kind == name))
        found.append({"class": name, "frames": int((rows & y).sum()), "auc": defined(micro_raw([s[rows]], [y[rows]]))})
    return found


def _figures(
    scores: Sequence[npt.NDArray[Any]], flagged: Sequence[Bools] | None, abnormal: Sequence[Bools], rules: Rules
) -> dict[str, Any]:
    """Compute every registered metric; a name ``a.b`` becomes ``{"a": {"b": …}}``."""
    by_video = [rules.apply(raw) for raw in scores]
    counted = [np.where(np.isnan(made), np.nan, raw) for made, raw in zip(by_video, scores, strict=True)]
    given: dict[str, Sequence[npt.NDArray[Any]]] = {"auc.micro_raw": counted}
    if flagged is not None:
        decided = [np.where(np.isnan(c), np.nan, np.where(f, 1.0, -1.0)) for c, f in zip(counted, flagged, strict=True)]
        given |= dict.fromkeys(DECIDED, decided)
    figures: dict[str, Any] = {}
    for name, metric in collect("metrics", "METRICS").items():
        group, _, part = name.rpartition(".")
        undecided = name in DECIDED and flagged is None
        value = None if undecided else defined(metric(given.get(name, by_video), abnormal))
        (figures.setdefault(group, {}) if group else figures)[part] = value
    figures["auc"]["protocol"] = defined(micro_raw(by_video, abnormal))
    return figures


def _alarms(clips: Sequence[Scored]) -> dict[str, float | None]:
    """Compute the metrics of alarms.

    Hours of normal footage are those of frames with a score: others cannot be flagged.
    """
    flagged = [clip.flagged for clip in clips if clip.flagged is not None]
    metrics = collect("metrics", "EVENT_METRICS")
    if len(flagged) < len(clips) or not clips:
        return dict.fromkeys((*metrics, *COUNTS))
    times = [clip.times for clip in clips]
    truth, scored = [clip.abnormal for clip in clips], [~np.isnan(clip.scores) for clip in clips]
    found = {name: defined(metric(flagged, truth, times)) for name, metric in metrics.items()}
    return (
        found
        | {"false_alarms": defined(false_alarms(flagged, truth, times, scored))}
        | dict(zip(COUNTS, counted(flagged, truth, times, scored), strict=True))
    )


def _video(clip: Scored, scores: npt.NDArray[Any]) -> dict[str, Any]:
    known = ~np.isnan(scores)
    return {
        "name": clip.name,
        "frames": len(scores),
        "abnormal": int(clip.abnormal[known].sum()),
        "flagged": int(clip.flagged.sum()) if clip.flagged is not None else None,
        "auc": defined(video_auc(scores.astype(np.float64), clip.abnormal)) if known.any() else None,
    }


def defined(value: float) -> float | None:
    """Return a figure as JSON has it: None where it is undefined or infinite."""
    return float(value) if math.isfinite(value) else None


def shown(value: object) -> str:
    """Return a figure as a table shows it."""
    return f"{value:.3f}" if isinstance(value, float) else "undefined" if value is None else str(value)
