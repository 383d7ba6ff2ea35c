"""The evaluation page: two files up, a mismatch explained, the figure, the export."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve

pytestmark = pytest.mark.browser
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
HOSTILE = "x'><img src=x onerror=alert(1)>.csv"

expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def address(home, chromium):
    yield from serve(["tests/browser/server.py"], home)


def measure(page, address, name, content, labels=EXAMPLES / "xman_labels.json"):
    page.goto(f"{address}/Evaluation")
    page.get_by_role("tab", name="Explanations").click()
    button = page.get_by_role("button", name="Measure explanations")
    expect(button).to_have_text(re.compile("choose a predictions file or a camera, and labels"))
    expect(button).to_be_disabled()
    files = {key: page.locator(f".st-key-xman-{key} input[type=file]") for key in ("predictions", "labels")}
    files["predictions"].set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_text(name[:6]).first).to_be_visible()
    expect(button).to_have_text(re.compile("Measure explanations: choose labels"))
    files["labels"].set_input_files(str(labels) if isinstance(labels, Path) else labels)
    expect(button).to_be_enabled()
    button.click()


def test_predictions_and_labels_give_a_figure_and_what_does_not_match(page, address):
    content = (EXAMPLES / "xman_predictions.csv").read_bytes() + b"elsewhere,7,object,sled,0.5\n"
    measure(page, address, HOSTILE, content)
    expect(page.get_by_role("heading", name="Results")).to_be_visible()
    expect(page.get_by_text("videos of the predictions that the labels do not have: elsewhere")).to_be_visible()
    expect(page.get_by_text("predicted classes that the labels do not have: object: sled")).to_be_visible()
    expect(page.get_by_role("cell", name="0.801").first).to_be_visible()
    expect(page.get_by_role("cell", name="object: bicycle").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV", exact=True).click()
    (row,) = csv.DictReader(io.StringIO(download.value.path().read_text()))
    assert float(row["mAP"]) == pytest.approx((0.81 + 0.76 + 5 / 6) / 3)
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML", exact=True).click()
    exported = download.value.path().read_text()
    assert "<img" not in exported and "predictions for 9 of 10 labelled frames (90 %)" in exported
    page.set_content(exported)
    expect(page.locator("table.matrix td.own").first).to_be_visible()
    assert page.locator("table.matrix thead span").all_text_contents()[-1] == "nothing"
    page.goto(f"{address}/Evaluation")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON", exact=True).click()
    assert json.loads(download.value.path().read_text())["results"][0]["unmatched"]["videos"] == ["elsewhere"]


def test_a_wrong_file_gets_its_sentence(page, address):
    measure(page, address, "wrong.csv", b"video,frame,coarse,fine,score\nstreet,1,object,bicycle,high\n")
    said = "wrong.csv, line 2: a score must be a finite number, got 'high'"
    expect(page.get_by_role("alert").get_by_text(said)).to_be_visible()
    # What was measured before is there, and is not taken for the answer.
    expect(page.get_by_role("heading", name="Earlier results")).to_be_visible()
    expect(page.get_by_text("Older than the last request, because the newest measurement failed")).to_be_visible()


def test_how_many_frames_are_answered_is_seen_without_scrolling(page, address):
    page.set_viewport_size({"width": 1280, "height": 720})
    measure(page, address, "partly.csv", b"video,frame,coarse,fine,score\nstreet,1,object,bicycle,0.9\n")
    said = page.get_by_text("Predictions for 1 of 10 labelled frames (10 %)")
    expect(said).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Results")).to_be_in_viewport()
    page.get_by_text("are left out: figures of the answered frames alone").click()
    expect(page.get_by_role("columnheader", name="mAP of the answered frames")).to_be_visible()
    expect(page.locator("[class*='st-key-matrix-'] .main-svg").first).to_be_visible()


@pytest.mark.parametrize("light", ["light", "dark"])
def test_numbers_in_the_matrix_are_legible(browser, address, page, light):
    """The colours of numbers and cells, as Plotly draws them on a light page and on a dark one."""
    measure(page, address, "mine.csv", (EXAMPLES / "xman_predictions.csv").read_bytes())
    expect(page.get_by_text("(mine.csv)").first).to_be_visible()
    page.emulate_media(color_scheme=light)
    page.reload()
    matrix = page.locator("[class*='st-key-matrix-']").first
    expect(matrix.locator(".textpoint text").first).to_be_visible()
    inks = matrix.locator(".textpoint text").evaluate_all(
        "all => all.map(t => [t.textContent, getComputedStyle(t).fill])"
    )
    ground = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
    for text, ink in inks:
        share = {"<1": 0.0}.get(text) or int(text) / 100
        cell = [share * full + (1 - share) * under for full, under in zip((11, 114, 133), numbers(ground), strict=True)]
        assert contrast(cell, numbers(ink)) >= 3, (text, ink, ground)


def numbers(colour):
    return [int(part) for part in re.findall(r"\d+", colour)[:3]]


def contrast(one, other):
    """WCAG 2.1's contrast ratio of two colours."""
    bright = []
    for colour in (one, other):
        parts = [c / 255 / 12.92 if c <= 10.3 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
        bright.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05)
    return max(bright) / min(bright)


@pytest.mark.parametrize("content", [b'{"v/1": [["object", "car", 0.9]]}', b'{"v/1": [["object", "NAME", 0.9]]}'])
def test_no_browser_asks_for_what_a_name_points_to(page, address, counted, content):
    """Files, labels and classes under names that are Markdown for pictures and links."""
    port, paths = counted
    name = f"![p](http://127.0.0.1:{port}/p.png)"
    labels = json.dumps({"v/1": [["object", name if b"NAME" in content else "car"]], "v/2": [["object", "dog"]]})
    file = {"name": f"[l](http://127.0.0.1:{port}/l).json", "mimeType": "application/json", "buffer": labels.encode()}
    measure(page, address, f"{name}.json", content.replace(b"NAME", name.encode()), file)
    expect(page.get_by_text("Predictions for 1 of 2 labelled frames").first).to_be_visible()
    page.get_by_text("Protocol: how these figures came about").first.click()
    expect(page.get_by_role("heading", name=f"Classes, {name}.json").first).to_be_visible()
    page.wait_for_timeout(1000)
    shown = page.locator(".stApp").inner_text().replace("\u200b", "")
    assert shown.count(f"{name}.json") >= 4
    assert page.locator(f"a[href*='{port}']:not([href^='#']), img[src*='{port}']").count() == 0
    assert paths == []
