"""Several clips from upload to queue, what a clip at work shows, and the badge that follows, in Chromium."""

import re
import time

import pytest
from playwright.sync_api import expect

from core import video
from pipeline import first_results, store
from tests.browser.conftest import serve
from tests.pipeline.first import at_work
from tests.ui import made

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def address(home, chromium):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_HOME", str(home))
        made.camera()
    yield from serve(["tests/browser/server.py"], home)


@pytest.fixture(autouse=True)
def _same_home(home, monkeypatch):
    monkeypatch.setenv("WHYCAM_HOME", str(home))


def test_two_clips_and_a_bad_file_are_uploaded_queued_watched_and_cancelled(page, address, home, tmp_path):
    video.encode(tmp_path / "street.mp4", made.pictures(40), made.FPS)
    street = (tmp_path / "street.mp4").read_bytes()
    page.goto(address)
    files = [("a.mp4", street), ("notes.mp4", b"dear diary" * 99), ("b.mp4", street)]
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "video/mp4", "buffer": content} for name, content in files]
    )
    expect(page.get_by_role("heading", name="2 clips to analyse")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("notes.mp4")
    page.reload()
    expect(page.locator("[class*='st-key-draft-2']")).to_have_count(2)
    expect(page.locator("[class*='st-key-draft-2'] img")).to_have_count(4)
    page.get_by_role("button", name="Analyse all 2 clips").click()
    expect(page.get_by_role("heading", name="Waiting, the next one first")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(r"Queue\s*2"))).to_be_visible()
    row = page.locator("[class*='st-key-run-']").filter(has_text="a.mp4")
    expect(row).to_contain_text("Scoring: 250 of 500 frames")

    run = next(one for one in store.runs(("running",)))
    first_results.begin(run.folder, at_work(run.folder, run.clip))
    row.get_by_role("link", name="Open").click()
    expect(page.get_by_text(re.compile("Provisional: scored up to 0:12.0 of 0:20.0"))).to_be_visible()
    expect(page.locator(".event.first")).to_have_count(1)
    expect(page.locator(".event.first")).to_contain_text("bicycle")
    expect(page.locator(".event.first img")).to_be_visible()

    page.get_by_role("link", name=re.compile("Queue")).click()
    second = page.locator("[class*='st-key-run-']").filter(has_text="b.mp4")
    second.get_by_role("button", name="Cancel").click()
    expect(second).to_contain_text("cancelled")
    expect(second.get_by_role("button", name="Resume")).to_be_visible()
    (home / "go").touch()
    end = time.monotonic() + 60
    while store.get(run.id).active and time.monotonic() < end:
        time.sleep(0.2)
    expect(page.get_by_role("heading", name="Nothing is at work or waiting")).to_be_visible()
    expect(page.get_by_role("link", name="Queue", exact=True)).to_be_visible()
