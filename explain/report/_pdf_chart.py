"""The score over time in the PDF, as vectors: the same places as in the HTML report's chart."""

from dataclasses import dataclass

from fpdf.enums import StrokeCapStyle

from core.analysis import STANDING
from explain.report import _chart
from explain.report._chart import ScoreChart
from explain.report._sheet import CAMERA, EVENT, LIMIT, QUIET, RULE, SCORE, Colour, Sheet

HEIGHT = 40.0
"""Millimetres; the width is the page's."""
MARK_SIZE = 6.5
PLATE_HEIGHT = 2.6
"""Millimetres of what lies under words of that size."""


@dataclass(frozen=True)
class Chart:
    """A chart with the words of its threshold."""

    placed: ScoreChart
    threshold: str

    def height(self, sheet: Sheet, width: float) -> float:
        """Return its height."""
        return HEIGHT

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        """Draw it."""
        pen = _Pen(sheet, x, y, width / _chart.WIDTH, HEIGHT / _chart.HEIGHT)
        left, right = _chart.LEFT, _chart.WIDTH - _chart.RIGHT
        top, bottom = _chart.TOP, _chart.HEIGHT - _chart.BOTTOM
        for words, at in self.placed.score_marks:
            pen.line(left, at, right, at, RULE)
            pen.words(words, left - 6, at + 4, "end")
        for words, at, anchor in self.placed.time_marks:
            pen.line(at, bottom, at, bottom + 5, QUIET)
            pen.words(words, at, bottom + 19, anchor)
        for _, at, wide in self.placed.disturbances:
            pen.shade(at, top, wide, bottom - top, CAMERA, 0.34)
        for kind, _, at, wide, _, _ in self.placed.events:
            if kind == STANDING:
                pen.shade(at, top - 4, wide, 8, EVENT, 1.0)
            else:
                pen.shade(at, top, wide, bottom - top, EVENT, 0.17)
        for line in self.placed.lines:
            pen.stroke(line, SCORE, 0.3)
        pen.line(left, self.placed.limit, right, self.placed.limit, LIMIT, dashed=True)
        pen.plate(self.threshold, right - 4, self.placed.limit - 6)
        pen.words(self.threshold, right - 4, self.placed.limit - 6, "end", LIMIT)
        for number, (kind, _, at, wide, peak_x, peak_y) in enumerate(self.placed.events, 1):
            if kind != STANDING:
                pen.dot(peak_x, peak_y, EVENT)
            if len(self.placed.events) <= _chart.NUMBERED:
                pen.words(str(number), at + wide / 2, top - 8, "middle", EVENT, bold=True)


class _Pen:
    """Draws in the chart's units."""

    def __init__(self, sheet: Sheet, x: float, y: float, across: float, down: float) -> None:
        self.sheet, self.x, self.y, self.across, self.down = sheet, x, y, across, down

    def at(self, x: float, y: float) -> tuple[float, float]:
        return self.x + self.across * x, self.y + self.down * y

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: Colour, dashed: bool = False) -> None:
        self.sheet.set_draw_color(*colour)
        self.sheet.set_line_width(0.25 if dashed else 0.12)
        with self.sheet.local_context():
            if dashed:
                self.sheet.set_dash_pattern(1.2, 0.8)
            self.sheet.line(*self.at(x1, y1), *self.at(x2, y2))

    def stroke(self, points: list[tuple[float, float]], colour: Colour, thick: float) -> None:
        self.sheet.set_draw_color(*colour)
        self.sheet.set_line_width(thick)
        with self.sheet.local_context(stroke_cap_style=StrokeCapStyle.ROUND):
            self.sheet.polyline([self.at(*point) for point in points])

    def shade(self, x: float, y: float, width: float, height: float, colour: Colour, opacity: float) -> None:
        self.sheet.set_fill_color(*colour)
        with self.sheet.local_context(fill_opacity=opacity):
            self.sheet.rect(*self.at(x, y), self.across * width, self.down * height, style="F")

    def dot(self, x: float, y: float, colour: Colour) -> None:
        self.sheet.set_fill_color(*colour)
        self.sheet.set_draw_color(255, 255, 255)
        self.sheet.set_line_width(0.2)
        self.sheet.circle(*self.at(x, y), radius=0.6, style="DF")

    def plate(self, words: str, x: float, y: float) -> None:
        """Lay white under words that end at a place, so that they can be read over the curve."""
        self.sheet.letters(MARK_SIZE, False, QUIET)
        width, height = self.sheet.get_string_width(words), PLATE_HEIGHT
        right, base = self.at(x, y)
        self.sheet.set_fill_color(255, 255, 255)
        with self.sheet.local_context(fill_opacity=0.85):
            self.sheet.rect(right - width - 0.5, base - 0.8 * height, width + 1.0, height, style="F")

    def words(
        self, words: str, x: float, y: float, anchor: str, colour: Colour = QUIET, *, bold: bool = False
    ) -> None:  # fmt: skip
        self.sheet.letters(MARK_SIZE, bold, colour)
        left, base = self.at(x, y)
        left -= {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * self.sheet.get_string_width(words)
        self.sheet.text(left, base, words)
