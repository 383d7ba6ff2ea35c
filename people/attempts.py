"""How often something may be tried: sign-ins for each account and address, uploads for each account."""

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import AccessError
from people import database


@dataclass(frozen=True)
class Rate:
    """How often in how many seconds.

    Attributes:
        most: attempts within ``seconds``.
        seconds: length of the window.
    """

    most: int
    seconds: float


BOTH, ADDRESS, ACCOUNT = Rate(10, 900.0), Rate(30, 900.0), Rate(100, 900.0)
"""Sign-ins that fail: of one name, known or not, from one address; from one address; of one name from anywhere.

The last is high: else a stranger could lock anybody out.
"""
UPLOADS = Rate(300, 600.0)
"""Files that one account uploads."""
LONGEST_SECONDS = 3600.0


def note(subjects: Mapping[str, Rate], what: str) -> None:
    """Note an attempt, unless there were too many.

    Args:
        subjects: who tries, each with the rate that holds for it; kept as a hash.
        what: is tried, in the plural, for the sentence.

    Raises:
        AccessError: there were too many; says when to try again.
    """
    now = time.time()
    with database.transaction() as opened:
        opened.execute("DELETE FROM attempts WHERE at < ? OR at > ?", (now - LONGEST_SECONDS, now + LONGEST_SECONDS))
        for subject, rate in subjects.items():
            row = opened.execute("SELECT COUNT(*), MIN(at) FROM attempts WHERE subject = ? AND at > ?",
                                 (_digest(subject), now - rate.seconds)).fetchone()  # fmt: skip
            if row[0] >= rate.most:
                minutes = max(math.ceil((row[1] + rate.seconds - now) / 60), 1)
                raise AccessError(f"too many {what}; try again in {minutes} min")
        opened.executemany("INSERT INTO attempts VALUES (?, ?)", [(_digest(subject), now) for subject in subjects])


def forget(subject: str) -> None:
    """Forget the attempts of somebody who succeeded."""
    with database.transaction() as opened:
        opened.execute("DELETE FROM attempts WHERE subject = ?", (_digest(subject),))


def _digest(subject: str) -> str:
    return hashlib.sha256(subject.casefold().encode("utf-8", "replace")).hexdigest()
