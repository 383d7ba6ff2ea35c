"""The provenance of a result: what computed it."""

import importlib.metadata
import platform
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # An export needs the version alone, and no PyTorch.
    from core.device import Runtime
    from pipeline.camera import Camera

WHYCAM = "0.1.0"
_PACKAGES = ("torch", "torchvision", "av", "numpy")


def packages() -> dict[str, str]:
    """Return the versions of Whycam, Python and the packages that figures depend on."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"whycam": WHYCAM, "python": platform.python_version(), **found}


def of(camera: "Camera", runtime: "Runtime") -> dict[str, Any]:
    """Return :func:`packages`, the weights' sha256, the seed they were trained with, and the device."""
    return {
        **packages(),
        "weights_sha256": camera.sha256,
        **{f"{name}_sha256": one.sha256 for name, one in camera.channels.items() if one.sha256},
        **({"standing_sha256": camera.standing.sha256} if camera.standing is not None else {}),
        "seed": camera.card.get("seed"),
        "device": runtime.describe(),
    }
