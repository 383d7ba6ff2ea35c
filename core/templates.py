"""HTML from Jinja2 templates: everything that is put in is escaped, and a name that is missing is an error."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def printable(value: Any) -> Any:
    r"""Replace characters of a text that HTML or UTF-8 does not allow; other values stay as they are.

    >>> printable("a\x00\ud800b\n")
    'a\ufffd\ufffdb\n'
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(c if c.isprintable() or c in "\n\t " else "\ufffd" for c in value)


def environment(folder: Path) -> Environment:
    """Return the environment of a folder of templates; ``{{ 0.5|fmt(".1f") }}`` formats a number."""
    made = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, finalize=printable,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters["fmt"] = format
    return made
