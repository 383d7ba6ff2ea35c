"""Labels, regions, predictions and masks, in every form that is read."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

from benchmarks.mutants._structured import damaged
from benchmarks.mutation import Kind, Rng
from footage import labels, matlab, predictions, tables

FRAMES = 40
READERS: dict[str, Callable[[Path], object]] = {
    "intervals.csv": tables.intervals, "intervals.json": tables.intervals, "regions.csv": labels.read_regions,
    "classes.json": labels.read_classes, "labels.json": predictions.read_labels, "said.json": predictions.read,
    "said.csv": predictions.read, "flags.npy": tables.flags, "masks.mat": lambda path: matlab.masks(path, "volLabel"),
    "boxes.mat": lambda path: matlab.arrays(path, "volLabel"),
}  # fmt: skip
"""File to what reads it."""


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write a file of each form."""
    first = int(rng.integers(1, 20))
    frames = range(first, first + 6)
    classes = {f"Test001/{frame:03d}": [["object", "bicycle"], ["action", "run / jog"]] for frame in frames}
    scored = {key: [[*names, round(float(rng.random()), 3)] for names in some] for key, some in classes.items()}
    lines = [f"{key.partition('/')[0]},{key[-3:]},{','.join(map(str, row))}" for key, some in scored.items()
             for row in some]  # fmt: skip
    boxes = [f"Test001,1,{frame},10,20,{30 + frame},60,bicycle" for frame in frames]
    texts = {
        "intervals.csv": "\n".join(["video,first,last", f"Test001,{first},{first + 9}", "Test002,,"]),
        "intervals.json": json.dumps({"Test001": [[first, first + 9]], "Test002": []}),
        "regions.csv": "\n".join([",".join(labels.COLUMNS), *boxes]), "classes.json": json.dumps(classes),
        "labels.json": json.dumps(classes), "said.json": json.dumps(scored),
        "said.csv": "\n".join([",".join(predictions.COLUMNS), *lines]),
    }  # fmt: skip
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    np.save(folder / "flags.npy", (rng.random(FRAMES) < 0.3).astype(np.uint8))
    cells = np.empty((1, 6), object)
    cells[0, :] = [(rng.random((12, 16)) < 0.2).astype(np.uint8) for _ in frames]
    for name, packed in (("masks.mat", True), ("boxes.mat", False)):
        savemat(folder / name, {"volLabel": cells}, do_compression=packed)
    return list(folder.iterdir())


def read(path: Path) -> bool:
    """Read one file to its end."""
    READERS[path.name](path)
    return False


KINDS = {"labels": Kind("labels, regions, predictions and masks", write, read, damaged)}
