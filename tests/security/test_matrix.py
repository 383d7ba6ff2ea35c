"""Every address and every action, for every role, on one's own cameras' objects and on foreign ones."""

import io
import itertools

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from core.errors import AccessError, InputError
from jobs import queue as job_queue
from jobs.store import JobStore
from people import accounts, passwords, policy
from people.actor import ADMINISTRATOR, NOBODY, OWNER, REVIEWER, ROLES, VIEWER, acting, resolve_by
from people.exposure import Exposure
from pipeline import playback, store, thresholds
from pipeline import storage as kept
from pipeline.camera import cameras, load
from pipeline.evaluation import evaluations
from pipeline.evaluation.evaluations import EvaluationRequest
from pipeline.explaining import explanations
from pipeline.export import exports
from pipeline.kinds import queue
from pipeline.reviewing import cases, desk, index, labels, reviews, severity
from pipeline.training import trainings
from tests.ui import made
from tests.ui.test_pages import ROOT, html
from ui import gate, media, sign_in

OWN, FOREIGN = "plaza", "ucsd-ped2"
SECRET = "foreign-clip.mp4"
SENTENCE = "a long sentence is easy to keep"


class Started(Exception):
    """An action was allowed: a worker would start now."""


@pytest.fixture(autouse=True)
def _people(monkeypatch):
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    for role in ROLES:
        accounts.add(role, role, SENTENCE)
        accounts.set_cameras(role, [OWN])

    def start(*_, **__):
        raise Started

    monkeypatch.setattr(job_queue.subprocess, "Popen", start)


@pytest.fixture
def runs():
    found = {OWN: made.done("own-clip.mp4", camera=OWN), FOREIGN: made.done(SECRET, camera=FOREIGN)}
    index.fill(index.missing(), 60.0)
    return found


def actor(role):
    return accounts.get(role).actor()


def event_of(run):
    with acting(OWNER):
        return next(row.key for row in index.rows() if row.run == run.id)


def upload(run):
    store.create(io.BytesIO(b"a clip"), "new.mp4")


def analyse(run):
    with acting(OWNER):
        JobStore().request_cancel(run.id)
    queue().add(store.Run, store.new_id(), "new", "runs/new", {"camera": run.camera, "extension": "mp4"})


def case(run):
    cases.create("a case", "somebody", [event_of(run)])


def label(run):
    labels.csv_labels([one for one in desk.listed(()) if one.row.run == run.id] or _none())


def _none():
    raise InputError("there is no event of that run")


def explain(run):
    request = explanations.ExplanationRequest("occlusion", 1, False, None)
    found = store.get(run.id)
    directory = f"{found.directory}/explanations/00000001"
    queue().add(explanations.Explanation, store.new_id(), "frame", directory, vars(request), f"{run.id}/1")


def delete_and_keep(run):
    store.get(run.id)
    policy.require(policy.DELETE)
    kept.remove([])


ACTIONS = {
    "upload": (upload, REVIEWER), "analyse": (analyse, REVIEWER),
    "review": (lambda run: reviews.add([event_of(run)], "x", verdict="true"), REVIEWER),
    "case": (case, REVIEWER), "export": (lambda run: exports.submit([run.id]), REVIEWER),
    "labels": (label, REVIEWER), "explain": (explain, REVIEWER),
    "evaluate": (lambda run: evaluations.submit(EvaluationRequest("camera", run.camera, "plaza")), REVIEWER),
    "train": (lambda run: trainings.submit("new", [("a.mp4", io.BytesIO(b"a"))], None, 1.0), ADMINISTRATOR),
    "learn again": (lambda run: trainings.learn_again(run.camera, "new", [], [("a.mp4", io.BytesIO(b"a"))], None, 1.0),
                    ADMINISTRATOR),
    "delete": (lambda run: store.delete(run.id), ADMINISTRATOR), "clean up": (delete_and_keep, ADMINISTRATOR),
    "threshold": (lambda run: thresholds.set_threshold(run.camera, 3.0), ADMINISTRATOR),
    "alarms": (lambda run: thresholds.retune(run.camera, 3.0), ADMINISTRATOR),
    "rules": (lambda run: severity.save([]), ADMINISTRATOR),
    "order": (lambda run: queue().advance(run.id), ADMINISTRATOR),
    "move": (lambda run: queue().move(run.id, 1), ADMINISTRATOR),
    "look": (lambda run: store.get(run.id), VIEWER),
    "copy": (lambda run: queue().add(
        playback.Playback, store.new_id(), "x", f"{run.directory}/playback", {}, run.id), VIEWER),
}  # fmt: skip
"""Action to what does it to a run or its camera, and the least role that may."""
OF_NO_RUN = {"upload", "train", "rules", "order", "move"}


