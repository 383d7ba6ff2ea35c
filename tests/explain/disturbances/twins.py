"""The plaza, small and short, with what a camera does staged on it; made once a session."""

from functools import cache

import numpy as np

import plaza
from benchmarks._staged_views import Take
from benchmarks.disturbances import code, watch
from core.clock import Clock

FPS, SIZE = 12.5, (320, 180)


@cache
def plain(scene=0, frames=125):
    """A quiet plaza of some seconds: (T, H, W, 3) uint8."""
    return np.stack([one.image for one in plaza.render(31, frames, size=SIZE, fps=FPS, scene=scene)])


def take(seed=0, frames=125):
    """The plaza to stage something on."""
    return Take(plain(frames=frames), FPS, np.random.default_rng(seed), plain(2, 40))


def told(images, fps=FPS, clock=None, crf=23, **options):
    """What is told of a clip once it was coded, as (kind, start, end, sentence, lasting)."""
    coded = code(np.asarray(images), fps, crf=crf, **options)
    found = watch(coded, fps).finish(clock or Clock.steady(fps, len(coded)))
    return [(one.kind, round(one.start, 2), round(one.end, 2), one.summary, one.lasting) for one in found]
