"""Where a joined score lies: boxes of things, and the heat in nats."""

from dataclasses import replace

import numpy as np
import pytest

from core.equivalence import Equivalence
from pipeline.evaluation.heat import Mapped, localise
from pipeline.evaluation.located import Located, NatScale

SCALE = NatScale(Equivalence((1.0, 2.0, 6.0), (2.0, 4.0, 12.0)))


def thing(frame, x1, y1, x2, y2, nats):
    return [frame, x1, y1, x2, y2, nats]


def located(*things, pixels=None, scale=SCALE):
    return Located(np.array(things, np.float64).reshape(-1, 6), pixels, scale)


def test_the_hottest_cell_has_the_nats_of_its_frame():
    made = np.array([[[1.0, 10.0]], [[5.0, 5.0]], [[0.0, 3.0]]], np.float32)
    nats = located(pixels=np.array([12.0, 4.0, np.nan], np.float32)).in_nats(made)
    assert nats[0].tolist() == [[1.0, 6.0]]  # ten decibels less are a score of 2
    assert nats[1].tolist() == [[2.0, 2.0]] and nats[2].tolist() == [[0.0, 0.0]]
    plain = located(pixels=np.array([12.0, 4.0, 0.0], np.float32), scale=NatScale(SCALE.equivalence, decibels=False))
    assert plain.in_nats(made)[0] == pytest.approx(np.array([[0.6, 6.0]]))
    assert located().in_nats(made).tolist() == np.zeros((3, 1, 2)).tolist()


def test_boxes_are_painted_where_they_have_more():
    here = located(
        thing(0, 0, 0, 8, 4, 3.0), thing(0, 4, 0, 8, 8, 1.0), thing(2, 3, 3, 5, 5, 9.0), thing(7, 0, 0, 8, 8, 5.0)
    )
    made = here.painted(np.full((3, 2, 2), 2.0, np.float32), 4)
    assert made[0].tolist() == [[3.0, 3.0], [2.0, 2.0]]
    assert made[1].tolist() == [[2.0, 2.0], [2.0, 2.0]]
    assert made[2].tolist() == [[9.0, 9.0], [9.0, 9.0]]


def test_a_thing_that_hardly_heats_the_picture_is_located_by_its_box():
    frames, truth = 40, np.zeros((40, 64, 64), bool)
    truth[20:, 16:40, 8:24] = True
    heat = np.random.default_rng(0).random((frames, 16, 16)).astype(np.float16)
    clip = Mapped(heat, 4, lambda f: truth[f], truth.reshape(frames, -1).any(1))
    boxes = [thing(frame, 8, 16, 24, 40, 4.0) for frame in range(20, frames)]
    before = localise([clip]).as_json()
    after = localise([replace(clip, located=located(*boxes, pixels=np.ones(frames, np.float32)))]).as_json()
    assert before["rbdc"] < 0.6 and after["rbdc"] > 0.99 and after["tbdc"] > 0.99 and after["pixel_auc"] > 0.99
    assert "boxes of things" in after["protocol"] and "boxes of things" not in before["protocol"]


def test_rows_of_another_form_are_refused():
    with pytest.raises(ValueError, match=r"things must be \(M, 6\)"):
        Located(np.zeros((2, 5)), None, SCALE)
