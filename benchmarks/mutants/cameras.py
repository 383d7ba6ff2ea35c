"""Cameras, and the cards of models: what they are read from."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.mutants._structured import damaged
from benchmarks.mutation import Kind, Rng
from core import pictures
from explain.backends import read_card
from pipeline import camera_file, name_warning
from pipeline.camera import SHIPPED
from pipeline.training import losses

KEPT_POINTS = 12
"""Points that are left of each class's places, so that other fields are damaged as often."""


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write the files of a camera that comes with Whycam, and the card of a model."""
    shipped = sorted(path.parent for path in SHIPPED.glob("*/camera.json"))
    chosen = shipped[int(rng.integers(len(shipped)))]
    content = json.loads((chosen / camera_file.NAME).read_bytes())
    for place in content["normality"]["places"].values():
        place["points"], place["motion"] = place["points"][:KEPT_POINTS], place["motion"][:KEPT_POINTS]
    (folder / camera_file.NAME).write_text(json.dumps(content), encoding="utf-8")
    shutil.copy(chosen / "background.png", folder)
    epochs = [{"stage": "training", "terms": {"prediction": 0.01}}]
    (folder / losses.FILE).write_text(json.dumps(epochs), encoding="utf-8")
    cards = list(name_warning.COMPACT.values())
    shutil.copy(cards[int(rng.integers(len(cards)))] / "card.json", folder)
    return list(folder.iterdir())


def read(path: Path) -> bool:
    """Read one of the files as the list of cameras, or a model's loader, does."""
    if path.name == camera_file.NAME:
        camera_file.read(path.parent)
    elif path.name == losses.FILE:
        losses.read(path.parent)
    elif path.name == "card.json":
        read_card(path.parent)
    else:
        pictures.read(path)
    return False


KINDS = {"cameras": Kind("files of cameras, and cards of models", write, read, damaged)}
