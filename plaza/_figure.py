"""What a person looks like: clothes, build, hair, things carried; joints turned into shaded solids.

A solid is the convex hull of a few spheres; a person is a fixed list of solids, some of radius 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import Doubles

Generator = np.random.Generator

PARTS = (
    ("foot", 2), ("foot", 2), ("shin", 2), ("shin", 2), ("thigh", 2), ("thigh", 2), ("pelvis", 2), ("torso", 4),
    ("arm", 2), ("arm", 2), ("forearm", 2), ("forearm", 2), ("hand", 1), ("hand", 1), ("neck", 2), ("head", 2),
    ("hair", 2), ("mane", 2), ("hem", 4), ("panel", 2), ("brim", 2), ("bag", 4), ("strap", 2),
)  # fmt: skip
NAMES = tuple(name for name, _ in PARTS)
SIZES = np.array([n for _, n in PARTS])
STARTS = np.concatenate([[0], np.cumsum(SIZES)[:-1]])
BAG = NAMES.index("bag")
BEHIND = np.where(np.array(NAMES) == "pelvis", 0.12, 0.0)  # a shirt hangs over the trousers
NO_BAG, BACKPACK, HANDBAG = 0, 1, 2

SKIN = np.array([[224, 188, 164], [203, 160, 130], [170, 124, 92], [121, 82, 58], [84, 57, 42]], float)
HAIR = np.array([[38, 30, 26], [60, 44, 34], [96, 68, 44], [150, 116, 72], [128, 124, 120], [24, 24, 28]], float)
TOPS = np.array([
    [214, 214, 208], [40, 44, 56], [62, 84, 122], [150, 52, 48], [78, 98, 76], [172, 150, 112], [104, 104, 110],
    [190, 176, 160], [34, 34, 36], [176, 96, 56], [92, 66, 96], [120, 146, 172], [196, 168, 80], [70, 58, 50],
], float)  # fmt: skip
LEGS = np.array([
    [46, 56, 80], [66, 82, 112], [36, 36, 40], [88, 84, 80], [138, 120, 94], [54, 50, 48], [98, 106, 116], [28, 32, 44],
], float)  # fmt: skip
SHOES = np.array([[36, 32, 30], [74, 54, 40], [200, 200, 196], [60, 62, 68], [150, 60, 50]], float)
BAGS = np.array([[40, 44, 52], [112, 66, 40], [54, 74, 60], [120, 44, 50], [46, 62, 96], [150, 132, 104]], float)


@dataclass(frozen=True)
class Look:
    """One person.

    Attributes:
        stature: metres.
        build: 1 is average, more is broader.
        bag: ``NO_BAG``, ``BACKPACK`` or ``HANDBAG``.
        wide: (spheres,) factor on each sphere's radius; 0 leaves the part away.
        colours: (parts, 3) RGB, 0 to 255.
        hem: how far coat or skirt reach from hip (0) to knee (1).
    """

    stature: float
    build: float
    bag: int
    wide: Doubles
    colours: Doubles
    hem: float


def _wear(rng: Generator, colour: dict[str, Doubles], skin: Doubles) -> tuple[set[str], float]:
    """Choose an outfit: fills ``colour``, returns the parts left away and the hem's reach."""
    style = rng.choice(["tee", "shirt", "jacket", "coat", "skirt", "shorts"], p=[0.2, 0.25, 0.25, 0.1, 0.12, 0.08])
    away = {"hem", "panel"}
    hem = 0.3
    if style in ("tee", "shorts", "skirt"):
        colour["forearm"] = skin
    if style == "shorts":
        colour["shin"] = skin
    if style in ("jacket", "coat"):
        away.discard("panel")
        colour["panel"] = TOPS[rng.integers(len(TOPS))]
    if style in ("coat", "skirt"):
        away.discard("hem")
        hem = float(rng.uniform(0.55, 0.95))
        colour["hem"] = colour["torso"] if style == "coat" else LEGS[rng.integers(len(LEGS))] * 1.15
        if style == "skirt":
            colour["shin"] = skin if rng.random() < 0.6 else LEGS[2]
            colour["thigh"] = colour["pelvis"] = colour["hem"]
    return away, hem


def _shade(rng: Generator, table: Doubles) -> Doubles:
    """Draw one colour of a table, a little lighter or darker."""
    colour: Doubles = np.clip(table[rng.integers(len(table))] * rng.uniform(0.85, 1.15), 0, 245)
    return colour


def dress(rng: Generator, bag: int | None = None) -> Look:
    """Draw a person's look; ``bag`` None lets chance choose."""
    skin, hair = SKIN[rng.integers(len(SKIN))], HAIR[rng.integers(len(HAIR))]
    top, trousers, shoes, luggage = _shade(rng, TOPS), _shade(rng, LEGS), _shade(rng, SHOES), _shade(rng, BAGS)
    colour = dict(foot=shoes, shin=trousers, thigh=trousers, pelvis=trousers, torso=top, arm=top, forearm=top)
    colour |= dict(hand=skin, neck=skin, head=skin, hair=hair, mane=hair, hem=top, panel=top, brim=_shade(rng, TOPS))
    colour |= dict(bag=luggage, strap=luggage * 0.8)
    away, hem = _wear(rng, colour, skin)
    if rng.random() < 0.6:
        away.add("mane")
    if rng.random() < 0.85:
        away.add("brim")
    else:
        colour["hair"] = colour["brim"]
    if bag is None:
        bag = int(rng.choice([NO_BAG, BACKPACK, HANDBAG], p=[0.62, 0.2, 0.18]))
    if bag == NO_BAG:
        away |= {"bag", "strap"}
    build = float(np.clip(rng.normal(1.0, 0.08), 0.84, 1.22))
    wide = np.repeat([0.0 if n in away else 1.0 for n in NAMES], SIZES)
    colours = np.array([colour[n] for n in NAMES])
    return Look(float(np.clip(rng.normal(1.70, 0.085), 1.5, 1.92)), build, bag, wide, colours, hem)


