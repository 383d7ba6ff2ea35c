"""One event in the PDF: its picture beside the sentence and the causes, and its unusual attributes below."""

from dataclasses import dataclass

import numpy as np

from core.analysis import MOVING, STANDING, Analysis, ExplainedEvent
from core.arrays import Images
from explain.causes.summary import attributes, percent, timestamp, wall_clock
from explain.report._blocks import (
    Bar,
    Below,
    Beside,
    Picture,
    Row,
    Rule,
    StripCell,
    Text,
    columns,
    kept_together,
    table,
)
from explain.report._facts import name_of
from explain.report._html import KINDS
from explain.report._pictures import EventPicture, MarkedBox, heat_scale
from explain.report._sheet import EVENT, POINT, QUIET, SCORE, SURE, Block, Colour, Sheet, readable
from explain.report.maps import png
from explain.report.overlay import PALETTE, blend
from explain.report.strips import attribute_rows, lay_out

SMALL = 6.6
HEADING = 11.0
ATTRIBUTE_SHARES = (0.09, 0.7, 0.16, 0.05)
COLUMNS = (0.44, 0.56)
"""Shares of the width of pictures and of what is said."""
PLACE_NOTE = (
    "Told by the picture itself, which is held against the normal footage; the score over time says nothing of it."
)
CLOSE_UPS = 3
"""Places for close-ups and a map in a row."""
MARKED, FIRST = (242, 242, 236), (95, 227, 245)
"""Colours of boxes, and of the first cause's."""
DARK = (12, 14, 14)


def event_blocks(one: ExplainedEvent, number: int, analysis: Analysis, shown: EventPicture | None,
                 pictured: bool = True) -> list[Block]:  # fmt: skip
    """Return the parts of one event: its head with picture and sentence, then close-ups and causes, then attributes.

    Args:
        one: the event.
        number: from 1.
        analysis: of its clip.
        shown: its picture; None where nothing was kept of it.
        pictured: whether it should have one.
    """
    head: list[Block] = [Rule(), Text(f"{number}   {name_of(one)}", HEADING, bold=True, before=0.8),
                         Text(_facts(one, analysis), 7.2, colour=QUIET)]  # fmt: skip
    reviewed = [Text(one.review, SMALL, colour=QUIET, before=1.0)] if one.review else []
    said, answer = Below([Text(one.summary), *reviewed]), Below(_answer(one, number, analysis))
    rest = _attributes(one, number, analysis) if one.things else []
    if shown is None:
        missing = [Text("No picture was kept of this event.", SMALL, colour=QUIET)] if pictured else []
        return [Below([*head, *missing, said, answer]), *rest]
    first = Beside([_picture(shown, one, analysis), said], COLUMNS, 5.0)
    return [Below([*head, first]), Beside([_closer(shown, one), answer], COLUMNS, 5.0), *rest]


def _facts(one: ExplainedEvent, analysis: Analysis) -> str:
    event, clock = one.event, analysis.clock
    start = clock.at(event.first)
    recorded = wall_clock(analysis.clip.recorded, start)
    told = [
        f"{timestamp(start)} – {timestamp(clock.end(event.last))}",
        f"{clock.length(event.first, event.last):.1f} s",
        f"frames {event.first:,} – {event.last:,}",
        f"peak {analysis.peak(one)} at {timestamp(clock.at(event.peak))}",
        *([recorded] if recorded else []),
    ]
    return " · ".join(told)


@dataclass(frozen=True)
class _Frame:
    """The frame with its heat, and the boxes of causes as vectors."""

    image: Images
    boxes: list[MarkedBox]
    about: str

    def height(self, sheet: Sheet, width: float) -> float:
        return Picture(self.image, self.about).height(sheet, width)

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        Picture(self.image, self.about).draw(sheet, x, y, width)
        scale, high = width / self.image.shape[1], self.height(sheet, width)
        with sheet.rect_clip(x, y, width, high):
            for box in reversed(self.boxes):
                colour = FIRST if box.best else MARKED
                place = (x + scale * box.x, y + scale * box.y, scale * box.width, scale * box.height)
                for thick, tone in ((0.75, DARK), (0.4, colour)):
                    sheet.set_line_width(thick)
                    sheet.set_draw_color(*tone)
                    sheet.rect(*place)
                _caption(sheet, box, x, y, scale, colour, width)


