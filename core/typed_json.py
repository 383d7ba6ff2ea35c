"""JSON that is read back into the frozen dataclass that it was written from; the one place that uses pydantic.

Types are strict: ``"1"`` is no number, and ``true`` is no count. A field with a default may be missing, so that$
files of earlier versions stay readable. The package is imported at the first use, for it takes a quarter of a second.
"""

import functools
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from core.errors import InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
Unknown = Literal["forbid", "ignore"]
_REASONS = {"missing": "is missing", "unexpected_keyword_argument": "is unknown", "extra_forbidden": "is unknown"}
_MAX_SHOWN = 40
"""Most characters of a wrong value that a sentence shows."""


def load(kind: type[T], data: str | bytes, what: str, remedy: str = "", unknown: Unknown = "forbid") -> T:
    """Parse JSON as a type.

    Args:
        kind: a frozen dataclass, or another type that pydantic can check, such as ``dict[str, float]``.
        data: the JSON; bytes must be UTF-8.
        what: names it in the error, such as ``"camera.json"``.
        remedy: ends the error, such as ``"measure it again"``.
        unknown: whether a field that a dataclass does not have is an error.

    Raises:
        InputError: it is no JSON, holds NaN or an infinity, or is not of that type.

    >>> load(dict[str, float], '{"auc": 0.5}', "result.json")
    {'auc': 0.5}
    >>> load(dict[str, float], '{"auc": "high"}', "result.json", "measure it again")
    Traceback (most recent call last):
    core.errors.InputError: result.json cannot be used: auc must be a valid number, got "high"; measure it again
    """
    from pydantic import ValidationError

    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        json.loads(text, parse_float=_finite, parse_constant=_finite)
        return cast(T, _adapter(cast(Any, kind)).validate_json(text, strict=True, extra=unknown))
    except ValidationError as error:
        why = _reason(cast(dict[str, Any], error.errors(include_url=False)[0]))
    except (ValueError, RecursionError) as error:
        why = f"it is no JSON with finite numbers ({error})"
    raise InputError("; ".join(filter(None, (f"{what} cannot be used: {why}", remedy))))


def read(kind: type[T], path: Path, what: str = "", remedy: str = "", unknown: Unknown = "forbid") -> T:
    """Read a file as a type; see :func:`load`. ``what`` is the file's name by default.

    Raises:
        InputError: the file cannot be read, or does not hold such JSON.
    """
    what = what or path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        why = f"{what} cannot be read: {error.strerror or type(error).__name__}"
        raise InputError("; ".join(filter(None, (why, remedy)))) from error
    return load(kind, data, what, remedy, unknown)


@functools.cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"got {number[:_MAX_SHOWN]}")
    return value


def _reason(error: dict[str, Any]) -> str:
    """Say what the first error of a validation is, and where."""
    place = ".".join(map(str, error["loc"])) or "it"
    if error["type"] in _REASONS:
        return f"{place} {_REASONS[error['type']]}"
    if error["type"] == "value_error":
        return f"{place}: {error['ctx']['error']}"
    got = json.dumps(error["input"], ensure_ascii=False, default=str)
    must = error["msg"].replace("Input should be", "must be", 1)
    return f"{place} {must}, got {got if len(got) <= _MAX_SHOWN else got[:_MAX_SHOWN] + '…'}"
