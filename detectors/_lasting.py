"""For how long each place of a picture has shown something else than its background, while the views of a clip pass."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core.arrays import Bools, Doubles, Floats, Images
from detectors._changes import Structure, change, noise_of
from detectors._views import MEDIAN_SECONDS, View

CHANGED = 0.4
"""Change from which a place shows something else."""
ANOTHER = 0.7
"""Change from which a place shows another thing than before, and not the same person who leans over."""
STEADY_SECONDS = 2.0
"""A place stands still where it shows the same as so many seconds ago."""
FORGET = 4.0
"""How many times as fast as it came a change is forgotten where the background is back."""
MAX_STEP_SECONDS = 2.0
"""Between two views no more time than this counts: a gap shows nothing."""
MAX_CHANGED_FRACTION, MIN_TEXTURED_FRACTION, TEXTURED = 0.5, 0.02, 4.0
"""Share of a background's textured places from which not things changed, but the light, or where the camera points;
share of them from which they tell that instead of all places; how many times noise's energy they have."""
SMOOTHED_PIXELS = 7
"""Side of the square whose median of seconds counts: what fills less than half of it is no thing."""
STEPS_A_NAT = 32.0
"""Into which the logarithm of seconds is divided for that median: 256 steps reach 49 minutes."""
KNOWN_SECONDS = 10.0
"""For so long a clip must have shown what is its own background: a walker whom it begins with is none."""
MAX_LEVELS_A_VIEW = 1.0
"""Grey levels by which a clip's own background follows its views where nothing stands."""


@dataclass(frozen=True)
class Lasting:
    """What stands in a view.

    Attributes:
        seconds: (h, w) float32, for how long each pixel has stood changed.
        smooth: (h, w) float32, the median of that around each pixel, of places that were as usual when the clip began;
            half of it where they were not.
        gained: (h, w) float32, by how much the view has more structure than its background, -1 to 1.
        since: (h, w) float64, second of the clip from which each pixel has shown what it shows, or showed last when it
            stood still; what was seen through it meanwhile does not count.
        present: (h, w) bool, whether each pixel shows something else than its background.
        view: the view.
    """

    seconds: Floats
    smooth: Floats
    gained: Floats
    since: Doubles
    present: Bools
    view: View


class Ages:
    """Counts the seconds of a clip's places.

    Args:
        backgrounds: what the camera's normal footage shows, (h, w) uint8 each; without any, or where the camera shows
            another view, what the clip itself has shown for :data:`KNOWN_SECONDS`.
    """

    def __init__(self, backgrounds: Sequence[Images] = ()) -> None:
        self._known = [Structure.of(one) for one in backgrounds]
        self._own = self._shown = self._settled = np.zeros((0, 0), np.float32)
        self._since = np.zeros((0, 0))
        self._before: deque[tuple[float, Structure]] = deque()
        self._seconds, self._last = np.zeros((1, 1), np.float32), 0.0

    def add(self, view: View) -> Lasting:
        """Take the next view."""
        now, grey = Structure.of(view.grey), view.grey.astype(np.float32)
        if not self._own.size:
            self._begin(grey, 0.0)
        own = Structure.of(self._own)
        fresh = change(now, own)
        if _other_scene(fresh, own):
            self._begin(grey, view.seconds)
            own, fresh = now, np.zeros_like(grey)
        against, known = self._reference(now, own, fresh)
        new = known > CHANGED
        step = self._grow(new, now, grey, view.seconds)
        if against is own:
            counted = self._settle(new, grey, step)
        else:
            counted, self._own = self._seconds, np.where(new, self._own, grey)
        weight = np.where(fresh > CHANGED, np.float32(1.0), np.float32(0.5))
        gained = (now.energy - against.energy) / np.maximum(now.energy + against.energy, 1e-9)
        return Lasting(counted.copy(), _median(counted * weight), gained, self._since.copy(), new, view)

    def _begin(self, grey: Floats, seconds: float) -> None:
        self._own, self._seconds, self._shown = grey.copy(), np.zeros_like(grey), np.zeros_like(grey)
        self._settled, self._since = grey.copy(), np.full(grey.shape, seconds)
        self._before.clear()

    def _reference(self, now: Structure, own: Structure, fresh: Floats) -> tuple[Structure, Floats]:
        """Return what the view is held against, and the change from it: the camera's backgrounds where they fit."""
        found = [change(now, one) for one in self._known if one.right.shape == now.right.shape]
        if found:
            least: Floats = np.minimum.reduce(found)
            best = self._known[int(np.argmin([float(one.mean()) for one in found]))]
            if not _other_scene(least, best):
                return best, least
        return own, fresh

    def _grow(self, new: Bools, now: Structure, grey: Floats, seconds: float) -> float:
        """Count where something new stands still; return the seconds that are counted."""
        step = min(seconds - self._last, MAX_STEP_SECONDS) if self._before else 0.0
        self._last = seconds
        self._before.append((seconds, now))
        while len(self._before) > 1 and self._before[1][0] <= seconds - STEADY_SECONDS:
            self._before.popleft()
        steady = change(now, self._before[0][1]) <= CHANGED
        gone = np.maximum(self._seconds - np.float32(FORGET * step), 0.0)
        self._seconds = np.where(new, self._seconds + np.float32(step) * steady, gone).astype(np.float32)
        another = steady & (change(now, Structure.of(self._settled)) > ANOTHER)
        self._settled = np.where(another, grey, self._settled)
        # It has been there for half of a median when a view shows it, and stood for as long as it takes to be steady.
        self._since = np.where(another, max(seconds - STEADY_SECONDS - MEDIAN_SECONDS / 2, 0.0), self._since)
        return step

    def _settle(self, new: Bools, grey: Floats, step: float) -> Floats:
        """Let the clip's own background follow the light; return the seconds that something stands before it.

        Until it is known, it is what was shown for longest so far.
        """
        self._shown += np.where(new, 0.0, step).astype(np.float32)
        longer = new & (self._shown < KNOWN_SECONDS) & (self._seconds > self._shown)
        self._shown = np.where(longer, self._seconds, self._shown)
        self._seconds = np.where(longer, np.float32(0.0), self._seconds)
        follow = np.where(new, 0.0, np.clip(grey - self._own, -MAX_LEVELS_A_VIEW, MAX_LEVELS_A_VIEW))
        self._own = np.where(longer, grey, self._own + follow).astype(np.float32)
        return np.where(self._shown >= KNOWN_SECONDS, self._seconds, np.float32(0.0))


def _median(seconds: Floats) -> Floats:
    steps = np.minimum(np.log1p(seconds) * np.float32(STEPS_A_NAT), 255.0).round().astype(np.uint8)
    framed = np.pad(steps, SMOOTHED_PIXELS // 2)
    found = cv2.medianBlur(framed, SMOOTHED_PIXELS)[_INSIDE, _INSIDE].astype(np.float32)
    return np.asarray(np.expm1(found / np.float32(STEPS_A_NAT)), np.float32)


def _other_scene(changed: Floats, before: Structure) -> bool:
    textured = before.energy > TEXTURED * noise_of(before)
    told = textured if textured.mean() >= MIN_TEXTURED_FRACTION else np.ones_like(textured)
    return bool((changed[told] > CHANGED).mean() > MAX_CHANGED_FRACTION)


_INSIDE = slice(SMOOTHED_PIXELS // 2, -(SMOOTHED_PIXELS // 2))
