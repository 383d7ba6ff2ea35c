"""The one place that decides device, precision and memory format."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from core.errors import InputError

CHOICES = ("auto", "cpu", "cuda")
CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)
Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class Runtime:
    """Where networks run, and in which precision.

    Attributes:
        device: CPU or one GPU.
        precision: dtype of convolutions and matrix products; float32 means no autocast.
    """

    device: torch.device
    precision: torch.dtype

    def place(self, module: Module) -> Module:
        """Move a network here, its convolutions' weights in channels-last order, which is faster."""
        placed: Module = module.to(self.device)
        for part in placed.modules():
            if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
                part.to(memory_format=torch.channels_last)
            elif isinstance(part, nn.Conv3d | nn.ConvTranspose3d):
                part.to(memory_format=torch.channels_last_3d)
        return placed

    def to_inference(self, module: Module) -> Module:
        """Place a network that will only be asked: batch normalisation becomes part of the convolution before it.

        A layer of an ``nn.Sequential`` that is several convolutions added up says as one what it offers as ``merged``.
        """
        for part in module.eval().modules():
            if isinstance(part, nn.Sequential):
                for name, layer in part._modules.items():
                    merged: Any = getattr(layer, "merged", None)
                    part._modules[name] = layer if merged is None else merged()
                for one, other in pairwise(list(part._modules)):
                    _merge(part, one, other)
        return self.place(module)

    def autocast(self) -> AbstractContextManager[None]:
        """Return the context in which networks run at this runtime's precision."""
        return torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32)

    def describe(self) -> str:
        """Name device and precision, such as ``cpu bfloat16 (2 threads)``."""
        precision = str(self.precision).removeprefix("torch.")
        if self.device.type == "cuda":
            return f"{torch.cuda.get_device_name(self.device)} {precision}"
        return f"cpu {precision} ({torch.get_num_threads()} threads)"


def _merge(part: nn.Sequential, one: str, other: str) -> None:
    layer, norm = part._modules[one], part._modules[other]
    if isinstance(layer, CONVOLUTIONS) and isinstance(norm, nn.BatchNorm2d | nn.BatchNorm3d):
        transposed = isinstance(layer, nn.ConvTranspose2d | nn.ConvTranspose3d)
        part._modules[one] = fuse_conv_bn_eval(layer, norm, transposed)
        part._modules[other] = nn.Identity().eval()


def cpu_has_bf16() -> bool:
    """Tell whether this CPU multiplies bfloat16 natively (AVX-512 BF16 or AMX)."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="ignore")
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def choose(name: str = "auto", precision: str = "auto") -> Runtime:
    """Choose device and precision.

    Args:
        name: ``auto`` (a GPU where there is one), ``cpu`` or ``cuda``.
        precision: ``auto`` (bfloat16 where the device multiplies it natively), ``float32`` or ``bfloat16``.

    Raises:
        InputError: ``cuda`` was asked for and there is none, or the name is not one of the choices.
    """
    if name not in CHOICES:
        raise InputError(f"unknown device {name!r}; known: {', '.join(CHOICES)}")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("device 'cuda' was asked for, but no CUDA GPU is visible; use --device cpu or auto")
    cuda = torch.cuda.is_available() and name != "cpu"
    device = torch.device("cuda" if cuda else "cpu")
    native = torch.cuda.is_bf16_supported() if cuda else cpu_has_bf16()
    low = native if precision == "auto" else precision == "bfloat16"
    return Runtime(device, torch.bfloat16 if low else torch.float32)
