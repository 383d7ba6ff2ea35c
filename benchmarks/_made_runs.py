"""Finished runs made by hand, nothing analysed, for the pages to show."""

import dataclasses
import io
import shutil

import numpy as np

from core import files
from core.arrays import Floats, Images
from core.normality import Normality
from core.records import Clip, Detections, Evidence
from explain import report
from pipeline import frame_log, heat_frames, playback, store
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FACTS, explain_events
from pipeline.kinds import queue
from pipeline.run_facts import RunFacts
from pipeline.store import Run

FPS = 25.0
WORKER = "made by hand"


def made(frames: int, events: int, size: tuple[int, int]) -> Run:
    """Keep a finished run with its playback copy, its heat, and evidence of its events.

    Args:
        frames: of its clip, at :data:`FPS`.
        events: spread evenly.
        size: width and height in pixels.
    """
    run = store.create(io.BytesIO(b"made by hand"), "made by hand.mp4")
    scores, kept = (
        np.random.default_rng(1).normal(0.0, 0.2, frames).astype(np.float32),
        EvidenceFolder(run.folder / EVIDENCE),
    )
    for peak in np.linspace(60, frames - 60, events).astype(int).tolist():
        scores[peak - 12 : peak + 13] += (8.0 * np.hanning(27)[1:-1]).astype(np.float32)
        for frame in range(peak - 10, peak + 11, 5):
            kept.put(_evidence(frame, float(scores[frame]), size))
    frame_log.append(run.folder, (np.arange(frames) / FPS).tolist(), scores.tolist(), [True] * frames)
    heat_frames.append(run.folder, {n: _heat(n) for n in range(frames)})
    _facts(run, frames, size)
    files.folder(playback.clip(run).parent)
    playback.write((_picture(n, size) for n in range(frames)), playback.clip(run), FPS)
    return finished(run, events)


def copied(run: Run, name: str) -> Run:
    """Keep another run with the files of a finished one."""
    other = store.create(io.BytesIO(b"made by hand"), name)
    shutil.copytree(run.folder, other.folder, dirs_exist_ok=True)
    return finished(other, run.events or 0)


def finished(run: Run, events: int) -> Run:
    """Let a run be done, with its report for machines, of which lists of events are made."""
    files.write_json(run.folder / "report.json", report.as_json(explain_events(run.folder)))
    jobs = queue().store
    jobs.enqueue(run.id, WORKER, {"camera": "plaza"})
    jobs.begin(run.id)
    jobs.publish(run.id, {"events": events, "top_cause": "bicycle"})
    jobs.finish(run.id)
    return store.get(run.id)


def _facts(run: Run, frames: int, size: tuple[int, int]) -> None:
    clip = Clip(run.clip, "0" * 64, FPS, *size, frames)
    normal = Normality(1.0, tuple(np.linspace(0.0, 1.0, 101).tolist()), 900, 0.02)
    facts = RunFacts(clip, "plaza", "vqunet-prediction", {"objects": "none"}, 2.0, 0.6, normal, (), {})
    files.write_json(run.folder / FACTS, dataclasses.asdict(facts))


def _picture(number: int, size: tuple[int, int]) -> Images:
    across, down = np.arange(size[0]), np.arange(size[1])
    grey = (across[None, :] // 2 + down[:, None]) % 200
    picture = np.repeat(grey[..., None], 3, -1).astype(np.uint8)
    left = number * 3 % (size[0] - 20)
    picture[20:60, left : left + 20] = (230, 220, 40)
    return picture


def _heat(number: int) -> Images:
    grid = np.zeros((54, 96), np.uint8)
    grid[10:25, number % 80 : number % 80 + 12] = 180
    return grid


def _evidence(frame: int, score: float, size: tuple[int, int]) -> Evidence:
    heat: Floats = np.zeros((size[1], size[0]), np.float32)
    box = np.array([[20, 20, 60, 60]], np.float32)
    heat[20:60, 20:60] = score
    found = Detections(frame, box, ("bicycle",), np.array([0.9], np.float32), "COCO")
    none = Detections(frame, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), "AVA")
    return Evidence(frame, score, _picture(frame, size), heat, found, none)
