"""What both reports say in words: the name of an event, how to read a report, and what it was computed with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.analysis import Analysis, ExplainedEvent

ATTRIBUTES, STANDING = "Attributes", "Standing"
SCORE = "Score"
IN_NATS = (
    "How surprising a frame is at this camera, in nats: the surprisal of its strangest thing's attributes and that of "
    "the error of its pixels, added up. Nats compare with the camera's normal footage. Scores of two cameras cannot be "
    "compared."
)
"""What a score means where attributes of things count."""
EXPLANATIONS = (
    (
        SCORE,
        "How far the picture differs from what the detector expected, above a typical frame of this camera. A "
        "higher score means a larger difference. It is not a probability, and scores of two cameras cannot be "
        "compared.",
    ),
    (
        "Event",
        "A part of the clip in which the smoothed score exceeds the threshold, with the weaker frames beside it.",
    ),
    (
        "Standing",
        "An event of its own: a place that changed against the normal footage and stayed so, as something left, "
        "taken, stopped, or a person who stands. Its score compares the seconds for which it stands with the longest "
        "for which anything stood there in the normal footage, in nats: one nat more is 2.7 times as long.",
    ),
    (
        "Heat",
        "Squared error of the prediction at each pixel. Colours are multiples of this camera's normal mean, the "
        "same in all its reports. Shares count the heat above that mean.",
    ),
    (
        "Cause",
        "An object, an action or a region, followed over the event. Causes are ranked by the share of heat in "
        "their boxes, by how improbable that much heat and such a thing are at this camera, and by the model's "
        "confidence. Boxes overlap, so shares do not add up.",
    ),
    (
        "Attributes",
        "What a thing is, how fast it goes, how its parts move, its shape and its size for its place. Nats say by "
        "how much each is more surprising than in this camera's normal footage: one nat more is 2.7 times as "
        "improbable. They add up to the thing's score. Bars show how often values were seen in the normal footage; "
        "the mark is this thing's.",
    ),
    (
        "Unexplained",
        "Share of the event's heat that lies in no box of any model. The higher it is, the less the named causes "
        "account for.",
    ),
    (
        "Limits",
        "Unusual does not mean forbidden or dangerous, and what is usual can be both. A cause says where the "
        "prediction error lies and what a model detected there; it does not prove why.",
    ),
)
"""Terms of a report and what they mean; :data:`ATTRIBUTES` and :data:`STANDING` are told where there are any."""


def name_of(one: ExplainedEvent) -> str:
    """Name an event after its best cause."""
    if not one.causes:
        return "no cause found"
    return "heat that no model has a name for" if one.causes[0].coarse == "unknown" else one.causes[0].fine


def explanations(analysis: Analysis) -> list[tuple[str, str]]:
    """Return the terms of a report of this analysis, with what they mean."""
    told = {ATTRIBUTES: any(one.things for one in analysis.events), STANDING: analysis.standing is not None}
    found = [(term, meaning) for term, meaning in EXPLANATIONS if told.get(term, True)]
    return [(SCORE, IN_NATS), *found[1:]] if analysis.unit == "nats" else found


def moment(written: datetime | None) -> str:
    """Write when a report was written, in UTC; now when None."""
    return f"{written or datetime.now(UTC):%Y-%m-%d at %H:%M} UTC"


def pedigree(analysis: Analysis) -> list[tuple[str, str]]:
    """Return what an analysis was made of and computed with, a row each."""
    clip = analysis.clip
    heat = f"{analysis.normal_heat:.4g}" if analysis.normal_heat > 0 else "unknown"
    models = [(f"Model for {kind}", name) for kind, name in analysis.models.items()]
    return [
        ("Clip", clip.name), ("Clip SHA-256", clip.sha256), ("Camera", analysis.camera),
        ("Detector", analysis.detector), *models, ("Threshold", f"{analysis.threshold:.6g} {analysis.unit}"),
        ("Normal mean heat per pixel", heat), *_flat(analysis.versions),
    ]  # fmt: skip


def _flat(entries: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """List nested facts one a row; ``weights_sha256`` reads as ``weights SHA-256``."""
    rows: list[tuple[str, str]] = []
    for key, value in entries.items():
        name = f"{before}{key}".replace("_", " ").replace("sha256", "SHA-256")
        name = name[:1].upper() + name[1:]
        told = "–" if value is None else str(value)
        rows += _flat(value, f"{name}, ") if isinstance(value, Mapping) else [(name, told)]
    return rows
