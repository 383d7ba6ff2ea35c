"""Action models, one file per backend; each registers itself in ACTION_MODELS."""

from collections.abc import Callable

import numpy as np

from core.arrays import Doubles
from core.contracts import ActionModel
from core.device import Runtime
from core.registry import collect
from explain import backends
from explain.backends import Progress

Loader = Callable[[Runtime, Progress | None], ActionModel]
PREFERRED = "slowfast"


def models() -> dict[str, Loader]:
    """Name to loader of every action model."""
    return collect("explain.actions", "ACTION_MODELS")


def moments(span: int, rate: float) -> Doubles:
    """Return when a model's ``span`` frames lie, (span,) seconds from the key frame on, at ``rate`` frames/s.

    >>> moments(4, 2.0).tolist()
    [-1.0, -0.5, 0.0, 0.5]
    """
    return (np.arange(span) - span // 2) / rate


def choose(name: str, runtime: Runtime, progress: Progress | None = None) -> ActionModel:
    """Load an action model.

    ``auto`` is SlowFast with the official AVA weights where these are here or can be downloaded, else the compact
    one that comes with Whycam. Arguments and errors are those of :func:`explain.backends.choose`.
    """
    return backends.choose("action model", models(), PREFERRED, name, runtime, progress)
