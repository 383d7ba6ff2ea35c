import numpy as np
import pytest

from core.analysis import Cause
from core.records import Detections, Evidence
from explain.report.overlay import FIRST, OTHERS, PALETTE, blend, heat_layer, level, overlay, surest_actions


def rows(vocabulary, *found):
    boxes = np.array([box for _, box, _ in found], np.float32).reshape(-1, 4)
    return Detections(0, boxes, tuple(n for n, _, _ in found), np.array([c for *_, c in found], np.float32), vocabulary)


def frame(objects=(), actions=(), width=160, height=90, heat=0.0):
    image = np.full((height, width, 3), 100, np.uint8)
    hot = np.full((height, width), heat, np.float32)
    return Evidence(0, 1.0, image, hot, rows("COCO", *objects), rows("AVA", *actions))


def test_the_scale_is_absolute():
    heat = np.array([[0.02, 0.05]], np.float32)
    assert level(heat, 0.001)[0, 0] == level(heat[:, :1], 0.001)[0, 0]
    assert level(heat, 0.0)[0, 1] == 1.0
    assert not level(np.zeros((2, 2), np.float32), 0.0).any()
    assert not level(np.full((2, 2), 0.5, np.float32), 0.5).any()


def test_colours_grow_lighter_without_a_step_back():
    light = PALETTE.astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > -0.5).all() and light[-1] > light[0] + 120


def test_no_heat_leaves_the_picture_as_it_is():
    calm = frame(width=1000, heat=0.01)
    assert np.array_equal(overlay(calm, normal=0.01), calm.image)
    assert heat_layer(calm.heat, 0.01)[..., 3].max() == 0


def test_strong_heat_takes_its_colour():
    layer = heat_layer(np.full((4, 4), 9.0, np.float32), 0.01, 1.0)
    assert np.array_equal(blend(np.zeros((4, 4, 3), np.uint8), layer)[0, 0], PALETTE[255])
    hot = frame(width=1000, heat=9.0)
    assert np.array_equal(overlay(hot, normal=0.01, strength=0.0), hot.image)


def test_small_frames_are_enlarged_and_boxes_with_them():
    seen = frame((("bicycle", (20, 20, 60, 60), 0.9),))
    drawn = overlay(seen, strength=0.0, boxes=True)
    assert drawn.shape == (540, 960, 3) and drawn.dtype == np.uint8
    changed = np.argwhere((drawn != 100).any(axis=2))
    assert 100 <= changed[:, 0].min() <= 121 and 357 <= changed[:, 0].max() <= 364
    assert (overlay(seen, strength=0.0) == 100).all()


def thing(box, fine="bicycle", frame=0):
    return Cause("object", fine, 1.0, 0.5, 0.9, box, frame, frame, ((frame, box),))


def test_each_cause_is_drawn_in_its_own_box_if_it_is_in_the_frame():
    here, elsewhere = thing((20.0, 20.0, 60.0, 60.0)), thing((90.0, 20.0, 150.0, 60.0), "dog", frame=5)
    drawn = overlay(frame(), [here, elsewhere], strength=0.0)
    changed = np.argwhere((drawn != 100).any(axis=2))
    assert 357 <= changed[:, 0].max() <= 364 and changed[:, 1].max() < 480
    assert (drawn == FIRST).all(axis=2).any() and not (drawn == OTHERS).all(axis=2).any()
    second = overlay(frame(), [elsewhere, here], strength=0.0)
    assert (second == OTHERS).all(axis=2).any() and not (second == FIRST).all(axis=2).any()


@pytest.mark.parametrize(
    "box",
    [(-50, -50, 500, 500), (300, 300, 400, 400), (5, 5, 5, 5), (9, 9, 2, 2), (np.nan, 0, 5, 5), (0, 0, np.inf, 5)],
)
def test_any_box_can_be_drawn(box):
    seen = frame((("person", box, 0.9),), (("run/jog", box, 0.5),))
    assert overlay(seen, [thing(tuple(map(float, box)))], boxes=True).shape == (540, 960, 3)
    assert seen.image.max() == 100


def test_a_person_carries_the_surest_action():
    objects = rows("COCO", ("person", (0, 0, 9, 9), 0.9), ("dog", (0, 0, 9, 9), 0.9), ("person", (5, 5, 9, 9), 0.9))
    actions = rows("AVA", ("walk", (0, 0, 9, 9), 0.2), ("run/jog", (0, 0, 9, 9), 0.7), ("sit", (0, 0, 9, 9), 0.1))
    assert surest_actions(objects, actions) == [("run/jog", pytest.approx(0.7)), None, None]


def test_strength_is_a_share():
    with pytest.raises(ValueError, match=r"strength must be between 0 and 1, got 2"):
        overlay(frame(), strength=2)


def lightness(colours):
    """Return L* of sRGB colours (N, 3) uint8, by CIE 1976."""
    share = colours.astype(float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    light = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(light > (6 / 29) ** 3, 116 * np.cbrt(light) - 16, light * (29 / 3) ** 3)


DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
"""What remains of linear RGB with each deficiency in full, by Machado, Oliveira and Fernandes (2009)."""


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_the_colours_of_heat_grow_lighter_evenly_for_everyone(kind):
    share = PALETTE.astype(float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(DEFICIENCIES[kind]).T, 0, 1)
    shown = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    light = lightness(np.rint(255 * shown).astype(np.uint8))
    steps = np.diff(light[::8])
    assert (steps > 0).all(), "more heat is lighter, also in grey"
    assert light[-1] - light[0] > 70 and steps.max() < 3 * np.median(steps)
