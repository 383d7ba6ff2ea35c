"""One camera's view: its knob and curves, what it learnt, its training, drift over its runs, and learning it again."""

import json

import pytest

from core import files
from core.progress import Progress
from pipeline import camera_facts, drift, finished_run
from pipeline.camera import load
from pipeline.drift import RunDrift
from pipeline.reviewing import index, reviews
from pipeline.training import losses, trainings
from tests.jobs import inline
from tests.ui import made
from tests.ui.test_camera_training import training
from tests.ui.test_pages import button, fine, html, labels, show


def captions(at):
    return " ".join(caption.value for caption in at.caption)


def charts(at):
    return len(at.get("plotly_chart"))


def view(camera, part="Threshold"):
    return show("cameras", camera=camera, part=part)


def test_a_camera_has_a_view_of_its_own_and_one_that_is_not_there_a_sentence():
    at = show("cameras")
    assert {"**plaza**", "**ucsd-ped2**"} <= {link.proto.label for link in at.get("page_link")}
    at = view("plaza")
    assert "Camera plaza" in html(at) and charts(at) == 2 and [tab.label for tab in at.tabs][:2] == [
        "Threshold", "What it learnt",
    ]  # fmt: skip
    assert "What stands, or is gone, has a threshold of its own: 2.13 nats" in captions(at)
    at = view("<b>")
    assert "There is no camera &#x27;&lt;b&gt;&#x27;" in html(at) or "&lt;b&gt;" in html(at)


def test_what_a_camera_learnt_is_shown_in_units():
    at = view("plaza", "What it learnt")
    assert charts(at) == 3 and at.selectbox[0].value == "person"
    assert "person: half of them between 0.449 and 0.749 own heights a second" in captions(at)
    at.get("button_group")[0].set_value("height")
    fine(at.run())
    assert "times the height that is usual at that place" in captions(at)


def test_the_names_and_numbers_are_those_of_the_camera():
    camera = load("plaza")
    known = {(one.label, one.name): one.normal for one in camera_facts.attributes(camera)}
    assert known["person", "speed"].quantiles[10] == pytest.approx(0.64, abs=0.01)
    objects = {name: number for name, is_object, number, _ in camera_facts.classes(camera) if is_object}
    assert "walk" not in objects and "unknown" not in objects and objects["person"] > objects["bicycle"]
    tall = camera_facts.heights(camera)["person"]
    assert (tall > 0).all() and len(tall) == 1200
    assert camera_facts.places(camera, "person").shape == (360, 640, 3)
    edges, shares = camera_facts.score_shares(camera.normality.quantiles)
    inside = shares[edges[1:] <= camera.normality.quantiles[50]].sum()
    assert shares.sum() == pytest.approx(1.0) and inside == pytest.approx(0.5, abs=0.08)


def test_the_loss_is_drawn_where_it_was_kept():
    made.camera()
    assert "Not kept for this camera" in captions(view("street", "Training"))
    losses.write(load("street").folder, ["a", "b"], [{"x": 2.0}, {"x": 1.0, "held out": 1.5}])
    at = view("street", "Training")
    assert charts(at) == 1 and "Not kept" not in captions(at)
    (load("street").folder / losses.FILE).write_text("{")
    assert "losses.json cannot be used" in html(view("street", "Training")).lower()


def test_a_training_at_work_shows_its_loss_and_all_its_stages():
    stage = {"name": "learning", "unit": "windows", "done": 30, "total": 90, "left": 12.0, "state": "now"}
    told = Progress(30, 90, 0.0, "learning", "windows", left=90.0, share=0.25)
    training("running", told, "Learning: epoch 2 of 9, loss 0.1", summary={"stages": [stage]})
    work = files.home() / "cameras" / "yard" / losses.WORK
    losses.write(work, ["a", "a"], [{"x": 2.0}, {"x": 1.0}])
    for at in (show("cameras"), show("cameras", camera="yard")):
        assert "30 of 90 windows" in html(at) and "about 10 s" in html(at) and charts(at) == 1


def test_a_clip_that_no_longer_looks_like_what_was_learnt_is_said():
    made.camera()
    assert "No clip of this camera was analysed yet" in " ".join(m.value for m in view("street", "Drift").markdown)
    run = made.done("monday.mp4", camera="street")
    facts = json.loads((run.folder / "run.json").read_text())
    files.write_json(run.folder / "run.json", facts | {"alike": 0.31})
    at = view("street", "Drift")
    assert "only 31 % of the background is alike" in html(at) and charts(at) == 1
    assert "monday.mp4: another picture" in [link.proto.label for link in at.get("page_link")]


def test_drift_is_of_frames_outside_events_and_by_the_normal_scores_of_then():
    run = finished_run.read(made.done().folder)
    found = drift.of_run(run)
    assert found.alike is None and found.ranks is not None and found.ranks[2] < 0.5 < 1.0
    assert found.lower and not found.moved, "half of the scores made by hand lie under every normal one"
    assert drift.ranks(run.scores[:20], run.facts.normality.quantiles) is None
    good = RunDrift(0.9, (0.2, 0.5, 0.8))
    assert drift.sentence([RunDrift(0.2, None), good]) == (
        "The newest clip looks like what was learnt. 1 of 1 earlier clips did not."
    )
    assert "is above 95 % of the normal scores" in drift.sentence([good, RunDrift(None, (0.9, 0.95, 0.99))])


@pytest.fixture
def kept(monkeypatch):
    inline.no_processes(monkeypatch)
    made.camera()
    return made.done("judged.mp4", camera="street")


def test_a_camera_is_learnt_again_and_a_form_that_fails_keeps_its_files(kept):
    at = view("street", "Learn again")
    assert "is not kept here" in html(at) and button(at, "Learn again").disabled
    at.multiselect[0].set_value([kept.id])
    at.file_uploader[0].upload("more.mp4", b"ordinary", "video/mp4")
    at.text_input[0].set_value("Two Words")
    fine(at.run())
    button(at, "Learn again").click()
    fine(at.run())
    assert "Camera name &#x27;Two Words&#x27; must be" in html(at) and trainings.trainings() == []
    assert at.multiselect[0].value == [kept.id] and at.file_uploader[0].value[0].name == "more.mp4"
    at.text_input[0].set_value("street")
    fine(at.run())
    button(at, "Learn again").click()
    fine(at.run())
    (job,) = trainings.trainings()
    assert (job.camera, job.clips, job.state) == ("street", ["judged.mp4", "more.mp4"], "queued")
    assert job.paths[0].read_bytes() == kept.path.read_bytes() and "Cancel" in labels(at)


def test_clips_whose_every_event_was_judged_false_are_chosen_beforehand(kept):
    mixed, unseen = made.done("mixed.mp4", camera="street"), made.done("unseen.mp4", camera="street")
    for run in (kept, mixed, unseen):
        index.put(run)
    of = {run.id: [row.key for row in index.rows() if row.run == run.id] for run in (kept, mixed, unseen)}
    reviews.add([*of[kept.id], of[mixed.id][0]], "Ann", verdict="false")
    at = view("street", "Learn again")
    assert at.multiselect[0].value == [kept.id]
    assert "judged.mp4, 2 events, 2 of 2 judged false" in at.multiselect[0].options[-1]
    assert "Chosen beforehand: 1 clip whose every event was judged a false alarm." in captions(at)
    assert "Not chosen beforehand: 1 clip of which some events" in captions(at)
    reviews.add(of[kept.id][:1], "Ben", verdict="true")
    at = view("street", "Learn again")
    assert at.multiselect[0].value == [] and "Chosen beforehand" not in captions(at).replace("Not chosen", "")
