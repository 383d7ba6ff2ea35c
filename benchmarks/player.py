"""How fast the player opens a run, seeks, and follows the threshold, in Chromium on a server of its own.

``./whycam bench player``. Two runs are made by hand, nothing is analysed: ten minutes of 640x360 to seek in, and 36,000
frames with 500 events to open. Times are the browser's own (User Timing) or from the call to what is seen.
"""

import contextlib
import dataclasses
import io
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import files
from core.arrays import Floats, Images
from core.errors import InputError
from core.normality import Normality
from core.records import Clip, Detections, Evidence
from pipeline import frame_log, heat_frames, playback, store
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FACTS
from pipeline.kinds import queue
from pipeline.run_facts import RunFacts
from pipeline.store import Run

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
FPS, SEEKS, OPENINGS, DRAGS = 25.0, 200, 5, 120
LONG, SEEKABLE = (36_000, 500, (160, 90)), (15_000, 20, (640, 360))
"""Frames, events, and width and height in pixels."""
WORKER = "made by hand"


def measure(tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the figures, a row each.

    Raises:
        InputError: Chromium is not installed.
    """
    program = shutil.which("chromium")
    if program is None:
        raise InputError("Chromium is not installed; './whycam test' installs it")
    with tempfile.TemporaryDirectory(prefix="whycam-") as home, _at_home(home):
        tell("making two runs")
        long, seekable = _made(*LONG), _made(*SEEKABLE)
        tell("opening, seeking and dragging")
        with _server(Path(home)) as address, _browser(program) as page:
            page.goto(f"{address}/Runs")
            page.wait_for_selector("text=made by hand", timeout=120_000)
            opened = [_open(page, address, long, LONG[1]) for _ in range(OPENINGS)]
            _open(page, address, seekable, SEEKABLE[1])
            return [_row("open a run of 36,000 frames and 500 events, s", opened),
                    _row("seek to shown frame, 10 minutes of 640x360, ms", _seeks(page)),
                    _row("updates a second while the threshold is dragged", _drags(page))]  # fmt: skip


def _row(what: str, values: list[float]) -> dict[str, Any]:
    low, middle, high = np.percentile(values, [5, 50, 95])
    return {"what": what, "median": round(float(middle), 2), "5 %": round(float(low), 2),
            "95 %": round(float(high), 2), "measured": len(values)}  # fmt: skip


def _open(page: "Page", address: str, run: Run, events: int) -> float:
    """Return the seconds until the player shows a frame and the page its event."""
    begun = time.monotonic()
    page.goto(f"{address}/Run?run={run.id}")
    page.wait_for_selector(".told[data-frame]", timeout=120_000)
    page.wait_for_selector(f"text=of {events}", timeout=120_000)
    return time.monotonic() - begun


def _seeks(page: "Page") -> list[float]:
    """Return the milliseconds of seeks to random places of the timeline."""
    box, chosen = page.locator("canvas.timeline").bounding_box(), random.Random(5)
    assert box is not None
    page.evaluate("performance.clearMeasures()")
    for _ in range(SEEKS):
        page.mouse.click(box["x"] + 52 + chosen.random() * (box["width"] - 64), box["y"] + 20)
        page.wait_for_timeout(250)
    times: list[float] = page.evaluate("performance.getEntriesByName('whycam:seek').map((one) => one.duration)")
    return times


def _drags(page: "Page") -> list[float]:
    """Return updates a second, each from the distance between two: as many as the pointer moves, drawn or not."""
    rates: list[float] = page.evaluate(
        """async (count) => {
      const root = [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector("canvas.timeline"));
      const canvas = root.shadowRoot.querySelector("canvas.timeline");
      const box = canvas.getBoundingClientRect();
      const fire = (type, y) => canvas.dispatchEvent(new PointerEvent(type,
        { pointerId: 1, button: 0, clientX: box.x + 200, clientY: box.y + y, bubbles: true }));
      canvas.setPointerCapture = () => {};
      let at = 0;
      for (let y = 0; y < box.height && canvas.style.cursor !== "ns-resize"; y++) fire("pointermove", (at = y));
      fire("pointerdown", at);
      const rates = [];
      let before = performance.now();
      for (let i = 0; i < count; i++) {
        fire("pointermove", at - 25 + 20 * Math.sin(i / 8));
        await new Promise(requestAnimationFrame);
        rates.push(1000 / (performance.now() - before));
        before = performance.now();
      }
      fire("pointercancel", at);
      return rates;
    }""",
        DRAGS,
    )
    return rates


def _made(frames: int, events: int, size: tuple[int, int]) -> Run:
    """Keep a finished run with its playback copy, its heat, and evidence of its events."""
    run = store.create(io.BytesIO(b"made by hand"), "made by hand.mp4")
    scores, kept = (
        np.random.default_rng(1).normal(0.0, 0.2, frames).astype(np.float32),
        EvidenceFolder(run.folder / EVIDENCE),
    )
    for peak in np.linspace(60, frames - 60, events).astype(int).tolist():
        scores[peak - 12 : peak + 13] += (8.0 * np.hanning(27)[1:-1]).astype(np.float32)
        for frame in range(peak - 10, peak + 11, 5):
            kept.put(_evidence(frame, float(scores[frame]), size))
    frame_log.append(run.folder, (np.arange(frames) / FPS).tolist(), scores.tolist(), [True] * frames)
    heat_frames.append(run.folder, {n: _heat(n) for n in range(frames)})
    _facts(run, frames, size)
    files.folder(playback.clip(run).parent)
    playback.write((_picture(n, size) for n in range(frames)), playback.clip(run), FPS)
    jobs = queue().store
    jobs.enqueue(run.id, WORKER, {"camera": "plaza"})
    jobs.begin(run.id)
    jobs.publish(run.id, {"events": events, "top_cause": "bicycle"})
    jobs.finish(run.id)
    return store.get(run.id)


def _facts(run: Run, frames: int, size: tuple[int, int]) -> None:
    clip = Clip(run.clip, "0" * 64, FPS, *size, frames)
    normal = Normality(1.0, tuple(np.linspace(0.0, 1.0, 101).tolist()), 900, 0.02)
    facts = RunFacts(clip, "plaza", "vqunet-prediction", {"objects": "none"}, 2.0, 0.6, normal, (), {})
    files.write_json(run.folder / FACTS, dataclasses.asdict(facts))


def _picture(number: int, size: tuple[int, int]) -> Images:
    across, down = np.arange(size[0]), np.arange(size[1])
    grey = (across[None, :] // 2 + down[:, None]) % 200
    picture = np.repeat(grey[..., None], 3, -1).astype(np.uint8)
    left = number * 3 % (size[0] - 20)
    picture[20:60, left : left + 20] = (230, 220, 40)
    return picture


def _heat(number: int) -> Images:
    grid = np.zeros((54, 96), np.uint8)
    grid[10:25, number % 80 : number % 80 + 12] = 180
    return grid


def _evidence(frame: int, score: float, size: tuple[int, int]) -> Evidence:
    heat: Floats = np.zeros((size[1], size[0]), np.float32)
    box = np.array([[20, 20, 60, 60]], np.float32)
    heat[20:60, 20:60] = score
    found = Detections(frame, box, ("bicycle",), np.array([0.9], np.float32), "COCO")
    none = Detections(frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "AVA")
    return Evidence(frame, score, _picture(frame, size), heat, found, none)


@contextlib.contextmanager
def _at_home(home: str) -> Iterator[None]:
    before = os.environ.get("WHYCAM_HOME")
    os.environ["WHYCAM_HOME"] = home
    try:
        yield
    finally:
        if before is None:
            del os.environ["WHYCAM_HOME"]
        else:
            os.environ["WHYCAM_HOME"] = before


@contextlib.contextmanager
def _server(home: Path) -> Iterator[str]:
    """Start the web app on a free port, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", str(port)]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        while server.poll() is None and not _healthy(address):
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def _browser(program: str) -> Iterator["Page"]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": 1280, "height": 720})
        browser.close()
