"""``report.pdf``: what ``report.html`` says, on A4 pages with selectable text and a chart of vectors."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.analysis import MOVING, STANDING, Analysis
from core.records import Evidence
from explain.causes.summary import percent, timestamp, wall_clock
from explain.report._blocks import Below, Beside, Picture, Rule, Text, columns, kept_together, table
from explain.report._chart import lay_out
from explain.report._facts import explanations, moment, name_of, pedigree
from explain.report._html import KINDS
from explain.report._pdf_chart import Chart
from explain.report._pdf_event import SMALL, HeatScale, event_blocks
from explain.report._pictures import PICTURES, picture_of, pictured_events
from explain.report._sheet import EVENT, QUIET, Block, Sheet
from explain.report._why import COLUMNS, Edit, ExplainedFrame, explained_frames, unedited

TITLE, HEADING, FINDING = 15.0, 10.0, 10.0
MAPS_ABREAST, FACTS_ABREAST = 4, 2
MAPS = (
    "Each map shows what raised the score of one frame, as one method sees it; all maps of a frame share one scale. "
    "Deletion is the area under the score while the picture is removed in the map's order; insertion while it comes "
    "back. Sanity is the map's likeness to that of a network whose weights were shuffled."
)


def pdf(
    analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None = None, *,
    written: datetime | None = None, edit: Edit = unedited,
) -> bytes:  # fmt: skip
    """Return ``report.pdf``. The same arguments give the same bytes.

    Args:
        analysis: the answer for one clip.
        evidence: frame to what was kept of it; raises ``InputError`` where nothing was.
        why: folder of explained frames, a folder each; None for no section of theirs.
        written: when the report says that it was written, in UTC; now when None.
        edit: changes the pictures of ``why`` before they are shown.
    """
    when = written or datetime.now(UTC)
    name = analysis.clip.name
    with closing(Sheet(name, f"{name}: Whycam report", f"Whycam report of {moment(when)}", when)) as sheet:
        _fill(sheet, analysis, evidence, why, edit)
        return bytes(sheet.output())


@dataclass(frozen=True)
class Part:
    """One clip of a report on several; see :func:`pdf`."""

    analysis: Analysis
    evidence: Callable[[int], Evidence]
    why: Path | None = None
    edit: Edit = unedited


def gathered(title: str, note: str, parts: Sequence[Part], *, written: datetime | None = None) -> bytes:
    """Return one PDF of several clips: a list of all events with what reviewers said, and each clip's report.

    Args:
        title: such as a case's name.
        note: below the title; empty for none.
        parts: the clips, one behind the other; at least one.
        written: as for :func:`pdf`.
    """
    when = written or datetime.now(UTC)
    with closing(Sheet("", f"{title}: Whycam report", f"Whycam report of {moment(when)}", when)) as sheet:
        analyses = [part.analysis for part in parts]
        sheet.flow(_cover(title, note, analyses))
        sheet.flow(_contents(analyses), 0.0)
        for part in parts:
            sheet.name = part.analysis.clip.name
            sheet.y += 4.0
            _body(sheet, part.analysis, part.evidence, part.why, part.edit)
        sheet.name = ""
        sheet.flow(_closes(analyses), 0.9)
        sheet.number_pages()
        return bytes(sheet.output())


def _cover(title: str, note: str, analyses: Sequence[Analysis]) -> list[Block]:
    """Head a report on several clips."""
    count = sum(len(analysis.events) for analysis in analyses)
    found = f"{count} event{'s' * (count != 1)} in {len(analyses)} clip{'s' * (len(analyses) != 1)}."
    head: list[Block] = [Text("Whycam report", 7.5, bold=True, colour=EVENT), Text(title, TITLE, bold=True),
                         *([Text(note)] if note else []), Text(found, FINDING, bold=True)]  # fmt: skip
    return [Below(head, 0.6)]


def _contents(analyses: Sequence[Analysis]) -> list[Block]:
    """List the events of several clips, with what reviewers said of them."""
    rows = []
    for place, analysis in enumerate(analyses, 1):
        for number, one in enumerate(analysis.events, 1):
            begin, end = analysis.clock.at(one.event.first), analysis.clock.end(one.event.last)
            rows.append([f"{place}  {analysis.clip.name}", str(number), timestamp(begin), timestamp(end), name_of(one),
                         one.review or "not reviewed"])  # fmt: skip
        if not analysis.events:
            rows.append([f"{place}  {analysis.clip.name}", "–", "", "", "nothing unusual", ""])
    heads = ["Clip", "No.", "From", "To", "Most likely cause", "Reviews"]
    return kept_together(table(heads, rows, [0.18, 0.05, 0.08, 0.08, 0.18, 0.43]))


def _closes(analyses: Sequence[Analysis]) -> list[Block]:
    """Say how to read a report on several clips, and what each of its answers rests on."""
    terms = [_term(*one) for one in dict.fromkeys(one for analysis in analyses for one in explanations(analysis))]
    reading = Below([Rule(), Text("How to read this report", HEADING, bold=True), terms[0]])
    blocks: list[Block] = [reading, *terms[1:]]
    for analysis in analyses:
        rows = _provenance(analysis)
        head = Text(f"Provenance: {analysis.clip.name}", HEADING, bold=True)
        blocks += [Below([Rule(), head, *rows[:2]]), *rows[2:]]
    return blocks


def _fill(sheet: Sheet, analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None, edit: Edit) -> None:
    _body(sheet, analysis, evidence, why, edit)
    sheet.flow(_close(analysis), 0.9)
    sheet.number_pages()


def _body(sheet: Sheet, analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None, edit: Edit) -> None:
    """Report one clip, but for how to read it and where it comes from."""
    sheet.flow(_head(analysis))
    sheet.flow(_events(analysis), 0.0)
    sheet.flow(_faults(analysis), 0.0)
    sheet.flow(_chart(analysis))
    pictured = pictured_events(analysis)
    for number, one in enumerate(analysis.events, 1):
        shown = picture_of(one, analysis, evidence) if number in pictured else None
        blocks = event_blocks(one, number, analysis, shown, number in pictured)
        sheet.flow(blocks[:2], 1.4)
        sheet.flow(blocks[2:], 0.0)
        sheet.y += 2.0
    sheet.flow(_unpictured(analysis, len(pictured)))
    sheet.flow(_why(analysis, why, edit))


def _head(analysis: Analysis) -> list[Block]:
    clip, clock = analysis.clip, analysis.clock
    seconds = clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0
    facts = [
        f"Camera {analysis.camera}", f"detector {analysis.detector}",
        f"{clip.width} × {clip.height} at {clip.fps:.4g} frames/s",
        f"{timestamp(seconds)} ({len(analysis.scores):,} frames)",
        *([f"recorded {wall_clock(clip.recorded, 0.0)}"] if clip.recorded else []),
        *(f"{kind} named by {name}" for kind, name in analysis.models.items()),
    ]  # fmt: skip
    head: list[Block] = [
        Text("Whycam report", 7.5, bold=True, colour=EVENT),
        Text(clip.name, TITLE, bold=True),
        Text(" · ".join(facts), 7.5, colour=QUIET),
    ]
    warnings = [Text(f"•  {sentence}") for sentence in analysis.warnings]
    warned: list[Block] = [Below([Text("Before you rely on this", 8.5, bold=True, colour=EVENT), *warnings], 0.6)]
    return [Below(head, 0.6), Rule(), *(warned if warnings else []), *_finding(analysis)]


def _finding(analysis: Analysis) -> list[Block]:
    limit = f"{analysis.threshold:.2f}"
    if not analysis.events:
        said = (f"Nothing unusual was found{analysis.reach}: no stretch of the clip lies above the threshold of "
                f"{limit} for long enough to be an event.")  # fmt: skip
        note = [Text(analysis.detection_limit, SMALL, colour=QUIET)] if analysis.detection_limit else []
        return [Text(said, FINDING, bold=True), *note]
    count, stands, unusual = len(analysis.events), len(analysis.of_kind(STANDING)), analysis.unusual_seconds
    of, stood = (f", {count - stands}", f" and {stands} of what stands or is gone") if stands else ("", "")
    share = percent(unusual / max(analysis.clock.recorded, 1e-9))
    said = (f"{count} unusual event{'s' * (count > 1)}{analysis.reach}{of} above the threshold of {limit}{stood}, "
            f"together {unusual:.1f} s or {share} of the clip.")  # fmt: skip
    return [Text(said, FINDING, bold=True)]


def _events(analysis: Analysis) -> list[Block]:
    clock, rows = analysis.clock, []
    if not analysis.events:
        return []
    for number, one in enumerate(analysis.events, 1):
        kind = KINDS.get(one.causes[0].coarse, one.causes[0].coarse) if one.causes else ""
        rows.append([
            str(number), timestamp(clock.at(one.event.first)), timestamp(clock.end(one.event.last)),
            f"{name_of(one)}{f' ({kind})' if kind else ''}", analysis.peak(one),
            percent(one.causes[0].heat_share) if one.causes and one.kind == MOVING else "–",
            percent(one.unexplained_share) if one.causes and one.kind == MOVING else "–",
        ])  # fmt: skip
    head = ["No.", "From", "To", "Most likely cause", "Peak score", "Heat in its boxes",
            "Unexplained"]  # fmt: skip
    return kept_together(table(head, rows, [0.05, 0.1, 0.1, 0.39, 0.12, 0.12, 0.12], right=(4, 5, 6)))


def _faults(analysis: Analysis) -> list[Block]:
    if not analysis.disturbances:
        return []
    rows = [[timestamp(one.start), timestamp(one.end), one.kind, one.summary] for one in analysis.disturbances]
    head = Below([Text("Camera faults", HEADING, bold=True, before=1.0),
                  Text("Not counted among the unusual events, and not scored.", SMALL, colour=QUIET)], 0.4)  # fmt: skip
    return [head, *kept_together(table(["From", "To", "Camera", "What it means"], rows, [0.1, 0.1, 0.14, 0.66]))]


def _chart(analysis: Analysis) -> list[Block]:
    placed = lay_out(analysis)
    if placed is None:
        return []
    bars = "; bars above: what stands or is gone" if analysis.of_kind(STANDING) else ""
    faults = "; grey: camera faults, which are not scored" if analysis.disturbances else ""
    what = (
        "dB above a typical frame"
        if analysis.unit == "dB"
        else "nats, the surprisal of the pixels' error and of things"
    )
    note = f"Time from the start of the clip; score in {what}. Shaded: events{bars}{faults}. Dashed: the threshold."
    chart = Chart(placed, f"threshold {analysis.threshold:.2f}")
    blocks: list[Block] = [Text("Score over time", HEADING, bold=True, before=1.0), chart]
    words = Text(note, SMALL, colour=QUIET)
    scale = HeatScale(analysis.normal_heat)
    return [Below([*blocks, Beside([words, scale], [0.55, 0.45], 8.0) if analysis.of_kind(MOVING) else words])]


def _unpictured(analysis: Analysis, pictured: int) -> list[Block]:
    left = len(analysis.events) - pictured
    said = f"The {PICTURES} events with the highest peak show their picture; {left} others do not."
    return [Text(said, SMALL, colour=QUIET)] if left else []


def _why(analysis: Analysis, why: Path | None, edit: Edit) -> list[Block]:
    frames, more = explained_frames(analysis, why, edit)
    if not frames:
        return []
    head: list[Block] = [Below([Rule(), Text("Why these scores", HEADING, bold=True), Text(MAPS, SMALL, colour=QUIET)])]
    left = [Text(f"{more} more are kept with the run.", SMALL, colour=QUIET)] if more else []
    return [*head, *(block for one in frames for block in _explained(one)), *left]


def _explained(one: ExplainedFrame) -> list[Block]:
    kept = one.kept
    heads = Text(f"Frame {kept.frame:,} at {one.when}: residual error {kept.score:.2f}, threshold "
                 f"{kept.threshold:.2f}", 8.5, bold=True)  # fmt: skip
    maps = [Below([Picture(image, f"Map of {name}"), Text(name, SMALL, colour=QUIET)], 0.4)
            for name, image in one.maps.items()]  # fmt: skip
    rows = []
    for name, figures in one.figures.items():
        failed = "Fails its sanity check: it hardly depends on what the network learnt. "
        values = ["–" if figures[key] is None else f"{float(figures[key]):.2f}" for key, *_ in COLUMNS]
        rows.append([name, *values, f"{failed if figures['sane'] is False else ''}{figures['note']}"])
    head = ["Method", *(title for _, title, _ in COLUMNS), "To know"]
    shares = [0.2, *[0.075] * len(COLUMNS), 0.35]
    said = [Text(one.sentence)] if one.sentence else []
    first, *others = columns(maps, MAPS_ABREAST)
    rows_ = kept_together(table(head, rows, shares, right=range(1, 1 + len(COLUMNS)), size=7.0))
    return [Below([heads, first]), *others, *rows_, *said]


def _close(analysis: Analysis) -> list[Block]:
    terms = [_term(*one) for one in explanations(analysis)]
    reading = Below([Rule(), Text("How to read this report", HEADING, bold=True), terms[0]])
    rows = _provenance(analysis)
    return [reading, *terms[1:], Below([Rule(), Text("Provenance", HEADING, bold=True), *rows[:2]]), *rows[2:]]


def _provenance(analysis: Analysis) -> list[Block]:
    told = pedigree(analysis)
    facts = [Beside([Text(name, 6.3, colour=QUIET), Text(value, 6.3)], [0.27, 0.73], 1.5) for name, value in told]
    return columns(facts, FACTS_ABREAST)


def _term(term: str, meaning: str) -> Block:
    return Beside([Text(term, 7.2, bold=True), Text(meaning, 7.2)], [0.12, 0.88])
