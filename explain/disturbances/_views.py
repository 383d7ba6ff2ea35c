"""Which view a clip shows when: its snapshots are held against the view before, until one shows another for good.

Snapshots are thumbnails that are kept: a few a second of a short clip, fewer of a long one, more at changes of view.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.arrays import Floats, Images
from explain.disturbances.registration import Shift, register
from explain.disturbances.thumbnails import Thumbnail, structure

INTERVAL_SECONDS = 0.25
MAX_SNAPSHOTS = 1000
"""Snapshots in all; beyond it every second one is dropped."""
MAX_ALIKE_FRACTION, MIN_LEAP_PIXELS = 0.7, 0.8
"""A snapshot is kept out of turn when fewer of its blocks are like the last one's, or it lies so many pixels off."""
MEMBERS, RENEWED = 7, 3
"""A view is the median of so many of its last snapshots, made anew after so many."""
MIN_ALIKE_FRACTION, MAX_LOST_FRACTION = 0.4, 0.25
"""Share of blocks alike from which a snapshot shows the view, and under which it does not."""
VOTED, GAIN = 0.5, 0.1
"""Share of the blocks that must have gone along in a shift, and how many more must be alike once it is undone."""
MIN_SHIFT_TEXTURE_FRACTION, MIN_PLACE_TEXTURE_FRACTION = 0.15, 0.4
"""Share of blocks with texture from which a view can be told from a shifted one, and from another place."""
SETTLED, SHIFTED, RETURNED = 1.9, 0.9, 0.2
"""Seconds that another view must be seen for, one that is the view before displaced, and one that is known."""
MAX_DRIFT_PIXELS = 1.0
MIN_MOVE_FRACTION = 0.01
"""Share of the picture's width from which a displacement is another view."""


@dataclass(frozen=True)
class Snapshot:
    """One kept thumbnail: its frame, its seconds, and (h, w) uint8 grey."""

    frame: int
    seconds: float
    grey: Images
    extra: bool

    @property
    def structure(self) -> Floats:
        """The thumbnail freed of local brightness and contrast."""
        return structure(self.grey.astype(np.float32))


@dataclass
class Snapshots:
    """Keeps snapshots while a clip streams past."""

    kept: list[Snapshot] = field(default_factory=list)
    stride: int = 1
    ticks: int = 0
    due: float = 0.0
    last: Floats | None = None

    def update(self, frame: int, seconds: float, now: Thumbnail) -> bool:
        """Keep a frame if it is time, or if it shows another view than the last one that was kept."""
        if self.last is not None and seconds < self.due:
            return False
        self.due = seconds + INTERVAL_SECONDS - 1e-6
        turn = self.ticks % self.stride == 0
        self.ticks += 1
        changed = False
        if self.last is not None:
            shift = register(self.last, now.structure)
            changed = shift.still < MAX_ALIKE_FRACTION or (shift.length >= MIN_LEAP_PIXELS and shift.votes > 0.5)
        if turn or changed or self.last is None:
            grey = np.asarray(np.rint(now.grey), np.uint8)
            self.kept.append(Snapshot(frame, seconds, grey, changed and not turn))
            self.last = now.structure
        if len(self.kept) > MAX_SNAPSHOTS:
            self._thin()
        return True

    def _thin(self) -> None:
        self.stride *= 2
        regular = [one for one in self.kept if not one.extra][::2]
        extra = [one for one in self.kept if one.extra]
        if len(regular) + len(extra) > MAX_SNAPSHOTS * 3 // 4:
            extra = extra[::2]
        self.kept = sorted([*regular, *extra], key=lambda one: one.frame)


