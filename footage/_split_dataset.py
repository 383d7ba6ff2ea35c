"""Data sets whose clips lie in two parts, one for training and one for testing; each part is read once."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar, Generic, TypeVar

from core.datasets import Footage

C = TypeVar("C", bound=Footage)


class SplitDataset(Generic[C]):
    """Lists the clips of both parts.

    Attributes:
        parts: names of the part for training and of that for testing.
    """

    parts: ClassVar[tuple[str, str]]

    def _clips(self, part: str) -> tuple[C, ...]:
        """Return the clips of a part that are there, in order.

        Raises:
            DataError: a clip or a frame is missing.
        """
        raise NotImplementedError

    @cached_property
    def _training(self) -> tuple[C, ...]:
        return self._clips(self.parts[0])

    @cached_property
    def _test(self) -> tuple[C, ...]:
        return self._clips(self.parts[1])

    def training(self) -> Sequence[Footage]:
        """List the training clips that are there."""
        return self._training

    def test(self) -> Sequence[Footage]:
        """List the test clips that are there."""
        return self._test
