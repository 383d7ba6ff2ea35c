"""Scores of any system: kept ones with heat, and CSV."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.mutants._structured import damaged
from benchmarks.mutation import Kind, Rng
from core.equivalence import Equivalence
from pipeline.evaluation import score_files
from pipeline.evaluation.located import Located, NatScale
from pipeline.evaluation.score_files import ClipScores, ScoreFile

CLIPS, LENGTHS = ("Test001", "Test002"), (40, 30)


def write(folder: Path, rng: Rng) -> Sequence[Path]:
    """Write the same scores in both forms, with heat and things and without."""
    values = [rng.normal(size=length).astype(np.float32) for length in LENGTHS]
    things = np.array([[3.0, 10.0, 20.0, 30.0, 40.0, 2.5]])
    located = Located(things, values[0], NatScale(Equivalence((0.5, 1.0), (5.0, 6.0)), True))
    first = ClipScores(CLIPS[0], values[0], values[0] > 1, 10.0, rng.random((40, 6, 8)).astype(np.float16), 8,
                       np.arange(40) / 10.0, located)  # fmt: skip
    plain = ClipScores(CLIPS[1], values[1])
    score_files.write(ScoreFile("tiny", "vqunet", "plaza", 0.5, 4, (first, plain)), folder / "full.npz")
    score_files.write(ScoreFile("tiny", "vqunet", "plaza", None, 0, (plain,)), folder / "plain.npz")
    lines = [f"{name},{frame},{value:.4f}" for name, some in zip(CLIPS, values, strict=True)
             for frame, value in enumerate(some.tolist(), 1)]  # fmt: skip
    (folder / "scores.csv").write_text("\n".join(["video,frame,score", *lines]), encoding="utf-8")
    return list(folder.iterdir())


def read(path: Path) -> bool:
    """Read them as ``evaluate --scores`` does."""
    score_files.read(path, CLIPS, LENGTHS)
    return False


KINDS = {"scores": Kind("scores of systems", write, read, damaged)}
