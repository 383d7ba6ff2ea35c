"""The page of explanations: methods chosen, a worker explains, maps under one cursor, figures, and a wrong request."""

import pytest
from playwright.sync_api import expect

from tests import clips
from tests.browser.conftest import serve
from tests.ui import made

pytestmark = pytest.mark.browser
FRAME = 12

expect.set_options(timeout=120_000)


@pytest.fixture
def run(tiny_camera, tmp_path):
    return made.filmed(clips.make(tmp_path / "walk.mp4", clips.pictures(30), rate=10), "tiny")


@pytest.fixture
def address(run, whycam_home, chromium):
    yield from serve(["tests/browser/server.py"], whycam_home)


def test_chosen_methods_are_computed_and_their_maps_share_a_cursor(page, address, run):
    page.goto(f"{address}/Why?run={run.id}&at={FRAME}")
    go = page.get_by_role("button", name="Explain, about")
    expect(go).to_be_enabled()
    for name in ("lrp-composite", "counterfactual-expected", "shap-partition"):
        page.get_by_text(f"{name} · about").click()
    expect(page.get_by_text("counterfactual-background · about")).to_be_visible()
    go.click()
    expect(page.get_by_role("heading", name=f"Frame {FRAME}: score")).to_be_visible()
    for name in ("residual", "counterfactual-background"):
        expect(page.get_by_role("rowheader", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("rowheader", name="lime")).to_have_count(0)
    boxes = page.locator("#maps .box")
    expect(boxes).to_have_count(3)
    boxes.nth(1).hover(position={"x": 40, "y": 30})
    for number in range(3):
        expect(boxes.nth(number).locator(".h")).to_be_visible()
    tops = {boxes.nth(number).locator(".v").evaluate("line => line.style.left") for number in range(3)}
    assert len(tops) == 1
    page.reload()
    expect(page.get_by_role("heading", name=f"Frame {FRAME}: score")).to_be_visible()


def test_a_frame_without_a_score_gets_its_sentence(page, address, run):
    page.goto(f"{address}/Why?run={run.id}&at=2")
    page.get_by_role("button", name="Explain, about").click()
    expect(page.get_by_text("the first that it answers for is frame 5")).to_be_visible()
