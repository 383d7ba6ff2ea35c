"""Parts of the PDF's pages: texts, bars, strips, pictures, tables, and blocks beside and below each other."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from PIL import Image

from core.arrays import Images
from explain.report import strips
from explain.report._sheet import GAP, INK, LINE, POINT, QUIET, RULE, Block, Colour, Sheet, readable
from explain.report.strips import Strip

JPEG_QUALITY = 90
STRIP_HEIGHT = 3.2
"""Millimetres."""
BODY = 8.0
"""Points of a report's ordinary text."""


@dataclass(frozen=True)
class Text:
    """A paragraph, never interpreted; ``size`` in points."""

    words: str
    size: float = BODY
    bold: bool = False
    colour: Colour = INK
    align: str = "L"
    before: float = 0.0

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        if not self.words:
            return self.before
        sheet.letters(self.size, self.bold, self.colour)
        lines = sheet.multi_cell(width, self._line, readable(self.words), dry_run=True, output="LINES")
        return self.before + self._line * len(cast(list[str], lines))

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        if self.words:
            sheet.letters(self.size, self.bold, self.colour)
            sheet.set_xy(x, y + self.before)
            sheet.multi_cell(width, self._line, readable(self.words), align=self.align)

    @property
    def _line(self) -> float:
        return self.size * POINT * LINE


@dataclass(frozen=True)
class Bar:
    """A share as a bar with its words below it; ``part`` is cut to 0 to 1."""

    part: float
    words: str
    colour: Colour

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return 4.4

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        sheet.set_fill_color(*self.colour)
        sheet.rect(x, y + 0.7, max(min(max(self.part, 0.0), 1.0) * width * 0.92, 0.2), 0.9, style="F")
        Text(self.words, 6.3, colour=QUIET).draw(sheet, x, y + 1.8, width)


@dataclass(frozen=True)
class StripCell:
    """Normal values of an attribute, and where one value lies; nothing where it has none."""

    strip: Strip | None
    bar: Colour = (125, 135, 132)
    mark: Colour = (217, 115, 28)

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return STRIP_HEIGHT if self.strip else 0.0

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        if self.strip is None:
            return
        scale, down = width / strips.WIDTH, STRIP_HEIGHT / strips.HEIGHT
        base = y + down * (strips.HEIGHT - 3)
        sheet.set_fill_color(*self.bar)
        for left, tall in self.strip.bars:
            sheet.rect(x + scale * left, base - down * tall, scale * self.strip.across, down * tall, style="F")
        sheet.set_fill_color(*self.mark)
        at = x + scale * self.strip.mark
        sheet.rect(at - 0.15, y, 0.3, base - y, style="F")
        sheet.polygon([(at - 0.7, y), (at + 0.7, y), (at, y + 1.0)], style="F")


@dataclass(frozen=True)
class Rule:
    """A line across."""

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return 0.6

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        _line(sheet, x, y, width)


@dataclass(frozen=True)
class Picture:
    """An (H, W, 3) RGB picture at its own resolution, as wide as there is room; ``about`` says what it shows."""

    image: Images
    about: str
    share: float = 1.0

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return float(self.share * width * self.image.shape[0] / self.image.shape[1])

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        buffer = io.BytesIO()
        Image.fromarray(self.image).save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        sheet.image(buffer, x, y, w=self.share * width, alt_text=readable(self.about))


@dataclass(frozen=True)
class Below:
    """Blocks one below the other, on one page."""

    blocks: Sequence[Block]
    gap: float = 1.2

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return sum(block.height(sheet, width) for block in self.blocks) + self.gap * max(len(self.blocks) - 1, 0)

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        for block in self.blocks:
            block.draw(sheet, x, y, width)
            y += block.height(sheet, width) + self.gap


@dataclass(frozen=True)
class Beside:
    """Blocks side by side, each with its share of the width, tops in one line."""

    blocks: Sequence[Block]
    shares: Sequence[float]
    gap: float = 4.0

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        each = zip(self.blocks, self._widths(width), strict=True)
        return max(block.height(sheet, part) for block, part in each)

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        for block, part in zip(self.blocks, self._widths(width), strict=True):
            block.draw(sheet, x, y, part)
            x += part + self.gap

    def _widths(self, width: float) -> list[float]:
        room = width - self.gap * (len(self.blocks) - 1)
        return [room * share / sum(self.shares) for share in self.shares]


@dataclass(frozen=True)
class Row:
    """A row of a table, with a line below it."""

    cells: Sequence[Block]
    shares: Sequence[float]
    gap: float = 2.0
    line: bool = True

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return Beside(self.cells, self.shares, self.gap).height(sheet, width) + 1.1

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        Beside(self.cells, self.shares, self.gap).draw(sheet, x, y + 0.4, width)
        if self.line:
            _line(sheet, x, y + self.height(sheet, width), width)


def table(head: Sequence[str], rows: Sequence[Sequence[Block | str]], shares: Sequence[float],
          right: Sequence[int] = (), size: float = 7.5) -> list[Row]:  # fmt: skip
    """Return a table's rows, its head first; texts in the columns ``right`` stand at the right."""

    def cell(column: int, content: Block | str) -> Block:
        align = "R" if column in right else "L"
        return Text(content, size, align=align) if isinstance(content, str) else content

    titles = [Text(word, 6.8, colour=QUIET, align="R" if i in right else "L") for i, word in enumerate(head)]
    return [Row(titles, shares), *(Row([cell(*one) for one in enumerate(row)], shares) for row in rows)]


def kept_together(rows: Sequence[Row], first: int = 2) -> list[Block]:
    """Return a table's rows such that its head, with the rows behind it up to ``first``, is never alone on a page."""
    return [Below(rows[:first], 0.0), *rows[first:]] if rows else []


def columns(blocks: Sequence[Block], count: int, gap: float = GAP) -> list[Block]:
    """Set blocks in rows of ``count``, side by side."""
    rows = [list(blocks[i : i + count]) for i in range(0, len(blocks), count)]
    return [Beside([*row, *[Text("")] * (count - len(row))], [1.0] * count, gap) for row in rows]


def _line(sheet: Sheet, x: float, y: float, width: float) -> None:
    sheet.set_draw_color(*RULE)
    sheet.set_line_width(0.15)
    sheet.line(x, y, x + width, y)
