"""The player shows exactly the frame whose number it says, whatever the clip; its timeline and keys."""

import re
from fractions import Fraction

import numpy as np
import pytest
from playwright.sync_api import expect

from core.clock import Clock
from jobs.store import JobStore, new_id
from pipeline import finished_run, playback
from pipeline.events import EventRule, find_events, smoothed
from pipeline.export.exports import Export
from tests import twins
from tests.browser import numbered
from tests.browser.conftest import serve
from tests.clips import make
from tests.jobs import inline
from tests.ui import made
from ui import player

pytestmark = pytest.mark.browser
FRAMES = 240
expect.set_options(timeout=60_000)
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
    """A tab of 1280×720 that fails on any error in the console, but for what Streamlit itself asks for in vain.

    It tries paths to find its own, and forgets the page's icon while pages are drawn again in quick succession.
    """
    page.set_viewport_size({"width": 1280, "height": 720})
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    own = ("/Run/_stcore/", "/media/")
    page.on("console", lambda message: said.append(f"{message.text} {message.location}") if message.type == "error"
            and not any(path in str(message.location) for path in own) else None)  # fmt: skip
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
        x = 52 + share * (timeline["width"] - 62)
        page.mouse.click(timeline["x"] + x, timeline["y"] + 100)
        target = min(clock.frame(share * clock.end(FRAMES - 1)), FRAMES - 1)
        expect(page.locator(".told")).to_have_attribute(
            "data-frame", re.compile(rf"^({target - 1}|{target}|{target + 1})$")
        )
    page.keyboard.press("]")
    page.keyboard.press(" ")
    page.wait_for_function(f"window.seen.length > 70 || window.seen.at(-1)[0] === {FRAMES - 1}")
    seen = page.evaluate("window.seen")
    assert [number for number, _ in seen] == [pattern - before for _, pattern in seen]
    assert len({number for number, _ in seen}) > 25, "a busy machine drops some while it plays"


