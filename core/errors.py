"""Whycam's errors form one tree.

::

    WhycamError                 anything that Whycam says in one sentence
    ├── InputError              the input or the request was wrong (exit code 2)
    │   ├── ClipError           a clip cannot be read, is too short or beyond the limits
    │   │   └── DecoderError    its decoder crashed, hung or took too much memory
    │   ├── WeightsError        a weights file is missing, tampered with or of the wrong kind
    │   │   └── WeightsUnavailable   published weights are not here and cannot be downloaded now
    │   ├── UnknownNameError    a detector, camera, data set or method that is not registered
    │   ├── DataError           a data set folder is not in its official layout
    │   ├── AccessError         the person who asks may not do that
    │   └── StorageError        the place for the results cannot take them (disk full, no permission)
    └── Cancelled               the user asked a job to stop

Each message is one sentence: what was wrong, with what, and what would be right.
"""

import difflib
from collections.abc import Iterable

MAX_LISTED_NAMES = 20
LISTED = {
    "camera": "cameras",
    "data set": "datasets",
    "detector": "detectors",
    "method": "methods",
    "metric": "metrics",
}
"""Kind of name to what ``./whycam list`` calls it."""


class WhycamError(Exception):
    """Anything that Whycam tells its user in one sentence."""


class InputError(WhycamError):
    """The input or the request was wrong; the command line ends with exit code 2."""


class ClipError(InputError):
    """A clip cannot be read, is too short, or lies beyond the limits."""


class DecoderError(ClipError):
    """The process that decodes a clip crashed, hung, took too much memory, or answered what makes no sense."""


class WeightsError(InputError):
    """A weights file is missing, tampered with, or of the wrong kind."""


class WeightsUnavailable(WeightsError):
    """Published weights are not here and cannot be downloaded now; another model may answer instead."""


class DataError(InputError):
    """A data set folder is not in its official layout."""


class AccessError(InputError):
    """The person who asks may not do that, or has reached a limit."""


class UnknownNameError(InputError):
    """A name that is not registered; the message lists the known ones, or the closest of many that can be listed.

    >>> str(UnknownNameError("detector", "vqu", ["vqunet-prediction"]))
    "unknown detector 'vqu'; known: vqunet-prediction"
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        told = f"known: {', '.join(names) or 'none'}"
        if len(names) > MAX_LISTED_NAMES and kind in LISTED:
            close = difflib.get_close_matches(name, names, n=5, cutoff=0.0)
            told = f"closest: {', '.join(close)}; './whycam list {LISTED[kind]}' names all {len(names)}"
        super().__init__(f"unknown {kind} {name!r}; {told}")


class StorageError(InputError):
    """A result could not be written where it was asked for, for example because the disk is full."""


class Cancelled(WhycamError):
    """The user asked a job to stop; what was finished is kept."""


def expect(condition: bool, what: str, expected: str, got: object) -> None:
    """Raise a ``ValueError`` that says what was expected and what came."""
    if not condition:
        raise ValueError(f"{what} must be {expected}, got {got}")
