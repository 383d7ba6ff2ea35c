"""What a camera knows of the attributes of its things, as a file of named tensors; nothing in one is believed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core import weights
from core.arrays import Doubles
from core.errors import WeightsError
from detectors._attribute_core import Looks
from detectors._attribute_known import MEASURED, Known
from detectors._attribute_tails import LEVELS, Tail

Tails = Mapping[str, Mapping[str, Tail]]
MOST_BYTES = 16 << 20
MOST_LABELS = 1000
NUMBERS = ("start", "excess", "reached", "boxes", "tracks")
"""Of a tail, beside its quantiles."""


def save(path: Path, known: Known, tails: Tails, seen: Mapping[str, Doubles], tracks: int) -> str:
    """Write what an attribute model consists of; return the file's SHA-256.

    Raises:
        StorageError: the disk is full or cannot be written to.
    """
    rows = [(f"{label}\t{term}", tail) for label, of in tails.items() for term, tail in of.items()]
    state = {
        "numbers": torch.tensor([known.slope, known.intercept, known.pace, tracks], dtype=torch.float64),
        "tails.names": _text([name for name, _ in rows]),
        "tails.values": _half(np.array([tail.values for _, tail in rows]).reshape(-1, LEVELS)),
        "tails.numbers": torch.tensor([[getattr(tail, n) for n in NUMBERS] for _, tail in rows], dtype=torch.float64),
        "looks.mean": _half(known.looks.mean),
        "looks.axes": _half(known.looks.axes),
        "looks.core": _half(known.looks.core),
        "seen.names": _text(list(seen)),
        "seen.counts": torch.tensor([len(one) for one in seen.values()], dtype=torch.int64),
        "seen.values": _half(np.concatenate([np.zeros(0), *seen.values()])),
    }
    return weights.save(state, path, half=False)


def load(path: Path, sha256: str) -> tuple[Known, Tails, dict[str, Doubles], int]:
    """Read what :func:`save` wrote.

    Raises:
        WeightsError: it is missing, has another checksum, is damaged, or its parts do not fit together.
    """
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise WeightsError(f"{path.name!r} is larger than {MOST_BYTES >> 20} MB; it cannot hold attributes")
    state = weights.load(path, sha256)
    try:
        slope, intercept, pace, tracks = _numbers(state, "numbers", (4,)).tolist()
        _demand(tracks >= 1, "no tracks")
        return _known(state, slope, intercept, pace), _tails(state), _seen(state), int(tracks)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        said = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise WeightsError(f"{path.name!r} holds no attributes of things: {said}; train the camera again") from error


def _known(state: Mapping[str, Tensor], slope: float, intercept: float, pace: float) -> Known:
    size = state["looks.core"].shape
    _demand(len(size) == 2, "looks that are no table")
    wanted = {"mean": (size[1],), "axes": (size[1], size[1]), "core": tuple(size)}
    looks = Looks(
        **{name: _numbers(state, f"looks.{name}", shape).astype(np.float32) for name, shape in wanted.items()}
    )
    return Known(slope, intercept, pace, looks)


def _tails(state: Mapping[str, Tensor]) -> Tails:
    names = [name.split("\t") for name in _names(state, "tails.names")]
    values = _numbers(state, "tails.values", (len(names), LEVELS))
    numbers = _numbers(state, "tails.numbers", (len(names), len(NUMBERS)))
    tails = dict[str, dict[str, Tail]]()
    for (label, term), quantiles, (start, excess, *counts) in zip(names, values, numbers, strict=True):
        _demand(term in MEASURED, f"a term {term[:40]!r}")
        _demand(bool((np.diff(quantiles) >= 0).all()), "quantiles that descend")
        _demand(excess > 0 and min(counts) >= 1, "a tail without values")
        tails.setdefault(label, {})[term] = Tail(quantiles, start, excess, *(int(count) for count in counts))
    return tails


def _seen(state: Mapping[str, Tensor]) -> dict[str, Doubles]:
    names = _names(state, "seen.names")
    counts = _numbers(state, "seen.counts", (len(names),)).astype(np.int64)
    _demand(bool((counts >= 0).all()), "counts below 0")
    values = _numbers(state, "seen.values", (int(counts.sum()),))
    parts = np.split(values, counts.cumsum()[:-1]) if names else []
    _demand(all(bool((np.diff(one) >= 0).all()) for one in parts), "confidences that descend")
    return dict(zip(names, parts, strict=True))


def _numbers(state: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> Doubles:
    """Return a tensor as float64; a ValueError says what is wrong with it."""
    _demand(tuple(state[name].shape) == shape, f"{name!r} of shape {tuple(state[name].shape)}, not {shape}")
    values: Doubles = state[name].to(torch.float64).numpy()
    _demand(bool(np.isfinite(values).all()), f"numbers in {name!r} that are not finite")
    return values


def _names(state: Mapping[str, Tensor], name: str) -> list[str]:
    _demand(state[name].dtype == torch.uint8 and state[name].ndim == 1, f"{name!r} that is no text")
    text = bytes(state[name].numpy()).decode("utf-8")
    names = text.split("\n") if text else []
    _demand(len(set(names)) == len(names) <= MOST_LABELS, f"names in {name!r} twice, or too many")
    return names


def _demand(condition: bool, wrong: str) -> None:
    if not condition:
        raise ValueError(wrong)


def _text(names: Sequence[str]) -> Tensor:
    return torch.from_numpy(np.frombuffer("\n".join(names).encode(), np.uint8).copy())


def _half(values: Any) -> Tensor:
    return torch.from_numpy(np.asarray(values).astype(np.float16))
