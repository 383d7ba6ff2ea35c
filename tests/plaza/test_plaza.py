import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import plaza
from core import video
from core.errors import DataError, UnknownNameError
from plaza import ANOMALIES, Anomaly, _anomalies, _clip, _paint, _poses, _truth
from plaza._view import View

SIZE = (320, 180)
DEMO = Path(__file__).parents[2] / "assets/demo/plaza.mp4"
RIDE, CARRY, STAND = "ride (e.g., a bike, a car, a horse)", "carry/hold (an object)", ("person", "stand")
DRIVE, PUSH = "drive (e.g., a car, a truck)", ("person", "push (an object)")
EXPECTED = {
    "bicycle": {("person", RIDE), ("bicycle", "")},
    "skateboard": {("person", RIDE), ("skateboard", "")},
    "cart": {("person", DRIVE), ("truck", "")},
    "runner": {("person", "run/jog")},
    "off limits": {("person", "walk")},
    "thrown bag": {STAND, ("person", "throw"), ("handbag", "")},
    "cyclist": {("person", RIDE), ("bicycle", "")},
    "skater": {("person", RIDE), ("skateboard", "")},
    "motorcycle": {("person", RIDE), ("motorcycle", "")},
    "car": {("car", "")},
    "truck": {("person", DRIVE), ("truck", "")},
    "walked bicycle": {("person", "walk"), PUSH, ("bicycle", "")},
    "jogger": {("person", "run/jog")},
    "jumper": {("person", "jump/leap")},
    "fall": {("person", "fall down"), ("person", "lie/sleep"), ("person", "get up")},
    "bend": {STAND, ("person", "bend/bow (at the waist)")},
    "sit": {("person", "sit")},
    "push": {("person", "walk"), PUSH},
    "shove": {STAND, ("person", "push (another person)")},
    "dog": {("dog", "")},
    "ball": {STAND, ("person", "throw"), ("sports ball", "")},
    "frisbee": {STAND, ("person", "throw"), ("frisbee", "")},
    "umbrella": {("person", "walk"), ("person", CARRY), ("umbrella", "")},
    "suitcase": {("person", "walk"), ("person", CARRY), ("suitcase", "")},
}


def small(seed, frames, **settings):
    return list(plaza.render(seed, frames, size=SIZE, **settings))


@pytest.fixture(scope="module", params=sorted(ANOMALIES))
def unusual(request):
    """Five seconds of one anomaly, at 10 frames a second."""
    return request.param, small(3, 50, fps=10, walkers=4, anomalies=[Anomaly(request.param, 2)])


def same(a, b):
    return all(
        x.image.tobytes() == y.image.tobytes() and x.objects == y.objects and (x.mask == y.mask).all()
        for x, y in zip(a, b, strict=True)
    )


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not():
    names = ["bicycle", "thrown bag"]
    first = small(5, 4, anomalies=names)
    assert same(first, small(5, 4, anomalies=names))
    assert not same(first, small(6, 4, anomalies=names))


def test_clips_of_one_scene_share_the_view_and_other_scenes_have_another():
    one, two, other = (small(seed, 1, scene=scene)[0].image.astype(int) for seed, scene in ((1, 0), (2, 0), (1, 4)))
    assert np.median(abs(one - two)) < 12 < np.median(abs(one - other))


def test_normal_life_is_normal():
    for frame in small(8, 6, fps=2):
        assert not frame.mask.any() and frame.anomalies == ()
        assert not any(thing.anomalous for thing in frame.objects)
        assert {thing.label for thing in frame.objects} <= {"person", "backpack", "handbag"}
        assert sum(thing.label == "person" for thing in frame.objects) >= 5


def test_an_empty_plaza_is_empty():
    assert small(1, 1, walkers=0)[0].objects == ()


def test_anomalies_are_what_they_are_called(unusual):
    name, frames = unusual
    seen = {(o.label, a) for f in frames for o in f.objects if o.anomalous for a in o.actions or ("",)}
    assert seen == EXPECTED[name]
    assert {n for f in frames for n in f.anomalies} == {name}
    assert {label for f in frames for label in _clip.explain(f)} == set(_anomalies.LABELS[name])


def test_all_that_can_be_rendered_is_listed():
    assert {label for seen in EXPECTED.values() for label, _ in seen} | {"backpack"} == set(plaza.OBJECTS)
    assert {action for seen in EXPECTED.values() for _, action in seen} - {""} == set(plaza.ACTIONS)
    assert set(EXPECTED) == set(ANOMALIES) == set(_anomalies.LABELS) and set(plaza.STAGED) < set(ANOMALIES)


