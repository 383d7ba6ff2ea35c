"""What stands beside an event: similar ones, the cause that is followed, and the event explained away."""

import json

import numpy as np
import pytest

from core import files
from core.explanation import COUNTERFACTUAL
from explain.report.maps import png
from pipeline.explaining import explanations
from pipeline.kinds import queue
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_pages import fine, html, labels, show
from tests.ui.test_player import given
from tests.ui.test_why import figures

AWAY = {"before": 0.9, "after": 0.1, "threshold": 0.5, "before_db": 8.0, "after_db": 0.5, "threshold_db": 2.0,
        "suffices": True, "parts": [], "frames": [120, 180],
        "sentence": "Without the bicycle <b> the score falls from 8.00 dB to 0.50 dB."}  # fmt: skip


def part(run, name):
    at = show("run", run=run.id)
    at.session_state["event-part-moving"] = name
    return fine(at.run())


def peak_of(at):
    return given(at)["at"]


def explained(run, frame):
    folder = files.folder(explanations.place(run, frame))
    np.save(folder / "residual.npy", np.ones((180, 320), np.float32))
    (folder / "frame.png").write_bytes(png(np.full((180, 320, 3), 90, np.uint8)))
    result = {"clip": "a.mp4", "camera": "plaza", "detector": "x", "frame": frame, "window": [frame - 5, frame],
              "score": 0.9, "threshold": 0.5, "methods": {"residual": figures()}}  # fmt: skip
    files.write_json(folder / "explain.json", result)
    files.write_json(folder / COUNTERFACTUAL, AWAY)


def test_similar_events_of_the_camera_are_cards_that_open_them():
    run, other, _ = made.done("a.mp4"), made.done("b.mp4"), made.done("elsewhere.mp4", camera="street")
    at = part(run, "Similar events")
    text, opened = html(at), [link.proto for link in at.get("page_link") if link.proto.label.startswith("Open, ")]
    assert "b.mp4 · 0:05.0" in text and "elsewhere.mp4" not in text and "bicycle, ride" in text
    assert f"run={other.id}" in opened[0].query_string and "100 % alike" in opened[0].label
    assert "None in 1 analysed clip" in " ".join(
        c.value for c in part(made.done(camera="yard"), "Similar events").caption
    )


def test_a_followed_cause_is_told_to_the_player_and_no_longer_when_chosen_again():
    at = show("run", run=made.done().id)
    assert given(at)["highlight"] == 0
    (pills,) = [one for one in at.get("button_group") if one.label == "Highlight"]
    assert pills.options[0] == "1 bicycle"
    pills.set_value(1)
    fine(at.run())
    assert given(at)["highlight"] == 1


def test_an_event_that_was_explained_away_says_so_beside_the_player_and_shows_its_maps():
    run = made.done()
    at = show("run", run=run.id)
    explained(run, peak_of(at))
    for name in ("Causes and attributes", "Explained away"):
        at = part(run, name)
        assert "Without the bicycle &lt;b&gt; the score falls from 8.00 dB to 0.50 dB." in html(at)
    assert len(at.get("image")) == 1
    assert any(e.label == "Compute 4 maps" for e in at.expander)


@pytest.fixture
def quiet(monkeypatch):
    inline.no_processes(monkeypatch)


def test_what_is_missing_is_computed_with_an_estimate_of_its_time(quiet):
    run = made.done()
    at = part(run, "Explained away")
    (missing,) = [e for e in at.expander if e.label.startswith("Compute")]
    assert missing.label == "Compute the event without its causes and 5 maps" and "All of it" not in " ".join(
        labels(at)
    )
    at.session_state[f"rest-{run.id}-{peak_of(at)}"] = True
    fine(at.run())
    (all_of_it,) = [one for one in at.button if one.label.startswith("All of it, about ")]
    assert any(one.label.startswith("Only the event without its causes, about ") for one in at.button)
    all_of_it.click()
    fine(at.run())
    job = explanations.find(run, peak_of(at))
    assert job.state == "queued" and job.request.event and len(job.request.methods.split(",")) == 5
    assert json.loads(json.dumps(job.parameters))["threshold"] == 2.0 and queue().line()
