"""Which of the kept results answer what was asked for last, which are older, and which may stand side by side."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.errors import WhycamError
from jobs.store import ENDS
from pipeline.evaluation.evaluations import Evaluation

if TYPE_CHECKING:
    from pipeline.camera import Camera

FINGERPRINT = "camera_fingerprint"


@dataclass(frozen=True)
class Newest:
    """What was asked for last, all at once.

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


def newest(kept: Sequence[Evaluation]) -> Newest:
    """Return what was asked for last.

    Args:
        kept: evaluations, newest first.
    """
    if not kept:
        return Newest()
    first = kept[0]
    batch = [one for one in kept if one.id == first.id or (first.request.batch and _batch(one) == _batch(first))]
    done = tuple(one for one in batch if one.state == "done")
    stopped = tuple(one for one in batch if one.state in ENDS)
    return Newest(done, stopped, tuple(one for one in batch if one.active))


def outcome(one: Evaluation) -> str:
    """Say how an evaluation stopped: ``failed``, ``was cancelled`` or ``was interrupted``."""
    return one.state if one.state == "failed" else f"was {one.state}"


def _batch(one: Evaluation) -> str:
    return one.request.batch


def inputs(one: Evaluation) -> str:
    """Name what an evaluation was made of, and when it was asked for."""
    request = one.request
    against = request.labels if request.explains else request.data
    on = f" on {request.data}" if request.kind == "causes" else ""
    worse = f" ({request.distortion})" if request.distortion else ""
    return f"{request.name}{worse}{on} against {against}, asked for at {one.asked} UTC"


def fingerprint(camera: "Camera") -> str:
    """Return what changes when a camera scores or explains otherwise; its card's figures do not."""
    told = [camera.detector, dict(camera.settings), camera.sha256, camera.threshold, asdict(camera.normality)]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def changed(one: Evaluation, result: Mapping[str, Any]) -> str:
    """Say what an evaluation was made of and is no longer so, or nothing; files that were uploaded are kept with it."""
    from pipeline.camera import load

    name, before = one.request.system, result.get(FINGERPRINT)
    if one.request.kind not in ("camera", "causes") or before is None:
        return ""
    try:
        now = fingerprint(load(name))
    except WhycamError as error:
        return f"camera {name} cannot be read any more ({error}): its figures are of what it was"
    return "" if now == before else f"camera {name} was changed since: its figures are of what it was; measure it again"


def comparable(results: Sequence[Mapping[str, Any]]) -> str:
    """Say why some results cannot be compared, or nothing."""
    labels = sorted({str(result.get("label_set", result.get("labels"))) for result in results})
    if len(labels) > 1:
        return f"figures of different labels cannot be compared: {', '.join(labels)}"
    if len({result["sha256"]["labels"] for result in results if "sha256" in result}) > 1:
        return f"figures of different labels cannot be compared: there are two files {labels[0]} of different content"
    if len({result["unanswered"] for result in results if "unanswered" in result}) > 1:
        return "figures that count unanswered frames cannot be compared with figures that leave them out"
    rules = sorted({json.dumps(result["rules"], sort_keys=True) for result in results if "rules" in result})
    return "these figures follow different protocols: read each with its own" if len(rules) > 1 else ""
