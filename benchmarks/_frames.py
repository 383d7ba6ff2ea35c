"""Which abnormal frames stand for a data set, what their figures come to, and frames as a detector gets them."""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from core.arrays import Bools, Floats, Images
from core.contracts import Dataset, Detector, Footage
from core.errors import InputError
from core.records import Frames

FIGURES = ("deletion_auc", "insertion_auc", "mass", "rank", "points", "sanity", "evaluations")
RESAMPLES, CONFIDENCE_LEVEL = 2000, 0.95


def frames_of(
    dataset: Dataset, clips: Sequence[str], detector: Detector, count: int
) -> list[tuple[Footage, list[int]]]:
    """Choose abnormal frames with a mask and a score, evenly over clips and over each clip's frames.

    Raises:
        InputError: a clip is not one of the data set's, or there are not so many such frames.
    """
    known = {clip.name: clip for clip in dataset.test()}
    for name in clips:
        if name not in known:
            raise InputError(f"unknown clip {name!r}; known: {', '.join(known)}")
    fitting = []
    for name in clips or known:
        truth, w = dataset.truth(known[name]), detector.window
        last = len(truth.abnormal) - w.span + w.target
        shown = [int(f) for f in np.flatnonzero(truth.abnormal) if truth.masks and w.target <= f <= last]
        fitting.append((known[name], [f for f in shown if truth.masks is not None and truth.masks(f).any()]))
    there = sum(len(frames) for _, frames in fitting)
    if there < count:
        raise InputError(f"only {there} abnormal frames have a mask and a score, {count} were asked for")
    chosen: list[tuple[Footage, list[int]]] = []
    left = count
    for place, (clip, frames) in enumerate(sorted(fitting, key=lambda pair: len(pair[1]))):
        share = min(len(frames), -(-left // (len(fitting) - place)))
        picked = np.unique(np.linspace(0, len(frames) - 1, share).round().astype(int)).tolist() if share else []
        chosen.append((clip, [frames[i] for i in picked]))
        left -= share
    return chosen


def chunks(images: Images, fps: float, size: int = 8) -> Iterator[Frames]:
    """Cut (T, H, W, 3) uint8 frames at a steady rate into chunks, as a clip is decoded."""
    times = np.arange(len(images)) / fps
    for first in range(0, len(images), size):
        yield Frames(images[first : first + size], first, times[first : first + size])


def best_threshold(scores: Floats, abnormal: Bools) -> float:
    """Return the score with the largest √(TPR·(1 − FPR)) (``ravi2021class``, equation 3.21); NaN scores do not count.

    >>> best_threshold(np.array([1, 2, 3, 4], np.float32), np.array([False, False, True, True]))
    3.0
    """
    known = np.isfinite(scores)
    values, truth = scores[known], abnormal[known]
    order = np.argsort(-values, kind="stable")
    hits, misses = np.cumsum(truth[order]), np.cumsum(~truth[order])
    mean = np.sqrt(hits / max(1, truth.sum()) * (1 - misses / max(1, (~truth).sum())))
    return float(values[order][int(mean.argmax())])


def spread(picked: Sequence[tuple[Footage, Sequence[int]]]) -> list[tuple[Footage, int]]:
    """Put frames in an order of which every beginning is spread over all clips and over each of them.

    A clip's frames come by the bits of their index read backwards (van der Corput), a round over the clips at a time.
    """
    order = [
        (int(f"{index:016b}"[::-1], 2), number, clip, frame)
        for number, (clip, frames) in enumerate(picked)
        for index, frame in enumerate(frames)
    ]
    return [(clip, frame) for _, _, clip, frame in sorted(order, key=lambda row: row[:2])]


def table_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each method's means with intervals, the most faithful first, of rows ``clip``, ``frame``, ``methods``."""
    table = []
    for name in dict.fromkeys(name for row in rows for name in row["methods"]):
        told = [row["methods"][name] for row in rows if name in row["methods"]]
        clips = Counter(row["clip"] for row in rows if name in row["methods"])
        line: dict[str, Any] = {"method": name, "frames": len(told), "clips": dict(sorted(clips.items()))}
        for figure in FIGURES:
            values = [figures[figure] for figures in told if figures[figure] is not None]
            line[figure] = interval(values) if values else None
        table.append(line)
    return sorted(table, key=lambda line: line["deletion_auc"]["mean"] if line["deletion_auc"] else np.inf)


def interval(values: Sequence[float]) -> dict[str, float]:
    """Return mean and bootstrapped 95 % interval of the mean, and how many values there are."""
    draw = np.random.default_rng(0)
    array = np.asarray(values, np.float64)
    means = array[draw.integers(0, len(array), (RESAMPLES, len(array)))].mean(1)
    low, high = np.quantile(means, [(1 - CONFIDENCE_LEVEL) / 2, (1 + CONFIDENCE_LEVEL) / 2])
    return {"mean": statistics.fmean(values), "low": float(low), "high": float(high), "count": len(values)}
