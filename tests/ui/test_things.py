"""Unusual attributes on the page of a run: with and without, and with a hostile name."""

from tests.explain.causes.made import RANGE, row, scored
from tests.ui import made
from tests.ui.test_pages import html, show

NASTY = "<script>alert(1)</script>"


def with_things(*rows):
    run = made.done()
    scored(rows, range(0, made.FRAMES, 5), {"glide": RANGE}).save(run.folder / "things.npz")
    return run


def test_the_page_of_a_run_without_attributes_says_nothing_of_them():
    at = show("run", run=made.done().id)
    assert 'class="card attributes"' not in html(at) and "by its attributes" not in html(at)
    assert not [one for one in at.markdown if "attributes" in one.value]


def test_the_page_shows_attributes_in_words_with_strips():
    step = 5.0 * 30 / made.FPS  # five heights of 30 pixels a second
    boxes = {frame: (step * (frame - 130), 10, 75 + step * (frame - 130), 40) for frame in range(130, 175, 5)}
    rows = [row(frame, 3, box=box, nats=(0, 20, 0, 5, 0), values=(5.0, 0.5)) for frame, box in boxes.items()]
    text = html(show("run", run=with_things(*rows).id))
    assert "faster than all of 900 boxes) with legs still: riding" in text
    assert "Strangest by its attributes: a person moves 5.0 times as fast as persons usually do here" in text
    assert text.count('<img class="strip" src="data:image/svg+xml;base64,') == 2
    assert "25.0" in text


def test_hostile_labels_stay_text():
    rows = [
        row(150, 3, NASTY, nats=(4, 20, 0, 0, 0)),
        *(row(155, 10 + i, "dog", nats=(0, 30, 0, 0, 0)) for i in range(9)),
    ]
    text = html(show("run", run=with_things(*rows).id))
    assert "<script>" not in text
    assert "4 less unusual things in the report" in text.lower()
    one = html(show("run", run=with_things(rows[0]).id))
    assert "<script>" not in one and "&lt;script&gt;alert(1)&lt;/script&gt;" in one
