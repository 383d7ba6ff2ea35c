"""Clips of which blurred pictures alone are kept: the answer is of the sharp ones, and nothing shows them later."""

import base64
import dataclasses
import json
import re
import shutil
import zipfile
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from core import device, video, weights
from core.array_files import open_npz
from core.clock import Clock
from core.errors import InputError, UnknownNameError
from core.normality import Normality
from core.records import Detections
from pipeline import blurring, camera, finished_run, playback, retention, store
from pipeline.analyse import analyse
from pipeline.evidence import EvidenceFolder
from pipeline.explained_before import EXPLAINED
from pipeline.explaining import explanations, source
from pipeline.explaining.explanations import ExplanationRequest
from pipeline.export.blur import Blur
from pipeline.export.clips import Cutter
from pipeline.export.export import export
from pipeline.export.sources import find
from pipeline.retention import Retention
from pipeline.training import trainings
from tests.jobs import inline

FRAMES, SIZE, BOX = 40, (97, 161), (60, 24, 84, 72)
SETTINGS = {"base": 4, "height": 32, "width": 48, "channels": 1}
DULL = 0.02
"""Share of a picture's pixels that may look like the pattern: corners of a mosaic do."""


class Boxes:
    """An object model that finds the person with the pattern."""

    name, labels = "foreseeable", ("person",)

    def detect(self, images, first=0):
        box, sure = np.array([BOX], np.float32), np.array([0.9], np.float32)
        return [Detections(first + i, box, ("person",), sure, "COCO") for i in range(len(images))]


class Acts:
    """An action model that says one thing."""

    name, labels, span, rate = "foreseeable", ("walk", "run/jog"), 8, 25.0

    def classify(self, images, boxes):
        return np.tile(np.array([[0.2, 0.8]], np.float32), (len(boxes), 1))


@pytest.fixture(scope="module", autouse=True)
def models():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("explain.objects.choose", lambda *_, **__: Boxes())
        patch.setattr("explain.actions.choose", lambda *_, **__: Acts())
        yield


