"""Parts of normal footage: without repeated frames, without stretches that show no scene, and split in two.

A threshold is not measured on what was learnt, so a part is kept from training.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.contracts import Footage
from core.records import Frames
from pipeline.repeats import Repeats
from pipeline.training.survey import ClipSurvey, Survey

LEFT_OUT = ("frozen", "no picture", "covered")
"""Kinds of disturbances that are not learnt from. Light and a camera that shakes are, for they come again."""
DEFAULT_SHARE = 0.25
"""Held out where nobody says how much: the threshold needs minutes more than the network does."""
MIN_WINDOWS = 50
"""Windows, on either side, under which nothing is held out."""
GAP_SECONDS = 2.0
"""Left out between what is learnt and what is held out of one clip: who is seen in both is no stranger."""
SHARE_TOLERANCE = 0.5
"""Whole clips are held out where they make up the share to within so much of it."""
MAX_EXCERPT_FRAMES = 4800
"""Frames of what was trained on that are looked at again, for what is seen where."""

TOO_SHORT = (
    "the footage is too short to hold out a part of it: the threshold is measured on what was trained on, where scores "
    "are lower than on new footage, so expect more false alarms"
)


@dataclass(frozen=True)
class ClipPart:
    """The frames from ``first`` to before ``end`` of a clip, as a clip."""

    clip: Footage
    first: int
    end: int

    @property
    def name(self) -> str:
        """Name of the clip and which frames."""
        return f"{self.clip.name} [{self.first}-{self.end - 1}]"

    def frames(self, chunk: int = 32) -> Iterator[Frames]:
        """Decode the clip up to the part's end; the part's frames count from 0."""
        for seen in self.clip.frames(chunk):
            start, stop = max(self.first - seen.first, 0), min(self.end - seen.first, len(seen))
            if start < stop:
                yield Frames(seen.images[start:stop], seen.first + start - self.first, seen.times[start:stop])
            if seen.first + len(seen) >= self.end:
                return


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


@dataclass(frozen=True)
class ValidationSplit:
    """Footage in two.

    Attributes:
        training: what is trained on.
        validation: what the threshold is measured on; may be empty.
        frames: of each clip that is trained on.
        reason: how it was split, or why not.
    """

    training: tuple[Footage, ...]
    validation: tuple[Footage, ...]
    frames: tuple[int, ...]
    reason: str


def validation_split(clips: Sequence[Footage], seen: Survey, share: float, span: int) -> ValidationSplit:
    """Hold out whole clips, spread evenly, or else the last part of each clip.

    Args:
        clips: normal footage.
        seen: the survey of those clips, in the same order.
        share: of the frames, from 0 to 0.9.
        span: frames of a window.
    """
    lengths = tuple(clip.frames for clip in seen.clips)
    if not share:
        return ValidationSplit(
            tuple(clips), (), lengths, "nothing is held out, as asked: the threshold is measured on what was trained on"
        )
    chosen = _whole(lengths, share)
    if chosen:
        held = tuple(clip for i, clip in enumerate(clips) if i in chosen)
        rest = tuple(clip for i, clip in enumerate(clips) if i not in chosen)
        said = f"{len(held)} of {len(clips)} clips are held out for the threshold"
        parts = [lengths[i] for i in range(len(clips)) if i not in chosen], [lengths[i] for i in chosen]
    else:
        gap = round(GAP_SECONDS * seen.longest.fps)
        cuts = [round(length * (1 - share)) for length in lengths]
        rest = tuple(ClipPart(clip, 0, max(cut - gap, 0)) for clip, cut in zip(clips, cuts, strict=True))
        held = tuple(ClipPart(clip, cut, n) for clip, cut, n in zip(clips, cuts, lengths, strict=True))
        said = f"the last {share:.0%} of {'each clip' if len(clips) > 1 else 'the clip'} are held out for the threshold"
        parts = [max(cut - gap, 0) for cut in cuts], [n - cut for cut, n in zip(cuts, lengths, strict=True)]
    if min(sum(max(0, n - span + 1) for n in part) for part in parts) < MIN_WINDOWS:
        return ValidationSplit(tuple(clips), (), lengths, TOO_SHORT)
    return ValidationSplit(rest, held, tuple(parts[0]), f"{said} ({sum(parts[1]) / seen.longest.fps / 60:.1f} minutes)")


def _whole(lengths: Sequence[int], share: float) -> set[int]:
    """Choose clips, evenly spread, that make up about ``share`` of the frames; none where that cannot be."""
    wanted = sum(lengths) * share
    count = round(len(lengths) * share)
    if not 0 < count < len(lengths):
        return set()
    every = len(lengths) / count
    chosen = {min(len(lengths) - 1, int((i + 1) * every) - 1) for i in range(count)}
    return chosen if abs(sum(lengths[i] for i in chosen) - wanted) <= SHARE_TOLERANCE * wanted else set()


def training_excerpt(parts: ValidationSplit) -> tuple[Footage, ...]:
    """Return the first part of each clip that is trained on, of at most :data:`MAX_EXCERPT_FRAMES` frames in all."""
    share = min(1.0, MAX_EXCERPT_FRAMES / max(1, sum(parts.frames)))
    return tuple(
        ClipPart(clip, 0, max(1, int(n * share))) for clip, n in zip(parts.training, parts.frames, strict=True)
    )
