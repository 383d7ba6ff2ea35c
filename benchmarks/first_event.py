"""Time until a clip that is at work shows its first event, beside the time until all of it is analysed.

``./whycam bench first-event CLIP… --camera NAME``. Each clip is analysed as the command line does it, in a process of
its own, and its folder is read four times a second as the Run page reads it. Without results before the end, the first
event is shown at the end: the last column is the figure to compare with.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import typed_json
from core.errors import InputError, WhycamError
from pipeline import first_results
from pipeline.first_results import FirstResults

ROOT = Path(__file__).resolve().parent.parent
LOOK_SECONDS = 0.25


@dataclass
class _Watch:
    """When what was seen first, in seconds from the start."""

    first: dict[str, float] = field(default_factory=dict)
    reached: float = 0.0
    changed: float | None = None
    longest: float = 0.0

    def look(self, found: FirstResults, now: float) -> None:
        reached = found.observed_until + found.scored_until
        if reached > self.reached:
            if self.changed is not None:
                self.longest = max(self.longest, now - self.changed)
            self.reached, self.changed = reached, now
        seen = {"curve": reached > 0, "event": found.ahead or found.events, "scored event": found.events}
        for name, there in seen.items():
            if there:
                self.first.setdefault(name, now)


def measure(clips: Sequence[Path], camera: str | None, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return a row for each clip.

    Raises:
        InputError: no clip or camera is given, or a clip cannot be analysed.
    """
    if not clips or not camera:
        raise InputError("name the clips to analyse, and their camera with --camera")
    rows = []
    for clip in clips:
        tell(clip.name)
        rows.append(_row(clip.resolve(), camera))
    return rows


def _row(clip: Path, camera: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        folder, watch = Path(place) / "run", _Watch()
        command = [sys.executable, "-m", "cli", "analyse", str(clip), "--camera", camera, "--out", str(folder)]
        begun = time.monotonic()
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            while child.poll() is None:
                with contextlib.suppress(WhycamError):  # it is being written
                    found = first_results.read(folder)
                    if found is not None:
                        watch.look(found, time.monotonic() - begun)
                time.sleep(LOOK_SECONDS)
        if child.returncode:
            raise InputError(f"{clip.name!r} could not be analysed; './whycam analyse' says why")
        whole = time.monotonic() - begun
        report = typed_json.read(dict[str, Any], folder / "report.json")
    times = {f"first {name}, s": round(watch.first[name], 1) if name in watch.first else None
             for name in ("curve", "event", "scored event")}  # fmt: skip
    return {
        "clip": clip.name, "first event begins at, s": min((e["start_s"] for e in report["events"]), default=None),
        **times, "longest without news, s": round(watch.longest, 1), "whole analysis, s": round(whole, 1),
    }  # fmt: skip
