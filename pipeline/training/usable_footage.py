"""Normal footage that teaches: without repeated frames, and without stretches that show no scene."""

import dataclasses
from collections.abc import Iterator, Sequence

from core.contracts import Footage
from core.records import Frames
from pipeline.repeats import Repeats
from pipeline.training.survey import ClipSurvey, Survey
from pipeline.training.validation_split import ClipPart

LEFT_OUT = ("frozen", "no picture", "covered")
"""Kinds of disturbances that are not learnt from. Light and a camera that shakes are, for they come again."""


def usable_footage(clips: Sequence[Footage], seen: Survey) -> tuple[tuple[Footage, ...], Survey]:
    """Cut footage at camera faults, so that no window reaches over it.

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


class UniqueFrames:
    """A clip, each of its pictures once; frames are numbered anew."""

    def __init__(self, clip: Footage) -> None:
        self.clip = clip

    @property
    def name(self) -> str:
        """Name of the clip in its data set."""
        return self.clip.name

    @property
    def complaints(self) -> tuple[str, ...]:
        """What reading the clip was stopped or troubled by, once it was read."""
        return tuple(getattr(self.clip, "complaints", ()))

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the clip from its start, and leave out what repeats at a steady beat."""
        repeats, count = Repeats.of(self.clip.frames(16)), 0
        for seen in self.clip.frames(chunk):
            rows = [row for row, image in enumerate(seen.images) if not repeats.add_frame(image)]
            if len(rows) == len(seen):
                yield Frames(seen.images, count, seen.times)
            elif rows:
                yield Frames(seen.images[rows], count, seen.times[rows])
            count += len(rows)
