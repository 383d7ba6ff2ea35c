"""The causes of labelled frames on clips made here, with models that see a bright block."""

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import scipy.io
import torch

from cli import evaluation_text
from cli.main import main
from core import video
from core.analysis import FrameCause
from core.contracts import Truth
from core.device import choose
from core.errors import DataError
from core.normality import ClassNormality, Normality
from core.records import Detections
from core.registry import collect
from metrics.first_cause import Region, match_first_cause
from pipeline.camera import load
from pipeline.evaluation import _labelled, causes, evaluations, plan
from pipeline.evaluation._cause_figures import Ranking, class_scores, summarise_rule
from pipeline.evaluation.causes import PROTOCOL, RULES, trained_on, without_heat
from pipeline.evaluation.causes_page import MOST_BYTES, CausePictures, jpeg
from pipeline.evaluation.evaluations import EvaluationRequest
from pipeline.evaluation.xman import measure_files
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from tests.jobs import inline
from tests.pipeline.clips import Clip
from tests.pipeline.evaluation.test_xman import written

LENGTHS = {"Test001": 40, "Test002": 33}


class Made:
    """Two clips with a bright block that moves to the right, 20 pixels wide; no training clips unless said."""

    name = "made"

    def __init__(self, masks=True, training=False):
        self.clips, self.masks = [], masks
        for name, length in LENGTHS.items():
            images = np.full((length, 48, 64, 3), 60, np.uint8)
            for i in range(length):
                images[i, 10:30, i % 40 : i % 40 + 20] = 250
            self.clips.append(Clip(name, images))
        self.normal = [Clip("Train001", np.full((30, 48, 64, 3), 60, np.uint8))] if training else []

    def training(self):
        return self.normal

    def test(self):
        return self.clips

    def truth(self, clip):
        def mask(frame):
            inside = np.zeros((48, 64), bool)
            inside[10:30, frame % 40 : frame % 40 + 20] = True
            return inside

        return Truth(np.ones(len(clip.images), bool), mask if self.masks else None, "made/1")


class Sees:
    """Draws a box round what is bright, under one name."""

    def __init__(self, label, name="foreseeable"):
        self.labels, self.name, self.asked = (label, "person"), name, 0

    def detect(self, images, first=0):
        self.asked += len(images)
        return [self._one(image) for image in images]

    def _one(self, image):
        rows, columns = np.nonzero(image[..., 0] > 150)
        if not len(rows):
            return Detections(0, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "COCO")
        box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
        return Detections(0, box, (self.labels[0],), np.array([0.9], np.float32), "COCO")


class Nobody:
    name, labels, span, rate = "nobody acts", ("ride (e.g., a bike, a car, a horse)",), 4, 25.0

    def classify(self, images, boxes):
        return np.zeros((len(boxes), 1), np.float32)


def by_frame(evidence, normality, rule, clock, scored=None):
    """Name the boxes of each frame; the score says which rule was asked, and what it was given."""
    by_frame.calls.append((rule, normality, clock, [float(e.heat.max()) for e in evidence], scored))
    return tuple(
        tuple(
            FrameCause("object", label, 1.0, tuple(map(float, box)))
            for label, box in zip(e.objects.labels, e.objects.boxes, strict=True)
            if rule != "heat"
        )
        for e in evidence
    )


@pytest.fixture
def models(monkeypatch):
    """Foreseeable models by name."""
    known = {"auto": Sees("bicycle"), "teacher": Sees("truck", "the teacher")}

    def pick(name, runtime, progress=None):
        if name not in known:
            raise DataError(f"{name} is not here")
        return known[name]

    monkeypatch.setattr(causes.object_models, "choose", pick)
    monkeypatch.setattr(causes.action_models, "choose", lambda name, runtime, progress=None: Nobody())
    return known


@pytest.fixture
def eyes(models, monkeypatch):
    """Foreseeable models, and a foreseeable ranking of each frame."""
    by_frame.calls = []
    monkeypatch.setattr(causes.ranking, "by_frame", by_frame)
    return models


