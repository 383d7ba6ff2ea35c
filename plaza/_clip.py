"""Rendered clips as files: H.264 as a camera would send it, and beside it the truth as JSON and packed masks."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import files, video
from core.array_files import open_npz
from core.arrays import Bools, Images
from core.datasets import Truth
from core.errors import DataError
from plaza import _motions, _standing
from plaza._anomalies import LABELS, LAWN, Anomaly
from plaza._render import render
from plaza._truth import PlazaFrame, PlazaObject

LABEL_SET = "plaza/1"
MAX_FRAMES = 10_000_000
MOST_MASKS, DEFLATES = 8 << 30, 1100
"""Bytes of masks, eight pixels in each, and how much smaller DEFLATE makes empty ones."""
NORMAL = {_motions.STAND, _motions.WALK}
"""What anyone does."""
FINE = {name: name.split(" (")[0].replace("/", " / ") for name in _motions.ACTIONS if name not in NORMAL}
"""AVA names of unusual actions as X-MAN writes them."""
Labels = list[tuple[str, str]]


def explain(frame: PlazaFrame) -> Labels:
    """Return what is unusual in a frame, as X-MAN's (coarse, fine) labels, in alphabetical order."""
    found = set()
    for thing in (o for o in frame.objects if o.anomalous):
        if thing.label != "person":
            found.add(("object", thing.label))
        found |= {("action", FINE[a]) for a in thing.actions if a in FINE}
    if "off limits" in frame.anomalies:
        found.add(("location", LAWN))
    return sorted(found)


@dataclass
class _Record:
    """Truth of a clip, gathered while its frames go by."""

    labels: dict[int, Labels] = field(default_factory=dict)
    names: dict[str, list[int]] = field(default_factory=dict)
    objects: dict[int, list[tuple[int, PlazaObject]]] = field(default_factory=dict)
    masks: dict[int, Images] = field(default_factory=dict)
    frames: int = 0

    def watch(self, clip: Iterator[PlazaFrame]) -> Iterator[Images]:
        """Pass the pictures on and keep the truth."""
        for frame in clip:
            if frame.mask.any():
                self.labels[self.frames] = explain(frame)
                self.masks[self.frames] = np.packbits(frame.mask)
            for name in frame.anomalies:
                self.names.setdefault(name, []).append(self.frames)
            for thing in frame.objects:
                self.objects.setdefault(thing.track, []).append((self.frames, thing))
            self.frames += 1
            yield frame.image

    def content(self) -> dict[str, Any]:
        """Everything but the masks, ready for JSON."""
        named = sorted(self.names.items(), key=lambda entry: entry[1][0])
        labels = LABELS | _standing.LABELS
        events = [{"name": name, "first": seen[0], "last": seen[-1], "labels": labels[name]} for name, seen in named]
        tracks = []
        for track, seen in sorted(self.objects.items()):
            boxes = [[frame, *thing.box, round(thing.visible, 2)] for frame, thing in seen]
            actions = sorted({a for _, thing in seen for a in thing.actions})
            unusual = [frame for frame, thing in seen if thing.anomalous]
            span = [unusual[0], unusual[-1]] if unusual else None
            known = {"track": track, "label": seen[0][1].label, "actions": actions}
            tracks.append(known | {"anomalous": span, "boxes": boxes})
        facts = {"label_set": LABEL_SET, "frames": self.frames, "events": events}
        return facts | {"labels": self.labels, "tracks": tracks}


def film(
    path: Path, seed: int, frames: int, anomalies: Sequence[str | Anomaly] = (), fps: float = 25.0, **settings: Any
) -> None:
    """Render an mp4, its masks (``.npz``, if any) and truth (``.json``); ``settings`` are :func:`plaza.render`'s.

    Raises:
        StorageError: the folder cannot be written to.
    """
    record = _Record()
    clip = render(seed, frames, fps=fps, anomalies=anomalies, **settings)
    video.encode(path, record.watch(clip), fps)
    facts = {"clip": path.name, "seed": seed, "fps": fps} | record.content()
    if record.masks:
        width, height = settings.get("size", (640, 360))
        with files.write_whole(path.with_suffix(".npz")) as out:
            packed = np.stack(list(record.masks.values()))
            np.savez_compressed(out, frames=np.array(list(record.masks)), masks=packed, size=np.array([height, width]))
    files.write_text(path.with_suffix(".json"), json.dumps(facts, separators=(",", ":")) + "\n")


def truth_of(path: Path) -> Truth:
    """Read the truth that lies beside a rendered clip, an mp4 file.

    Raises:
        DataError: the truth is missing or does not belong to a rendered clip.
    """
    try:
        facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        frames, label_set = int(facts["frames"]), str(facts["label_set"])
        marked = [int(frame) for frame in facts["labels"]]
        if not 0 <= frames <= MAX_FRAMES or not all(0 <= frame < frames for frame in marked):
            raise ValueError(f"frames {marked[:3]} … are abnormal in a clip of {frames}")
        abnormal = np.zeros(frames, np.bool_)
        abnormal[marked] = True
        if not marked:
            return Truth(abnormal, None, label_set)
        numbers, masks, (height, width) = _masks(path.with_suffix(".npz"))
    except (OSError, DataError, ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError) as error:
        raise DataError(f"{path.name} has no readable truth beside it; render it again") from error
    rows = {frame: row for row, frame in enumerate(numbers)}

    def mask(frame: int) -> Bools:
        if frame not in rows:
            return np.zeros((height, width), np.bool_)
        return np.unpackbits(masks[rows[frame]], count=height * width).reshape(height, width).astype(np.bool_)

    return Truth(abnormal, mask, label_set)


def _masks(path: Path) -> tuple[list[int], Images, tuple[int, int]]:
    """Read the frames that have a mask, their masks with eight pixels in a byte, and the masks' height and width."""
    with open_npz(path, MOST_MASKS, ratio=DEFLATES) as packed:
        numbers, masks = packed.read("frames", "iu"), packed.read("masks", "u")
        height, width = (int(n) for n in packed.read("size", "iu"))
    if min(height, width) < 1 or numbers.ndim != 1 or masks.dtype != np.uint8:
        raise ValueError("its arrays are not those of masks")
    if masks.shape != (len(numbers), -(-height * width // 8)):
        raise ValueError(f"{masks.shape} masks do not fit {len(numbers)} frames of {width}×{height}")
    return numbers.tolist(), masks, (height, width)
