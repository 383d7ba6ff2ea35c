"""Weights of networks: saved as safetensors, and loaded so that no file can run code or pass for another."""

import hashlib
import io
import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from core._download import MAX_BYTES, Opens, fetch
from core._pickles import read_arrays
from core._weights_folder import check, compare, find, install, is_here, part_size, recorded
from core.checksums import check_sha256
from core.errors import WeightsError
from core.files import write_whole

__all__ = ["Opens", "apply", "check", "compare_shapes", "fetch", "find", "install", "is_here", "load"]
__all__ += ["load_pickled_arrays", "load_torch", "part_size", "recorded", "save", "save_torch"]

State = Mapping[str, Tensor]
EXACT = ("running_mean", "running_var")
"""Statistics of batch normalisation stay float32: a variance easily leaves the range of float16."""


def save(weights: nn.Module | State, path: Path | str, half: bool = True) -> str:
    """Write weights as safetensors, whole or not at all.

    Args:
        weights: a network, or its state.
        path: the file to make or to replace.
        half: store floating tensors of rank 1 and more as float16, where they fit into its range.

    Returns:
        SHA-256 of the file, for the card.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    state = weights.state_dict() if isinstance(weights, nn.Module) else weights
    content = safetensors.torch.save({name: _stored(name, tensor, half) for name, tensor in state.items()})
    with write_whole(Path(path)) as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()


def save_torch(content: Mapping[str, Any], path: Path) -> None:
    """Write tensors and plain values for :func:`load_torch`, whole or not at all.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    whole = io.BytesIO()
    torch.save(dict(content), whole)  # into a file, it would not say that the disk is full
    with write_whole(path) as file:
        file.write(whole.getbuffer())


def load(path: Path | str, sha256: str) -> dict[str, Tensor]:
    """Load weights that :func:`save` wrote, onto the CPU, in the precision in which they are stored.

    Args:
        path: a safetensors file.
        sha256: its checksum, 64 hexadecimal digits.

    Raises:
        WeightsError: the file is missing, has another checksum, or is no safetensors file.
    """
    path = Path(path)
    try:
        check_sha256(f"the sha256 of {path.name!r}", sha256)
    except ValueError as error:
        raise WeightsError(f"{error}; weights without their checksum are not loaded") from error
    content = _content(path, sha256)
    if _is_pickle(content):
        raise WeightsError(
            f"{path.name!r} is a pickle, which could run code when it is loaded; give weights in safetensors format"
        )
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"{path.name!r} is not a safetensors file or is damaged; get it again") from error


def load_torch(path: Path | str, sha256_prefix: str | None = None) -> dict[str, Any]:
    """Load a file of ``torch.save`` that holds tensors and plain values only, onto the CPU.

    Args:
        path: a ``.pth`` file, as torchvision and PyTorchVideo publish them.
        sha256_prefix: its checksum, or the beginning of it, as torchvision's file names carry it.

    Raises:
        WeightsError: the file is missing, has another checksum, is damaged, or would run code.
    """
    path = Path(path)
    content = _content(path, sha256_prefix)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path.name!r} holds more than weights and could run code when it is loaded; "
            "give a file that holds tensors only"
        ) from error
    except Exception as error:  # whatever PyTorch's reader stumbles over in bytes that are no weights
        raise WeightsError(f"{path.name!r} is not a PyTorch weights file or is damaged; get it again") from error
    if not isinstance(loaded, Mapping):
        raise WeightsError(f"{path.name!r} holds a {type(loaded).__name__}; a table of named tensors is expected")
    return dict(loaded)


def load_pickled_arrays(path: Path | str) -> dict[str, npt.NDArray[Any]]:
    """Load the NumPy arrays of a pickle in the form of Detectron2's model zoo, without running what it names.

    Args:
        path: a ``.pkl`` file.

    Raises:
        WeightsError: the file is missing, or holds anything but arrays and plain values.
    """
    path = Path(path)
    try:
        return read_arrays(_content(path, None))
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path.name!r} is not a pickle of NumPy arrays only ({error}); it was not loaded"
        ) from error


def apply(module: nn.Module, state: State, name: str = "the weights file") -> None:
    """Give a network its weights, all of them.

    Args:
        module: the network; tensors are converted to its precision and device.
        state: one tensor for each of its parameters and buffers; batch normalisation's counters may be missing.
        name: what to call the weights in an error.

    Raises:
        WeightsError: the weights are another network's, one tensor is missing, unexpected or of another shape, or holds
            numbers that are not finite.
    """
    wanted = module.state_dict()
    held = {key: tuple(tensor.shape) for key, tensor in state.items()}
    compare_shapes(type(module).__name__, {key: tuple(tensor.shape) for key, tensor in wanted.items()}, held, name)
    for key in wanted:
        if key in state and state[key].is_floating_point() and not bool(state[key].isfinite().all()):
            raise WeightsError(
                f"{name} is unusable: tensor {key!r} holds NaN or infinite numbers; train or get it again"
            )
    module.load_state_dict(dict(state), strict=False)


def compare_shapes(
    network: str, wanted: Mapping[str, tuple[int, ...]], held: Mapping[str, tuple[int, ...]], name: str
) -> None:  # fmt: skip
    """See that the tensors of a file are those of a network.

    Args:
        network: what to call it in an error.
        wanted: shapes of its parameters and buffers, by name; batch normalisation's counters may be missing.
        held: those in the file.
        name: what to call the weights in an error.

    Raises:
        WeightsError: they are another network's, one is missing, unexpected or of another shape.
    """
    missing = [k for k in wanted if k not in held and not k.endswith("num_batches_tracked")]
    unexpected = [k for k in held if k not in wanted]
    shapes = [k for k in wanted if k in held and wanted[k] != held[k]]
    if len(missing) + len(shapes) > len(wanted) / 2:
        raise WeightsError(
            f"{name} holds another network's weights, not {network}'s: {len(missing)} of {len(wanted)} tensors are "
            f"missing and {len(shapes)} have another shape; give weights that were trained for it"
        )
    for fault, keys in (("is missing", missing), ("is not known to it", unexpected)):
        if keys:
            raise WeightsError(f"{name} does not fit {network}: tensor {keys[0]!r} {fault} ({len(keys)} such in all)")
    for key in shapes[:1]:
        raise WeightsError(f"{name} does not fit {network}: tensor {key!r} must be {wanted[key]}, got {held[key]}")


def _stored(name: str, tensor: Tensor, half: bool) -> Tensor:
    """Return the tensor as it is written: on the CPU, contiguous, sharing memory with no other."""
    plain = tensor.detach().to("cpu", copy=True).contiguous()
    if not half or not plain.is_floating_point() or plain.ndim == 0 or name.endswith(EXACT):
        return plain
    small = plain.to(torch.float16)
    return small if bool((small.isfinite() == plain.isfinite()).all()) else plain


def _content(path: Path, sha256: str | None) -> bytes:
    """Return a file's bytes, those that were checked and no others."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise WeightsError(f"{path.name!r} is larger than {MAX_BYTES / 1024**3:g} GiB; it cannot be a weights file")
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"there is no weights file {str(path)!r} that can be read; train or fetch it") from error
    if sha256 is not None:
        compare(hashlib.sha256(content).hexdigest(), sha256, path.name)
    return content


def _is_pickle(content: bytes) -> bool:
    """Tell a pickle, or the archive of pickles that ``torch.save`` writes, from safetensors."""
    return content[:4] == b"PK\x03\x04" or (content[:1] == b"\x80" and content[8:9] != b"{")
