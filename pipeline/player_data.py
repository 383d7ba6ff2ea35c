"""What a player takes of a run, packed: scores and spans once, heat and boxes when they are asked for.

A packed answer is the length of a JSON head (uint32, little-endian), the head, and arrays on 8-byte boundaries; the
head's ``arrays`` gives name, type, offset and count of each. ``frontend/src/binary.ts`` reads it.
"""

import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from core import pictures
from core.arrays import Bools, Floats, Images, Ints
from core.errors import InputError
from core.scored_things import ScoredThings
from explain.report.overlay import PALETTE
from pipeline import channels, finished_run, heat_frames
from pipeline.events import EventRule, smoothed
from pipeline.evidence import EvidenceFolder
from pipeline.finished_run import EVIDENCE, FinishedRun

CHUNK_FRAMES = 128
"""Frames of whose heat one answer holds."""
MIN_CONFIDENCE = 0.4
"""Boxes of things that are less sure would hide the picture."""
MAX_THUMBNAIL = 320
QUALITY = 85


Arrays = dict[str, npt.NDArray[Any]]


def pack(head: Mapping[str, Any], arrays: Arrays) -> bytes:
    """Pack a JSON head and arrays of numbers into one answer."""
    places, offset = dict[str, tuple[str, int, int]](), 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str[1:], offset, array.size)
        offset += -(-array.nbytes // 8) * 8
    # Offsets count from the buffer's start, which depends on the head's own length: it is padded to a fixed one.
    length = len(json.dumps({**head, "arrays": places})) + 16 * len(places) + 8
    start = -(-(4 + length) // 8) * 8
    places = {name: (kind, start + at, count) for name, (kind, at, count) in places.items()}
    text = json.dumps({**head, "arrays": places}).encode().ljust(start - 4)
    parts = [len(text).to_bytes(4, "little"), text]
    for array in arrays.values():
        data = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes()
        parts.append(data.ljust(-(-len(data) // 8) * 8, b"\0"))
    return b"".join(parts)


def timeline(folder: Path, truth: Iterable[tuple[int, int, str]] = ()) -> bytes:
    """Pack what a timeline shows of a finished run: scores, the event rule, camera faults, and frames with pictures.

    Args:
        folder: of the run.
        truth: first and last frame, and name, of each event that the clip is known to hold.

    Raises:
        InputError: it holds no finished run.
    """
    run = finished_run.read(folder)
    clip, frames = run.facts.clip, len(run.scores)
    rule = {name: value for name, value in dataclasses.asdict(EventRule()).items() if name != "smooth"}
    hidden = [(part.start, part.stop - 1, one.kind) for one in run.facts.disturbances if (part := one.hides(frames))]
    head = {
        "width": clip.width, "height": clip.height, "step": run.clock.step, "kinds": list(run.kinds), "rule": rule,
        "disturbances": _spans(hidden), "truth": _spans(truth), "unit": run.facts.unit,
        "standing": _spans((event.first, event.last, spot.kind) for event, spot in run.standing_events),
    }  # fmt: skip
    arrays: Arrays = {
        "seconds": run.clock.times, "scores": run.scores.astype(np.float32), "kind": _greatest(run),
        "smooth": smoothed(run.scores, run.clock), "analysed": run.log.analysed.astype(np.uint8),
        "pictures": np.array(EvidenceFolder(folder / EVIDENCE).frames(), np.uint32), "palette": PALETTE.reshape(-1),
    }  # fmt: skip
    return pack(head, arrays)


def heat(folder: Path, chunk: int) -> bytes:
    """Pack the heat of a chunk of :data:`CHUNK_FRAMES` frames: their numbers, and a grid of levels of each.

    Of a run that kept no heat of every frame, there is that of the frames with evidence.

    Raises:
        InputError: there is no finished run, or what it keeps is damaged.
    """
    first = chunk * CHUNK_FRAMES
    if heat_frames.kept(folder):
        frames, grids = heat_frames.between(folder, first, first + CHUNK_FRAMES - 1)
    else:
        normal = finished_run.read(folder).facts.normality.heat
        seen = EvidenceFolder(folder / EVIDENCE).between(first, first + CHUNK_FRAMES - 1)
        found = {one.frame: heat_frames.grid_of(one.heat, normal) for one in seen}
        frames = np.array(list(found), np.int64)
        grids = np.stack(list(found.values())) if found else np.empty((0, 0, 0), np.uint8)
    head = {"height": grids.shape[1], "width": grids.shape[2]}
    return pack(head, {"frames": frames.astype(np.uint32), "grids": grids.reshape(-1)})


def things(folder: Path) -> bytes:
    """Pack the boxes of all things that were followed through the clip, one track after the other.

    Of a run without tracks, every box that evidence holds is a track of its own.

    Raises:
        InputError: there is no finished run, or what it keeps is damaged.
    """
    if (folder / channels.THINGS).exists():
        found = ScoredThings.load(folder / channels.THINGS).things
        sure = found.rows(found.confidence >= MIN_CONFIDENCE)
        frames, tracks, boxes, labels = sure.frames, sure.tracks, sure.boxes, sure.labels
    else:
        frames, boxes, labels = _evidence_boxes(folder)
        tracks = np.arange(len(frames))
    order = np.lexsort((frames, tracks))
    starts = np.flatnonzero(np.diff(tracks[order], prepend=-1))
    known = sorted(set(labels))
    names = [known.index(labels[order[start]]) for start in starts]
    arrays: Arrays = {
        "frames": frames[order].astype(np.uint32), "boxes": boxes[order].astype(np.float32).reshape(-1),
        "starts": np.append(starts, len(order)).astype(np.uint32), "names": np.array(names, np.uint16),
    }  # fmt: skip
    return pack({"labels": known}, arrays)


def picture(folder: Path, frame: int, size: int | None = None) -> bytes:
    """Return the picture kept of a frame as JPEG, reduced to ``size`` pixels of its longer side where that is given.

    Raises:
        InputError: nothing readable is kept of that frame, or the size is not from 1 to :data:`MAX_THUMBNAIL`.
    """
    if size is not None and not 1 <= size <= MAX_THUMBNAIL:
        raise InputError(f"a small picture is 1 to {MAX_THUMBNAIL} pixels long, got {size}")
    coded = EvidenceFolder(folder / EVIDENCE).picture(frame)
    if size is None:
        return coded.tobytes()
    image = pictures.decode(coded, "a kept picture")
    share = min(size / max(image.shape[:2]), 1.0)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", np.asarray(small)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return bytes(data)


def _greatest(run: FinishedRun) -> Images:
    """Return which kind of score is the greatest in each frame, (T,), as :func:`pipeline.channels.raised_by` does."""
    every = np.stack([np.nan_to_num(scores, nan=-np.inf) for scores in run.kinds.values()])
    greatest: Images = np.argmax(every, axis=0).astype(np.uint8)
    return greatest


def _spans(spans: Iterable[tuple[int, int, str]]) -> list[dict[str, Any]]:
    return [{"first": first, "last": last, "label": label} for first, last, label in spans]


def _evidence_boxes(folder: Path) -> tuple[Ints, Floats, tuple[str, ...]]:
    frames, boxes, labels = list[int](), [np.empty((0, 4), np.float32)], list[str]()
    kept = EvidenceFolder(folder / EVIDENCE)
    for frame in kept.frames():
        found = kept.objects(frame)
        sure: Bools = found.confidence >= MIN_CONFIDENCE
        found = found.select(sure)
        frames += [frame] * len(found)
        boxes.append(found.boxes)
        labels += found.labels
    return np.array(frames, np.int64), np.concatenate(boxes), tuple(labels)
