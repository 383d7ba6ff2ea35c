import dataclasses
import json
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import video
from pipeline import camera as cameras
from pipeline import run_view, store
from pipeline.reviewing import reviews
from tests.ui import made
from ui import caches, progress, results

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"new": "app.py", "run": "pages/1_Run.py", "runs": "pages/2_Runs.py", "cameras": "pages/3_Cameras.py"}
CARD = {
    "trained_on": "a <b> street", "clips": ["a.mp4", "b.mp4"], "calibrated_on": "the training clips", "seed": 7,
    "false_alarms": {"asked_per_hour": 6.0, "expected_per_hour": 2.1, "measured_on_hours": 0.5},
    "figures": {"street/1": {"auc": {"micro_normalised": 0.912}, "frame_index": {"auc": {"micro_normalised": None}}}},
}  # fmt: skip
ESCAPED = "../../x&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;.mp4"


@pytest.fixture(autouse=True)
def _no_cameras(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")


def show(page, **query):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        at.query_params[key] = value
    if page != "new":
        at.switch_page(PAGES[page])
    at.run()
    return fine(at)


def fine(at):
    assert not at.exception, at.exception
    return at


def html(at):
    return "\n".join(element.proto.body for element in at.get("html"))


def labels(at):
    return [button.label for button in at.button]


def button(at, label, number=0):
    return [b for b in at.button if b.label == label][number]


def alive():
    return made.running("car park.mp4")


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_store_has_its_sentence(page):
    at = show(page)
    words = " ".join([*(s.value for s in at.subheader), *(c.value for c in at.caption)])
    said = {"new": "No runs yet: try the demo", "run": "No run chosen", "runs": "No runs yet: try the demo"}
    assert said.get(page, "No cameras yet") in words


@pytest.mark.parametrize("run_id", ["20261122-000000-abcdef", "../../etc/passwd", "<script>", "x" * 500])
def test_an_unknown_run_gets_a_friendly_sentence(run_id):
    at = show("run", run=run_id)
    assert "There is no run" in html(at)
    assert "<script>" not in html(at)


def test_a_deleted_run_gets_it_too():
    run = made.ended("cancelled")
    store.delete(run.id)
    assert "There is no run" in html(show("run", run=run.id))


def test_a_running_run_shows_progress_and_can_be_cancelled():
    run = alive()
    at = show("run", run=run.id)
    assert "at work" in html(at)
    assert at.get("progress")[0].proto.value == 35, "of the whole run, not of its stage"
    assert at.get("progress")[0].proto.text == "Scoring: 200 of 500 frames · 12.5 frames/s · about 1 h 10 min left"
    button(at, "Cancel").click()
    fine(at.run())
    assert store.get(run.id).cancelling
    assert button(at, "Cancel").disabled


def test_a_queued_run_says_its_place_in_the_line():
    said = "Waiting: {} before it; one is computed at a time on this machine"
    first, second = made.queued(), made.queued("b.mp4")
    assert show("run", run=first.id).get("progress")[0].proto.text == said.format("no job")
    assert show("run", run=second.id).get("progress")[0].proto.text == said.format("1 job")
    alive()
    assert show("run", run=second.id).get("progress")[0].proto.text == said.format("2 jobs")
    assert said.format("2 jobs") in html(show("runs"))


@pytest.mark.parametrize(
    ("state", "error", "offer"),
    [
        ("failed", "the clip 'a<b>.mp4' has no pictures", "Try again"),
        ("interrupted", "its worker ended", "Resume"),
        ("cancelled", "", "Resume"),
    ],
)
def test_a_run_that_stopped_says_why_and_can_go_on(state, error, offer, monkeypatch):
    resumed = []
    monkeypatch.setattr(store, "start", resumed.append)
    run = made.ended(state, error)
    at = show("run", run=run.id)
    assert "a&lt;b&gt;.mp4" in html(at) or state != "failed"
    button(at, offer).click()
    fine(at.run())
    assert resumed == [run.id]


def test_a_dead_worker_is_noticed_by_the_page():
    run = made.running("a.mp4", made.ME + "x")
    at = show("run", run=run.id)
    assert "interrupted" in html(at)
    assert "Resume" in labels(at)


def test_a_finished_run_shows_its_events_causes_and_models():
    at = show("run", run=made.done().id)
    text = html(at)
    assert "2 unusual events" in text
    assert ESCAPED in text
    assert "<script>" not in text
    assert "The clip ends in the middle of a frame &lt;b&gt;." in text
    assert "bicycle" in text
    assert "skateboard" in text
    assert "compact (plaza)" in text
    assert [s.value for s in at.subheader] == ["Event 1 of 2"]
    assert len(at.get("plotly_chart")) == 1
    assert len(at.get("bidi_component")) == 1
    assert [b.label for b in at.get("download_button")] == [*results.LABELS]


def test_a_click_on_an_event_looks_at_it_and_the_address_keeps_it():
    run = made.done()
    at = show("run", run=run.id)
    button(at, "Event 2").click()
    fine(at.run())
    assert [s.value for s in at.subheader] == ["Event 2 of 2"]
    at_frame = at.query_params["at"]
    again = show("run", run=run.id, at=at_frame[0] if isinstance(at_frame, list) else at_frame)
    assert [s.value for s in again.subheader] == ["Event 2 of 2"]


def test_an_event_of_what_stands_is_listed_beside_the_others_and_looked_at():
    run = made.done()
    made.stands(run)
    at = show("run", run=run.id)
    assert "3 unusual events" in html(at).lower() and "1 of what stands or is gone" in html(at)
    assert "something left" in html(at) and "2.00 nats" in html(at)
    assert "Event 2 of 3" in [s.value for s in at.subheader]
    at.button(key="look-0").click().run()
    assert not at.exception and "Event 1 of 3" in [s.value for s in at.subheader]
    assert "standing" in at.query_params["kind"] and "something was left and stands" in html(at)
    assert "lies in no box" not in html(at)
    at.button(key="look-1").click().run()
    assert "kind" not in at.query_params and "Event 2 of 3" in [s.value for s in at.subheader]


def test_the_threshold_moves_without_anything_being_computed_again(monkeypatch):
    run = made.done()
    at = show("run", run=run.id)
    monkeypatch.setattr("pipeline.analyse.analyse", lambda *a, **k: pytest.fail("scored again"))
    number = at.number_input(f"threshold-{run.id}")
    assert number.value == 2.0
    number.set_value(7.0)
    fine(at.run())
    assert "1 unusual event<" in html(at)
    assert "7" in at.query_params["threshold"]
    at.number_input(f"threshold-{run.id}").set_value(3.0)
    fine(at.run())
    assert "2 unusual events" in html(at)
    assert "3" in at.query_params["threshold"]
    button(at, "Reset").click()
    fine(at.run())
    assert at.number_input(f"threshold-{run.id}").value == 2.0 and "threshold" not in at.query_params


def test_the_threshold_of_the_address_is_taken_and_a_wrong_one_is_not():
    run = made.done()
    assert "1 unusual event<" in html(show("run", run=run.id, threshold="7"))
    for wrong in ("nan", "inf", "x", ""):
        assert "2 unusual events" in html(show("run", run=run.id, threshold=wrong))


def test_a_threshold_above_everything_finds_nothing():
    run = made.done()
    at = show("run", run=run.id, threshold="99")
    assert [s.value for s in at.subheader] == ["Nothing unusual at this threshold"]
    (said,) = [caption.value for caption in at.caption if "for long enough to be an event" in caption.value]
    assert "Its highest smoothed score is 8." in said and "That threshold lies above all of the 36 s of normal" in said


@pytest.mark.parametrize("way", ["address", "number"])
def test_at_threshold_0_no_event_is_named_after_what_was_not_seen_at_its_peak(way):
    run = made.done()
    values = made.scores()
    values[430:450] += 0.5
    made.rescored(run, values)
    at = show("run", run=run.id, **({"threshold": "0"} if way == "address" else {}))
    if way != "address":
        at.number_input(f"threshold-{run.id}").set_value(0.0)
        fine(at.run())
    assert any("Under 1.00 events may have no pictures" in caption.value for caption in at.caption)
    assert "no picture kept" in html(at), "the weak events have no picture of something else"
    unseen = 0
    for number in range(len([b for b in at.button if (b.key or "").startswith("look-")])):
        at.button(f"look-{number}").click()
        fine(at.run())
        said = next(part for part in html(at).split('<p class="summary">')[1:])
        said = said[: said.index("</p>")]
        if "No pictures were kept of it" in said:
            assert "bicycle" not in said and "skateboard" not in said and "person" not in said
            assert "lies in no box" not in html(at) and not at.get("image")
            unseen += 1
    assert unseen > 0


def test_the_report_follows_the_threshold():
    run = made.done()
    analysis = run_view.explain_events(run.folder, 7.0)
    report = json.loads(run_view.report_at(analysis, run.folder, "report.json"))
    assert report["threshold"] == 7.0
    assert len(report["events"]) == 1


def test_a_quiet_run_says_so():
    at = show("run", run=made.done(quiet=True).id)
    assert [s.value for s in at.subheader] == ["Nothing unusual at this threshold"]


def test_a_finished_run_without_its_files_gets_a_sentence():
    run = made.done()
    (run.folder / "run.json").write_text("{")
    assert "no finished analysis" in html(show("run", run=run.id))


@pytest.mark.parametrize("name", ["frames.bin", "run.json"])
@pytest.mark.parametrize("content", [b"", b"\0junk{" * 99, None])
def test_a_finished_run_whose_files_are_damaged_gets_a_sentence_also_where_it_was_looked_at_before(name, content):
    run = made.done()
    show("run", run=run.id)
    path = run.folder / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    if name == "frames.bin":
        st.cache_resource.clear()
    assert "This run holds no finished analysis; analyse the clip again" in html(show("run", run=run.id))


def test_evidence_that_is_gone_at_another_threshold_gets_a_sentence():
    run = made.done()
    show("run", run=run.id)
    for kept in (run.folder / "evidence").glob("*.npz"):
        kept.write_bytes(b"no pictures")
    assert "No readable evidence of frame" in html(show("run", run=run.id, threshold="3"))


def test_a_number_of_the_address_that_no_clip_has_is_left_aside():
    assert "Event 1 of 2" in [s.value for s in show("run", run=made.done().id, at="9" * 5000).subheader]


def test_the_browsers_back_button_brings_the_threshold_back():
    run = made.done()
    at = show("run", run=run.id)
    for score in (7.0, 3.0):
        fine(at.number_input(key=f"threshold-{run.id}").set_value(score).run())
    at.query_params["threshold"] = "7"
    fine(at.run())
    assert at.number_input(key=f"threshold-{run.id}").value == 7.0


@pytest.mark.parametrize("page", PAGES)
def test_a_damaged_index_is_made_again_on_every_page(page, whycam_home):
    run = made.done()
    for end in ("-wal", "-shm"):
        (whycam_home / f"index.sqlite{end}").unlink(missing_ok=True)
    (whycam_home / "index.sqlite").write_bytes(b"no database" * 999)
    html(show(page, run=run.id))
    assert store.get(run.id).title == run.title
    (aside,) = whycam_home.glob("index.damaged-*.sqlite")
    assert aside.read_bytes() == b"no database" * 999


@pytest.mark.parametrize("page", ["1_Run", "8_Storage", "9_Events", "10_Cases"])
def test_a_damaged_file_of_reviews_is_made_again_where_it_is_needed(page, whycam_home):
    run = made.done()
    (whycam_home / "reviews.sqlite").write_bytes(b"no database" * 999)
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.query_params["run"] = run.id
    at.switch_page(f"pages/{page}.py")
    html(fine(at.run()))
    (aside,) = whycam_home.glob("reviews.damaged-*.sqlite")
    assert aside.read_bytes() == b"no database" * 999 and reviews.opinions() == {}


def test_a_draft_whose_clip_is_gone_or_damaged_is_left_aside(tmp_path):
    made.camera()
    video.encode(tmp_path / "a.mp4", made.pictures(40), made.FPS)
    gone, damaged = made.draft(), made.draft("mine.mp4")
    gone.path.write_bytes((tmp_path / "a.mp4").read_bytes())
    assert "320 × 180 pixels" in html(show("new", clip=gone.id))
    gone.path.unlink()
    at = show("new", clip=gone.id)
    assert "clip" not in at.query_params and "pixels" not in html(at)
    assert "mine.mp4&#x27; is not a video" in html(show("new", clip=damaged.id))


def test_a_draft_is_sent_back_to_where_its_camera_is_chosen():
    at = show("run", run=made.draft().id)
    assert "It has not been started." in html(at) and labels(at) == []


def test_a_clock_that_was_set_back_gives_no_length():
    run = made.done()
    assert progress.run_duration(run).startswith("took")
    assert progress.run_duration(dataclasses.replace(run, ended=run.started - 3600)) == ""


def test_the_list_shows_filters_and_deletes():
    done, failed = made.done(), made.ended("failed", "no pictures", "sound only.mp4")
    at = show("runs")
    assert ESCAPED in html(at)
    assert "sound only.mp4" in html(at)
    assert "2 unusual events, foremost: bicycle" in html(at)
    at.text_input[0].set_value("SOUND")
    fine(at.run())
    assert ESCAPED not in html(at)
    at.text_input[0].set_value("nothing is called so")
    fine(at.run())
    assert "No run fits these filters." in [c.value for c in at.caption]
    at.text_input[0].set_value("")
    fine(at.run())
    at.button(f"delete-{failed.id}").click()
    fine(at.run())
    assert store.get(failed.id)
    at.button("really").click()
    fine(at.run())
    assert [run.id for run in store.runs()] == [done.id]


def test_a_run_at_work_is_listed_with_cancel_and_without_delete():
    run = alive()
    at = show("runs")
    assert "35 %, about 1 h 10 min left" in html(at)
    assert f"delete-{run.id}" not in [b.key for b in at.button]
    assert f"cancel-{run.id}" in [b.key for b in at.button]
    assert "car park.mp4" in html(show("new"))


def test_many_runs_come_in_pages():
    for number in range(23):
        made.ended("cancelled", "", f"clip {number:02d}.mp4")
    at = show("runs")
    assert len([b for b in at.button if (b.key or "").startswith("delete-")]) == 20


def test_a_clip_of_the_address_that_is_no_draft_is_forgotten():
    run = made.ended("cancelled")
    for clip in (run.id, "../../etc/passwd"):
        assert "What was unusual" in html(show("new", clip=clip))


def test_a_cameras_card_says_first_what_matters_and_the_rest_on_demand():
    camera = dataclasses.replace(made.camera(), card=CARD)
    cameras.save(camera)
    (short,) = (element.proto.body for element in show("cameras").get("html") if "<th>" in element.proto.body)
    at = show("cameras", camera=camera.name, part="Training")
    whole = "".join(element.proto.body for element in at.get("html") if "<th>" in element.proto.body)
    for said in ("a &lt;b&gt; street, 2 clips", "2.1 an hour expected", "AUC 0.912; of the frame&#x27;s index alone –"):
        assert said in short
    assert "<th>seed</th><td>7</td>" in whole and "seed" not in short
    assert "Everything on its card" in [e.label for e in at.expander]


def test_what_is_wrong_with_a_file_is_said_before_it_is_analysed_under_its_owners_name(tmp_path, monkeypatch):
    made.camera()
    path = tmp_path / "kept.mp4"
    video.encode(path, made.pictures(40), made.FPS)
    with path.open("rb") as file:
        run = store.create(file, "car <park>.mp4")
    probe = caches.probe
    note = f"{run.path.name!r} is cut: its last 3 s are missing"
    monkeypatch.setattr(caches, "probe", lambda path: dataclasses.replace(probe(path), notes=(note,)))
    at = show("new", clip=run.id)
    assert "&#x27;car &lt;park&gt;.mp4&#x27; is cut: its last 3 s are missing" in html(at) and "clip.mp4" not in html(
        at
    )
    assert "Analyse anyway" in labels(at)


def test_a_clip_is_held_against_the_camera_that_it_looks_like(tmp_path):
    """The first by name knows another place."""
    known = made.camera()
    other = dataclasses.replace(known, name="avenue", folder=known.folder.parent / "avenue")
    cameras.save(dataclasses.replace(other, background=known.background[::-1, ::-1].copy()))
    video.encode(tmp_path / "a.mp4", made.pictures(40), 25)
    with (tmp_path / "a.mp4").open("rb") as clip:
        run = store.create(clip, "a.mp4")
    at = show("new", clip=run.id)
    assert list(at.selectbox[0].options) == ["avenue", "street"]
    assert at.selectbox[0].value == "street"
    assert "looks like this camera" in html(at)
    at.selectbox[0].select("avenue")
    assert "does not look like" in html(fine(at.run()))
