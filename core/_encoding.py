"""The writing of a clip."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from core.arrays import Images
from core.files import staged

USUAL = {"preset": "veryfast", "crf": "20"}
SEEKABLE = {
    "preset": "superfast", "crf": "23", "tune": "fastdecode", "g": "12", "bf": "0", "sc_threshold": "0",
    "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=smpte170m:open-gop=0",
}  # fmt: skip
"""Without B-frames the file has no edit list and begins at 0; the colours' matrix, FFmpeg's own for RGB, is named."""


def encode(path: Path, images: Iterable[Images], fps: float | Fraction, seekable: bool = False) -> None:
    """Do :func:`core.video.encode`."""
    frames_left = iter(images)
    first = next(frames_left, None)
    if first is None:
        raise ValueError("images must hold at least one frame, got none")
    height, width = first.shape[:2]
    with (
        staged(path) as part,
        av.open(f"file:{part}", "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream("libx264", Fraction(fps).limit_denominator(60000))
        stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
        stream.codec_context.options = dict(SEEKABLE if seekable else USUAL)
        for image in chain([first], frames_left):
            if image.shape != (height, width, 3):
                raise ValueError(f"images must all be ({height}, {width}, 3), got {image.shape}")
            padded = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            container.mux(stream.encode(VideoFrame.from_ndarray(padded, format="rgb24")))
        container.mux(stream.encode(None))
