"""The evaluation page: two files up, a mismatch explained, the figure, the export."""

import csv
import io
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import serve

pytestmark = pytest.mark.browser
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
HOSTILE = "x'><img src=x onerror=alert(1)>.csv"

expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def address(home, chromium):
    yield from serve(["tests/browser/server.py"], home)


def measure(page, address, name, content):
    page.goto(f"{address}/Evaluation")
    page.get_by_role("tab", name="Explanations").click()
    files = page.get_by_role("tabpanel").locator("input[type=file]")
    predictions = files.filter(has_not=page.locator("xyz")).nth(0)
    predictions.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_text(name[:8]).first).to_be_visible()
    files.nth(1).set_input_files(str(EXAMPLES / "xman_labels.json"))
    button = page.get_by_role("button", name="Measure explanations")
    expect(button).to_be_enabled()
    button.click()


def test_predictions_and_labels_give_a_figure_and_what_does_not_match(page, address):
    content = (EXAMPLES / "xman_predictions.csv").read_bytes() + b"elsewhere,7,object,sled,0.5\n"
    measure(page, address, HOSTILE, content)
    expect(page.get_by_role("heading", name="What came out")).to_be_visible()
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
    assert "<img" not in download.value.path().read_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON", exact=True).click()
    assert json.loads(download.value.path().read_text())["results"][0]["unmatched"]["videos"] == ["elsewhere"]


def test_a_wrong_file_gets_its_sentence(page, address):
    measure(page, address, "wrong.csv", b"video,frame,coarse,fine,score\nstreet,1,object,bicycle,high\n")
    expect(page.get_by_text("wrong.csv, line 2: a score must be a finite number, got 'high'")).to_be_visible()
