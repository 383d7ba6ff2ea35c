"""Training samples for action models: persons cut out of rendered plazas over 32 frames, kept on disk, and varied."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

import plaza
from core.array_files import TEXT, open_npz
from core.arrays import Doubles, Floats, Images
from core.files import folder, write_whole
from explain.actions import compact
from explain.actions.compact import GREY
from explain.actions.slowfast_network import MEAN, STD
from explain.causes.plausible import MIN_PERSON_PIXELS
from plaza import PlazaFrame, PlazaObject

Random = np.random.Generator
Batch = tuple[Tensor, Tensor, Tensor]
MIN_VISIBLE_FRACTION = 0.45
MAX_TABLE_BYTES = 1 << 30
SIZES = ((640, 360), (448, 252))
RATES = (30.0, 25.0, 25.0, 15.0, 10.0, 10.0)
"""Frames per second of rendered plazas, one drawn for each: surveillance footage is often slow."""
FRAMES, KEY_FRAME_STEP, MAX_LABEL_SAMPLES = 100, 5, 12
"""Frames of one plaza, distance between two key frames, and most samples of one label that are taken from it."""
PLAYED = 12
"""How much that is unusual is played on one plaza."""
PEOPLED = tuple(name for name in plaza.ANOMALIES if name not in ("car", "dog"))
"""What is played by persons."""
SAMPLING_WEIGHTS = {"skater": 3.0, "cyclist": 2.5, "jogger": 4.0, "fall": 2.0, "shove": 2.0, "motorcycle": 0.6}
"""How often some plays are drawn, against 1 for the others: what varies most, and what shows its action briefly."""


@dataclass(frozen=True)
class Samples:
    """Persons cut out.

    Attributes:
        crops: N memory-mapped (16, 80, 80, 3) uint8.
        rois: (N, 4) float32, the person's box within its crop, as a detector might give it.
        labels: (N, K) float32 of 1 and 0, or how likely it is where unknown.
    """

    crops: Sequence[Images]
    rois: Floats
    labels: Floats


def cut(cache: Path, seeds: Iterable[int], names: Sequence[str]) -> Samples:
    """Render a plaza for each seed, cut persons out and keep them in ``cache``, or read those kept there.

    Raises:
        StorageError: the folder cannot be written.
    """
    return load([_cut_one(folder(cache), seed) for seed in seeds], names)


def load(parts: Sequence[Path], names: Sequence[str], guessed: Mapping[str, float] | None = None) -> Samples:
    """Read what :func:`save` wrote; ``guessed`` is the probability of each label that is not annotated."""
    crops = [crop for part in parts for crop in np.load(part / "crops.npy", mmap_mode="r")]
    rois, texts = [], []
    for part in parts:
        with open_npz(part / "tables.npz", MAX_TABLE_BYTES) as table:
            rois.append(table.read("rois", "f"))
            texts += [str(text).split("|") for text in table.read("actions", TEXT)]
    labels = np.array([[name in text for name in names] for text in texts], np.float32).reshape(-1, len(names))
    for name, chance in (guessed or {}).items():
        labels[:, names.index(name)] = chance
    return Samples(crops, np.concatenate(rois), labels)


def save(part: Path, cuts: Sequence[tuple[Images, Floats]], actions: Sequence[Sequence[str]]) -> None:
    """Write what several calls of :func:`samples` cut out, and each person's actions."""
    shape = (0, compact.FRAMES, compact.CROP_PIXELS, compact.CROP_PIXELS, 3)
    with write_whole(folder(part) / "crops.npy") as handle:
        np.save(handle, np.concatenate([np.zeros(shape, np.uint8), *(crops for crops, _ in cuts)]))
    with write_whole(part / "tables.npz") as handle:
        found = np.concatenate([np.zeros((0, 4), np.float32), *(rois for _, rois in cuts)])
        np.savez(handle, rois=found, actions=np.array(["|".join(names) for names in actions], np.str_))


def _cut_one(cache: Path, seed: int) -> Path:
    part = cache / f"persons-{seed}-{FRAMES}-{KEY_FRAME_STEP}-{MAX_LABEL_SAMPLES}-{compact.RATE:.0f}"
    if not (part / "tables.npz").exists():
        rng = np.random.default_rng([seed, 2])
        fps = float(rng.choice(RATES))
        frames = list(_play(seed, fps, rng))
        images, chosen = np.stack([frame.image for frame in frames]), _choose(frames, rng)
        cuts = [samples(images, key, [person.box for person in people], rng, fps) for key, people in chosen]
        texts = [person.actions for _, people in chosen for person in people]
        save(part, cuts, texts)
    return part


def _play(seed: int, fps: float, rng: Random) -> Iterator[PlazaFrame]:
    """Render a plaza on which much that is unusual happens, seen by a camera drawn at random."""
    film = plaza.Film.drawn(rng, (0.6, 1.1), (0.5, 4), (0.3, 0.9), (55, 95), 0.4)
    often = np.array([SAMPLING_WEIGHTS.get(name, 1.0) for name in PEOPLED])
    played = rng.choice(PEOPLED, PLAYED, p=often / often.sum())
    return plaza.render(
        seed,
        FRAMES,
        size=SIZES[rng.integers(len(SIZES))],
        fps=fps,
        anomalies=[plaza.Anomaly(str(name), int(rng.integers(-50, FRAMES - 50))) for name in played],
        walkers=int(rng.integers(8, 20)),
        scene=int(seed if rng.random() < 0.8 else 0),
        zoom=float(rng.uniform(0.8, 1.5)),
        film=film,
    )


