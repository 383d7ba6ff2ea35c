"""Footage decoded once into a memory-mapped array at the network's size, from which training draws its windows."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from core.arrays import Ints
from core.contracts import Detector, Footage
from core.errors import DataError
from core.files import writing

ROOM_SHARE, MOVED_FRAMES = 0.4, 512
"""Share of a GPU's free memory that frames may take, and how many are moved there at once."""


class Cache:
    """All frames of several clips, (N, C, h, w) uint8 on disk, and where each clip begins.

    Args:
        path: file that is made; it is raw bytes and can be deleted afterwards.
        detector: says the size and the channels.
        footage: clips, decoded one after the other.
        progress: called with the number of frames decoded so far.
    """

    def __init__(
        self, path: Path, detector: Detector, footage: Sequence[Footage], progress: Callable[[int], None] | None = None
    ) -> None:
        w = detector.window
        self.lengths: list[int] = []
        total = 0
        with writing(path) as handle:
            for clip in footage:
                frames = 0
                for chunk in clip.frames():
                    shrunk = detector.resize(torch.from_numpy(chunk.images)).contiguous()
                    handle.write(shrunk.numpy().tobytes())
                    frames += len(chunk)
                    if progress:
                        progress(total + frames)
                self.lengths.append(frames)
                total += frames
        if not total:
            raise DataError("the normal footage holds no frame; give a folder with at least one clip of normal footage")
        self.frames = np.memmap(path, np.uint8, "r", shape=(total, w.channels, w.height, w.width))
        self.span = w.span
        self.ends: Ints = np.repeat(np.cumsum(self.lengths) - 1, self.lengths)
        self.starts = self._starts()
        self._there: torch.Tensor | None = None

    def move(self, device: torch.device, room: int | None = None) -> bool:
        """Copy all frames to a GPU that has room for them, so that windows are picked there; return whether it has.

        Args:
            device: that the network is trained on; a CPU reads the file.
            room: bytes that they may take; when None, :data:`ROOM_SHARE` of what the GPU has free.
        """
        if room is None:
            room = round(torch.cuda.mem_get_info(device)[0] * ROOM_SHARE) if device.type == "cuda" else 0
        if self.frames.nbytes > room:
            return False
        self._there = torch.empty(self.frames.shape, dtype=torch.uint8, device=device)
        for first in range(0, len(self.frames), MOVED_FRAMES):
            part = torch.from_numpy(np.array(self.frames[first : first + MOVED_FRAMES]))
            self._there[first : first + len(part)] = part.to(device)
        return True

    def _starts(self) -> Ints:
        first = np.cumsum([0, *self.lengths])
        usable = [np.arange(a, a + max(0, n - self.span + 1)) for a, n in zip(first, self.lengths, strict=False)]
        starts = np.concatenate(usable).astype(np.int64)
        if not len(starts):
            raise DataError(
                f"no clip of the normal footage has the {self.span} frames of one window; the longest has "
                f"{max(self.lengths)}"
            )
        return starts

    def split(self, share: float) -> tuple[Ints, Ints]:
        """Return the windows' starts without the last ``share`` of each clip's windows, and those; none if share is 0.

        Raises:
            DataError: a part would be empty.
        """
        if not share:
            return self.starts, self.starts[:0]
        ends = self.ends[self.starts]
        last = np.zeros(len(self.starts), np.bool_)
        for end in np.unique(ends):
            own = np.flatnonzero(ends == end)
            last[own[len(own) - round(len(own) * share) :]] = True
        if last.all() or not last.any():
            raise DataError(
                f"{len(last)} windows of normal footage are too few to hold out {share:.0%} of them; give longer clips"
            )
        return self.starts[~last], self.starts[last]

    def batches(self, batch: int, order: Ints, span: int = 0) -> Iterator[torch.Tensor]:
        """Yield the windows that begin at ``order``, in batches of nearly one size, (≤ batch, span, C, h, w) uint8.

        No last batch of one is left over, which batch normalisation could not learn from.

        Args:
            batch: windows in a batch.
            order: indices of first frames.
            span: frames for each window where more than the detector's own are wanted; behind the end of its clip
                the last frame is repeated.
        """
        offsets = np.arange(span or self.span)
        for part in np.array_split(order, -(-len(order) // batch)):
            starts = part[:, None]
            rows = np.minimum(starts + offsets, self.ends[starts])
            if self._there is None:
                yield torch.from_numpy(self.frames[rows])
            else:
                yield self._there[torch.from_numpy(rows).to(self._there.device, non_blocking=True)]
