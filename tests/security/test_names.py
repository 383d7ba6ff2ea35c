"""Names that strangers give to clips, cameras, labels, notes and cases: no page makes a browser ask for what they
point to, and none becomes a link, a picture or a script. What the policy of contents stopped counts as asked, too."""

import json
import shutil
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from pipeline.reviewing import cases, desk, index, reviews
from tests.browser.conftest import serve
from tests.ui import made, test_why

pytestmark = pytest.mark.browser
expect.set_options(timeout=120_000)
MADE = """port => [
  ...document.querySelectorAll('a, img, iframe, object, embed, link, form, script, source, video, svg')
].filter(one => [...one.attributes].some(
    at => ['href', 'src', 'srcset', 'action', 'data', 'xlink:href', 'poster'].includes(at.name)
      && /^(https?:)?[/\\\\]{2}/.test(at.value) && at.value.includes(`:${port}`)))
  .map(one => one.outerHTML.slice(0, 200))"""


def hostile(port, what):
    """Return a name that is Markdown for a picture and a link, and HTML for both, of addresses that tell which."""
    return (f"![p](http://127.0.0.1:{port}/{what}.png) [l](http://127.0.0.1:{port}/{what}) "
            f'<img src="http://127.0.0.1:{port}/{what}.gif">')  # fmt: skip


@pytest.fixture
def filled(home, tiny_camera, counted, monkeypatch):
    """A home in which every text that a stranger may give is such a name; the run, and the address of the server."""
    port, _ = counted
    camera = f"![c](\\\\127.0.0.1:{port}\\c.png)"
    monkeypatch.setenv("WHYCAM_HOME", str(home))
    (home / "cameras").mkdir()
    for name in (camera, f"b{camera}"):
        shutil.copytree(tiny_camera.folder, home / "cameras" / name)
    (home / "cameras" / f"b{camera}" / "camera.json").write_text("{}")
    path = home / "cameras" / camera / "camera.json"
    said = hostile(port, "footage")
    card = {"trained_on": said, "clips": [hostile(port, "trained")], "warnings": [said], said: {said: said}}
    path.write_text(json.dumps(json.loads(path.read_text()) | {"card": card}), encoding="utf-8")
    monkeypatch.setattr(made, "UNUSUAL", ((120, 180, hostile(port, "label"), 9.0), (300, 340, "car", 5.0)))
    run = made.done(hostile(port, "clip") + ".mp4", camera=camera)
    test_why.explained(run)
    made.ended("failed", hostile(port, "reason"), hostile(port, "failed") + ".mp4")
    index.put(run)
    keys = [one.row.key for one in desk.listed(())]
    reviews.add(keys[:1], hostile(port, "reviewer")[:60], verdict="true", note=hostile(port, "note"))
    cases.create(hostile(port, "case")[:80], "x", keys, hostile(port, "told"))
    return run, camera, port


def pages(run, camera):
    """Return the address of each page, and a text that shows that it is drawn."""
    at = f"Cameras?camera={quote(camera)}&part="
    return [
        ("", "Clips from fixed cameras"), ("Runs", "Runs"), ("Events", "Reviewed"), ("Events?tab=reviewed", "Events"),
        ("Cases", "event"), ("Queue", "Queue"), ("Storage", "Clean up"), (f"Run?run={run.id}", "Causes and attributes"),
        ("Cameras", "A clip is analysed with"), (f"{at}Threshold", "normal frames score"), (f"{at}Drift", "Its clips"),
        (f"{at}Training", "Loss of each epoch"), (f"{at}Learn+again", "More clips of ordinary footage"),
        (f"Why?run={run.id}&at={test_why.FRAME}", "Frame"), ("Evaluation", "Evaluation"),
    ]  # fmt: skip


def test_no_page_asks_for_what_a_name_points_to(page, filled, counted, home, chromium):
    run, camera, port = filled
    stopped = []
    page.on("console", lambda message: stopped.append(message.text) if "Content Security Policy" in message.text
            or f":{port}" in message.text else None)  # fmt: skip
    for address in serve(["tests/browser/server.py"], home):
        for path, shown in pages(run, camera):
            page.goto(f"{address}/{path}")
            expect(page.get_by_text(shown).first).to_be_visible()
            page.wait_for_timeout(700)
            for closed in page.locator("details:not([open]) > summary").all():
                closed.click()
            page.wait_for_timeout(300)
            assert page.evaluate(MADE, port) == [], path
            assert stopped == [], path
    assert counted[1] == []
