"""How fast the player opens a run, seeks, and follows the threshold, in Chromium on a server of its own.

``./whycam bench player``. Two runs are made by hand, nothing is analysed: ten minutes of 640x360 to seek in, and 36,000
frames with 500 events to open. Times are the browser's own (User Timing) or from the call to what is seen.
"""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._app import SIZE, at_home, browser, server
from benchmarks._made_runs import made
from pipeline.store import Run

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEEKS, OPENINGS, DRAGS = 200, 5, 120
LONG, SEEKABLE = (36_000, 500, (160, 90)), (15_000, 20, (640, 360))
"""Frames, events, and width and height in pixels."""


def measure(tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the figures, a row each.

    Raises:
        InputError: Chromium is not installed.
    """
    with browser() as chromium, tempfile.TemporaryDirectory(prefix="whycam-") as home, at_home(home):
        tell("making two runs")
        long, seekable = made(*LONG), made(*SEEKABLE)
        tell("opening, seeking and dragging")
        page = chromium.new_page(viewport=SIZE)
        with server(Path(home)) as (address, _):
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
