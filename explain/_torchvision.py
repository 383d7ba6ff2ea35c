"""Imports torchvision without PyTorch's compiler: a third of a start's time, and 140 MiB, for one question.

``torchvision.ops.roi_align`` asks the compiler whether it supports a device, where results must be deterministic. Until
it asks, a stand-in has the question's place; the compiler is loaded then.
"""

import importlib
import sys
from types import ModuleType

COMPILER = "torch._dynamo.utils"


def is_compile_supported(device: str) -> bool:
    """Ask PyTorch's compiler whether it supports a type of device."""
    return bool(importlib.import_module(COMPILER).is_compile_supported(device))


def _load() -> None:
    """Import torchvision's operations, once."""
    if COMPILER in sys.modules:  # it is here already, and costs nothing
        return
    stand_in = ModuleType(COMPILER)
    vars(stand_in)["is_compile_supported"] = is_compile_supported
    sys.modules[COMPILER] = stand_in
    try:
        importlib.import_module("torchvision.ops.roi_align")
    finally:
        del sys.modules[COMPILER]


_load()