@pytest.mark.parametrize("whose", [OWN, FOREIGN])
@pytest.mark.parametrize("role", ["", *ROLES])
def test_every_action_in_every_role_on_own_and_foreign_objects(monkeypatch, runs, role, whose):
    monkeypatch.setattr("pipeline.thresholds.save", lambda camera: None)
    wrong = []
    for name, (do, least) in ACTIONS.items():
        allowed = role in ROLES and ROLES.index(role) >= ROLES.index(least)
        there = whose == OWN or role == ADMINISTRATOR or name in OF_NO_RUN
        try:
            with acting(actor(role) if role else NOBODY):
                do(runs[whose])
            got = "done"
        except Started:
            got = "done"
        except AccessError:
            got = "refused"
        except InputError as error:
            got = "not there" if any(w in str(error) for w in ("there is no", "unknown camera")) else f"failed: {error}"
        if name == "delete" and got == "done":
            runs[whose] = made.done("again.mp4", camera=whose)
            index.fill(index.missing(), 60.0)
        expected = {"done"} if allowed and there else {"not there"} if allowed else {"refused", "not there"}
        if got not in expected:
            wrong.append((name, got))
    assert wrong == []


def browser(role):
    app = gate.Gate(Starlette(routes=list(media.ROUTES)), Exposure(sign_in=True))
    made_client = TestClient(app, "http://127.0.0.1:8501", follow_redirects=False)
    if role:
        answer = made_client.post(sign_in.IN, data={"name": role, "password": SENTENCE},
                                  headers={"origin": "http://127.0.0.1:8501"})  # fmt: skip
        assert answer.status_code == 303
    return made_client


@pytest.mark.parametrize("role", ["", *ROLES])
def test_every_address_of_a_run_in_every_role(runs, role):
    asking = browser(role)
    with acting(OWNER):
        shown = {run.id: next(row.shown for row in index.rows() if row.run == run.id) for run in runs.values()}
    owners = TestClient(Starlette(routes=list(media.ROUTES)), "http://127.0.0.1:8501")
    for route in media.ROUTES:
        for whose, run in runs.items():
            path = route.path.format(run=run.id, chunk=0, frame=shown[run.id])
            answer, full = asking.get(path), owners.get(path)
            assert "there is no run" not in full.text
            if not role:
                assert (answer.status_code, answer.text) == (401, "sign in first"), path
            elif whose == FOREIGN and role != ADMINISTRATOR:
                assert answer.status_code == 404, path
                assert answer.text == f"there is no run {run.id!r}; it may have been deleted"
            else:
                assert (answer.status_code, answer.content) == (full.status_code, full.content), path


PAGES = ["app.py", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "pages").glob("[0-9]*.py"))]


