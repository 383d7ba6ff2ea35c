"""Every reader of a file that somebody else may have written: whatever is damaged in it, one sentence says so."""

import json
import random

import numpy as np
import pytest

from core.errors import WhycamError
from footage import labels, matlab, predictions, tables
from pipeline.evaluation import evaluations, score_files, xman
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from pipeline.evidence import EvidenceFolder
from plaza import truth_of
from tests.pipeline.test_evidence import evidence

ROUNDS = 250
PIECES = [
    b"1e999", b"-1", b"99999999999999999999", b"NaN", b"null", b"true", b"[[[[", b"{}", b'""', b"\x00", b"\xff", b'"',
    b"\n", b"\r", b",", b"1" * 5000, b"[]", b"Infinity", b"1_0", b"\xef\xbb\xbf", b"\\ud800", b"[" * 2000, b"running",
]  # fmt: skip
LABELS = {"street/1": [["object", "bicycle"], ["action", "ride"]], "street/2": [["location", "grass"]]}
PREDICTED = {"street/1": [["object", "bicycle", 0.5]], "street/2": [["location", "grass", 1e-3], ["a", "b", 7]]}
TABLE = b"video,frame,coarse,fine,score\nstreet,1,object,bicycle,0.5\nstreet,2,action,ride,1e-3\n"
SCORES = b"video,frame,score\nclip0,1,0.5\nclip0,2,1e30\nclip1,1,7\n"
REGIONS = b"video,track,frame,x1,y1,x2,y2,label\nstreet,1,1,0,0,5,5.5,bicycle\nstreet,,2,0,0,5,5,truck\n"


def measure(place, name):
    (place / "labels.json").write_text(json.dumps(LABELS)) if name != "labels.json" else None
    (place / "p.json").write_text(json.dumps(PREDICTED)) if name == "labels.json" else None
    return xman.measure_files(place / ("p.json" if name == "labels.json" else name), place / "labels.json")


def text(content):
    return lambda file: file.write_text(json.dumps(content))


def measured(file):
    return measure(file.parent, file.name)


def kept(place):
    heat = np.ones((3, 2, 3), np.float16)
    clip = ClipScores("clip0", np.arange(3, dtype=np.float32), np.arange(3) > 1, 10.0, heat, 4)
    score_files.write(ScoreFile("tiny", "d", "made", 0.5, 0, (clip,), {"x": 1}), place / "kept.npz")


def plaza(place):
    np.savez_compressed(place / "clip.npz", frames=[1, 2], masks=np.zeros((2, 6), np.uint8), size=[6, 8])
    facts = {"clip": "clip.mp4", "frames": 5, "labels": {"1": [["object", "x"]], "2": []}, "label_set": "plaza/1"}
    (place / "clip.json").write_text(json.dumps(facts))


def look(place):
    truth = truth_of(place / "clip.mp4")
    return [truth.masks(i) for i in range(len(truth.abnormal))] if truth.masks else None


def written(place, packed):
    from scipy.io import savemat

    cells = np.empty((1, 3), object)
    for i in range(3):
        cells[0, i] = np.eye(4, dtype=np.uint8)
    savemat(place / "masks.mat", {"volLabel": cells}, do_compression=packed)


READERS = {
    "predictions as JSON": ("p.json", text(PREDICTED), measured),
    "predictions as CSV": ("p.csv", lambda f: f.write_bytes(TABLE), measured),
    "labels": ("labels.json", text(LABELS), measured),
    "classes": ("c.json", text(LABELS), labels.read_classes),
    "regions": ("r.csv", lambda f: f.write_bytes(REGIONS), labels.read_regions),
    "intervals as JSON": ("i.json", lambda f: f.write_text('{"a.mp4": [[1, 3]], "b": []}'), tables.intervals),
    "intervals as CSV": ("i.csv", lambda f: f.write_text("video,first,last\na.mp4,1,3\nb,,\n"), tables.intervals),
    "flags": ("f.npy", lambda f: np.save(f, np.array([0, 1, 1])), tables.flags),
    "scores as CSV": ("s.csv", lambda f: f.write_bytes(SCORES),
                      lambda f: score_files.read(f, ["clip0", "clip1"], [3, 4])),
    "kept scores": ("kept.npz", lambda f: kept(f.parent), lambda f: score_files.read(f, ["clip0", "clip1"], [3, 4])),
    "evidence": ("00000007.npz", lambda f: EvidenceFolder(f.parent).put(evidence()),
                 lambda f: EvidenceFolder(f.parent).get(7)),
    "plaza's masks": ("clip.npz", lambda f: plaza(f.parent), lambda f: look(f.parent)),
    "plaza's truth": ("clip.json", lambda f: plaza(f.parent), lambda f: look(f.parent)),
    "masks": ("masks.mat", lambda f: written(f.parent, False), lambda f: matlab.masks(f, "volLabel")),
    "packed masks": ("masks.mat", lambda f: written(f.parent, True), lambda f: matlab.masks(f, "volLabel")),
}  # fmt: skip


