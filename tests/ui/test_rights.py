"""What a role may not do is shown, but cannot be pressed: on each page, and in each call that draws such a widget."""

import ast
from collections import Counter

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import AccessError
from people import policy
from people.actor import ADMINISTRATOR, OWNER, REVIEWER, ROLES, VIEWER, Actor, acting, resolve_by
from pipeline.reviewing import cases, index
from pipeline.reviewing.rows import run_of
from tests.ui import made
from tests.ui.test_pages import ROOT, fine
from ui import rights

PRESSED = {"button", "form_submit_button", "action_button", "download_button", "data_editor", "file_uploader"}
LOOKED = {
    "drafts.py:first_upload": 1,
    "drafts.py:_uploader": 1,
    "event_filters.py:_calendar": 3,
    "event_filters.py:_day": 1,
    "event_filters.py:show": 1,
    "event_table.py:show": 1,
    "evaluation.py:_button": 1,
    "evaluation.py:_detection_form": 1,
    "evaluation.py:_explanation_form": 2,
    "evaluation_results.py:_exports": 2,
    "events.py:_card": 1,
    "exports.py:show": 1,
    "results.py:downloads": 1,
    "results.py:threshold_picker": 1,
    "runs.py:_confirm": 1,
    "storage.py:_confirm": 1,
}
"""Widgets, by the function that draws them, that change nothing but what is shown, or that stand in a form which is not
drawn at all for whoever may not send it."""


def _forms(tree):
    """Return the functions of a module, without those that draw nothing for whoever may not send their form."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [one for one in functions if not any("rights.allowed(" in ast.unparse(line) for line in one.body)]


def _asks(call):
    """Tell whether a widget is drawn with what the policy says, or with its caller's arguments."""
    given = [ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg in (None, "disabled")]
    return any(one in ("needed", "held", "more") or "rights.needs(" in one for one in given)


def test_each_widget_that_does_something_asks_the_policy_first():
    loose = Counter()
    for path in [ROOT / "app.py", *(ROOT / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        known = {node for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) for node in ast.walk(one)}
        pieces = [*_forms(tree), ast.Module([node for node in tree.body if node not in known], [])]
        for piece in pieces:
            for node in ast.walk(piece):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in PRESSED and not _asks(node):
                    loose[f"{path.name}:{getattr(piece, 'name', '')}"] += 1
    assert loose == LOOKED


def test_a_widget_says_by_the_policys_own_sentence_why_it_cannot_be_pressed():
    with acting(Actor("ann", VIEWER)):
        held = rights.needs(policy.DELETE, help="for good")
        with pytest.raises(AccessError) as refused:
            policy.require(policy.DELETE)
    assert held["disabled"] and held["help"].lower() == f"{refused.value}."
    with acting(Actor("ann", REVIEWER)):
        assert rights.needs(policy.DELETE, "ann", help="x") == {"disabled": False, "help": "x"}
        assert rights.needs(policy.DELETE, "ben")["disabled"]
    assert rights.needs(policy.DELETE, disabled=True, help="x") == {"disabled": True, "help": "x"}


def shown(page, **query):
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in query.items():
        at.query_params[key] = value
    at.switch_page(page)
    return fine(at.run())


def pressable(at):
    """Return the labels of the buttons of a page that can be pressed."""
    return {one.label for one in at.button if not one.disabled}


EXPECTED = {
    VIEWER: {"Runs": set(), "Queue": set(), "Run": {"Reset"}, "Cases": set()},
    REVIEWER: {"Runs": {"Resume"}, "Queue": {"Resume"}, "Run": {"Reset", "Reviewed", "True", "False", "Unsure"},
               "Cases": {"Remove", "Export the case", "Keep", "Close the case"}},
}  # fmt: skip
EXPECTED[ADMINISTRATOR] = {
    "Runs": {"Resume", "Delete", "Cancel"},
    "Queue": {"Resume", "Cancel", "Next", "Earlier", "Later"},
}
PAGES = {"Runs": "2_Runs", "Queue": "7_Queue", "Run": "1_Run", "Cases": "10_Cases"}
ALL = {label for pages in EXPECTED.values() for labels in pages.values() for label in labels}


def test_each_page_offers_what_the_role_may_do():
    done = made.done("done.mp4")
    made.ended("interrupted", name="stopped.mp4")
    for name in ("waits.mp4", "waits too.mp4"):
        made.queued(name)
    index.fill(index.missing(), 60.0)
    with acting(OWNER):
        event = next(row.key for row in index.rows() if run_of(row.key) == done.id)
        cases.create("A case", "somebody", [event])
    try:
        for role in ROLES:
            resolve_by(lambda role=role: Actor(role, role))
            for name, expected in EXPECTED[role].items():
                offered = pressable(shown(f"pages/{PAGES[name]}.py", run=done.id)) & ALL
                assert offered == expected, (role, name)
    finally:
        resolve_by(None)


def test_a_viewer_is_told_why_there_is_no_form():
    resolve_by(lambda: Actor("ann", VIEWER))
    try:
        for page, refused in (("app.py", policy.UPLOAD), ("pages/3_Cameras.py", policy.TRAIN),
                              ("pages/4_Evaluation.py", policy.EVALUATE)):  # fmt: skip
            at = shown(page)
            assert f"The role viewer may not {refused}" in " ".join(one.value for one in at.caption)
            assert not at.get("file_uploader"), page
    finally:
        resolve_by(None)
