"""JSON that is read back into the frozen dataclass that it was written from; the one place that uses pydantic.

Types are strict: ``"1"`` is no number, and ``true`` is no count. A field with a default may be missing, so that$
files of earlier versions stay readable. The package is imported at the first use, for it takes a quarter of a second.
"""

import functools
import json
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from core.errors import InputError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
Unknown = Literal["forbid", "ignore"]
_REASONS = {"missing": "is missing", "unexpected_keyword_argument": "is unknown", "extra_forbidden": "is unknown"}
_MAX_SHOWN, _MAX_PLACE = 40, 80
"""Most characters that a sentence shows of a wrong value, and of the name of its place."""
MAX_BYTES = 256 << 20
"""Of a file; a report of a whole day has a tenth."""
MAX_DEPTH = 32
"""Levels of nesting; a camera's have nine."""


def load(kind: type[T], data: str | bytes, what: str, remedy: str = "", unknown: Unknown = "forbid") -> T:
    """Parse JSON as a type.

    Args:
        kind: a frozen dataclass, or another type that pydantic can check, such as ``dict[str, float]``.
        data: the JSON; bytes must be UTF-8.
        what: names it in the error, such as ``"camera.json"``.
        remedy: ends the error, such as ``"measure it again"``.
        unknown: whether a field that a dataclass does not have is an error.

    Raises:
        InputError: it is no JSON, holds NaN, an infinity or a name twice, is nested too deeply, or is not of that type.

    >>> load(dict[str, float], '{"auc": 0.5}', "result.json")
    {'auc': 0.5}
    >>> load(dict[str, float], '{"auc": "high"}', "result.json", "measure it again")
    Traceback (most recent call last):
    core.errors.InputError: result.json cannot be used: auc must be a valid number, got "high"; measure it again
    """
    from pydantic import ValidationError

    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        _check_depth(
            json.loads(text, parse_float=_finite, parse_int=_whole, parse_constant=_finite, object_pairs_hook=_once)
        )
        return cast(T, _adapter(cast(Any, kind)).validate_json(text, strict=True, extra=unknown))
    except ValidationError as error:
        why = _reason(cast(dict[str, Any], error.errors(include_url=False)[0]))
    except RecursionError:
        why = _TOO_DEEP
    except ValueError as error:
        why = f"it is no JSON with finite numbers ({error})" if not isinstance(error, _Refused) else str(error)
    raise InputError("; ".join(filter(None, (f"{what} cannot be used: {why}", remedy))))


def read(
    kind: type[T], path: Path, what: str = "", remedy: str = "", unknown: Unknown = "forbid",
    most_bytes: int = MAX_BYTES,
) -> T:  # fmt: skip
    """Read a file as a type; see :func:`load`. ``what`` is the file's name by default.

    Raises:
        InputError: the file cannot be read, has more than ``most_bytes``, or does not hold such JSON.
    """
    what = what or path.name
    try:
        data = _content(path, most_bytes)
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise InputError("; ".join(filter(None, (f"{what} cannot be read: {told}", remedy)))) from error
    return load(kind, data, what, remedy, unknown)


def _content(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a file; no pipe or device is waited for."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no file")
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"it has more than the {most_bytes >> 20} MB that such a file may have")
    return data


@functools.cache
def _adapter(kind: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


class _Refused(ValueError):
    """JSON that is valid, but not taken."""


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"got {number[:_MAX_SHOWN]}")
    return value


def _whole(number: str) -> int:
    _finite(number)
    return int(number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise _Refused(f"it gives {_printable(twice)!r} twice")
    return made


def _check_depth(content: Any) -> None:
    level = [content]
    for _ in range(MAX_DEPTH + 1):
        level = [part for one in level for part in _parts(one)]
    if level:
        raise _Refused(_TOO_DEEP)


def _parts(one: Any) -> Iterable[Any]:
    return one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()


def _printable(name: object, most: int = _MAX_PLACE) -> str:
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(name)[: most + 1])
    return text if len(text) <= most else f"{text[:most]}…"


def _reason(error: dict[str, Any]) -> str:
    """Say what the first error of a validation is, and where."""
    if error["type"] == "json_invalid":
        return f"it is no JSON with finite numbers ({error['ctx']['error']})"
    place = _printable(".".join(map(str, error["loc"])) or "it")
    if error["type"] in _REASONS:
        return f"{place} {_REASONS[error['type']]}"
    if error["type"] == "value_error":
        return f"{place}: {error['ctx']['error']}".removeprefix("it: ")
    got = json.dumps(error["input"], ensure_ascii=False, default=str)
    must = error["msg"].replace("Input should be", "must be", 1)
    return f"{place} {must}, got {_printable(got, _MAX_SHOWN)}"
