"""Cuts the clips of events: one pass over the analysed clip, each frame decoded once and dropped."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from core import video
from core.analysis import MOVING, Analysis
from core.arrays import Images, Ints
from core.clock import Clock
from core.errors import Cancelled, InputError
from core.files import write_whole
from core.records import Event
from explain.causes.tubes import at
from explain.report.maps import png
from explain.report.overlay import blend, draw_causes, heat_layer, overlay
from pipeline.export.blur import Blur, cause_tubes

AROUND_SECONDS = 2.0
"""Of the clip before and after an event."""
HEAT_SECONDS = 0.35
"""A frame shows the heat of the explained frame nearest to it, if that is so near."""
STRENGTH = 0.6
TOLD_FRAMES = 32
"""Frames between two reports and two questions whether to stop."""
PLAIN, MARKED = "", "-overlay"
"""Ends of the names of an event's files, without and with heat and boxes."""


def window(event: Event, clock: Clock) -> range:
    """Return the frames of an event's clip, without those beyond a gap of the recording.

    >>> window(Event(30, 39, 35, 1.0), Clock.steady(10.0, 100))
    range(10, 60)
    """
    start, end = clock.at(event.first) - AROUND_SECONDS, clock.end(event.last) + AROUND_SECONDS
    first, last = np.searchsorted(clock.times, [start - 1e-6, end - 1e-6])
    part = next(part for part in clock.segments() if part.start <= event.first < part.stop)
    return range(max(int(first), part.start), min(int(last), part.stop))


class Cutter:
    """Writes the clips and pictures of a run's events into a folder, named as in the archive.

    Args:
        analysis: of the run.
        blur: of its pictures.
        folder: for the files.
    """

    def __init__(self, analysis: Analysis, blur: Blur, folder: Path) -> None:
        self.analysis, self.blur, self.folder = analysis, blur, folder
        self.windows = [window(one.event, analysis.clock) for one in analysis.events]
        self.last = max((frames.stop for frames in self.windows), default=0)

    def run(self, path: Path, told: Callable[[int], None], cancelled: Callable[[], bool] = bool) -> None:
        """Read the clip up to the end of the last event.

        Args:
            path: the clip.
            told: how many of its frames were read.
            cancelled: asked every :data:`TOLD_FRAMES` frames.

        Raises:
            ClipError: the clip cannot be read.
            InputError: it has fewer frames than when it was analysed.
            Cancelled: ``cancelled`` said so.
            StorageError: the disk is full.
        """
        with ExitStack() as stack:
            writers: dict[int, EventWriter] = {}
            for frame, image in self._frames(path, told, cancelled):
                for number, frames in enumerate(self.windows, 1):
                    if frame not in frames:
                        continue
                    if number not in writers:
                        writers[number] = EventWriter(self, number, stack.enter_context(ExitStack()))
                    writers[number].add(frame, image)
                    if frame == frames[-1]:
                        writers.pop(number).close()

    def _frames(
        self, path: Path, told: Callable[[int], None], cancelled: Callable[[], bool]
    ) -> Iterator[tuple[int, Images]]:  # fmt: skip
        """Yield the wanted frames; all of them, or an error."""
        inside, reached = {frame for frames in self.windows for frame in frames}, -1

        def wanted(frame: int) -> bool:
            if frame % TOLD_FRAMES == 0:
                if cancelled():
                    raise Cancelled("")
                told(min(frame, self.last))
            return frame in inside

        if not inside:
            return
        height, width = self.analysis.clip.height, self.analysis.clip.width
        for chunk in video.read(path, fps=self.analysis.clip.fps, wanted=wanted):
            # A blurred clip has one line more where the clip as it came had an odd number of them.
            yield from enumerate(chunk.images[:, :height, :width], chunk.first)
            reached = chunk.first + len(chunk) - 1
            if reached >= self.last - 1:
                return
        raise InputError(f"the clip {self.analysis.clip.name!r} ended at frame {reached}, but it had "
                         f"{len(self.analysis.scores)} frames when it was analysed; analyse it again")  # fmt: skip


class EventWriter:
    """Writes both clips of one event, frame after frame, and both pictures of its shown frame.

    Args:
        cutter: of the run.
        number: of the event, from 1.
        stack: holds the clips open.
    """

    def __init__(self, cutter: Cutter, number: int, stack: ExitStack) -> None:
        self._cutter, self._number, self._stack = cutter, number, stack
        self._analysis, self._one = cutter.analysis, cutter.analysis.events[number - 1]
        self._causes = cause_tubes(self._one)
        kept = np.array(cutter.blur.evidence.frames(), np.int64)
        frames = cutter.windows[number - 1]
        self._kept: Ints = kept[(kept >= self._one.event.first) & (kept <= self._one.event.last)]
        self._start, self._hot, self._layer = self._analysis.clock.at(frames[0]), -1, np.zeros((0, 0, 4), np.uint8)
        rate = self._analysis.clock.rate
        self._clips = [stack.enter_context(video.writing(cutter.folder / name_of(number, kind, "mp4"), rate))
                       for kind in (PLAIN, MARKED)]  # fmt: skip

    def add(self, frame: int, image: Images) -> None:
        """Write a frame, and its pictures if it stands for the event."""
        seconds = self._analysis.clock.at(frame) - self._start
        shown = self._cutter.blur.edit(self._number, frame, image)
        for clip, picture in zip(self._clips, (shown, self._marked(frame, shown)), strict=True):
            clip.add(picture, seconds)
        if frame == self._one.shown:
            self._pictures(frame, shown)

    def close(self) -> None:
        """End both clips."""
        self._stack.close()

    def _marked(self, frame: int, image: Images) -> Images:
        """Draw heat and boxes over a picture, at its own size."""
        hot = self._nearest(frame)
        if hot >= 0:
            if hot != self._hot:
                heat = self._cutter.blur.evidence.get(hot).heat
                self._hot, self._layer = hot, heat_layer(heat, self._analysis.normal_heat, STRENGTH)
            image = blend(image, self._layer)
        boxes = [at(tube, frame) if tube else None for _, tube in self._causes]
        each = zip(self._causes, boxes, strict=True)
        causes = [replace(cause, tube=((frame, box),) if box else ()) for (cause, _), box in each]
        return draw_causes(image, causes, frame)

    def _nearest(self, frame: int) -> int:
        """Return the explained frame whose heat a frame shows; -1 where none is near."""
        if not len(self._kept) or self._one.kind != MOVING:
            return -1
        clock = self._analysis.clock
        near = int(self._kept[np.abs(clock.seconds(self._kept) - clock.at(frame)).argmin()])
        return near if abs(clock.at(near) - clock.at(frame)) <= HEAT_SECONDS else -1

    def _pictures(self, frame: int, image: Images) -> None:
        evidence = replace(self._cutter.blur.evidence.get(frame), image=image)
        causes = [cause for cause, _ in self._causes]
        strength = STRENGTH if self._one.kind == MOVING else 0.0
        marked = overlay(evidence, causes, strength=strength, normal=self._analysis.normal_heat)
        for kind, picture in ((PLAIN, image), (MARKED, marked)):
            with write_whole(self._cutter.folder / name_of(self._number, kind, "png")) as file:
                file.write(png(picture))


def name_of(number: int, kind: str, ending: str) -> str:
    """Name a file of an event, in the archive and on the way there.

    >>> name_of(3, MARKED, "mp4")
    'event-003-overlay.mp4'
    """
    return f"event-{number:03d}{kind}.{ending}"
