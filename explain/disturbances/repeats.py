"""Which frames repeat the one before, told while they stream past: a recorder doubled them, the camera sent fewer."""

from collections import deque
from dataclasses import dataclass, field

LOW, MOST = 0.5, 10.0
"""Share of the usual change under which a frame is like the one before, and grey levels that it must stay under too."""
EXPECTED_LOW, EXPECTED_MOST = 0.7, 14.0
"""The same for a frame that the pattern makes a repeat: a bad codec changes it as much as a quiet scene changes."""
SURE, NEAR = 0.2, 3.0
"""The same for a frame that repeats without any pattern."""
MOVING = 11.0
"""Grey levels of usual change under which too little moves to tell a repeat from a frame like it."""
MEMORY, RANK, YOUNG = 24, 3, 6
"""The usual change is the third-largest of so many frames; of the first few, in steps of six, the largest or second."""
CYCLES, UNEVEN = 4, 1
"""Repeats come in a pattern where the last cycles of other frames and repeats differ by no more than a frame."""
LONGEST = 12
"""More like frames on end are no doubling: nothing moves any more, or the picture froze."""


@dataclass
class Repeats:
    """Tells repeats from the largest change of each frame, without looking ahead.

    A frame that differs much less than usual is a repeat where such frames come regularly: one of two, two of three,
    one of five. Until a pattern has shown itself four times, only frames that hardly differ at all are.
    """

    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY))
    _cycles: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=CYCLES))
    _others: int = 0
    _likes: int = 0

    def see(self, peak: float) -> bool:
        """Tell whether the next frame repeats the one before.

        Args:
            peak: largest change since that frame, ``peak`` of :data:`explain.disturbances._series.ROW`.
        """
        rank = min(RANK, 1 + len(self._recent) // YOUNG)
        usual = sorted(self._recent)[-rank] if self._recent else 0.0
        self._recent.append(peak)
        low, most = (EXPECTED_LOW, EXPECTED_MOST) if self._expected() else (LOW, MOST)
        if usual < MOVING or peak >= min(low * usual, most):
            if self._likes:
                self._cycles.append((self._others, self._likes))
                self._others = self._likes = 0
            self._others += 1
            return False
        self._likes += 1
        if self._likes > LONGEST:
            self._cycles.clear()
            return False
        if self._regular() and self._likes <= max(likes for _, likes in self._cycles):
            return True
        return self._likes == 1 and peak < min(NEAR, SURE * usual)

    def _expected(self) -> bool:
        """Tell whether the pattern so far makes the next frame a repeat."""
        if not self._regular():
            return False
        return self._others >= min(others for others, _ in self._cycles) and self._likes < max(
            likes for _, likes in self._cycles
        )

    def _regular(self) -> bool:
        parts = zip(*self._cycles, strict=True)
        return len(self._cycles) == CYCLES and all(max(part) - min(part) <= UNEVEN for part in parts)
