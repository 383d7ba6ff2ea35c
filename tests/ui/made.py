"""Runs made by hand in the store, for the pages to show: nothing is scored here."""

import dataclasses
import io
import json
import os

import numpy as np

from core import files
from core.normality import ClassNormality, Normality
from core.progress import Progress
from core.records import Clip, Detections, Evidence
from core.spot import LEFT, Spot
from explain import report
from jobs import processes
from jobs.store import JobStore
from pipeline import finished_run, frame_log, store
from pipeline.camera import Camera, background_of, save
from pipeline.event_evidence import wanted_frames
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FACTS, explain_events

FRAMES, FPS, SIZE = 500, 25.0, (180, 320)
UNUSUAL = ((120, 180, "bicycle", 9.0), (300, 340, "skateboard", 5.0))
ME = processes.identity(os.getpid())
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


def queued(name=NAME, camera="plaza", process=ME):
    run = draft(name)
    assert JobStore().enqueue(run.id, process, {"camera": camera})
    return JobStore().get(run.id, store.Run)


def running(name=NAME, process=ME, camera="plaza"):
    run = queued(name, camera, process)
    JobStore().begin(run.id)
    JobStore().report(run.id, Progress(200, 500, 12.5, "scoring", left=4210.0, share=0.35))
    return JobStore().get(run.id, store.Run)


def ended(state, reason="", name=NAME):
    run = queued(name)
    JobStore().end(run.id, state, reason, ME)
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


def done(name=NAME, quiet=False, camera="plaza"):
    run = running(name, camera=camera)
    results(run, quiet)
    return finish(run, 0 if quiet else 2)


def finish(run, events=2):
    JobStore().publish(run.id, {"events": events, "top_cause": "bicycle" if events else None})
    JobStore().finish(run.id)
    return store.get(run.id)


def filmed(clip, camera):
    """Make a run that is done, of a clip and a camera that there are."""
    run = done(camera=camera)
    run.path.write_bytes(clip.read_bytes())
    return run


def rescored(run, values):
    """Give the frames of a run other scores."""
    frame_log.cut(run.folder, 0)
    frame_log.append(run.folder, np.arange(FRAMES) / FPS, values, [True] * FRAMES)


def results(run, quiet=False):
    """Write what a finished analysis leaves in its folder."""
    values = np.zeros(FRAMES, np.float32) if quiet else scores()
    kept = EvidenceFolder(run.folder / EVIDENCE)
    for first, last, label, _ in () if quiet else UNUSUAL:
        for frame in range(first, last + 1, 5):
            kept.put(evidence(frame, float(values[frame]), label))
    frame_log.append(run.folder, np.arange(FRAMES) / FPS, values, [True] * FRAMES)
    write_facts(run, Clip(run.clip, "0" * 64, FPS, SIZE[1], SIZE[0], FRAMES))
    for frame in wanted_frames(finished_run.read(run.folder).events(2.0)):
        label = next(label for first, last, label, _ in UNUSUAL if first - 20 <= frame <= last + 20)
        kept.put(evidence(frame, float(values[frame]), label))
    report.write(explain_events(run.folder), kept.get, run.folder)


def write_facts(run, clip):
    """Write what a finished analysis says of a clip."""
    quantiles = tuple(np.linspace(0.0, 1.0, 101).tolist())
    classes = {"person": ClassNormality(4.0, quantiles, 900)}
    facts = {
        "clip": dataclasses.asdict(clip),
        "camera": run.camera,
        "detector": "vqunet-prediction",
        "models": {"objects": "compact (plaza)", "actions": "compact (plaza)"},
        "threshold": 2.0,
        "floor": 0.6,
        "warnings": ["The clip ends in the middle of a frame <b>."],
        "normality": dataclasses.asdict(Normality(1.0, quantiles, 900, 0.02, classes, 200)),
        "versions": {"whycam": "0.1.0", "seed": 0, "weights": {"camera": "ab" * 32}},
    }
    files.write_json(run.folder / FACTS, facts)


def stands(run):
    """Let something stand in a run's clip for longer than usual, while other things move."""
    path = run.folder / FACTS
    facts = json.loads(path.read_text(encoding="utf-8"))
    spot = Spot((200.0, 90.0, 240.0, 130.0), 100, 400, LEFT, 2.0, 340, 11.0, 3.0, ((200, 1.5), (340, 2.0)))
    files.write_json(path, {**facts, "spots": [dataclasses.asdict(spot)], "standing": 1.0})


def camera(name="street"):
    """Keep a camera without weights, that knows the pictures of :func:`pictures`."""
    quantiles = tuple(np.linspace(0.0, 1.0, 101).tolist())
    made = Camera(
        "vqunet-prediction", {}, "0" * 64, 2.0, 0.6, SIZE[1], SIZE[0], FPS, Normality(1.0, quantiles, 900, 0.02),
        {"data": "pictures <b>made</b> by hand", "epochs": 3, "auc": 0.94123},
        name, files.home() / "cameras" / name, background_of(np.stack(list(pictures(8)))),
    )  # fmt: skip
    save(made)
    return made


def pictures(count, seed=3):
    """Yield frames of a still, textured place with one thing moving through it."""
    random = np.random.default_rng(seed)
    coarse = random.integers(40, 215, (9, 16, 3)).astype(np.uint8)
    place = np.repeat(np.repeat(coarse, 20, 0), 20, 1)
    for frame in range(count):
        picture = place.copy()
        picture[90:120, frame * 2 % 290 : frame * 2 % 290 + 20] = 250
        yield picture
