"""Training samples for action models: persons cut out of rendered plazas over 32 frames, kept on disk, and varied."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from core.files import folder, write_whole
from core.records import Floats, Images
from explain.actions import compact
from explain.actions._slowfast import MEAN, STD
from footage import plaza
from footage.plaza import PlazaFrame, PlazaObject

Random = np.random.Generator
Flags = npt.NDArray[np.bool_]
LEAST_VISIBLE, LEAST_HEIGHT = 0.45, 12.0
SIZES = ((640, 360), (448, 252))
RATES = (25.0, 25.0, 15.0, 10.0)
"""Frames per second of rendered plazas, one drawn for each: surveillance footage is often slow."""
FRAMES, EVERY, MOST = 120, 5, 40
"""Frames of one plaza, distance between two key frames, and most samples of one label that are taken from it."""


@dataclass(frozen=True)
class Samples:
    """Persons cut out.

    Attributes:
        crops: N memory-mapped (3, 16, 80, 80) uint8.
        rois: (N, 4) float32, the person's box within its crop, as a detector might give it.
        labels: (N, K) bool.
    """

    crops: Sequence[Images]
    rois: Floats
    labels: Flags


def cut(cache: Path, seeds: Iterable[int], names: Sequence[str]) -> Samples:
    """Render plazas once, cut persons out and keep these; what is already there is taken from there.

    Args:
        cache: folder for the crops, 0.3 MB each.
        seeds: one plaza each.
        names: labels in their order; other labels are left out.

    Raises:
        StorageError: the folder cannot be written.
    """
    parts = [_cut_one(folder(cache), seed) for seed in seeds]
    crops = [crop for part in parts for crop in np.load(part / "crops.npy", mmap_mode="r")]
    tables = [np.load(part / "tables.npz") for part in parts]
    texts = [text for table in tables for text in table["actions"]]
    labels = np.array([[name in text.split("|") for name in names] for text in texts], np.bool_)
    return Samples(crops, np.concatenate([table["rois"] for table in tables]), labels)


def _cut_one(cache: Path, seed: int) -> Path:
    part = folder(cache / f"actions-{seed}-{FRAMES}-{EVERY}-{MOST}")
    if not (part / "tables.npz").exists():
        rng = np.random.default_rng([seed, 2])
        frames = list(_play(seed, rng))
        images, chosen = np.stack([frame.image for frame in frames]), _choose(frames, rng)
        cuts = [_samples(images, key, people, rng) for key, people in chosen]
        texts = np.array(["|".join(person.actions) for _, people in chosen for person in people])
        with write_whole(part / "crops.npy") as handle:
            np.save(handle, np.concatenate([crops for crops, _ in cuts]))
        with write_whole(part / "tables.npz") as handle:
            np.savez(handle, rois=np.concatenate([rois for _, rois in cuts]), actions=texts)
    return part


def _play(seed: int, rng: Random) -> Iterator[PlazaFrame]:
    """Render a plaza on which much that is unusual happens, seen by a camera drawn at random."""
    film = plaza.Film(
        light=rng.uniform(0.6, 1.1),
        noise=rng.uniform(0.5, 4),
        blur=rng.uniform(0.3, 0.9),
        quality=int(rng.integers(55, 95)),
        grey=bool(rng.random() < 0.3),
    )
    return plaza.render(
        seed,
        FRAMES,
        size=SIZES[rng.integers(len(SIZES))],
        fps=float(rng.choice(RATES)),
        anomalies=[str(name) for name in rng.permutation(sorted(plaza.ANOMALIES))],
        walkers=int(rng.integers(8, 20)),
        scene=int(seed if rng.random() < 0.8 else 0),
        zoom=float(rng.uniform(0.8, 1.5)),
        film=film,
    )


def _choose(frames: Sequence[PlazaFrame], rng: Random) -> list[tuple[int, list[PlazaObject]]]:
    """Choose key frames and persons of one plaza at random, so that each label comes up at most ``MOST`` times."""
    counts: dict[str, int] = {}
    chosen: dict[int, list[PlazaObject]] = {}
    seen = [(key, o) for key in range(0, len(frames), EVERY) for o in frames[key].objects if _clear(o)]
    for i in rng.permutation(len(seen)):
        key, person = seen[i]
        if any(counts.get(label, 0) < MOST for label in person.actions):
            chosen.setdefault(key, []).append(person)
            counts.update({label: counts.get(label, 0) + 1 for label in person.actions})
    return sorted(chosen.items())


def _clear(thing: PlazaObject) -> bool:
    tall = thing.box[3] - thing.box[1] >= LEAST_HEIGHT
    return bool(thing.actions) and thing.visible >= LEAST_VISIBLE and tall


def _samples(images: Images, key: int, people: Sequence[PlazaObject], rng: Random) -> tuple[Images, Floats]:
    """Cut persons out around one key frame; frames beyond the clip repeat its ends."""
    when = np.clip(key + np.arange(compact.SPAN) - compact.SPAN // 2, 0, len(images) - 1)
    boxes = np.array([person.box for person in people], np.float32)
    size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    boxes = (boxes + size * rng.normal(0, 0.05, boxes.shape)).astype(np.float32)
    crops, rois = compact.crop(images[when], boxes, torch.device("cpu"))
    raw = crops.mul_(255 * STD).add_(255 * MEAN).round_().clamp_(0, 255).to(torch.uint8)
    return raw.numpy(), rois.numpy()


def batches(samples: Samples, rng: Random, steps: int, batch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Draw and vary samples; those with rare labels are drawn more often.

    Yields:
        (B, 3, 16, 80, 80) float32 normalised, (B, 4) boxes, and (B, K) float32 of 0 and 1.
    """
    rarity = samples.labels.sum(0).clip(1) ** -0.7
    weight = (samples.labels * rarity).max(1)
    for _ in range(steps):
        drawn = rng.choice(len(weight), batch, p=weight / weight.sum())
        crops = torch.from_numpy(np.stack([samples.crops[i] for i in drawn]))
        rois, truth = torch.from_numpy(samples.rois[drawn]), torch.from_numpy(samples.labels[drawn]).float()
        yield *vary(crops, rois, rng), truth


