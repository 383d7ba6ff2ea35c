"""Real persons to learn actions from: walkers and people who stand, named by how they move, and riders of Ped2.

The frames are those of :mod:`workshop._real_frames`, its boxes the teacher's. Riders are cut out of Ped2's
test clips that are learnt from, as they are and pasted among the walkers of its training clips, faster and slower.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from core.arrays import Bools, Floats, Images
from core.boxes import within
from core.contracts import Footage
from explain.actions import compact
from explain.ava import official
from footage.labels import Region
from footage.ucsd import Ped2
from workshop import _real_frames
from workshop._action_samples import Random, Samples, load, samples, save
from workshop._real_frames import Real, Shot, Teacher

CARRY, DRIVE, RIDE, STAND, WALK = (official(name) for name in ("carry/hold", "drive", "ride", "stand", "walk"))
ACTION_OF_OBJECT = {"bicycle": RIDE, "skateboard": RIDE, "truck": DRIVE}
"""What a person in a region does."""
FPS = 10.0
"""Of Ped2."""
SPEED_RANGE = (0.7, 1.4)
"""How much faster than they were people are played, walkers no faster than people walk."""
REACH_FRAMES = 28
"""Frames to either side of a key frame that a span takes, of 30 a second and played as fast as may be."""
MAX_WALKERS, PASTED_PER_BOX, BOX_STEP = 4, 2, 2
"""Walkers of one key frame, pasted samples of one rider's box, and distance of the boxes that are used."""
MAX_STANDING_SPEED, WALKING_SPEED_RANGE, MIN_LIKENESS = 0.06, (0.25, 1.6), 0.6
"""Body heights a second below which someone stands, and between which someone walks; least likeness to be sure."""
MIN_CONTRAST_LEVELS = 12
CARRYING_FRACTION = 0.2
SAMPLE_FRACTIONS = {"walkers": 0.22, "riders": 0.16}
"""Of all samples; standing persons count as walkers."""
SEEDS = {"walkers": (11, 0), "riders": (11, 2)}
"""Of what is drawn at random while they are cut out, those of the weights that come along."""


def gather(
    cache: Path, root: Path, teacher: Teacher, names: Sequence[str], say: Callable[[str], None]
) -> list[tuple[Samples, float]]:
    """Cut the persons that the teacher finds under ``root`` out, once, and keep them in ``cache``.

    Returns:
        Samples and the share of each. Whether these persons carry something is not known: it is guessed.

    Raises:
        DataError: ``root`` is not laid out as it should be.
        WeightsError: the teacher's weights cannot be had.
        StorageError: the cache cannot be written.
    """
    makers = {"walkers": _walkers, "riders": _riders}
    parts = {kind: cache / f"persons-real-{kind}-{compact.RATE:.0f}" for kind in makers}
    missing = [kind for kind, part in parts.items() if not (part / "tables.npz").exists()]
    if missing:
        real = _real_frames.read(root, teacher, say)
        for kind in missing:
            makers[kind](parts[kind], root, real, np.random.default_rng(SEEDS[kind]))
    return [(load([part], names, {CARRY: CARRYING_FRACTION}), SAMPLE_FRACTIONS[kind]) for kind, part in parts.items()]


def windows(clip: Footage, keys: Sequence[int], reach: int = REACH_FRAMES) -> Iterator[tuple[int, Images, int, float]]:
    """Read a clip once, and yield what lies around its key frames.

    Yields:
        The key frame's number, up to 2 reach + 1 frames (T, H, W, 3), the key frame's index in these, and the frames
        per second.
    """
    kept: list[Images] = []
    first, pending, rate = 0, sorted(keys), 10.0
    for chunk in clip.frames():
        kept += list(chunk.images)
        rate = 1 / float(np.diff(chunk.times).mean()) if len(chunk) > 1 else rate
        while pending and first + len(kept) > pending[0] + reach:
            yield _around(kept, first, pending.pop(0), reach, rate)
        drop = min(len(kept), max(0, pending[0] - reach - first if pending else len(kept)))
        kept, first = kept[drop:], first + drop
    for key in pending:
        yield _around(kept, first, key, reach, rate)


