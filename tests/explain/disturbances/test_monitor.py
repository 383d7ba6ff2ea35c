"""What is told of the plaza's camera when faults are staged on it, each kind; and that nothing is told without one."""

import numpy as np
import pytest

from benchmarks import _staged as harmless
from benchmarks import _staged_pictures as pictures
from benchmarks import _staged_views as views
from benchmarks.disturbances import watch
from core.clock import Clock
from core.disturbance import DISTURBANCES
from core.records import Frames
from explain.disturbances.monitor import Monitor
from tests.explain.disturbances.twins import FPS, plain, take, told

SECOND = round(FPS)


def only(found, kind):
    assert [one[0] for one in found] == [kind], found
    return found[0]


@pytest.mark.parametrize("crf", [18, 33])
def test_nothing_is_told_of_a_quiet_camera(crf):
    assert told(plain(), crf=crf) == []


@pytest.mark.parametrize(
    "stage",
    [
        harmless.rain, harmless.snowfall, harmless.texts, harmless.flicker, harmless.smear, harmless.stutter,
        lambda t: harmless.lorry(t, 0.5, 0.0, False), lambda t: harmless.lorry(t, 0.45, 3.0, True),
        lambda t: harmless.repeated(t, 2), lambda t: harmless.repeated(t, 5),
    ],
    ids=["rain", "snow", "texts", "lamp", "smear", "stutter", "lorry", "plain lorry", "doubled", "five times"],
)  # fmt: skip
def test_nothing_is_told_of_what_is_not_the_camera(stage):
    assert told(stage(take())[0]) == []


def test_nothing_is_told_of_key_frames_that_pulse():
    assert told(plain(), crf=36, g=10, bf=0, x264opts="scenecut=0") == []


@pytest.mark.parametrize("pixels", [8, 16, 30])
def test_a_move_is_told_with_its_size(pixels):
    _, start, _, said, lasting = only(told(views.moved(take(), 50, pixels)[0]), "moved")
    assert (start, lasting) == (50 / FPS, True)
    assert said.startswith("the camera was moved at 4.0 s; what follows is not comparable (the view lies ")
    assert abs(int(said.split()[-3]) - pixels * 320 / 360) <= 2


def test_a_move_back_ends_it():
    first, second = told(views.moved(take(), 40, 16, back=90)[0])
    assert (first[0], first[1], first[4]) == ("moved", 40 / FPS, True)
    assert (second[1], second[3], second[4]) == (90 / FPS, "the camera was moved back at 7.2 s", False)


@pytest.mark.parametrize(
    "stage",
    [
        lambda: views.moved(take(), 110, 16),
        lambda: views.moved(take(), 9, 16),
        lambda: views.turned(take(), 60, degrees=7),
        lambda: views.turned(take(), 60, zoom=1.3),
        lambda: views.elsewhere(take(), 60),
    ],
    ids=["near the end", "near the start", "turned", "zoomed", "another place"],
)
def test_another_view_is_a_move(stage):
    images, (truth,) = stage()
    _, start, _, _, lasting = only(told(images), "moved")
    assert abs(start - truth.start) < 0.1 and lasting


def test_a_pan_is_one_move_that_lasts_as_long():
    images, (truth,) = views.moved(take(), 30, 25, ramp=3)
    _, start, end, _, _ = only(told(images), "moved")
    assert abs(start - truth.start) < 0.6 and abs(end - truth.end) < 0.6


@pytest.mark.parametrize("how", ["jitter", "sway", "bump"])
def test_a_shake_is_told(how):
    images, (truth,) = views.shaken(take(), 40, 3 * SECOND, 5 if how != "bump" else 9, how)
    _, start, end, said, lasting = only(told(images), "shaken")
    assert said.startswith("the camera shook from ") and not lasting
    assert abs(start - truth.start) < 0.4 and abs(end - truth.end) < 1.2


@pytest.mark.parametrize(("gain", "how"), [(1.6, "decays"), (0.65, "step"), (1.4, "pulse"), (0.6, "ramp")])
def test_a_change_of_light_is_told(gain, how):
    images, (truth,) = pictures.light(take(), 50, gain, how, 2 * SECOND)
    _, start, end, said, lasting = only(told(images), "light")
    assert said.startswith("the light changed in the whole picture from ")
    assert abs(start - truth.start) < 0.8 and abs(end - truth.end) < 1.5
    assert lasting == (how in ("step", "ramp"))


@pytest.mark.parametrize("still", [False, True])
def test_headlights_are_light_and_the_still_scene_around_is_not_frozen(still):
    images, (truth,) = pictures.headlights(take(), 40, 3 * SECOND, still)
    _, start, end, said, _ = only(told(images), "light")
    assert "in a part of the picture" in said
    assert abs(start - truth.start) < 0.7 and abs(end - truth.end) < 1.0


@pytest.mark.parametrize(
    ("how", "what"), [("infrared", "black and white"), ("dim", "black and white"), ("dark", "dark")]
)
def test_night_is_told(how, what):
    _, start, _, said, lasting = only(told(pictures.night(take(), 60, how)[0]), "day/night")
    assert abs(start - 60 / FPS) < 0.2 and what in said and said.endswith("what follows is not comparable") and lasting


