"""One event's section in the report: its picture, its causes as bars, its sentence."""

from collections.abc import Callable

import numpy as np

from core.errors import InputError
from core.records import Analysis, Cause, Event, Evidence, ExplainedEvent, Pixels
from explain._summary import clock, percent
from explain.boxes import iou
from explain.report._html import jpeg, safe, webp
from explain.report.overlay import MARKS, PALETTE, TOP, heat_layer
from explain.report.place_map import place_map, place_of

KINDS = {"object": "object", "action": "action", "location": "place", "unknown": "not named"}
SHOWN = 6
"""Causes in the table; the rest stand in ``report.json``."""
BOXED, WORTH_A_BOX = 3, 0.25
"""Causes whose box is drawn: at most so many, and only those with this share of the best one's score."""
SAME_BOX = 0.6
"""IoU from which two boxes are drawn as one, that of the better cause: their names would lie on each other."""
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
    event, fps = one.event, analysis.clip.fps
    seconds = (event.last - event.first + 1) / fps
    facts = (
        f"{clock(event.first, fps)} – {clock(event.last + 1, fps)}",
        f"{seconds:.1f} s",
        f"frames {event.first:,} – {event.last:,}",
        f"peak {event.peak_score:.2f} at {clock(event.peak, fps)}",
    )
    return f"""<section class="event" id="event-{number}" aria-labelledby="name-{number}">
<h2 id="name-{number}"><span class="number">{number}</span> {safe(name_of(one))}</h2>
<p class="facts">{" · ".join(facts)}</p>
<div class="columns">
{_picture(one, number, analysis, evidence) if evidence else ""}
<div class="answer">
<p class="said">{safe(one.summary)}</p>
{_causes(one)}
{_unexplained(one.unexplained_share)}
{_where(one, analysis, evidence) if evidence else ""}
</div>
</div>
</section>
"""


def _picture(one: ExplainedEvent, number: int, analysis: Analysis, evidence: Callable[[int], Evidence]) -> str:
    kept = nearest_evidence(one.event, evidence)
    if kept is None:
        return '<p class="note">No picture was kept of this event.</p>'
    height, width = kept.heat.shape
    boxed = _boxed(one.causes)
    told = _told(boxed, kept, analysis.clip.fps)
    size = f'width="{width}" height="{height}"'
    heat = webp(heat_layer(kept.heat, analysis.normal_heat, STRENGTH))
    near = "" if kept.frame == one.event.peak else ", the explained frame nearest to the peak"
    return f"""<figure>
<input type="checkbox" id="heat-{number}" checked><label for="heat-{number}">Heat</label>
<svg class="frame" viewBox="0 0 {width} {height}" role="img" aria-label="{safe(told)}">
<image id="seen-{number}" href="{jpeg(kept.image)}" {size}/>
<image id="hot-{number}" class="heat" href="{heat}" {size}/>
{_boxes(boxed, width, height)}
</svg>
{_legend(analysis.normal_heat)}
{_close_up(boxed[0], number, width, height) if boxed else ""}
<figcaption>Frame {kept.frame:,} at {clock(kept.frame, analysis.clip.fps)}, score {kept.score:.2f}{near}.
{"Small: the first cause, as seen and with its heat." if boxed else ""}</figcaption>
</figure>"""


def nearest_evidence(event: Event, evidence: Callable[[int], Evidence]) -> Evidence | None:
    """Return the explained frame next to the peak, on the side where the score is higher; None if there is none."""
    before = _first_kept(range(event.peak, event.first - 1, -1), evidence)
    if before is not None and before.frame == event.peak:
        return before
    after = _first_kept(range(event.peak + 1, event.last + 1), evidence)
    sides = [side for side in (before, after) if side is not None]
    return max(sides, key=lambda side: np.nan_to_num(side.score, nan=-np.inf), default=None)


def _first_kept(frames: range, evidence: Callable[[int], Evidence]) -> Evidence | None:
    for frame in frames:
        try:
            return evidence(frame)
        except InputError:
            continue
    return None


