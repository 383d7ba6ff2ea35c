"""Runs made by hand in the store, for the pages to show: nothing is scored here."""

import dataclasses
import io

import numpy as np

from core import files
from core.records import ClassNormality, Clip, Detections, Evidence, Normality
from pipeline import store
from pipeline.analyse import EVIDENCE, FACTS, SCORES
from pipeline.evidence import EvidenceFolder

FRAMES, FPS, SIZE = 500, 25.0, (180, 320)
UNUSUAL = ((120, 180, "bicycle", 9.0), (300, 340, "skateboard", 5.0))
NAME = '../../x"><script>alert(1)</script>.mp4'


def boxes(frame, rows, vocabulary):
    return Detections(
        frame,
        np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        tuple(label for _, label, _ in rows),
        np.array([confidence for _, _, confidence in rows], np.float32),
        vocabulary,
    )


def draft(name=NAME):
    return store.create(io.BytesIO(b"a clip that the pages never decode"), name)


def queued(name=NAME, camera="plaza"):
    run = draft(name)
    assert store.enqueue(run.id, camera)
    return store.get(run.id)


def running(name=NAME, pid=None, born=None):
    run = queued(name)
    store.attach(run.id, pid, born)
    store.begin(run.id)
    store.progress(run.id, "scoring", 200, 500, 12.5)
    return store.get(run.id)


def ended(state, error=None, name=NAME):
    run = queued(name)
    store.end(run.id, state, error, None)
    return store.get(run.id)


def scores():
    random = np.random.default_rng(7)
    values = random.normal(0.0, 0.25, FRAMES).astype(np.float32)
    for first, last, _, top in UNUSUAL:
        values[first : last + 1] += (top * np.hanning(last - first + 3)[1:-1]).astype(np.float32)
    values[:4] = np.nan
    return values


def evidence(frame, score, label):
    height, width = SIZE
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 255 // width, y * 255 // height, np.full_like(x, 110)], -1).astype(np.uint8)
    left = 20 + frame // 3
    picture[80:130, left : left + 40] = (230, 220, 40)
    heat = np.exp(-(((x - left - 20) / 25.0) ** 2 + ((y - 105) / 30.0) ** 2)).astype(np.float32) * score
    box, person = (left, 80, left + 40, 130), (left + 5, 50, left + 35, 120)
    return Evidence(
        frame, score, picture, heat,
        boxes(frame, [(box, label, 0.93), (person, "person", 0.88)], "COCO"),
        boxes(frame, [(person, "ride", 0.7)], "AVA"),
    )  # fmt: skip


def done(name=NAME, quiet=False):
    run = running(name, 1, "once")
    values = np.zeros(FRAMES, np.float32) if quiet else scores()
    kept = EvidenceFolder(run.folder / EVIDENCE)
    for first, last, label, _ in () if quiet else UNUSUAL:
        for frame in range(first, last + 1, 5):
            kept.put(evidence(frame, float(values[frame]), label))
    values.tofile(run.folder / SCORES)
    quantiles = tuple(np.linspace(0.0, 1.0, 101).tolist())
    classes = {"person": ClassNormality(4.0, quantiles, 900)}
    facts = {
        "clip": dataclasses.asdict(Clip(name, "0" * 64, FPS, SIZE[1], SIZE[0], FRAMES)),
        "camera": "plaza",
        "detector": "vqunet-prediction",
        "models": {"objects": "compact (plaza)", "actions": "compact (plaza)"},
        "threshold": 2.0,
        "floor": 0.6,
        "warnings": ["The clip ends in the middle of a frame <b>."],
        "normality": dataclasses.asdict(Normality(1.0, quantiles, 900, 0.02, classes, 200)),
        "versions": {"whycam": "0.1.0", "seed": 0, "weights": {"camera": "ab" * 32}},
    }
    files.write_json(run.folder / FACTS, facts)
    for report in ("report.html", "report.json", "scores.csv"):
        (run.folder / report).write_text(f"the {report} of the run's own threshold")
    store.finish(run.id, 0 if quiet else 2, None if quiet else "bicycle")
    return store.get(run.id)
