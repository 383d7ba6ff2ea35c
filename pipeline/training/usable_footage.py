"""Normal footage without the stretches that show no scene: a frozen, lost or covered picture teaches nothing normal."""

import dataclasses
from collections.abc import Sequence

from core.contracts import Footage
from pipeline.training.survey import ClipSurvey, Survey
from pipeline.training.validation_split import ClipPart

LEFT_OUT = ("frozen", "no picture", "covered")
"""Kinds of disturbances that are not learnt from. Light and a camera that shakes are, for they come again."""


def usable_footage(clips: Sequence[Footage], seen: Survey) -> tuple[tuple[Footage, ...], Survey]:
    """Cut footage at what the camera itself did, so that no window reaches over it.

    Args:
        clips: normal footage.
        seen: the survey of those clips, in the same order.

    Returns:
        Clips, and parts of clips, and the survey with their lengths; all as it was where nothing would be left.
    """
    parts: list[Footage] = []
    kept: list[ClipSurvey] = []
    for clip, one in zip(clips, seen.clips, strict=True):
        for first, end in usable_spans(one):
            whole = end - first == one.frames
            parts.append(clip if whole else ClipPart(clip, first, end))
            kept.append(one if whole else dataclasses.replace(one, frames=end - first))
    return (tuple(parts), Survey(tuple(kept))) if parts else (tuple(clips), seen)


def usable_spans(clip: ClipSurvey) -> list[tuple[int, int]]:
    """List the stretches of a clip that show its scene without a gap: (first, end), the end exclusive."""
    found, first = [], 0
    for one in clip.disturbances:
        if one.kind == "gap":
            stop, behind = one.last, one.last
        elif one.kind in LEFT_OUT:
            stop, behind = one.first, one.last + 1
        else:
            continue
        if stop > first:
            found.append((first, stop))
        first = max(first, behind)
    return [*found, (first, clip.frames)] if first < clip.frames else found
