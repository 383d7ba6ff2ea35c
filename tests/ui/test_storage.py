"""The page of storage: sizes, a clean-up with its preview, and what it leaves alone."""

from streamlit.testing.v1 import AppTest

from core import files
from pipeline import playback, storage, store
from tests.ui import made
from tests.ui.test_pages import ESCAPED, ROOT, fine, html
from ui import storage as page


def show():
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    at.switch_page("pages/8_Storage.py")
    page._size.clear()
    return fine(at.run())


def copied(run, size=5_000_000):
    playback.clip(run).parent.mkdir()
    playback.clip(run).write_bytes(b"p" * size)
    return run


def test_an_empty_store_says_what_to_do_next():
    assert [s.value for s in show().subheader] == ["Nothing is kept yet", "What is kept where"]


def test_what_a_clean_up_would_remove_is_shown_and_only_then_removed(monkeypatch):
    run, busy = copied(made.done()), made.running("busy.mp4")
    monkeypatch.setitem(storage.PROTECTORS, "in a case", lambda: {busy.id})
    at = show()
    assert ESCAPED in html(at) and "<script>" not in html(at)
    assert "Nothing would be removed." in [c.value for c in at.caption], "nothing is older than a month"
    at.number_input[1].set_value(0.001)
    fine(at.run())
    told = "1 playback copy, 5.0 MB"
    assert f"What would be removed: {told}" in [e.label for e in at.expander]
    assert playback.clip(run).exists()
    next(b for b in at.button if b.label == f"Remove {told}").click()
    fine(at.run())
    at.button("really").click()
    fine(at.run())
    assert f"Removed: {told}." in html(at)
    assert not playback.clip(run).exists() and {one.id for one in store.runs()} == {run.id, busy.id}
    at.multiselect[0].set_value([storage.RUN])
    at.number_input[1].set_value(0.000001)
    fine(at.run())
    assert any(e.label.startswith("What would be removed: 1 run, ") for e in at.expander), "not the one at work"


def test_several_things_are_counted_by_kind():
    found = [storage.Kept(what, made.draft(), 10**9, 0, 0.0, "") for what in (storage.COPY, storage.RUN, storage.COPY)]
    assert page.tally(found) == "2 playback copies, 1 run, 3.0 GB"


def test_a_damaged_file_that_was_put_aside_is_named():
    path = files.folder(files.home()) / "index.damaged-20261130-120000.sqlite"
    path.write_bytes(b"damaged")
    said = html(show())
    assert str(path) in said and "made anew of the runs" in said
