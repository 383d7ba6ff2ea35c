"""The report's section on explanations: each explained frame's maps in one scale, ranked, with their figures."""

import json
from pathlib import Path
from typing import Any

import cv2

from core import pictures
from core.analysis import Analysis
from core.array_files import MAX_MAP_BYTES, read_npy
from core.errors import InputError
from explain.causes.summary import timestamp
from explain.report._html import jpeg, safe
from explain.report.maps import painted, top_of

MOST = 8
"""Explained frames in one report; the others stay with the run."""
WIDE = 480
COLUMNS = (("deletion_auc", "Deletion", "smaller is better"), ("insertion_auc", "Insertion", "larger is better"),
           ("sanity", "Sanity", "near 0 is better"), ("stability", "Stability", "1 is best"),
           ("agreement", "Agreement", "with the other maps"), ("seconds", "Seconds", ""))  # fmt: skip
READING = (
    "Each map shows what raised the score of one frame, as one method sees it; all maps of a frame share one scale. "
    "The methods explain the residual error: the score out of decibels, 1 at the camera's maximum. "
    "Deletion is the area under the score while the picture is removed in the map's order; insertion while it comes "
    "back. Sanity is the map's likeness to that of a network whose weights were shuffled: a map that hardly changes "
    "says nothing of what was learnt, and is marked."
)


def why_section(analysis: Analysis, why: Path | None) -> str:
    """Return the section; nothing where no frame was explained.

    Args:
        analysis: whose clip.
        why: folder with a folder for each explained frame, named by its number.
    """
    folders = sorted(f for f in why.glob("[0-9]*") if (f / "explain.json").exists()) if why is not None else []
    shown = [part for folder in folders[:MOST] if (part := _frame(folder, analysis))]
    if not shown:
        return ""
    more = f'<p class="note">{len(folders) - MOST} more are kept with the run.</p>' if len(folders) > MOST else ""
    return f"""<section class="why" aria-labelledby="why"><h2 id="why">Why these scores</h2>
<p class="note">{READING}</p>
{"".join(shown)}{more}</section>"""


def _frame(folder: Path, analysis: Analysis) -> str:
    try:
        kept = json.loads((folder / "explain.json").read_text(encoding="utf-8"))
        names = sorted(kept["methods"], key=lambda name: _by(kept["methods"][name]))
        maps = {name: read_npy(folder / f"{name}.npy", MAX_MAP_BYTES, "f") for name in names}
        image = pictures.read(folder / "frame.png")
        frame, score, threshold = int(kept["frame"]), float(kept["score"]), float(kept["threshold"])
        rows = "".join(_row(name, kept["methods"][name]) for name in names)
    except (InputError, OSError, KeyError, TypeError, ValueError):
        return ""
    top = top_of(list(maps.values()))
    figures = "".join(
        f'<figure><img alt="Map of {safe(name)}" src="{jpeg(_small(painted(image, maps[name], top)), 82)}">'
        f"<figcaption>{safe(name)}</figcaption></figure>"
        for name in names
    )
    heads = "".join(f'<th scope="col" class="n" title="{about}">{title}</th>' for _, title, about in COLUMNS)
    when, scale = timestamp(analysis.clock.at(frame)), f"residual error {score:.2f}, threshold {threshold:.2f}"
    title = f"Frame {frame:,} at {when}: {_decibels(kept)}{scale}"
    return f"""<h3>{title}</h3>
<div class="maps">{figures}</div>
<div class="wide"><table><thead><tr><th scope="col">Method</th>{heads}<th scope="col">To know</th></tr></thead>
<tbody>{rows}</tbody></table></div>
{_counterfactual(folder)}"""


def _decibels(kept: dict[str, Any]) -> str:
    """Write score and threshold as they stand elsewhere in the report; what version 0.1 kept has them not."""
    try:
        return f"score {float(kept['score_db']):.2f} dB, threshold {float(kept['threshold_db']):.2f} dB; "
    except (KeyError, TypeError, ValueError):
        return ""


def _counterfactual(folder: Path) -> str:
    try:
        said = json.loads((folder / "counterfactual.json").read_text(encoding="utf-8"))["sentence"]
    except (OSError, KeyError, TypeError, ValueError):
        return ""
    return f'<p class="said">{safe(said)}</p>'


def _by(figures: dict[str, Any]) -> tuple[bool, float]:
    return figures["deletion_auc"] is None, float(figures["deletion_auc"] or 0.0)


def _row(name: str, figures: dict[str, Any]) -> str:
    cells = "".join(f'<td class="n">{_number(figures.get(key))}</td>' for key, _, _ in COLUMNS)
    failed = (
        "Fails its sanity check: it hardly depends on what the network learnt. " if figures["sane"] is False else ""
    )
    said = safe(failed + str(figures["note"]))
    return f'<tr><th scope="row">{safe(name)}</th>{cells}<td>{said}</td></tr>'


def _number(value: Any) -> str:
    return "–" if value is None else f"{float(value):.2f}"


def _small(picture: Any) -> Any:
    height, width = picture.shape[:2]
    return picture if width <= WIDE else cv2.resize(picture, (WIDE, round(height * WIDE / width)))
