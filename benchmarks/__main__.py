"""``./whycam bench``: each figure is a ratio of two measurements of one run, on this machine."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import (
    agreement,
    detectors,
    disturbances,
    footage_faults,
    labelled,
    memory,
    objects,
    overlays,
    shown_boxes,
    speed,
)
from core import device
from core.console import progress_line, table
from core.files import write_json, write_whole
from core.registry import pick


def main() -> int:
    """Measure, print one table, and give JSON where it is asked for."""
    parser = argparse.ArgumentParser(prog="whycam bench")
    parser.add_argument("--device", choices=device.CHOICES, default="auto")
    parser.add_argument("--json")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("what", nargs="*")
    for name in ("data", "root", "clips", "work"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--regions", type=Path)
    parser.add_argument("--camera")
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--budget", type=int, default=64)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--weights", type=Path)
    options = parser.parse_args()
    if options.what:
        measured: int = pick("benchmark", options.what[0], WHAT)(options)
        return measured
    figures = speed.measure(options.device) + objects.measure(options.device)
    print(table(figures), file=sys.stderr, flush=True)
    figures += memory.measure(options.device)
    return _give(device.choose(options.device).describe(), {"figures": figures}, figures, options.json)


def _give(machine: str, result: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], path: str | None) -> int:
    result = {"device": machine, **result}
    if path == "-":
        print(json.dumps(result, indent=2))
        return 0
    print(f"{machine}\n{table(rows)}")
    if path:
        write_json(Path(path), result)
    return 0


def _detectors(options: argparse.Namespace) -> int:
    rows = detectors.measure(options.device, options.what[1:], options.all)
    return _give(device.choose(options.device).describe(), {"detectors": rows}, detectors.shown(rows), options.json)


def _explanations(options: argparse.Namespace) -> int:
    from benchmarks import _explanations_page, explanations

    with progress_line() as line:
        found = explanations.of_cameras(options, line.show)
    machine = device.choose(options.device).describe()
    clips = options.clips.replace(",", ", ") if options.clips else "all test clips"
    plan = f"Abnormal frames of {options.data} ({clips}), at most {options.frames} spread evenly, {options.budget} " + (
        "evaluations allowed to each method."
    )
    if options.out:
        write_json(options.out.with_suffix(".json"), {"device": machine, "plan": plan, "explanations": found})
        with write_whole(options.out.with_suffix(".md")) as file:
            file.write(_explanations_page.page(machine, plan, found).encode())
    rows = [
        {"camera": camera} | row for camera, told in found.items() for row in _explanations_page.shown(told["table"])
    ]
    return _give(machine, {"explanations": found}, rows, options.json)


def _boxes(options: argparse.Namespace) -> int:
    with progress_line() as line:
        rows = shown_boxes.measure(options.device, options.data, Path(options.root or "."), options.regions,
                                   options.camera, lambda clip: line.show(lambda: clip))  # fmt: skip
    right = sum(row["right"] for row in rows)
    figures = {"right": right, "events": len(rows)}
    shown = [*rows, dict.fromkeys(rows[0]) | {"clip": "all", "cause": f"{right} of {len(rows)} right"}] if rows else []
    return _give(device.choose(options.device).describe(), {"boxes": rows, **figures}, shown, options.json)


def _faults(options: argparse.Namespace) -> int:
    with progress_line() as line:
        rows = footage_faults.measure(options.device, Path(options.root or "."), lambda file: line.show(lambda: file))
    machine = device.choose(options.device).describe()
    if options.out:
        with write_whole(options.out.with_suffix(".md")) as file:
            file.write(footage_faults.page(machine, rows).encode())
    return _give(machine, {"files": rows}, rows, options.json)


def _disturbances(options: argparse.Namespace) -> int:
    with progress_line() as line:
        rows = disturbances.measure(Path(options.root or "."), say=lambda name: line.show(lambda: name))
    if options.out:
        with write_whole(options.out.with_suffix(".md")) as file:
            file.write(disturbances.page(rows, disturbances.LEFT_OUT).encode())
    shown = [row.table() for row in rows]
    return _give("cpu", {"disturbances": shown}, shown, options.json)


def _agreement(options: argparse.Namespace) -> int:
    with progress_line() as line:
        clips = [Path(clip) for clip in options.what[1:]]
        found = agreement.measure(options.device, clips, options.weights, lambda clip: line.show(lambda: clip))
    rows, worst = [row.row() for row in found], list(agreement.worst(found))
    code = _give(device.choose(options.device).describe(), {"agreement": rows, "worst": worst}, rows, options.json)
    if options.json != "-":
        for of in worst:
            print(f"worst camera for {of['group']}: least found in {of['least found'] or 'none'}, most boxes that the "
                  f"teacher lacks in {of['most further'] or 'none'}")  # fmt: skip
    return code


def _labelled(options: argparse.Namespace) -> int:
    with progress_line() as line:
        rows = labelled.measure(options.device, Path(options.root or "."), options.weights,
                                lambda told: line.show(lambda: told))  # fmt: skip
    return _give(device.choose(options.device).describe(), {"labelled": rows}, rows, options.json)


def _overlays(options: argparse.Namespace) -> int:
    for half in options.what[1:]:
        pick("half", half, overlays.CLIPS)
    with progress_line() as line:
        found = {
            half: overlays.measure(Path(options.root or "."), half, lambda name: line.show(lambda: name))
            for half in options.what[1:] or overlays.CLIPS
        }
    if options.out:
        with write_whole(options.out.with_suffix(".md")) as file:
            file.write(overlays.page(found).encode())
    rows = [{"half": half, **row.table()} for half, of in found.items() for row in of]
    return _give("cpu", {"overlays": rows}, rows, options.json)


WHAT = {"agreement": _agreement, "labelled": _labelled, "detectors": _detectors, "explanations": _explanations,
        "boxes": _boxes, "faults": _faults, "disturbances": _disturbances, "overlays": _overlays}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
