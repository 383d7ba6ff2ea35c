"""What cameras and runs keep as arrays, under the checksum that the damaged file has."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.mutants._structured import damaged
from benchmarks.mutation import Kind, Rng
from core import array_files, weights
from core.checksums import sha256_of
from detectors.attributes import AttributeModel
from detectors.standing import StandingModel
from pipeline.camera import SHIPPED

MOST_BYTES = 64 << 20


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write files of a camera, small weights, and arrays of each kind."""
    import torch

    for path in SHIPPED.glob("*/attributes.safetensors"):
        shutil.copy(path, folder / path.name)
    StandingModel(rng.integers(0, 256, (2, 9, 16), np.uint8), np.zeros((9, 16), np.float32)).save(
        folder / "standing.npz"
    )
    weights.save({"a": torch.ones(8, 4), "b": torch.zeros(3, dtype=torch.int64)}, folder / "weights.safetensors")
    np.save(folder / "map.npy", rng.random((18, 32)).astype(np.float32))
    np.savez_compressed(folder / "any.npz", a=rng.random(300), b=np.arange(5), c=np.array(["x", "yz"]))
    return list(folder.iterdir())


def read(path: Path) -> bool:
    """Read one as Whycam does; a checksum alone keeps nobody from giving it."""
    if path.name == "standing.npz":
        StandingModel.load(path, sha256_of(path))
    elif path.name == "attributes.safetensors":
        AttributeModel.load(path, sha256_of(path))
    elif path.name == "weights.safetensors":
        weights.load(path, sha256_of(path))
    elif path.suffix == ".npy":
        np.asarray(array_files.read_npy(path, MOST_BYTES, mapped=True)).sum()
    else:
        with array_files.open_npz(path, MOST_BYTES) as arrays:
            for name in arrays.names:
                arrays.read(name, array_files.NUMBERS + array_files.TEXT)
    return False


KINDS = {"npz": Kind("arrays that cameras and runs keep", write, read, damaged)}
