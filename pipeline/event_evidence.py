"""Evidence of an event's first frame, its peak and its last one, which the evenly spaced frames seldom meet."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from core.arrays import Bools
from core.contracts import Detector
from core.device import Runtime
from core.errors import Cancelled
from core.records import Event
from pipeline.burnt_in import BurntInText, mask_heat
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import OBJECT_BATCH_FRAMES, EvidenceCollector
from pipeline.frame_log import FrameLog
from pipeline.heat_score import subtract_global_heat
from pipeline.prefetch import prefetch
from pipeline.sampling import decode

CHUNK_FRAMES = 16
FEW, MANY = 5, 20
"""An event with fewer explained frames gets so many, as one that no single frame of it reveals."""


def wanted_frames(events: Iterable[Event], known: Sequence[int] | None = None) -> list[int]:
    """List the frames of which evidence is always kept, ascending.

    Args:
        events: each is given evidence of its first frame, its peak and its last frame.
        known: frames of which evidence is kept, ascending: where an event has fewer than :data:`FEW` of them, frames
            all over it are listed, too. None: they are not.
    """
    wanted = set[int]()
    for event in events:
        wanted |= {event.first, event.peak, event.last}
        if known is not None and sum(event.first <= frame <= event.last for frame in known) < FEW:
            wanted |= set(np.linspace(event.first, event.last, MANY).round().astype(int).tolist())
    return sorted(wanted)


class EventEvidence:
    """A second pass over a clip that looks at a few frames; ``normal`` is the camera's mean heat per pixel."""

    def __init__(
        self, log: FrameLog, detector: Detector, collector: EvidenceCollector, runtime: Runtime,
        texts: Sequence[BurntInText] = (), normal: float = math.inf,
    ) -> None:  # fmt: skip
        self.normal = normal
        self.log, self.detector, self.collector, self.runtime, self.texts = log, detector, collector, runtime, texts
        self._analysed = np.flatnonzero(log.analysed)

    def gather(
        self, path: Path, fps: float, frames: Sequence[int], kept: EvidenceFolder, progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
    ) -> None:  # fmt: skip
        """Keep evidence of those frames that have a score and of which none is kept yet.

        Args:
            path: the clip.
            fps: frames in a second, where it does not tell.
            frames: ascending.
            kept: where the evidence goes.
            progress: told how many frames are done, and of how many.
            cancelled: asked between batches.

        Raises:
            Cancelled: ``cancelled`` said so; what is there is kept.
            ClipError: the clip cannot be read.
            StorageError: the disk is full.
        """
        known = set(kept.frames())
        pending = deque(frame for frame in frames if frame not in known and np.isfinite(self.log.scores[frame]))
        total = len(pending)
        needed, reach = self._needed(pending)
        for part in prefetch(decode(path, np.flatnonzero(needed), CHUNK_FRAMES, fps)):
            self.collector.add_frames(part, reach)
            ready = []
            while pending and self._window(pending[0])[-1] < part.first + len(part):
                ready.append(pending.popleft())
            for first in range(0, len(ready), OBJECT_BATCH_FRAMES):
                self._request(ready[first : first + OBJECT_BATCH_FRAMES])
            self._keep(kept, ended=False)
            progress(total - len(pending), total)
            if cancelled():
                raise Cancelled(f"cancelled after the events' frames were gathered {total - len(pending)} of {total}")
            if not pending and self.collector.first_pending is None:
                return
        self._keep(kept, ended=True)

    def _window(self, frame: int) -> list[int]:
        """Return the frames of the detector's window whose answer is a frame's score."""
        w = self.detector.window
        first = int(np.searchsorted(self._analysed, frame, side="right")) - 1 - w.target
        window: list[int] = self._analysed[first : first + w.span].tolist()
        return window

    def _needed(self, frames: Iterable[int]) -> tuple[Bools, int]:
        """Mark the frames that are looked at, and tell how far apart those for one frame may lie."""
        seconds, needed, reach = self.log.seconds, np.zeros(len(self.log), np.bool_), 1
        for frame in frames:
            window, around = self._window(frame), self.collector.action_seconds * np.array([-1.0, 1.0])
            first, stop = np.searchsorted(seconds, seconds[frame] + around).tolist()
            needed[min(first, window[0], frame) : max(stop, window[-1] + 1, frame + 1)] = True
            reach = max(reach, max(stop, window[-1] + 1) - min(first, window[0]))
        return needed, reach

    def _request(self, frames: Sequence[int]) -> None:
        windows = np.stack([self.collector.images(self._window(frame)) for frame in frames])
        with self.runtime.autocast():
            answer = self.detector.predict(torch.from_numpy(windows).to(self.runtime.device))
        for row, frame in enumerate(frames):
            heat = answer.saliency[row].float().cpu().numpy()
            heat = subtract_global_heat(heat, self.normal)[0] if self.detector.decibels else heat
            self.collector.request(frame, float(self.log.scores[frame]), heat)

    def _keep(self, kept: EvidenceFolder, ended: bool) -> None:
        for evidence in self.collector.collect(ended):
            kept.put(mask_heat(evidence, [t.box for t in self.texts if t.first <= evidence.frame <= t.last]))
