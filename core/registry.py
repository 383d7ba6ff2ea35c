"""A public file in a room is its registration: nothing else has to be told of a new detector, data set or metric."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from core.errors import UnknownNameError


def collect(package: str, *tables: str) -> dict[str, Any]:
    """Gather the dicts called so from each module of ``package`` whose name does not begin with ``_``.

    Args:
        package: dotted name of a room, such as ``"detectors"``.
        tables: names of the dicts that a module may offer, such as ``"DETECTORS"``.

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
        offered = importlib.import_module(f"{package}.{module.name}")
        for name, entry in ((n, e) for table in tables for n, e in getattr(offered, table, {}).items()):
            if name in found:
                raise ValueError(
                    f"{' and '.join(tables)} name {name!r} is given by both {owner[name]} and {module.name}"
                )
            found[name], owner[name] = entry, module.name
    return dict(sorted(found.items()))


def pick(kind: str, name: str, known: Mapping[str, Any]) -> Any:
    """Return ``known[name]``.

    Raises:
        UnknownNameError: ``name`` is not registered; the message lists the known ones.
    """
    if name not in known:
        raise UnknownNameError(kind, name, known)
    return known[name]