def files(tmp_path, rows=None, classes=None):
    """Label the block as a bicycle in frames 11 to 30 of both clips (counted from 1), with one track each."""
    if rows is None:
        rows = [(v, 1, f, f - 1, 10, f + 19, 30, "bicycle") for v in LENGTHS for f in range(11, 31)]
    if classes is None:
        classes = {f"{v}/{f:03d}": [["object", "bicycle"], ["action", "ride"]] for v in LENGTHS for f in range(11, 31)}
        classes["Test001/012"] = [["object", "skateboard"], ["location", "on the grass"]]
    regions, xman = tmp_path / "regions.csv", tmp_path / "xman.json"
    lines = ["video,track,frame,x1,y1,x2,y2,label", *(",".join(map(str, row)) for row in rows)]
    regions.write_text("\n".join(lines))
    xman.write_text(json.dumps(classes))
    return {"regions": regions, "xman": xman}


def run(camera, tmp_path, dataset=None, teacher="teacher", **more):
    given = more if "regions" in more else {**files(tmp_path), **more}
    return causes.evaluate_causes(camera, dataset or Made(), choose("cpu", "float32"), teacher=teacher, **given)


def as_written(camera, tmp_path, *given, **more):
    return written(run(camera, tmp_path, *given, **more))


def test_the_figures_of_foreseeable_answers(tiny_camera, tmp_path, eyes):
    result = as_written(tiny_camera, tmp_path)
    ours = result["causes"]["calibrated"]
    assert (ours["top1"], ours["found"], ours["top1_tracks"], ours["frames"], ours["tracks"]) == (1, 1, 1, 40, 2)
    blind = result["causes"]["heat"]
    assert (blind["top1"], blind["found"], blind["top1_tracks"], blind["frames"]) == (0, 0, 0, 40)
    assert [v["name"] for v in ours["videos"]] == list(LENGTHS)
    each = result["xman"]["calibrated"]["per_class"]
    assert each == {
        "action: ride": pytest.approx(39 / 40),
        "location: on the grass": pytest.approx(1 / 40),
        "object: bicycle": pytest.approx(39 / 40),
        "object: skateboard": pytest.approx(1 / 40),
    }
    assert result["xman"]["calibrated"]["map"] == pytest.approx(0.5)
    assert result["xman"]["calibrated"]["map_without_location"] == pytest.approx(79 / 120)
    assert result["labels"]["nameless"] == ["location: on the grass", "object: skateboard"]
    assert json.loads(json.dumps(result, allow_nan=False)) == result


def test_every_rule_finds_what_is_alone_in_the_picture(tiny_camera, tmp_path, models):
    result = as_written(tiny_camera, tmp_path, Made(training=True))
    for rule in ("confidence", "masks"):
        assert result["causes"][rule]["top1"] == 1.0 and result["causes"][rule]["top1_tracks"] == 1.0
    assert all(video["event"] for video in result["causes"]["calibrated"]["videos"])
    assert result["causes"]["teacher"]["top1"] == 0.0 and result["causes"]["not_run"] == {}


def test_a_cameras_causes_written_as_predictions_are_worth_the_same(tiny_camera, tmp_path, models):
    given, reports = files(tmp_path), []
    job = plan.job_of("tiny", "made", "cpu", reports.append)
    causes.write_predictions(tiny_camera, Made(), given["xman"], tmp_path / "p.csv", choose("cpu", "float32"), job)
    held = measure_files(tmp_path / "p.csv", given["xman"]).as_json()
    ours = as_written(tiny_camera, tmp_path, **given)["xman"]["calibrated"]
    assert 0 < held["map"] < 1
    assert held["per_class"] == pytest.approx(ours["per_class"])
    assert held["map_without_location"] == pytest.approx(ours["map_without_location"])
    explained = [p.done for p in reports if p.stage == plan.EXPLAINING]
    assert explained == sorted(explained) and explained[-1] == 40 and len(set(explained)) > 4, "within each clip, too"


def test_the_pages_worker_measures_a_cameras_explanations(tiny_camera, tmp_path, models, monkeypatch):
    inline.no_processes(monkeypatch)
    monkeypatch.setattr(evaluations, "open_dataset", lambda name: Made())
    with files(tmp_path)["xman"].open("rb") as labels:
        made = evaluations.submit(EvaluationRequest("causes", "tiny", "made", labels="mine.json"), {"labels": labels})
    assert inline.work(made.id) == 0, evaluations.get(made.id).reason
    result = evaluations.get(made.id).result()
    assert (result.camera, result.labels, result.chosen.frames) == ("tiny", "mine.json", 40)
    assert 0 < result.map < 1
    assert (made.folder / "predictions.csv").read_text().startswith("video,frame,coarse,fine,score\nTest001,11,")


