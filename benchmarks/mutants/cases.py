"""Archives of cases, and what a run's folder tells of its events."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.mutants._structured import damaged
from benchmarks.mutation import Kind, Rng
from core import typed_json
from core.explanation import FILE
from core.explanation import read as read_explanation
from pipeline.export import archive, verify
from pipeline.export.manifest import FORMAT, VERSION, ArchivedCase, ArchivedReview, ArchivedRun, Manifest
from pipeline.reviewing.severity import Rule
from pipeline.similar import traits_in

RULES = "severity.json"


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write an archive, a report, an explanation and rules of severity."""
    review = ArchivedReview("a/1", "bicycle", 3, 9, "high", True, "true", "seen", ({"at": "2026-01-01"},))
    run = ArchivedRun("", "20260101-000000-abcdef", {"name": "a.mp4", "frames": 40}, "yard", "vqunet-prediction",
                      {"weights_sha256": "0" * 64}, {"objects": "compact"}, {"objects": "0" * 64}, 2.5, "dB", None, {},
                      1, (review,))  # fmt: skip
    with archive.writing(folder / "case.zip") as (packed, _):
        packed.put("report.json", json.dumps({"events": []}))
        packed.put("frames/event-1.png", rng.bytes(300))
        case = ArchivedCase("1", "theft", "", ({"action": "named"},))
        packed.put_manifest(Manifest(FORMAT, VERSION, "2026-01-01T00:00:00+00:00", "0.1.0", "none", "", (run,),
                                     tuple(packed.files), case))  # fmt: skip
    for name, content in (
        ("report.json", _report()),
        (FILE, _explanation()),
        (RULES, [{"label": "x", "severity": "high"}]),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return [path for path in folder.iterdir() if path.is_file()]


def _report() -> dict[str, Any]:
    cause = {"coarse": "object", "fine": "bicycle", "object": "bicycle", "action": "ride",
             "tube": [{"frame": 4, "box": [1, 2, 30, 40]}]}  # fmt: skip
    thing = {"label": "bicycle", "terms": [{"name": "speed", "nats": 3.5}]}
    event = {"kind": "moving", "peak_frame": 4, "shown_frame": 4, "start_s": 0.3, "causes": [cause], "things": [thing]}
    return {"clip": {"width": 320, "height": 180}, "events": [event]}


def _explanation() -> dict[str, Any]:
    method = {"seconds": 1.0, "evaluations": 64, "deletion_auc": 0.2, "insertion_auc": 0.8, "sanity": 0.1, "sane": True,
              "stability": 0.9, "agreement": 0.5, "frames": [0.5, 0.5], "note": ""}  # fmt: skip
    return {"methods": {"residual": method}, "frame": 4, "window": [0, 4], "clip": "a.mp4", "camera": "yard",
            "detector": "vqunet-prediction", "score": 0.8, "threshold": 0.4, "score_db": 7.1,
            "threshold_db": 2.0}  # fmt: skip


def read(path: Path) -> bool:
    """Read one as ``verify`` or a page does."""
    if path.suffix == ".zip":
        verify.verify(path)
    elif path.name == RULES:
        typed_json.read(tuple[Rule, ...], path)
    elif path.name == FILE:
        read_explanation(path.parent)
    else:
        traits_in("20260101-000000-abcdef", path.parent)
    return False


KINDS = {"cases": Kind("archives of cases, reports, explanations and rules", write, read, damaged)}
