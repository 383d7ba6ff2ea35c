"""Figures of scored clips with ground truth, for scores of any system."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Floats
from core.metrics import Decisions, Events, FrameScores
from metrics.detection_delay import delays
from metrics.false_alarms import counted
from metrics.frame_auc import micro_raw, video_auc
from metrics.spans import spans
from pipeline.evaluation.metric_values import Figures, defined, named, values
from pipeline.evaluation.protocols import OWN, Rules
from pipeline.evaluation.summary import AbnormalClass, ScoreSummary, VideoFigures, WorstClip

HEADLINE = ("auc.micro_normalised", "auc.micro_raw", "auc.macro", "eer", "auc_pr", "f1", "f1_oracle")
"""Shown first; the other metrics follow."""
COUNTS = ("events", "false_alarms_counted", "normal_hours")
"""What the share of events found and the rate of false alarms rest on."""


@dataclass(frozen=True)
class Scored:
    """One test clip with its answer and its truth.

    Attributes:
        name: of the clip.
        scores: (T,) float32 calibrated scores, NaN where no window reaches.
        flagged: (T,) bool, inside an event at the camera's threshold; None without a threshold.
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


def summarise_scores(scored: Iterable[Scored], rules: Rules = OWN) -> ScoreSummary:
    """Turn scored clips into figures: those of the scores, those of the frame's index, and one entry for each video."""
    clips = list(scored)
    known = [~np.isnan(rules.apply(clip.scores)) for clip in clips]
    raw = [np.where(k, clip.scores, np.nan) for k, clip in zip(known, clips, strict=True)]
    index = [np.where(np.isnan(clip.scores), np.nan, np.arange(len(clip.scores))) for clip in clips]
    truth = [clip.abnormal for clip in clips]
    decided = all(clip.flagged is not None for clip in clips)
    flagged = [clip.flagged for clip in clips if clip.flagged is not None] if decided else None
    videos = tuple(_video(clip, scores) for clip, scores in zip(clips, raw, strict=True))
    return ScoreSummary(
        figures=_figures([clip.scores for clip in clips], flagged, truth, rules),
        frame_index=_figures(index, [np.ones_like(k) for k in known], truth, rules),
        alarms=_alarms(clips),
        frames=sum(map(len, truth)),
        scored=int(sum(k.sum() for k in known)),
        abnormal=int(sum(y[k].sum() for y, k in zip(truth, known, strict=True))),
        videos=videos,
        worst=worst_clips(videos),
    )


def by_class(clips: Sequence[Scored], classes: Sequence[Sequence[str]]) -> tuple[AbnormalClass, ...]:
    """Measure each class of abnormal frames against all normal ones, scores as they are."""
    s, y = np.concatenate([c.scores for c in clips]).astype(np.float64), np.concatenate([c.abnormal for c in clips])
    kind = np.concatenate([np.asarray(some, object) for some in classes])
    known = ~np.isnan(s)
    found = []
    for name in sorted(set(kind[known & y])):
        rows = known & (~y | (kind == name))
        found.append(AbnormalClass(name, int((rows & y).sum()), defined(micro_raw([s[rows]], [y[rows]]))))
    return tuple(found)


def _figures(
    scores: Sequence[npt.NDArray[Any]], flagged: Sequence[Bools] | None, abnormal: Sequence[Bools], rules: Rules
) -> Figures:
    """Compute every metric of frames and of decisions; those of decisions are undefined where none were taken."""
    made = [rules.apply(raw) for raw in scores]
    raw = [np.where(np.isnan(m), np.nan, one).astype(np.float64) for m, one in zip(made, scores, strict=True)]
    counts = [~np.isnan(one) for one in raw]
    of_frames = values(FrameScores(made, raw, abnormal))
    decided = values(Decisions(flagged, counts, abnormal)) if flagged is not None else dict.fromkeys(named(Decisions))
    figures = dict(sorted({**of_frames, **decided}.items()))
    return figures | {"auc.protocol": defined(micro_raw(made, abnormal))}


def _alarms(clips: Sequence[Scored]) -> Figures:
    """Compute the metrics of alarms.

    Hours of normal footage are those of frames with a score: others cannot be flagged.
    """
    flagged = [clip.flagged for clip in clips if clip.flagged is not None]
    if len(flagged) < len(clips) or not clips:
        return dict.fromkeys((*named(Events), *COUNTS))
    given = Events(flagged, [clip.abnormal for clip in clips], [clip.times for clip in clips],
                   [~np.isnan(clip.scores) for clip in clips])  # fmt: skip
    events = len(delays(given.flagged, given.abnormal, given.seconds))
    counts = counted(given.flagged, given.abnormal, given.seconds, given.scored)
    return values(given) | dict(zip(COUNTS, (events, *counts), strict=True))


def _video(clip: Scored, scores: npt.NDArray[Any]) -> VideoFigures:
    known, alarms = ~np.isnan(scores), _alarms([clip])
    late = delays([clip.flagged], [clip.abnormal], [clip.times]) if clip.flagged is not None else None
    false = alarms["false_alarms_counted"]
    return VideoFigures(
        name=clip.name,
        frames=len(scores),
        abnormal=int(clip.abnormal[known].sum()),
        flagged=int(clip.flagged.sum()) if clip.flagged is not None else None,
        auc=defined(video_auc(scores.astype(np.float64), clip.abnormal)) if known.any() else None,
        events=len(spans(clip.abnormal)),
        hit=int(np.isfinite(late).sum()) if late is not None else None,
        delay=alarms["detection_delay"],
        longest_delay=alarms["longest_delay"],
        false_alarms=None if false is None else int(false),
        normal_flagged=alarms["normal_flagged"],
    )


def worst_clips(videos: Sequence[VideoFigures]) -> dict[str, WorstClip]:
    """Name the clip in which each figure of the clips is worst; figures that are alike in all clips have none."""
    of: dict[str, dict[str, float]] = {
        "auc": {v.name: -v.auc for v in videos if v.auc is not None},
        "events_found": {v.name: -v.hit / v.events for v in videos if v.events and v.hit is not None},
        "longest_delay": {
            v.name: math.inf if v.longest_delay is None else v.longest_delay
            for v in videos
            if v.events and v.hit is not None
        },
        "false_alarms": {v.name: v.false_alarms for v in videos if v.false_alarms is not None},
        "normal_flagged": {v.name: v.normal_flagged for v in videos if v.normal_flagged is not None},
    }
    found = {}
    for figure, badness in of.items():
        if len(set(badness.values())) > 1:
            clip = max(badness, key=lambda name: badness[name])
            found[figure] = WorstClip(clip, defined(abs(badness[clip])))
    return found


def shown(value: object) -> str:
    """Return a figure as a table shows it."""
    return f"{value:.3f}" if isinstance(value, float) else "undefined" if value is None else str(value)
