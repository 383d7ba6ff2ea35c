"""What every action model promises, held for each that is registered, without a download."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, map_coordinates

import plaza
from core import files, weights
from core.device import Runtime
from core.errors import UnknownNameError, WeightsError
from explain import actions, ava
from explain.actions import compact, slowfast
from explain.actions.slowfast_network import MEAN, create_slowfast_with_roi_head

RUNTIME = Runtime(torch.device("cpu"), torch.float32)
PUBLISHED = slowfast.URL.rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with a file like the publisher's, its weights drawn at random."""
    folder = tmp_path_factory.mktemp("published")
    torch.manual_seed(0)
    torch.save({"model_state": create_slowfast_with_roi_head().state_dict()}, folder / PUBLISHED)
    return folder


@pytest.fixture(scope="module")
def loaded(published):
    """Every registered model; the large one looks at small pictures, to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYCAM_WEIGHTS", str(published))
        models = {name: actions.choose(name, RUNTIME) for name in actions.models()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slowfast, "SHORT_SIDE", 48)
        yield models


@pytest.fixture(params=sorted(actions.models()))
def model(request, loaded):
    return loaded[request.param]


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


INSIDE = boxes((10, 8, 26, 40), (60, 20, 72, 50))


def test_probabilities_of_avas_names(model):
    found = model.classify(noise(model.span, 64, 96, 3), INSIDE)
    assert found.shape == (2, len(model.labels)) and found.dtype == np.float32
    assert ((found > 0) & (found < 1)).all()
    assert set(model.labels) <= set(ava.LABELS) and len(set(model.labels)) == len(model.labels)
    assert model.name and model.span >= 32


def test_nobody(model):
    assert model.classify(noise(model.span, 64, 96, 3), boxes()).shape == (0, len(model.labels))


def test_boxes_outside_answer_nothing_and_disturb_nobody(model):
    images = noise(model.span, 64, 96, 3)
    away = boxes((-30, -30, -5, -5), (96, 0, 120, 30), (5, 5, 5, 30), (np.nan, 0, 9, 9))
    found = model.classify(images, np.concatenate([away[:2], INSIDE, away[2:]]))
    assert not found[[0, 1, 4, 5]].any()
    np.testing.assert_allclose(found[2:4], model.classify(images, INSIDE), atol=1e-4)
    assert not model.classify(images, away).any()


def test_a_box_beyond_the_edge_counts_as_its_part_inside(model):
    images = noise(model.span, 64, 96, 3)
    beyond, cut = boxes((-20, 10, 16, 90)), boxes((0, 10, 16, 64))
    np.testing.assert_allclose(model.classify(images, beyond), model.classify(images, cut), atol=1e-5)


def test_the_input_is_left_as_it_was(model):
    images, given = noise(model.span, 64, 96, 3), INSIDE.copy()
    first = model.classify(images, given)
    assert (images == noise(model.span, 64, 96, 3)).all() and (given == INSIDE).all()
    np.testing.assert_array_equal(model.classify(images, given), first)


def test_frames_that_are_views(model):
    images = noise(model.span, 64, 96, 3)[::-1, :, ::-1]
    np.testing.assert_array_equal(model.classify(images, INSIDE), model.classify(np.ascontiguousarray(images), INSIDE))


def test_someone_who_fills_the_frame_and_someone_of_one_pixel(model):
    found = model.classify(noise(model.span, 64, 96, 3), boxes((0, 0, 96, 64), (40, 30, 41, 31)))
    assert ((found > 0) & (found < 1)).all()


@pytest.mark.parametrize("shape", [(31, 64, 96, 3), (64, 96, 3), (0, 64, 96, 3)])
def test_other_shapes_are_refused(model, shape):
    with pytest.raises(ValueError, match="images must be"):
        model.classify(noise(*shape), INSIDE)
    with pytest.raises(ValueError, match="boxes must be"):
        model.classify(noise(model.span, 64, 96, 3), np.zeros(4, np.float32))


def test_sixty_people_are_answered_as_each_alone(loaded):
    images, model = noise(compact.SPAN, 64, 96, 3), loaded["compact"]
    corner = np.random.default_rng(1).uniform(0, 50, (60, 2))
    crowd = np.concatenate([corner, corner + np.array([9, 14])], axis=1).astype(np.float32)
    together = model.classify(images, crowd)
    for i in (0, 31, 32, 59):
        np.testing.assert_allclose(together[i : i + 1], model.classify(images, crowd[i : i + 1]), atol=1e-4)


def naive_crop(image, box, side):
    """A crop's pixel is the mean of four bilinear samples of the frame; beyond the frame it is the mean grey."""
    x1, y1, x2, y2 = box
    step = compact.CONTEXT * max(x2 - x1, y2 - y1) / side
    left, top = (x1 + x2) / 2 - side * step / 2, (y1 + y2) / 2 - side * step / 2
    quarter = (np.arange(side)[:, None] + np.array([0.25, 0.75])).ravel() * step
    at = np.meshgrid(top + quarter - 0.5, left + quarter - 0.5, indexing="ij")
    plane = image.astype(np.float64)
    fine = np.stack([map_coordinates(plane[..., c], at, order=1, mode="nearest") for c in range(3)], -1)
    outside = (at[0] < -1) | (at[0] > image.shape[0]) | (at[1] < -1) | (at[1] > image.shape[1])
    fine[outside] = 255 * MEAN
    return fine.reshape(side, 2, side, 2, 3).mean((1, 3))


