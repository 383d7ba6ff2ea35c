"""Several users of the web app at once: how soon pages answer, and whether the server's memory stays flat.

``./whycam bench users --minutes N``. Each user has a browser session and acts on their own, with pauses in which they
look: they upload clips, which are analysed meanwhile, open runs, play, choose and judge events, and narrow lists.
"""

import asyncio
import random
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import psutil

from benchmarks import _small_camera
from benchmarks._app import SIZE, at_home, chromium_program, server
from benchmarks._made_runs import copied, made
from pipeline.kinds import queue
from pipeline.reviewing import index, reviews

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

USERS, RUNS, MINUTES, WARM_SHARE = 8, 40, 30.0, 0.25
"""Of the time, the first quarter is no figure of memory."""
MADE = 1500, 5, (160, 90)
"""Frames, events, and width and height in pixels of each run that is there before."""
PAUSE_SECONDS = 4.0, 16.0
"""A user looks for so long before they do the next thing."""
MOST_ACTIVE = 2
SAMPLE_SECONDS = 5.0
WAIT = 60_000
VERDICTS = ("true", "false", "unsure")
"""In the order of their keys, from 1."""


def measure(minutes: float, seed: int, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return a row for each thing that users do, and one for the server's memory.

    Args:
        minutes: of work; :data:`MINUTES` when infinite.
        seed: of what is done when.
        tell: told how far it is.

    Raises:
        InputError: Chromium is not installed.
    """
    minutes, program = min(minutes, MINUTES), chromium_program()
    with tempfile.TemporaryDirectory(prefix="whycam-") as home, at_home(home):
        first = made(*MADE)
        runs = [first, *(copied(first, f"made by hand {number:03d}.mp4") for number in range(1, RUNS))]
        for run in runs:
            index.put(run)
        _small_camera.make()
        clip = _small_camera.clip(Path(home) / "upload.mp4", 0)
        with server(Path(home)) as (address, process):
            log = Log()
            sizes = asyncio.run(_work(program, log, address, clip, process, 60 * minutes, seed, tell))
            for job in queue().store.active():
                queue().kill(job.id)
        kept = len(reviews.opinions())
    return [*log.rows(), _memory(sizes), _row(f"events judged, of {RUNS * MADE[1]}", [], kept)]


async def _work(
    program: str, log: "Log", address: str, clip: Path, process: int, seconds: float, seed: int,
    tell: Callable[[str], None],
) -> list[tuple[float, float]]:  # fmt: skip
    """Let all users work for so long; return when the server had how many mebibytes."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        users = []
        for number in range(USERS):
            page = await (await chromium.new_context(viewport=SIZE)).new_page()
            users.append(User(f"User {number}", page, address, clip, log, random.Random(1000 * seed + number)))
        end = time.monotonic() + seconds
        working = [asyncio.create_task(user.work(end)) for user in users]
        sizes = []
        while (now := time.monotonic()) < end:
            sizes.append((now, psutil.Process(process).memory_info().rss / 2**20))
            tell(f"{(end - now) / 60:.1f} minutes left, {len(log.errors)} errors")
            await asyncio.sleep(min(SAMPLE_SECONDS, end - now))
        await asyncio.gather(*working)
        await chromium.close()
    return sizes


class Log:
    """How long answers took, and what went wrong.

    Attributes:
        seconds: of each answer, by what was done.
        errors: what a page said that it should not have, or did not show in a minute.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.errors: list[str] = []

    def rows(self) -> list[dict[str, Any]]:
        """Return the figures."""
        every = {**self.seconds, "all": [one for seconds in self.seconds.values() for one in seconds]}
        said = f"errors{': ' + '; '.join(self.errors[:3]) if self.errors else ''}"
        return [
            *(_row(f"{name}, s", seconds, len(seconds)) for name, seconds in every.items() if seconds),
            _row(said, [], len(self.errors)),
        ]


class User:
    """Someone at a browser.

    Args:
        name: under which events are judged.
        page: of their own session.
        address: of the app.
        clip: that they upload.
        log: where answers are noted.
        chance: decides what they do, and when.
    """

    def __init__(self, name: str, page: "Page", address: str, clip: Path, log: Log, chance: random.Random) -> None:
        self._name, self._page, self._address = name, page, address
        self._clip, self._log, self._chance = clip, log, chance
        self._run = False
        self._narrowed = page.get_by_label("Clip's name")
        page.on("pageerror", lambda error: log.errors.append(f"script of {page.url}: {error.stack or error}"))
        page.on("crash", lambda _: log.errors.append(f"{page.url} crashed"))

    async def work(self, end: float) -> None:
        """Tell one's name, and do one thing after the other until a moment."""
        await self._tried("name", self._introduce)
        while time.monotonic() < end:
            await asyncio.sleep(self._chance.uniform(*PAUSE_SECONDS))
            await self._act()

    async def _act(self) -> None:
        doable: list[Callable[[], Awaitable[float | None]]] = [self._open, self._narrow, self._events, self._upload]
        doable += [self._choose, self._choose, self._judge, self._judge] if self._run else []
        doing = self._chance.choice(doable)
        await self._tried(doing.__name__.strip("_"), doing)

    async def _tried(self, name: str, doing: Callable[[], Awaitable[float | None]]) -> None:
        """Do something, and note how long the answer took, or what went wrong."""
        from playwright.async_api import Error

        try:
            if (seconds := await doing()) is not None:
                self._log.seconds.setdefault(name, []).append(seconds)
        except Error as error:
            self._log.errors.append(f"{name}: {_said(error)}")
        try:
            await self._look(name)
        except Error as error:  # the page is being loaded anew, which nobody asked for
            self._log.errors.append(f"{name}: {_said(error)}")

    async def _look(self, name: str) -> None:
        """Note what the page should not show: nothing at all, or an error."""
        if not await self._page.locator(".stApp").count():
            self._log.errors.append(f"{name}: blank at {self._page.url}")
        shown = await self._page.locator('[data-testid="stException"], [role=alert]').all_inner_texts()
        self._log.errors += [f"{name}: {text[:100]}" for text in shown[:1]]

    async def _open(self) -> float:
        """Open a run from the list that was narrowed to it, and play it."""
        await self._narrow()
        row, began = self._page.locator("[class*=st-key-run-]"), time.monotonic()
        await row.get_by_role("link", name="Open").click(timeout=WAIT)
        await self._heading(".").wait_for(timeout=WAIT)
        seconds, self._run = time.monotonic() - began, True
        await self._page.locator("canvas.timeline").press("Space", timeout=WAIT)
        return seconds

    async def _choose(self) -> float:
        """Choose another event of the run that is open."""
        number = self._chance.randrange(1, MADE[1] + 1)
        button, began = self._page.get_by_role("button", name=f"Event {number}"), time.monotonic()
        await button.click(timeout=WAIT)
        await self._heading(str(number)).wait_for(timeout=WAIT)
        return time.monotonic() - began

    async def _judge(self) -> float:
        """Give the event that is open a verdict by its key."""
        verdict, marks = self._chance.choice(VERDICTS), self._page.locator("p.marks")
        began = time.monotonic()
        await self._page.locator("canvas.timeline").press(str(VERDICTS.index(verdict) + 1), timeout=WAIT)
        await marks.filter(has_text=f"{self._name}: {verdict}").wait_for(timeout=WAIT)
        return time.monotonic() - began

    async def _introduce(self) -> None:
        """Come to the app, and tell one's name, which is kept with what is judged."""
        await self._page.goto(f"{self._address}/Events", wait_until="commit", timeout=WAIT)
        field = self._page.get_by_label("Your name")
        await field.fill(self._name, timeout=WAIT)
        await field.press("Enter")
        await self._page.wait_for_function("document.cookie.includes('whycam_reviewer')", timeout=WAIT)

    async def _narrow(self) -> float:
        """Narrow the list of runs to one."""
        await self._turn_to("Runs", self._narrowed)
        number, began = f"{self._chance.randrange(1, RUNS):03d}", time.monotonic()
        await self._narrowed.fill(number)
        await self._narrowed.press("Enter")
        await self._page.wait_for_function(
            "(text) => { const rows = [...document.querySelectorAll('[class*=st-key-run-]')];"
            " return rows.length === 1 && rows[0].textContent.includes(text); }", arg=number, timeout=WAIT,
        )  # fmt: skip
        return time.monotonic() - began

    async def _events(self) -> float:
        """Turn to the events of all runs."""
        return await self._turn_to("Events", self._page.get_by_text(re.compile("Unreviewed")).first)

    async def _upload(self) -> float | None:
        """Upload a clip and have it analysed, where few are; the answer is its run's page."""
        if len(queue().store.active()) >= MOST_ACTIVE:
            return None
        chosen = self._page.locator("input[type=file]")
        await self._turn_to("New analysis", chosen, "attached")
        await chosen.set_input_files(str(self._clip), timeout=WAIT)
        await self._page.get_by_role("combobox", name=re.compile("Camera")).click(timeout=WAIT)
        await self._page.get_by_role("option", name=_small_camera.NAME, exact=True).click(timeout=WAIT)
        began = time.monotonic()
        await self._page.get_by_role("button", name="Analyse", exact=True).click(timeout=WAIT)
        await self._page.wait_for_url(re.compile("run="), timeout=WAIT)
        return time.monotonic() - began

    async def _turn_to(self, name: str, shown: "Locator", state: Literal["attached", "visible"] = "visible") -> float:
        """Press a page's link in the head; return the seconds until it shows what it is to show."""
        began, self._run = time.monotonic(), False
        await self._page.get_by_role("link", name=name, exact=True).first.click(timeout=WAIT)
        await shown.wait_for(state=state, timeout=WAIT)
        return time.monotonic() - began

    def _heading(self, number: str) -> "Locator":
        return self._page.get_by_role("heading", name=re.compile(f"Event {number} of"))


def _said(error: Exception) -> str:
    said = [line.strip(" -") for line in str(error).splitlines() if line.strip(" -")]
    return f"{said[0]} ({said[-1]})"


def _row(what: str, values: list[float], count: int) -> dict[str, Any]:
    figures = (float(np.median(values)), float(np.percentile(values, 95)), max(values)) if values else (None,) * 3
    median, most, highest = (None if figure is None else round(figure, 2) for figure in figures)
    return {"what": what, "median": median, "95 %": most, "highest": highest, "measured": count}


def _memory(sizes: list[tuple[float, float]]) -> dict[str, Any]:
    """Fit a line to the server's memory after its first minutes."""
    warm = sizes[0][0] + WARM_SHARE * (sizes[-1][0] - sizes[0][0])
    hours, mebibytes = np.array([((when - warm) / 3600, size) for when, size in sizes if when >= warm]).T
    slope = float(np.polyfit(hours, mebibytes, 1)[0]) if len(hours) > 1 else 0.0
    return {"what": f"growth of the server, MiB an hour (from {mebibytes[0]:.0f} to {mebibytes[-1]:.0f} MiB)",
            "median": round(slope, 1), "95 %": None, "highest": round(float(mebibytes.max()), 1),
            "measured": len(mebibytes)}  # fmt: skip
