"""One clip through all stages: decode, score, explain, report; each step on disk, so that a stopped run goes on."""

import dataclasses
import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core import device, files, video
from core.contracts import Detector
from core.errors import Cancelled, ClipError, InputError
from core.normality import Normality
from core.records import Analysis, Clip, ExplainedEvent
from explain import actions as action_models
from explain import causes, report
from explain import objects as object_models
from pipeline import versions
from pipeline.camera import Camera, look
from pipeline.events import EventRule, find_events
from pipeline.evidence import EvidenceFolder
from pipeline.scoring import EVIDENCE, SCORES, Progress, Scoring
from pipeline.witness import Witness

FACTS, WHY = "run.json", "why"
LONGEST = 900
"""Explained frames, three minutes, from which an event's causes are told: of a longer one, those around its peak."""
__all__ = ["EVIDENCE", "Progress", "analyse", "explain_events", "floor_of"]


def analyse(
    path: Path, camera: Camera, folder: Path, *, name: str | None = None, threshold: float | None = None,
    runtime: device.Runtime | None = None, objects: str = "auto", actions: str = "auto",
    progress: Callable[[Progress], None] | None = None, cancelled: Callable[[], bool] | None = None,
) -> Analysis:  # fmt: skip
    """Analyse one clip, and write ``report.html``, ``report.json`` and ``scores.csv`` into ``folder``.

    Called again on the folder of a stopped run of the same clip and camera, it goes on where that one stopped.

    Args:
        path: the clip.
        camera: whose footage it is.
        folder: of this run; made when missing.
        name: shown instead of the file's name.
        threshold: calibrated score above which a frame is unusual; the camera's own when None.
        runtime: device and precision; the best there is when None.
        objects: object backend, or ``auto``.
        actions: action backend, or ``auto``.
        progress: called after every chunk of frames.
        cancelled: asked after every chunk of frames.

    Raises:
        ClipError: the clip cannot be read, or has fewer frames than one window.
        Cancelled: ``cancelled`` said so; what was done is kept.
        StorageError: the disk is full.
    """
    runtime, progress, cancelled = runtime or device.choose(), progress or _silent, cancelled or _never
    facts = _facts(path, camera, name, threshold, runtime)
    clip = facts.pop("probed")
    detector = camera.build(runtime)
    _check_length(clip.frames, clip.name, camera, detector)
    witness = Witness(
        object_models.choose(objects, runtime, _arriving("object", progress, cancelled)),
        action_models.choose(actions, runtime, _arriving("action", progress, cancelled)),
    )
    facts["models"] = {"objects": witness.objects.name, "actions": witness.actions.name}
    _begin(folder, facts)
    scoring = Scoring(path, clip, detector, camera.normality.median, facts["floor"], witness, runtime)
    try:
        scoring.run(folder, progress, cancelled)
        _check_length(scoring.frames, clip.name, camera, detector)
    except ClipError:
        _discard(folder)
        raise
    facts["warnings"] += scoring.warnings
    facts["clip"]["frames"] = scoring.frames
    files.write_json(folder / FACTS, facts)
    result = explain_events(folder)
    report.write(result, EvidenceFolder(folder / EVIDENCE).get, folder, folder / WHY)
    return result


def explain_events(folder: Path, threshold: float | None = None) -> Analysis:
    """Cut events at a threshold and rank their causes, from what a finished run kept; nothing is scored again.

    Args:
        folder: of the run.
        threshold: calibrated; the run's own when None. Under the run's floor, events have no evidence to rank.

    Raises:
        InputError: the folder holds no finished run.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        scores = np.fromfile(folder / SCORES, np.float32)
        clip, normality = Clip(**facts["clip"]), Normality.of(facts["normality"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError("this run holds no finished analysis; analyse the clip again") from error
    limit = float(facts["threshold"] if threshold is None else threshold)
    kept = EvidenceFolder(folder / EVIDENCE)
    events = []
    for event in find_events(scores, limit, clip.fps):
        seen = kept.between(event.first, event.last).around(event.peak, LONGEST)
        ranked, unexplained = causes.rank(seen, normality, fps=clip.fps)
        said = causes.summarise(event, ranked, unexplained, clip.fps, limit, (clip.width, clip.height))
        events.append(ExplainedEvent(event, ranked, unexplained, said))
    return Analysis(clip, facts["camera"], facts["detector"], facts["models"], limit, scores, tuple(events),
                    tuple(facts["warnings"]), facts["versions"], normality.heat, normality.places)  # fmt: skip


def floor_of(folder: Path) -> float:
    """Return the calibrated score from which a run kept evidence: the lowest threshold that it can explain."""
    return float(json.loads((folder / FACTS).read_text(encoding="utf-8"))["floor"]) / EventRule().low


def _facts(
    path: Path, camera: Camera, name: str | None, threshold: float | None, runtime: device.Runtime
) -> dict[str, Any]:
    probed = video.probe(path)
    probed = dataclasses.replace(probed, name=name or probed.name)
    limit = camera.threshold if threshold is None else threshold
    if not math.isfinite(limit):
        raise InputError(f"the threshold must be a finite number, got {limit}; camera {camera.name} uses "
                         f"{camera.threshold:.2f}")  # fmt: skip
    return {
        "probed": probed,
        "clip": dataclasses.asdict(probed),
        "camera": camera.name,
        "detector": camera.detector,
        "threshold": limit,
        "floor": min(camera.floor, limit * EventRule().low),
        "warnings": list(look(camera, path)),
        "normality": dataclasses.asdict(camera.normality),
        "versions": versions.of(camera, runtime),
    }


def _silent(progress: Progress) -> None:
    """Tell nobody."""


def _never() -> bool:
    return False


def _arriving(
    kind: str, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
) -> Callable[[int, int | None], None]:
    """Return what tells ``progress`` of a model's weights while they are downloaded, in megabytes."""

    def tell(here: int, total: int | None) -> None:
        progress(Progress(here >> 20, total and total >> 20, 0.0, f"downloading the {kind} model", "MB"))
        if cancelled():
            raise Cancelled(f"cancelled while the {kind} model was downloaded; what arrived is kept")

    return tell


def _discard(folder: Path) -> None:
    """Remove what a clip that cannot be analysed left in its run's folder."""
    for left in (folder / FACTS, folder / SCORES):
        left.unlink(missing_ok=True)
    shutil.rmtree(folder / EVIDENCE, ignore_errors=True)


def _check_length(frames: int | None, name: str, camera: Camera, detector: Detector) -> None:
    if frames is None or frames >= detector.window.span:
        return
    raise ClipError(
        f"{name!r} has {frames} frames, fewer than the {detector.window.span} that camera {camera.name} looks at once"
    )


def _begin(folder: Path, facts: dict[str, Any]) -> None:
    """Make the run's folder ready, keeping what an earlier try of the same analysis left there."""
    files.folder(folder)
    same = ("camera", "threshold", "versions", "models")
    try:
        before = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        known = before["clip"]["sha256"] == facts["clip"]["sha256"] and all(before[key] == facts[key] for key in same)
    except (OSError, KeyError, ValueError):
        known = False
    if not known:
        _discard(folder)
        files.write_json(folder / FACTS, facts)
