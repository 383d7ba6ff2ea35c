"""A public file in a room is its registration: nothing else has to be told of a new detector, data set or metric."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from core.errors import UnknownNameError


def collect(package: str, table: str) -> dict[str, Any]:
    """Gather the dict called ``table`` from each module of ``package`` whose name does not begin with ``_``.

    Args:
        package: dotted name of a room, such as ``"detectors"``.
        table: name of the dict that a module offers, such as ``"DETECTORS"``.

    Returns:
        Name to entry, sorted by name.

    Raises:
        ValueError: two modules give the same name.
    """
    room = importlib.import_module(package)
    found: dict[str, Any] = {}
    owner: dict[str, str] = {}
    for module in pkgutil.iter_modules(room.__path__):
        if module.name.startswith("_"):
            continue
        entries = getattr(importlib.import_module(f"{package}.{module.name}"), table, {})
        for name, entry in entries.items():
            if name in found:
                raise ValueError(f"{table} name {name!r} is given by both {owner[name]} and {module.name}")
            found[name], owner[name] = entry, module.name
    return dict(sorted(found.items()))


def pick(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    """Return ``known[name]``.

    Raises:
        UnknownNameError: nobody registered ``name``; the message lists the known ones.
    """
    if name not in known:
        raise UnknownNameError(kind, name, known)
    return known[name]
