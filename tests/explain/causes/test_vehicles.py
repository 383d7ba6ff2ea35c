"""What vehicles do by their tracks: sideways, towards the camera, standing, turning, and where it cannot be told."""

import math

import numpy as np
import pytest

from core.clock import Clock
from core.normality import Places
from core.records import Tube
from explain.causes._locations import oddness
from explain.causes._vehicles import doings, travel

CLOCK, SIZE = Clock.steady(25.0, 2000), (2000, 1000)


def tube(where, samples, label="car", shake=0.02, seed=0):
    """A track of a box whose (x of the middle, y of the lower edge, height) at each second is ``where`` of it."""
    random, frames = np.random.default_rng(seed), np.arange(samples) * 5
    x, y, high = np.array([where(second) for second in frames / 25.0]).T
    boxes = np.stack([x - 0.8 * high, y - high, x + 0.8 * high, y], 1)
    boxes += random.normal(0.0, shake, boxes.shape) * high[:, None]
    return Tube(label, frames.astype(np.int64), boxes.astype(np.float32), np.full(samples, 0.8, np.float32))


def seen(x, away, camera=6.0):
    """A car 1.5 m high on the road, ``x`` m to the side and ``away`` m off, from a camera so many metres up."""
    return 1000 + 1000 * x / away, 300 + 1000 * camera / away, 1500 / away


def round_the_corner(second):
    angle = min(max(second - 2.0, 0.0), 1.5) / 1.5 * math.pi / 2
    radius = 100 * 1.5 / (math.pi / 2)
    straight, after = 500 + 100 * min(second, 2.0), 100 * max(second - 3.5, 0.0)
    return straight + radius * math.sin(angle), 500 + radius * (1 - math.cos(angle)) + after, 40.0


def names(track):
    return {name for name, _ in doings(track, CLOCK, SIZE)}


@pytest.mark.parametrize(
    ("where", "samples", "right"),
    [
        (lambda s: (500 + 200 * s, 500, 40.0), 3, {"drive"}),
        (lambda s: seen(0, 100 - 20 * s), 12, {"drive"}),
        (lambda s: seen(0, 100 - 20 * s, camera=0.75), 12, {"drive"}),
        (lambda s: seen(2 + 3.5 / (1 + math.exp(4 - 2 * s)), 40 + 15 * s), 20, {"drive"}),
        (lambda s: (500, 500, 40.0), 16, {"stand"}),
        (lambda s: (500 + 100 * min(s, 2.0), 500, 40.0), 31, {"drive", "stand"}),
        (round_the_corner, 28, {"drive", "turn"}),
        (lambda s: (500 + 200 * s, 500, 40.0), 2, set()),
        (lambda s: (500, 500, 40.0), 7, set()),
        (lambda s: (500 + 100 * s, 500, 40.0) if s < 2 else (900 - 100 * s, 480, 40.0), 20, {"drive"}),
    ],
    ids=[
        "sideways", "towards", "towards, camera as high as the car", "changes lanes", "stands", "stops",
        "turns", "too short to drive", "too short to stand", "a track that jumps to another car",
    ],
)  # fmt: skip
def test_what_a_vehicle_does_is_told_from_its_track(where, samples, right):
    assert all(names(tube(where, samples, seed=seed)) == right for seed in range(5))


def test_a_sample_has_one_thing_that_is_done_at_most():
    rows = np.concatenate([rows for _, rows in doings(tube(round_the_corner, 28), CLOCK, SIZE)])
    assert len(set(rows.tolist())) == len(rows) <= 28
    stopped = dict(doings(tube(lambda s: (500 + 100 * min(s, 2.0), 500, 40.0), 31), CLOCK, SIZE))
    assert stopped["drive"].max() < stopped["stand"].min()


def test_boxes_that_shake_are_seldom_taken_for_a_vehicle_that_drives():
    still = [names(tube(lambda s: (500, 500, 40.0), 16, shake=0.05, seed=seed)) for seed in range(40)]
    assert sum("drive" in found for found in still) <= 2 and sum("stand" in found for found in still) >= 36


def test_nothing_is_said_of_persons():
    assert names(tube(lambda s: (500 + 200 * s, 500, 40.0), 9, "person")) == set()


def test_the_pace_of_a_vehicle_counts_its_growth():
    towards = tube(lambda s: seen(0, 100 - 20 * s, camera=0.75), 12, shake=0.0)
    assert travel(towards, CLOCK) == pytest.approx(0.26, abs=0.05)
    assert travel(tube(lambda s: (0, 0, 40.0), 2), CLOCK) == 0.0


def test_what_is_rare_at_a_camera_is_what_its_vehicles_seldom_do():
    road = {"car": Places((), (), (), tuple(np.linspace(1.0, 5.0, 101)), 80, 1000)}
    assert oddness("stand", "car", road) > 4.0 > 0.1 > oddness("drive", "car", road)
    assert oddness("turn", "car", road) == oddness("stand", "truck", road) == 0.0