def test_each_frames_first_cause_can_be_looked_at(tiny_camera, tmp_path, eyes):
    rows = as_written(tiny_camera, tmp_path)["causes"]["frames"]
    assert len(rows) == 40
    assert rows[0] == {
        "video": "Test001", "frame": 10, "coarse": "object", "fine": "bicycle", "box": [10.0, 10.0, 30.0, 30.0],
        "found": True, "right": True,
    }  # fmt: skip


def test_each_rule_reads_what_it_should(tiny_camera, tmp_path, eyes):
    dataset = Made(training=True)
    result = as_written(tiny_camera, tmp_path, dataset)
    assert set(RULES) <= result["causes"].keys() and result["causes"]["not_run"] == {}
    calls = {name: call for name, call in zip(RULES, by_frame.calls[: len(RULES)], strict=True)}
    assert [call[0] for call in calls.values()] == [
        "plain",
        "calibrated",
        "confidence",
        "heat",
        "calibrated",
        "calibrated",
    ]
    assert all(call[2].rate == pytest.approx(10.0) for call in calls.values())
    for rule in RULES[:4]:
        assert calls[rule][1] == tiny_camera.normality and calls[rule][3] == calls["plain"][3]
    assert set(calls["masks"][3]) == {1.0} and set(calls["plain"][3]) != {1.0}
    assert calls["masks"][1] == without_heat(tiny_camera.normality)
    assert calls["teacher"][1].explained_frames > 0, "what is normal to the teacher was counted"
    assert result["causes"]["teacher"]["top1"] == 0 and result["causes"]["teacher"]["found"] == 1
    assert result["labels"]["models"]["teacher"] == "the teacher"


