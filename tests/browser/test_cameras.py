"""A camera's view as an analyst uses it: an area drawn by mouse and by keys, and a cause followed in the player."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve
from tests.pipeline.test_when_changed import kept_heat
from tests.ui import made

pytestmark = pytest.mark.browser
expect.set_options(timeout=120_000)


@pytest.fixture(scope="module")
def run(home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_HOME", str(home))
        made.camera()
        run = made.done("monday.mp4", camera="street")
        kept_heat(run.folder, {frame: (27, 48) for frame in range(120, 181)})
        return run


@pytest.fixture(scope="module")
def address(run, home, chromium):
    yield from serve(["tests/browser/server.py"], home)


def test_an_area_is_drawn_by_mouse_and_by_keys_and_opens_the_frame(page, address, run):
    page.goto(f"{address}/Cameras?camera=street&part=When+did+this+change%3F")
    picture, told = page.locator(".area .picture"), page.locator(".area .told")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    for number, (x, y) in enumerate([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75)], 1):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        expect(told).to_contain_text(f"{number} corners")
    corners = page.get_by_role("textbox", name="Corners, x,y in per cent")
    expect(corners).to_have_value(re.compile(r"^2[45]\.\d,2[45]\.\d 7[45]\.\d,2[45]\.\d 7[45]\.\d,7[45]\.\d$"))
    picture.focus()
    page.keyboard.press("Delete")
    expect(told).to_contain_text("0 corners")
    expect(corners).to_have_value("")
    for way in ("Left", "Up", "Right"):
        for key in ["Shift+Arrow" + way] * 8 + ["Enter"]:
            page.keyboard.press(key)
    expect(told).to_contain_text("3 corners")
    expect(page.get_by_text("monday.mp4 · up to")).to_be_visible()
    page.get_by_role("link", name="Open frame 120").click()
    expect(page).to_have_url(re.compile(rf"/Run\?run={run.id}&at=120|/Run\?at=120&run={run.id}"))


def test_a_cause_is_followed_from_the_list_and_from_the_picture(page, address, run):
    page.goto(f"{address}/Run?run={run.id}&at=150")
    expect(page.locator(".told[data-frame]")).to_be_visible()
    canvas, listed = page.locator("canvas.boxes"), page.locator('[class*="st-key-cause-"]').get_by_text("1 bicycle")
    for followed in ("1", "0"):
        listed.click()
        expect(canvas).to_have_attribute("data-highlight", followed)
    place = canvas.bounding_box()
    page.mouse.click(place["x"] + 90 / 320 * place["width"], place["y"] + 125 / 180 * place["height"])
    expect(canvas).to_have_attribute("data-highlight", "1")
