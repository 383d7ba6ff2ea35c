"""What ``camera.json`` holds, checked as it is read: a camera may come from a stranger."""

import dataclasses
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core import typed_json
from core.checksums import check_sha256
from core.equivalence import Channel
from core.errors import expect
from core.limits import LIMITS
from core.normality import AlarmCurve, Normality, StandingAlarms

NAME = "camera.json"
MAX_BYTES = 16 << 20
"""Of the file; that of a busy street has 0.3 MB."""
MAX_FPS, MAX_SCORE, MAX_HOURS = 1000.0, 1e6, 1e6
"""Frames a second, the size of a score in dB or nats, and hours of footage: far beyond what there is."""
_READ_OF_CARD = {"clips": list, "figures": dict, "channels": dict, "false_alarms": dict}
_RATES = ("asked_per_hour", "expected_per_hour", "measured_on_hours")
"""What is read of a card, and not only shown."""


@dataclass(frozen=True)
class CameraFile:
    """What ``camera.json`` holds.

    Attributes:
        detector: name in the registry.
        settings: of the detector, beyond its defaults.
        sha256: of ``weights.safetensors``, 64 hexadecimal digits.
        threshold: calibrated score above which a frame is unusual.
        floor: calibrated score from which a frame's evidence is kept.
        width, height, fps: of the normal footage.
        normality: what is normal here.
        card: data, seed, epochs, versions, figures; shown as it is.
        alarms: what thresholds cost in false alarms; None for a camera that was measured before that was kept.
        channels: kinds of scores beside that of the pixels; see :mod:`pipeline.channels`.
        standing: of events of what stands, or is gone; None where the camera does not tell of them.
    """

    detector: str
    settings: Mapping[str, Any]
    sha256: str
    threshold: float
    floor: float
    width: int
    height: int
    fps: float
    normality: Normality
    card: Mapping[str, Any]
    alarms: AlarmCurve | None = dataclasses.field(default=None, kw_only=True)
    channels: Mapping[str, Channel] = dataclasses.field(default_factory=dict, kw_only=True)
    standing: StandingAlarms | None = dataclasses.field(default=None, kw_only=True)
    format: Literal[1] = dataclasses.field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        check_sha256("sha256", self.sha256)
        for side, most in (("width", LIMITS.max_width), ("height", LIMITS.max_height)):
            _within(side, getattr(self, side), 1, most)
        expect(0 < self.fps <= MAX_FPS, "fps", f"above 0 and at most {MAX_FPS:g}", self.fps)
        _within("threshold", self.threshold, -MAX_SCORE, MAX_SCORE)
        _within("floor", self.floor, -MAX_SCORE, MAX_SCORE)
        _check_normality(self.normality)
        _check_kinds(self)
        _check_card(self.card)


def read(folder: Path) -> CameraFile:
    """Read the file of a camera's folder.

    Raises:
        InputError: it cannot be read, or is no such file.
    """
    what, remedy = f"{folder.name}/{NAME}", "train the camera again"
    return typed_json.read(CameraFile, folder / NAME, what, remedy, most_bytes=MAX_BYTES)


def _check_kinds(camera: CameraFile) -> None:
    """Check what each kind of score costs in false alarms, and the checksums of their files."""
    for name, channel in camera.channels.items():
        if channel.sha256:
            check_sha256(f"channels.{name}.sha256", channel.sha256)
        _check_alarms(f"channels.{name}.alarms", channel.alarms)
        for part in ("scores", "equal"):
            _ascending(f"channels.{name}.{part}", getattr(channel.equivalence, part), -MAX_SCORE, MAX_SCORE)
    if camera.alarms is not None:
        _check_alarms("alarms", camera.alarms)
    if camera.standing is not None:
        check_sha256("standing.sha256", camera.standing.sha256)
        _check_alarms("standing.alarms", camera.standing.alarms)
        _within("standing.threshold", camera.standing.threshold, 0, MAX_SCORE)


def _check_alarms(name: str, curve: AlarmCurve) -> None:
    _within(f"{name}.hours", curve.hours, 0, MAX_HOURS)
    _ascending(f"{name}.thresholds", curve.thresholds, -MAX_SCORE, MAX_SCORE)
    _ascending(f"{name}.per_hour, from its end,", curve.per_hour[::-1], 0, MAX_SCORE)


def _check_normality(normal: Normality) -> None:
    _within("normality.median", normal.median, -MAX_SCORE, MAX_SCORE)
    _ascending("normality.quantiles", normal.quantiles, -MAX_SCORE, MAX_SCORE)
    expect(len(normal.quantiles) > 1, "normality.quantiles", "two at least", len(normal.quantiles))
    _within("normality.heat", normal.heat, 0, MAX_SCORE)
    for name in ("frames", "explained_frames"):
        _within(f"normality.{name}", getattr(normal, name), 0)
    for label, one in normal.classes.items():
        _within(f"boxes of {label!r}", one.boxes, 0)
        _within(f"per_frame of {label!r}", one.per_frame, 0, MAX_SCORE)
        _ascending(f"density of {label!r}", one.density, 0, MAX_SCORE)
        _ascending(f"confidence of {label!r}", one.confidence, 0, 1)
        expect(len(one.density) > 0, f"density of {label!r}", "one at least", 0)
    for label, place in normal.places.items():
        _within(f"frames of {label!r}", place.frames, 1)
        _within(f"moments of {label!r}", place.moments, 0)
        _all_within(f"points of {label!r}", itertools.chain(*place.points))
        _all_within(f"motion of {label!r}", itertools.chain(*place.motion))
        least = min((height for _, _, height in place.points), default=1)
        expect(least > 0, f"heights of {label!r}", "above 0", least)
        _ascending(f"distance of {label!r}", place.distance, 0, MAX_SCORE)
        _ascending(f"speed of {label!r}", place.speed, 0, MAX_SCORE)


def _check_card(card: Mapping[str, Any]) -> None:
    for name, kind in _READ_OF_CARD.items():
        part = card.get(name)
        expect(part is None or isinstance(part, kind), f"{name} of the card", f"a {kind.__name__}", part)
    alarms = card.get("false_alarms") or {}
    rates = {name: alarms.get(name) for name in _RATES}
    numbers = all(rate is None or type(rate) in (int, float) for rate in rates.values())
    expect(numbers, "false_alarms of the card", "numbers", rates)
    kinds = card.get("channels") or {}
    expect(all(isinstance(said, str) for said in kinds.values()), "channels of the card", "sentences", kinds)


def _within(name: str, value: float, least: float, most: float = float("inf")) -> None:
    to = "" if most == float("inf") else f" and at most {most:g}"
    expect(least <= value <= most, name, f"at least {least:g}{to}", value)


def _all_within(name: str, values: Iterable[float]) -> None:
    wrong = next((value for value in values if not abs(value) <= MAX_SCORE), None)
    expect(wrong is None, name, f"within ±{MAX_SCORE:g}", wrong)


def _ascending(name: str, values: Sequence[float], least: float, most: float) -> None:
    falls = next(((before, after) for before, after in itertools.pairwise(values) if after < before), None)
    expect(falls is None, name, "in order", falls)
    for end in (*values[:1], *values[-1:]):
        _within(name, end, least, most)
