"""One event's section in the report: its picture, its causes as bars, its sentence."""

from collections.abc import Callable, Sequence

from core.analysis import Analysis, Cause, ExplainedEvent
from core.errors import InputError
from core.records import Evidence, Pixels
from explain.causes.summary import attributes, percent, timestamp, wall_clock
from explain.report._html import jpeg, safe, webp
from explain.report.overlay import MARKS, PALETTE, TOP, heat_layer
from explain.report.place_map import place_map, place_of

KINDS = {"object": "object", "action": "action", "location": "place", "unknown": "not named"}
BOXED, WORTH_A_BOX = 3, 0.25
"""Causes whose box is drawn: at most so many, and only those with this share of the best one's score."""
CLOSE = 2.4
"""A close-up shows this many times the width or height of the best cause's box."""
STRENGTH = 0.75


def name_of(one: ExplainedEvent) -> str:
    """Name an event after its best cause."""
    if not one.causes:
        return "no cause found"
    return "heat that no model has a name for" if one.causes[0].coarse == "unknown" else one.causes[0].fine


def event_section(
    one: ExplainedEvent, number: int, analysis: Analysis, evidence: Callable[[int], Evidence] | None
) -> str:
    """Return the section of one event; without ``evidence`` it has no picture."""
    event, clock = one.event, analysis.clock
    facts = (
        f"{timestamp(clock.at(event.first))} – {timestamp(clock.end(event.last))}",
        f"{clock.length(event.first, event.last):.1f} s",
        f"frames {event.first:,} – {event.last:,}",
        f"peak {event.peak_score:.2f} dB at {timestamp(clock.at(event.peak))}",
        wall_clock(analysis.clip.recorded, clock.at(event.first)),
    )
    kept = shown_evidence(one, evidence) if evidence else None
    return f"""<section class="event" id="event-{number}" aria-labelledby="name-{number}">
<h2 id="name-{number}"><span class="number">{number}</span> {safe(name_of(one))}</h2>
<p class="facts">{" · ".join(safe(fact) for fact in facts if fact)}</p>
<div class="columns">
{_picture(one, number, analysis, kept) if evidence else ""}
<div class="answer">
<p class="said">{safe(one.summary)}</p>
{_causes(one)}
{f'<p class="note">{safe(analysis.doubt)}</p>' if analysis.doubt and one.causes else ""}
{_unexplained(one.unexplained_share) if one.causes else ""}
</div>
</div>
</section>
"""


def shown_evidence(one: ExplainedEvent, evidence: Callable[[int], Evidence]) -> Evidence | None:
    """Return what was kept of the frame that stands for the event; None where nothing was."""
    if one.shown is None:
        return None
    try:
        return evidence(one.shown)
    except InputError:
        return None


def _picture(one: ExplainedEvent, number: int, analysis: Analysis, kept: Evidence | None) -> str:
    if kept is None:
        return '<p class="note">No picture was kept of this event.</p>'
    height, width = kept.heat.shape
    boxed, when = _boxed(one.causes), timestamp(analysis.clock.at(kept.frame))
    size = f'width="{width}" height="{height}"'
    heat = webp(heat_layer(kept.heat, analysis.normal_heat, STRENGTH))
    peak = " (the peak)" if kept.frame == one.event.peak else ""
    close = one.causes[0].box if one.causes else None
    where, told = _where(one, analysis, kept)
    return f"""<figure>
<input type="checkbox" id="heat-{number}" checked><label for="heat-{number}">Heat</label>
<svg class="frame" viewBox="0 0 {width} {height}" role="img" aria-label="{safe(_told(boxed, kept, when))}">
<image id="seen-{number}" href="{jpeg(kept.image)}" {size}/>
<image id="hot-{number}" class="heat" href="{heat}" {size}/>
{_boxes(boxed, width, height)}
</svg>
<figcaption>Frame {kept.frame:,} at {when}{peak}, score {kept.score:.2f} dB.
{"Boxes: the causes of the list that are in this frame." if boxed else ""}</figcaption>
<div class="close">{_close_up(close, one.causes[0].fine, number, width, height) if close else ""}{where}</div>
{told}
{_legend(analysis.normal_heat)}
</figure>"""


def _boxed(causes: tuple[Cause, ...]) -> list[tuple[int, Cause, Pixels]]:
    """List the causes whose box is drawn, with their place in the list."""
    worth = [cause.score >= WORTH_A_BOX * causes[0].score for cause in causes[:BOXED]]
    return [(i, cause, cause.box) for i, cause in enumerate(causes[:BOXED], 1) if cause.box and worth[i - 1]]


def _close_up(box: Pixels, name: str, number: int, width: int, height: int) -> str:
    """Show the best cause's surroundings twice, without and with heat, from the pictures already in the page."""
    x1, y1, x2, y2 = box
    across = min(max((x2 - x1) * CLOSE, (y2 - y1) * CLOSE * 4 / 3, width / 8), width, height * 4 / 3)
    down = across * 3 / 4
    left = min(max((x1 + x2 - across) / 2, 0.0), width - across)
    top = min(max((y1 + y2 - down) / 2, 0.0), height - down)
    view = f'viewBox="{left:.1f} {top:.1f} {across:.1f} {down:.1f}" role="img"'
    seen, hot, told = f'<use href="#seen-{number}"/>', f'<use href="#hot-{number}"/>', safe(name)
    return (
        f'<svg {view} aria-label="Close-up of {told} as seen">{seen}</svg>'
        f'<svg {view} aria-label="Close-up of {told} with its heat">{seen}{hot}</svg>'
    )


