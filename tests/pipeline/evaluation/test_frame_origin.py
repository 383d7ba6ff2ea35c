"""Frames counted from another number are noticed, and events that merely begin and end elsewhere are not."""

import csv
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from footage.predictions import COLUMNS, read, read_labels
from pipeline.evaluation._xman_match import _stretches, match

ROOT = Path(__file__).resolve().parents[3]
WAYS = range(-4, 5)


def hinted(path, labels):
    found = path.with_name("labels.json")
    found.write_text(json.dumps(labels))
    try:
        return match(read(path), read_labels(found)).unmatched.hint
    except DataError as error:
        return str(error).partition("at other frames")[2]


def events(path, spans, video="clip"):
    """Write events as ``causes.csv`` has them: event by event, cause by cause, frames from 1, one score for each."""
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for number, (first, last) in enumerate(spans):
            for kind, (begin, end) in {"bicycle": (first, last), "person": (first + 3, last - 5)}.items():
                out.writerows((video, frame, "object", kind, 4.5 - number) for frame in range(begin, end + 1))
    return path


def labelled(spans, video="clip", step=1):
    return {f"{video}/{f:03d}": [["object", "bicycle"]] for a, b in spans for f in range(a, b + 1, step)}


@pytest.mark.parametrize("step", [1, 2, 5])
def test_an_event_that_begins_and_ends_anywhere_is_no_shift(tmp_path, step):
    """Found by a user: frames 93 to 179 of Test002 against labels of 95 to 180."""
    events(tmp_path / "one.csv", [(93, 179)])
    events(tmp_path / "two.csv", [(20, 60), (93, 179)])
    for start, stop in itertools.product(WAYS, WAYS):
        labels = labelled([(93 + start, 179 + stop)], step=step)
        assert hinted(tmp_path / "one.csv", labels) == "", (start, stop)
        assert hinted(tmp_path / "two.csv", labels) == "", (start, stop)
        assert hinted(tmp_path / "one.csv", labels | labelled([(1, 30), (200, 240)], step=step)) == "", (start, stop)
        more = labels | labelled([(20 - stop, 60 - start)], step=step)
        assert hinted(tmp_path / "two.csv", more) == "", (start, stop)


def frame_by_frame(path, spans, shift=0, video="clip", first=0):
    """Write what a system says of given frames, each with scores of its own."""
    frames = [f + shift for a, b in spans for f in range(a, b + 1)][first:]
    rows = {f"{video}/{f}": [["object", "bicycle", f % 7 / 7], ["action", "ride", f % 5 / 5]] for f in frames}
    path.write_text(json.dumps(rows))
    return path


@pytest.mark.parametrize(
    "spans", [[(1, 8)], [(61, 180)], [(5, 5)], [(61, 180), (200, 220)], [(1, 36), (50, 60), (70, 70)]]
)
@pytest.mark.parametrize(("shift", "way"), [(-1, "one too low"), (1, "one too high"), (0, ""), (-2, ""), (2, "")])
def test_answers_to_the_labelled_frames_tell_a_shift(tmp_path, spans, shift, way):
    if spans[0][0] + shift < 0:
        return
    path = frame_by_frame(tmp_path / "p.json", [*spans, (300, 301)], shift)
    found = hinted(path, labelled([*spans, (300, 301)]))
    assert (way in found) if way else found == ""
    if len(spans) == 1 and spans != [(5, 5)]:
        found = hinted(frame_by_frame(tmp_path / "p.json", spans, shift), labelled(spans))
        assert (way in found) if way else found == ""


def test_labels_given_back_one_frame_off_are_noticed_though_their_scores_are_alike(tmp_path):
    spans = {"08": (2, 37), "19": (110, 249), "21": (15, 67)}
    labels = {k: v for video, span in spans.items() for k, v in labelled([span], video).items()}
    for shift, way in ((1, "too high"), (-1, "too low")):
        shifted = {f"{k[:2]}/{int(k[3:]) + shift}": v for k, v in labels.items()}
        (tmp_path / "p.json").write_text(json.dumps(shifted))
        assert way in hinted(tmp_path / "p.json", labels)


def test_a_clip_whose_first_frames_have_no_answer_still_tells_a_shift(tmp_path):
    rows, labels = {}, {}
    for number, span in enumerate([(1, 40), (61, 90), (11, 70)]):
        path = frame_by_frame(tmp_path / "p.json", [span], -1, f"v{number}", first=5 if number == 0 else 0)
        rows |= json.loads(path.read_text())
        labels |= labelled([span], f"v{number}")
    (tmp_path / "p.json").write_text(json.dumps(rows))
    assert "one too low" in hinted(tmp_path / "p.json", labels)


def test_a_frame_0_tells_where_counting_starts(tmp_path):
    frame_by_frame(tmp_path / "p.json", [(0, 179)])
    assert "name a frame 0" in hinted(tmp_path / "p.json", labelled([(61, 170)])), "as many match either way"
    assert "120 frames would match in place of 119" in hinted(tmp_path / "p.json", labelled([(61, 180)]))
    assert hinted(tmp_path / "p.json", labelled([(0, 179)])) == "", "these labels count from 0, too"
    frame_by_frame(tmp_path / "p.json", [(1, 180)])
    assert hinted(tmp_path / "p.json", labelled([(61, 180)])) == ""


def naive_stretches(frames):
    found = []
    for frame in sorted(frames):
        if found and frame == found[-1][1] + 1:
            found[-1][1] = frame
        else:
            found.append([frame, frame])
    return {tuple(one) for one in found}


def test_stretches_are_those_of_the_naive_twin():
    rng = np.random.default_rng(0)
    for _ in range(200):
        frames = np.flatnonzero(rng.random(rng.integers(1, 30)) < rng.random())
        assert _stretches(frames.astype(np.int64)) == naive_stretches(frames.tolist())


def analysed(clip, camera, out):
    command = ["analyse", str(clip), "--camera", camera, "--out", str(out), "--device", "cpu"]
    done = subprocess.run([sys.executable, "-m", "cli", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out / "causes.csv"


def holds_still(causes, video):
    """No hint about an analysis's own file, however the labelled frames lie about its first event."""
    rows = read(causes)
    frames = {place & 0xFFFFFFFF for place in rows.places}
    first = last = min(frames)
    while last + 1 in frames:
        last += 1
    for start, stop, step in itertools.product(WAYS, WAYS, (1, 5)):
        spans = [(max(first + start, 1), last + stop)]
        assert hinted(causes, labelled(spans, video, step)) == "", (start, stop, step)
        assert hinted(causes, labelled([*spans, (last + 20, last + 40)], video, step)) == "", (start, stop, step)


@pytest.mark.slow
@pytest.mark.footage
def test_no_hint_about_what_analyse_wrote_of_ped2(footage_root, tmp_path):
    causes = analysed(footage_root / "UCSDped2_mp4" / "Test002.mp4", "ucsd-ped2", tmp_path / "out")
    holds_still(causes, "Test002")
    labels = json.loads((footage_root / "labels" / "ped2_xman_dev.json").read_text())
    assert hinted(causes, labels) == ""
