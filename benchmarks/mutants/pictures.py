"""Still pictures, as data sets and cameras have them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.mutation import Kind, Rng
from core import pictures

FORMS = ("png", "jpg", "bmp", "webp", "tif", "ppm")
GREY = ("png", "jpg")


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write a picture of each form, and grey ones."""
    for form in FORMS:
        pixels = rng.integers(0, 256, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
        Image.fromarray(pixels).save(folder / f"colour.{form}")
        if form in GREY:
            Image.fromarray(pixels[..., 0]).save(folder / f"grey.{form}")
    return list(folder.iterdir())


def read(path: Path) -> bool:
    """Unpack one."""
    pictures.read(path, grey=path.stem == "grey")
    return False


KINDS = {"pictures": Kind("still pictures", write, read)}
