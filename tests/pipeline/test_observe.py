"""Things observed in drawn clips: speed and limb motion in heights a second, tracks, and what was looked at."""

import numpy as np
import pytest

from core.clock import Clock
from core.records import Detections, Frames, Tube
from pipeline._tracked import at_edge, stayed
from pipeline.observe import LOOKS_PER_SECOND, Observer, observe

HEIGHT = 40


def film(frames=30, fps=10.0, pixels_per_second=40.0, wag=0.0):
    """A textured block of 40 pixels' height that slides to the right over a textured ground; its lower half may wag."""
    rng = np.random.default_rng(0)
    ground = rng.integers(60, 120, (120, 240, 3), dtype=np.uint8)
    block = rng.integers(150, 255, (HEIGHT, 24, 3), dtype=np.uint8)
    images, boxes = [], []
    for i in range(frames):
        x = 20 + round(pixels_per_second * i / fps)
        image = ground.copy()
        shift = round(wag * np.sin(i))
        image[40 : 40 + HEIGHT // 2, x : x + 24] = block[: HEIGHT // 2]
        image[40 + HEIGHT // 2 : 80, x + shift : x + shift + 24] = block[HEIGHT // 2 :]
        images.append(image)
        boxes.append([x, 40, x + 24, 80])
    return np.stack(images), np.array(boxes, np.float32), np.arange(frames) / fps


class Sees:
    """Finds the boxes that it is told of, whichever frame comes next."""

    name, labels = "told", ("person",)

    def __init__(self, boxes, confidence=0.9):
        self.boxes, self.confidence, self.asked = list(boxes), confidence, 0

    def detect(self, images, first=0):
        found = []
        for i in range(len(images)):
            box = self.boxes[self.asked]
            self.asked += 1
            n = 0 if box is None else 1
            kept = np.zeros((0, 4), np.float32) if box is None else box[None]
            found.append(Detections(first + i, kept, ("person",) * n, np.full(n, self.confidence, np.float32), "COCO"))
        return found


def chunks(images, times, size=7):
    for at in range(0, len(images), size):
        yield Frames(images[at : at + size], at, times[at : at + size])


def test_speed_is_in_heights_a_second():
    images, boxes, times = film(pixels_per_second=40.0)
    things, clock = observe(chunks(images, times), Sees(boxes[::2]))
    assert len(things) == 15 and len(clock) == 30 and set(things.tracks) == {0}
    assert np.median(things.values[:, 0]) == pytest.approx(40.0 / HEIGHT, rel=0.2)
    assert things.values[:, 2] == pytest.approx(24 / HEIGHT) and things.values[:, 3] == pytest.approx(HEIGHT)


def test_speed_does_not_depend_on_the_frame_rate():
    images, boxes, times = film(frames=75, fps=25.0, pixels_per_second=50.0)
    model = Sees(boxes[::5])
    things, _ = observe(chunks(images, times), model)
    assert things.looked.tolist() == list(range(0, 75, 5)) and model.asked == 15
    assert np.median(things.values[:, 0]) == pytest.approx(50.0 / HEIGHT, rel=0.2)
    assert LOOKS_PER_SECOND == 5.0


def test_parts_that_move_apart_are_limb_motion():
    stiff, boxes, times = film()
    loose, _, _ = film(wag=3.0)
    one, other = (observe(chunks(images, times), Sees(boxes[::2]))[0] for images in (stiff, loose))
    assert np.median(other.values[:, 1]) > 1.5 * np.median(one.values[:, 1])


def test_what_the_edge_may_cut_off_is_marked():
    boxes = np.array([[0, 50, 20, 90], [50, 50, 70, 90], [50, 50, 70, 119], [230, 2, 239, 20]], np.float32)
    assert at_edge(boxes, (240, 120)).tolist() == [True, False, True, True]
    images, boxes, times = film()
    things, _ = observe(chunks(images[:, :, :150], times), Sees(np.minimum(boxes, 150)[::2]))
    assert not things.cut[things.boxes[:, 2] < 140].any() and things.cut[things.boxes[:, 2] >= 149].all()


def test_a_frame_without_things_is_looked_at_too():
    images, boxes, times = film()
    told = [None] * 5 + list(boxes[10::2])
    things, _ = observe(chunks(images, times), Sees(told))
    assert len(things.looked) == 15 and things.frames.min() == 10


def test_a_clip_without_things():
    images, _, times = film(frames=5)
    things, clock = observe(chunks(images, times), Sees([None] * 5))
    assert len(things) == 0 and things.looked.tolist() == [0, 2, 4] and len(clock) == 5
    assert things.ways.shape == (0, 2) and things.dwell.shape == (0,)


def test_what_the_model_is_unsure_of_is_left_out():
    images, boxes, times = film(frames=5)
    observer = Observer(Sees(boxes, confidence=0.2))
    for chunk in chunks(images, times):
        observer.add(chunk)
    assert len(observer.finish(Clock.of(times))) == 0
    assert list(observer.found) == [0, 2, 4] and observer.found[4].frame == 4 and len(observer.found[4]) == 1


def test_the_result_does_not_depend_on_how_the_clip_is_cut():
    images, boxes, times = film()
    whole, parts = (observe(chunks(images, times, size), Sees(boxes[::2]))[0] for size in (30, 1))
    assert np.array_equal(whole.values, parts.values) and np.array_equal(whole.ways, parts.ways)


def test_a_way_is_a_velocity():
    images, boxes, times = film(pixels_per_second=40.0)
    things, _ = observe(chunks(images, times), Sees(boxes[::2]))
    assert np.median(things.ways[:, 0]) == pytest.approx(40.0 / HEIGHT, rel=0.25)
    assert np.abs(things.ways[:, 1]).max() < 0.2
    assert things.features is None


def test_who_stays_has_been_there_since_it_came():
    still = np.tile(np.array([[50, 40, 74, 80]], np.float32), (10, 1))
    moving = still + np.arange(10)[:, None] * np.array([[8, 0, 8, 0]], np.float32)
    path = np.concatenate([moving, moving[-1:] + still - still[:1]])
    frames = np.arange(20) * 2
    found = stayed(Tube("person", frames, path, np.ones(20, np.float32)), Clock.steady(10.0, 40))
    assert found[9] == pytest.approx(0.4)  # half of its 40 pixels in steps of 8
    assert found[-1] == pytest.approx(0.2 * 12) and (np.diff(found[10:]) > 0).all()


class Describes(Sees):
    """Gives each box the frame's number as a feature beside 1."""

    def describe(self, images, first=0):
        found = self.detect(images, first)
        return found, [np.ones((len(one), 3), np.float32) * [[1, 0, len(one)]] for one in found]


def test_features_are_of_unit_length():
    images, boxes, times = film()
    things, _ = observe(chunks(images, times), Describes(boxes[::2]))
    assert things.features.shape == (15, 3) and things.features.dtype == np.float32
    assert np.linalg.norm(things.features, axis=1) == pytest.approx(1.0)
