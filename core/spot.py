"""A place of a clip where something stands, or is gone."""

from dataclasses import dataclass

from core.records import Pixels

LEFT, TAKEN = "left", "taken"


@dataclass(frozen=True)
class Spot:
    """A place whose background changed and stayed so.

    Attributes:
        box: (x1, y1, x2, y2) in pixels of the clip.
        first, last: frames; ``last`` is inclusive.
        kind: ``left`` where there is more structure than in the background, else ``taken``.
        score: the greatest of its frames, in nats.
    """

    box: Pixels
    first: int
    last: int
    kind: str
    score: float
