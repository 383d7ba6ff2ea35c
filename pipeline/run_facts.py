"""What a run knows of itself beside its scores: its clip, its camera and its models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.disturbance import Disturbance
from core.equivalence import Channel
from core.normality import AlarmCurve, Normality
from core.records import Clip
from core.spot import Spot
from pipeline.burnt_in import BurntInText
from pipeline.channels import DECIBELS


@dataclass(frozen=True)
class RunFacts:
    """What ``run.json`` holds; see :class:`core.analysis.Analysis`. Runs of version 0.1 lack what has a default.

    Attributes:
        floor, camera_floor: calibrated scores from which the run kept evidence, and from which the camera would.
        span: analysed frames of a window.
        normality, normal_seconds, alarms: of the camera's normal footage.
        texts: burnt into the picture.
        source: path of the analysed file on this machine; empty where that is not known.
        channels: of the camera, as far as the clip has scores of that kind.
        spots: where something stood or was gone.
        unit: of scores and thresholds.
        standing: nats above which a spot is an event; None where the camera does not tell of what stands.
        models_sha256: kind of model to the SHA-256 of the weights with which it answered, as far as it is known.
        kept_blur: one of :data:`pipeline.blurs.BLURS`: how persons are blurred in all that the run keeps.
        kept_sha256: of the blurred clip that is kept in place of the analysed one; empty where there is none.
        alike: share of the camera's background that the clip's first frames show, 0 to 1; None where that was not kept.
    """

    clip: Clip
    camera: str
    detector: str
    models: Mapping[str, str]
    threshold: float
    floor: float
    normality: Normality
    warnings: tuple[str, ...]
    versions: Mapping[str, Any]
    span: int = 1
    camera_floor: float | None = None
    normal_seconds: float | None = None
    alarms: AlarmCurve | None = None
    disturbances: tuple[Disturbance, ...] = ()
    texts: tuple[BurntInText, ...] = ()
    unread: tuple[tuple[float, float], ...] = ()
    repeated: int = 0
    source: str = ""
    doubt: str = ""
    channels: Mapping[str, Channel] = field(default_factory=dict)
    spots: tuple[Spot, ...] = ()
    unit: str = DECIBELS
    standing: float | None = None
    alike: float | None = None
    models_sha256: Mapping[str, str] = field(default_factory=dict)
    kept_blur: str = "none"
    kept_sha256: str = ""
