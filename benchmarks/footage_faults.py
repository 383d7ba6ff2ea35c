"""What is said of small files that are easily read, timed or explained wrongly, and whether it is right."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core import device
from core.analysis import Analysis, ExplainedEvent
from core.errors import InputError
from pipeline.analyse import analyse
from pipeline.camera import load

PED2, PLAZA = "ucsd-ped2", "plaza"
TOLERANCE_SECONDS = 0.45
"""Seconds by which an event or a stretch may begin or end elsewhere."""
VEHICLES = frozenset({"truck", "car", "bus", "drive"})
CYCLES = frozenset({"bicycle", "ride", "motorcycle"})
FOLDER = "footage-faults"


@dataclass(frozen=True)
class Case:
    """One file.

    Attributes:
        file: its name.
        right: what is right, in words.
        holds: told the answer, whether it is right; None for a file that must be refused.
        camera: whose footage it is.
        refused: words of the sentence that refuses it; empty for a file that is analysed.
    """

    file: str
    right: str
    holds: Callable[[Analysis], bool] | None = None
    camera: str = PED2
    refused: str = ""


def _said(a: Analysis, *words: str) -> bool:
    told = " ".join([*a.warnings, *(one.summary for one in a.disturbances)])
    return all(word in told for word in words)


def _did(a: Analysis, kind: str, start: float, end: float | None = None) -> bool:
    found = [one for one in a.disturbances if one.kind == kind]
    begins = any(abs(one.start - start) <= TOLERANCE_SECONDS for one in found)
    return begins and (end is None or any(abs(one.end - end) <= TOLERANCE_SECONDS for one in found))


def _one(a: Analysis, start: float, end: float, names: frozenset[str]) -> bool:
    """Return whether the one event lies there, and is put down to one of these."""
    if len(a.events) != 1 or not _named(a.events[0], names):
        return False
    event = a.events[0].event
    off = abs(a.clock.at(event.first) - start), abs(a.clock.end(event.last) - end)
    return max(off) <= TOLERANCE_SECONDS


def _named(one: ExplainedEvent, names: frozenset[str]) -> bool:
    return bool(one.causes) and one.causes[0].fine in names


def _all(a: Analysis, names: frozenset[str]) -> bool:
    return bool(a.events) and all(_named(one, names) for one in a.events)


def _outside(a: Analysis, start: float, end: float) -> bool:
    """Return whether no event has its peak in a stretch, or begins in it."""
    return not any(start <= a.clock.at(f) <= end for one in a.events for f in (one.event.first, one.event.peak))


def _over(a: Analysis, first: int, last: int) -> bool:
    """Return whether one event spans these frames."""
    return any(one.event.first <= first and last <= one.event.last for one in a.events)


def _size(a: Analysis, width: int, height: int) -> bool:
    return (a.clip.width, a.clip.height) == (width, height)


def _unread(a: Analysis, read: int, announced: int, about: int = 0) -> bool:
    return a.clip.announced == announced and abs(len(a.scores) - read) <= about and bool(a.unread) and bool(a.reach)


CASES = (
    Case("vfr-phone.mp4", "seconds from the time stamps: the event begins at 7.09 s",
         lambda a: _one(a, 7.09, 19.68, CYCLES)),
    Case("normal-nothing.mp4", "no event, nothing of the camera", lambda a: not a.events and not a.disturbances),
    Case("normal-gap.mkv", "no event; nothing was recorded for 5 s",
         lambda a: not a.events and _said(a, "nothing was recorded")),
    Case("edit-list.mp4", "160 frames, event 71–159", lambda a: len(a.scores) == 160 and _one(a, 7.1, 16.0, CYCLES)),
    Case("doubled-frames.mp4", "the event at the same seconds as the base; repeats said",
         lambda a: _one(a, 9.1, 18.0, CYCLES) and _said(a, "repeat")),
    Case("frozen-4s.mp4", "the picture stands still from 6.0 to 10.0 s; its end is no event of a truck",
         lambda a: _did(a, "frozen", 6.0, 10.0) and _outside(a, 6.1, 10.3) and _all(a, VEHICLES)),
    Case("rotated-90.mp4", "upright: 360×240, the event of the base",
         lambda a: _size(a, 360, 240) and _one(a, 9.1, 18.0, CYCLES)),
    Case("anamorphic-sar2.mp4", "analysed as 640×360, the camera's own shape",
         lambda a: _size(a, 640, 360) and not _said(a, "stretched"), PLAZA),
    Case("hdr-pq.mp4", "tone-mapped and said; the event of the base", lambda a: _said(a, "HDR") and _all(a, CYCLES)),
    Case("interlaced-tff.mp4", "deinterlaced; the bicycle in frames 28–110; half the camera's rate is said",
         lambda a: _all(a, CYCLES) and _over(a, 45, 105) and _said(a, "2.0 times as far"), PLAZA),
    Case("gray-night.mp4", "unlike the camera's footage; no confident cause from noise",
         lambda a: _said(a, "night") and all(not e.causes or e.causes[0].confidence < 0.5 for e in a.events)),
    Case("panorama-7680x2160.mp4", "read at reduced size, all 6 frames; fewer than the camera's detector looks at",
         camera=PLAZA, refused="has 6 frames, fewer than the 16"),
    Case("camera-bump.mp4", "the camera was moved at 9.0 s; the truck before stays; nothing after is scored",
         lambda a: _did(a, "moved", 9.0) and _one(a, 3.6, 9.0, VEHICLES) and any(d.lasting for d in a.disturbances)),
    Case("normal-shake.mp4", "the camera shook; no event of an object",
         lambda a: _did(a, "shaken", 6.0, 11.0) and not a.events),
    Case("exposure-jump.mp4", "the truck, and the light changed in the whole picture",
         lambda a: _did(a, "light", 9.0) and _all(a, VEHICLES)),
    Case("signal-loss.mp4", "no picture from 7.0 to 10.0 s; the truck before and after",
         lambda a: _did(a, "no picture", 7.0, 10.0) and len(a.events) >= 2 and _all(a, VEHICLES)),
    Case("headlights.mp4", "light, or unexplained; never a car or a person",
         lambda a: not any(e.causes and e.causes[0].object in {"car", "person", "truck"} for e in a.events)),
    Case("clock-overlay-midnight.mp4", "event 35–179 as the base, nothing before",
         lambda a: _one(a, 3.6, 18.0, VEHICLES)),
    Case("rain.mp4", "the truck stays the first cause", lambda a: _all(a, VEHICLES)),
    Case("moov-missing.mp4", "its index is missing: the recording was interrupted", refused="index is missing"),
    Case("corrupt-tail.mp4", "the first 11.8 s of 18.0 s",
         lambda a: _said(a, "11.8 s of 18.0 s") and _unread(a, 118, 180)),
    Case("two-cameras.mkv", "the default stream; the other is mentioned",
         lambda a: _size(a, 360, 240) and _said(a, "160") and not _said(a, "does not look like")),
    Case("raw-annexb.264", "the camera's rate, and said", lambda a: _one(a, 9.1, 18.0, CYCLES) and _said(a, "assumed")),
    Case("nvr.dav", "the event of the base, with the recorder's wall clock",
         lambda a: _one(a, 9.1, 18.0, CYCLES) and a.clip.recorded.startswith("2026-11-28T23:59:55")),
    Case("dvr-mjpeg-dropped.avi", "11.7 s; 46 frames were not recorded",
         lambda a: abs(a.clock.at(len(a.scores) - 1) - 11.7) < 0.15 and _said(a, "46 frames")),
    Case("lossy-udp.ts", "losses noted; the truck", lambda a: bool(a.warnings) and _all(a, VEHICLES)),
    Case("silent-100663-hevc.mp4", "226 of 250 frames could not be read", lambda a: _unread(a, 24, 250, 2), PLAZA),
    Case("silent-100699-mjpeg.avi", "15 of 100 frames could not be read", lambda a: _unread(a, 85, 100, 2), PLAZA),
    Case("silent-timescale1.mp4", "all frames at an assumed rate, or the loss said",
         lambda a: (len(a.scores) == 24 and bool(a.warnings)) or bool(a.reach), PLAZA),
    Case("index-100100-h264.ts", "what can be read, with a note",
         lambda a: len(a.scores) > 100 and bool(a.warnings), PLAZA),
    Case("index-100327-flv1.flv", "what can be read, with a note",
         lambda a: len(a.scores) > 170 and bool(a.warnings), PLAZA),
)  # fmt: skip


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
