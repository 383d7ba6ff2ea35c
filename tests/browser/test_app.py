import json
import re

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from core import video
from jobs.store import JobStore
from pipeline import store
from tests.browser.conftest import serve
from tests.ui import made

pytestmark = pytest.mark.browser

HOSTILE = '../../x"><script>alert(1)<.script>.mp4'
SHOWN = HOSTILE.replace('"', "%22")
"""What a browser makes of it: it encodes quotes."""

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


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clip") / "street.mp4"
    video.encode(path, made.pictures(80), made.FPS)
    return path


def upload(page, address, name, content):
    page.goto(address)
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "video/mp4", "buffer": content})


def choose(page, camera):
    page.get_by_role("combobox", name=re.compile("Camera")).click()
    page.get_by_role("option", name=camera, exact=True).click()


def run_of(page):
    return re.search(r"run=([\w-]+)", page.url).group(1)


def test_from_upload_to_report_with_a_reload_in_the_middle(page, address, home, clip):
    upload(page, address, HOSTILE, clip.read_bytes())
    expect(page.get_by_text("320 × 180 pixels · 25 frames/s")).to_be_visible()
    choose(page, "street")
    expect(page.get_by_text("The clip looks like this camera's footage.")).to_be_visible()
    page.get_by_text("Everything on its card").click()
    expect(page.get_by_text("pictures <b>made</b> by hand")).to_be_visible()
    page.get_by_role("button", name="Analyse", exact=True).click()
    progress = re.compile(r"Scoring: 250 of 500 frames · 100\.0 frames/s · about .+ left")
    expect(page.get_by_text(progress)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/Run\?run="))
    page.reload()
    expect(page.get_by_text(progress)).to_be_visible()
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.get_by_text(progress)).to_be_visible()
    (home / "go").touch()
    for tab in (page, second):
        expect(tab.get_by_text("2 unusual events")).to_be_visible()
        expect(tab.get_by_role("heading", name="Event 1 of 2")).to_be_visible()
    (home / "go").unlink()
    second.close()
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()  # the whole answer is here
    expect(page.locator("h1.clip")).to_contain_text(SHOWN)
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    assert download.value.suggested_filename == "report.html"
    assert "<script>alert(1)" not in download.value.path().read_text()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (JSON)").click()
    report = json.loads(download.value.path().read_text())
    assert (len(report["events"]), report["threshold"], report["clip"]["name"]) == (2, 2.0, SHOWN)


def test_a_chosen_event_is_shown_in_its_own_frame(page, address):
    page.goto(f"{address}/Run?run={made.done().id}")
    expect(page.get_by_role("heading", name="Event 1 of 2")).to_be_visible()
    page.get_by_role("button", name="Event 2").click()
    expect(page.get_by_role("heading", name="Event 2 of 2")).to_be_visible()
    expect(page.get_by_text(re.compile(r"frame 322 · 0:12.88 · .* dB"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"at=3\d\d"))
    page.reload()
    expect(page.get_by_role("heading", name="Event 2 of 2")).to_be_visible()


def test_a_click_in_the_timeline_looks_at_the_event_there(page, address):
    page.goto(f"{address}/Run?run={made.done().id}")
    expect(page.get_by_role("heading", name="Event 1 of 2")).to_be_visible()
    timeline = page.locator("canvas.timeline")
    box = timeline.bounding_box()
    timeline.click(position={"x": 52 + (box["width"] - 62) * 320 / 500, "y": box["height"] - 26})
    expect(page.get_by_role("heading", name="Event 2 of 2")).to_be_visible()
    page.get_by_role("button", name="Event 1").click()
    expect(page.get_by_role("heading", name="Event 1 of 2")).to_be_visible()


def test_the_threshold_moves_and_the_report_with_it(page, address):
    page.goto(f"{address}/Run?run={made.done().id}")
    number = page.get_by_role("spinbutton", name="Threshold")
    number.fill("7")
    number.press("Enter")
    expect(page.get_by_role("heading", name="Event 1 of 1")).to_be_visible()
    expect(page).to_have_url(re.compile("threshold=7"))
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (JSON)").click()
    assert json.loads(download.value.path().read_text())["threshold"] == 7.0
    with page.expect_download() as download:
        page.get_by_role("button", name="Scores (CSV)").click()
    assert download.value.path().read_text().startswith("frame,seconds,score,threshold,event,standing")


def test_a_run_can_be_cancelled_resumed_and_deleted(page, address, clip):
    with clip.open("rb") as file:
        run = store.create(file, "cancel me.mp4")
    assert JobStore().enqueue(run.id, "me", {"camera": "street"})
    JobStore().end(run.id, "interrupted", "its worker ended", "me")
    page.goto(f"{address}/Run?run={run.id}")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("It was cancelled")).to_be_visible()
    page.get_by_role("link", name="Runs").first.click()
    page.get_by_label("Clip's name").fill("cancel me")
    page.get_by_label("Clip's name").press("Enter")
    expect(page.locator("[class*=st-key-run-]")).to_have_count(1)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("No run fits these filters.")).to_be_visible()
    assert run.id not in [one.id for one in store.runs()]


