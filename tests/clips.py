"""Clips of every kind, made with PyAV for the tests."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame


def pictures(count=20, width=64, height=48, seed=0):
    """Smooth pictures, each with a bright bar whose place tells its number."""
    across = np.linspace(0, 150, width)[None, :, None]
    down = np.linspace(0, 60, height)[:, None, None]
    base = np.broadcast_to(across + down, (height, width, 3)) * np.array([1.0, 0.8, 0.6])
    images = np.repeat(base[None].astype(np.uint8), count, 0)
    for i in range(count):
        left = (i * 3) % (width - 8)
        images[i, 8:24, left : left + 8] = 250
    return images


def noise(count=30, width=96, height=64, seed=0):
    """Pictures that compress badly, so that each frame fills many bytes."""
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def make(
    path,
    images,
    codec="libx264",
    pix_fmt="yuv420p",
    rate=25,
    stamps=None,
    turn=None,
    audio=False,
    form=None,
    container=None,
    **options,
):
    """Write ``images`` as a clip.

    Args:
        path: the file; its suffix chooses the container.
        images: (N, H, W, 3) uint8; None for no pictures at all.
        codec, pix_fmt, rate: of the pictures.
        stamps: times of the frames in milliseconds, instead of a constant rate.
        turn: (degrees counterclockwise, mirrored) of the display matrix.
        audio: adds silence.
        form: the container's name, where the suffix does not tell.
        container: options of the container.
        options: options of the encoder.
    """
    with av.open(str(path), "w", format=form, options=container or {}) as out:
        video = None
        if images is not None:
            video = out.add_stream(codec, rate, options={k: str(v) for k, v in options.items()})
            video.height, video.width = images.shape[1:3]
            video.pix_fmt = pix_fmt
            if stamps is not None:
                video.codec_context.time_base = Fraction(1, 1000)
            if turn is not None:
                video.set_display_rotation(turn[0], hflip=turn[1])
        sound = out.add_stream("aac", 8000) if audio else None
        for i, image in enumerate(images if images is not None else ()):
            frame = VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt)
            frame.pts = i if stamps is None else stamps[i]
            frame.time_base = 1 / Fraction(rate) if stamps is None else Fraction(1, 1000)
            out.mux(video.encode(frame))
        if sound is not None:
            seconds = 1 if images is None else max(1, round(len(images) / rate))
            for i in range(seconds * 8):
                quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), format="fltp", layout="mono")
                quiet.sample_rate, quiet.pts, quiet.time_base = 8000, i * 1000, Fraction(1, 8000)
                out.mux(sound.encode(quiet))
            out.mux(sound.encode(None))
        if video is not None:
            out.mux(video.encode(None))
    return Path(path)