@dataclass
class View:
    """A place as it was seen first and as it is seen now; ``track`` has how far it slid since, (frame, x, y).

    ``grey`` is the picture, (h, w) float32, that ``home`` is the structure of.
    """

    grey: Floats
    home: Floats
    now: Floats
    members: list[Snapshot]
    track: list[tuple[int, float, float]] = field(default_factory=list)
    fresh: int = 0

    @classmethod
    def of(cls, snapshots: Sequence[Snapshot]) -> "View":
        """Make a view of snapshots that show it."""
        grey = middle(snapshots[-MEMBERS:])
        seen = structure(grey)
        return cls(grey, seen, seen, list(snapshots[-MEMBERS:]))

    def add(self, snapshot: Snapshot) -> None:
        """Add a snapshot that shows the view."""
        self.members = [*self.members[1 - MEMBERS :], snapshot]
        self.fresh += 1
        if self.fresh < RENEWED and len(self.members) > RENEWED:
            return
        grey, self.fresh = middle(self.members), 0
        self.now = structure(grey)
        if len(self.members) < MEMBERS:
            self.grey, self.home = grey, self.now
            return
        shift = register(self.home, self.now, True)
        told = shift.votes >= VOTED
        self.track.append((self.members[MEMBERS // 2].frame, shift.x * told, shift.y * told))


@dataclass
class Stay:
    """Snapshots on end that show one view; ``view`` is -1 where they show none for long enough."""

    view: int
    snapshots: list[Snapshot]
    shifts: list[Shift]

    def places(self, move: float) -> list[str]:
        """Tell of each snapshot how it lies to the view before."""
        return [place_of(shift, move) for shift in self.shifts]


def follow(snapshots: Sequence[Snapshot]) -> tuple[list[View], list[Stay]]:
    """Cut snapshots, at least one, into stays; returns the views, in the order in which they came up, and the stays."""
    move = MIN_MOVE_FRACTION * snapshots[0].grey.shape[1]
    views, stays = [View.of(snapshots[:1])], [Stay(0, [snapshots[0]], [])]
    current, waiting = 0, Stay(-1, [], [])
    for one in snapshots[1:]:
        shift = register(views[current].now, one.structure, True)
        place = place_of(shift, move)
        if place == "here" or (place == "unsure" and not waiting.snapshots):
            if waiting.snapshots:
                stays += [waiting, Stay(current, [], [])]
                waiting = Stay(-1, [], [])
            stays[-1].snapshots.append(one)
            stays[-1].shifts.append(shift)
            if place == "here":
                views[current].add(one)
            continue
        waiting.snapshots.append(one)
        waiting.shifts.append(shift)
        found = _settled(waiting, views, current, move)
        if found is not None:
            start, current = found
            if start:
                stays.append(Stay(-1, waiting.snapshots[:start], waiting.shifts[:start]))
            stays.append(Stay(current, waiting.snapshots[start:], waiting.shifts[start:]))
            waiting = Stay(-1, [], [])
    return views, [*stays, waiting] if waiting.snapshots else stays


def place_of(shift: Shift, move: float) -> str:
    """Name how a snapshot lies to a view: ``here``, ``shifted``, ``lost`` or ``unsure``."""
    if shift.textured < MIN_SHIFT_TEXTURE_FRACTION:
        return "unsure"
    if shift.length >= move and shift.votes >= VOTED and shift.alike > shift.still + GAIN:
        return "shifted"
    if shift.still >= MIN_ALIKE_FRACTION:
        return "here"
    return "lost" if shift.still < MAX_LOST_FRACTION and shift.textured >= MIN_PLACE_TEXTURE_FRACTION else "unsure"


def _settled(waiting: Stay, views: list[View], current: int, move: float) -> tuple[int, int] | None:
    """Tell from which waiting snapshot on one view is shown for long enough, and which; a new one is added."""
    seen, last = waiting.snapshots, waiting.snapshots[-1]
    start = len(seen) - 1
    while start and _agree(seen[start - 1], last):
        start -= 1
    length = last.seconds - seen[start].seconds
    if length < RETURNED or len(seen) - start < 2:
        return None
    reference = structure(middle(seen[start:]))
    for number, view in enumerate(views):
        if number != current and place_of(register(view.now, reference, True), move) == "here":
            return start, number
    places = Stay(-1, [], waiting.shifts[start:]).places(move)
    if length < (SHIFTED if places.count("shifted") > len(places) / 2 else SETTLED) or len(places) < 3:
        return None
    views.append(View.of(seen[start:]))
    return start, len(views) - 1


def _agree(one: Snapshot, other: Snapshot) -> bool:
    shift = register(one.structure, other.structure)
    return shift.still >= MIN_ALIKE_FRACTION and not (shift.votes >= VOTED and shift.length > MAX_DRIFT_PIXELS)


def middle(snapshots: Sequence[Snapshot]) -> Floats:
    """Return the median of snapshots, at least one: (h, w) float32."""
    return np.asarray(np.median(np.stack([one.grey for one in snapshots]), axis=0), np.float32)