def test_the_day_that_follows_the_night_can_be_compared():
    images = pictures.night(take(), 60, "infrared")[0]
    images = np.concatenate([images, views.window(take())[:50]])
    first, second = told(images)
    assert (first[0], first[4], second[0], second[4]) == ("day/night", True, "day/night", False)


@pytest.mark.parametrize("how", ["blur", "hand", "cloth", "spray", "fog"])
def test_a_covered_camera_is_told(how):
    images, (truth,) = pictures.covered(take(), 40, 3 * SECOND, how, 0.4)
    _, start, end, _, _ = only(told(images), "covered")
    assert abs(start - truth.start) < 0.6 and abs(end - truth.end) < 0.6


@pytest.mark.parametrize("first", [0, 60])
def test_a_cover_at_either_end_is_told(first):
    images, (truth,) = pictures.covered(take(), first, 50 if not first else 999, "hand")
    _, start, end, _, _ = only(told(images), "covered")
    assert abs(start - truth.start) < 0.3 and abs(end - truth.end) < 0.3


@pytest.mark.parametrize("how", ["blue", "blue text", "black", "black text", "grey", "white", "bars", "snow"])
@pytest.mark.parametrize("crf", [18, 30])
def test_a_lost_picture_is_told(how, crf):
    images, (truth,) = pictures.lost(take(), 50, 2 * SECOND, how)
    _, start, end, said, lasting = only(told(images, crf=crf), "no picture")
    assert (start, end, lasting) == (truth.start, truth.end, False)
    assert said == f"no picture from {start:.1f} to {end:.1f} s"


@pytest.mark.parametrize("clock", [False, True])
@pytest.mark.parametrize(("first", "length"), [(40, 35), (40, 14), (0, 40), (85, 40)])
def test_a_frozen_picture_is_told(first, length, clock):
    if clock and length != 35:
        pytest.skip("under a clock only in the middle")
    images, (truth,) = pictures.frozen(take(), first, length, clock)
    _, start, end, said, _ = only(told(images), "frozen")
    assert abs(start - truth.start) < 0.2 and abs(end - truth.end) < 0.2
    assert said.startswith("the picture stands still from ")


def test_a_scene_in_which_nothing_moves_is_not_frozen():
    still = np.repeat(plain()[:1], 125, 0)
    assert told(still) == []
    one = still.copy()
    for i in range(50, 90):  # somebody comes out of a door, and goes back in
        one[i, 60:120, 100 + i // 2 : 120 + i // 2] = (40, 60, 90)
    assert told(one) == []


def test_a_gap_is_told_and_nothing_of_what_lies_on_its_sides():
    images = plain()[np.r_[0:50, 100:125]]
    times = np.r_[np.arange(50), np.arange(100, 125) + 12] / FPS
    _, start, end, said, lasting = only(told(images, clock=Clock.of(times)), "gap")
    assert (start, end, lasting) == (4.0, 8.96, False) and said == "nothing was recorded from 4.0 to 9.0 s"


def test_two_kinds_one_after_the_other_are_both_told():
    images, _ = pictures.frozen(take(), 20, 20)
    second = views.moved(views.Take(images, FPS, np.random.default_rng(3), images), 80, 20)[0]
    assert [one[0] for one in told(second)] == ["frozen", "moved"]


def test_a_prefix_is_told_of_and_more_may_follow():
    images = views.moved(take(), 50, 16)[0]
    monitor, clock = Monitor(), Clock.steady(FPS, len(images))
    monitor.update(Frames(images[:45], 0, clock.times[:45]))
    assert monitor.finish(clock) == ()
    monitor.update(Frames(images[45:], 45, clock.times[45:]))
    assert [one.kind for one in monitor.finish(clock)] == ["moved"]


def test_a_monitor_needs_every_frame_and_a_clock_for_all():
    monitor = Monitor()
    assert monitor.finish(Clock.steady(FPS)) == ()
    monitor.update(Frames(plain()[:4], 0, np.arange(4) / FPS))
    with pytest.raises(ValueError, match="from 4 on, got from 5 on"):
        monitor.update(Frames(plain()[5:7], 5, np.arange(5, 7) / FPS))
    with pytest.raises(ValueError, match="clock must be of 4 frames at least"):
        monitor.finish(Clock.steady(FPS, 3))


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(180, 320), (1, 400), (400, 1)])
def test_the_shortest_clips_of_any_shape_are_no_trouble(frames, shape):
    images = np.random.default_rng(0).integers(0, 255, (frames, *shape, 3), np.uint8)
    assert {one.kind for one in watch(images, FPS).finish(Clock.steady(FPS, frames))} <= set(DISTURBANCES)


def test_a_long_clip_keeps_few_bytes_a_frame_and_at_most_a_thousand_snapshots():
    from explain.disturbances._series import ROW
    from explain.disturbances._views import MAX_SNAPSHOTS, Snapshots
    from explain.disturbances.thumbnails import Thumbnail

    assert ROW.itemsize <= 150
    snapshots, seen = Snapshots(), [Thumbnail.of(image) for image in plain()[::25]]
    for tick in range(6000):
        snapshots.update(tick * 10, tick * 0.4, seen[tick % len(seen)])
    kept = [one.frame for one in snapshots.kept]
    assert (
        MAX_SNAPSHOTS // 4 <= len(kept) <= MAX_SNAPSHOTS and kept == sorted(kept) and kept[0] == 0 and kept[-1] > 59000
    )
