"""``report.html``: one page that needs no network, no script and no other file."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

from core.analysis import Analysis, ExplainedEvent
from core.records import Evidence
from explain.causes.summary import percent, timestamp, wall_clock
from explain.report._chart import score_chart
from explain.report._event import KINDS, event_section, name_of
from explain.report._html import css_string, safe
from explain.report._why import why_section

STYLE = Path(__file__).with_name("report.css")
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
PICTURES = 60
"""Pictures in one report; in a longer one the highest events have theirs, so that the file can still be opened."""

SHELL = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title: Whycam report</title>
<style>
$style</style>
</head>
<body>
<main>
$body
</main>
<footer>Written by Whycam on $written.</footer>
</body>
</html>
""")

READING = (
    ("Score", "How far the picture differs from what the detector expected, above a typical frame of this camera. "
     "It grows with strangeness; it is no probability, and scores of two cameras cannot be compared."),
    ("Event", "A stretch in which the smoothed score passes the threshold, with the weaker frames beside it."),
    ("Heat", "Squared error of the prediction at each pixel. Colours are multiples of this camera's normal mean, the "
     "same in all its reports. Shares count the heat above that mean."),
    ("Cause", "An object, an action or a region, followed over the event. Causes are ranked by the share of heat in "
     "their boxes, by how improbable that much heat and such a thing are at this camera, and by the model's "
     "confidence. Boxes overlap, so shares do not add up."),
    ("Unexplained", "Share of the event's heat that lies in no box of any model. The higher it is, the less the named "
     "causes account for."),
    ("Limits", "Unusual does not mean forbidden or dangerous, and what is usual can be both. A cause says where the "
     "surprise lies and what a model saw there; it is no proof of why."),
)  # fmt: skip


def page(analysis: Analysis, evidence: Callable[[int], Evidence], why: Path | None = None) -> str:
    """Return the whole page.

    Args:
        analysis: the answer for one clip.
        evidence: frame to what was kept of it; raises ``InputError`` where nothing was.
        why: folder of explained frames.
    """
    pictured = _pictured(analysis)
    sections = [
        event_section(one, number, analysis, evidence if number in pictured else None)
        for number, one in enumerate(analysis.events, 1)
    ]
    parts = (_head(analysis), _warnings(analysis), _summary(analysis), _camera(analysis), _over_time(analysis),
             *sections, _omitted(analysis, pictured), why_section(analysis, why), _reading(),
             _pedigree(analysis))  # fmt: skip
    written = f"{datetime.now(UTC):%Y-%m-%d at %H:%M} UTC"
    return SHELL.substitute(
        policy=POLICY,
        title=safe(analysis.clip.name),
        style=STYLE.read_text(encoding="utf-8") + _on_every_page(analysis.clip.name, written),
        body="\n".join(part for part in parts if part),
        written=written,
    )


def _on_every_page(clip: str, written: str) -> str:
    """Return the style that prints the clip's name, the date and the page's number at the foot of each page."""
    return (
        f"@page {{ @bottom-left {{ content: {css_string(clip)}; }} "
        f"@bottom-center {{ content: {css_string(f'Whycam report of {written}')}; }} }}\n"
    )


def _head(analysis: Analysis) -> str:
    clip = analysis.clip
    length = f"{timestamp(_length(analysis))} ({len(analysis.scores):,} frames)"
    recorded = wall_clock(clip.recorded, 0.0)
    facts = (f"Camera <b>{safe(analysis.camera)}</b>", f"detector <b>{safe(analysis.detector)}</b>",
             f"{clip.width} × {clip.height} at {clip.fps:.4g} frames/s", length,
             f"recorded {safe(recorded)}" if recorded else "",
             *(f"{safe(kind)} named by <b>{safe(name)}</b>" for kind, name in analysis.models.items()))  # fmt: skip
    return f"""<header>
<p class="brand">Whycam report</p>
<h1>{safe(clip.name)}</h1>
<p class="facts">{" · ".join(fact for fact in facts if fact)}</p>
</header>"""


def _length(analysis: Analysis) -> float:
    """Return the seconds from the first frame to the end of the last one."""
    return analysis.clock.end(len(analysis.scores) - 1) if len(analysis.scores) else 0.0


def _warnings(analysis: Analysis) -> str:
    if not analysis.warnings:
        return ""
    said = "".join(f"<li>{safe(sentence)}</li>" for sentence in analysis.warnings)
    return f'<section class="warnings" aria-labelledby="warned"><h2 id="warned">Before you rely on this</h2><ul>{said}</ul></section>'  # noqa: E501


def _over_time(analysis: Analysis) -> str:
    camera = "; grey: what the camera itself did, which is not scored" if analysis.disturbances else ""
    return f"""<section aria-labelledby="over-time">
<h2 id="over-time">Score over time</h2>
{score_chart(analysis)}
<p class="note">Time from the start of the clip; score in dB above a typical frame. Shaded: events{camera}. Dashed: the
threshold.</p>
</section>"""


