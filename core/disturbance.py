"""What the camera itself does to its picture: causes of coarse type ``camera``."""

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
        lasting: what follows, until the clip's end or the next such stretch, is not comparable with normal footage.
    """

    kind: str
    first: int
    last: int
    start: float
    end: float
    summary: str
    lasting: bool = False

    def __post_init__(self) -> None:
        expect(self.kind in DISTURBANCES, "kind", f"one of {', '.join(DISTURBANCES)}", self.kind)
        expect(0 <= self.first <= self.last, "frames", "0 <= first <= last", (self.first, self.last))
