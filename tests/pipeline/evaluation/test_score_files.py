"""Scores kept and read again, scores of other systems, and what their heat says of places."""

import json
import math
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.contracts import Truth
from core.device import choose
from core.equivalence import Equivalence
from core.errors import DataError
from footage.ucsd import Ped2
from metrics.pixel_auc import pixel_auc
from pipeline.evaluation import heat as heats
from pipeline.evaluation import score_files
from pipeline.evaluation.evaluate import evaluate
from pipeline.evaluation.evaluate_scores import evaluate_score_file
from pipeline.evaluation.located import Located, NatScale
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from tests.metrics.test_regions import area_of, overlap
from tests.pipeline.evaluation.test_evaluate import Made

ROOT = Path(__file__).resolve().parents[3]


class Masked(Made):
    def truth(self, clip):
        truth = super().truth(clip)

        def mask(frame):
            inside = np.zeros((48, 64), bool)
            inside[10:30, 20:40] = truth.abnormal[frame]
            return inside

        return Truth(truth.abnormal, mask, truth.label_set)


def test_kept_scores_give_the_same_figures_again(tiny_camera, tmp_path):
    dataset, runtime = Masked(), choose("cpu", "float32")
    first = evaluate(tiny_camera, dataset, runtime, heat="tube", keep=tmp_path / "tiny.npz").as_json()
    again = evaluate_score_file(tmp_path / "tiny.npz", dataset).as_json()
    first.pop("false_alarms")  # held against the camera's card, which kept scores do not have
    assert again == first
    assert set(first["localisation"]) == {"pixel_auc", "rbdc", "tbdc", "heat", "protocol"}
    assert all(0 <= first["localisation"][name] <= 1 for name in ("pixel_auc", "rbdc", "tbdc"))
    assert "localisation" not in evaluate(tiny_camera, dataset, runtime).as_json()


def csv(path, rows, header="video,frame,score"):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def test_scores_of_another_system_are_measured(tmp_path):
    dataset = Made()
    rows = [(clip.name.upper(), i + 1, float(15 <= i < 28)) for clip in dataset.test() for i in range(len(clip.images))]
    found = evaluate_score_file(csv(tmp_path / "other.csv", rows), dataset).as_json()
    assert found["auc"]["micro_raw"] == found["auc"]["protocol"] == 1
    assert (found["camera"], found["threshold"], found["f1"]) == ("other", None, None)
    some = evaluate_score_file(csv(tmp_path / "some.csv", rows[5:40]), dataset).as_json()
    assert (some["scored"], some["frames"]) == (35, 73)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("elsewhere", 1, 0)], "scores of 'elsewhere', which is no test clip; known: clip0, clip1"),
        ([("clip0", 41, 0)], "line 2: frame 41 does not lie in 1 to 40"),
        ([("clip0", 1, 0), ("clip0", 0, 0)], "frame 0 does not lie in 1 to 40; frames are counted from 1"),
        ([("clip0", 1, 0), ("clip0", 1, 1)], "frame 1 has two scores"),
        ([("clip0", 1, "nan")], "line 2: a score must be a finite number"),
        ([("clip0", 1, 0), ("clip0", 2, -1e63)], "line 3: a score must be a finite number of single precision"),
        ([("clip0", 1, "high")], "must be CSV with the columns"),
        ([("clip0", 1, "")], "empty cell"),
        ([("clip0", "one", 1)], "must be CSV with the columns"),
        ([], "hold scores"),
    ],
)
def test_a_wrong_line_of_scores_gets_a_sentence(tmp_path, rows, said):
    with pytest.raises(DataError, match=said):
        evaluate_score_file(csv(tmp_path / "p.csv", rows), Made())


def kept(tmp_path, **changes):
    scores = np.arange(4, dtype=np.float32)
    clip = {"name": "a", "scores": scores, "flagged": scores > 1, "fps": 10.0, "heat": np.ones((4, 2, 3), np.float16)}
    path = tmp_path / "kept.npz"
    score_files.write(
        ScoreFile("tiny", "d", "made", 0.5, 0, (ClipScores(**clip | {"cell": 4} | changes),), {"x": 1}), path
    )
    return path


