"""Names of causes: COCO's objects and AVA's actions in the coarse and fine names of X-MAN.

X-MAN (Szymanowicz et al., 2022) writes ``run / jog`` where AVA writes ``run/jog``, and drops AVA's examples in
brackets: ``ride (e.g., a bike, a car, a horse)`` is ``ride``.
"""

import re
from collections.abc import Iterable

from core.errors import UnknownNameError

TRACK = "track"
"""Vocabulary of what vehicles do, told by their tracks: ``drive``, ``stand``, ``turn``."""

COARSE = {"COCO": "object", "AVA": "action", TRACK: "action", "place": "location", "none": "unknown"}
"""Vocabulary to coarse type; ``none`` is heat that no model put a name to."""

PERSON = "person"
"""COCO's name of those who act, as every object model spells it."""

SPELLINGS = {
    "aeroplane": "airplane",
    "diningtable": "dining table",
    "motorbike": "motorcycle",
    "pottedplant": "potted plant",
    "sofa": "couch",
    "tvmonitor": "tv",
}
"""Other spellings of the same COCO class, as models trained on older releases give them."""

_PLURALS = {"sheep": "sheep", "skis": "skis", "scissors": "scissors", "broccoli": "broccoli", "knife": "knives",
            "mouse": "mice"}  # fmt: skip
_BRACKETS = re.compile(r"\s*\([^)]*\)")
_SLASH = re.compile(r"\s*/\s*")
_SPACES = re.compile(r"\s+")


def fine(name: str) -> str:
    """Return X-MAN's fine name for an object or an action.

    >>> [fine(name) for name in ("run/jog", "ride (e.g., a bike, a car, a horse)", "Motorbike")]
    ['run / jog', 'ride', 'motorcycle']
    """
    plain = _SLASH.sub(" / ", _BRACKETS.sub("", name.strip().lower()))
    plain = _SPACES.sub(" ", plain).strip()
    return SPELLINGS.get(plain, plain)


def article(name: str) -> str:
    """Return the indefinite article of a name.

    >>> article("apple"), article("car")
    ('an', 'a')
    """
    return "an" if name[:1] in "aeiou" else "a"


def plural(name: str) -> str:
    """Return the plural of an object's name.

    >>> [plural(name) for name in ("person", "bus", "bench", "wine glass", "skis")]
    ['persons', 'buses', 'benches', 'wine glasses', 'skis']
    """
    return _PLURALS.get(name, f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s")


def coarse(vocabulary: str) -> str:
    """Return the coarse type of a vocabulary's names: ``object``, ``action``, ``location`` or ``unknown``.

    Raises:
        UnknownNameError: no such vocabulary.

    >>> coarse("AVA")
    'action'
    """
    if vocabulary not in COARSE:
        raise UnknownNameError("vocabulary", vocabulary, COARSE)
    return COARSE[vocabulary]


def counterparts(
    names: Iterable[str], vocabulary: str, known: Iterable[tuple[str, str]]
) -> tuple[dict[str, tuple[str, str]], tuple[str, ...]]:
    """Map a vocabulary's names to a label file's (coarse, fine) classes, and list those without a counterpart.

    Returns:
        Name to the (coarse, fine) of the label file, and the names that it does not have, in the order given.

    >>> counterparts(["run/jog", "walk"], "AVA", [("action", "run / jog"), ("object", "bicycle")])
    ({'run/jog': ('action', 'run / jog')}, ('walk',))
    """
    kind = coarse(vocabulary)
    written = {(c.strip().lower(), fine(f)): (c, f) for c, f in known}
    found: dict[str, tuple[str, str]] = {}
    unmapped: list[str] = []
    for name in names:
        match = written.get((kind, fine(name)))
        if match is None:
            unmapped.append(name)
        else:
            found[name] = match
    return found, tuple(unmapped)
