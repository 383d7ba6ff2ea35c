"""Settings that a user chose, held against their defaults: another type or a value out of range is one sentence."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import InputError
from core.registry import pick

MINIMA = {"height": 8, "width": 8, "base": 1, "batch": 1, "epochs": 1, "step": 1, "steps": 1, "levels": 1, "hidden": 1}
MAXIMA = {
    "height": 2048, "width": 2048, "base": 1024, "batch": 4096, "epochs": 100_000, "rate": 1.0, "inputs": 64,
    "codes": 65_536, "step": 1000, "steps": 256, "levels": 8, "hidden": 4096, "blocks": 16,
}  # fmt: skip
"""By a setting's name, or its last word (``flow_epochs``: ``epochs``); elsewhere numbers are from 0 to
:data:`DEFAULT_MAXIMUM`."""
DEFAULT_MAXIMUM = 10_000
ABOVE_ZERO = {"rate"}


def checked(known: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``chosen``, each value of its default's type.

    A whole number may be written ``1e2``, a list for a tuple, and a whole number for a real one.

    Args:
        known: names and default values.
        chosen: some of those names, and values of any origin.

    Raises:
        UnknownNameError: a name that is not known.
        InputError: a value of another type than the default's, or out of range.

    >>> checked({"rate": 1e-4, "strides": (2, 3)}, {"rate": 1, "strides": [4]})
    {'rate': 1.0, 'strides': (4,)}
    """
    return {name: _checked(name, pick("setting", name, known), value) for name, value in chosen.items()}


def _checked(name: str, default: Any, value: Any) -> Any:
    if isinstance(default, tuple):
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            raise InputError(f"setting {name!r} must be a list such as {list(default)}, got {value!r}")
        return tuple(_checked(name, default[0], one) for one in value)
    if isinstance(default, bool):
        return _typed(name, value, isinstance(value, bool), "true or false")
    if isinstance(default, str):
        return _typed(name, value, isinstance(value, str), f"a word such as {default or 'none'!r}")
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if isinstance(default, int):
        _typed(name, value, number and value == int(value), "a whole number")
        return int(_within(name, value))
    _typed(name, value, number, "a number")
    return float(_within(name, value))


def _typed(name: str, value: Any, right: bool, kind: str) -> Any:
    if not right:
        raise InputError(f"setting {name!r} must be {kind}, got {value!r}")
    return value


def _within(name: str, value: float) -> float:
    word = name.rpartition("_")[2]
    least, most = MINIMA.get(word, 0), MAXIMA.get(word, DEFAULT_MAXIMUM)
    if word == "channels" and value not in (1, 3):
        raise InputError(f"setting 'channels' must be 1 (grey) or 3 (colour), got {value:g}")
    if word in ABOVE_ZERO and not value > 0:
        raise InputError(f"setting {name!r} must be above 0, got {value:g}")
    if not least <= value <= most:
        raise InputError(f"setting {name!r} must be from {least} to {most}, got {value:g}")
    return value