def test_our_rule_alone_knows_the_attributes_of_things(tiny_camera, tmp_path, eyes, monkeypatch):
    without = as_written(tiny_camera, tmp_path)
    assert [call[4] for call in by_frame.calls] == [None] * len(by_frame.calls)
    scored, asked, by_frame.calls = object(), [], []
    monkeypatch.setattr(causes.ThingModels, "of", lambda *given: asked.append(given) or True)
    monkeypatch.setattr(causes, "look_at_things", lambda *_: SimpleNamespace(things=scored))
    monkeypatch.setattr(causes.ranking, "rank", lambda *given: SimpleNamespace(causes=(), given=given))
    assert as_written(tiny_camera, tmp_path)["causes"]["plain"] == without["causes"]["plain"]
    assert [given[1:] for given in asked] == [("foreseeable", ("attributes",))]
    told = [call[4] for call in by_frame.calls]
    assert told == [scored if i % (len(told) // 2) == RULES.index("calibrated") else None for i in range(len(told))]


def test_evidence_is_gathered_once_and_thinned(tiny_camera, tmp_path, eyes):
    result = as_written(tiny_camera, tmp_path, every=5)
    assert result["labels"]["frames"] == 8 and eyes["auto"].asked == 8
    assert [row["frame"] for row in result["causes"]["frames"]] == [10, 15, 20, 25] * 2


def test_a_rule_that_cannot_be_run_says_why(tiny_camera, tmp_path, eyes):
    made = run(tiny_camera, tmp_path, Made(masks=False, training=True), teacher="elsewhere")
    result = written(made)
    assert result["causes"]["not_run"] == {"teacher": "elsewhere is not here", "masks": "made has no pixel masks"}
    assert "masks" not in result["causes"] and "teacher" not in result["xman"]
    text = evaluation_text.causes(made)
    assert "not run: teacher: elsewhere is not here" in text
    untrained = as_written(tiny_camera, tmp_path)["causes"]["not_run"]
    assert "no training clips" in untrained["teacher"]


def test_nothing_is_dropped_in_silence(tiny_camera, tmp_path, eyes):
    rows = [("Test001", "", 20, 19, 10, 39, 30, "stroller"), ("Test009", "", 3, 1, 1, 2, 2, "bicycle")]
    classes = {"Test001/2": [["object", "bicycle"]], "Test001/20": [["object", "stroller"]], "x/1": [["a", "b"]]}
    made = run(tiny_camera, tmp_path, **files(tmp_path, rows, classes))
    result = written(made)
    labels = result["labels"]
    assert labels["unmatched"] == ["Test009", "x"]
    assert labels["without_score"] == 1, "no window reaches frame 2"
    assert labels["nameless"] == ["a: b", "object: stroller"]
    assert labels["places"] == [], "the X-MAN file says that it is an object"
    assert run(tiny_camera, tmp_path, **files(tmp_path, rows, classes)) == made
    only = as_written(tiny_camera, tmp_path, xman=None, regions=files(tmp_path, rows[:1], {})["regions"])
    assert only["labels"]["places"] == ["stroller"] and only["xman"] == {}
    for said in ("Test009, x", "a: b, object: stroller"):
        assert said in evaluation_text.causes(made)


def test_labels_that_do_not_fit_are_refused(tiny_camera, tmp_path, eyes):
    late = [("Test002", 1, 34, 1, 1, 9, 9, "bicycle")]
    with pytest.raises(DataError, match="frame 34 of clip 'Test002', which has 33 frames"):
        run(tiny_camera, tmp_path, xman=None, regions=files(tmp_path, late)["regions"])
    other = [("Test077", 1, 3, 1, 1, 9, 9, "bicycle")]
    with pytest.raises(DataError, match="name no clip of 'made'; its clips: Test001, Test002"):
        run(tiny_camera, tmp_path, xman=None, regions=files(tmp_path, other)["regions"])


def test_clips_that_were_trained_on_stand_apart(tiny_camera, tmp_path, eyes, monkeypatch):
    card = {"name": "foreseeable", "trained_regions": ["made/Test002"]}
    monkeypatch.setattr(causes, "read_card", lambda folder: card)
    found = as_written(tiny_camera, tmp_path)["causes"]["calibrated"]
    assert (found["seen"]["frames"], found["unseen"]["frames"], found["seen"]["tracks"]) == (20, 20, 1)
    assert trained_on(eyes["auto"], Made()) == {"Test002"}
    assert trained_on(eyes["teacher"], Made()) == frozenset(), "the card is another model's"
    assert found["over_clips"] == {"clips": 2, "mean": 1.0, "worst": 1.0, "worst_clip": "Test001", "interval": None}
    assert found["over_unseen"]["clips"] == 1
    del card["trained_regions"]
    found = as_written(tiny_camera, tmp_path)["causes"]["calibrated"]
    assert found["seen"] is None and found["unseen"]["frames"] == 40


def test_a_clip_counts_once_however_many_frames_it_has():
    right = {"a": (30, 30), "b": (1, 2), "c": (2, 2), "d": (4, 4), "e": (3, 4)}
    box = (0.0, 0.0, 9.0, 9.0)
    regions = [Region("object", "bicycle", box, 1)]
    causes_of = {True: [FrameCause("object", "bicycle", 1.0, box)], False: []}
    rankings = [
        Ranking(name, {f: match_first_cause(causes_of[f < hits], regions) for f in range(frames)}, {}, np.zeros((0, 0)),
                np.zeros((0, 0), bool))
        for name, (hits, frames) in right.items()
    ]  # fmt: skip
    found = summarise_rule(rankings, frozenset("ab"))
    assert found.shares.top1 == pytest.approx(40 / 42)
    over = found.over_clips
    assert (over.clips, over.worst_clip, over.worst) == (5, "b", 0.5)
    assert over.mean == pytest.approx((1 + 0.5 + 1 + 1 + 0.75) / 5)
    assert over.interval[0] < over.mean < over.interval[1] <= 1.0
    assert (found.over_unseen.clips, found.over_unseen.interval) == (3, None)


@pytest.mark.parametrize("frames", [[5], [6, 7, 20], [24, 25, 32], list(range(33)), [30]])
def test_gathered_evidence_is_the_twins(tiny_camera, tmp_path, frames):
    clip, runtime = Made().test()[1], choose("cpu", "float32")
    detector, folder = tiny_camera.build(runtime), EvidenceFolder(tmp_path / "kept")
    reached = []
    kept = [(EvidenceCollector(Sees("person"), Nobody()), folder)]
    clock = _labelled.gather(clip, frames, detector, -10.0, kept, runtime, reached.append)
    span, target = detector.window.span, detector.window.target
    answered = [f for f in frames if f >= target]
    assert clock.rate == pytest.approx(10.0) and folder.frames() == answered
    assert reached == sorted(reached) and reached[-1] > frames[-1]
    for frame in answered:
        window = torch.from_numpy(clip.images[None, frame - target : frame - target + span])
        answer, seen = detector.predict(window), folder.get(frame)
        assert seen.score == pytest.approx(answer.score.item() + 10.0, abs=0.01)
        heat = answer.saliency[0].numpy()
        assert np.abs(seen.heat - heat).max() <= 0.02 * heat.max()
        assert np.abs(seen.image.astype(int) - clip.images[frame]).max() < 30
        assert seen.objects.boxes.tolist() == [[frame, 10, frame + 20, 30]]


def test_a_class_scores_what_its_best_cause_does():
    def cause(coarse, fine, score):
        return FrameCause(coarse, fine, score, (0.0, 0.0, 1.0, 1.0))

    ranked = [cause("object", "bicycle", 0.3), cause("object", "bicycle", 0.7), cause("location", "off the path", 0.2),
              cause("action", "ride", 0.1)]  # fmt: skip
    classes = [
        ("object", "bicycle"),
        ("object", "ride"),
        ("action", "ride"),
        ("location", "on the grass"),
        ("location", "near"),
    ]
    assert class_scores(ranked, classes) == [0.7, 0.0, 0.1, 0.2, 0.2]
    assert class_scores([], classes) == [0.0] * 5


def test_a_mask_is_read_without_heat_statistics():
    normal = Normality(0.0, (0.0, 1.0), 9, 0.5, {"person": ClassNormality(2.0, (0.1, 0.9), 5, (0.5, 0.9))}, 9)
    bare = without_heat(normal)
    assert bare.heat == 0.0 and bare.classes["person"].boxes == 5
    assert bare.classes["person"].density == (0.0,) and bare.classes["person"].confidence == (0.5, 0.9)


def test_the_text_shows_every_figure(tiny_camera, tmp_path, eyes):
    text = evaluation_text.causes(run(tiny_camera, tmp_path))
    for said in (
        "calibrated",
        "masks",
        "1.000",
        "2 of 2",
        "object: bicycle",
        "0.975",
        "Test002",
        PROTOCOL,
        "alone: +0.000 right",
    ):
        assert said in text


def test_the_page_has_small_pictures_and_the_figures(tiny_camera, tmp_path, eyes):
    pictures = CausePictures(tiny_camera.normality.heat)
    result = run(tiny_camera, tmp_path, look=pictures.add)
    page = tmp_path / "docs" / "made.md"
    pictures.write(page, "tiny", "made", result)
    text = page.read_text()
    pictures = sorted(page.parent.glob("*.jpg"))
    assert [p.name for p in pictures] == [f"made-{v}-{f:04d}.jpg" for v in LENGTHS for f in (13, 20, 26)]
    for picture in pictures:
        assert picture.name in text and picture.stat().st_size <= MOST_BYTES
        assert cv2.imread(str(picture)).shape == (720, 960, 3)
    few = "| calibrated | 2 | 1.000 | 2 clips are too few, 5 the least | 1.000 | Test001 |"
    for said in ("| calibrated | 1.000 |", few, "| Test001 | 20 | 1.000", "object: bicycle (20)", "Not run: teacher"):
        assert said in text


def test_a_picture_is_made_as_small_as_it_must_be():
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), np.uint8)
    data = jpeg(noise)
    assert len(data) <= MOST_BYTES
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[1] < 1280
    calm = jpeg(np.full((720, 1280, 3), 90, np.uint8))
    assert cv2.imdecode(np.frombuffer(calm, np.uint8), cv2.IMREAD_COLOR).shape == (720, 1280, 3)