def _choose(frames: Sequence[PlazaFrame], rng: Random) -> list[tuple[int, list[PlazaObject]]]:
    """Choose key frames and persons of one plaza at random, at most ``MAX_LABEL_SAMPLES`` of each label."""
    counts: dict[str, int] = {}
    chosen: dict[int, list[PlazaObject]] = {}
    seen = [(key, o) for key in range(0, len(frames), KEY_FRAME_STEP) for o in frames[key].objects if _clear(o)]
    for i in rng.permutation(len(seen)):
        key, person = seen[i]
        if any(counts.get(label, 0) < MAX_LABEL_SAMPLES for label in person.actions):
            chosen.setdefault(key, []).append(person)
            counts.update({label: counts.get(label, 0) + 1 for label in person.actions})
    return sorted(chosen.items())


def _clear(thing: PlazaObject) -> bool:
    tall = thing.box[3] - thing.box[1] >= MIN_PERSON_PIXELS
    return bool(thing.actions) and thing.visible >= MIN_VISIBLE_FRACTION and tall


def samples(
    images: Images,
    key: int,
    boxes: Sequence[Floats] | Sequence[tuple[int, ...]] | Floats,
    rng: Random,
    fps: float,
    faster: float = 1.0,
) -> tuple[Images, Floats]:
    """Cut N boxes, moved at random, out of (T, H, W, 3) uint8 frames around ``key``, played ``faster``.

    Returns:
        (N, 16, 80, 80, 3) uint8 and (N, 4) float32 the boxes in their crops.
    """
    when = np.clip(key + compact.steps(fps * faster), 0, len(images) - 1)
    exact = np.asarray(boxes, np.float32).reshape(-1, 4)
    size = np.tile(exact[:, 2:] - exact[:, :2], 2)
    return compact.crop(images[when], (exact + size * rng.normal(0, 0.05, exact.shape)).astype(np.float32))


def batches(sources: Sequence[tuple[Samples, float]], rng: Random, steps: int, batch: int) -> Iterator[Batch]:
    """Draw and vary samples from sources with their shares; those with rare labels are drawn more often.

    Yields:
        (B, 3, 16, 80, 80) float32 normalised, (B, 4) boxes, and (B, K) float32 labels.
    """
    weights = []
    for kept, share in sources:
        weight = (kept.labels * kept.labels.sum(0).clip(1) ** -0.7).max(1)
        weights.append(share * weight / weight.sum())
    crops = [crop for kept, _ in sources for crop in kept.crops]
    rois = np.concatenate([kept.rois for kept, _ in sources])
    labels, chance = np.concatenate([kept.labels for kept, _ in sources]), np.concatenate(weights)
    for _ in range(steps):
        drawn = rng.choice(len(chance), batch, p=chance / chance.sum())
        cut_out = torch.from_numpy(np.stack([crops[i] for i in drawn]))
        yield *vary(cut_out, torch.from_numpy(rois[drawn]), rng), torch.from_numpy(labels[drawn])


def vary(crops: Tensor, rois: Tensor, rng: Random) -> tuple[Tensor, Tensor]:
    """Mirror, move, blur, grey, relight and add noise to (B, 16, 80, 80, 3) uint8 crops and their (B, 4) boxes.

    Returns:
        (B, 3, 16, 80, 80) float32 normalised, and the boxes.
    """
    n, side = len(crops), crops.shape[2]

    def draw(low: float, high: float) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (n, 1, 1, 1, 1))).float()

    flip, grey = (torch.from_numpy(rng.random(n) < 0.5) for _ in range(2))
    crops = crops.clone()
    crops[flip] = crops[flip].flip(3)
    mirrored = torch.stack([side - rois[:, 2], rois[:, 1], side - rois[:, 0], rois[:, 3]], 1)
    shift = torch.from_numpy(rng.uniform(-4, 4, (n, 4))).float()
    rois = (torch.where(flip[:, None], mirrored, rois) + shift).clamp(0, side)
    for crop, roi in zip(crops.numpy(), rois.numpy(), strict=True):
        move(crop, roi, float(rng.uniform(0.8, 1.15)), rng.uniform(-6, 6, 2))
    for crop in crops[: max(1, n // 3)]:
        coarsen(crop.numpy(), int(rng.integers(24, 64)))
    x = crops.float() * torch.from_numpy(rng.uniform(0.8, 1.2, (n, 1, 1, 1, 3))).float()
    x[grey] = x[grey].mean(-1, keepdim=True).expand(-1, -1, -1, -1, 3)
    gain = draw(0.5, 1.4)
    x.mul_(gain / (255 * STD)).add_(draw(-0.6, 0.6) - gain * MEAN / STD)
    return x.add_(torch.randn(*x.shape[:4], 1) * draw(0, 0.25)).permute(0, 4, 1, 2, 3), rois


def move(crop: Images, roi: Floats, scale: float, shift: Doubles) -> None:
    """Scale a (T, S, S, 3) crop and its box (4,) about the crop's middle and shift them by (x, y), in place."""
    middle = crop.shape[1] / 2
    offset = middle - scale * middle + shift
    matrix = np.array([[scale, 0, offset[0] + scale / 2 - 0.5], [0, scale, offset[1] + scale / 2 - 0.5]])
    for image in crop:
        image[:] = cv2.warpAffine(image, matrix, image.shape[:2], borderValue=(GREY, GREY, GREY))
    roi[:] = np.clip(roi * scale + np.tile(offset, 2), 0, crop.shape[1])


def coarsen(crop: Images, side: int) -> None:
    """Let a (T, S, S, 3) crop look as if it were ``side`` pixels wide, as of people far away, in place."""
    for image in crop:
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        cv2.resize(small, image.shape[:2], dst=image, interpolation=cv2.INTER_LINEAR)
