"""What is kept of the explained frames of one run: picture, heat and boxes, one file a frame."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import overload

import cv2
import numpy as np

from core import pictures
from core.array_files import TEXT, ArrayFile, open_npz
from core.arrays import Bools, Floats, Images
from core.errors import InputError
from core.files import folder as made
from core.files import write_whole
from core.records import Detections, Evidence

MOST_BYTES = 256 << 20
"""Of one frame's evidence; that of a 16-megapixel picture has some 20 MB."""
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 90]


class EvidenceFolder:
    """Evidence on disk, addressed by frame; each file is written whole or not at all.

    The heat is kept as the square root in 8 bits beside its maximum: its error is at most 0.8 % of the maximum.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, evidence: Evidence) -> None:
        """Keep one frame's evidence, replacing what was kept of that frame.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        top = float(evidence.heat.max(initial=0.0))
        coded = np.sqrt(evidence.heat / top) * 255.0 if top > 0 else np.zeros_like(evidence.heat)
        arrays = {
            "score": np.float32(evidence.score),
            "image": _encoded(".jpg", evidence.image[..., ::-1], _QUALITY),
            "heat": _encoded(".png", np.rint(coded).astype(np.uint8), []),
            "top": np.float64(top),
            **_columns("objects", evidence.objects),
            **_columns("actions", evidence.actions),
        }
        made(self.folder)
        with write_whole(self._path(evidence.frame)) as handle:
            np.savez(handle, **arrays)  # type: ignore[arg-type]

    def get(self, frame: int) -> Evidence:
        """Read one frame's evidence.

        Raises:
            InputError: nothing, or nothing readable, is kept of that frame.
        """
        try:
            with open_npz(self._path(frame), MOST_BYTES) as kept:
                image = pictures.decode(kept.read("image"), "a kept picture")
                coded = pictures.decode(kept.read("heat"), "kept heat", grey=True)
                heat = (coded.astype(np.float32) / 255.0) ** 2 * np.float32(kept.read("top"))
                score = float(kept.read("score"))
                objects, actions = _detections("objects", kept, frame), _detections("actions", kept, frame)
        except (OSError, InputError, ValueError, cv2.error, TypeError) as error:
            raise InputError(f"no readable evidence of frame {frame} is kept in this run") from error
        return Evidence(frame, score, np.ascontiguousarray(image), heat, objects, actions)

    def objects(self, frame: int) -> Detections:
        """Read the boxes of objects of one frame, without its picture and heat.

        Raises:
            InputError: nothing, or nothing readable, is kept of that frame.
        """
        try:
            with open_npz(self._path(frame), MOST_BYTES) as kept:
                return _detections("objects", kept, frame)
        except (OSError, InputError, ValueError, TypeError) as error:
            raise InputError(f"no readable evidence of frame {frame} is kept in this run") from error

    def picture(self, frame: int) -> Images:
        """Read the picture of one frame as it is kept: the bytes of a JPEG.

        Raises:
            InputError: nothing, or nothing readable, is kept of that frame.
        """
        try:
            with open_npz(self._path(frame), MOST_BYTES) as kept:
                return kept.read("image")
        except (OSError, InputError, ValueError, TypeError) as error:
            raise InputError(f"no readable evidence of frame {frame} is kept in this run") from error

    def cut(self, frames: int) -> None:
        """Leave only what is kept of the first frames."""
        for frame in self.frames():
            if frame >= frames:
                self._path(frame).unlink(missing_ok=True)

    def frames(self) -> list[int]:
        """List the frames that evidence is kept of, ascending."""
        return sorted(int(path.stem) for path in self.folder.glob("*.npz") if path.stem.isdigit())

    def between(self, first: int, last: int) -> "EvidenceSpan":
        """Return the evidence of the frames from ``first`` to ``last``, both inclusive, read when it is asked for."""
        return EvidenceSpan(self, [frame for frame in self.frames() if first <= frame <= last])

    def nearest(self, frame: int) -> Evidence | None:
        """Return the evidence nearest in time to ``frame``, or None where nothing is kept."""
        frames = self.frames()
        return self.get(min(frames, key=lambda kept: abs(kept - frame))) if frames else None

    def _path(self, frame: int) -> Path:
        return self.folder / f"{frame:08d}.npz"


class EvidenceSpan(Sequence[Evidence]):
    """Evidence of some frames, ascending, of which one at a time is in memory.

    Args:
        folder: where it is kept.
        frames: their numbers.
        masks: frame to (H, W) bool, in place of the detector's heat; the heat as it is kept when None.
    """

    def __init__(self, folder: EvidenceFolder, frames: list[int], masks: Callable[[int], Bools] | None = None) -> None:
        self.folder, self.frames, self.masks = folder, frames, masks

    def __len__(self) -> int:
        return len(self.frames)

    def around(self, frame: int, most: int) -> "EvidenceSpan":
        """Return at most ``most`` entries in a row, with ``frame`` in their middle as far as there are enough."""
        middle = int(np.searchsorted(self.frames, frame))
        first = min(max(middle - most // 2, 0), max(len(self.frames) - most, 0))
        return self[first : first + most]

    @overload
    def __getitem__(self, index: int) -> Evidence: ...
    @overload
    def __getitem__(self, index: slice) -> "EvidenceSpan": ...
    def __getitem__(self, index: int | slice) -> "Evidence | EvidenceSpan":
        if isinstance(index, slice):
            return EvidenceSpan(self.folder, self.frames[index], self.masks)
        seen = self.folder.get(self.frames[index])
        return replace(seen, heat=self.masks(seen.frame).astype(np.float32)) if self.masks else seen


def _encoded(kind: str, picture: Images, options: list[int]) -> Images:
    _, data = cv2.imencode(kind, picture, options)
    return np.asarray(data)


def _columns(prefix: str, found: Detections) -> dict[str, Floats | np.ndarray[tuple[int], np.dtype[np.str_]]]:
    return {
        f"{prefix}_boxes": found.boxes,
        f"{prefix}_labels": np.array(found.labels, dtype=np.str_),
        f"{prefix}_confidence": found.confidence,
        f"{prefix}_vocabulary": np.array(found.vocabulary),
    }


def _detections(prefix: str, kept: ArrayFile, frame: int) -> Detections:
    labels = tuple(str(name) for name in kept.read(f"{prefix}_labels", TEXT))
    vocabulary = str(kept.read(f"{prefix}_vocabulary", TEXT))
    boxes, confidence = kept.read(f"{prefix}_boxes"), kept.read(f"{prefix}_confidence")
    return Detections(frame, boxes, labels, confidence, vocabulary)
