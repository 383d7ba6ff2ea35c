"""Compares counts, sizes and labels of a data set on disk with the published ones."""

from collections.abc import Callable
from typing import Any

from core.datasets import Dataset, Footage
from core.errors import InputError
from core.progress import JobProgress, Progress, Stage

COUNTED = ("training_clips", "training_frames", "test_clips", "test_frames", "abnormal")


def check(dataset: Dataset, progress: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Decode every frame of a data set and read every label.

    Args:
        dataset: may offer ``official`` counts, and ``stray()`` for labels without a clip.
        progress: called after every clip.

    Returns:
        ``data``; ``clips[]`` with name, part, frames, size, abnormal frames, label set; ``found`` and ``official``
        counts; ``problems``, sentences, none of which there should be.
    """
    problems: list[str] = []
    clips: list[dict[str, Any]] = []
    parts = {part: _listed(part, getattr(dataset, part), problems) for part in ("training", "test")}
    job = JobProgress("check", (Stage("checking", "clips"),), progress, subjects=(dataset.name,))
    job.begin("checking", sum(map(len, parts.values())))
    for part, listed in parts.items():
        for clip in listed:
            clips.append(_look(dataset, part, clip, problems))
            job.advance(len(clips))
    job.finish()
    stray: Callable[[], list[str]] | None = getattr(dataset, "stray", None)
    # What lists the clips has failed before where there are none.
    problems += stray() if stray and parts["test"] else []
    found = _counts(clips)
    official = dict(getattr(dataset, "official", {}))
    for key, expected in official.items():
        if found[key] != expected:
            problems.append(f"{key.replace('_', ' ')}: {found[key]}, but {expected} in the published data set")
    return {
        "data": dataset.name,
        "label_sets": sorted({str(clip["label_set"]) for clip in clips if clip["label_set"]}),
        "found": found,
        "official": official,
        "clips": clips,
        "problems": problems,
    }


def _listed(part: str, give: Callable[[], Any], problems: list[str]) -> list[Footage]:
    try:
        return list(give())
    except InputError as error:
        problems.append(f"{part}: {error}")
        return []


def _look(dataset: Dataset, part: str, clip: Footage, problems: list[str]) -> dict[str, Any]:
    """Decode one clip, and read its labels and masks."""
    row: dict[str, Any] = {"part": part, "name": clip.name, "frames": 0, "size": None, "abnormal": None,
                           "label_set": None}  # fmt: skip
    try:
        for chunk in clip.frames():
            row["frames"] += len(chunk)
            row["size"] = f"{chunk.images.shape[2]}x{chunk.images.shape[1]}"
        if part == "test":
            _labels(dataset, clip, row, problems)
    except InputError as error:
        problems.append(f"{part} {clip.name}: {error}")
    if not row["frames"]:
        problems.append(f"{part} {clip.name}: it has no frame that can be read")
    return row


def _labels(dataset: Dataset, clip: Footage, row: dict[str, Any], problems: list[str]) -> None:
    truth = dataset.truth(clip)
    row["abnormal"], row["label_set"] = int(truth.abnormal.sum()), truth.label_set
    if len(truth.abnormal) != row["frames"]:
        problems.append(f"test {clip.name}: {len(truth.abnormal)} labels for {row['frames']} frames")
        return
    if truth.masks is None:
        return
    marked = [bool(truth.masks(i).any()) for i in range(row["frames"])]
    differ = int(sum(mark != bool(label) for mark, label in zip(marked, truth.abnormal, strict=True)))
    if differ:
        problems.append(f"test {clip.name}: masks and frame labels disagree in {differ} frames")


def _counts(clips: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in ("training", "test"):
        frames = [clip["frames"] for clip in clips if clip["part"] == part]
        found |= {f"{part}_clips": len(frames), f"{part}_frames": sum(frames)}
    return found | {"abnormal": sum(clip["abnormal"] or 0 for clip in clips)}