def _bag(
    joints: Doubles, look_bag: Doubles, h: Doubles, left: Doubles, up: Doubles, ahead: Doubles
) -> tuple[Doubles, Doubles]:
    """(N, 4, 3) spheres of the bag and (N, 2, 3) of its strap."""
    middle = joints[:, 10:12].mean(1) * 0.62 + joints[:, 0:2].mean(1) * 0.38
    back = middle - 0.088 * h * ahead
    pack = [back + h * (s * 0.042 * left + t * up) for s in (1, -1) for t in (0.055, -0.075)]
    hand = joints[:, 15]
    swing = np.array([0.0, 0.0, -1.0])
    held = [hand + h * (s * 0.055 * ahead + t * swing) for s in (1, -1) for t in (0.085, 0.135)]
    strap, loop = [joints[:, 10] * 0.6 + joints[:, 11] * 0.4, back], [hand, hand + 0.08 * h * swing]
    on_back = (look_bag == BACKPACK)[:, None, None]
    bag = np.where(on_back, np.stack(pack, 1), np.stack(held, 1))
    return bag, np.where(on_back, np.stack(strap, 1), np.stack(loop, 1))


def _head(neck: Doubles, head: Doubles, ahead: Doubles, up: Doubles) -> list[Doubles]:
    """Spheres of neck, head, hair, long hair and the brim of a cap, each (N, 2, 3)."""
    skull = head + 0.012 * up
    return [
        np.stack([neck, head], 1),
        np.stack([skull, head + (0.012 * ahead - 0.026 * up)], 1),
        np.stack([skull + (0.012 * up - 0.006 * ahead), skull + (-0.022 * ahead - 0.012 * up)], 1),
        np.stack([skull - (0.03 * ahead + 0.01 * up), neck - (0.04 * ahead + 0.02 * up)], 1),
        np.stack([skull + 0.022 * up, skull + (0.06 * ahead + 0.012 * up)], 1),
    ]


def flesh(joints: Doubles, looks: Sequence[Look]) -> tuple[Doubles, Doubles]:
    """Turn (N, 18, 3) world joints, in metres, of N looks into spheres.

    Returns:
        (N, S, 3) centres and (N, S) radii, in metres, S as in ``PARTS``.
    """
    h = np.array([k.stature for k in looks])[:, None]
    b = np.array([k.build for k in looks])[:, None]
    hip, knee, ankle, heel, toe, shoulder, elbow, wrist = (joints[:, 2 * i : 2 * i + 2] for i in range(8))
    neck, head = joints[:, 16], joints[:, 17]
    left = shoulder[:, 0] - shoulder[:, 1]
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    up = neck - hip.mean(1)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    ahead = np.cross(left, up)
    hem = np.array([k.hem for k in looks])[:, None, None]
    waist = hip + 0.07 * h[:, None] * up[:, None]
    chest = shoulder * 0.82 + shoulder[:, ::-1] * 0.18
    bag, strap = _bag(joints, np.array([k.bag for k in looks]), h, left, up, ahead)
    grip = wrist + (wrist - elbow) * 0.22
    front = shoulder.mean(1) + 0.035 * h * ahead
    groups = [np.stack([heel[:, i], toe[:, i]], 1) for i in (0, 1)]
    groups += [np.stack([knee[:, i], ankle[:, i]], 1) for i in (0, 1)]
    groups += [np.stack([hip[:, i], knee[:, i]], 1) for i in (0, 1)]
    lower = 0.03 * h[:, None] * up[:, None]
    groups += [hip, np.concatenate([chest - lower, waist - lower], 1)]
    groups += [np.stack([shoulder[:, i], elbow[:, i]], 1) for i in (0, 1)]
    groups += [np.stack([elbow[:, i], wrist[:, i]], 1) for i in (0, 1)] + [grip[:, :1], grip[:, 1:]]
    *skull, brim = _head(neck, head, h * ahead, h * up)
    groups += skull
    groups += [np.concatenate([hip, hip + (knee - hip) * hem], 1)]
    groups += [np.stack([front - 0.05 * h * up, front - 0.2 * h * up], 1)]
    groups += [brim, bag, strap]
    radii = h * b**RADII_BUILD * RADII * np.array([k.wide for k in looks]).reshape(-1, len(RADII))
    return np.concatenate(groups, axis=1), radii


RADII = np.array([
    0.022, 0.017, 0.022, 0.017, 0.034, 0.021, 0.034, 0.021, 0.054, 0.037, 0.054, 0.037, 0.062, 0.062,
    0.049, 0.049, 0.058, 0.058, 0.030, 0.024, 0.030, 0.024, 0.023, 0.017, 0.023, 0.017, 0.020, 0.020,
    0.030, 0.027, 0.052, 0.040, 0.053, 0.046, 0.046, 0.042, 0.064, 0.064, 0.066, 0.066, 0.028, 0.022,
    0.040, 0.012, 0.043, 0.047, 0.043, 0.047, 0.006, 0.006,
])  # fmt: skip
RADII_BUILD = np.repeat([1.0 if n in ("thigh", "pelvis", "torso", "arm", "hem") else 0.4 for n in NAMES], SIZES)
