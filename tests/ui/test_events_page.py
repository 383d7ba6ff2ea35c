"""The page Events and the panel beside the player: what is listed, chosen and said of events."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from core import files
from core.errors import InputError
from pipeline import camera as cameras
from pipeline.export import exports
from pipeline.reviewing import cases, desk, index, reviews, severity
from pipeline.reviewing.severity import Rule
from tests.pipeline.reviewing import made as rows
from tests.ui import made
from tests.ui.test_pages import ROOT, fine, html
from ui import event_filters, event_table, gather, review_actions

EVENTS, CASES, RUN = "pages/9_Events.py", "pages/10_Cases.py", "pages/1_Run.py"


def show(page, reviewer="", **query):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        at.query_params[key] = value
    at.session_state["reviewer"] = reviewer
    at.switch_page(page)
    return fine(at.run())


def table(at):
    (found,) = at.dataframe
    return found.value


def button(at, key):
    return next(one for one in at.button if one.key == key)


def test_a_page_without_events_says_where_they_come_from():
    at = show(EVENTS)
    assert "No events yet" in [one.value for one in at.subheader]


def test_earlier_runs_are_read_and_their_events_listed_with_plain_text():
    run = made.done()
    at = fine(show(EVENTS).run())
    listed = table(at)
    assert sorted(listed["cause"]) == ["bicycle", "skateboard"]
    assert list(listed["clip"]) == [run.clip] * 2
    assert all(picture.startswith(f"play/{run.id}/picture/") for picture in listed["picture"])
    assert index.missing() == []


def test_filters_tabs_and_order_choose_what_is_listed():
    keys = rows.many(30, runs=3)
    reviews.add(keys[:6], "Ann", verdict="false")
    at = show(EVENTS)
    assert len(table(at)) == 24
    at.segmented_control(key="events-tab").set_value(desk.REVIEWED)
    assert len(table(fine(at.run()))) == 6
    at.multiselect(key="events-label").set_value(["truck"])
    at.multiselect(key="events-verdict").set_value(["false"])
    at.selectbox(key="events-order").set_value("longest first")
    assert set(table(fine(at.run()))["cause"]) == {"truck"}
    button(at, "day-2026-11-04").click()
    assert list(table(fine(at.run()))["when"]) == ["2026-11-04 10:00:03"]
    button(at, "any-day").click()
    at.multiselect(key="events-label").set_value([])
    at.segmented_control(key="events-tab").set_value(desk.FAULTS)
    assert "No camera fault fits" in " ".join(one.value for one in fine(at.run()).caption)


def test_selected_events_are_reviewed_in_one_go_under_the_name_that_was_typed(monkeypatch):
    keys = rows.many(3, runs=1)
    events = desk.listed(())
    at = show(EVENTS)
    assert button(at, "events-true").disabled, "nothing is selected"
    next(one for one in at.text_input if one.label == "Your name").set_value(" Ann  Lee ")
    button(at, "select-all").click()
    at = fine(at.run())
    assert button(at, "select-all").label == "3 of 3"
    button(at, "events-true").click()
    at = fine(at.run())
    assert {reviews.of(key).verdict for key in keys} == {"true"}
    assert {record.reviewer for key in keys for record in reviews.of(key).records} == {"Ann Lee"}
    assert at.segmented_control(key="events-tab").options[1] == "Reviewed (3)"
    assert len(events) == 3


def test_without_a_name_nothing_is_recorded_and_a_sentence_says_why():
    keys = rows.many(2, runs=1)
    at = show(EVENTS)
    button(at, "select-all").click()
    button(fine(at.run()), "events-false").click()
    at = fine(at.run())
    assert "type yours first" in html(at) and reviews.opinions() == {} and len(keys) == 2


def test_rules_are_kept_and_change_the_severity_at_once():
    rows.many(3, runs=1)
    severity.save([Rule("truck", "low")])
    assert "low" in set(table(show(EVENTS))["severity"])
    (files.home() / severity.FILE).write_text("[]x")
    at = show(EVENTS)
    assert html(at).count("severity.json, cannot be used") == 1 and len(table(at)) == 3
    button(at, "rules-open").click()
    assert [one.label for one in fine(at.run()).button][-1] == "Keep these rules"
    event_filters._keep([{"label": "run", "severity": "medium", "camera": "gate1"}])
    assert severity.rules() == (Rule("run", "medium", "gate1"),)


def test_an_events_address_leads_to_it_at_the_threshold_that_shows_it():
    assert event_table.address(rows.listed()) == {"run": rows.RUN, "at": "40"}
    assert event_table.address(rows.listed(kind="standing"))["kind"] == "standing"
    assert event_table.address(rows.listed(quiet=True, threshold=0.9))["threshold"] == "0.9"
    assert event_table.picture(rows.listed(shown=None)) is None


def test_beside_the_player_an_event_is_reviewed_and_the_others_words_are_seen():
    run = made.done()
    index.put(run)
    row = max(index.rows(), key=lambda one: one.score)
    reviews.add([row.key], "Ben <b>", verdict="false", note="a <i>cat</i>")
    at = show(RUN, "Ann", run=run.id)
    assert "<b>Ben &lt;b&gt;</b>: false" in html(at) and "a &lt;i&gt;cat&lt;/i&gt;" in html(at)
    button(at, "review-true").click()
    at = fine(at.run())
    assert reviews.of(row.key).by_reviewer["Ann"].verdict == "true" and "<b>Ann</b>: true" in html(at)
    button(at, "review-reviewed").click()
    fine(at.run())
    assert not reviews.of(row.key).reviewed


def test_a_second_reviewer_who_sees_an_event_as_not_reviewed_does_not_take_the_firsts_word_back():
    run = made.done()
    index.put(run)
    row = max(index.rows(), key=lambda one: one.score)
    at = show(RUN, "Ben", run=run.id)
    reviews.add([row.key], "Ann", reviewed=True)
    button(at, "review-reviewed").click()
    fine(at.run())
    assert [(one.reviewer, one.reviewed) for one in reviews.of(row.key).records] == [("Ann", True), ("Ben", True)]


def test_keys_of_the_player_speak_of_events_that_no_index_has_yet(monkeypatch):
    run, asked = made.done(), []
    from pipeline.finished_run import explain_events

    analysis = explain_events(run.folder)
    monkeypatch.setattr("ui.reviewer.name", lambda: "Ann")
    monkeypatch.setattr(gather, "ask", asked.append)
    for told in ("2", "false", "reviewed", "case", "nonsense"):
        seen = review_actions.opinion_of(run, analysis, 0)
        review_actions.pressed(run, analysis, analysis.events[0], 0, seen, told)
    key = review_actions.key_of(run, analysis, 0)
    assert [(one.verdict, one.reviewed) for one in reviews.of(key).records] == [("false", True), (None, False)]
    assert asked == [[key]] and index.get(key).label == "bicycle"


def test_a_threshold_is_proposed_and_set_where_the_camera_is_the_users(monkeypatch):
    made.camera("gate")
    keys = [f"{rows.RUN}/moving/{n}" for n in range(6)]
    index.add(*(rows.row(key=key, level=3.0 + n, unit="dB", weights="0" * 64) for n, key in enumerate(keys)))
    reviews.add(keys[:3], "Ann", verdict="false")
    at = show(EVENTS)
    at.multiselect(key="events-camera").set_value(["gate"])
    assert "from 5 on" in " ".join(one.value for one in fine(at.run()).caption)
    reviews.add(keys[3:], "Ann", verdict="true")
    at = fine(at.run())
    assert "Proposed: <b>5.50 dB</b>: no false alarm and no missed event" in html(at)
    button(at, "set-gate").click()
    at = fine(at.run())
    assert cameras.load("gate").threshold == 5.5 and "No other threshold is better" in html(at)


def test_a_case_shows_its_events_its_history_and_makes_its_archive(monkeypatch):
    assert "No cases yet" in [one.value for one in show(CASES).subheader]
    run, asked = made.done(), []
    index.put(run)
    keys = [row.key for row in index.rows()]
    case = cases.create("Theft *<b>*", "Ann", [*keys, "gone/moving/3"])
    monkeypatch.setattr(exports, "submit_events", lambda *told, **more: asked.append((told, more)) or _refuse())
    at = show(CASES, "Ben")
    assert "skateboard" in html(at) and "a run that was deleted (gone/moving/3)" in html(at)
    next(one for one in at.button if one.label == "Export the case").click()
    at = fine(at.run())
    assert asked == [((keys, "none"), {"case": case, "title": "Theft *<b>*"})] and "no clip" in html(at).lower()
    button(at, f"remove-{case}-{keys[0]}").click()
    at = fine(at.run())
    assert cases.get(case).events == (keys[1], "gone/moving/3") and "removed bicycle" in html(at)
    button(at, f"close-{case}").click()
    assert "No cases yet" in [one.value for one in fine(at.run()).subheader]


def test_a_case_that_is_not_listed_is_said_to_be_unknown_or_closed():
    said = "There is no case &#x27;unknown&#x27;"
    assert said in html(show(CASES, case="unknown"))
    kept, closed = cases.create("Kept", "Ann"), cases.create("Theft <b>", "Ann")
    cases.close(closed, "Ann")
    assert said in html(show(CASES, case="unknown")) and "There is no case" not in html(show(CASES, case=kept))
    assert "The case &#x27;Theft &lt;b&gt;&#x27; was closed" in html(show(CASES, case=closed))


def test_the_events_of_a_run_whose_files_are_gone_are_listed_without_pictures_and_that_is_said():
    run, other = made.done("a <b>.mp4"), made.done("b.mp4")
    for one in (run, other):
        index.put(one)
    shutil.rmtree(run.folder)
    at = show(EVENTS)
    listed = table(at)
    assert [isinstance(picture, str) for picture in listed["picture"]] == [clip == "b.mp4" for clip in listed["clip"]]
    assert "The files of 1 run are gone from the disk (a &lt;b&gt;.mp4)" in html(at)
    event = next(row for row in index.rows() if row.run == run.id)
    case = cases.create("Theft", "Ann", [event.key])
    assert "<img" not in html(show(CASES, case=case))
    assert "The files of this run are gone from the disk" in html(show(RUN, run=run.id)) and not run.folder.exists()


def test_runs_whose_report_cannot_be_read_are_named_with_the_reason():
    run, other = made.done("a <b>.mp4"), made.done("b.mp4")
    (run.folder / "report.json").unlink()
    for one in (run, other):
        index.put(one)
    at = show(EVENTS)
    said = html(at)
    assert "The events of 1 run are not listed (a &lt;b&gt;.mp4)" in said and "analyse the clip again" in said
    assert set(table(at)["clip"]) == {"b.mp4"}


def _refuse():
    raise InputError("no clip")


def test_json_of_the_players_keys_names_the_reviews():
    listed = dict(json.loads((ROOT / "frontend" / "src" / "keys.json").read_text(encoding="utf-8")))
    assert {"R", "1 2 3", "E"} <= listed.keys()


@pytest.fixture(autouse=True)
def _no_cameras(monkeypatch, tmp_path):
    monkeypatch.setattr("pipeline.camera.SHIPPED", tmp_path / "none")
