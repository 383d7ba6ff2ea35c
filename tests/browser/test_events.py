"""Events as an analyst goes through them: listed, reviewed by two people, opened, judged by keys, put into a case."""

import re

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from pipeline.reviewing import cases, desk, index, reviews
from tests.browser.conftest import serve
from tests.ui import made
from ui.event_table import HEAD, ROW

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
HOSTILE = '"><img src=x onerror=alert(1)>.mp4'


@pytest.fixture(scope="module")
def address(home, chromium):
    yield from serve(["tests/browser/server.py"], home)


@pytest.fixture(autouse=True)
def _same_home(home, monkeypatch):
    monkeypatch.setenv("WHYCAM_HOME", str(home))


@pytest.fixture
def page(page):
    """A tab of 1280×720 that fails on any error in the console, but for what Streamlit itself asks for in vain."""
    page.set_viewport_size({"width": 1280, "height": 720})
    said = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(f"{message.text} {message.location}") if message.type == "error"
            and not any(path in str(message.location) for path in ("/_stcore/", "/media/")) else None)  # fmt: skip
    yield page
    assert said == []


def row(page, number, x=300):
    """Return where on the screen a row of the table is."""
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_have_count(1)  # the one of before is fading while the page is drawn anew
    box = table.bounding_box()
    return box["x"] + x, box["y"] + HEAD + ROW * number + ROW // 2


def test_events_are_reviewed_opened_judged_by_keys_and_gathered(page, address):
    index.put(made.done(HOSTILE))
    made.done("b.mp4")
    page.goto(f"{address}/Events")
    expect(page.get_by_text("Unreviewed (4)")).to_be_visible()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_label("Your name").press("Enter")
    page.mouse.click(*row(page, 0, 17))
    expect(page.get_by_role("button", name="1 of 4")).to_be_visible()
    page.keyboard.down("Shift")
    page.mouse.click(*row(page, 1, 17))
    page.keyboard.up("Shift")
    expect(page.get_by_role("button", name="2 of 4")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_text("Reviewed (2)", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="0 of 2")).to_be_visible()
    page.mouse.click(*row(page, 0))
    expect(page.get_by_role("button", name="1 of 2")).to_be_visible()
    page.keyboard.press("Control+a")
    expect(page.get_by_role("button", name="2 of 2")).to_be_visible()
    page.get_by_role("button", name="Case or export").click()
    page.get_by_label("Name of the new case").fill("Theft <b>")
    page.get_by_role("button", name="Add to the case").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    (case,) = cases.cases()
    judged = {key for key, one in reviews.opinions().items() if one.verdict == "false"}
    assert case.name == "Theft <b>" and len(case.events) == 2 and len(judged) == 2 and not judged & set(case.events)
    page.get_by_text("Reviewed (2)", exact=True).click()
    first = next(one.row for one in desk.listed(()) if one.row.key in judged)
    reviews.add([first.key], "Ben", verdict="unsure", note="a <i>van</i>")
    expect(page.get_by_role("button", name="0 of 2")).to_be_visible()
    page.mouse.click(*row(page, 0, 34 + 104 + 31))
    expect(page).to_have_url(re.compile(rf"/Run\?run={first.run}&at={first.peak}"))
    expect(page.locator(".told")).to_have_attribute("data-frame", str(first.peak))
    expect(page.locator("p.marks")).to_contain_text("Ben: unsure")
    expect(page.locator("p.marks")).to_contain_text("a <i>van</i>")
    page.keyboard.press("1")
    expect(page.locator("p.marks")).to_contain_text("Ann: true")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Reviewed")).to_have_attribute("data-testid", "stBaseButton-secondary")
    assert [(one.reviewer, one.verdict, one.reviewed) for one in reviews.of(first.key).records][-2:] == [
        ("Ann", "true", True), ("Ann", None, False),
    ]  # fmt: skip
    page.keyboard.press("e")
    expect(page.get_by_role("dialog")).to_contain_text("1 event chosen")
    page.goto(f"{address}/Cases")
    expect(page.get_by_text("Theft <b> · 2 events")).to_be_visible()
    page.get_by_role("link", name="Open").first.click()
    expect(page).to_have_url(re.compile(r"/Run\?run="))


def test_the_key_r_marks_selected_events_as_reviewed_and_draws_no_page_anew(page, address):
    run, whole = made.done("r.mp4"), []
    index.put(run)

    def sent(data):
        message = BackMsg.FromString(data).rerun_script
        whole.extend([] if message.fragment_id else [message])

    page.on("websocket", lambda socket: socket.on("framesent", sent))
    page.goto(f"{address}/Events?run={run.id}")
    expect(page.get_by_text("Unreviewed (2)")).to_be_visible()
    name = page.get_by_label("Your name")
    name.fill("Ann r")
    name.press("Enter")
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    page.wait_for_function("document.cookie.includes('whycam_reviewer')")
    expect(page.locator(".stApp[data-test-script-state=notRunning]")).to_be_attached()
    whole.clear()
    page.mouse.click(5, 5)
    page.keyboard.press("r")
    page.wait_for_timeout(1000)
    assert whole == [], "nothing is selected, and nothing is drawn anew"
    page.mouse.click(*row(page, 0, 17))
    expect(page.get_by_role("button", name="Reviewed", exact=True)).to_be_enabled()
    page.keyboard.press("r")
    expect(page.get_by_text("Reviewed (1)", exact=True)).to_be_visible()
    assert [one.reviewed for one in reviews.opinions().values() if one.by_reviewer.get("Ann r")] == [True]


def test_a_key_speaks_of_what_was_chosen_just_before_it(page, address):
    """Neither the table's selection nor the player's step to another event is awaited before the key is pressed."""
    run = made.done("keys.mp4")
    index.put(run)
    first, second = sorted(row.key for row in index.rows() if row.run == run.id)
    page.goto(f"{address}/Events?run={run.id}")
    expect(page.get_by_text("Unreviewed (2)")).to_be_visible()
    page.get_by_label("Your name").fill("Ann k")
    page.get_by_label("Your name").press("Enter")
    page.wait_for_function("document.cookie.includes('whycam_reviewer')")
    page.mouse.click(*row(page, 0, 17))
    page.keyboard.press("2")
    page.keyboard.press("3")  # by when the event is no longer selected
    expect(page.get_by_text("Reviewed (1)", exact=True)).to_be_visible()
    expect(page.locator(".stApp[data-test-script-state=notRunning]")).to_be_attached()
    told = [(one.event, one.verdict) for key in (first, second) for one in reviews.of(key).records]
    assert [verdict for _, verdict in told] == ["false"]
    peaks = {key: next(one.peak for one in index.rows() if one.key == key) for key in (first, second)}
    before, after = sorted(peaks, key=peaks.__getitem__)
    page.goto(f"{address}/Run?run={run.id}&at={peaks[before]}")
    expect(page.locator(".told")).to_have_attribute("data-frame", str(peaks[before]))
    expect(page.locator(".stApp[data-test-script-state=notRunning]")).to_be_attached()
    for key in "n1r":
        page.keyboard.press(key)
    expect(page.locator(".told")).to_have_attribute("data-frame", str(peaks[after]))
    expect(page.locator("p.marks")).to_contain_text("Ann k: true")
    expect(page.get_by_role("button", name="Reviewed")).to_have_attribute("data-testid", "stBaseButton-secondary")
    assert [one.verdict for one in reviews.of(before).records] == [verdict for key, verdict in told if key == before]
