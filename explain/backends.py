"""What object and action models have in common: how one is chosen, and the card beside weights that Whycam brings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core import typed_json, weights
from core.checksums import check_sha256
from core.device import Runtime
from core.errors import InputError, WeightsError, WeightsUnavailable, expect
from core.registry import pick
from explain import _torchvision as _torchvision  # before whatever imports torchvision

Model = TypeVar("Model")
Progress = Callable[[int, int | None], None]
"""Called with the bytes that are here and the bytes there will be (None: not known) while weights arrive."""


@dataclass(frozen=True)
class Published:
    """Official weights, as their publisher gives them.

    Attributes:
        url: the publisher's address.
        file: what they are called here.
        sha256: their checksum, or its beginning; None where the publisher gives none.
        size: in bytes, for what is said of a file that is cut off; None where it is not known.
        opens: tells by its content what has no checksum; None where the checksum is enough.
        model: how the name begins of the models that answer with them.
    """

    url: str
    file: str
    sha256: str | None = None
    size: int | None = None
    opens: weights.Opens | None = None
    model: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What the file may be called where it was carried over: its name here, or that of its address."""
        return tuple(dict.fromkeys((self.file, self.url.rsplit("/", 1)[1])))

    def fetch(self, progress: Progress | None = None) -> Path:
        """Return the file, from this machine or from its publisher; raises as :func:`core.weights.fetch` does."""
        return weights.fetch(self.url, self.file, self.sha256, progress, self.opens)


MAX_CARD_BYTES = 1 << 20
AUTO, LAST = "auto", "compact"
"""Chooses by itself; the model that comes with Whycam and always can answer."""


def choose(
    kind: str,
    known: Mapping[str, Callable[[Runtime, Progress | None], Model]],
    preferred: str,
    name: str,
    runtime: Runtime,
    progress: Progress | None,
) -> Model:
    """Load one of the known models.

    Args:
        kind: what to call one in an error, such as ``action model``.
        known: name to loader.
        preferred: the name that ``auto`` stands for, unless its weights cannot be had.
        name: ``auto`` or a known name.
        runtime: where it runs.
        progress: told the bytes that are here and the bytes there will be, while weights arrive.

    Raises:
        UnknownNameError: no such model.
        WeightsError: its weights cannot be had, or are not the right ones. Wrong weights are never passed over:
            ``auto`` turns to the compact model only where there are none.
    """
    if name != AUTO:
        pick(kind, name, {**known, AUTO: None})
        return known[name](runtime, progress)
    try:
        return known[preferred](runtime, progress)
    except WeightsUnavailable:
        return known[LAST](runtime, progress)


@dataclass(frozen=True)
class _Card:
    """What is read of a card, and not only shown."""

    name: str
    labels: tuple[str, ...]
    sha256: str

    def __post_init__(self) -> None:
        check_sha256("sha256", self.sha256)
        expect(len(self.labels) > 0, "labels", "one at least", 0)


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card beside the weights.

    Raises:
        WeightsError: there is none, or it gives no name, labels or whole checksum.
    """
    path = folder / "card.json"
    try:
        known = typed_json.read(_Card, path, f"the card {path}", unknown="ignore", most_bytes=MAX_CARD_BYTES)
        card = typed_json.read(dict[str, Any], path, f"the card {path}", most_bytes=MAX_CARD_BYTES)
    except InputError as error:
        raise WeightsError(str(error)) from error
    return card | vars(known)
