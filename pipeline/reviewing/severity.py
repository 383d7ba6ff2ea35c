"""Severity: how improbable an event is at its camera, raised or lowered by rules that the analyst edits."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import typed_json
from core.errors import InputError
from core.files import home, storage_error, write_json
from people import audit, policy
from pipeline.reviewing.rows import FAULT, EventRow

HIGH, MEDIUM, LOW, UNKNOWN = "high", "medium", "low", "unknown"
LEVELS = (HIGH, MEDIUM, LOW)
ALL = (*LEVELS, UNKNOWN)
"""Most severe first."""
HIGH_PER_HOUR, MEDIUM_PER_HOUR = 0.1, 1.0
"""False alarms an hour of normal footage, at the event's own score, down from which it is ``high``, or ``medium``."""
FILE = "severity.json"
MAX_RULES, MAX_LABEL = 200, 100


@dataclass(frozen=True)
class Rule:
    """Sets the severity of all events of a label.

    Attributes:
        label: words that the first cause's name and attributes must contain, in any order and case.
        severity: one of :data:`LEVELS`.
        camera: at which the rule holds; empty for all.
    """

    label: str
    severity: str
    camera: str = ""

    def __post_init__(self) -> None:
        if not self.label.strip() or len(self.label) > MAX_LABEL:
            raise ValueError(f"a rule needs a label of 1 to {MAX_LABEL} characters, got {self.label[:MAX_LABEL]!r}")
        if self.severity not in LEVELS:
            raise ValueError(f"a rule's severity must be {', '.join(LEVELS[:-1])} or {LOW}, got {self.severity[:20]!r}")

    def holds(self, row: EventRow) -> bool:
        """Tell whether it is about an event."""
        told = f"{row.label} {row.about}".casefold()
        return self.camera in ("", row.camera) and all(word in told for word in self.label.casefold().split())


def rarity(row: EventRow) -> str:
    """Return how severe an event is by its score alone: how rarely normal footage scores as high at this camera."""
    if row.kind == FAULT or row.per_hour is None:
        return UNKNOWN
    return HIGH if row.per_hour <= HIGH_PER_HOUR else MEDIUM if row.per_hour <= MEDIUM_PER_HOUR else LOW


def severity(row: EventRow, rules: Sequence[Rule]) -> str:
    """Return the severity of an event: that of a rule, else by its score.

    A rule of one camera counts before one of all; of several, the last.
    """
    held = [rule for rule in rules if rule.holds(row)]
    best = max(enumerate(held), key=lambda pair: (pair[1].camera != "", pair[0]), default=None)
    return rarity(row) if best is None else best[1].severity


def once_in(per_hour: float | None) -> str:
    """Say how rare a score is in the camera's normal footage.

    >>> once_in(0.05), once_in(2.0), once_in(30.0), once_in(None)
    ('once in 20 h', 'once in 30 min', 'once in 2 min', '')
    """
    if per_hour is None:
        return ""
    if per_hour <= 0:
        return "never"
    hours = 1 / per_hour
    return f"once in {hours:,.0f} h" if hours >= 1.5 else f"once in {max(hours * 60, 1):.0f} min"


def rules() -> tuple[Rule, ...]:
    """Return the analyst's rules; none where none were ever written.

    Raises:
        InputError: their file cannot be used.
    """
    path = _path()
    if not path.exists():
        return ()
    return typed_json.read(tuple[Rule, ...], path, f"the file of severity rules, {path},", "correct or delete it")


def save(made: Sequence[Rule]) -> None:
    """Keep the analyst's rules in place of those before; a file that could not be read is kept beside them.

    Raises:
        AccessError: the one who asks may not change rules.
        InputError: there are more than :data:`MAX_RULES`.
        StorageError: they cannot be written.
    """
    policy.require(policy.RULES)
    if len(made) > MAX_RULES:
        raise InputError(f"there can be {MAX_RULES} rules of severity at most, got {len(made)}")
    path = _path()
    try:
        rules()
    except InputError:
        try:
            path.replace(path.with_suffix(".damaged"))
        except OSError as error:
            raise storage_error(path, error) from error
    write_json(path, [vars(rule) for rule in made])
    audit.record(audit.RULES, "severity", f"{len(made)} rules")


def _path() -> Path:
    return home() / FILE
