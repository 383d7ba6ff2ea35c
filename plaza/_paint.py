"""Draws solids into the picture: supersampled sprites, painter's order, soft shadows, and the truth of each object."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from core.arrays import Bools, Doubles, Images, Ints
from plaza._view import View

SUPER = 4
FIXED = 4  # fractional bits of OpenCV's polygon coordinates
ANGLES = np.linspace(0, 2 * np.pi, 12, endpoint=False)
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], -1)


@dataclass
class Solids:
    """One figure: several solids, drawn together, belonging to one or more objects.

    Attributes:
        centres: (S, 3) spheres in metres.
        radii: (S,) metres; a solid whose spheres all have radius 0 is left away.
        starts, sizes: (P,) which spheres make up each solid.
        colours: (P, 3) RGB.
        owners: (P,) index of the object that each solid belongs to.
        light: sunlight that reaches the figure, 0 to 1.
        ground: (2,) where it stands.
        shadow: (P,) bool, which solids throw a shadow.
        behind: (P,) metres by which each solid counts as farther when the order of drawing is found.
    """

    centres: Doubles
    radii: Doubles
    starts: Ints
    sizes: Ints
    colours: Doubles
    owners: Ints
    light: float
    ground: Doubles
    shadow: Bools
    behind: Doubles


@dataclass(frozen=True)
class Sprite:
    """One drawn figure: premultiplied (h, w, 4) uint8, its corner, and each pixel's object (-1: none)."""

    rgba: Images
    x: int
    y: int
    ids: npt.NDArray[np.int16]
    areas: dict[int, int]


Ids = npt.NDArray[np.int16]
Fixed = npt.NDArray[np.int32]


def _outlines(view: View, figure: Solids) -> tuple[Doubles, Doubles, Doubles]:
    """(S, 12, 2) circle points in pixels, (S, 2) lit offset scale and (S,) depth of each sphere."""
    uv, depth = view.project(figure.centres)
    radius = figure.radii * view.focal / depth
    return uv[:, None] + radius[:, None, None] * CIRCLE, radius, depth


def _polygons(points: Doubles, radius: Doubles, corner: tuple[int, int], sun: Doubles) -> tuple[Fixed, Fixed]:
    """(S, 12, 2) corners of the spheres' whole and sunlit discs, in OpenCV's fixed point on a sprite at ``corner``."""
    scale = SUPER * 2**FIXED
    centre = points.mean(1, keepdims=True)
    lit = centre + (points - centre) * 0.66 + (radius * 0.3)[:, None, None] * sun
    fixed = np.round((points - corner) * scale - scale / (2 * SUPER)).astype(np.int32)
    return fixed, np.round((lit - corner) * scale - scale / (2 * SUPER)).astype(np.int32)