def test_what_is_kept_comes_back(tmp_path):
    seconds = np.array([0.0, 0.1, 0.5, 0.6])
    found = score_files.read(kept(tmp_path, seconds=seconds), ["a", "b"], [4, 2])
    assert found.clips[0].seconds.tolist() == seconds.tolist() and found.clips[1].seconds is None
    assert (found.system, found.threshold, found.facts) == ("tiny", 0.5, {"x": 1})
    assert found.clips[0].heat.shape == (4, 2, 3)
    assert np.isnan(found.clips[1].scores).tolist() == [True, True] and found.clips[0].located is None


def where(things=((1, 0, 0, 4, 4, 2.5),), pixels=(1.0, 2.0, 3.0, np.nan)):
    rows = np.array(things, np.float64).reshape(-1, 6)
    pixels = None if pixels is None else np.array(pixels, np.float32)
    return Located(rows, pixels, NatScale(Equivalence((1.0, 2.0), (3.0, 5.0)), decibels=False))


@pytest.mark.parametrize("one", [where(), where(pixels=None), where(())])
def test_where_the_score_lies_comes_back(tmp_path, one):
    found = score_files.read(kept(tmp_path, located=one), ["a"], [4]).clips[0].located
    assert np.array_equal(found.things, one.things) and found.scale == one.scale
    assert (found.pixels is None) == (one.pixels is None)
    assert one.pixels is None or np.array_equal(found.pixels, one.pixels, equal_nan=True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flagged": np.ones(3, bool)}, "do not fit together"),
        ({"heat": np.ones((3, 2, 3), np.float16)}, "do not fit together"),
        ({"heat": np.full((4, 2, 3), np.nan, np.float16)}, "not a number"),
        ({"scores": np.array([1.0, np.inf, 0.0, 1.0], np.float32)}, "a score of clip 'a' is infinite"),
        ({"cell": 0}, "do not fit together"),
        ({"fps": 0.0}, "do not fit together"),
        ({"name": "z"}, "'z', which is no test clip"),
        ({"seconds": np.arange(3.0)}, "do not fit together"),
        ({"seconds": np.array([0.0, 2.0, 1.0, 3.0])}, "do not ascend"),
        ({"located": where([(4, 0, 0, 4, 4, 2.5)])}, "lie outside its frames"),
        ({"located": where([(1, 0, 0, 4, np.inf, 2.5)])}, "are no numbers"),
        ({"located": where(pixels=(1.0, 2.0))}, "are not of its 4 frames"),
        ({"located": where([(1, 0, 0, 4, 4, 2.5)] * 4001)}, "more things than 1000 a frame"),
    ],
)
def test_damaged_scores_are_refused(tmp_path, changes, said):
    with pytest.raises(DataError, match=said):
        score_files.read(kept(tmp_path, **changes), ["a"], [4])


def test_files_that_hold_something_else_are_refused(tmp_path):
    path = kept(tmp_path)
    with pytest.raises(DataError, match="4 scores of clip 'a', which has 5 frames"):
        score_files.read(path, ["a"], [5])
    for content in (b"", b"no archive", path.read_bytes()[:-40]):
        (tmp_path / "x.npz").write_bytes(content)
        with pytest.raises(DataError, match="must be an archive"):
            score_files.read(tmp_path / "x.npz", ["a"], [4])
    with zipfile.ZipFile(tmp_path / "y.npz", "w") as made:
        made.writestr("facts.npy", b"x")
    np.savez(tmp_path / "z.npz", facts=np.array([{}], object))
    np.savez(tmp_path / "w.npz", facts=np.frombuffer(b"[" * 9999, np.uint8))
    wrong = {"y": "of its array 'facts'", "z": "values of type 'object', not numbers", "w": "holds no scores"}
    for name, said in (wrong | {"none": "there is no file"}).items():
        with pytest.raises(DataError, match=said):
            score_files.read(tmp_path / f"{name}.npz", ["a"], [4])