def test_text_of_a_label_file_stays_text_on_the_page(tiny_camera, tmp_path, eyes):
    rows = [("Test001", "", 20, 19, 10, 39, 30, "<img src=x> | [a](b)")]
    pictures = CausePictures(0.0)
    result = run(tiny_camera, tmp_path, xman=None, regions=files(tmp_path, rows)["regions"], look=pictures.add)
    pictures.write(tmp_path / "page.md", "tiny", "made", result)
    text = (tmp_path / "page.md").read_text()
    assert "<img" not in text and "[a]" not in text.replace("\\[a\\]", "")


def test_progress_counts_labelled_frames(tiny_camera, tmp_path, eyes):
    said = []
    run(tiny_camera, tmp_path, job=plan.job_of("tiny", "made", "cpu", said.append))
    explained = [p for p in said if p.stage == plan.EXPLAINING]
    assert {p.total for p in explained} == {40} and explained[-1].done == 40
    assert [p.done for p in explained] == sorted(p.done for p in explained)
    stages = list(dict.fromkeys(p.stage for p in said))
    assert stages == [plan.OPENING, plan.EXPLAINING]


@pytest.fixture
def avenue(tmp_path):
    """One test clip of 14 frames in Avenue's layout, with a bright block that is labelled from the sixth on."""
    (images,) = [clip.images[:14] for clip in Made().clips[:1]]
    (tmp_path / "data/testing_videos").mkdir(parents=True)
    video.encode(tmp_path / "data/testing_videos/01.avi", iter(images), 25.0)
    cells = np.empty((1, 14), object)
    for i in range(14):
        cells[0, i] = np.zeros((48, 64), np.uint8)
        cells[0, i][10:30, i : i + 20] = i > 5
    place = tmp_path / "data/ground_truth_demo/testing_label_mask"
    place.mkdir(parents=True)
    scipy.io.savemat(place / "1_label.mat", {"volLabel": cells})
    rows = [("01", "", f, f - 1, 10, f + 19, 30, "bicycle") for f in range(7, 15)]
    files(tmp_path, rows, {f"1/{f:04d}": [["object", "bicycle"]] for f in range(7, 15)})
    return tmp_path


