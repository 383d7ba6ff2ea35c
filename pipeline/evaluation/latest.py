"""Tells the results of the latest submission from older ones, and which results are comparable."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.errors import WhycamError
from jobs.store import ENDS
from pipeline.evaluation.evaluations import Evaluation
from pipeline.evaluation.xman_result import XmanResult

if TYPE_CHECKING:
    from pipeline.camera import Camera

FINGERPRINT = "camera_fingerprint"


@dataclass(frozen=True)
class LatestBatch:
    """The evaluations that were submitted last, at once.

    Attributes:
        done, stopped, active: the evaluations of it, by how far they are; stopped ones failed, or were cancelled or
            interrupted.
    """

    done: tuple[Evaluation, ...] = ()
    stopped: tuple[Evaluation, ...] = ()
    active: tuple[Evaluation, ...] = ()

    def answers(self, one: Evaluation) -> bool:
        """Tell whether an evaluation is part of it; any other is older."""
        return any(one.id == mine.id for mine in (*self.done, *self.stopped, *self.active))


def latest_batch(kept: Sequence[Evaluation]) -> LatestBatch:
    """Return the evaluations that were submitted last.

    Args:
        kept: evaluations, newest first.
    """
    if not kept:
        return LatestBatch()
    first = kept[0]
    batch = [
        one for one in kept if one.id == first.id or (first.request.batch and one.request.batch == first.request.batch)
    ]
    done = tuple(one for one in batch if one.state == "done")
    stopped = tuple(one for one in batch if one.state in ENDS)
    return LatestBatch(done, stopped, tuple(one for one in batch if one.active))


def outcome(one: Evaluation) -> str:
    """Say how an evaluation stopped: ``failed``, ``was cancelled`` or ``was interrupted``."""
    return one.state if one.state == "failed" else f"was {one.state}"


def inputs(one: Evaluation) -> str:
    """Name the inputs of an evaluation, and when it was submitted."""
    request = one.request
    against = request.labels if request.explains else request.data
    on = f" on {request.data}" if request.kind == "causes" else ""
    worse = f" ({request.distortion})" if request.distortion else ""
    return f"{request.name}{worse}{on} against {against}, submitted at {one.submitted} UTC"


def fingerprint(camera: "Camera") -> str:
    """Return what changes when a camera scores or explains otherwise; its card's figures do not."""
    content = [camera.detector, dict(camera.settings), camera.sha256, camera.threshold, asdict(camera.normality)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def camera_change(one: Evaluation, result: Mapping[str, Any] | XmanResult) -> str:
    """Say that the camera of an evaluation has changed since, or nothing; files that were uploaded are kept with it."""
    from pipeline.camera import load

    name = one.request.system
    before = result.camera_fingerprint if isinstance(result, XmanResult) else result.get(FINGERPRINT)
    if one.request.kind not in ("camera", "causes") or not before:
        return ""
    try:
        now = fingerprint(load(name))
    except WhycamError as error:
        return f"camera {name} cannot be read any more ({error}): its figures are of what it was"
    return "" if now == before else f"camera {name} was changed since: its figures are of what it was; measure it again"


def why_incomparable(results: Sequence[Mapping[str, Any] | XmanResult]) -> str:
    """Say why some results cannot be compared, or nothing."""
    explained = [one for one in results if isinstance(one, XmanResult)]
    detected = [one for one in results if not isinstance(one, XmanResult)]
    labels = sorted({*(one.labels for one in explained), *(str(one["label_set"]) for one in detected)})
    if len(labels) > 1:
        return f"figures of different labels cannot be compared: {', '.join(labels)}"
    if len({one.sha256["labels"] for one in explained if one.sha256}) > 1:
        return f"figures of different labels cannot be compared: there are two files {labels[0]} of different content"
    if len({one.unanswered for one in explained}) > 1:
        return "figures that count unanswered frames cannot be compared with figures that leave them out"
    rules = {json.dumps(one["rules"], sort_keys=True) for one in detected}
    return "these figures follow different protocols: read each with its own" if len(rules) > 1 else ""