def damaged(good, rng):
    """Change, cut, lengthen or overwrite a file at one to three places."""
    content = bytearray(good)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        way, place = rng.random(), rng.randrange(len(content) + 1)
        if way < 0.3 and content:
            content[min(place, len(content) - 1)] = rng.randrange(256)
        elif way < 0.4:
            del content[place : place + rng.randrange(1, 9)]
        elif way < 0.5:
            del content[place:]
        elif way < 0.6:
            content[place:place] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 5)))
        else:
            content[place : place + rng.randrange(6)] = rng.choice(PIECES)
    return bytes(content)


@pytest.mark.parametrize("kind", READERS)
def test_a_damaged_file_gets_one_sentence(tmp_path, kind):
    name, make, read = READERS[kind]
    make(tmp_path / name)
    good, rng, refused = (tmp_path / name).read_bytes(), random.Random(kind), 0
    read(tmp_path / name)
    for _ in range(ROUNDS):
        (tmp_path / name).write_bytes(damaged(good, rng))
        try:
            read(tmp_path / name)
        except WhycamError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > ROUNDS / 4


@pytest.mark.parametrize("name", ["request.json", "state.json", "process.json", "result.json"])
def test_a_damaged_evaluation_gets_one_sentence(whycam_home, name):
    folder = whycam_home / "evaluations" / "20261122-120000-000001"
    whole = {
        "request.json": {"kind": "xman", "system": "a", "labels": "l"},
        "state.json": {"state": "running" if name == "process.json" else "done", "since": 1.5},
        "process.json": {"pid": 5, "born": "7"},
        "result.json": {"camera": "a", "coverage": {}, "ways": {}},
    }
    folder.mkdir(parents=True)
    rng = random.Random(name)
    for _ in range(ROUNDS):
        for file, content in whole.items():
            (folder / file).write_text(json.dumps(content))
        (folder / name).write_bytes(damaged(json.dumps(whole[name]).encode(), rng))
        evaluations.evaluations()
        try:
            found = evaluations.get(folder.name)
            assert isinstance(found.request.name, str) and isinstance(found.active, bool)
            found.result()
        except WhycamError as error:
            assert "\n" not in str(error)


def test_a_long_name_in_many_lines_is_kept_once(tmp_path):
    """As fixed-width text, ten thousand lines with a name of a megabyte would take 40 GB."""
    lines = ["video,frame,score", f"{'x' * 1_000_000},1,0.5", *(f"clip0,{i},0.5" for i in range(1, 10_000))]
    (tmp_path / "s.csv").write_text("\n".join(lines))
    with pytest.raises(WhycamError, match="video must be 1 to 100"):
        score_files.read(tmp_path / "s.csv", ["clip0"], [10_000])


def test_lines_under_one_name_in_two_spellings_are_one_clip(tmp_path):
    (tmp_path / "s.csv").write_text('video,frame,score\nclip0,1,0.5\n"clip0 ",2,0.25\n')
    found = score_files.read(tmp_path / "s.csv", ["clip0"], [2])
    assert found.clips[0].scores.tolist() == [0.5, 0.25]
    (tmp_path / "p.csv").write_text("video,frame,coarse,fine,score\nv,1,object,car,0.5\n")
    assert list(predictions.read(tmp_path / "p.csv").videos) == ["v"]


@pytest.mark.footage
@pytest.mark.parametrize("name", ["comp99", "shapehuge"])
def test_damaged_kept_scores_are_refused_in_a_sentence(footage_root, name):
    path = footage_root / "footage-faults" / f"{name}.npz"
    with pytest.raises(WhycamError, match=f"{name}.npz must be an archive of NumPy arrays") as error:
        score_files.read(path, ["Test001"], [180])
    assert "\n" not in str(error.value)