def smooth(*shape):
    return gaussian_filter(noise(*shape).astype(float) * 6 - 637, (0, 1.5, 1.5, 0)).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("box", [(30, 20, 50, 60), (0, 5, 12, 40), (80, 90, 119, 130), (20, 20, 110, 120)])
def test_crops_equal_naive_ones(box):
    images = smooth(compact.SPAN, 150, 120, 3)
    assert images.std() > 40
    crops, rois = compact.crop(images, boxes(box))
    halved, scaled = images, np.array(box, float)
    if compact.CONTEXT * max(box[2] - box[0], box[3] - box[1]) >= 2 * compact.CROP_PIXELS:
        halved = images.reshape(compact.SPAN, 75, 2, 60, 2, 3).mean((2, 4))
        scaled /= 2
    for t in (0, 7, 15):
        off = crops[0, t] - naive_crop(halved[2 * t], scaled, compact.CROP_PIXELS)
        assert abs(off).max() < 3 and abs(off).mean() < 0.4
    size = np.array([box[2] - box[0], box[3] - box[1]]) / max(box[2] - box[0], box[3] - box[1])
    half = size * compact.CROP_PIXELS / compact.CONTEXT / 2
    middle = compact.CROP_PIXELS / 2
    np.testing.assert_allclose(rois[0], [*(middle - half), *(middle + half)], atol=1e-3)


@given(st.integers(0, 2**31), st.integers(1, 5))
def test_pooling_is_pytorchs(seed, channels):
    drawn = np.random.default_rng(seed).normal(size=(2, channels, 3, 8, 12)).astype(np.float32)
    x = torch.from_numpy(drawn).relu().to(memory_format=torch.channels_last_3d)
    expected = torch.nn.functional.max_pool3d(x, (1, 3, 3), (1, 2, 2), (0, 1, 1))
    assert torch.equal(compact._Pool()(x), expected)


def test_the_slow_pathway_is_the_publishers():
    fast = torch.arange(32.0).view(1, 1, 32, 1, 1)
    slow, same = slowfast.pathways(fast)
    assert same is fast and slow.flatten().tolist() == [0, 4, 8, 13, 17, 22, 26, 31]


def test_avas_list():
    assert len(ava.LABELS) == len(set(ava.LABELS)) == 80
    ids = {"walk": 14, "carry/hold": 17, "drive": 28, "ride": 49, "throw": 58, "write": 63, "watch (a person)": 80}
    assert {name: ava.LABELS.index(ava.official(name)) + 1 for name in ids} == ids
    with pytest.raises(ValueError, match="no action of AVA"):
        ava.official("loiter")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="auto, compact, slowfast"):
        actions.choose("slow", RUNTIME)


def test_auto_is_the_official_model_where_its_weights_are(published, monkeypatch):
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(published))
    assert actions.choose("auto", RUNTIME).name == slowfast.NAME


def test_auto_without_network_is_the_compact_one_and_says_so():
    assert "compact" in actions.choose("auto", RUNTIME).name


def test_wrong_weights_are_never_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("WHYCAM_WEIGHTS", str(tmp_path))
    (tmp_path / PUBLISHED).write_bytes(b"not weights")
    with pytest.raises(WeightsError, match=PUBLISHED):
        actions.choose("auto", RUNTIME)
    torch.save({"state": {}}, tmp_path / PUBLISHED)
    with pytest.raises(WeightsError, match="model_state"):
        actions.choose("auto", RUNTIME)
    torch.save({"model_state": {"a": torch.zeros(3)}}, tmp_path / PUBLISHED)
    with pytest.raises(WeightsError, match="another network"):
        actions.choose("auto", RUNTIME)


def test_tampered_compact_weights_are_refused(tmp_path):
    built = compact.network(2)
    card = {
        "name": "compact",
        "labels": ["walk", "stand"],
        "sha256": weights.save(built, tmp_path / "model.safetensors"),
    }
    files.write_json(tmp_path / "card.json", card)
    assert compact.load(RUNTIME, folder=tmp_path).labels == ("walk", "stand")
    content = bytearray((tmp_path / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="sha256"):
        compact.load(RUNTIME, folder=tmp_path)
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"card\.json"):
        compact.load(RUNTIME, folder=tmp_path)


@pytest.fixture(scope="module")
def plaza_answers():
    """Probabilities of the compact model for everyone in clear view of a plaza that it was not trained on."""
    shown = [plaza.Anomaly(name, 4) for name in ("runner", "bicycle")]
    frames = list(plaza.render(90210, 68, anomalies=shown, walkers=10))
    images, model = np.stack([frame.image for frame in frames]), actions.choose("compact", RUNTIME)
    found = []
    for key in range(18, 54, 6):
        people = [o for o in frames[key].objects if o.actions and o.visible > 0.7 and o.box[3] - o.box[1] > 15]
        answer = model.classify(images[key - 16 : key + 16], boxes(*(person.box for person in people)))
        found += [
            (set(o.actions), dict(zip(model.labels, row, strict=True))) for o, row in zip(people, answer, strict=True)
        ]
    return found


@pytest.mark.parametrize("short", ["run/jog", "ride"])
def test_the_compact_model_tells_runners_and_riders_from_walkers(plaza_answers, short):
    name = ava.official(short)
    doing = [answer[name] for true, answer in plaza_answers if name in true]
    walking = [answer[name] for true, answer in plaza_answers if "walk" in true]
    assert len(doing) >= 3 and len(walking) >= 20
    assert np.median(walking) < 0.05
    assert (np.subtract.outer(doing, walking) > 0).mean() > 0.95