def _summary(analysis: Analysis) -> str:
    clock, events = analysis.clock, [one.event for one in analysis.events]
    if not events:
        found = f"Nothing unusual was found{safe(analysis.reach)}: no stretch of the clip lies above the threshold of {analysis.threshold:.2f} for long enough to be an event."  # noqa: E501
        missed = f'<p class="note">{safe(analysis.missed)}</p>' if analysis.missed else ""
        return f'<section class="summary" aria-label="Summary"><p class="finding">{found}</p>{missed}</section>'
    seconds = sum(clock.length(event.first, event.last) for event in events)
    number = f"{len(events)} unusual event{'s' * (len(events) != 1)}"
    share = percent(seconds / max(clock.recorded, 1e-9)).replace(" ", "\u00a0")
    rows = "".join(_row(one, i, analysis) for i, one in enumerate(analysis.events, 1))
    heads = "".join(f'<th scope="col"{c}>{name}</th>' for name, c in (
        ("No.", ""), ("From", ""), ("To", ""), ("Most likely cause", ""), ("Peak score, dB", ' class="n"'),
        ("Heat in its boxes", ' class="n"'), ("Unexplained", ' class="n"')))  # fmt: skip
    return f"""<section class="summary" aria-label="Summary">
<p class="finding"><b>{number}</b>{safe(analysis.reach)} above the threshold of {analysis.threshold:.2f}, together {seconds:.1f} s or {share} of the clip.</p>
<div class="wide"><table class="events"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>
</section>"""  # noqa: E501


def _row(one: ExplainedEvent, number: int, analysis: Analysis) -> str:
    event, clock = one.event, analysis.clock
    kind = f' <span class="kind">{KINDS.get(one.causes[0].coarse, "")}</span>' if one.causes else ""
    share, rest = (percent(one.causes[0].heat_share), percent(one.unexplained_share)) if one.causes else ("–", "–")
    return (
        f'<tr><td>{number}</td><td><a href="#event-{number}">{timestamp(clock.at(event.first))}</a></td>'
        f"<td>{timestamp(clock.end(event.last))}</td><td><b>{safe(name_of(one))}</b>{kind}</td>"
        f'<td class="n">{event.peak_score:.2f}</td><td class="n">{share}</td>'
        f'<td class="n">{rest}</td></tr>'
    )


def _camera(analysis: Analysis) -> str:
    """List what the camera itself did; it is not counted among the events."""
    if not analysis.disturbances:
        return ""
    rows = "".join(
        f"<tr><td>{timestamp(one.start)}</td><td>{timestamp(one.end)}</td><td><b>{safe(one.kind)}</b></td>"
        f"<td>{safe(one.summary)}</td></tr>"
        for one in analysis.disturbances
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("From", "To", "Camera", "What it means"))
    return f"""<section class="camera" aria-labelledby="camera"><h2 id="camera">What the camera itself did</h2>
<p class="note">Not counted among the unusual events, and not scored.</p>
<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></section>"""


def _pictured(analysis: Analysis) -> set[int]:
    numbers = range(1, len(analysis.events) + 1)
    return set(sorted(numbers, key=lambda n: -analysis.events[n - 1].event.peak_score)[:PICTURES])


def _omitted(analysis: Analysis, pictured: set[int]) -> str:
    left = len(analysis.events) - len(pictured)
    return (
        f'<p class="note">The {PICTURES} events with the highest peak show their picture; {left} others do not.</p>'
        if left
        else ""
    )


def _reading() -> str:
    terms = "".join(f"<dt>{term}</dt><dd>{meaning}</dd>" for term, meaning in READING)
    return f'<section aria-labelledby="reading"><h2 id="reading">How to read this report</h2><dl>{terms}</dl></section>'


def _pedigree(analysis: Analysis) -> str:
    clip = analysis.clip
    heat = f"{analysis.normal_heat:.4g}" if analysis.normal_heat > 0 else "unknown"
    rows = [
        ("Clip", clip.name), ("Clip SHA-256", clip.sha256),
        ("Camera", analysis.camera), ("Detector", analysis.detector),
        *((f"Model for {kind}", name) for kind, name in analysis.models.items()),
        ("Threshold", f"{analysis.threshold:.6g}"), ("Normal mean heat per pixel", heat), *_flat(analysis.versions),
    ]  # fmt: skip
    body = "".join(f'<tr><th scope="row">{safe(name)}</th><td>{safe(value)}</td></tr>' for name, value in rows)
    return f'<section aria-labelledby="pedigree"><h2 id="pedigree">Pedigree</h2><table class="pedigree"><tbody>{body}</tbody></table></section>'  # noqa: E501


def _flat(entries: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """List nested facts one a row; ``weights_sha256`` reads as ``weights SHA-256``."""
    rows: list[tuple[str, str]] = []
    for key, value in entries.items():
        name = f"{before}{key}".replace("_", " ").replace("sha256", "SHA-256")
        name = name[:1].upper() + name[1:]
        rows += (
            _flat(value, f"{name}, ") if isinstance(value, Mapping) else [(name, "–" if value is None else str(value))]
        )
    return rows
