"""The whole pass over a clip, with a tiny untrained detector and models that the tests can foresee."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core import device, video, weights
from core.errors import Cancelled, ClipError, InputError
from core.normality import Normality
from core.records import Clip, Detections
from explain.backends import read_card
from jobs.locks import exclusive
from pipeline import analyse as stage
from pipeline import burnt_in, finished_run, frame_log, heat_frames, name_warning, plan
from pipeline import camera as cameras
from pipeline.analyse import analyse
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, explain_events
from pipeline.scoring import stride
from tests import clips

FRAMES, SIZE = 90, (48, 72)
SETTINGS = {"base": 4, "height": 32, "width": 48, "channels": 1}
NAMES = {kind: read_card(folder)["name"] for kind, folder in name_warning.COMPACT.items()}


class Boxes:
    """An object model that finds one person, moving right with the frames it is shown."""

    name, labels = "foreseeable", ("person",)

    def detect(self, images, first=0):
        box = np.array([[10, 10, 30, 40]], np.float32)
        return [
            Detections(first + i, box, ("person",), np.array([0.9], np.float32), "COCO") for i in range(len(images))
        ]


class Acts:
    """An action model that says how bright the middle frame of its span is."""

    name, labels, span, rate = "foreseeable", ("walk", "run/jog"), 8, 25.0

    def classify(self, images, boxes):
        assert images.shape[0] == self.span
        bright = images[self.span // 2].mean() / 255.0
        return np.tile(np.array([[bright, 1 - bright]], np.float32), (len(boxes), 1))


@pytest.fixture(autouse=True)
def models(monkeypatch):
    monkeypatch.setattr("explain.objects.choose", lambda *_, **__: Boxes())
    monkeypatch.setattr("explain.actions.choose", lambda *_, **__: Acts())


@pytest.fixture
def clip(tmp_path):
    rng = np.random.default_rng(0)
    still = rng.integers(60, 120, (*SIZE, 3), dtype=np.uint8)

    def frames():
        for i in range(FRAMES):
            image = still.copy()
            if 40 <= i < 70:
                image[8 + i % 7 : 38, 10:40] = rng.integers(220, 256, (30 - i % 7, 30, 3), dtype=np.uint8)
            yield image

    path = tmp_path / "clip.mp4"
    video.encode(path, frames(), 25)
    return path


@pytest.fixture
def camera(tmp_path, clip):
    torch.manual_seed(0)
    module = cameras.make_detector("unet-prediction", SETTINGS)
    folder = tmp_path / "tiny"
    sha256 = weights.save(module, folder / "weights.safetensors")
    images = next(video.read(clip)).images
    made = cameras.Camera(
        "unet-prediction", SETTINGS, sha256, 1.0, 0.36, SIZE[1], SIZE[0], 25.0,
        Normality(0.0, tuple(np.linspace(-1, 1, 101).tolist()), 100, 0.01), {"seed": 0},
        "tiny", folder, cameras.background_of(images),
    )  # fmt: skip
    cameras.save(made)
    loaded = cameras.load(str(folder))
    scores = run(loaded, clip, tmp_path / "probe", threshold=100.0).scores
    median = float(np.nanmedian(scores))
    top = float(np.nanmax(scores)) - median
    normality = dataclasses.replace(loaded.normality, median=median)
    return dataclasses.replace(loaded, normality=normality, threshold=top * 0.3, floor=top * 0.1)


def run(camera, clip, folder, **options):
    return analyse(clip, camera, folder, runtime=device.choose("cpu", "float32"), **options)


def test_a_planted_change_is_one_event_with_evidence_and_reports(camera, clip, tmp_path):
    result = run(camera, clip, tmp_path / "run")
    assert len(result.scores) == FRAMES == result.clip.frames
    assert np.isnan(result.scores[:5]).all() and np.isfinite(result.scores[5:]).all()
    assert len(result.events) == 1
    event = result.events[0].event
    assert abs(event.first - 40) <= 4 and abs(event.last - 69) <= 6
    assert {"report.html", "report.json", "scores.csv"} <= {p.name for p in (tmp_path / "run").iterdir()}
    kept = EvidenceFolder(tmp_path / "run" / EVIDENCE).frames()
    always = {event.first, event.peak, event.last}
    assert always <= set(kept) and all(f % stride(result.clip) == 0 for f in kept if f not in always)
    assert result.events[0].shown == event.peak and result.events[0].causes[0].box is not None
    assert result.events[0].causes and result.models["objects"] == "foreseeable"
    assert finished_run.read(tmp_path / "run").facts.models_sha256 == {}, "nothing is known of these models' weights"
    numbers, small = heat_frames.between(tmp_path / "run", event.peak, event.peak)
    whole = EvidenceFolder(tmp_path / "run" / EVIDENCE).get(event.peak).heat
    expected = heat_frames.grid_of(whole, result.normal_heat).astype(int)
    assert numbers.tolist() == [event.peak] and np.abs(small[0] - expected).max() <= 4, "as its evidence has it"


@pytest.mark.parametrize(("frames", "apart"), [(None, 5), (36, 1), (100, 2), (199, 4), (200, 5), (90000, 5)])
def test_a_short_clip_is_looked_at_more_often(frames, apart):
    assert stride(Clip("short", "0" * 64, 25.0, 64, 48, frames)) == apart


def test_progress_grows_to_the_end(camera, clip, tmp_path):
    seen = []
    run(camera, clip, tmp_path / "run", progress=seen.append)
    scored = [p.done for p in seen if p.stage == plan.SCORING]
    assert scored == sorted(scored) and scored[-1] == FRAMES and seen[-1].stage == plan.WRITING
    stages = list(dict.fromkeys(p.stage for p in seen))
    assert stages == [plan.LOOKING, plan.LOADING, plan.SCORING, plan.GATHERING, plan.RANKING, plan.WRITING]
    assert all(p.fps > 0 for p in seen if p.stage == plan.SCORING and p.done)
    assert all(p.left is not None and p.left >= 0 for p in seen if p.stage != plan.LOOKING)


def test_what_a_run_took_is_remembered_and_no_harm_where_that_cannot_be(camera, clip, tmp_path, whycam_home):
    run(camera, clip, tmp_path / "run")
    known = json.loads((whycam_home / "speeds.json").read_text())
    assert {key.rsplit(" / ")[-1] for key in known} >= {plan.LOADING, plan.SCORING, plan.EXPLAINING, plan.WRITING}
    (whycam_home / "speeds.json").write_text("{")
    run(camera, clip, tmp_path / "other")
    assert json.loads((whycam_home / "speeds.json").read_text())


@pytest.mark.parametrize("chunks", [8, 10])
def test_a_cancelled_run_goes_on_and_ends_the_same(camera, clip, tmp_path, chunks, monkeypatch):
    # What is said of a frame comes later, and must come before this short clip's end.
    monkeypatch.setattr(burnt_in, "STANDS_SECONDS", 0.5)
    whole = run(camera, clip, tmp_path / "whole")
    calls = iter([False] * (chunks - 1) + [True])
    with pytest.raises(Cancelled):
        run(camera, clip, tmp_path / "run", cancelled=lambda: next(calls))
    done = len(frame_log.read(tmp_path / "run", 25.0))
    assert 0 < done < FRAMES
    with (tmp_path / "run" / frame_log.FILE).open("ab") as half:
        half.write(b"\x00\x01")
    again = run(camera, clip, tmp_path / "run")
    np.testing.assert_allclose(again.scores, whole.scores, atol=1e-4)
    frames = [EvidenceFolder(tmp_path / name / EVIDENCE).frames() for name in ("run", "whole")]
    assert frames[0] == frames[1]
    small = [heat_frames.between(tmp_path / name, 0, FRAMES) for name in ("run", "whole")]
    assert small[0][0].tolist() == small[1][0].tolist() == list(range(5, FRAMES)), "the heat of every analysed frame"
    assert np.abs(small[0][1].astype(int) - small[1][1]).max() <= 1
    assert again.events[0].event == whole.events[0].event
    for one, other in zip(*(EvidenceFolder(tmp_path / n / EVIDENCE).between(0, FRAMES) for n in ("run", "whole")),
                          strict=True):  # fmt: skip
        np.testing.assert_allclose(one.actions.confidence, other.actions.confidence, atol=1e-5)


def test_another_threshold_computes_nothing_again(camera, clip, tmp_path):
    result = run(camera, clip, tmp_path / "run")
    clip.unlink()
    assert explain_events(tmp_path / "run").events[0].event == result.events[0].event
    assert explain_events(tmp_path / "run", threshold=1e6).events == ()
    with pytest.raises(InputError, match="no finished analysis"):
        explain_events(tmp_path)


def test_another_threshold_of_the_same_folder_starts_anew(camera, clip, tmp_path):
    run(camera, clip, tmp_path / "run")
    result = run(camera, clip, tmp_path / "run", threshold=1e6)
    assert result.events == () and json.loads((tmp_path / "run" / "report.json").read_text())["events"] == []


def test_fewer_frames_than_a_window_is_one_sentence_and_nothing_left(camera, tmp_path):
    short = tmp_path / "short.mp4"
    video.encode(short, (np.zeros((*SIZE, 3), np.uint8) for _ in range(3)), 25)
    with pytest.raises(ClipError, match="has 3 frames, fewer than the 6"):
        run(camera, short, tmp_path / "run")
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").glob("*.*"))


def test_footage_of_another_place_is_said_to_be(camera, tmp_path):
    other = tmp_path / "other.mp4"
    video.encode(other, (np.random.default_rng(9).integers(0, 256, (60, 60, 3), dtype=np.uint8) for _ in range(8)), 25)
    warnings = cameras.look(camera, other)[0]
    assert any("60×60" in said for said in warnings) and any("does not look like" in said for said in warnings)


def test_what_is_said_of_a_clip_names_it_as_its_owner_does(camera, tmp_path):
    path = clips.make(tmp_path / "clip.mp4", clips.noise(60, *SIZE[::-1]), g=6, container={"movflags": "+faststart"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    said = run(camera, path, tmp_path / "run", name="street at noon.mp4").warnings
    assert any("'street at noon.mp4'" in sentence and "cut" in sentence for sentence in said)
    assert not any("clip.mp4" in sentence for sentence in said) and len(set(said)) == len(said)


def test_a_threshold_that_is_no_number_is_refused(camera, clip, tmp_path):
    with pytest.raises(InputError, match="must be a finite number"):
        run(camera, clip, tmp_path / "run", threshold=float("nan"))


@pytest.mark.parametrize(("height", "width"), [(38, 72), (48, 38), (2, 2)])
def test_pictures_too_small_to_tell_a_person_in_are_refused(camera, tmp_path, height, width):
    path = clips.make(tmp_path / "small.mp4", np.zeros((8, height, width, 3), np.uint8))
    with pytest.raises(ClipError, match=f"is {width}x{height} pixels, too small.*at least 40x40"):
        run(camera, path, tmp_path / "run")
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").iterdir())


def test_pictures_of_the_least_size_are_not_refused(camera, tmp_path):
    path = clips.make(tmp_path / "least.mp4", np.zeros((8, 40, 40, 3), np.uint8))
    assert stage._facts(path, camera, None, None, None, device.choose("cpu")).clip.width == 40


@pytest.mark.parametrize(("box", "place"), [
    ((0, 0, 60, 24), "upper edge"), ((0, 210, 360, 240), "lower edge"), ((90, 120, 250, 144), "middle"),
])  # fmt: skip
def test_where_text_is_burnt_in_is_said(box, place):
    scoring = SimpleNamespace(clip=Clip("x", 10, 10.0, 360, 240), texts=(burnt_in.BurntInText(box, 0, 9),))
    (said,) = stage._texts(scoring)
    assert f"text at the {place} of the picture" in said


def test_models_that_arrive_are_told_in_megabytes_and_can_be_cancelled(camera, clip, tmp_path, monkeypatch):
    def choose(name, runtime, progress=None):
        progress(3 << 20, 9 << 20)
        return Boxes()

    monkeypatch.setattr("explain.objects.choose", choose)
    seen = []
    run(camera, clip, tmp_path / "run", progress=seen.append)
    arriving = [p for p in seen if "object model" in p.stage]
    assert (arriving[-1].done, arriving[-1].total, arriving[-1].unit) == (3, 9, "MB")
    with pytest.raises(Cancelled, match="while the object model"):
        run(camera, clip, tmp_path / "other", cancelled=lambda: True)


def test_two_analyses_into_one_folder_do_not_mix(tiny_camera, tmp_path):
    said = r"another process of Whycam is writing into \S+out; wait until it has ended, or choose another place"
    with exclusive(tmp_path / "out"), ThreadPoolExecutor() as pool:
        second = pool.submit(stage.analyse, tmp_path / "walk.mp4", tiny_camera, tmp_path / "out")
        with pytest.raises(InputError, match=said):
            second.result()


@pytest.mark.parametrize("camera", sorted(folder.name for folder in cameras.SHIPPED.iterdir()))
def test_cameras_that_come_with_whycam_raise_no_doubt(camera):
    assert name_warning.name_warning(NAMES, cameras.load(camera).card) == ""


def test_with_which_weights_the_models_answered_is_kept(camera, clip, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.analyse.sha256_of", {"foreseeable": "ab" * 32}.get)
    run(camera, clip, tmp_path / "run")
    kept = finished_run.read(tmp_path / "run").facts.models_sha256
    assert kept == {"objects": "ab" * 32, "actions": "ab" * 32}


def test_the_compact_models_are_doubted_at_any_other_camera():
    said = name_warning.name_warning(NAMES, {"trained_on": "motorway"})
    assert said.startswith("Names of objects and actions may be wrong") and "./whycam setup --models" in said
    assert "measured on avenue, ped2 and plaza" in said


def test_official_models_are_not_doubted():
    official = {"objects": "torchvision Faster R-CNN R50-FPN (COCO)", "actions": NAMES["actions"]}
    assert name_warning.name_warning(official, {"trained_on": "motorway"}).startswith("Names of actions may be wrong")
    assert name_warning.name_warning(dict.fromkeys(NAMES, "official"), {}) == ""


@pytest.mark.parametrize("images", [clips.pictures(80), clips.pictures(80, 48, 64), clips.noise(80), clips.pictures(5),
                                    clips.pictures(64, 320, 240)])  # fmt: skip
def test_looking_by_thumbnails_says_what_whole_frames_say(tmp_path, tiny_camera, images):
    path = clips.make(tmp_path / "a.mp4", images)
    whole = np.concatenate([chunk.images for chunk in video.read(path, 16)])[:64:4]
    assert cameras.look(tiny_camera, path) == cameras.likeness(tiny_camera, whole)


def test_looking_keeps_no_whole_frames(tmp_path, tiny_camera, monkeypatch):
    path, kept = clips.make(tmp_path / "a.mp4", clips.pictures(80, 320, 240)), []
    monkeypatch.setattr(
        "pipeline.camera.likeness", lambda camera, images, size: kept.append((images.shape, size)) or ()
    )
    assert cameras.look(tiny_camera, path) == ()
    assert kept == [((16, 72, 96, 3), (240, 320))]
