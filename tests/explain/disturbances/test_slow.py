"""What comes little by little is told from where it began; parts of a picture that are lost, and single pictures."""

import cv2
import numpy as np
import pytest

from benchmarks import _staged_pictures as pictures
from benchmarks import _staged_views as views
from benchmarks.disturbances import watch
from core.clock import Clock
from explain.disturbances.registration import similarity
from explain.disturbances.thumbnails import Thumbnail
from tests.explain.disturbances.twins import FPS, plain, take, told

SECOND = round(FPS)


def only(found, kind):
    assert [one[0] for one in found] == [kind], found
    return found[0]


def enlarged(image, zoom, degrees):
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, zoom)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize(("zoom", "degrees"), [(1.1, 0), (1.5, 0), (0.8, 0), (1, 3), (1, -9)])
def test_how_far_a_picture_is_enlarged_and_turned_is_measured(zoom, degrees):
    one, other = Thumbnail.of(plain()[5]).grey, Thumbnail.of(enlarged(plain()[60], zoom, degrees)).grey
    found = similarity(one, other)
    assert found is not None
    assert found.zoom == pytest.approx(zoom, rel=0.04) and found.degrees == pytest.approx(degrees, abs=1)


@pytest.mark.parametrize("other", [lambda: plain()[60], lambda: plain(2, 40)[5], lambda: plain()[60] // 3])
def test_what_is_neither_enlarged_nor_turned_is_no_such_thing(other):
    assert similarity(Thumbnail.of(plain()[5]).grey, Thumbnail.of(other()).grey) is None


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (lambda t: views.turned(t, 40, 4 * SECOND, zoom=1.45), "zoomed in, "),
        (lambda t: views.turned(t, 40, 3 * SECOND, zoom=0.8), "zoomed out, "),
        (lambda t: views.turned(t, 40, 3 * SECOND, degrees=8), "turned by 8 degrees"),
    ],
    ids=["in", "out", "turned"],
)
def test_a_slow_zoom_or_turn_is_a_move_that_begins_with_it(stage, said):
    images, (truth,) = stage(take())
    _, start, end, sentence, lasting = only(told(images), "moved")
    assert -0.5 <= start - truth.start <= 0.3 and abs(end - truth.end) <= 0.8
    assert said in sentence and lasting


@pytest.mark.parametrize(
    ("stage", "kind"),
    [
        (lambda t: pictures.covered(t, 40, 5 * SECOND, "cloth", 2.0), "covered"),
        (lambda t: pictures.covered(t, 40, 5 * SECOND, "hand", 2.0), "covered"),
        (lambda t: pictures.slab(t, 40, 4 * SECOND, SECOND), "covered"),
        (lambda t: pictures.cloud(t, 40, 4 * SECOND, 0.55), "light"),
        (lambda t: pictures.light(t, 40, 0.6, "ramp", 3 * SECOND), "light"),
    ],
    ids=["cloth", "hand", "slab", "cloud", "exposure"],
)
def test_a_slow_change_is_told_from_where_it_began(stage, kind):
    """What lies between would be an event with a cause that is made up."""
    images, (truth,) = stage(take())
    _, start, end, _, _ = only(told(images), kind)
    assert -0.4 <= start - truth.start <= 0.3 and -0.3 <= end - truth.end <= 1.0


@pytest.mark.parametrize(("how", "upper"), [("grey", False), ("green", False), ("black", True)], ids=str)
def test_a_part_that_is_lost_is_no_picture(how, upper):
    images, (truth,) = pictures.partly(take(), 50, 3 * SECOND, how, upper)
    _, start, end, said, lasting = only(told(images), "no picture")
    assert abs(start - truth.start) < 0.1 and abs(end - truth.end) < 0.1 and not lasting
    assert said.startswith(f"the {'upper' if upper else 'lower'} part of the picture was lost from ")


def test_a_part_that_repeats_in_a_picture_with_noise_is_no_picture():
    rng, source = np.random.default_rng(0), take()
    noisy = np.clip(source.images + rng.normal(0, 2, source.images.shape), 0, 255).astype(np.uint8)
    images, (truth,) = pictures.partly(views.Take(noisy, FPS, rng, noisy), 50, 3 * SECOND, "held")
    (found,) = watch(images, FPS).finish(Clock.steady(FPS, len(images)))
    assert found.kind == "no picture" and "lower part" in found.summary
    assert abs(found.start - truth.start) < 0.2 and abs(found.end - truth.end) < 0.2


@pytest.mark.parametrize("how", ["black", "blue"])
def test_a_single_lost_picture_is_told(how):
    images, (truth,) = pictures.lost(take(), 60, 1, how)
    _, start, end, _, _ = only(told(images), "no picture")
    assert (start, end) == (round(truth.start, 2), round(truth.end, 2))
