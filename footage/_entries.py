"""A JSON object of any length, one entry at a time: what is read is forgotten before the next comes."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from core.errors import DataError

BLOCK_CHARACTERS = 1 << 20
MAX_ENTRY_CHARACTERS = 4 << 20
"""Characters of one entry's value; X-MAN's longest are some hundred."""
_SPACE = " \t\n\r"


def entries(path: Path, example: str) -> Iterator[tuple[str, Any, int]]:
    """Yield key, value and line (from 1) of each entry of a JSON file's object; errors show the ``example``.

    Raises:
        DataError: it cannot be read or is malformed; the message names line and column.
    """
    try:
        with path.open("rb") as file:
            yield from _Reader(path, file, example).entries()
    except OSError as error:
        raise DataError(f"{path} cannot be read as a label file in UTF-8: {error}") from error


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")


class _Reader:
    """Keeps a little of the file in memory, from a place on, and knows in which line that place is."""

    def __init__(self, path: Path, file: BinaryIO, example: str) -> None:
        self.path, self.file, self.example = path, file, example
        self.decode = codecs.getincrementaldecoder("utf-8")("strict")
        self.scan = json.JSONDecoder(parse_constant=_refuse)
        self.text, self.at, self.ended = "", 0, False
        self.line, self.column = 1, 1  # of self.text[self.mark]
        self.mark = 0

    def entries(self) -> Iterator[tuple[str, Any, int]]:
        self._more()
        self.text = self.text.removeprefix("\ufeff")
        if self._next() != "{":
            self._fail_here(f"must hold an object such as {self.example}" + self._but())
        self.at += 1
        if self._next() == "}":
            self._fail_here(f"must hold an object such as {self.example}, but that is empty")
        while True:
            if self._next() != '"':
                self.fail("a key in double quotes must stand here")
            key = self._value()
            self._expect(":", "a colon must follow the key")
            self._next()
            line = self._place()[0]
            yield key, self._value(), line
            if self._next() == "}":
                self.at += 1
                break
            self._expect(",", "a comma or a closing brace must stand here")
        if self._next():
            self.fail("nothing may follow the closing brace")

    def fail(self, why: str) -> NoReturn:
        self._fail_here(f"is no JSON, {why}")

    def _fail_here(self, why: str) -> NoReturn:
        line, column = self._place()
        raise DataError(f"{self.path}, line {line}, column {column}: {why}")

    def _but(self) -> str:
        return "" if self.text[self.at :] else ", but the file ends"

    def _place(self) -> tuple[int, int]:
        """Return line and column of the present place, counted on from the last that was asked for."""
        lines = self.text.count("\n", self.mark, self.at)
        if lines:
            self.line, self.column = self.line + lines, self.at - self.text.rindex("\n", self.mark, self.at)
        else:
            self.column += self.at - self.mark
        self.mark = self.at
        return self.line, self.column

    def _more(self) -> bool:
        """Drop what was read and read on; False at the end."""
        if self.ended:
            return False
        self._place()
        self.text, self.at, self.mark = self.text[self.at :], 0, 0
        try:
            block = self.file.read(BLOCK_CHARACTERS)
            self.ended = not block
            self.text += self.decode.decode(block, final=self.ended)
        except UnicodeDecodeError as error:
            raise DataError(f"{self.path} cannot be read as a label file in UTF-8: {error}") from error
        return not self.ended

    def _next(self) -> str:
        """Go to the next character that is no space, and return it; nothing at the end."""
        while True:
            text, at, end = self.text, self.at, len(self.text)
            while at < end and text[at] in _SPACE:
                at += 1
            self.at = at
            if at < end:
                return text[at]
            if not self._more():
                return ""

    def _expect(self, character: str, why: str) -> None:
        if self._next() != character:
            self.fail(why + self._but())
        self.at += 1

    def _value(self) -> Any:
        """Read one value; a part of one at the end of what is in memory is read again with what follows."""
        while True:
            try:
                value, self.at = self.scan.raw_decode(self.text, self.at)
                return value
            except (ValueError, RecursionError) as error:
                if len(self.text) - self.at > MAX_ENTRY_CHARACTERS or self.ended:
                    self._wrong(error)
                self._more()

    def _wrong(self, error: ValueError | RecursionError) -> NoReturn:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        if isinstance(error, json.JSONDecodeError):
            self.at, why = error.pos, error.msg[:1].lower() + error.msg[1:]
        self.fail(why)
