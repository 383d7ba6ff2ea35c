"""Which frames repeat the one before, told while they stream past: a recorder filled up a frame rate."""

from collections import deque
from collections.abc import Iterable

import cv2
import numpy as np

from core.arrays import Images
from core.records import Frames

RUNS, LONG, FEW = 12, 3, 4
"""New pictures in a row between which about as many repeats must lie for these to be a recorder's filling; from so many
repeats of each on, fewer pictures tell."""
RECENT, USUAL, SHARE, MOST = 30, 0.9, 0.35, 8.0
"""A picture repeats the one before where no place in it changes by more than ``SHARE`` of what is usual (the ``USUAL``
quantile of the last ``RECENT`` pairs of frames), nor by more than ``MOST`` grey levels."""
NEW, HALF = 8, 0.5
"""Usual is also this share of the largest change of the last new pictures, so many: of pictures that are held for long
there are few among the recent frames."""
EXPECTED_SHARE, EXPECTED_MOST = 0.6, 14.0
"""The same where a steady beat makes the next picture a repeat: a bad codec changes it as a quiet scene does."""
BEAT_FRAMES = 160
"""Frames at a clip's start from which its beat is learnt."""
WIDTH, PLACE = 160, 9
"""Pixels across a small picture, and across a place in it."""


class Repeats:
    """Tells which frames repeat the one before, as recorders write them to fill up a frame rate.

    A copy differs by what its codec does to it, and a new frame by noise and by whatever moves, which is far more
    somewhere in the picture. A scene in which nothing moves repeats itself, too, but not at a steady beat.
    """

    def __init__(self) -> None:
        self._before: Images | None = None
        self._changes: deque[float] = deque(maxlen=RECENT)
        self._new: deque[float] = deque(maxlen=NEW)
        self._runs: deque[int] = deque(maxlen=RUNS)
        self._run = self._trusted = 0

    @classmethod
    def of(cls, chunks: Iterable[Frames]) -> "Repeats":
        """Learn a clip's beat from its first frames, so that its first repeats are recognised.

        Returns:
            Repeats for the same clip from its first frame on.
        """
        repeats = cls()
        for chunk in chunks:
            for image in chunk.images:
                repeats.add_frame(image)
            if chunk.first + len(chunk) >= BEAT_FRAMES:
                break
        return repeats.restarted()

    def restarted(self) -> "Repeats":
        """Return a copy that knows the beat, for the clip from its first frame on."""
        other = Repeats()
        other._changes.extend(self._changes)
        other._new.extend(self._new)
        other._runs.extend(self._runs)
        # The beat restarts at the first frame and is still known.
        other._trusted = RUNS if self.steady else 0
        return other

    @property
    def steady(self) -> bool:
        """Whether repeats have come at a steady beat lately."""
        runs = list(self._runs)
        if self._trusted:
            return True
        last = runs[-FEW:]
        if len(last) == FEW and min(last) >= LONG and max(last) - min(last) <= 1:
            return True
        if len(runs) < RUNS or max(runs) - min(runs) > 1 or max(runs) == 0:
            return False
        apart = np.diff(np.flatnonzero(np.array(runs) == max(runs)))
        return min(runs) > 0 or (len(apart) > 0 and int(apart.max() - apart.min()) <= 1)

    @property
    def fresh(self) -> float:
        """Share of the frames that are new pictures, where the others come at a steady beat; else 1."""
        runs = list(self._runs)
        runs = runs[-FEW:] if min(runs[-FEW:], default=0) >= LONG else runs
        return len(runs) / (len(runs) + sum(runs)) if self.steady else 1.0

    def add_frame(self, image: Images) -> bool:
        """Add the next frame, and tell whether it is one of many repeats."""
        small, before = reduced(image), self._before
        self._before = small
        if before is None:
            return False
        change = float(cv2.blur(cv2.absdiff(before, small).astype(np.float32), (PLACE, PLACE)).max())
        self._changes.append(change)
        steady = self.steady
        expected = steady and self._run < max(self._runs)
        share, most = (EXPECTED_SHARE, EXPECTED_MOST) if expected else (SHARE, MOST)
        usual = max(float(np.quantile(self._changes, USUAL)), HALF * max(self._new, default=0.0))
        if change > min(share * usual, most):
            self._new.append(change)
            self._runs.append(self._run)
            self._run, self._trusted = 0, max(self._trusted - 1, 0)
            return False
        self._run += 1
        return steady and self._run <= max(self._runs)


def reduced(image: Images) -> Images:
    """Shrink a frame to a small grey picture."""
    height = max(1, round(image.shape[0] * WIDTH / image.shape[1]))
    small = cv2.resize(image[..., 1], (WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)