@pytest.fixture(scope="module")
def run(home, chromium, tmp_path_factory):
    """A run of 240 frames at 25 frames/s with two events, and its copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_HOME", str(home))
        path = make(tmp_path_factory.mktemp("clip") / "a.mp4", numbered.pictures(FRAMES), crf=12)
        return copied(numbered.run_of(path, HOSTILE))


def events_of(run, threshold=2.0):
    return finished_run.read(run.folder).events(threshold)


def on_timeline(page, x=None, share=None, y=40):
    """Return where on the screen a place of the timeline is: ``x`` in its pixels, or ``share`` of its time."""
    box = page.locator("canvas.timeline").bounding_box()
    return box["x"] + (x if share is None else 52 + share * (box["width"] - 62)), box["y"] + y


def test_events_are_cut_by_the_same_rule_in_the_browser(page, address):
    random, cases = np.random.default_rng(11), []
    for number in range(120):
        frames = int(random.integers(20, 500))
        steps = random.choice([0.02, 0.04, 0.1, 0.4, 7.0], frames, p=[0.2, 0.6, 0.15, 0.04, 0.01])
        clock = Clock.of(np.cumsum(steps)) if number % 3 else Clock.steady(25.0, frames)
        scores = (random.normal(0.5, 1.5, frames) + 4 * np.sin(np.arange(frames) / 25)).astype(np.float32)
        scores[random.random(frames) < 0.05 * (number % 2)] = np.nan
        threshold = float(random.choice([0.0, 0.5, 1.0, 2.0, 3.0, float(np.nanmax(scores))]))
        expected = find_events(scores, threshold, clock)
        smooth = smoothed(scores, clock)
        cases.append({
            "times": clock.times.tolist(), "step": clock.step, "threshold": threshold,
            "raw": [None if np.isnan(x) else float(x) for x in scores],
            "smooth": [None if np.isnan(x) else float(x) for x in smooth],
            "expected": [[one.first, one.last, one.peak] for one in expected],
        })  # fmt: skip
    assert sum(len(case["expected"]) for case in cases) > 150
    rule = {name: getattr(EventRule(), name) for name in ("low", "shortest", "gap", "lead", "longest_lead")}
    page.goto(f"{address}/_stcore/health")
    found = page.evaluate(
        """async ([code, cases, rule]) => {
      const { Clock, findEvents } = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
      const floats = (values) => Float32Array.from(values, (value) => value ?? NaN);
      return cases.map((one) => findEvents(
        { raw: floats(one.raw), smooth: floats(one.smooth), kinds: new Uint8Array(one.raw.length) },
        one.threshold, new Clock(Float64Array.from(one.times), one.step), rule,
      ).map(({ first, last, peak }) => [first, last, peak]));
    }""",
        [(player.FOLDER / "player.js").read_text(), cases, rule],
    )
    assert found == [case["expected"] for case in cases]


def test_the_keys_do_what_they_are_listed_for(page, address, run):
    first, second = events_of(run)
    opened(page, address, run, "&at=10")
    settle(page, 10)
    page.keyboard.press("n")
    settle(page, first.peak)
    page.keyboard.press("n")
    settle(page, second.peak)
    expect(page.get_by_role("heading", name="Event 2 of 2")).to_be_visible()
    expect(page).to_have_url(re.compile(f"at={second.peak}"))
    page.keyboard.press("p")
    settle(page, first.peak)
    expect(page.get_by_role("heading", name="Event 1 of 2")).to_be_visible()
    page.keyboard.press("Shift+ArrowRight")
    settle(page, first.peak + 25)
    page.keyboard.press("Shift+ArrowLeft")
    settle(page, first.peak)
    page.keyboard.press("[")
    expect(page.locator(".speed")).to_have_text("0.5×")
    page.keyboard.press("?")
    for key, told in player.KEYS:
        expect(page.get_by_text(told, exact=True)).to_be_visible()
        expect(page.get_by_text(key, exact=True).last).to_be_visible()
    page.keyboard.press("?")
    number = page.get_by_role("spinbutton", name="Threshold")
    number.click()
    number.press("ArrowLeft")
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert shown(page) == first.peak, "what is typed into a field is its own"


def test_play_locked_to_an_event_stays_in_it(page, address, run):
    first, _ = events_of(run)
    opened(page, address, run, f"&at={first.last - 8}")
    settle(page, first.last - 8)
    page.evaluate(WATCH)
    page.keyboard.press("l")
    page.keyboard.press(" ")
    page.wait_for_function(f"window.seen.some(([frame]) => frame < {first.first + 20})")
    page.keyboard.press(" ")
    frames = [frame for frame, _ in page.evaluate("window.seen")]
    assert first.first <= min(frames) and max(frames) <= first.last
    assert max(frames) >= first.last - 4, "to its end"


def test_the_threshold_follows_the_pointer_and_the_page_its_release(page, address, run):
    opened(page, address, run)
    box = page.locator("canvas.timeline").bounding_box()
    top, lower = 1.04 * float(np.nanmax(finished_run.read(run.folder).scores)), box["height"] - 16 - 12 - 4
    height = lambda score: lower - score / top * (lower - 6)  # noqa: E731
    before = page.evaluate("performance.getEntriesByName('whycam:events').length")
    page.mouse.move(*on_timeline(page, share=0.2, y=height(2.0)))
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(*on_timeline(page, share=0.2, y=height(2.0 + 0.25 * step)))
    assert page.evaluate("performance.getEntriesByName('whycam:events').length") - before >= 15
    expect(page.get_by_role("spinbutton", name="Threshold")).to_have_value("2.00")
    page.mouse.up()
    expect(page.get_by_role("spinbutton", name="Threshold")).not_to_have_value("2.00")
    threshold = float(page.get_by_role("spinbutton", name="Threshold").input_value())
    assert abs(threshold - 7.0) < 0.3
    count = len(events_of(run, threshold))
    expect(page.get_by_role("heading", name=f"Event 1 of {count}")).to_be_visible()
    expect(page).to_have_url(re.compile("threshold="))
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_role("heading", name="of 2")).to_be_visible()


def test_what_the_page_answers_late_does_not_move_the_player_back(page, address, run):
    opened(page, address, run, "&at=10")
    settle(page, 10)
    for share in (0.3, 0.7, 0.5, 0.9):
        page.mouse.click(*on_timeline(page, share=share))
    page.wait_for_function("new URL(location).searchParams.get('at') >= 214")
    page.wait_for_timeout(100)
    page.evaluate(WATCH)
    page.wait_for_timeout(800)
    assert page.evaluate("window.seen") == [] and abs(shown(page) - 216) <= 2


def test_layers_change_at_once_and_without_the_server(page, address, run):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    opened(page, address, run, "&at=100")
    heat = page.locator("canvas.heat")
    expect(heat).to_have_attribute("data-state", "shown")
    sums = """(canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
      .reduce((found, value, i) => (i % 4 === 3 && value ? [...found, (i - 3) / 4] : found), [])"""
    assert heat.evaluate(sums) == [100], "the heat of that very frame"
    page.wait_for_timeout(500)
    sent.clear()
    page.get_by_label("Heat", exact=True).uncheck()
    expect(heat).to_have_attribute("data-state", "none")
    assert heat.evaluate(sums) == []
    page.get_by_label("Heat", exact=True).check()
    page.get_by_label("Strength of the heat").fill("90")
    assert heat.evaluate("(canvas) => canvas.style.opacity") == "0.9"
    page.get_by_label("Trails").check()
    page.get_by_label("All boxes").check()
    page.wait_for_timeout(300)
    assert sent == []


def ends(locator):
    """Return where an element begins and ends down the screen, in pixels."""
    box = locator.bounding_box()
    return box["y"], box["y"] + box["height"]


def test_player_timeline_sentence_and_causes_fit_one_screen_also_while_an_archive_is_made(page, address, run):
    job_id = new_id()
    inline.keep(Export, job_id, HOSTILE, f"exports/{job_id}", {"runs": [run.id]}, "running")
    opened(page, address, run)
    expect(page.get_by_role("button", name="Download · archive at work")).to_be_visible()
    for part in ("canvas.picture", "canvas.timeline", "p.summary"):
        top, end = ends(page.locator(part))
        assert top >= 0 and end <= 720, part
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_text("the archive is found under Download on its run's page.")).to_be_visible()
    JobStore().end(job_id, "failed", "the disk is full", inline.ME)
    expect(page.get_by_role("button", name="Download · archive failed")).to_be_visible()
    expect(page.get_by_text("the disk is full")).to_be_visible()


def test_a_run_without_a_copy_shows_the_pictures_that_were_kept(page, address):
    kept = made.done(HOSTILE)
    opened(page, address, kept, "&at=150")
    expect(page.get_by_text("There is no playback copy of the clip")).to_be_visible()
    settle(page, 150)
    page.keyboard.press("ArrowRight")
    settle(page, 155)
    expect(page.locator("canvas.heat")).to_have_attribute("data-state", "shown")
    assert max(ends(page.locator("p.summary"))) <= 720
    assert max(ends(page.get_by_role("rowheader", name="1 bicycle").first)) <= 720
    page.keyboard.press(" ")
    expect(page.get_by_text("The clip can be played once its playback copy is made.")).to_be_visible()


def test_the_copy_is_made_when_a_run_is_opened(page, address, tmp_path):
    run = numbered.run_of(make(tmp_path / "a.mp4", numbered.pictures(60), crf=12), unusual=((20, 45),))
    page.goto(f"{address}/Run?run={run.id}&at=33")
    settle(page, 33)
    assert playback.find(run).frames == 60 and playback.job(run).state == "done"
    page.keyboard.press("ArrowRight")
    settle(page, 34)
