"""A place of a clip where something stands, or is gone."""

from dataclasses import dataclass

from core.records import Pixels

LEFT, TAKEN = "left", "taken"
MIN_NATS = 0.7
"""Score from which a place is a spot."""


@dataclass(frozen=True)
class Spot:
    """A place whose background changed and stayed so.

    Attributes:
        box: (x1, y1, x2, y2) in pixels of the clip.
        first, last: frames from which to which it shows what it shows at its peak; ``last`` is inclusive.
        kind: ``left`` where there is more structure than in the background, else ``taken``.
        score: the greatest of its frames, in nats.
        peak: the frame of that score, or the last one where it was gone by then.
        seconds: for which the place had stood changed by then, with what stood there before.
        usual: seconds for which something stood there at most in the camera's normal footage.
        rise: frames with the score that was reached in each, ascending; a frame is that of the last picture needed.
    """

    box: Pixels
    first: int
    last: int
    kind: str
    score: float
    peak: int = 0
    seconds: float = 0.0
    usual: float = 0.0
    rise: tuple[tuple[int, float], ...] = ()

    def known(self, threshold: float) -> int | None:
        """Return the first frame at which its score exceeds a threshold in nats; None where it never does.

        >>> Spot((0, 0, 9, 9), 5, 90, LEFT, 1.5, rise=((40, 0.8), (70, 1.5))).known(1.0)
        70
        """
        return next((frame for frame, score in self.rise if score > threshold), None)
