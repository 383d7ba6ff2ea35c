"""Object models, one file per backend; each registers itself in OBJECT_MODELS."""

from collections.abc import Callable

from core.contracts import ObjectModel
from core.device import Runtime
from core.registry import collect
from explain import backends
from explain.backends import Progress

Loader = Callable[[Runtime, Progress | None], ObjectModel]
PREFERRED = "torchvision"


def models() -> dict[str, Loader]:
    """Name to loader of every object model."""
    return collect("explain.objects", "OBJECT_MODELS")


def choose(name: str, runtime: Runtime, progress: Progress | None = None) -> ObjectModel:
    """Load an object model.

    ``auto`` is torchvision's with the official COCO weights where these are here or can be downloaded, else the compact
    one that comes with Whycam. Arguments and errors are those of :func:`explain.backends.choose`.
    Raises an InputError where the model needs a package that is not installed.
    """
    return backends.choose("object model", models(), PREFERRED, name, runtime, progress)