def _told(boxed: Sequence[tuple[int, Cause, Pixels]], kept: Evidence, when: str) -> str:
    said = ", ".join(f"{rank} {cause.fine} at ({box[0]:.0f}, {box[1]:.0f})" for rank, cause, box in boxed)
    marked = f"; marked: {said}" if said else ""
    return f"Frame {kept.frame} at {when} with the heat of the prediction error{marked}"


def _boxes(boxed: Sequence[tuple[int, Cause, Pixels]], width: int, height: int) -> str:
    """Draw each cause's own box, the best one uppermost, with its number and name."""
    size = width / 46
    drawn = [_box(box, f"{rank} {cause.fine}", width, height, size, rank == 1) for rank, cause, box in boxed]
    return "".join(reversed(drawn))


def _box(box: Pixels, words: str, width: int, height: int, size: float, best: bool) -> str:
    x1, y1, x2, y2 = box
    x = max(min(x1, width - 0.56 * size * len(words)), 0.0)
    y = y1 - 0.35 * size if y1 > 1.4 * size else min(y2 + size, height - 0.3 * size)
    return (
        f'<g class="box{" best" if best else ""}"><rect x="{x1:.1f}" y="{y1:.1f}" width="{max(x2 - x1, 0):.1f}" '
        f'height="{max(y2 - y1, 0):.1f}"/><text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}">{safe(words)}</text></g>'
    )


def _where(one: ExplainedEvent, analysis: Analysis, kept: Evidence) -> tuple[str, str]:
    """Return the map for the best thing in an unusual place among those whose boxes may be drawn, and its caption."""
    cause = next((cause for cause in one.causes[:BOXED] if cause.place), None)
    label = place_of(cause, analysis.places) if cause else None
    if cause is None or label is None:
        return "", ""
    known = analysis.places[label]
    picture = f"""<img class="where" src="{jpeg(place_map(kept.image, known, cause.path))}"
alt="Map of where a {safe(label)} is normally, and the path of this one">"""
    caption = f"""<p class="note">Map, blue: where a {safe(label)} stood in {known.frames:,} frames of this camera's
normal footage. Line: the path of this one; the dot is its end.</p>"""
    return picture, caption


def _legend(normal: float) -> str:
    stops = ", ".join(f"rgb({r} {g} {b})" for r, g, b in PALETTE[:: len(PALETTE) // 8].tolist())
    places = [(100 * ((mark - 1) / (TOP - 1)) ** 0.5, f"{mark}×") for mark in MARKS]
    marks = places if normal > 0 else [(0.0, "none"), (100.0, "highest in this picture")]
    words = "".join(f'<span style="left:{place:.1f}%">{mark}</span>' for place, mark in marks)
    unit = "heat, in multiples of the camera's normal mean" if normal > 0 else "heat"
    return (
        f'<div class="legend"><span class="unit">{unit}</span><div class="scale" '
        f'style="background:linear-gradient(to right, {stops})"></div><div class="marks">{words}</div></div>'
    )


def _causes(one: ExplainedEvent) -> str:
    if not one.causes:
        return '<p class="note">No object, action or region holds heat of this event.</p>'
    top = max(one.causes[0].score, 1e-12)
    rows = "".join(_cause(cause, rank, top) for rank, cause in enumerate(one.listed, 1))
    left = len(one.causes) - len(one.listed)
    more = f'<p class="note">{left} weaker {"cause" if left == 1 else "causes"} in report.json.</p>' if left else ""
    return f"""<table class="causes"><caption>Causes, best first: one row for each thing</caption>
<thead><tr><th scope="col"></th><th scope="col">Cause</th><th scope="col">Rank score</th>
<th scope="col">Heat in its boxes</th><th scope="col">Confidence</th></tr></thead><tbody>{rows}</tbody></table>{more}"""


def _cause(cause: Cause, rank: int, top: float) -> str:
    named = cause.coarse not in ("unknown", "location")
    sure = _bar(cause.confidence, f"{cause.confidence:.2f}", "sure") if named else '<td class="none">–</td>'
    kind = KINDS.get(cause.coarse, cause.coarse)
    name = "region" if cause.coarse == "unknown" else cause.fine
    told = "; ".join(attributes(cause))
    return (
        f"<tr{' class=first' if rank == 1 else ''}><td>{rank}</td><td><b>{safe(name)}</b> "
        f'<span class="kind">{safe(kind)}</span>{f"<br><span class=told>{safe(told)}</span>" if told else ""}</td>'
        f"{_bar(cause.score / top, f'{cause.score:.3g}', 'rank')}"
        f"{_bar(cause.heat_share, percent(cause.heat_share), 'share')}{sure}</tr>"
    )


def _bar(part: float, words: str, kind: str) -> str:
    width = 100 * min(max(part, 0.0), 1.0)
    return f'<td class="bar {kind}"><i style="width:{width:.1f}%"></i><span>{words}</span></td>'


def _unexplained(share: float) -> str:
    width, words = 100 * min(max(share, 0.0), 1.0), percent(share)
    return (
        f'<div class="unexplained"><p><b>{words}</b> of the heat lies in no box (unexplained)</p>'
        f'<div class="whole" role="img" aria-label="{words} unexplained"><i style="width:{width:.1f}%"></i></div></div>'
    )