def draw(view: View, figure: Solids, sun: Doubles) -> Sprite | None:
    """Draw a figure supersampled, lit from ``sun`` (2,), length 0 to 1; None where it lies outside the picture."""
    points, radius, depth = _outlines(view, figure)
    solid = np.flatnonzero(np.add.reduceat(figure.radii, figure.starts) > 0)
    used = points[figure.radii > 0].reshape(-1, 2)
    x, y = np.floor(used.min(0)).astype(int) - 1
    x2, y2 = np.ceil(used.max(0)).astype(int) + 1
    if x2 <= 0 or y2 <= 0 or x >= view.width or y >= view.height:
        return None
    fixed, bright = _polygons(points, radius, (int(x), int(y)), sun)
    far = np.add.reduceat(depth, figure.starts) / figure.sizes + figure.behind
    canvas = np.zeros(((y2 - y) * SUPER, (x2 - x) * SUPER, 4), np.uint8)
    ids = np.full(canvas.shape[:2], -1, np.int16) if len(set(figure.owners[solid].tolist())) > 1 else None
    dark = figure.colours * (SHADE + (1 - SHADE) * 0.35 * figure.light)
    light = figure.colours * (SHADE + (1 - SHADE) * figure.light)
    for p in solid[np.argsort(-far[solid], kind="stable")]:
        part = slice(figure.starts[p], figure.starts[p] + figure.sizes[p])
        flat = fixed[part].reshape(-1, 2)
        order = cv2.convexHull(flat, returnPoints=False)[:, 0]
        hull = flat[order]
        cv2.fillConvexPoly(canvas, hull, (*dark[p], 255.0), shift=FIXED)
        cv2.fillConvexPoly(canvas, bright[part].reshape(-1, 2)[order], (*light[p], 255.0), shift=FIXED)
        if ids is not None:
            cv2.fillConvexPoly(ids, hull, int(figure.owners[p]), shift=FIXED)
    rgba = cv2.resize(canvas, (x2 - x, y2 - y), interpolation=cv2.INTER_AREA)
    inside = rgba[..., 3] > 127
    owner = int(figure.owners[solid[0]])
    if ids is None:
        return Sprite(rgba, x, y, np.where(inside, np.int16(owner), np.int16(-1)), {owner: int(inside.sum())})
    small = np.where(inside, ids[SUPER // 2 :: SUPER, SUPER // 2 :: SUPER], np.int16(-1))
    return Sprite(rgba, x, y, small, _areas(figure, solid, fixed, canvas.shape[:2]))


def _areas(figure: Solids, solid: Ints, fixed: npt.NDArray[np.int32], size: tuple[int, ...]) -> dict[int, int]:
    """Area in pixels that each of the figure's objects would cover alone."""
    areas = {}
    for owner in sorted(set(figure.owners[solid].tolist())):
        alone = np.zeros(size, np.uint8)
        for p in solid[figure.owners[solid] == owner]:
            flat = fixed[figure.starts[p] : figure.starts[p] + figure.sizes[p]].reshape(-1, 2)
            cv2.fillConvexPoly(alone, cv2.convexHull(flat), 1, shift=FIXED)
        areas[owner] = int(alone[SUPER // 2 :: SUPER, SUPER // 2 :: SUPER].sum())
    return areas


SHADE = np.array([0.50, 0.52, 0.58])


def blend(image: Images, owners: npt.NDArray[np.int16], sprite: Sprite) -> None:
    """Lay a sprite over the picture and note whose pixels it covers, in place."""
    height, width = owners.shape
    h, w = sprite.ids.shape
    x1, y1, x2, y2 = max(sprite.x, 0), max(sprite.y, 0), min(sprite.x + w, width), min(sprite.y + h, height)
    if x1 >= x2 or y1 >= y2:
        return
    cut = (slice(y1 - sprite.y, y2 - sprite.y), slice(x1 - sprite.x, x2 - sprite.x))
    rgba, ids = sprite.rgba[cut], sprite.ids[cut]
    there = image[y1:y2, x1:x2]
    kept = there.astype(np.uint16) * (255 - rgba[..., 3:]) // 255
    np.minimum(kept + rgba[..., :3], 255, out=kept)
    there[:] = kept.astype(np.uint8)
    np.copyto(owners[y1:y2, x1:x2], ids, where=ids >= 0)


def shadow_map(view: View, figures: Sequence[Solids], slant: Doubles) -> Images:
    """Return the soft shadow on the ground, (H, W) uint8, 255 full; ``slant`` (2,): metres for a metre of height."""
    half = np.zeros((view.height // 2, view.width // 2), np.uint8)
    for figure in figures:
        flat = figure.centres.copy()
        flat[:, :2] += flat[:, 2:] * slant
        flat[:, 2] = 0
        uv, depth = view.project(flat)
        radius = figure.radii * view.focal / depth + 0.6
        points = uv[:, None] + radius[:, None, None] * CIRCLE * (1.0, 0.6)
        fixed = np.round(points * (2**FIXED / 2)).astype(np.int32)
        for p in np.flatnonzero(figure.shadow & (np.add.reduceat(figure.radii, figure.starts) > 0)):
            part = fixed[figure.starts[p] : figure.starts[p] + figure.sizes[p]].reshape(-1, 2)
            cv2.fillConvexPoly(half, cv2.convexHull(part), 255, shift=FIXED)
    soft = cv2.GaussianBlur(half, (3, 3), 0.8)
    full: Images = cv2.resize(soft, (view.width, view.height), interpolation=cv2.INTER_LINEAR)
    return full