def _around(kept: Sequence[Images], first: int, key: int, reach: int, rate: float) -> tuple[int, Images, int, float]:
    low = max(0, key - reach - first)
    return key, np.stack(kept[low : key + reach + 1 - first]), key - first - low, rate


def speed(images: Images, key: int, box: Floats, rate: float) -> float | None:
    """Measure the speed of what a (4,) box holds, by its likeness in the frames 0.4 s before and after ``key``.

    Returns:
        Body heights a second, or None where it was not found again both times.
    """
    gap, height = max(1, round(0.4 * rate)), float(box[3] - box[1])
    x1, y1, x2, y2 = np.clip(box.round().astype(int), 0, np.tile(images.shape[2:0:-1], 2))
    if not (gap <= key < len(images) - gap) or x2 - x1 < 4 or y2 - y1 < 8:
        return None
    patch, room = images[key, y1:y2, x1:x2], np.round([0.7 * height, 0.4 * height]).astype(int)
    found = []
    for at in (key - gap, key + gap):
        left, top = max(0, x1 - room[0]), max(0, y1 - room[1])
        likeness = cv2.matchTemplate(images[at, top : y2 + room[1], left : x2 + room[0]], patch, cv2.TM_CCOEFF_NORMED)
        _, best, _, place = cv2.minMaxLoc(likeness)
        if best < MIN_LIKENESS:
            return None
        found.append(np.hypot(place[0] - (x1 - left), place[1] - (y1 - top)))
    return float(np.mean(found)) / height / (gap / rate)


def action(pace: float | None) -> str | None:
    """Name what someone of that speed does: stand, walk, or None where it cannot be said."""
    if pace is None or pace < MAX_STANDING_SPEED:
        return None if pace is None else STAND
    return WALK if WALKING_SPEED_RANGE[0] < pace < WALKING_SPEED_RANGE[1] else None


def sure_persons(shot: Shot, number: int) -> Floats:
    """Boxes (N, 4) of the persons in one of a shot's frames that the teacher is sure enough of."""
    return shot.persons(list(shot.numbers).index(number))


def _walkers(part: Path, root: Path, real: Real, rng: Random) -> None:
    cuts, texts = [], []
    shots = [*real.ped2, *real.videos]
    for clip in (*Ped2(root / "UCSDped2").training(), *_real_frames.videos(root)):
        shot = next(shot for shot in shots if shot.name == clip.name)
        for number, images, key, fps in windows(clip, shot.numbers):
            boxes = rng.permutation(sure_persons(shot, number))[: 2 * MAX_WALKERS]
            paces = [(box, speed(images, key, box, fps)) for box in boxes]
            found = [(box, action(pace), _faster(pace, rng)) for box, pace in paces if pace is not None]
            for box, name, faster in [entry for entry in found if entry[1]][:MAX_WALKERS]:
                cuts.append(samples(images, key, [box], rng, fps, faster))
                texts.append((str(name),))
    save(part, cuts, texts)


def _faster(pace: float, rng: Random) -> float:
    return min(float(rng.uniform(*SPEED_RANGE)), max(1.0, WALKING_SPEED_RANGE[1] / max(pace, MAX_STANDING_SPEED)))


def _riders(part: Path, root: Path, real: Real, rng: Random) -> None:
    found, texts, data = [], [], Ped2(root / "UCSDped2")
    streets = [np.concatenate([chunk.images for chunk in clip.frames()]) for clip in data.training()[::2]]
    for clip in data.test():
        shot = next((shot for shot in real.unusual if shot.name == clip.name), None)
        masks = data.truth(clip).masks if shot else None  # the other test clips are not looked at
        if shot is None or masks is None:
            continue
        images = np.concatenate([chunk.images for chunk in clip.frames()])
        for number, regions in real.regions[clip.name].items():
            for region in regions if number % BOX_STEP == 0 else ():
                box = _rider(shot, number, np.array(region.box, np.float32), rng)
                cuts = [samples(images, number, box[None], rng, FPS, float(rng.uniform(*SPEED_RANGE)))]
                track = {n: r for n, found in real.regions[clip.name].items() for r in found if r.track == region.track}
                for _ in range(PASTED_PER_BOX):
                    street = streets[rng.integers(len(streets))]
                    cuts.append(_paste(images, shot.background, masks, track, number, box, street, rng))
                found += cuts
                texts += [(ACTION_OF_OBJECT[region.label],)] * len(cuts)
    save(part, found, texts)