def test_masks_and_boxes_tell_the_same(unusual):
    _, frames = unusual
    assert any(f.mask.any() for f in frames)
    for frame in frames:
        boxed = np.zeros_like(frame.mask)
        for thing in frame.objects:
            x1, y1, x2, y2 = thing.box
            assert 0 <= x1 < x2 <= SIZE[0] and 0 <= y1 < y2 <= SIZE[1]
            assert 0 < thing.visible <= 1
            if thing.anomalous:
                boxed[y1:y2, x1:x2] = True
                inside = frame.mask[y1:y2, x1:x2]
                assert inside[0].any() and inside[-1].any() and inside[:, 0].any() and inside[:, -1].any()
        assert not (frame.mask & ~boxed).any()
        assert len({thing.track for thing in frame.objects}) == len(frame.objects)


def test_pixels_change_where_the_mask_is(unusual):
    name, frames = unusual
    without = small(3, 50, fps=10, walkers=4, anomalies=[Anomaly(name, 10**6)])
    most = max(range(50), key=lambda i: frames[i].mask.sum())
    change = abs(frames[most].image.astype(int) - without[most].image).max(-1)
    mask = frames[most].mask
    assert np.median(change[mask]) > 2 * np.median(change[~mask])


def test_an_unknown_anomaly_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="ball, bench, bend, bicycle"):
        plaza.render(1, 10, anomalies=["elephant"])


def test_grey_film_has_no_colour():
    image = small(1, 1, film=plaza.Film(grey=True, quality=100))[0].image
    assert (image[..., 0] == image[..., 1]).all() and (image[..., 1] == image[..., 2]).all()


@given(st.lists(st.integers(1, 200), min_size=1, max_size=8), st.integers(0, 500), st.integers(0, 99))
def test_anomalies_follow_one_another_where_there_is_room(lengths, spare, seed):
    frames = sum(lengths) + spare
    starts = _anomalies.schedule(["runner"] * len(lengths), lengths, frames, np.random.default_rng(seed))
    ends = [s + n for s, n in zip(starts, lengths, strict=True)]
    assert starts[0] >= 0 and starts[-1] < frames
    if spare > 0.06 * frames:
        assert all(end <= start + 1 for end, start in zip(ends, starts[1:], strict=False))


@given(st.integers(0, 2**31), st.integers(1, 6))
def test_visible_objects_equal_a_count_object_by_object(seed, number):
    rng = np.random.default_rng(seed)
    owners = np.full((9, 11), -1, np.int16)
    for i in range(number):
        y, x = rng.integers(0, 8), rng.integers(0, 10)
        owners[y : y + rng.integers(1, 6), x : x + rng.integers(1, 6)] = i
    known = [_truth.Known(i + 1, "person", (), "", False) for i in range(number)]
    areas = {i: 30 for i in range(number)}
    expected = []
    for i in range(number):
        ys, xs = np.nonzero(owners == i)
        if len(xs) >= _truth.MIN_VISIBLE_PIXELS:
            box = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
            expected.append((i + 1, box, min(1.0, len(xs) / 30)))
    assert [(o.track, o.box, o.visible) for o in _truth.visible_objects(known, owners, areas).values()] == expected


