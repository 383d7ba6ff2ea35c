"""The report: one HTML file and one PDF for people, JSON and CSV for machines."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup

from core.analysis import MOVING, Analysis, ExplainedEvent
from core.files import write_json, write_text
from core.records import Evidence
from explain.report._chart import score_chart
from explain.report._data import as_json, attributes_csv, causes_csv, scores_csv
from explain.report._facts import explanations, moment, name_of, pedigree
from explain.report._html import TEMPLATES, jpeg, render, webp
from explain.report._pictures import (
    PICTURES,
    EventPicture,
    heat_scale,
    marked_causes,
    picture_of,
    pictured_events,
)
from explain.report._why import COLUMNS, Edit, explained_frames, unedited
from explain.report.overlay import PALETTE
from explain.report.strips import attribute_rows

__all__ = ["FILES", "Edit", "as_json", "event_section", "marked_causes", "name_of", "page", "write"]
STYLE, ATTRIBUTES_STYLE = (Path(__file__).with_name(name) for name in ("report.css", "attributes.css"))
FILES = ("report.html", "report.json", "scores.csv", "causes.csv")


TEMPLATES.filters |= {"event_name": name_of, "attribute_rows": attribute_rows}


def event_section(
    one: ExplainedEvent, number: int, analysis: Analysis, evidence: Callable[[int], Evidence] | None
) -> Markup:
    """Return the section of one event; without ``evidence`` it has no picture."""
    shown = picture_of(one, analysis, evidence) if evidence else None
    return render(
        "event.html", one=one, number=number, analysis=analysis, clock=analysis.clock,
        pictured=evidence is not None, shown=_picture(shown) if shown else None,
        legend=_legend(analysis.normal_heat) if one.kind == MOVING else None,
    )  # fmt: skip


def _picture(shown: EventPicture) -> dict[str, Any]:
    close, known = shown.close, shown.map
    return {
        "evidence": shown.evidence,
        "boxed": shown.boxed,
        "image": jpeg(shown.evidence.image),
        "heat": webp(shown.heat) if shown.heat is not None else "",
        "boxes": [vars(box) for box in shown.boxes],
        "close": " ".join(f"{value:.1f}" for value in close) if close else "",
        "map": {"label": known.label, "frames": known.frames, "image": jpeg(known.image)} if known else None,
    }


def _legend(normal: float) -> dict[str, Any]:
    unit, marks = heat_scale(normal)
    colours = ", ".join(f"rgb({r} {g} {b})" for r, g, b in PALETTE[:: len(PALETTE) // 8].tolist())
    return {"unit": unit, "colours": colours, "marks": [(100 * place, mark) for place, mark in marks]}


def why_section(analysis: Analysis, why: Path | None, edit: Edit = unedited) -> str:
    """Return the section on ``why``'s folders, one a frame and named by its number; empty where there is none."""
    frames, more = explained_frames(analysis, why, edit)
    shown = [{**vars(one), "maps": {name: jpeg(image, 82) for name, image in one.maps.items()}} for one in frames]
    return render("why.html", frames=shown, columns=COLUMNS, more=more) if shown else ""


def write(analysis: Analysis, evidence: Callable[[int], Evidence], folder: Path, why: Path | None = None) -> None:
    """Write ``report.html``, ``report.json``, ``scores.csv`` and ``causes.csv``, each whole or not at all.

    Where attributes of things were unusual, ``attributes.csv`` is written, too.

    Args:
        analysis: the answer for one clip.
        evidence: frame to what was kept of it; raises ``InputError`` where nothing was.
        folder: made when missing.
        why: folder of explained frames, a folder each; None for no section of theirs.

    Raises:
        StorageError: the disk is full, or the folder cannot be written to.
    """
    write_json(folder / "report.json", as_json(analysis))
    write_text(folder / "scores.csv", scores_csv(analysis))
    write_text(folder / "causes.csv", causes_csv(analysis))
    if any(one.things for one in analysis.events):
        write_text(folder / "attributes.csv", attributes_csv(analysis))
    else:
        (folder / "attributes.csv").unlink(missing_ok=True)
    write_text(folder / "report.html", page(analysis, evidence, why))


def page(
    analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None = None, *,
    written: datetime | None = None, edit: Edit = unedited,
) -> str:  # fmt: skip
    """Return the whole ``report.html``: one page that needs no network, no script and no other file.

    Arguments are those of :func:`write`, and:

    Args:
        analysis: the answer for one clip.
        evidence: frame to what was kept of it.
        why: folder of explained frames.
        written: when the report says that it was written, in UTC; now when None.
        edit: changes the pictures of ``why`` before they are shown.
    """
    clock, events = analysis.clock, [one.event for one in analysis.events]
    pictured = pictured_events(analysis)
    sections = [
        event_section(one, number, analysis, evidence if number in pictured else None)
        for number, one in enumerate(analysis.events, 1)
    ]
    styles = [STYLE, *([ATTRIBUTES_STYLE] if any(one.things for one in analysis.events) else [])]
    return render(
        "report.html", analysis=analysis, clip=analysis.clip, clock=clock, written=moment(written), sections=sections,
        style=Markup("".join(style.read_text(encoding="utf-8") for style in styles)),
        seconds=clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0,
        chart=score_chart(analysis), why=why_section(analysis, why, edit), unusual=analysis.unusual_seconds,
        pictures=PICTURES, unpictured=len(events) - len(pictured), pedigree=pedigree(analysis),
        explanations=explanations(analysis),
    )  # fmt: skip
