"""How far each explanation method can be believed, over many abnormal frames whose masks are known.

Each method's figures of a frame are on disk before the next begins, so that a stopped run goes on where it was; those
that were computed by other code than today's are computed again. Beside them stands what explaining costs.
"""

import ast
import hashlib
import inspect
import json
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks._frames import best_threshold, chunks, frames_of, spread, table_of
from core import files
from core.arrays import Floats, Images
from core.contracts import Dataset, Detector
from core.device import Runtime
from core.errors import InputError
from core.registry import collect, pick
from explain import attribution, faithfulness, scorer, segments
from explain.attribution import Budget, MethodEntry, attribute, reduced
from pipeline.camera import Camera, cameras, load
from pipeline.explaining import attribution_input as inputs
from pipeline.explaining.attribution_input import MAX_SAMPLES, FrameContext, attribution_input
from pipeline.explaining.attributions import FrameExplainer, FrameRequest, against
from pipeline.explaining.plan import methods

if TYPE_CHECKING:
    from benchmarks.run import Request
from collections.abc import Callable

from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import _child
from benchmarks.speed import SYSTEM_ALLOCATOR
from explain.scorer import Scorer
from pipeline.explaining.budgets import default_budget

ROUNDS, WINDOWS, SIDE = 4, 24, 1024
SANITY_EVERY = 5
"""Of so many frames one has its sanity checked, which costs as much as a further map."""
STEPS = 16


def measure_speed(explained: FrameExplainer) -> dict[str, Any]:
    """Time every method on one frame with the default budget, and evaluations alone and in batches.

    Returns:
        ``methods`` (name to seconds of processor time), ``evaluation_ms`` of one in a batch, ``batching`` (how much
        longer one evaluation at a time takes), ``float32`` (one at a time in float32), ``scripts`` (one at a time as
        papers' scripts ask, by the clock: see :func:`benchmarks.detectors.one_window`), ``peak`` (floating point
        operations of a batch by those of a matrix product in the same time and precision), and ``peak_alone``, one at
        a time. Times are the smallest of several.
    """
    detector, runtime, question = explained.detector, explained.runtime, explained.question
    keep = torch.rand(WINDOWS, *question.heat.shape, generator=torch.Generator().manual_seed(0)) > 0.5

    def ask(batch: int, runtime: Runtime) -> float:
        asker = Scorer(detector, explained.scale, runtime)
        asker.batch = batch or asker.batch
        return _least(lambda: asker.masked(question, keep)) / WINDOWS

    together, alone = ask(0, runtime), ask(1, runtime)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        detector.predict_windows(question.window[None].to(runtime.device), question.heat.shape)
    left = torch.randn(SIDE, SIDE, dtype=runtime.precision, device=runtime.device)
    best = 2 * SIDE**3 / _least(lambda: left @ left)
    seconds = {}
    for name, entry in methods().items():
        entry.ready()
        began = time.process_time()
        attribute(name, entry, question, explained.asker(default_budget(explained.camera)))
        seconds[name] = round(time.process_time() - began, 2)
    return {
        "methods": seconds,
        "evaluation_ms": round(1e3 * together, 2),
        "batching": round(alone / together, 2),
        "float32": round(ask(1, Runtime(runtime.device, torch.float32)) / together, 2),
        "scripts": round(_over_scripts(explained, keep), 2),
        "peak": round(counter.get_total_flops() / together / best, 2),
        "peak_alone": round(counter.get_total_flops() / alone / best, 2),
    }


def _over_scripts(explained: FrameExplainer, keep: Tensor) -> float:
    """Return how much longer the same network takes where it is asked as papers' scripts ask, by the clock."""
    asker = Scorer(explained.detector, explained.scale, explained.runtime)
    together = _least(lambda: asker.masked(explained.question, keep), time.perf_counter) / len(keep)
    camera, device = explained.camera, explained.runtime.device.type
    asked = camera.detector, device, json.dumps(dict(camera.settings))
    rate = float(_child.run("detectors", "one_window", *asked, environment=SYSTEM_ALLOCATOR))
    return 1.0 / rate / together


def _least(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    work()
    times = []
    for _ in range(ROUNDS):
        began = clock()
        work()
        times.append(clock() - began)
    return min(times)


def measure(camera: Camera, dataset: Dataset, plan: "Request", runtime: Runtime) -> list[dict[str, Any]]:
    """Explain abnormal frames by every method; returns a row for each method."""
    detector, began = camera.build(runtime), time.monotonic()
    picked = frames_of(dataset, plan.clips, detector, plan.frames)
    folder = files.folder(plan.work or files.home() / "bench" / "explanations")
    kept = folder / f"{camera.name}-{camera.sha256[:12]}-{plan.budget}.jsonl"
    done = _done(kept)
    images = {clip.name: np.concatenate([chunk.images for chunk in clip.frames()]) for clip, _ in picked}
    scored = {name: _scores(images[name], camera, detector, runtime) for name in images}
    abnormal = np.concatenate([dataset.truth(clip).abnormal for clip, _ in picked])
    together = np.concatenate([scored[clip.name] for clip, _ in picked])
    limit, rows = best_threshold(together, abnormal), []
    todo = sorted(spread(picked), key=lambda pair: -len(done.get((pair[0].name, pair[1]), {})))  # begun ones first
    for number, (clip, frame) in enumerate(todo):
        found = done.get((clip.name, frame), {})
        missing = {name: entry for name, entry in methods().items() if name not in found}
        if missing and time.monotonic() - began > 60.0 * plan.minutes:
            continue
        if missing:
            plan.say(lambda number=number: f"{camera.name}: frame {number} of {len(todo)}")  # type: ignore[misc]
            masks = dataset.truth(clip).masks
            shown = masks and masks(frame)
            asked = FrameRequest(frame, (), Budget(plan.budget), threshold=limit, scores=together, masks=shown)
            explained = _posed(camera, detector, images[clip.name], asked, runtime)
            for name, entry in missing.items():
                found[name] = _figures(explained, entry, name, number % SANITY_EVERY == 0)
                line = {"clip": clip.name, "frame": frame, "method": name, "code": code_of(entry)}
                with kept.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(line | {"figures": found[name]}) + "\n")
        rows.append({"clip": clip.name, "frame": frame, "methods": found})
    return table_of(rows)


