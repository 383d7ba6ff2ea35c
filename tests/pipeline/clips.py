"""A clip from memory, for tests of what reads footage."""

import numpy as np

from core.records import Frames


class Clip:
    """Frames in chunks of 7, ten a second."""

    def __init__(self, name, images):
        self.name, self.images = name, images

    def frames(self, chunk=32):
        for first in range(0, len(self.images), 7):
            part = self.images[first : first + 7]
            yield Frames(part, first, np.arange(first, first + len(part)) / 10.0)
