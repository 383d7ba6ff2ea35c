"""Right first causes over clips as a table, for the terminal and the page."""

from metrics.bootstrap import MIN_UNITS
from pipeline.evaluation.cause_results import CauseResult, OverClips
from pipeline.evaluation.figures import shown

UNSEEN = ", unseen"
"""Behind a rule: clips that the object model was not trained on."""


def over_clips(result: CauseResult) -> list[dict[str, str]]:
    """Return a row for each rule, and one for clips that the object model was not trained on where these are others."""
    rows = []
    for rule, figures in result.rules.items():
        rows.append(_row(rule, figures.over_clips))
        if figures.over_unseen is not None and figures.seen is not None:
            rows.append(_row(rule + UNSEEN, figures.over_unseen))
    return rows


def _row(rule: str, over: OverClips) -> dict[str, str]:
    few = f"{over.clips} clips are too few, {MIN_UNITS} the least"
    return {
        "rule": rule,
        "clips": str(over.clips),
        "mean": shown(over.mean),
        "95 %": few if over.interval is None else f"{over.interval[0]:.3f} to {over.interval[1]:.3f}",
        "worst": shown(over.worst),
        "worst clip": over.worst_clip,
    }