def picture(frame):
    """Return a place without fine detail, with a person of fine squares, who shines for a while."""
    coarse = np.random.default_rng(5).integers(30, 200, (8, 14, 3), dtype=np.uint8)
    image = np.asarray(cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_CUBIC))
    x1, y1, x2, y2 = BOX
    y, x = np.mgrid[y1:y2, x1:x2]
    shines = 15 <= frame < 25
    squares = ((x // 2 + y // 2 + (frame if shines else 0)) % 2).astype(np.uint8)
    image[y1:y2, x1:x2] = (60 + squares * (180 if shines else 90))[..., None]
    return image


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "walk.mp4"
    with video.writing(path, 25) as out:
        for frame in range(FRAMES):
            out.add(picture(frame), frame / 25)
    return path


@pytest.fixture(scope="module")
def learnt(tmp_path_factory, film, models):
    """The folder of a camera whose threshold the shining of the person exceeds."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("cameras") / "street"
    sha256 = weights.save(camera.make_detector("unet-prediction", SETTINGS), folder / "weights.safetensors")
    normal = Normality(0.0, tuple(np.linspace(-1, 1, 101).tolist()), 100, 0.01)
    made = camera.Camera("unet-prediction", SETTINGS, sha256, 1.0, 0.36, SIZE[1], SIZE[0], 25.0, normal, {"seed": 0},
                         "street", folder, picture(0))  # fmt: skip
    camera.save(made)
    scores = analysed(camera.load(str(folder)), film, folder.parent / "probe", threshold=100.0).scores
    median = float(np.nanmedian(scores))
    top = float(np.nanmax(scores)) - median
    normal = dataclasses.replace(normal, median=median)
    camera.save(dataclasses.replace(made, normality=normal, threshold=top * 0.3, floor=top * 0.1))
    return folder


@pytest.fixture
def street(whycam_home, learnt):
    shutil.copytree(learnt, whycam_home / "cameras" / "street")
    return camera.load("street")


def analysed(whose, film, folder, **options):
    return analyse(film, whose, folder, runtime=device.choose("cpu"), **options)


def detail(image):
    """Return the share of a picture's pixels that lie in a pattern of fine squares."""
    grey = image.astype(np.float32).mean(-1) if image.ndim == 3 else image.astype(np.float32)
    grey = cv2.resize(grey[: round(grey.shape[1] * SIZE[0] / SIZE[1])], SIZE[::-1], interpolation=cv2.INTER_AREA)
    response = np.abs(grey[2:, 2:] - grey[2:, :-2] - grey[:-2, 2:] + grey[:-2, :-2])
    return float((response > 60).mean())


def pictures_below(place):
    """Yield the name and the pictures of each file that shows any: clips, pictures, evidence, and reports."""
    for path in sorted(path for path in place.rglob("*") if path.is_file() and "cameras" not in path.parts):
        if path.suffix == ".mp4":
            yield path.name, np.concatenate([chunk.images for chunk in video.read(path)])
        elif path.suffix == ".npz" and path.parent.name == finished_run.EVIDENCE:
            with open_npz(path, 1 << 26) as kept:
                yield path.name, [cv2.imdecode(kept.read(name), cv2.IMREAD_COLOR) for name in ("image", "heat")]
        elif path.suffix in (".jpg", ".png"):
            yield path.name, [cv2.imread(str(path))]
        elif path.suffix == ".html":
            coded = re.findall(r"data:image/(?:jpeg|webp|png);base64,([A-Za-z0-9+/=]+)", path.read_text())
            images = (cv2.imdecode(np.frombuffer(base64.b64decode(one), np.uint8), cv2.IMREAD_COLOR) for one in coded)
            yield path.name, [image for image in images if image.shape[0] >= SIZE[0]]


def sharp_below(place):
    """Return the names of files that show the person's pattern in any picture, and how many files show pictures."""
    found = {name: max(map(detail, images), default=0.0) for name, images in pictures_below(place)}
    return [name for name, share in found.items() if share > DULL], len(found)


def kept(street, film, **options):
    """Run the clip's job as the app does."""
    with film.open("rb") as stream:
        made = store.create(stream, "walk.mp4")
    store.start(made.id, "street", **options)
    code = inline.work(made.id)
    return code, store.get(made.id)


def test_nothing_that_a_run_keeps_shows_a_person_and_its_answer_is_that_of_the_sharp_clip(
    street, film, tmp_path, whycam_home, monkeypatch
):
    inline.no_processes(monkeypatch)
    plain = analysed(street, film, tmp_path / "plain")
    sharp, files = sharp_below(tmp_path / "plain")
    assert len(sharp) == files > 5, "the measure finds what is not blurred"
    retention.put("street", Retention(blur="all"))
    code, run = kept(street, film)
    assert (code, run.state, run.kept_blur, run.path.name) == (0, "done", "all", "blurred.mp4"), run.reason
    playback.copy(run.path, playback.clip(run), plain.clock, 25.0)
    assert list(whycam_home.rglob("*clip*")) == [playback.clip(run)]
    found, count = sharp_below(whycam_home)
    assert found == [] and count == files + 2, "the blurred clip and its playback copy are looked at, too"
    for name in ("scores.csv", "causes.csv"):
        assert (run.folder / name).read_bytes() == (tmp_path / "plain" / name).read_bytes()
    levels = [len(np.unique(heat_in_box(folder))) for folder in (run.folder, tmp_path / "plain")]
    assert levels[0] <= 36 < levels[1], "heat shows no outline"
    told, before = (json.loads((folder / "report.json").read_text()) for folder in (run.folder, tmp_path / "plain"))
    assert told["events"] == before["events"] != [] and told["clip"]["sha256"] == video.sha256_of(film)
    assert finished_run.explain_events(run.folder).events == plain.events, "as pages and exports read it"
    assert (told["kept_blur"], before["kept_blur"]) == ("all", "none")
    assert any("Persons and marked causes are blurred" in one for one in told["warnings"])
    refuse_what_needs_the_sharp_clip(run, tmp_path)
    assert find([run.id])[0].clip == run.blurred, "its SHA-256 is another than that of the clip as it came"
    cutter = Cutter(plain, Blur(plain, run.folder, "none"), tmp_path)
    cutter.run(run.path, lambda frames: None)
    assert video.probe(tmp_path / "event-001-overlay.mp4").frames == len(cutter.windows[0])


def heat_in_box(folder):
    x1, y1, x2, y2 = BOX
    return EvidenceFolder(folder / finished_run.EVIDENCE).get(20).heat[y1:y2, x1:x2]


def refuse_what_needs_the_sharp_clip(run, place):
    with pytest.raises(InputError, match="blurred pixels alone are kept"):
        explanations.submit(run, 20, ExplanationRequest("residual", 64, False, 1.0))
    with pytest.raises(InputError, match="blurred pixels alone are kept"):
        source.explain_source(run.id, None, 20, "residual", place / "why")
    with pytest.raises(InputError, match="is kept blurred"):
        trainings.learn_again("street", "again", [run], [], None, 1.0)


def test_a_run_that_is_stopped_between_the_steps_is_not_done_and_goes_on(street, film, monkeypatch, whycam_home):
    inline.no_processes(monkeypatch)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipeline.blurring._checked", stopped)
        kept(street, film, blur="all")
    (run,) = store.runs()
    assert (run.state, run.original.exists()) == ("interrupted", True)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("pipeline.job.files.sync_folder", stopped)
        store.start(run.id)
        inline.work(run.id)
    run = store.get(run.id)
    assert (run.state, run.original.exists(), sharp_below(whycam_home)[0]) == ("interrupted", False, [])
    store.start(run.id)
    assert inline.work(run.id) == 0
    events, run = json.loads((run.folder / "report.json").read_text())["events"], store.get(run.id)
    assert (run.state, run.kept_blur, run.events) == ("done", "all", len(events)) and events[0]["causes"]


def stopped(*_):
    raise KeyboardInterrupt


def test_a_folder_shows_nobody_and_the_clip_stays_as_it_is(street, film, tmp_path):
    before, out = film.read_bytes(), tmp_path / "out"
    blurred = analysed(street, film, out, blur="all")
    assert film.read_bytes() == before and not list(out.rglob("*.mp4"))
    assert sharp_below(out)[0] == [] and blurred.kept_blur == "all" and (out / EXPLAINED).exists()
    manifest = export(find([str(out)]), tmp_path / "case.zip")
    assert (manifest.blur, manifest.runs[0].kept_blur) == ("none", "all")
    with zipfile.ZipFile(tmp_path / "case.zip") as packed:
        packed.extractall(tmp_path / "case")
    found = [name for name in sharp_below(tmp_path / "case")[0] if "overlay" not in name]  # which have letters
    assert found == [], "its clip is sharp, and its exports are not"
    again = analysed(street, film, out)
    assert again.kept_blur == "none" and not (out / EXPLAINED).exists() and len(sharp_below(out)[0]) > 3
    assert again.events == blurred.events, "analysed anew, for the sharp pictures were gone"


def test_times_that_no_mp4_holds_are_written_as_near_as_it_can(tmp_path):
    times = np.concatenate([np.arange(5) / 25, 1.0 + 1e-7 * np.arange(3), [25_200.0]])
    written = blurring._written_times(SimpleNamespace(clock=Clock.of(times)))
    np.testing.assert_allclose(written[:6], times[:6])
    assert (np.diff(written) > 1 / 90_000).all() and written[-1] - written[-2] == 3600
    with video.writing(tmp_path / "a.mp4", 25) as out:
        for seconds in written:
            out.add(np.zeros((32, 48, 3), np.uint8), float(seconds))
    assert video.probe(tmp_path / "a.mp4").frames == len(times)


def test_a_way_to_blur_that_there_is_not_is_refused():
    with pytest.raises(UnknownNameError, match="known: all, none, persons"):
        store.start("20260101-000000-abcdef", "street", blur="faces")
