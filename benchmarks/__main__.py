"""``./whycam bench``: each figure is a ratio of two measurements of one run, on this machine."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks import memory, objects, speed
from core import device
from core.console import table
from core.files import write_json


def main() -> int:
    """Measure, print one table, and give JSON where it is asked for."""
    parser = argparse.ArgumentParser(prog="whycam bench")
    parser.add_argument("--device", choices=device.CHOICES, default="auto")
    parser.add_argument("--json")
    options = parser.parse_args()
    figures = speed.measure(options.device) + objects.measure(options.device)
    print(table(figures), file=sys.stderr, flush=True)
    figures += memory.measure(options.device)
    result = {"device": device.choose(options.device).describe(), "figures": figures}
    if options.json == "-":
        print(json.dumps(result, indent=2))
        return 0
    print(f"{result['device']}\n{table(figures)}")
    if options.json:
        write_json(Path(options.json), result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