def _caption(sheet: Sheet, box: MarkedBox, x: float, y: float, scale: float, colour: Colour, width: float) -> None:
    """Write a box's number and name on a dark ground."""
    words, size = readable(box.words), max(scale * box.size / POINT, 5.0)
    sheet.letters(size, bold=True, colour=colour)
    wide = sheet.get_string_width(words)
    left = min(x + scale * box.text_x, x + width - wide - 0.5)
    base = y + max(scale * box.text_y, size * POINT)
    sheet.set_fill_color(*DARK)
    with sheet.local_context(fill_opacity=0.7):
        sheet.rect(left - 0.3, base - size * POINT * 0.85, wide + 0.6, size * POINT * 1.1, style="F")
    sheet.text(left, base, words)


@dataclass(frozen=True)
class HeatScale:
    """The colours of the heat, with their unit."""

    normal: float

    def height(self, sheet: Sheet, width: float) -> float:
        return 7.2

    def draw(self, sheet: Sheet, x: float, y: float, width: float) -> None:
        unit, marks = heat_scale(self.normal)
        Text(unit[:1].upper() + unit[1:], 6.0, colour=QUIET).draw(sheet, x, y, width)
        colours = np.ascontiguousarray(np.repeat(PALETTE[None], 4, axis=0))
        sheet.image(png(colours), x, y + 2.9, w=width, h=1.5)
        sheet.letters(6.0, colour=QUIET)
        for place, words in marks:
            wide = sheet.get_string_width(words)
            sheet.text(min(max(x + place * width - wide / 2, x), x + width - wide), y + 6.8, words)


def _picture(shown: EventPicture, one: ExplainedEvent, analysis: Analysis) -> Block:
    seen, hot = shown.evidence, _hot(shown)
    when = timestamp(analysis.clock.at(seen.frame))
    peak = " (the peak)" if seen.frame == one.event.peak else ""
    boxes = " Boxes: the causes of the list that are in this frame." if shown.boxes else ""
    told = f"Frame {seen.frame:,} at {when}{peak}, error of the pixels {seen.score:.2f} dB.{boxes}"
    if one.kind == STANDING:
        told = f"Frame {seen.frame:,} at {when}. Box: the place that changed and stayed so."
    return Below([_Frame(hot, shown.boxes, told), Text(told, SMALL, colour=QUIET)])


def _closer(shown: EventPicture, one: ExplainedEvent) -> Block:
    """Return close-ups of the first cause, and the map of its places."""
    close: list[Picture] = []
    if shown.close is not None:
        name = one.causes[0].fine
        close.append(Picture(_cut(shown.evidence.image, shown.close), f"Close-up of {name} as seen"))
        if one.kind == MOVING:
            close.append(Picture(_cut(_hot(shown), shown.close), f"Close-up of {name} with its heat"))
    words = ""
    if shown.map is not None:
        close.append(Picture(shown.map.image, f"Where a {shown.map.label} is normally, and the path of this one"))
        words = (f"Map, blue: where a {shown.map.label} stood in {shown.map.frames:,} frames of this camera's normal "
                 "footage. Line: the path of this one; the dot is its end.")  # fmt: skip
    return Below([*columns(close, CLOSE_UPS, 1.5), Text(words, SMALL, colour=QUIET)])


def _hot(shown: EventPicture) -> Images:
    """Return the frame with its heat, if heat tells of the event."""
    image = shown.evidence.image
    return image if shown.heat is None else blend(image, shown.heat)


