"""The player shows exactly the frame whose number it says, whatever the clip; its timeline and keys."""

import re
from fractions import Fraction

import numpy as np
import pytest
from playwright.sync_api import expect

from pipeline import finished_run, playback
from tests import twins
from tests.browser import numbered
from tests.browser.conftest import serve
from tests.clips import make

pytestmark = pytest.mark.browser
FRAMES = 240
HOSTILE = '"><img src=x onerror=alert(1)>.mp4'
WATCH = f"""() => {{
  const read = {numbered.READ};
  const root = document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot;
  const canvas = root.querySelector("canvas.picture");
  window.seen = [];
  new MutationObserver(() => window.seen.push([Number(canvas.dataset.frame), read(canvas)]))
    .observe(canvas, {{ attributes: true, attributeFilter: ["data-frame"] }});
}}"""


@pytest.fixture(scope="module")
def address(home, chromium):
    yield from serve(["tests/browser/server.py"], home)


@pytest.fixture(autouse=True)
def _same_home(home, monkeypatch):
    monkeypatch.setenv("WHYCAM_HOME", str(home))


@pytest.fixture
def page(page):
    """A tab of 1280×720 that fails on any error in the console, but those of the paths that Streamlit tries."""
    page.set_viewport_size({"width": 1280, "height": 720})
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(f"{message.text} {message.location}") if message.type == "error"
            and "/Run/_stcore/" not in str(message.location) else None)  # fmt: skip
    yield page
    assert said == []


def clock_of(run):
    return finished_run.read(run.folder).clock


def copied(run):
    clock = clock_of(run)
    playback.copy(run.path, playback.clip(run), clock, 1 / clock.step)
    return run


def opened(page, address, run, query=""):
    page.goto(f"{address}/Run?run={run.id}{query}")
    expect(page.locator(".told[data-frame]")).to_be_visible()
    return run


def shown(page):
    return int(page.locator(".told").get_attribute("data-frame"))


def settle(page, frame):
    expect(page.locator(".told")).to_have_attribute("data-frame", str(frame))


def hidden_start(path):
    """Let an edit list hide the first 20 frames, and B-frames reorder the rest."""
    make(path, numbered.pictures(FRAMES + 20), crf=12, bf=3, g=60)
    delta = twins.number(path, b"stts", 16)
    twins.patched(path, b"elst", 16, twins.number(path, b"elst", 16) + 20 * delta)
    return 20


def uneven(path):
    steps = np.random.default_rng(5).choice([20, 40, 100, 400], FRAMES)
    make(path, numbered.pictures(FRAMES), stamps=np.cumsum(steps).tolist(), crf=12, bf=2)
    return 0


def steady(rate, **options):
    def write(path):
        make(path, numbered.pictures(FRAMES), rate=rate, crf=12, **options)
        return 0

    return write


def undecodable(path):
    make(path, numbered.pictures(FRAMES), "mjpeg", "yuvj420p")
    return 0


CLIPS = {
    "10 frames/s": ("a.mp4", steady(10, bf=0)),
    "25 frames/s, B-frames": ("a.mp4", steady(25, bf=3, g=250)),
    "29.97 frames/s": ("a.mp4", steady(Fraction(30000, 1001), bf=2)),
    "variable rate": ("a.mkv", uneven),
    "edit list": ("a.mp4", hidden_start),
    "no browser decodes it": ("a.avi", undecodable),
}
"""Name to the file's, and what writes it and returns the number that the first frame shown carries."""


@pytest.mark.parametrize("name", CLIPS)
def test_the_number_shown_is_the_frame_analysed(page, address, tmp_path, name):
    file, write = CLIPS[name]
    before = write(tmp_path / file)
    run = copied(numbered.run_of(tmp_path / file))
    assert playback.find(run).frames == FRAMES
    opened(page, address, run, "&at=80")
    settle(page, 80)
    page.evaluate(WATCH)
    for key, frame in (("ArrowRight", 81), ("ArrowRight", 82), ("ArrowLeft", 81)):
        page.keyboard.press(key)
        settle(page, frame)
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    settle(page, 69)
    clock, timeline = clock_of(run), page.locator("canvas.timeline").bounding_box()
    for share in (0.9, 0.05, 0.4, 0.999, 0.0):
        x = 44 + share * (timeline["width"] - 54)
        page.mouse.click(timeline["x"] + x, timeline["y"] + 100)
        target = min(clock.frame(share * clock.end(FRAMES - 1)), FRAMES - 1)
        expect(page.locator(".told")).to_have_attribute(
            "data-frame", re.compile(rf"^({target - 1}|{target}|{target + 1})$")
        )
    page.keyboard.press("]")
    page.keyboard.press(" ")
    page.wait_for_function("window.seen.length > 60")
    page.keyboard.press(" ")
    page.wait_for_timeout(200)
    seen = page.evaluate("window.seen")
    assert [number for number, _ in seen] == [pattern - before for _, pattern in seen]
    assert len({number for number, _ in seen}) > 40