def of_cameras(request: "Request", runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Measure each camera named behind ``explanations``, or all that were trained on the data set.

    Returns:
        Camera to its ``detector``, ``table`` and ``speed``.

    Raises:
        InputError: no data set is named, or there is no such camera.
    """
    if not request.data:
        raise InputError("name a data set with masks, such as --data ped2 --root path/to/UCSDped2")
    dataset = pick("data set", request.data, collect("footage", "DATASETS"))(request.root)
    named = request.what[1:] or [name for name in cameras() if load(name).card.get("trained_on") == request.data]
    if not named:
        raise InputError(f"no camera was trained on {request.data}; name one: {', '.join(cameras())}")
    found = {}
    for camera in map(load, named):
        table = measure(camera, dataset, request, runtime)
        speed = measure_speed(_first(camera, dataset, request, runtime))
        found[camera.name] = {"detector": camera.detector, "table": table, "speed": speed}
    return found


@cache
def _shared() -> str:
    helpers = sorted(Path(str(inspect.getsourcefile(attribution))).parent.glob("methods/_*.py"))
    own = (Path(str(inspect.getsourcefile(m))) for m in (attribution, scorer, segments, faithfulness, inputs))
    return "".join(_meaning(path) for path in [*own, *helpers])


@cache
def code_of(entry: MethodEntry) -> str:
    """Return what stands for the code behind a method's figures: it changes with it, and with no word of prose."""
    own = _meaning(Path(str(inspect.getsourcefile(entry.run))))
    return hashlib.sha256((own + _shared()).encode()).hexdigest()[:16]


def _meaning(path: Path) -> str:
    """Return the code of a file without its docstrings and comments."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not _prose(part)]
    return ast.dump(tree)


def _prose(part: ast.stmt) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant) and isinstance(part.value.value, str)


def _posed(camera: Camera, detector: Detector, images: Images, asked: FrameRequest, runtime: Runtime) -> FrameExplainer:
    w = detector.window
    first = asked.frame - w.target
    samples = detector.resize(torch.from_numpy(images[:: max(1, len(images) // MAX_SAMPLES)])).numpy()
    looked = FrameContext(images[first : first + w.span], tuple(range(first, first + w.span)), samples)
    question, scale = attribution_input(
        looked, camera, detector, runtime, scores=asked.scores, threshold=asked.threshold
    )
    return FrameExplainer(camera, detector, runtime, question, scale, asked)


def _first(camera: Camera, dataset: Dataset, plan: "Request", runtime: Runtime) -> FrameExplainer:
    """Pose the frame that stands for all where speed is measured."""
    detector = camera.build(runtime)
    clip, frame = spread(frames_of(dataset, plan.clips, detector, plan.frames))[0]
    images = np.concatenate([chunk.images for chunk in clip.frames()])
    return _posed(camera, detector, images, FrameRequest(frame, ()), runtime)


def _figures(explained: FrameExplainer, entry: MethodEntry, name: str, sane: bool) -> dict[str, Any]:
    question, asked = explained.question, explained.asked
    told = attribute(name, entry, question, explained.asker(asked.budget))
    values = reduced(told.map, question.heat.shape)
    curves = faithfulness.curves(values, question, explained.asker(Budget()), STEPS)
    return {
        "evaluations": told.evaluations,
        "deletion_auc": curves and curves.deletion_auc,
        "insertion_auc": curves and curves.insertion_auc,
        "sanity": explained.sanity(entry, values) if sane and values.any() else None,
        **against(told.map, asked.masks),
    }


def _done(path: Path) -> dict[tuple[str, int], dict[str, dict[str, Any]]]:
    """Return the figures that today's code computed: (clip, frame) to method to figures; torn lines do not count."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    found: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    codes = {name: code_of(entry) for name, entry in methods().items()}
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if row.get("code") == codes.get(row.get("method"), ""):
            found.setdefault((row["clip"], row["frame"]), {})[row["method"]] = row["figures"]
    return found


def _scores(images: Images, camera: Camera, detector: Detector, runtime: Runtime) -> Floats:
    """Return the calibrated scores of a clip, NaN where no window reaches."""
    scores = np.full(len(images), np.nan, np.float32)
    with runtime.autocast():
        for answer in detector.stream(chunks(images, 25.0)):
            found = answer.score.float().cpu().numpy() - camera.normality.median
            scores[answer.first : answer.first + len(found)] = found
    return scores
