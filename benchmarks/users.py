"""Several users of the web app for minutes: how soon pages answer, and whether the server's memory stays flat.

``./whycam bench users --minutes N``. Each user has a browser session; they upload clips, which are analysed meanwhile,
open runs, choose events, play and narrow lists, one after the other; nobody reviews.
"""

import random
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from benchmarks import _small_camera
from benchmarks._app import SIZE, at_home, browser, server
from benchmarks._made_runs import copied, made
from pipeline import store
from pipeline.kinds import queue

if TYPE_CHECKING:
    from playwright.sync_api import Page

USERS, RUNS, MINUTES, WARM_SHARE = 8, 40, 30.0, 0.25
"""Of the time, the first quarter is no figure of memory."""
MADE = 1500, 5, (160, 90)
"""Frames, events, and width and height in pixels of each run that is there before."""
MOST_ACTIVE = 2
SAMPLE_SECONDS = 5.0
WAIT = 60_000
DRAWN = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def measure(minutes: float, seed: int, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return a row for each thing that users do, and one for the server's memory.

    Args:
        minutes: of work; :data:`MINUTES` when infinite.
        seed: of what is done when.
        tell: told how far it is.

    Raises:
        InputError: Chromium is not installed.
    """
    minutes = min(minutes, MINUTES)
    with browser() as chromium, tempfile.TemporaryDirectory(prefix="whycam-") as home, at_home(home):
        first = made(*MADE)
        for number in range(1, RUNS):
            copied(first, f"made by hand {number:03d}.mp4")
        _small_camera.make()
        clip = _small_camera.clip(Path(home) / "upload.mp4", 0)
        with server(Path(home)) as (address, process):
            pages = [chromium.new_context(viewport=SIZE).new_page() for _ in range(USERS)]
            work = Work(address, [run.id for run in store.runs(("done",))], clip, random.Random(seed))
            sizes = _until(time.monotonic() + 60 * minutes, work, pages, process, tell)
            for job in queue().store.active():
                queue().kill(job.id)
    return [*work.rows(), _memory(sizes)]


def _until(
    end: float, work: "Work", pages: "list[Page]", process: int, tell: Callable[[str], None]
) -> list[tuple[float, float]]:
    """Let users work until a moment; return when the server had how many megabytes."""
    sizes: list[tuple[float, float]] = []
    while (now := time.monotonic()) < end:
        for page in pages:
            work.act(page)
        if not sizes or now - sizes[-1][0] >= SAMPLE_SECONDS:
            sizes.append((now, psutil.Process(process).memory_info().rss / 2**20))
            tell(f"{(end - now) / 60:.1f} minutes left, {len(work.errors)} errors")
    return sizes


class Work:
    """What users do, how long the answers take, and what went wrong.

    Attributes:
        errors: what a page said that it should not have, or did not show in a minute.
    """

    def __init__(self, address: str, runs: list[str], clip: Path, chance: random.Random) -> None:
        self._address, self._runs, self._clip, self._chance = address, runs, clip, chance
        self._seconds: dict[str, list[float]] = {}
        self.errors: list[str] = []

    def act(self, page: "Page") -> None:
        """Let one user do something."""
        from playwright.sync_api import Error

        doing = self._chance.choice([self._open, self._judge, self._judge, self._narrow, self._events, self._upload])
        name, began = doing.__name__.strip("_"), time.monotonic()
        try:
            if doing(page):
                self._seconds.setdefault(name, []).append(time.monotonic() - began)
        except Error as error:
            self.errors.append(f"{name}: {str(error).splitlines()[0]}")
        if said := page.locator('[data-testid="stException"], [role=alert]').all_inner_texts():
            self.errors.append(f"{name}: {said[0][:100]}")

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures."""
        every = {**self._seconds, "all": [one for seconds in self._seconds.values() for one in seconds]}
        rows = [{"what": f"{name}, s", "median": round(float(np.median(seconds)), 2),
                 "95 %": round(float(np.percentile(seconds, 95)), 2), "highest": round(max(seconds), 2),
                 "measured": len(seconds)} for name, seconds in every.items() if seconds]  # fmt: skip
        said = f"errors{': ' + '; '.join(self.errors[:3]) if self.errors else ''}"
        return [*rows, {"what": said, "median": None, "95 %": None, "highest": None, "measured": len(self.errors)}]

    def _open(self, page: "Page") -> bool:
        """Open a run and its player, which plays until the user does something else."""
        page.goto(f"{self._address}/Run?run={self._chance.choice(self._runs)}", wait_until="commit")
        page.get_by_role("heading", name=re.compile("Event . of")).wait_for(timeout=WAIT)
        return True

    def _judge(self, page: "Page") -> bool:
        """Choose another event of the run that is open, and play it."""
        heading = page.get_by_role("heading", name=re.compile("Event . of"))
        if "/Run?" not in page.url or not heading.count():
            return False
        number = self._chance.randrange(1, MADE[1] + 1)
        page.get_by_role("button", name=f"Event {number}").click(timeout=WAIT)
        page.get_by_role("heading", name=f"Event {number} of").wait_for(timeout=WAIT)
        page.locator("canvas.timeline").press("Space", timeout=WAIT)
        return True

    def _narrow(self, page: "Page") -> bool:
        """Narrow the list of runs."""
        if not page.url.startswith(f"{self._address}/Runs"):
            page.goto(f"{self._address}/Runs", wait_until="commit")
        field = page.get_by_label("Clip's name")
        field.wait_for(timeout=WAIT)
        field.fill(f"{self._chance.randrange(1, RUNS):03d}")
        field.press("Enter")
        page.wait_for_selector(DRAWN, timeout=WAIT)
        return True

    def _events(self, page: "Page") -> bool:
        """Look at the events of all runs."""
        page.goto(f"{self._address}/Events", wait_until="commit")
        page.get_by_text(re.compile("Unreviewed")).first.wait_for(timeout=WAIT)
        return True

    def _upload(self, page: "Page") -> bool:
        """Upload a clip and have it analysed, where few are."""
        if len(queue().store.active()) >= MOST_ACTIVE:
            return False
        page.goto(self._address, wait_until="commit")
        page.locator("input[type=file]").set_input_files(str(self._clip), timeout=WAIT)
        page.get_by_role("combobox", name=re.compile("Camera")).click(timeout=WAIT)
        page.get_by_role("option", name=_small_camera.NAME, exact=True).click(timeout=WAIT)
        page.get_by_role("button", name="Analyse", exact=True).click(timeout=WAIT)
        page.wait_for_url(re.compile("run="), timeout=WAIT)
        return True


def _memory(sizes: list[tuple[float, float]]) -> dict[str, Any]:
    """Fit a line to the server's memory after its first minutes."""
    warm = sizes[0][0] + WARM_SHARE * (sizes[-1][0] - sizes[0][0])
    hours, megabytes = np.array([((when - warm) / 3600, size) for when, size in sizes if when >= warm]).T
    slope = float(np.polyfit(hours, megabytes, 1)[0]) if len(hours) > 1 else 0.0
    return {"what": f"growth of the server, MiB an hour (from {megabytes[0]:.0f} to {megabytes[-1]:.0f} MiB)",
            "median": round(slope, 1), "95 %": None, "highest": round(float(megabytes.max()), 1),
            "measured": len(megabytes)}  # fmt: skip