def shown(page, query):
    """Return all that a page tells."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    at.switch_page(page)
    at.run()
    assert not at.exception
    return f"{at} {html(at)} {[table.value.to_json() for table in at.dataframe]}"


@pytest.mark.parametrize("page", ["pages/2_Runs.py", "pages/9_Events.py"])
def test_the_pages_tell_an_administrator_of_them(runs, page):
    resolve_by(lambda: actor(ADMINISTRATOR))
    try:
        assert SECRET in shown(page, {"run": runs[FOREIGN].id})
    finally:
        resolve_by(None)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_tells_a_viewer_of_foreign_objects(runs, page):
    with acting(OWNER):
        cases.create("Foreign case", "somebody", [event_of(runs[FOREIGN])])
        exports_of = {"runs": [runs[FOREIGN].id], "blur": "none"}
        JobStore().create(exports.Export, store.new_id(), SECRET, "exports/x", exports_of, state="done")
        foreign = made.queued(SECRET, camera=FOREIGN)
    resolve_by(lambda: actor(VIEWER))
    try:
        for query in ({}, {"run": runs[FOREIGN].id}, {"camera": FOREIGN}, {"clip": foreign.id}):
            told = shown(page, query)
            for hidden in (SECRET, "Foreign case", *([] if query.get("camera") else [FOREIGN])):
                assert hidden not in told.replace("UCSD", ""), (page, query, hidden)
    finally:
        resolve_by(None)


def test_lists_hold_what_is_ones_own(runs):
    with acting(OWNER):
        foreign, own = (cases.create(name, "x", [event_of(runs[who])]) for name, who in (("F", FOREIGN), ("O", OWN)))
        mixed = cases.create("M", "x", [event_of(run) for run in runs.values()])
        export = JobStore().create(exports.Export, "20261130-120000-abcdef", "both", "exports/x",
                                   {"runs": [run.id for run in runs.values()]}, state="done")  # fmt: skip
    assert export
    with acting(actor(REVIEWER)):
        assert [run.id for run in store.runs()] == [runs[OWN].id]
        assert {row.camera for row in index.rows()} == {one.row.camera for one in desk.listed(())} == {OWN}
        assert index.get(event_of(runs[FOREIGN])) is None and index.get(event_of(runs[OWN])) is not None
        assert list(cameras()) == [OWN] and exports.exports() == []
        assert [one.id for one in cases.cases()] == [own]
        ways = (cases.get, lambda one: cases.note(one, "x", "y"), lambda one: cases.close(one, "x"),
                lambda one: cases.rename(one, "x", "y"), lambda one: cases.add(one, "x", []))  # fmt: skip
        for hidden, do in itertools.product((foreign, mixed), ways):
            with pytest.raises(InputError, match="there is no case"):
                do(hidden)
        with pytest.raises(InputError, match="there is no run"):
            cases.add(own, "x", [event_of(runs[FOREIGN])])
        with pytest.raises(InputError, match="unknown camera"):
            load(FOREIGN)
        with pytest.raises(InputError, match="unknown camera"):
            load(str(ROOT / "assets" / "cameras" / FOREIGN))
    with acting(actor(ADMINISTRATOR)):
        assert len(store.runs()) == 2 and len(cases.cases()) == 3 and len(exports.exports()) == 1
    assert index.missing() == [] and len(index.rows()) > 0


def test_looking_at_the_index_forgets_no_foreign_run(runs):
    with acting(actor(VIEWER)):
        assert index.missing() == []
    assert {row.camera for row in index.rows()} == {OWN, FOREIGN}


def test_reviews_are_kept_in_the_name_of_the_account(runs):
    event = event_of(runs[OWN])
    with acting(actor(REVIEWER)):
        reviews.add([event], "The Administrator", verdict="false")
        case_id = cases.create("Mine", "The Administrator", [event])
    assert [one.reviewer for one in reviews.of(event).records] == [REVIEWER]
    assert {one.who for one in cases.get(case_id).records} == {REVIEWER}


def test_a_draft_is_its_owners_until_it_has_a_camera():
    with acting(actor(REVIEWER)):
        draft = store.create(io.BytesIO(b"a clip"), "mine.mp4")
        assert draft.owner == REVIEWER
    accounts.add("other", REVIEWER, SENTENCE)
    accounts.set_cameras("other", [OWN])
    with acting(actor("other")), pytest.raises(InputError, match="there is no run"):
        store.get(draft.id)
    with acting(actor(REVIEWER)), pytest.raises(InputError, match="there is no camera"):
        store.start(draft.id, FOREIGN)
    with acting(actor(REVIEWER)):
        store.delete(draft.id)


def test_a_reviewer_cancels_own_jobs_alone():
    with acting(actor(REVIEWER)):
        mine = made.queued("mine.mp4", camera=OWN)
        assert queue().cancel(mine.id)
    others = made.queued("others.mp4", camera=OWN)
    with acting(actor(REVIEWER)), pytest.raises(AccessError):
        queue().cancel(others.id)
    with acting(actor(REVIEWER)):
        assert queue().before(mine.id) == 0 and [job.id for job in queue().line()] == [mine.id, others.id]
