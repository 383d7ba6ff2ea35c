"""What the page gives to the player, and what the player's addresses answer."""

import http.client
import json
import threading
import time
from types import SimpleNamespace

import pytest
import uvicorn
from starlette.applications import Starlette

from core import files
from jobs.store import new_id
from pipeline import fault_pictures, playback, store
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_pages import button, fine, html, labels, show
from ui import media


@pytest.fixture(scope="module")
def get():
    """Return what asks a server of the player's addresses, the path as it is."""
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=media.ROUTES), port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]

    def ask(path, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return SimpleNamespace(status=answer.status, headers=answer.headers, content=content)

    yield ask
    server.should_exit = True
    thread.join(30)


def given(at):
    return json.loads(at.get("bidi_component")[0].proto.json)


def keep_copy(run, content=b"0123456789"):
    files.folder(playback.clip(run).parent)
    playback.clip(run).write_bytes(content)
    facts = {"frames": 500, "rate": [25, 1], "width": 320, "height": 180}
    (playback.clip(run).parent / playback.FACTS).write_text(json.dumps(facts))


def test_the_player_is_given_the_frame_the_threshold_and_the_causes_of_the_event():
    run = made.done()
    at = show("run", run=run.id)
    data = given(at)
    assert (data["run"], data["threshold"]) == (run.id, 2.0) and 120 <= data["at"] <= 180
    assert data["copy"] == {"frames": 500, "rate": [25, 1], "width": 320, "height": 180}
    first = data["causes"][0]
    assert first["label"] == "bicycle" and len(first["boxes"]) == 4 * len(first["frames"]) > 0
    assert given(show("run", run=run.id, at="322"))["at"] == 322
    assert given(show("run", run=run.id, at="99999"))["at"] == 499
    assert given(show("run", run=run.id, threshold="99"))["causes"] == []


def test_a_run_without_a_copy_has_one_made_and_says_how_far_it_is(monkeypatch):
    inline.no_processes(monkeypatch)
    monkeypatch.setattr(playback, "find", lambda run: None)
    run = made.done()
    at = show("run", run=run.id)
    asked = playback.job(run)
    assert asked.state == "queued" and given(at)["copy"] is None
    assert button(at, "Cancel").help == "Until then the player shows the pictures that were kept of events."
    assert inline.work(asked.id) == 2, "the clip is none"
    at = fine(at.run())
    assert "There is no playback copy of the clip: " in html(at) and "Make the playback copy" in labels(at)
    button(at, "Make the playback copy").click()
    fine(at.run())
    assert playback.job(run).state == "queued"


@pytest.mark.parametrize(("state", "reason", "said"), [
    ("done", "", "it was removed"), ("cancelled", "", "it was cancelled"), ("failed", "a full disk", "a full disk"),
])  # fmt: skip
def test_why_there_is_no_copy_is_said_and_a_missing_clip_before_it(monkeypatch, state, reason, said):
    monkeypatch.setattr(playback, "find", lambda run: None)
    run = made.done()
    inline.keep(playback.Playback, new_id(), "a.mp4", f"{run.directory}/playback", {}, state, reason=reason,
                subject=run.id)  # fmt: skip
    assert f"There is no playback copy of the clip: {said}" in html(show("run", run=run.id))
    run.path.unlink()
    at = show("run", run=run.id)
    assert "The clip is no longer there: the player shows" in html(at) and "Make the playback copy" not in labels(at)


def test_a_clip_that_is_gone_is_said_to_be(monkeypatch):
    monkeypatch.setattr(playback, "find", lambda run: None)
    run = made.done()
    run.path.unlink()
    assert "The clip is no longer there" in html(show("run", run=run.id)) and playback.job(run) is None


def test_addresses_answer_for_finished_runs_alone(get):
    run, unfinished = made.done(), made.ended("failed", "no pictures")
    for path in ("timeline", "heat/1", "things", "picture/150"):
        assert get(f"/play/{run.id}/{path}").status == 200, path
        for other in (unfinished.id, "20261122-000000-abcdef", "..", "x" * 300):
            assert get(f"/play/{other}/{path}").status == 404, (other, path)
    folder = files.folder(fault_pictures.path(run.folder, 230).parent)
    (folder / "00000230.jpg").write_bytes(b"a picture")
    answer = get(f"/play/{run.id}/fault/230?size=64")
    assert (answer.status, answer.content, answer.headers["content-type"]) == (200, b"a picture", "image/jpeg")
    assert get(f"/play/{run.id}/fault/231").status == get(f"/play/{unfinished.id}/fault/230").status == 404
    assert get(f"/play/{run.id}/picture/150?size=64").headers["content-type"] == "image/jpeg"
    for wrong in ("heat/-1", "heat/1e3", "heat/99999999999", "picture/x", "picture/150?size=0", "picture/150?size=9999",
                  "picture/151", "../../etc/passwd", "picture/%2e%2e%2fa"):  # fmt: skip
        answer = get(f"/play/{run.id}/{wrong}")
        assert (answer.status, b"Traceback" in answer.content) == (404, False), wrong


def test_a_part_of_the_copy_is_answered_where_it_is_asked_for(get):
    run = made.done()
    keep_copy(run)
    assert get(f"/play/{run.id}/clip.mp4").content == b"0123456789"
    part = get(f"/play/{run.id}/clip.mp4", Range="bytes=2-4")
    assert (part.status, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


def test_no_copy_is_no_answer(get, monkeypatch):
    monkeypatch.setattr(playback, "find", lambda run: None)
    answer = get(f"/play/{made.done().id}/clip.mp4")
    assert answer.status == 404 and b"there is no playback copy" in answer.content


def test_the_truth_is_that_of_the_demo_and_of_no_other_clip():
    run = made.done()
    assert media.truth(run) == []
    run.path.write_bytes(store.DEMO.read_bytes())
    assert [name for _, _, name in media.truth(run)][:2] == ["bicycle", "skateboard"]
