"""Burnt-in text: a clock and a running line are left out of the scores, whatever moves through the picture is not."""

import cv2
import numpy as np
import pytest

from core.records import Detections, Evidence
from pipeline.burnt_in import BurntInText, TextDetector, mask_heat
from pipeline.running_lines import MIN_SEEN_SHARE, standing

SIZE, RATE, NORMAL = (240, 360), 10.0, 0.001


def picture(frame, text="", line="", cart=False):
    """A smooth street; a clock in the upper left corner, a line that runs along the lower edge, a white cart."""
    rows = np.linspace(60, 160, SIZE[0]).astype(np.uint8)
    image = np.repeat(np.repeat(rows[:, None, None], SIZE[1], 1), 3, 2)
    if text:
        image[2:18, 2:130] = 0
        cv2.putText(image, text, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255), 1, cv2.LINE_AA)
    if line:
        image[220:238] = 0
        cv2.putText(image, line, (-4 * frame, 234), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    if cart:
        image[200:236, frame : frame + 60] = 245
        for left in (4, 7, 15, 26, 28, 33, 45, 52):
            image[206:216, frame + left] = 20
    return image


def heat(frame, *boxes):
    found = np.full(SIZE, NORMAL, np.float32)
    for x1, y1, x2, y2 in boxes:
        found[y1:y2, max(x1, 0) : x2] = 40 * NORMAL
    return found


def watch(frames, rate=RATE):
    """Return what is decided of each frame, asked after each."""
    found, watched = {}, TextDetector(NORMAL, rate, SIZE)
    for frame, (image, warm) in enumerate(frames):
        watched.add_frame(frame, image, warm)
        found |= {one.frame: one for one in watched.decide()}
    found |= {one.frame: one for one in watched.decide(ended=True)}
    return found, watched.texts()


CLOCK = (0, 0, 132, 24)


def clock(frame):
    return picture(frame, f"2026-12-31 23:59:{frame // 10 % 60:02d}"), heat(frame, CLOCK)


def test_a_clocks_heat_is_left_out_from_the_first_frame_on():
    found, texts = watch(map(clock, range(80)))
    assert sorted(found) == list(range(80))
    hot = sum(40 * NORMAL * (x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in [CLOCK])
    whole = float(heat(0, CLOCK).sum())
    for one in found.values():
        assert one.decibels == pytest.approx(10 * np.log10(1 / (1 - hot / whole)), abs=1.0)
        assert np.array(one.boxes).min() == 0 and all(box[3] <= 36 for box in one.boxes)
    assert len(texts) == 1 and (texts[0].first, texts[0].last) == (0, 79)


def test_a_clock_that_comes_and_goes_is_left_out_while_it_is_there():
    frames = [clock(f) if 30 <= f < 90 else (picture(f), heat(f)) for f in range(140)]
    found, _ = watch(frames)
    there = [frame for frame, one in found.items() if one.decibels]
    assert min(there) >= 26 and max(there) <= 94 and len(there) >= 58


def test_a_running_line_is_left_out():
    words = "TRAFFIC ON THE MOTORWAY IS SLOW TODAY BETWEEN THE TWO BRIDGES AND THE TUNNEL " * 4
    found, _ = watch([(picture(f, line=words), heat(f, (0, 216, 360, 240))) for f in range(60)])
    assert all(one.decibels > 3 for one in found.values())


def test_a_cart_that_drives_along_the_edge_is_not():
    found, texts = watch([(picture(f, cart=True), heat(f, (f, 200, f + 60, 236))) for f in range(100)])
    assert not any(one.decibels for one in found.values()) and texts == ()


def test_letters_that_the_camera_knows_are_not():
    frames = [(clock(f)[0], heat(f)) for f in range(60)]
    assert not any(one.decibels for one in watch(frames)[0].values())


def test_what_was_decided_does_not_depend_on_when_it_was_asked():
    frames = [clock(f) if 20 <= f < 70 else (picture(f), heat(f)) for f in range(100)]
    often, _ = watch(frames)
    once = TextDetector(NORMAL, RATE, SIZE)
    for frame, (image, warm) in enumerate(frames):
        once.add_frame(frame, image, warm)
    assert {one.frame: one for one in once.decide(ended=True)} == often


@pytest.mark.parametrize("length", [1, 5, 20, 33])
@pytest.mark.parametrize("reach", [2, 3, 7, 10])
def test_what_stands_is_that_of_the_slow_twin(length, reach):
    flags = np.random.default_rng(length).random((length, 2, 3)) < 0.75
    stretch, slow = min(reach, length), np.zeros_like(flags)
    for start in range(length - stretch + 1):
        slow[start : start + stretch] |= flags[start : start + stretch].mean(0) >= MIN_SEEN_SHARE - 1e-6
    assert np.array_equal(standing(flags, reach), slow)


def test_state_goes_on_where_it_was():
    first, again = TextDetector(NORMAL, RATE, SIZE), TextDetector(NORMAL, RATE, SIZE)
    for frame in range(40):
        first.add_frame(frame, *clock(frame))
    first.decide(ended=True)
    assert first.changed(30, 40) and not first.changed(40, 50)
    again.restore(first.state())
    assert again.texts() == first.texts() == (BurntInText(first.texts()[0].box, 0, 39),)
    again.restore({"first": [[1]], "last": [[2]]})
    assert again.texts() == first.texts()


def test_evidence_loses_the_heat_of_text_alone():
    none = Detections(0, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "COCO")
    seen = Evidence(0, 1.0, picture(0), np.ones(SIZE, np.float32), none, none)
    left = mask_heat(seen, [(0, 0, 100, 20)])
    assert left.heat.sum() == 240 * 360 - 2000 and seen.heat.min() == 1


CROWD = np.random.default_rng(5)
PEOPLE = [(int(x), int(y), int(grey)) for x, y, grey in CROWD.uniform((0, 90, 30), (360, 110, 220), (9, 3))]


def street(frame, speed=2):
    """People of different greys who all walk to the right at one speed, with sharp edges, and their heat."""
    image, warm = picture(frame), heat(frame)
    for x, y, grey in PEOPLE:
        left = (x + speed * frame) % 380 - 20
        image[y : y + 30, max(left, 0) : left + 10] = grey
        image[y + 4 : y + 26 : 6, max(left, 0) : left + 10] = 255 - grey
        warm[y : y + 30, max(left - 2, 0) : left + 12] = 40 * NORMAL
    return image, warm


def run_through(frame, top, speed, bar=None):
    """A line that enters from the right at frame 20, over people; what it covers is hot, and for one frame its bar."""
    image, warm = street(frame)
    left, width = 360 - speed * (frame - 20), 230
    if frame >= 20 and left + width > 0:
        if bar is not None:
            image[top - 3 : top + 19] = bar
        cv2.putText(
            image, "STORM WARNING TODAY", (left, top + 14), cv2.FONT_HERSHEY_DUPLEX, 0.5, (250,) * 3, 1, cv2.LINE_AA
        )
        warm[top - 2 : top + 18, max(left, 0) : max(left + width, 0)] = 60 * NORMAL
    if bar is not None and (frame == 20 or 0 <= -left - width < speed):
        warm[top - 3 : top + 19] = 60 * NORMAL
    return image, warm


def left_over(frames):
    """Return by how many decibels each frame is hotter than its people alone, once text is taken off."""
    found, _ = watch(frames)
    mean = [float(warm.mean()) for _, warm in frames]
    cool = [float(street(frame)[1].mean()) for frame in range(len(frames))]
    return np.array([10 * np.log10(mean[k] / cool[k]) - found[k].decibels for k in range(len(frames))])


@pytest.mark.parametrize(("top", "speed", "bar"), [(215, 8, None), (4, 20, 20), (150, 12, None), (216, 30, 20)])
def test_a_line_that_runs_through_is_left_out_from_its_entry_to_its_exit(top, speed, bar):
    frames = [run_through(frame, top, speed, bar) for frame in range(110)]
    over = left_over(frames)
    assert np.abs(over).max() < 1.5, (over.argmax(), over.max(), over.min())


def lorry(frame, rows):
    """A lorry with letters on its side drives through: they run as a line does, but it is hot above and below."""
    image, warm = picture(frame), heat(frame)
    left = 6 * frame - 200
    image[60:150, max(left, 0) : max(left + 200, 0)] = 90
    for row in rows:
        cv2.putText(image, "MOVERS & SONS 0123", (left + 4, row), cv2.FONT_HERSHEY_DUPLEX, 0.55, (250,) * 3, 1)
    warm[60:150, max(left, 0) : max(left + 200, 0)] = 40 * NORMAL
    return image, warm


@pytest.mark.parametrize(
    ("draw", "how"), [*((street, speed) for speed in (1, 2, 4, 7)), (lorry, (80, 100, 120, 140)), (lorry, (110,))]
)
def test_people_who_all_walk_at_one_speed_and_a_lorry_with_letters_are_no_line(draw, how):
    found, texts = watch([draw(frame, how) for frame in range(100)])
    assert texts == () and not any(one.decibels for one in found.values())


def test_a_clock_in_the_middle_is_left_out_and_people_beside_it_are_not():
    def shown(frame):
        image, warm = street(frame)
        cv2.putText(
            image, f"2026-12-31 23:59:{frame // 10:02d}", (100, 160), cv2.FONT_HERSHEY_DUPLEX, 0.5, (250,) * 3, 1
        )
        warm[146:164, 98:262] = 40 * NORMAL
        return image, warm

    over = left_over([shown(frame) for frame in range(70)])
    assert np.abs(over).max() < 1.0


def test_a_caption_that_comes_and_goes_over_people_is_left_out():
    def shown(frame):
        image, warm = street(frame)
        if 30 <= frame < 65:
            cv2.putText(image, "MOTION DETECTED", (100, 180), cv2.FONT_HERSHEY_DUPLEX, 0.5, (250,) * 3, 1)
        if 30 <= frame < 67:
            warm[166:184, 98:262] = 40 * NORMAL
        return image, warm

    over = left_over([shown(frame) for frame in range(110)])
    assert np.abs(over).max() < 1.0


def test_the_worst_patch_counts_half_of_what_text_takes_off():
    frames = [clock(f) for f in range(60)]
    whole, patch = TextDetector(NORMAL, RATE, SIZE), TextDetector(NORMAL, RATE, SIZE, (0.1, 0.1))
    for frame, (image, warm) in enumerate(frames):
        whole.add_frame(frame, image, warm)
        patch.add_frame(frame, image, warm)
    mean, worst = whole.decide(ended=True)[30].decibels, patch.decide(ended=True)[30].decibels
    # The hottest patch is text all over, 40 times as hot as what is left.
    assert worst == pytest.approx(0.5 * (mean + 10 * np.log10(40)), abs=0.3)
