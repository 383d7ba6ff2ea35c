"""What the evaluation page draws of scored clips: curves, traces, calibration, and the most confident errors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.arrays import Bools, Doubles, Images
from core.datasets import Truth
from core.files import write_whole
from core.metrics import counts
from metrics.spans import spans
from pipeline.evaluation.evaluate_scores import Truths
from pipeline.evaluation.protocols import OWN, Rules
from pipeline.evaluation.score_files import ScoreFile

POINTS = 400
TRACE = 2000
WORST = 6
BINS = 10
APART = 25
"""Frames between two of the worst frames of one clip, so that they do not all show the same moment."""
WIDE = 360


def curves(scores: ScoreFile, truths: Sequence[Truth], rules: Rules) -> dict[str, Any]:
    """Compute what is drawn.

    Returns:
        ``roc`` and ``pr`` as lists of points, ``calibration`` as (mean score, share of abnormal frames, frames) of ten
        parts of equal size, ``traces`` by clip, ``worst`` frames.
    """
    made = [rules.apply(clip.scores) for clip in scores.clips]
    truth = [t.abnormal for t in truths]
    level = [OWN.apply(clip) for clip in made]  # from 0 to 1, whatever the protocol does
    s, y, flat = np.concatenate(made), np.concatenate(truth), np.concatenate(level)
    known = ~np.isnan(s)
    return {
        **_curves(s[known], y[known]),
        "calibration": _calibration(flat[known], y[known]),
        "traces": [
            _trace(clip.name, m, t, scores.threshold if rules.normalisation == "none" else None)
            for clip, m, t in zip(scores.clips, made, truth, strict=True)
        ],
        "worst": _worst([clip.name for clip in scores.clips], level, truth),
    }


def _curves(scores: Doubles, abnormal: Bools) -> dict[str, list[list[float]]]:
    if not abnormal.any() or abnormal.all():
        return {"roc": [], "pr": []}
    tp, fp = counts(scores, abnormal)
    chosen = np.unique(np.linspace(0, len(tp) - 1, min(POINTS, len(tp))).round().astype(int))
    roc = [[0.0, 0.0], *np.stack([fp / fp[-1], tp / tp[-1]], 1)[chosen].round(5).tolist()]
    pr = np.stack([tp / tp[-1], tp / (tp + fp)], 1)[chosen].round(5).tolist()
    return {"roc": roc, "pr": pr}


def _calibration(level: Doubles, abnormal: Bools) -> list[list[float]]:
    """Return how often frames of about the same score are abnormal."""
    order = np.argsort(level, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return [[round(float(level[p].mean()), 5), round(float(abnormal[p].mean()), 5), len(p)] for p in parts]


def _trace(name: str, scores: Doubles, abnormal: Bools, threshold: float | None) -> dict[str, Any]:
    """Return a clip's scores, thinned to their peaks, and when it is abnormal."""
    step = -(-len(scores) // TRACE)
    frames, values = [], []
    for first in range(0, len(scores), step):
        part = scores[first : first + step]
        if not np.isnan(part).all():
            frames.append(first + int(np.nanargmax(part)))
            values.append(round(float(scores[frames[-1]]), 5))
    return {"name": name, "frames": frames, "scores": values, "abnormal": [list(span) for span in spans(abnormal)],
            "length": len(scores), "threshold": threshold}  # fmt: skip


def _worst(names: Sequence[str], level: Sequence[Doubles], truth: Sequence[Bools]) -> list[dict[str, Any]]:
    """Find normal frames that score highest in their clip, and abnormal ones that score lowest."""
    found: list[dict[str, Any]] = []
    for kind, wrong in (("false alarm", False), ("missed", True)):
        rows = [
            (1 - value if wrong else value, clip, frame)
            for clip, (values, t) in enumerate(zip(level, truth, strict=True))
            for frame, value in enumerate(values.tolist())
            if not np.isnan(value) and bool(t[frame]) == wrong
        ]
        taken: list[tuple[int, int]] = []
        for error, clip, frame in sorted(rows, key=lambda row: -row[0]):
            if all(c != clip or abs(f - frame) >= APART for c, f in taken):
                taken.append((clip, frame))
                at = {"clip": names[clip], "number": clip, "frame": frame}
                found.append({"kind": kind, **at, "error": round(error, 4)})
            if len(taken) == WORST:
                break
    return found


def pictures(worst: Sequence[dict[str, Any]], truths: Truths, folder: Path) -> None:
    """Write a small picture of each of the worst frames, ``worst-N.jpg``."""
    for number in sorted({int(row["number"]) for row in worst}):
        wanted = {int(row["frame"]): i for i, row in enumerate(worst) if row["number"] == number}
        for chunk in truths[number][0].frames():
            for frame in sorted(set(wanted) & set(range(chunk.first, chunk.first + len(chunk)))):
                _write(chunk.images[frame - chunk.first], folder / f"worst-{wanted[frame]}.jpg")
            if chunk.first + len(chunk) > max(wanted):
                break


def _write(image: Images, path: Path) -> None:
    height, width = image.shape[:2]
    small = cv2.resize(image, (WIDE, max(1, round(height * WIDE / width))), interpolation=cv2.INTER_AREA)
    with write_whole(path) as out:
        out.write(cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1].tobytes())
