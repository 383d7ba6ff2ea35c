"""How far each explanation method can be believed, over many abnormal frames whose masks are known.

Each frame's figures are on disk before the next frame begins, so that a stopped run goes on where it was.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core import files
from core.contracts import Dataset, Detector, Footage
from core.device import Runtime, choose
from core.errors import InputError
from core.records import Floats, Frames, Images
from core.registry import collect, pick
from explain import faithfulness
from explain.attribution import Budget, attribute, reduced
from explain.scorer import Scorer
from pipeline.camera import Camera, cameras, load
from pipeline.explaining.attributions import Asked, Explained, against, methods
from pipeline.explaining.questions import SAMPLES, Looked, question_of

FIGURES = ("deletion_auc", "insertion_auc", "mass", "rank", "points", "sanity", "seconds")
RESAMPLES, SHARE = 2000, 0.95
SANITY_EVERY = 5
"""Of so many frames one has its sanity checked, which costs as much as two further maps."""
STEPS = 16
Say = Callable[[Callable[[], str]], None]


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


def best_threshold(scores: Floats, abnormal: npt.NDArray[np.bool_]) -> float:
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


def measure(
    camera: Camera, dataset: Dataset, clips: Sequence[str], count: int, budget: int, work: Path, runtime: Runtime,
    say: Say,
) -> list[dict[str, Any]]:  # fmt: skip
    """Explain ``count`` abnormal frames by every method; returns a row for each method.

    Args:
        camera: whose detector is explained.
        dataset: whose test clips.
        clips: names; all when empty.
        count: how many frames.
        budget: evaluations of each method on each frame.
        work: folder where each frame's figures are kept.
        runtime: device and precision.
        say: given what tells how far it is.
    """
    detector = camera.build(runtime)
    picked = frames_of(dataset, clips, detector, count)
    kept = files.folder(work) / f"{camera.name}-{camera.sha256[:12]}-{budget}.jsonl"
    done = {(row["clip"], row["frame"]): row for row in _rows(kept)}
    images = {clip.name: np.concatenate([chunk.images for chunk in clip.frames()]) for clip, _ in picked}
    scored = {name: _scores(images[name], camera, detector, runtime) for name in images}
    abnormal = np.concatenate([dataset.truth(clip).abnormal for clip, _ in picked])
    together = np.concatenate([scored[clip.name] for clip, _ in picked])
    limit = best_threshold(together, abnormal)
    todo = [(clip, frame) for clip, frames in picked for frame in frames]
    for number, (clip, frame) in enumerate(todo):
        if (clip.name, frame) not in done:
            say(lambda number=number: f"{camera.name}: frame {number} of {len(todo)}")  # type: ignore[misc]
            masks = dataset.truth(clip).masks
            asked = Asked(frame, (), Budget(budget), threshold=limit, scores=together,
                          masks=masks and masks(frame))  # fmt: skip
            row = _frame(camera, detector, images[clip.name], asked, runtime, number % SANITY_EVERY == 0)
            done[clip.name, frame] = {"clip": clip.name, "frame": frame, "methods": row}
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[clip.name, frame]) + "\n")
    return table_of([done[clip.name, frame] for clip, frame in todo])


def of_cameras(options: argparse.Namespace, say: Say) -> dict[str, list[dict[str, Any]]]:
    """Measure each camera that was named, or all that were trained on the data set; camera to its rows.

    Raises:
        InputError: no data set was named, or there is no such camera.
    """
    if not options.data:
        raise InputError("name a data set with masks, such as --data ped2 --root path/to/UCSDped2")
    dataset = pick("data set", options.data, collect("footage", "DATASETS"))(Path(options.root or "."))
    named = options.what[1:] or [name for name in cameras() if load(name).card.get("trained_on") == options.data]
    if not named:
        raise InputError(f"no camera was trained on {options.data}; name one: {', '.join(cameras())}")
    work = Path(options.work) if options.work else files.home() / "bench" / "explanations"
    clips, runtime = [name for name in (options.clips or "").split(",") if name], choose(options.device)
    return {
        name: measure(load(name), dataset, clips, options.frames, options.budget, work, runtime, say) for name in named
    }


def _frame(
    camera: Camera, detector: Detector, images: Images, asked: Asked, runtime: Runtime, sane: bool
) -> dict[str, dict[str, Any]]:
    w = detector.window
    first = asked.frame - w.target
    samples = detector.shrink(torch.from_numpy(images[:: max(1, len(images) // SAMPLES)])).numpy()
    looked = Looked(images[first : first + w.span], first, samples)
    question, scale = question_of(looked, camera, detector, runtime, scores=asked.scores, threshold=asked.threshold)
    explained, found = Explained(camera, detector, runtime, question, scale, asked), {}
    for name, entry in methods().items():
        told = attribute(name, entry, question, Scorer(detector, scale, runtime, asked.budget))
        values = reduced(told.map, question.heat.shape)
        curves = faithfulness.curves(values, question, Scorer(detector, scale, runtime), STEPS)
        found[name] = {
            "seconds": told.seconds,
            "evaluations": told.evaluations,
            "deletion_auc": curves and curves.deletion_auc,
            "insertion_auc": curves and curves.insertion_auc,
            "sanity": explained.sanity(entry, values) if sane and values.any() else None,
            **against(told.map, asked.masks),
        }
    return found


def table_of(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each method's means with their confidence intervals, the most faithful first.

    Args:
        rows: one for each frame: ``clip``, ``frame``, ``methods`` to their figures.
    """
    table = []
    for name in rows[0]["methods"] if rows else ():
        line: dict[str, Any] = {"method": name, "frames": len(rows)}
        for figure in FIGURES:
            values = [row["methods"][name][figure] for row in rows if row["methods"][name][figure] is not None]
            line[figure] = interval(values) if values else None
        table.append(line)
    return sorted(table, key=lambda line: line["deletion_auc"]["mean"] if line["deletion_auc"] else np.inf)


def interval(values: Sequence[float]) -> dict[str, float]:
    """Return mean and bootstrapped 95 % interval of the mean, and how many values there are."""
    draw = np.random.default_rng(0)
    array = np.asarray(values, np.float64)
    means = array[draw.integers(0, len(array), (RESAMPLES, len(array)))].mean(1)
    low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return {"mean": statistics.fmean(values), "low": float(low), "high": float(high), "count": len(values)}


def shown(rows: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Bring the table's rows to text, ``mean [low, high]``."""
    return [{key: _text(value) for key, value in row.items()} for row in rows]


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"
    return "–" if value is None else str(value)


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _scores(images: Images, camera: Camera, detector: Detector, runtime: Runtime) -> Floats:
    """Return the calibrated scores of a clip, NaN where no window reaches."""
    scores = np.full(len(images), np.nan, np.float32)
    times = np.arange(len(images)) / 25.0
    chunks = (Frames(images[i : i + 8], i, times[i : i + 8]) for i in range(0, len(images), 8))
    with runtime.autocast():
        for answer in detector.stream(chunks):
            found = answer.score.float().cpu().numpy() - camera.normality.median
            scores[answer.first : answer.first + len(found)] = found
    return scores
