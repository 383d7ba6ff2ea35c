"""Pages of the PDF: A4, with the clip, the date and the page's number on each, filled from top to bottom.

Texts are never interpreted: neither as markup nor as page numbers. A character that the font lacks is written as its
number, such as ``[U+76D1]``, so that no name is lost; the reports in HTML and JSON have the character itself.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.fonts import TTFFont

Colour = tuple[int, int, int]

FONTS = Path(__file__).resolve().parents[2] / "assets" / "fonts"
REGULAR, BOLD = FONTS / "DejaVuSansCondensed.ttf", FONTS / "DejaVuSansCondensed-Bold.ttf"
FAMILY = "dejavu"
LEFT, TOP, WIDTH, BOTTOM = 14.0, 13.0, 182.0, 281.0
"""Of the part of a page that is filled, in millimetres; the paper is 210 by 297."""
FOOT, FOOT_SIZE = 284.5, 7.0
LINE = 1.3
"""Height of a line, of the height of its letters."""
POINT = 25.4 / 72
INK, QUIET, RULE = (0, 0, 0), (75, 82, 80), (187, 187, 187)
SCORE, EVENT, LIMIT, SURE, CAMERA = (11, 108, 126), (194, 98, 15), (184, 57, 74), (139, 151, 148), (91, 100, 112)
"""Colours of the printed report; see ``report.css``."""
GAP = 2.2
"""Millimetres between two parts of a page."""
LONGEST_NAME = 40


@cache
def _known() -> frozenset[int]:
    with TTFont(REGULAR, lazy=True) as font:
        return frozenset(font.getBestCmap())


def readable(text: str) -> str:
    r"""Return a text as the font can show it: what it lacks by its number, what no font shows as U+FFFD.

    >>> readable("Tür 监.mp4\x00\u202e{nb}")
    'Tür [U+76D1].mp4��{nb}'
    """
    known = _known()
    shown = (c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return "".join(c if c == "\n" or ord(c) in known else f"[U+{ord(c):04X}]" for c in shown)


def shortened(text: str, longest: int = LONGEST_NAME) -> str:
    """Leave out the middle of a text that is longer than ``longest`` characters."""
    return text if len(text) <= longest else f"{text[: longest // 2]}…{text[-(longest // 2) :]}"


class Block(Protocol):
    """A part of a page."""

    def height(self, sheet: "Sheet", width: float) -> float:
        """Return how high it is at a width, both in millimetres."""

    def draw(self, sheet: "Sheet", x: float, y: float, width: float) -> None:
        """Draw it, its upper left corner at (x, y)."""


class Sheet(FPDF):
    """The pages of one report.

    Attributes:
        name: of the clip that is being reported; each page says below which ones are on it.

    Args:
        name: of the first clip.
        title: of the document.
        foot: stands in the middle below every page.
        written: when it was written, with its zone.
    """

    def __init__(self, name: str, title: str, foot: str, written: datetime) -> None:
        super().__init__(format="A4", unit="mm")
        self.str_alias_nb_pages = ""
        self.name, self.foot = name, foot
        self._named: dict[int, list[str]] = {}
        self.set_auto_page_break(False)
        self.set_margin(0)
        self.c_margin = 0.0
        self.add_font(FAMILY, "", REGULAR)
        self.add_font(FAMILY, "B", BOLD)
        self.set_title(readable(title))
        self.set_creator("Whycam")
        self.set_producer("Whycam, by fpdf2")
        self.set_lang("en")
        self.set_creation_date(written)
        self.add_page()
        self.y = TOP

    def close(self) -> None:
        """Close the files of the fonts, which are read as they are needed."""
        for font in self.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def flow(self, blocks: Sequence[Block], gap: float = GAP) -> None:
        """Set blocks one below the other; one that does not fit begins a page."""
        for block in blocks:
            high = block.height(self, WIDTH)
            if self.y > TOP and self.y + high > BOTTOM:
                self.add_page()
                self.y = TOP
            top = self.y
            self._named.setdefault(self.page, []).append(self.name)
            block.draw(self, LEFT, top, WIDTH)
            self.y = top + high + gap

    def letters(self, size: float, bold: bool = False, colour: Colour = INK) -> None:
        """Choose the font of the texts that follow, ``size`` points high."""
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)

    def _short(self, names: Sequence[str]) -> str:
        """Name clips in the room that is left beside the middle: the first ones, and how many more there are."""
        room, more = LONGEST_NAME, f" and {len(names) - 1} more"
        if len(names) > 1 and len(", ".join(names)) > room:
            return readable(shortened(names[0], room - len(more))) + more
        return readable(shortened(", ".join(names), room))

    def number_pages(self) -> None:
        """Write below each page what it belongs to, and which of how many it is."""
        pages = len(self.pages)
        for number in range(1, pages + 1):
            self.page = number
            # The page ends with another font and size than the last one; the second call is written in any case.
            self.letters(FOOT_SIZE + 1, bold=True, colour=INK)
            self.letters(FOOT_SIZE, colour=QUIET)
            named = list(dict.fromkeys(filter(None, self._named.get(number, ()))))
            texts = (self._short(named), "L"), (self.foot, "C"), (f"{number} / {pages}", "R")
            for text, align in texts:
                self.set_xy(LEFT, FOOT)
                self.cell(WIDTH, 3, text, align=align)
