"""Names of videos, frames and classes as files of other people write them."""

import re
from collections.abc import Iterable, Sequence

from core.errors import DataError

MAX_FRAMES = 10_000_000
MAX_NAME_CHARACTERS = 100
Named = tuple[str, str]
"""A coarse type and a name within it, such as ``("action", "run / jog")``."""

_KEY = re.compile(r"(.*[^\W_])[\W_]+([0-9]+)(?:\.[A-Za-z]{2,4})?")
_DIGITS = re.compile(r"[0-9]+")


def split(key: str, where: str) -> tuple[str, str]:
    """Part a key into a video's name and the digits of a frame's number, whatever stands between them.

    >>> split("01_0014/0007.jpg", "")
    ('01_0014', '0007')
    """
    parts = _KEY.fullmatch(key.strip()) if len(key) <= 4 * MAX_NAME_CHARACTERS else None
    if parts is None:
        raise DataError(f"{where}: a key must be a video's name and a frame's number, such as 'Test001/061'")
    return name(parts[1], "video", where), parts[2]


def name(text: str, what: str, where: str) -> str:
    """Return a name that is fit to be shown."""
    found = text.strip()
    if not found or len(found) > MAX_NAME_CHARACTERS or not found.isprintable():
        raise DataError(
            f"{where}: the {what} must be 1 to {MAX_NAME_CHARACTERS} printable characters, got {found[:20]!r}"
        )
    return found


def frame(text: str, where: str, first: int = 1) -> int:
    """Return a frame's number, written in digits from ``first`` on; ``where`` is the file and line or entry."""
    if not re.fullmatch(r"[0-9]{1,9}", text) or not first <= int(text) <= MAX_FRAMES:
        raise DataError(f"{where}: frames are counted from {first}, got {text[:20]!r}")
    return int(text)


def match(videos: Iterable[str], clips: Sequence[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Find the data set's clip that each video of a label file names.

    Letter case, separators and leading zeros do not count; where one of the two is a number alone, the numbers decide.

    Returns:
        Video to clip, and the videos that no clip, or more than one, answers to.

    Raises:
        DataError: two videos mean the same clip.

    >>> match(["Test001", "8", "21", "x"], ["Test001", "08"])
    ({'Test001': 'Test001', '8': '08'}, ('21', 'x'))
    """
    found: dict[str, str] = {}
    missing: list[str] = []
    for video in videos:
        means = [c for c in clips if c == video] or [c for c in clips if _alike(video, c)]
        if len(means) != 1:
            missing.append(video)
        elif means[0] in found.values():
            raise DataError(f"a file names clip {means[0]!r} in two ways, the second as {video!r}")
        else:
            found[video] = means[0]
    return found, tuple(missing)


def _alike(one: str, other: str) -> bool:
    a, b = (re.sub(r"[\W_]+|(?<![0-9])0+(?=[0-9])", "", name.casefold()) for name in (one, other))
    bare = one.isdecimal() or other.isdecimal()
    numbers = [[int(n) for n in _DIGITS.findall(name)] for name in (one, other)]
    return a == b or (bare and numbers[0] == numbers[1])
