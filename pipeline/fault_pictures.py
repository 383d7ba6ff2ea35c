"""Small pictures of camera faults, one of each: frames in a fault are not scored, so no evidence is kept of them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from core.arrays import Images
from core.disturbance import Disturbance
from core.errors import Cancelled, InputError
from core.files import folder as made
from core.files import write_whole
from pipeline.sampling import decode

FOLDER = "faults"
LONGEST_SIDE = 320
"""Pixels."""
QUALITY = 85


def path(run: Path, first: int) -> Path:
    """Return where the picture of a fault is, or would be, by the fault's first frame."""
    return run / FOLDER / f"{first:08d}.jpg"


def shown(fault: Disturbance) -> int:
    """Return the frame that stands for a fault: its middle, or its last one where what follows is changed, too."""
    return fault.last if fault.lasting else (fault.first + fault.last) // 2


def keep(
    clip: Path, run: Path, faults: Iterable[Disturbance], fps: float, cancelled: Callable[[], bool] = bool
) -> None:  # fmt: skip
    """Keep a picture of each fault that has none yet; the clip is decoded up to the last of them.

    Args:
        clip: the file.
        run: folder of its run.
        faults: found in the clip.
        fps: frames in a second, where the clip does not tell.
        cancelled: asked before each picture.

    Raises:
        Cancelled: ``cancelled`` said so; what is there is kept.
        ClipError: the clip cannot be read.
        StorageError: the disk is full.
    """
    wanted = {shown(one): path(run, one.first) for one in faults if not path(run, one.first).exists()}
    for part in decode(clip, np.array(sorted(wanted), np.int64), fps=fps):
        for frame, image in enumerate(part.images, part.first):
            if cancelled():
                raise Cancelled("cancelled while pictures of camera faults were kept")
            _write(wanted[frame], image)


def put(run: Path, first: int, image: Images) -> None:
    """Keep a picture, (H, W, 3) uint8 at any size, of the fault that begins at ``first``, in the place of an older one.

    Raises:
        StorageError: the disk is full.
    """
    _write(path(run, first), image)


def read(run: Path, first: int) -> bytes:
    """Return the picture of a fault as JPEG.

    Raises:
        InputError: none is kept of a fault that begins there.
    """
    try:
        return path(run, first).read_bytes()
    except OSError as error:
        raise InputError(f"no picture of a camera fault at frame {first} is kept in this run") from error


def _write(place: Path, image: Images) -> None:
    made(place.parent)
    with write_whole(place) as out:
        out.write(_small(image))


def _small(image: Images) -> bytes:
    share = min(LONGEST_SIDE / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", np.asarray(small)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(data)