def test_more_scores_than_any_clip_has_frames_are_refused_before_they_are_read(tmp_path):
    import tracemalloc

    with np.load(kept(tmp_path)) as found:
        arrays = dict(found)
    long = {"scores0": np.zeros(12 << 20, np.float32), "flagged0": np.zeros(12 << 20, bool)}
    np.savez_compressed(tmp_path / "long.npz", facts=arrays["facts"], **long)
    np.savez_compressed(tmp_path / "wide.npz", **arrays | {"heat0": np.zeros((4, 2, 1 << 17), np.float16)})
    del long
    tracemalloc.start()
    for name in ("long", "wide"):
        with pytest.raises(DataError, match="more than any clip has frames, or too large a heat map"):
            score_files.read(tmp_path / f"{name}.npz", ["a"], [4])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_facts_that_are_no_numbers_are_refused(tmp_path):
    with np.load(kept(tmp_path)) as found:
        arrays = dict(found)
    facts = json.loads(arrays["facts"].tobytes())
    twice = {"clips": [*facts["clips"], *facts["clips"]]}
    for change in ({"threshold": math.nan}, {"person": math.inf}, {"skipped": -1}, {"person": -1}, {"skipped": None},
                   {"threshold": "high"}, twice):  # fmt: skip
        changed = np.frombuffer(json.dumps(facts | change).encode(), np.uint8)
        others = {f"{k[:-1]}1": v for k, v in arrays.items() if k != "facts"}
        np.savez(tmp_path / "x.npz", **arrays | others | {"facts": changed})
        with pytest.raises(DataError, match="holds no scores that Whycam kept"):
            score_files.read(tmp_path / "x.npz", ["a"], [4])


