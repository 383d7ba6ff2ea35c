"""A network that a stranger's settings describe is measured before it takes any memory.

It is built on PyTorch's ``meta`` device, which keeps no numbers, and no further than its weights file has tensors for
it.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode

from core.contracts import Detector
from core.errors import WeightsError
from core.weights import compare_shapes

MAX_HEADER_BYTES = 16 << 20
MAX_MAP = 1 << 30
"""Numbers in one map of a frame: those of its widest layer at the frame's full size."""
MAX_WINDOW = 1 << 28
"""Numbers in one window of frames."""
SHARED = 4
"""A network may register a tensor under several names, as often at most."""
SPARE_MODULES, SPARE_NUMBERS = 2_000, 1 << 22
"""Parts without weights, and numbers that are not kept in the file."""


class _TooLarge(Exception):
    """More is being built than the file has tensors for."""


def check(make: Callable[[], Detector], path: Path) -> None:
    """See that a network is the one whose weights a file holds, and no larger than can be computed.

    Args:
        make: builds it.
        path: its weights in safetensors format, of which the header alone is read.

    Raises:
        WeightsError: the file is missing or damaged, or the network is another one, or too large.
    """
    held = shapes(path)
    counter = _Counter(held)
    try:
        with counter, torch.device("meta"), _KeepGiven():
            network = make()
    except _TooLarge as error:
        raise WeightsError(f"{path.name!r} holds fewer weights than its settings ask for ({error}); it is not the "
                           "file of that network") from error  # fmt: skip
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    compare_shapes(type(network).__name__, wanted, held, path.name)
    window = network.window
    pixels = window.height * window.width
    for what, numbers, most in (
        ("a window of frames", window.inputs * window.channels * pixels, MAX_WINDOW),
        ("a map of a frame", counter.widest * pixels, MAX_MAP),
    ):
        if numbers > most:
            raise WeightsError(f"{path.name!r} is of a network for which {what} has {numbers:,} numbers; at most "
                               f"{most:,} are computed")  # fmt: skip


def shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors of a safetensors file, by name.

    Raises:
        WeightsError: it cannot be read, or is no such file.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > MAX_HEADER_BYTES:
                raise ValueError(f"its header has {length:,} bytes")
            told: dict[str, Any] = json.loads(file.read(length))
        return {name: tuple(map(int, one["shape"])) for name, one in told.items() if name != "__metadata__"}
    except OSError as error:
        raise WeightsError(f"there is no weights file {str(path)!r} that can be read; train or fetch it") from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise WeightsError(f"{path.name!r} is not a safetensors file or is damaged; get it again") from error


class _KeepGiven(TorchFunctionMode):
    """Lets a tensor of given numbers keep them, for a constructor that reads them; the others keep none."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:  # fmt: skip
        given = {"device": "cpu"} if func is torch.tensor else {}
        return func(*args, **(given | (kwargs or {})))


class _Counter:
    """Counts what is built while it is entered, and ends that where it is more than a file holds."""

    def __init__(self, held: Mapping[str, tuple[int, ...]]) -> None:
        self.widest = 0
        self._modules = SHARED * len(held) + SPARE_MODULES
        self._numbers = SHARED * sum(map(math.prod, held.values())) + SPARE_NUMBERS

    def __enter__(self) -> None:
        self._handles = [
            hooks.register_module_parameter_registration_hook(self._tensor),
            hooks.register_module_buffer_registration_hook(self._tensor),
            hooks.register_module_module_registration_hook(self._module),
        ]

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _tensor(self, module: nn.Module, name: str, tensor: Tensor | None) -> None:
        if tensor is None or tensor.device.type != "meta":
            return
        self._numbers -= tensor.numel()
        if tensor.ndim > 2:
            self.widest = max(self.widest, *tensor.shape[:2])
        if self._numbers < 0:
            raise _TooLarge("too many numbers")

    def _module(self, module: nn.Module, name: str, part: nn.Module | None) -> None:
        self._modules -= 1
        if self._modules < 0:
            raise _TooLarge("too many layers")
