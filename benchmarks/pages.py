"""How fast the web app's pages are drawn with many runs in the store, how much the server grows, and whom it serves.

``./whycam bench pages``. The runs are made by hand; server, browser and the job at work are real. A page's first
paint is when its head is seen, and it is drawn when the server has nothing more to send.
"""

import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from benchmarks._app import SIZE, at_home, browser, server
from benchmarks._made_runs import copied, made
from pipeline import store
from pipeline.kinds import queue
from pipeline.store import Run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

RUNS, VISITS, WARM, CYCLES, SESSIONS, ASKS = 200, 3, 5, 50, 8, 4
MADE = 1500, 20, (160, 90)
"""Frames, events, and width and height in pixels of each run."""
WAIT = 120_000
HEAD, DRAWN = ".st-key-head .wordmark", '[data-testid="stApp"][data-test-script-state="notRunning"]'
BARE = """import streamlit as st
st.container(key="head").html('<span class="wordmark">Whycam</span>')
"""
PAGES = ("", "Events", "Cases", "Run?run={run}", "Runs", "Cameras", "Evaluation", "Why?run={run}", "Help", "Queue",
         "Storage")  # fmt: skip
"""Addresses of all pages, the first that of a new analysis."""


def measure(tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the figures, a row each.

    Raises:
        InputError: Chromium is not installed.
    """
    with browser() as chromium, tempfile.TemporaryDirectory(prefix="whycam-") as home, at_home(home):
        tell(f"making {RUNS} runs")
        first = made(*MADE)
        for number in range(1, RUNS):
            copied(first, f"made by hand {number:03d}.mp4")
        tell("opening pages")
        rows = [_bare(chromium, Path(home))]
        with server(Path(home)) as (address, process):
            rows += _first_paints(chromium, address, first)
            tell("opening and closing")
            rows.append(_growth(chromium, f"{address}/Run?run={first.id}", process))
            tell(f"{SESSIONS} sessions")
            rows.append(_row(f"answer to one of {SESSIONS} sessions, s", _answers(chromium, address)))
            with store.DEMO.open("rb") as file:
                job = store.start(store.create(file, store.DEMO.name).id, "plaza")
            at_work = _answers(chromium, address)
            rows.append(_row(f"the same while a clip is analysed, s ({store.get(job.id).state})", at_work))
            queue().kill(job.id)
    return rows


def _row(what: str, values: list[float]) -> dict[str, Any]:
    middle, high = np.percentile(values, [50, 95])
    return {"what": what, "median": round(float(middle), 2), "95 %": round(float(high), 2),
            "highest": round(max(values), 2), "measured": len(values)}  # fmt: skip


def _bare(chromium: "Browser", home: Path) -> dict[str, Any]:
    """Measure a page of Streamlit's with a word on it, below which no page of its can come."""
    script = home / "bare.py"
    script.write_text(BARE, encoding="utf-8")
    with server(home, script) as (address, _):
        seen = [_visit(chromium, address) for _ in range(VISITS + 1)][1:]
    return _row("first paint of an empty page of Streamlit's, s", [paint for paint, _ in seen])


def _first_paints(chromium: "Browser", address: str, run: Run) -> list[dict[str, Any]]:
    """Measure each page in tabs of their own, after one visit that fills what the server remembers."""
    rows = []
    for path in PAGES:
        seen = [_visit(chromium, f"{address}/{path.format(run=run.id)}") for _ in range(VISITS + 1)][1:]
        name = re.sub(r"\?.*", "", path) or "New analysis"
        rows.append(_row(f"first paint of {name}, s", [paint for paint, _ in seen]))
        rows.append(_row(f"{name} drawn, s", [drawn for _, drawn in seen]))
    return rows


def _visit(chromium: "Browser", address: str) -> tuple[float, float]:
    """Return the seconds until a page's head is seen, and until all of it is drawn."""
    page, begun = chromium.new_page(viewport=SIZE), time.monotonic()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(HEAD, timeout=WAIT)
    painted = time.monotonic() - begun
    page.wait_for_selector(DRAWN, timeout=WAIT)
    drawn = time.monotonic() - begun
    page.close()
    return painted, drawn


def _growth(chromium: "Browser", address: str, process: int) -> dict[str, Any]:
    """Return by how many megabytes the server grows while a run is opened and closed again and again."""
    sizes = []
    for cycle in range(WARM + CYCLES + 1):
        if cycle in (WARM, WARM + CYCLES):
            time.sleep(2.0)  # sessions that were closed are put away
            sizes.append(psutil.Process(process).memory_info().rss / 2**20)
        _visit(chromium, address)
    return {"what": f"growth of the server over {CYCLES} times a run is opened and closed, MiB", "median": None,
            "95 %": None, "highest": round(sizes[1] - sizes[0], 1), "measured": 1}  # fmt: skip


def _answers(chromium: "Browser", address: str) -> list[float]:
    """Return the seconds that each of several sessions waits for its list of runs to be narrowed."""
    pages = []
    for _ in range(SESSIONS):
        page = chromium.new_page(viewport=SIZE)
        page.goto(f"{address}/Runs")
        pages.append(page)
    for page in pages:
        page.wait_for_selector(DRAWN, timeout=WAIT)
    times = [_narrow(page, f"{10 * turn + number + 20:03d}") for turn in range(ASKS)
             for number, page in enumerate(pages)]  # fmt: skip
    for page in pages:
        page.close()
    return times


def _narrow(page: "Page", text: str) -> float:
    field, begun = page.get_by_label("Clip's name"), time.monotonic()
    field.fill(text)
    field.press("Enter")
    page.wait_for_function("(text) => { const rows = [...document.querySelectorAll('[class*=st-key-run-]')];"
                           " return rows.length === 1 && rows[0].textContent.includes(text); }", arg=text,
                           timeout=WAIT)  # fmt: skip
    return time.monotonic() - begun
