"""A camera's threshold: what it costs in false alarms, and how it is moved."""

import dataclasses
import math

from core.errors import InputError
from core.normality import AlarmCurve, StandingAlarms
from people import audit, policy
from pipeline.camera import Camera, load, save
from pipeline.camera_place import writing
from pipeline.events import EventRule

LOWEST = 0.75
"""Share of the threshold down to which an analyst may lower it and still be told causes."""


STANDING_SHARE = 0.25
"""Part of the false alarms asked for that events of what stands may cost, where a camera tells of them."""


def retune(name: str, false_alarms: float) -> Camera:
    """Move a camera's threshold to another number of false alarms an hour, along what was measured of it.

    Args:
        name: of the camera, or its folder.
        false_alarms: events an hour that normal footage may raise, more than 0.

    Raises:
        AccessError: the one who asks may not change cameras.
        UnknownNameError: there is no such camera.
        InputError: the number is out of range, or the camera was measured before its false alarms were kept.
        StorageError: the camera cannot be written.
    """
    policy.require(policy.CAMERAS)
    check_alarms(false_alarms)
    with writing(load(name).folder):
        camera = load(name)
        if camera.alarms is None:
            raise InputError(f"camera {camera.name} does not know its false alarms yet; train --measure finds them out")
        made = _moved(camera, camera.alarms, false_alarms)
        save(made)
    audit.record(audit.CAMERA, made.name, f"threshold {made.threshold:.6g}")
    return made


def _moved(camera: Camera, alarms: AlarmCurve, false_alarms: float) -> Camera:
    moving, standing = shares(false_alarms, camera.standing is not None)
    threshold, stands = alarms.threshold(moving), camera.standing
    if stands is not None:
        stands = dataclasses.replace(stands, threshold=stands.alarms.threshold(standing))
    card = {**camera.card, "false_alarms": promised(alarms, threshold, false_alarms, stands)}
    return dataclasses.replace(camera, threshold=threshold, floor=floor_of(threshold), card=card, standing=stands)


def set_threshold(name: str, threshold: float) -> Camera:
    """Set a camera's threshold of what moves, and write on its card what that is expected to cost.

    Args:
        name: of the camera, or its folder.
        threshold: calibrated score above which a frame is unusual, more than 0.

    Raises:
        AccessError: the one who asks may not change cameras.
        UnknownNameError: there is no such camera.
        InputError: the threshold is out of range.
        StorageError: the camera cannot be written.
    """
    policy.require(policy.CAMERAS)
    if not (math.isfinite(threshold) and threshold > 0):
        raise InputError(f"a threshold must be a finite number above 0, got {threshold:g}")
    with writing(load(name).folder):
        camera = load(name)
        card = camera.card
        if camera.alarms is not None:
            stands = camera.standing
            cost = camera.alarms.expected(threshold) + (stands.alarms.expected(stands.threshold) if stands else 0.0)
            card = {**card, "false_alarms": promised(camera.alarms, threshold, cost, stands)}
        made = dataclasses.replace(camera, threshold=threshold, floor=floor_of(threshold), card=card)
        save(made)
    audit.record(audit.CAMERA, made.name, f"threshold {made.threshold:.6g}")
    return made


def check_alarms(per_hour: float | None) -> None:
    """Refuse what is no number of false alarms an hour; None leaves it to the footage.

    Raises:
        InputError: it is not from 0.1 to 1000.
    """
    if per_hour is not None and not 0.1 <= per_hour <= 1000:
        raise InputError(f"false alarms an hour must be from 0.1 to 1000, got {per_hour:g}")


def shares(per_hour: float, stands: bool) -> tuple[float, float]:
    """Divide the false alarms an hour that a camera may cost: among what moves, and what stands.

    What stands may cost :data:`STANDING_SHARE` of them where the camera tells of it: both together cost what was asked
    for.

    >>> shares(8.0, True), shares(8.0, False)
    ((6.0, 2.0), (8.0, 0.0))
    """
    share = STANDING_SHARE if stands else 0.0
    return per_hour * (1 - share), per_hour * share


def promised(
    alarms: AlarmCurve, threshold: float, requested: float, standing: StandingAlarms | None = None
) -> dict[str, float]:
    """Say what the thresholds of a camera are to cost together, and on how much footage that rests."""
    stands = standing.alarms.expected(standing.threshold) if standing is not None else 0.0
    return {
        "asked_per_hour": round(requested, 2),
        "expected_per_hour": round(alarms.expected(threshold) + stands, 4),
        "measured_on_hours": alarms.hours,
    }


def floor_of(threshold: float) -> float:
    """Return the calibrated score from which a camera's evidence is kept, so that its threshold may be lowered."""
    return threshold * LOWEST * EventRule().low