@given(st.integers(-6, 12), st.integers(-6, 12), st.integers(0, 2**31))
def test_blending_equals_a_loop_over_pixels(x, y, seed):
    rng = np.random.default_rng(seed)
    alpha = rng.integers(0, 256, (5, 4, 1))
    rgba = np.concatenate([rng.integers(0, 256, (5, 4, 3)) * alpha // 255, alpha], -1).astype(np.uint8)
    sprite = _paint.Sprite(rgba, x, y, rng.integers(-1, 2, (5, 4)).astype(np.int16), {})
    image, owners = rng.integers(0, 256, (9, 10, 3)).astype(np.uint8), np.full((9, 10), -1, np.int16)
    expected, ids = image.copy(), owners.copy()
    for row in range(5):
        for column in range(4):
            v, u = y + row, x + column
            if 0 <= v < 9 and 0 <= u < 10:
                over = rgba[row, column].astype(int)
                expected[v, u] = np.minimum(255, over[:3] + image[v, u].astype(int) * (255 - over[3]) // 255)
                ids[v, u] = sprite.ids[row, column] if sprite.ids[row, column] >= 0 else -1
    _paint.blend(image, owners, sprite)
    assert (image == expected).all() and (owners == ids).all()


@given(st.floats(-20, 20), st.floats(12, 45), st.floats(-0.4, 0.4), st.floats(0.1, 0.4))
def test_a_plane_is_seen_where_its_points_are(x, y, yaw, pitch):
    view = View(640, 360, 700.0, 6.5, yaw, pitch)
    uv, depth = view.project(np.array([x, y, 0.0]))
    if depth > 1:
        h = view.plane(np.zeros(3), np.array([1.0, 0, 0]), np.array([0, 1.0, 0])) @ [x, y, 1.0]
        assert np.allclose(h[:2] / h[2], uv, atol=1e-6)


@given(st.floats(14, 40), st.booleans(), st.floats(0, 5))
def test_the_edge_of_the_picture_is_where_the_camera_sees_it(y, left, margin):
    view = View(640, 360, 700.0, 6.5, 0.14, 0.262)
    outside = view.edge(y, left, margin)
    uv, _ = view.project(np.array([outside + (margin if left else -margin), y, 0.0]))
    assert uv[0] == pytest.approx(0 if left else 640, abs=1e-6)


@given(st.floats(0, 6.28), st.floats(1.5, 1.9), st.floats(0, 4.5), st.integers(0, 1))
def test_limbs_keep_their_length_and_feet_the_ground(phase, stature, speed, run):
    joints = _poses.walk(*(np.array([v], float) for v in (phase, stature, speed, run)))[0]
    for side in (0, 1):
        hip, knee, ankle, heel, toe = joints[[side, 2 + side, 4 + side, 6 + side, 8 + side]]
        assert np.linalg.norm(knee - hip) == pytest.approx(_poses.THIGH * stature, rel=1e-6)
        assert np.linalg.norm(ankle - knee) == pytest.approx(_poses.SHIN * stature, rel=0.01)
        assert min(heel[2], toe[2]) > 0
    assert joints[6:10, 2].min() < 0.04 * stature + run * 0.07


@given(st.integers(0, 2**31))
def test_a_reached_limb_ends_where_it_should(seed):
    rng = np.random.default_rng(seed)
    root, end = rng.uniform(-1, 1, (2, 3))
    end = root + (end - root) / np.linalg.norm(end - root) * rng.uniform(0.2, 0.75)
    middle = _poses.two_link(root, end, 0.4, 0.38, rng.normal(size=3))
    assert np.linalg.norm(middle - root) == pytest.approx(0.4, abs=1e-6)
    assert np.linalg.norm(end - middle) == pytest.approx(0.38, abs=1e-6)


def test_a_filmed_clip_has_its_truth_beside_it(tmp_path):
    path, settings = (
        tmp_path / "clip.mp4",
        {"size": SIZE, "fps": 10.0, "anomalies": [Anomaly("runner", 3)], "walkers": 3},
    )
    plaza.film(path, 9, 20, **settings)
    frames = list(plaza.render(9, 20, **settings))
    truth = plaza.truth_of(path)
    assert truth.abnormal.tolist() == [bool(f.mask.any()) for f in frames]
    assert all((truth.masks(i) == f.mask).all() for i, f in enumerate(frames))
    assert truth.label_set == "plaza/1"
    facts = json.loads(path.with_suffix(".json").read_text())
    assert [e["name"] for e in facts["events"]] == ["runner"]
    assert facts["labels"][str(facts["events"][0]["last"])] == [["action", "run / jog"]]
    assert sum(len(t["boxes"]) for t in facts["tracks"]) == sum(len(f.objects) for f in frames)
    assert sum(len(c) for c in video.read(path)) == 20


def test_damaged_truth_is_said_to_be_so(tmp_path):
    (tmp_path / "clip.json").write_text('{"frames": 3, "labels": {"9": []}}')
    with pytest.raises(DataError, match=r"clip\.mp4"):
        plaza.truth_of(tmp_path / "clip.mp4")


def test_the_demo_shows_all_anomalies_well_apart():
    facts = json.loads(DEMO.with_suffix(".json").read_text())
    events = facts["events"]
    assert sorted(e["name"] for e in events) == sorted(plaza.STAGED)
    assert events[0]["first"] > 25
    assert all(b["first"] - a["last"] > 25 for a, b in pairwise(events))
    assert all(tuple(map(tuple, e["labels"])) == _anomalies.LABELS[e["name"]] for e in events)
    clip = video.probe(DEMO)
    assert (clip.width, clip.height, clip.fps, clip.frames) == (640, 360, 25.0, facts["frames"])


def test_the_demo_is_what_the_renderer_makes():
    facts = json.loads(DEMO.with_suffix(".json").read_text())
    again = plaza.render(facts["seed"], facts["frames"], anomalies=tuple(plaza.STAGED))
    frame = next(again)
    shown = next(video.read(DEMO, 1)).images[0]
    assert np.median(abs(frame.image.astype(int) - shown)) < 4


def test_the_demos_masks_lie_in_its_boxes():
    facts, truth = json.loads(DEMO.with_suffix(".json").read_text()), plaza.truth_of(DEMO)
    boxes = {}
    for track in facts["tracks"]:
        if track["anomalous"]:
            for frame, *box, _ in track["boxes"]:
                boxes.setdefault(frame, []).append(box)
    for event in facts["events"]:
        for frame in range(event["first"], event["last"] + 1, 20):
            outside = truth.masks(frame)
            for x1, y1, x2, y2 in boxes[frame]:
                outside[y1:y2, x1:x2] = False
            assert not outside.any()
