"""``./whycam bench``: each figure is a ratio of two measurements of one run, on this machine."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import detectors, memory, objects, speed
from core import device
from core.console import progress_line, table
from core.files import write_json
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
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--budget", type=int, default=64)
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
    from benchmarks import explanations

    with progress_line() as line:
        found = explanations.of_cameras(options, line.show)
    rows = [{"camera": camera} | row for camera, lines in found.items() for row in explanations.shown(lines)]
    return _give(device.choose(options.device).describe(), {"explanations": found}, rows, options.json)


WHAT = {"detectors": _detectors, "explanations": _explanations}

if __name__ == "__main__":
    sys.exit(main())
