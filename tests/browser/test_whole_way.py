"""The product itself, from its launcher's server to the report: real camera, real worker, a rendered clip."""

import json
import re

import pytest
from playwright.sync_api import expect

import plaza
from core import video
from pipeline import camera
from tests.browser.conftest import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FRAMES, FPS, FIRST = 100, 25.0, 30
WAIT = 480_000


@pytest.fixture(scope="module")
def address(home, chromium):
    if not (camera.SHIPPED / "plaza" / "camera.json").exists():
        pytest.skip("the camera 'plaza' is not in assets/cameras")
    yield from serve(["-m", "cli", "app", "--port"], home)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "square.mp4"
    anomalies = [plaza.Anomaly("bicycle", FIRST)]
    frames = plaza.render(5, FRAMES, fps=FPS, anomalies=anomalies)
    video.encode(path, (frame.image for frame in frames), FPS)
    return path


def test_a_bicycle_on_the_plaza_is_found_shown_and_reported(page, address, clip):
    page.goto(address)
    page.locator("input[type=file]").set_input_files(str(clip))
    page.get_by_role("combobox", name=re.compile("Camera")).click()
    page.get_by_role("option", name="plaza", exact=True).click()
    expect(page.get_by_text("The clip looks like this camera's footage.")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Analyse", exact=True).click()
    expect(page).to_have_url(re.compile(r"/Run\?run="))
    page.reload()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("Event 1 of"))).to_be_visible(timeout=WAIT)
    player = page.locator(".player")
    expect(player.locator("video[src*='clip.mp4']")).to_be_attached(timeout=WAIT)
    expect(player.locator(".told[data-frame]")).to_be_visible(timeout=WAIT)
    expect(player.locator("canvas.heat")).to_have_attribute("data-state", "shown")
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (JSON)").click()
    report = json.loads(download.value.path().read_text())
    assert report["clip"]["frames"] == FRAMES
    assert report["camera"] == "plaza"
    assert any(event["last_frame"] >= FIRST for event in report["events"])
    assert all(event["causes"] for event in report["events"])
