"""The count of staged texts and weather, and the page that it is set on."""

import numpy as np
import pytest

from benchmarks import overlays
from benchmarks._staged_weather import STYLES, TWINS, Scene
from core.records import Event


def test_what_is_told_beside_an_own_event_is_false_and_what_is_not_told_is_lost():
    row, own = overlays.Row("rain"), [Event(100, 119, 110, 5.0)]
    overlays.count(row, "a", own, [Event(20, 29, 25, 5.0), Event(95, 109, 100, 5.0)], 200, 10.0)
    overlays.count(row, "b", own, [], 200, 10.0)
    assert row.twins == 2 and row.wrong == ["a: 1.0 s"] and row.lost == ["b"]
    assert row.table()["of their seconds"] == "25%"


def test_the_page_names_its_half_and_what_is_wrong():
    row = overlays.Row("rain", 2, ["a: 1.0 s"], 1.0, 2, ["b"], 0.5)
    page = overlays.page({"unseen": [row]})
    assert "bench overlays unseen --root" in page and "| rain | 2 | 1 | 1.0 s | 2 | 1 | 25% |" in page
    assert "- rain: false in a: 1.0 s" in page and "- rain: an event of b is lost" in page


@pytest.mark.parametrize("half", STYLES)
@pytest.mark.parametrize("kind", TWINS)
def test_what_is_staged_is_drawn_the_same_each_time(kind, half):
    images = np.full((20, 120, 180, 3), 90, np.uint8)
    first, again = (TWINS[kind](Scene(images, 10.0, np.random.default_rng(3), half)) for _ in range(2))
    assert np.array_equal(first, again) and not np.array_equal(first, images) and (images == 90).all()
