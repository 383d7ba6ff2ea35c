"""Reading of pickles that hold only NumPy arrays, without running anything that they name."""

import io
import math
import pickle
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

PLAIN = frozenset("biuf")
"""Kinds of NumPy types that are numbers."""


class _Dtype:
    """Stands for a ``numpy.dtype`` while a pickle is read; takes its name and byte order, and nothing else."""

    def __init__(self, name: Any, *_: Any) -> None:
        text = name.decode("ascii") if isinstance(name, bytes) else str(name)
        self.dtype = np.dtype(text)
        if self.dtype.kind not in PLAIN:
            raise pickle.UnpicklingError(f"an array of {text!r}")

    def __setstate__(self, state: Any) -> None:
        if state[1] in (">", b">"):
            self.dtype = self.dtype.newbyteorder(">")


class _Array:
    """Stands for a ``numpy.ndarray`` while a pickle is read."""

    def __init__(self) -> None:
        self.array: npt.NDArray[Any] = np.empty(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, raw = state
        content = raw.encode("latin1") if isinstance(raw, str) else bytes(raw)
        if not isinstance(kind, _Dtype) or math.prod(shape) * kind.dtype.itemsize != len(content):
            raise pickle.UnpicklingError("an array whose size does not fit its content")
        flat = np.frombuffer(content, kind.dtype)
        self.array = flat.reshape(shape, order="F" if fortran else "C").copy()


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _dtype(*arguments: Any) -> _Dtype:
    return _Dtype(*arguments)


def _encode(text: str, encoding: str = "latin1") -> bytes:
    """Stand for ``_codecs.encode``, by which old protocols write bytes."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"text in {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """Stand for ``bytes()``, by which old protocols write no bytes."""
    return b""


def _class(*_: Any) -> NoReturn:
    raise pickle.UnpicklingError("a class that is called")


KNOWN = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _class,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encode,
    ("__builtin__", "bytes"): _no_bytes,
    ("collections", "OrderedDict"): dict,
}


class _Unpickler(pickle.Unpickler):
    """Replaces each name in a pickle by a stand-in, and refuses those it does not know."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in of ``module.name``."""
        if (module, name) not in KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return KNOWN[module, name]


def read_arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the named arrays in a pickle, as Detectron2's model zoo publishes them: ``{"model": {name: array}, …}``.

    Raises:
        pickle.UnpicklingError: it names anything but NumPy's arrays, or holds none.
    """
    try:
        found = _Unpickler(io.BytesIO(content), encoding="latin1").load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:
        raise pickle.UnpicklingError(f"it is damaged ({type(error).__name__})") from error
    if isinstance(found, Mapping) and isinstance(found.get("model"), Mapping):
        found = found["model"]
    if not isinstance(found, Mapping):
        raise pickle.UnpicklingError("it holds no table of arrays")
    arrays = {str(name): value.array for name, value in found.items() if isinstance(value, _Array)}
    if not arrays:
        raise pickle.UnpicklingError("it holds no arrays")
    return arrays