def mapped(seed=0, frames=30, shape=(6, 9), cell=4):
    rng = np.random.default_rng(seed)
    heat = (rng.integers(0, 6, (frames, *shape)) / 4).astype(np.float16)
    truth = np.zeros((frames, shape[0] * cell - 1, shape[1] * cell - 2), bool)
    for f in range(8, 20):
        truth[f, 4:11, 3 + f // 4 : 12 + f // 4] = True
        heat[f, 1:3, 1:4] += 1
    return heats.Mapped(heat, cell, lambda f: truth[f], truth.reshape(frames, -1).any(1)), truth


def test_pixel_auc_of_cells_is_that_of_whole_maps():
    clip, truth = mapped()
    whole = [
        np.kron(h.astype(float), np.ones((4, 4)))[: t.shape[0], : t.shape[1]]
        for h, t in zip(clip.heat, truth, strict=True)
    ]
    assert heats.localise([clip], "raw").figures["pixel_auc"] == pytest.approx(
        pixel_auc(zip(whole, truth, strict=True))
    )


def naive_parts(mask):
    """Parts of a mask by flooding, as boxes."""
    left, boxes = {(int(y), int(x)) for y, x in np.argwhere(mask)}, []
    while left:
        front, part = [left.pop()], []
        while front:
            y, x = front.pop()
            part.append((y, x))
            near = {(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            front += near
        ys, xs = zip(*part, strict=True)
        boxes.append((min(xs), min(ys), max(xs) + 1, max(ys) + 1))
    return boxes


def naive_curves(clips):
    """RBDC and TBDC by going through thresholds, frames and boxes one by one."""
    frames = sum(len(c.heat) for c, _ in clips)
    tops = np.concatenate([c.heat.reshape(len(c.heat), -1).max(1) for c, _ in clips]).astype(float)
    levels = np.unique(np.quantile(tops[tops > 0], np.linspace(0, 1, heats.LEVELS), method="lower"))[::-1]
    points = {"r": [(0.0, 0.0)], "t": [(0.0, 0.0)]}
    for level in levels:
        false, found = 0, []
        for clip, truth in clips:
            for f, heat in enumerate(clip.heat):
                seen = [tuple(clip.cell * v for v in box) for box in naive_parts(heat.astype(float) >= level)]
                true = naive_parts(truth[f])
                hits = [[overlap(a, b) >= 0.1 for b in true] for a in seen]
                false += sum(not any(row) for row in hits)
                found += [any(row[j] for row in hits) for j in range(len(true))]
        points["r"].append((false / frames, np.mean(found)))
        points["t"].append((false / frames, float(np.mean(found) >= 0.1)))
    return [area_of(points[key]) for key in "rt"]


def test_curves_of_heat_are_those_of_the_naive_twin():
    clips = [mapped(seed) for seed in range(2)]
    slow = naive_curves([clips[0]])
    fast = heats.localise([clips[0][0]], "raw").as_json()
    assert [fast["rbdc"], fast["tbdc"]] == pytest.approx(slow)
    both = heats.localise([clip for clip, _ in clips], "raw").as_json()
    assert both["rbdc"] == pytest.approx(naive_curves(clips)[0])


def test_annotated_boxes_and_tracks_take_the_masks_place(tiny_camera, tmp_path):
    dataset = Masked()
    evaluate(tiny_camera, dataset, choose("cpu", "float32"), keep=tmp_path / "tiny.npz")
    lines = [f"clip{c},{i // 18},{i},20,10,40,30,thing" for c in (0, 1) for i in range(16, 29)]
    table = csv(tmp_path / "r.csv", [[line] for line in lines], "video,track,frame,x1,y1,x2,y2,label")
    boxed = evaluate_score_file(tmp_path / "tiny.npz", dataset, regions=table).as_json()["localisation"]
    plain = evaluate_score_file(tmp_path / "tiny.npz", dataset).as_json()["localisation"]
    assert boxed["rbdc"] == pytest.approx(plain["rbdc"])
    assert "annotated boxes and tracks" in boxed["protocol"]
    with pytest.raises(DataError, match="names no test clip"):
        evaluate_score_file(tmp_path / "tiny.npz", dataset, regions=csv(
            tmp_path / "s.csv", [["zzz,1,1,0,0,1,1,a"]], "video,track,frame,x1,y1,x2,y2,label"))  # fmt: skip


def test_parts_of_consecutive_frames_are_linked_by_overlap():
    links = heats._Links()
    box = np.array([[0, 0, 4, 4], [10, 10, 14, 14]], float)
    assert [t for t, _ in links.add(3, box)] == [0, 1]
    assert [t for t, _ in links.add(4, box[::-1] + 1)] == [1, 0]
    assert [t for t, _ in links.add(6, box)] == [2, 3], "a gap ends a track"


@pytest.mark.footage
@pytest.mark.slow
def test_stored_scores_of_ped2_take_seconds(footage_root, tmp_path):
    """Processor time of the whole command, so that another's work beside it does not count."""
    import resource

    dataset = Ped2(footage_root)
    rng, clips = np.random.default_rng(0), []
    for clip in dataset.test():
        heat = rng.gamma(1.0, 1.0, (len(clip), 60, 90)).astype(np.float16)
        clips.append(ClipScores(clip.name, heat.mean((1, 2)).astype(np.float32), None, 10.0, heat, 4))
    score_files.write(ScoreFile("made", "noise", "ped2", None, 0, tuple(clips)), tmp_path / "made.npz")
    kept_in = str(tmp_path / "made.npz")
    options = ["--data", "ped2", "--root", str(footage_root), "--scores", kept_in, "--json", "-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run([sys.executable, "-m", "cli", "evaluate", *options], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 0 <= json.loads(done.stdout)["localisation"]["rbdc"] < 1
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5


def test_figures_of_stored_scores_need_no_pytorch():
    """It takes longer to import than the figures take."""
    code = (
        "import sys, cli.main, cli.evaluation_text, footage.ucsd, pipeline.evaluation.evaluate_scores, "
        "pipeline.evaluation.xman"
    )
    code += "; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