def vary(crops: Tensor, rois: Tensor, rng: Random) -> tuple[Tensor, Tensor]:
    """Mirror, blur, take colour, and change light and noise at random; each sample keeps its own over time.

    Args:
        crops: (B, 3, 16, 80, 80) uint8.
        rois: (B, 4) boxes.
        rng: decides.

    Returns:
        (B, 3, 16, 80, 80) float32 normalised, and the boxes.
    """
    n, side = len(crops), crops.shape[-1]

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (n, *(shape or (1, 1, 1, 1))))).float()

    x = (crops.float() / 255 - MEAN) / STD
    x = torch.where(draw(0, 1) < 0.5, x.mean(1, keepdim=True), x)
    flip = draw(0, 1) < 0.5
    x = torch.where(flip, x.flip(-1), x)
    mirrored = torch.stack([side - rois[:, 2], rois[:, 1], side - rois[:, 0], rois[:, 3]], 1)
    rois = (torch.where(flip.view(n, 1), mirrored, rois) + draw(-4, 4, 4)).clamp(0, side)
    few = max(1, n // 3)
    x[:few] = coarsen(x[:few], int(rng.integers(24, 64)))
    x = x * draw(0.5, 1.4) + draw(-0.6, 0.6)
    return x + torch.randn_like(x) * draw(0, 0.25), rois


def coarsen(x: Tensor, side: int) -> Tensor:
    """Let (B, 3, T, H, W) crops look as if they were ``side`` pixels wide, as of people far away."""
    flat = x.flatten(1, 2)
    small = nn.functional.interpolate(flat, (side, side), mode="bilinear", antialias=True)
    return nn.functional.interpolate(small, x.shape[-2:], mode="bilinear").view_as(x)
