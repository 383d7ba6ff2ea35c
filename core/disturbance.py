"""Camera faults: what the camera does to its picture; causes of coarse type ``camera``."""

from dataclasses import dataclass

from core.errors import expect

DISTURBANCES = ("moved", "shaken", "light", "no picture", "frozen", "gap", "day/night", "covered")
"""Fine names of these causes."""


@dataclass(frozen=True)
class Disturbance:
    """A stretch in which the camera, not the scene, changed the picture.

    Attributes:
        kind: one of :data:`DISTURBANCES`.
        first, last: frames, inclusive; of a gap, the last frame before it and the first one behind it.
        start, end: seconds in the clip.
        summary: the sentence that says it.
        lasting: what follows is not comparable with normal footage.
        until: of a lasting one, the last frame that is not comparable; None where that is so to the clip's end.
    """

    kind: str
    first: int
    last: int
    start: float
    end: float
    summary: str
    lasting: bool = False
    until: int | None = None

    def __post_init__(self) -> None:
        expect(self.kind in DISTURBANCES, "kind", f"one of {', '.join(DISTURBANCES)}", self.kind)
        expect(0 <= self.first <= self.last, "frames", "0 <= first <= last", (self.first, self.last))
        ends = self.until is None or (self.lasting and self.until >= self.last)
        expect(ends, "until", "None, or behind a lasting one", self.until)

    def hides(self, frames: int) -> range:
        """Return the frames of a clip of so many that do not show the scene as the camera learnt it."""
        stop = self.last + 1 if not self.lasting else frames if self.until is None else self.until + 1
        return range(self.first + (self.kind == "gap"), min(stop, frames))
