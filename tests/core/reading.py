"""What the tests of the clip reader share."""

import numpy as np

from core import video


def told(path, chunk=8, **options):
    """Read a clip to its end: images, times, what became of its frames."""
    ended = []
    parts = list(video.read(path, chunk, ended.append, **options))
    assert [part.first for part in parts] == list(np.cumsum([0, *(len(part) for part in parts[:-1])]))
    assert all(len(part) == chunk for part in parts[:-1])
    (reading,) = ended
    times = np.concatenate([part.times for part in parts])
    assert reading.announced >= reading.read == len(times)
    assert times[0] == 0 and (np.diff(times) > 0).all()
    return np.concatenate([part.images for part in parts]), times, reading


def whole(path, chunk=8):
    """Read a clip to its end: images, times, sentences."""
    images, times, reading = told(path, chunk)
    return images, times, list(reading.notes)


def difference(a, b):
    return np.abs(a.astype(np.int16) - b.astype(np.int16)).mean()
