"""One clip through all stages: decode, score, explain, report; each step on disk, so that a stopped run goes on."""

import dataclasses
import json
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core import device, files, video
from core.analysis import Analysis
from core.contracts import Detector
from core.errors import Cancelled, ClipError, InputError
from explain import actions as action_models
from explain import objects as object_models
from explain import report
from pipeline import answers, frame_log, versions
from pipeline.answers import EVIDENCE, FACTS, WHY, explain_events
from pipeline.camera import Camera, look
from pipeline.event_evidence import EventEvidence, wanted_frames
from pipeline.events import EventRule
from pipeline.evidence import EvidenceFolder
from pipeline.sampling import check_rate
from pipeline.scoring import TEXTS, Progress, Scoring
from pipeline.witness import Witness

REPEATED = 0.05
"""Share of frames that repeat the one before from which on this is said."""
__all__ = ["Progress", "analyse"]


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
    facts["span"] = detector.window.span
    facts["models"] = {"objects": witness.objects.name, "actions": witness.actions.name}
    _begin(folder, facts)
    scoring = Scoring(path, clip, detector, camera.fps, camera.normality, facts["floor"], witness, runtime)
    try:
        scoring.run(folder, progress, cancelled)
        _check_length(scoring.frames, clip.name, camera, detector)
        facts["warnings"] += [*scoring.warnings, *_repeats(scoring, camera, clip.name), *_texts(scoring)]
    except ClipError:
        _discard(folder)
        raise
    facts["clip"]["frames"], facts["repeated"] = scoring.frames, scoring.repeated
    facts["texts"] = [dataclasses.asdict(text) for text in scoring.texts]
    files.write_json(folder / FACTS, facts)
    _gather(path, folder, facts["threshold"], detector, witness, runtime, progress, cancelled)
    result = explain_events(folder)
    report.write(result, EvidenceFolder(folder / EVIDENCE).get, folder, folder / WHY)
    return result


def _gather(
    path: Path, folder: Path, threshold: float, detector: Detector, witness: Witness, runtime: device.Runtime,
    progress: Callable[[Progress], None], cancelled: Callable[[], bool],
) -> None:  # fmt: skip
    """Keep evidence of the frames that stand for the events in the report."""
    kept, began = answers.read(folder), time.monotonic()

    def tell(done: int, total: int) -> None:
        progress(Progress(done, total, done / max(time.monotonic() - began, 1e-9), "explaining events"))

    second = EventEvidence(kept.log, detector, Witness(witness.objects, witness.actions), runtime, kept.texts)
    second.gather(path, wanted_frames(kept.events(threshold)), EvidenceFolder(folder / EVIDENCE), tell, cancelled)


def _texts(scoring: Scoring) -> list[str]:
    """Say that text is burnt into the picture where the camera's footage had none."""
    if not scoring.texts:
        return []
    places = " and ".join(sorted({"upper" if text.box[1] == 0 else "lower" for text in scoring.texts}, reverse=True))
    return [f"There is text at the {places} edge of the picture that the camera's footage did not have: it is left out "
            "of the scores."]  # fmt: skip


def _repeats(scoring: Scoring, camera: Camera, name: str) -> list[str]:
    """Say how many frames repeat the one before, and hold the rate that is left against the camera's."""
    count, frames = scoring.repeated, scoring.frames
    if count < REPEATED * frames:
        return []
    said = f"{count:,} of {frames:,} frames of {name!r} repeat the one before: the detector was not shown them."
    slow = check_rate(scoring.clip.fps * (1 - count / frames), camera.name, camera.fps, name)
    return [said, slow] if slow else [said]


def _facts(
    path: Path, camera: Camera, name: str | None, threshold: float | None, runtime: device.Runtime
) -> dict[str, Any]:
    probed = video.probe(path)
    probed = dataclasses.replace(probed, name=name or probed.name)
    limit = camera.threshold if threshold is None else threshold
    if not math.isfinite(limit):
        raise InputError(f"the threshold must be a finite number, got {limit}; camera {camera.name} uses "
                         f"{camera.threshold:.2f}")  # fmt: skip
    rate = check_rate(probed.fps, camera.name, camera.fps, probed.name)
    return {
        "probed": probed,
        "clip": dataclasses.asdict(probed),
        "camera": camera.name,
        "detector": camera.detector,
        "threshold": limit,
        "floor": min(camera.floor, limit * EventRule().low),
        "span": 1,
        "warnings": [*(said for said in (rate,) if said), *look(camera, path)],
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
    for left in (folder / name for name in (FACTS, TEXTS, frame_log.FILE, frame_log.SCORES_ALONE)):
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
