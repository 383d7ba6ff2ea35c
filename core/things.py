"""Things: what the objects of a clip were like, one row for each object and frame that was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.arrays import Bools, Doubles, Floats, Ints
from core.errors import expect

ATTRIBUTES = ("speed", "limbs", "width", "height")
"""Median speed of the faster half of a thing's pixels in its own heights a second; how much its parts move apart, the
same unit; its width over its height; its height in pixels. All are means over the thing's track around the frame."""
OPTIONAL = ("ways", "dwell", "features")
"""Fields that may be None."""
_BY_ROW = ("frames", "tracks", "boxes", "confidence", "values", "cut")


@dataclass(frozen=True)
class Things:
    """Objects of one clip.

    Attributes:
        frames: (N,) int64, ascending: index of the frame in the clip.
        tracks: (N,) int64: the same number for one object's rows.
        labels: N names of COCO.
        boxes: (N, 4) float32, (x1, y1, x2, y2) in pixels of the clip.
        confidence: (N,) float64 in [0, 1], the mean over the track around the frame.
        values: (N, 4) float64, the :data:`ATTRIBUTES`.
        cut: (N,) bool: the picture's edge cuts the box off, or may.
        looked: (F,) int64, ascending: all frames that were looked at, also those without an object.
        ways: (N, 2) float64: velocity to the right and downwards, in heights a second; None where not measured.
        dwell: (N,) float64 seconds: how long the thing has been where it is; None where not measured.
        features: (N, D) float32 of unit length: what its pixels look like; None where the object model does not say.
    """

    frames: Ints
    tracks: Ints
    labels: tuple[str, ...]
    boxes: Floats
    confidence: Doubles
    values: Doubles
    cut: Bools
    looked: Ints
    ways: Doubles | None = None
    dwell: Doubles | None = None
    features: Floats | None = None

    def __post_init__(self) -> None:
        vector: tuple[int, ...] = (len(self.labels),)
        shapes = dict.fromkeys(("frames", "tracks", "confidence", "cut"), vector)
        shapes |= {"boxes": (*vector, 4), "values": (*vector, len(ATTRIBUTES))}
        shapes |= {"ways": (*vector, 2)} if self.ways is not None else {}
        shapes |= {"dwell": vector} if self.dwell is not None else {}
        shapes |= {"features": (*vector, self.features.shape[-1])} if self.features is not None else {}
        for name, shape in shapes.items():
            expect(getattr(self, name).shape == shape, name, str(shape), getattr(self, name).shape)

    def __len__(self) -> int:
        return len(self.labels)

    def labelled(self, label: str) -> Bools:
        """Mark the rows of a label: (N,)."""
        return np.array([one == label for one in self.labels], np.bool_)

    def rows(self, chosen: Bools) -> "Things":
        """Return the rows that (N,) marks; what was looked at stays."""
        labels = tuple(label for label, kept in zip(self.labels, chosen, strict=True) if kept)
        kept = {name: getattr(self, name)[chosen] for name in _BY_ROW}
        more = {name: getattr(self, name)[chosen] for name in OPTIONAL if getattr(self, name) is not None}
        return replace(self, labels=labels, **kept, **more)

    @classmethod
    def together(cls, clips: Sequence["Things"]) -> "Things":
        """Join clips; tracks of different clips keep apart, frames do not. What one clip lacks, all lack."""
        ends = np.cumsum([0, *(int(clip.tracks.max(initial=-1)) + 1 for clip in clips)])
        tracks = [clip.tracks + first for clip, first in zip(clips, ends[:-1], strict=True)]
        joined = {
            name: np.concatenate([getattr(clip, name) for clip in clips])
            for name in ("frames", "boxes", "confidence", "values", "cut", "looked", *OPTIONAL)
            if all(getattr(clip, name) is not None for clip in clips)
        }
        labels = tuple(label for clip in clips for label in clip.labels)
        return cls(tracks=np.concatenate(tracks), labels=labels, **joined)
