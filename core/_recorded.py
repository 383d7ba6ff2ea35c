"""When a clip was recorded, by the clock of its recorder."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
"""Clocks that tell an earlier time were never set: they count from 1904, 1970 or 1980."""
LATEST = timedelta(days=1)
"""How far ahead of ours a recorder's clock may be."""
ABSOLUTE = frozenset({"dhav"})
"""Containers whose time stamps are the recorder's clock, in local time."""
BEGINNING = ("com.apple.quicktime.creationdate", "creation_time")
"""What tells when a recording began, best first. ISO 14496-12 does not say whether the creation time is that of the
recording's beginning or of its end; recorders write the beginning, but for Android's, which name themselves."""
AT_THE_END = "com.android.version"


def wall_clock(form: str, first: float, metadata: Mapping[str, str], seconds: float) -> str:
    """Return the wall clock of a clip's first frame in ISO 8601, or nothing where the file tells none.

    ``first`` is the first frame's time stamp in seconds; metadata has keys in lower case; the clip lasts ``seconds``.

    >>> wall_clock("dhav", 1795910395.0, {}, 18.0)
    '2026-11-28T23:59:55'
    >>> wall_clock("mov", 0.0, {"creation_time": "2024-05-01T12:00:00.000000Z"}, 18.0)
    '2024-05-01T12:00:00+00:00'
    >>> wall_clock("mov", 0.0, {"creation_time": "1970-01-01T00:00:00.000000Z"}, 18.0)
    ''
    """
    if form in ABSOLUTE:
        return _believed(datetime(1970, 1, 1) + timedelta(seconds=min(max(first, 0.0), 1e11)))
    for key in BEGINNING:
        try:
            told = datetime.fromisoformat(metadata.get(key, "").strip())
            if key == "creation_time" and AT_THE_END in metadata:
                told -= timedelta(seconds=seconds)
            if said := _believed(told):
                return said
        except (ValueError, OverflowError):
            continue
    return ""


def _believed(told: datetime) -> str:
    """Return a time that a clock may have told, without parts of a second where it has none."""
    moment = told if told.tzinfo else told.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= datetime.now(UTC) + LATEST:
        return ""
    return told.isoformat(timespec="milliseconds" if told.microsecond else "seconds")