def test_a_run_that_is_resumed_in_the_list_is_followed_to_its_end(page, address, home, clip):
    with clip.open("rb") as file:
        run = store.create(file, "follow me.mp4")
    assert JobStore().enqueue(run.id, "me", {"camera": "street"})
    JobStore().end(run.id, "interrupted", "its worker ended", "me")
    page.goto(f"{address}/Runs")
    page.get_by_label("Clip's name").fill("follow me")
    page.get_by_label("Clip's name").press("Enter")
    row = page.locator("[class*=st-key-run-]").last
    expect(page.locator("[class*=st-key-run-]")).to_have_count(1)
    page.get_by_role("button", name="Resume").click()
    expect(row).to_contain_text("40 %")
    elsewhere = page.context.new_page()
    elsewhere.goto(address)
    expect(elsewhere.locator("[class*=st-key-run-]")).to_contain_text("40 %")
    (home / "go").touch()
    expect(row).to_contain_text("2 unusual events")
    expect(elsewhere.locator("[class*=st-key-run-]")).to_have_count(0)
    (home / "go").unlink()
    elsewhere.close()


def test_a_bad_file_gets_its_sentence_and_leaves_nothing(page, address):
    before = {run.id for run in store.runs(store.STATES)}
    upload(page, address, "notes.mp4", b"dear diary, this is no film" * 99)
    expect(page.get_by_role("alert")).to_contain_text("notes.mp4")
    assert {run.id for run in store.runs(store.STATES)} == before


def test_a_clip_of_another_place_is_said_to_be_so_before_it_is_scored(page, address, tmp_path):
    path = tmp_path / "elsewhere.mp4"
    video.encode(path, made.pictures(40, seed=8), made.FPS)
    upload(page, address, "elsewhere.mp4", path.read_bytes())
    choose(page, "street")
    expect(page.get_by_text("does not look like the footage that camera street learnt from")).to_be_visible()
    expect(page.get_by_role("button", name="Analyse anyway")).to_be_visible()
    page.get_by_role("button", name="Another clip").click()
    expect(page.locator("input[type=file]")).to_be_attached()


def test_a_run_that_is_not_there_gets_a_sentence(page, address):
    page.goto(f"{address}/Run?run=<script>alert(1)</script>")
    expect(page.get_by_role("alert")).to_contain_text("There is no run")


def test_a_camera_is_learnt_from_several_clips(page, address):
    page.goto(f"{address}/Cameras")
    page.get_by_text("Train a camera").click()
    clips = [{"name": name, "mimeType": "video/mp4", "buffer": b"pan"} for name in (HOSTILE, "b.mp4")]
    page.locator("input[type=file]").set_input_files(clips)
    expect(page.get_by_text("b.mp4").first).to_be_visible()
    for name in ("street", "new-one"):
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Name", exact=True).press("Enter")
        page.get_by_role("button", name="Train this camera").click()
        if name == "street":
            expect(page.get_by_text("There is a camera 'street' already")).to_be_visible()
    expect(page.get_by_text("'a.mp4' is not from a fixed camera")).to_be_visible()
    page.get_by_role("button", name="Train anyway").click()
    expect(page.get_by_text("Camera new-one is ready; it was trained on 2 clips")).to_be_visible()
    page.get_by_role("button", name="Delete its clips").click()
    expect(page.get_by_text("Camera new-one is ready")).to_have_count(0)


RECORD = """
    window.sent = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { window.sent.push([this, data]); return send.call(this, data); };
"""
"""Keeps what the page tells the server, with the socket."""


def test_a_part_asked_for_by_the_page_before_leaves_the_page_whole(page, address):
    sent, said = [], []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(BackMsg.FromString(data))))
    page.on("console", lambda message: said.append(message.text) if "blank" in message.text else None)
    page.add_init_script(RECORD)
    page.goto(f"{address}/Queue")
    while not any(message.rerun_script.fragment_id for message in sent):
        page.wait_for_timeout(100)
    late = next(i for i, message in enumerate(sent) if message.rerun_script.fragment_id)
    page.get_by_role("link", name="Cameras").click()
    expect(page.get_by_text("2.00 dB above a typical frame").first).to_be_visible()
    expect(page.locator(".stApp[data-test-script-state=notRunning]")).to_be_attached()
    page.evaluate("(i) => window.sent[i][0].send(window.sent[i][1])", late)
    page.wait_for_timeout(1500)
    expect(page.get_by_text("2.00 dB above a typical frame").first).to_be_visible()
    assert page.url.endswith("/Cameras") and said == []
    page.get_by_role("link", name="Queue").click()
    expect(page.get_by_text("Nothing is at work")).to_be_visible()  # what is dropped leaves the server at work


def test_a_page_that_goes_blank_is_loaded_again_once(page, address):
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/Runs?blank=1")
    app = page.locator(".stApp[data-test-script-state=notRunning]")
    expect(app).to_be_attached()
    page.evaluate("setTimeout(() => { throw new Error('odd') }); document.getElementById('root').replaceChildren()")
    expect(app).to_be_attached()
    assert page.url.endswith("/Runs?blank=1") and any("blank" in text and "odd" in text for text in said)
    page.evaluate("document.getElementById('root').replaceChildren()")
    page.wait_for_timeout(2000)
    assert app.count() == 0, "loading it again and again would help no one"