def _cut(image: Images, view: tuple[float, float, float, float]) -> Images:
    """Return the part of a picture that a close-up shows, at the picture's own resolution."""
    left, top, across, down = view
    rows, columns = slice(round(top), max(round(top + down), round(top) + 1)), slice(round(left), round(left + across))
    return np.ascontiguousarray(image[rows, columns])


def _answer(one: ExplainedEvent, number: int, analysis: Analysis) -> list[Block]:
    if one.kind == STANDING:
        doubt = f" {analysis.name_warning}" if analysis.name_warning and one.causes[0].object else ""
        return [Text(f"{PLACE_NOTE}{doubt}", SMALL, colour=QUIET)]
    if not one.causes:
        return [Text("No object, action or region holds heat of this event.", SMALL, colour=QUIET)]
    said: list[Block] = [Below(_causes(one, number), 0.0)]
    left = len(one.causes) - len(one.listed)
    if left:
        said.append(Text(f"{left} weaker {'cause' if left == 1 else 'causes'} in report.json.", SMALL, colour=QUIET))
    if analysis.name_warning:
        said.append(Text(analysis.name_warning, SMALL, colour=QUIET))
    share = percent(one.unexplained_share)
    return [*said, Bar(one.unexplained_share, f"{share} of the heat lies in no box (unexplained)", SCORE)]


def _causes(one: ExplainedEvent, event: int) -> list[Row]:
    head = ["", f"Causes of event {event}", "Rank score", "Heat in boxes", "Attributes", "Confidence"]
    shares = [0.035, 0.385, 0.14, 0.13, 0.14, 0.17]
    rows: list[list[Block | str]] = []
    for rank, cause in enumerate(one.listed, 1):
        name = "region" if cause.coarse == "unknown" else cause.fine
        told = "; ".join([KINDS.get(cause.coarse, cause.coarse), *attributes(cause)])
        sure: Block = Bar(cause.confidence, f"{cause.confidence:.2f}", SURE)
        best = max(one.causes[0].score, 1e-12)
        rows.append([
            str(rank),
            Below([Text(name, 7.5, bold=True), Text(told, 6.3, colour=QUIET)], 0.0),
            Bar(cause.score / best, f"{cause.score:.3g}", SCORE),
            Bar(cause.heat_share, percent(cause.heat_share), EVENT),
            Bar(cause.nats_share, percent(cause.nats_share), EVENT),
            sure if cause.coarse not in ("unknown", "location") else "–",
        ])  # fmt: skip
    if not one.things:
        del head[4], shares[4]
        for row in rows:
            del row[4]
    return table(head, rows, shares)


def _attributes(one: ExplainedEvent, event: int, analysis: Analysis) -> list[Block]:
    clock, blocks = analysis.clock, list[Block]()
    for number, thing in enumerate(one.listed_things):
        when = f"{timestamp(clock.at(thing.first))} – {timestamp(clock.end(thing.last))}"
        when += f", strangest at {timestamp(clock.at(thing.frame))}"
        head: list[Block | str] = [Text(thing.label, 7.2, bold=True), Text(when, 7.0, colour=QUIET), "",
                                   Text(f"{thing.nats:.1f}", 7.2, bold=True, align="R")]  # fmt: skip
        terms: list[list[Block | str]] = [
            [row.title, row.words, StripCell(lay_out(term)), f"{row.nats:.1f}"]
            for row, term in zip(attribute_rows(thing), thing.terms, strict=True)
        ]
        titles = (
            "Attribute",
            f"Unusual in event {event}, strangest thing first",
            "Normal, and this one",
            "Nats",
        )
        rows = table(titles, [head, *terms], ATTRIBUTE_SHARES, right=(3,), size=6.3)
        blocks += kept_together(rows[min(number, 1) :], first=2 if number else 3)
    left = len(one.things) - len(one.listed_things)
    said = f"{left} less unusual {'thing' if left == 1 else 'things'} in report.json."
    return [*blocks, *([Text(said, SMALL, colour=QUIET)] if left else [])]