def _boxed(causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
    return tuple(cause for cause in causes[:BOXED] if cause.score >= WORTH_A_BOX * causes[0].score)


def _close_up(cause: Cause, number: int, width: int, height: int) -> str:
    """Show the best cause's surroundings twice, without and with heat, from the pictures already in the page."""
    x1, y1, x2, y2 = cause.box
    across = min(max((x2 - x1) * CLOSE, (y2 - y1) * CLOSE * 4 / 3, width / 8), width, height * 4 / 3)
    down = across * 3 / 4
    left = min(max((x1 + x2 - across) / 2, 0.0), width - across)
    top = min(max((y1 + y2 - down) / 2, 0.0), height - down)
    view = f'viewBox="{left:.1f} {top:.1f} {across:.1f} {down:.1f}" role="img"'
    seen, hot, name = f'<use href="#seen-{number}"/>', f'<use href="#hot-{number}"/>', safe(cause.fine)
    return (
        f'<div class="close"><svg {view} aria-label="Close-up of {name} as seen">{seen}</svg>'
        f'<svg {view} aria-label="Close-up of {name} with its heat">{seen}{hot}</svg></div>'
    )


def _told(causes: tuple[Cause, ...], kept: Evidence, fps: float) -> str:
    said = ", ".join(f"{c.fine} at ({c.box[0]:.0f}, {c.box[1]:.0f})" for c in causes)
    marked = f"; marked: {said}" if causes else ""
    return f"Frame {kept.frame} at {clock(kept.frame, fps)} with the heat of the prediction error{marked}"


def _boxes(causes: tuple[Cause, ...], width: int, height: int) -> str:
    """Draw each box once, best cause uppermost, with the ranks and names of all causes that have it or nearly so."""
    shared: dict[Pixels, list[str]] = {}
    for rank, cause in enumerate(causes, 1):
        same = (box for box in shared if iou(box, cause.box)[0, 0] >= SAME_BOX)
        shared.setdefault(next(same, cause.box), []).append(f"{rank} {cause.fine}")
    size = width / 46
    drawn = [_box(box, names, width, height, size, i == 0) for i, (box, names) in enumerate(shared.items())]
    return "".join(reversed(drawn))


def _box(box: Pixels, names: list[str], width: int, height: int, size: float, best: bool) -> str:
    x1, y1, x2, y2 = box
    words = " · ".join(names)
    x = max(min(x1, width - 0.56 * size * len(words)), 0.0)
    y = y1 - 0.35 * size if y1 > 1.4 * size else min(y2 + size, height - 0.3 * size)
    return (
        f'<g class="box{" best" if best else ""}"><rect x="{x1:.1f}" y="{y1:.1f}" width="{max(x2 - x1, 0):.1f}" '
        f'height="{max(y2 - y1, 0):.1f}"/><text x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}">{safe(words)}</text></g>'
    )


def _where(one: ExplainedEvent, analysis: Analysis, evidence: Callable[[int], Evidence]) -> str:
    """Show the map for the best cause that is a place, where it is among the causes whose boxes are drawn."""
    cause = next((cause for cause in _boxed(one.causes) if cause.coarse == "location"), None)
    label = place_of(cause.fine, analysis.places) if cause else None
    kept = nearest_evidence(one.event, evidence) if label else None
    if cause is None or label is None or kept is None:
        return ""
    known = analysis.places[label]
    return f"""<figure><img class="where" src="{jpeg(place_map(kept.image, known, cause.path))}"
alt="Map of where a {safe(label)} is normally, and the path of this one">
<figcaption>Blue: where a {safe(label)} stood in {known.frames:,} frames of this camera's normal footage. Line: the path
of this one; the dot is its end.</figcaption></figure>"""


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
    rows = "".join(_cause(cause, rank, top) for rank, cause in enumerate(one.causes[:SHOWN], 1))
    left = len(one.causes) - SHOWN
    more = f'<p class="note">{left} weaker causes stand in report.json.</p>' if left > 0 else ""
    return f"""<table class="causes"><caption>Causes, best first</caption>
<thead><tr><th scope="col"></th><th scope="col">Cause</th><th scope="col">Rank score</th>
<th scope="col">Heat in its boxes</th><th scope="col">Confidence</th></tr></thead><tbody>{rows}</tbody></table>{more}"""


def _cause(cause: Cause, rank: int, top: float) -> str:
    named = cause.coarse not in ("unknown", "location")
    sure = _bar(cause.confidence, f"{cause.confidence:.2f}", "sure") if named else '<td class="none">–</td>'
    kind = KINDS.get(cause.coarse, cause.coarse)
    name = "region" if cause.coarse == "unknown" else cause.fine
    return (
        f"<tr{' class=first' if rank == 1 else ''}><td>{rank}</td><td><b>{safe(name)}</b> "
        f'<span class="kind">{safe(kind)}</span></td>{_bar(cause.score / top, f"{cause.score:.3g}", "rank")}'
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