def test_the_command_line_measures_causes_beside_frames(tiny_camera, avenue, eyes, capsys):
    given = f"evaluate tiny --data avenue --root {avenue / 'data'} --device cpu --json {avenue / 'out.json'}"
    more = f"--regions {avenue / 'regions.csv'} --xman {avenue / 'xman.json'} --page {avenue / 'page.md'}"
    assert main([*given.split(), *more.split()]) == 0
    result, text = json.loads((avenue / "out.json").read_text()), capsys.readouterr().out
    assert (result["frames"], result["abnormal"], result["label_set"]) == (14, 8, "cuhk-avenue/volLabel")
    assert result["causes"]["masks"]["top1"] == 1.0 and result["xman"]["masks"]["map"] == 1.0
    assert "auc.micro_raw" in text and "object: bicycle" in text
    assert len(list(avenue.glob("page-01-*.jpg"))) == 3
    assert main([*given.split(), *more.split(), "--distort", "brightness=0.5"]) == 0
    worse = json.loads((avenue / "out.json").read_text())
    assert (
        worse["distortion"] == "brightness=0.5"
        and worse["causes"]["masks"]["frames"] == result["causes"]["masks"]["frames"]
    )
    assert main(given.split()) == 0
    assert "causes" not in json.loads((avenue / "out.json").read_text())


@pytest.mark.parametrize(
    "wrong",
    [
        "--page p.md",
        "--page p.md --xman x.json",
        "--regions none.csv",
        "--xman none.json",
        "--regions regions.csv --distort every=2",
        "--regions r.csv --page p.md --distort blur=1 --distort blur=2",
    ],
)
def test_the_command_line_refuses_what_cannot_be(tiny_camera, avenue, eyes, capsys, wrong):
    assert main([*f"evaluate tiny --data avenue --root {avenue / 'data'} --device cpu".split(), *wrong.split()]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("whycam: ")


@pytest.mark.footage
def test_real_causes_on_ped2_are_mostly_found(footage_root):
    labels = footage_root / "labels"
    given = {"regions": labels / "ped2_regions_dev.csv", "xman": labels / "ped2_xman_dev.json", "every": 90}
    dataset = collect("footage", "DATASETS")["ped2"](footage_root)
    found = causes.evaluate_causes(
        load("ucsd-ped2"), dataset, choose("cpu"), objects="compact", actions="compact", teacher="nobody", **given
    )
    result = written(found)
    assert [*result["labels"]["clips"]] == ["Test001", "Test002", "Test004", "Test007", "Test008", "Test010"]
    assert result["labels"]["unmatched"] == [] and result["labels"]["places"] == []
    ours, masks = result["causes"]["calibrated"], result["causes"]["masks"]
    assert ours["frames"] == result["labels"]["frames"] - result["labels"]["without_score"]
    assert ours["found"] >= 0.6 and masks["found"] >= 0.6
    assert result["xman"]["masks"]["map"] > 0.4
