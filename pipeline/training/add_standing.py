"""Adds events of what stands to a camera that is there: nothing else of it is measured anew."""

import dataclasses
from pathlib import Path
from typing import Any

from core import files
from core.errors import InputError
from core.progress import JobProgress
from jobs.locks import exclusive
from pipeline.camera import Camera, load
from pipeline.channels import STANDING
from pipeline.thresholds import STANDING_SHARE, promised, shares
from pipeline.training.calibrate_standing import StandingCalibration, calibrate_standing, watch_clips
from pipeline.training.fit_camera import NormalFootage, publish


def add_standing(name: str, footage: NormalFootage, job: JobProgress) -> Camera:
    """Learn what stands usually at a camera, and keep it beside what the camera knows.

    Its threshold stays, and with it what events of things that move cost. On top of that comes the share of what stands
    (:data:`pipeline.thresholds.STANDING_SHARE` of both together), and the card says what both cost.

    Args:
        name: of the camera, or its folder.
        footage: its normal footage, most of it in long clips.
        job: told of the stage :data:`pipeline.plan.OBSERVING`; the caller finishes it.

    Raises:
        UnknownNameError: there is no such camera.
        DataError: the footage does not tell for how long things stand, or has too few views.
        InputError: the camera does not know its false alarms, or another process trains or measures it.
        StorageError: the disk is full.
    """
    camera = load(name)
    asked = camera.card.get("false_alarms", {}).get("asked_per_hour")
    if camera.alarms is None or asked is None:
        raise InputError(f"camera {camera.name} does not know its false alarms yet; train --measure finds them out")
    with exclusive(camera.folder):
        both = float(asked) if camera.standing is not None else float(asked) / (1 - STANDING_SHARE)
        found = calibrate_standing(watch_clips(footage.clips, job))
        with files.scratch(camera.folder) as place:
            made = _made(camera, found, both, place)
            publish(made, place)
    return made


def _made(camera: Camera, found: StandingCalibration, both: float, work: Path) -> Camera:
    """Return the camera with what was found, whose file is written into ``work``."""
    stands = found.saved(work, shares(both, stands=True)[1])
    known = {kind: one for kind, one in camera.channels.items() if kind != STANDING}
    told: dict[str, Any] = {"channels": {**camera.card.get("channels", {}), STANDING: "measured"}}
    if camera.alarms is not None:
        told["false_alarms"] = promised(camera.alarms, camera.threshold, both, stands)
    return dataclasses.replace(camera, standing=stands, card={**camera.card, **told}, channels=known)