def _rider(shot: Shot, number: int, region: Floats, rng: Random) -> Floats:
    """Box of the person in a region: the teacher's where there is one, else a part of the region from its top."""
    if number in shot.numbers:
        boxes = sure_persons(shot, number)
        inside = within(boxes, region[None])[:, 0]
        if len(boxes) and inside.max() > 0.6 and rng.random() < 0.8:
            best: Floats = boxes[inside.argmax()]
            return best
    size = region[2:] - region[:2]
    wide, high = rng.uniform(0.55, 1.0) * size[0], rng.uniform(0.8, 1.0) * size[1]
    left = region[0] + (size[0] - wide) * rng.uniform(0.2, 0.8)
    return np.array([left, region[1], left + wide, region[1] + high], np.float32)


def _paste(
    images: Images, ground: Images, masks: Callable[[int], Bools], track: dict[int, Region], number: int, box: Floats,
    street: Images, rng: Random,
) -> tuple[Images, Floats]:  # fmt: skip
    """Cut a rider out over a span and lay it among the walkers of another clip, mirrored half of the time."""
    steps, around, middle = compact.steps(FPS * float(rng.uniform(*SPEED_RANGE))), compact.steps(FPS), compact.SPAN // 2
    flip, width = bool(rng.random() < 0.5), images.shape[2]
    shift = np.array([rng.integers(-60, 61), rng.integers(-14, 15)])
    result = street[int(rng.integers(-around[0], len(street) - around[-1])) + around]
    for out, at in zip(result, np.clip(number + steps, 0, len(images) - 1), strict=True):
        if int(at) in track:
            seen, alpha = images[at], _alpha(images[at], masks(int(at)), track[int(at)], ground)
            if flip:
                seen, alpha = seen[:, ::-1], alpha[:, ::-1]
            matrix = np.array([[1.0, 0, shift[0]], [0, 1, shift[1]]])
            size = (width, images.shape[1])
            cover = np.asarray(cv2.warpAffine(np.ascontiguousarray(alpha), matrix, size), np.float32)[..., None]
            moved = cv2.warpAffine(np.ascontiguousarray(seen), matrix, size, borderMode=cv2.BORDER_REPLICATE)
            out[:] = (out * (1 - cover) + moved * cover).round().astype(np.uint8)
    x1, y1, x2, y2 = box
    placed = np.array([width - x2, y1, width - x1, y2] if flip else [x1, y1, x2, y2]) + np.tile(shift, 2)
    inside = np.clip(placed, 0, np.tile([width, images.shape[1]], 2)).astype(np.float32)
    if (inside[2:] - inside[:2] > 3).all():
        return samples(result, middle, inside[None], rng, compact.RATE)
    return samples(images, number, box[None], rng, FPS)


def _alpha(seen: Images, mask: Bools, region: Region, background: Images) -> Floats:
    """Soft (H, W) float32 mask of what a region holds, without the ground that a generous mask takes along."""
    x1, y1, x2, y2 = np.round(region.box).astype(int)
    alone = np.zeros(mask.shape, np.uint8)
    apart = np.abs(seen[y1:y2, x1:x2].astype(np.int16) - background[y1:y2, x1:x2]).max(2) > MIN_CONTRAST_LEVELS
    alone[y1:y2, x1:x2] = mask[y1:y2, x1:x2] & apart
    closed = cv2.morphologyEx(alone, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 0.7), np.float32)
