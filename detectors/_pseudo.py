"""Pseudo anomalies: normal clips altered so that a network can learn not to reconstruct what is unusual.

Source: Astrid, Zaheer, Lee, Lee, "Learning Not to Reconstruct Anomalies" (``astrid2021learning``), section 3.3; the
patching techniques are SmoothMix's (``lee2020smoothmix``), CutMix's (``yun2019cutmix``) and MixUp's.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from core import pictures
from core.errors import InputError

MIN_PATCH_PIXELS = 10
RAMP = 0.1
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})


def _square(at: Tensor, centre: Tensor, side: Tensor) -> Tensor:
    half = side.div(2, rounding_mode="floor")
    ramp = RAMP * half
    return torch.minimum(at - (centre - half - ramp), centre + half + ramp - at).div(ramp).clamp(0.0, 1.0)


def _circle(at: Tensor, centre: Tensor, side: Tensor) -> Tensor:
    return torch.exp(-((at - centre) ** 2) / (2 * side**2))


def _box(at: Tensor, centre: Tensor, side: Tensor) -> Tensor:
    first = (centre - side.div(2, rounding_mode="floor")).clamp_min(0)
    return ((at >= first) & (at < first + side)).float()


TECHNIQUES: dict[str, tuple[Callable[[Tensor, Tensor, Tensor], Tensor], float]] = {
    "SmoothMixS": (_square, 1.0),
    "CutMix": (_box, 1.0),
    "SmoothMixC": (_circle, 1.0),
    "MixUp-patch": (_box, 0.5),
}
"""Profile of a patch along one axis, as a function of position, centre and side; and the intruder's share inside."""


def masks(technique: str, centres: Tensor, sides: Tensor, size: tuple[int, int]) -> Tensor:
    """Return how much of the intruder each pixel of each frame shows.

    Args:
        technique: a key of :data:`TECHNIQUES`. SmoothMixS falls linearly to 0 over a tenth of half the side outside
            the patch, SmoothMixC is a Gaussian whose deviation is the side.
        centres: (N, T, 2) patch centres, y and x, in pixels.
        sides: (N, 2) height and width in pixels.
        size: (h, w) of the frames.

    Returns:
        (N, T, 1, h, w) in [0, 1].
    """
    profile, share = TECHNIQUES[technique]
    axes = []
    for axis, length in enumerate(size):
        at = torch.arange(length, device=centres.device, dtype=torch.float32)
        axes.append(profile(at, centres[..., axis, None].float(), sides[:, None, axis, None].float()))
    return share * (axes[0].unsqueeze(-1) * axes[1].unsqueeze(-2)).unsqueeze(2)


def draw_patches(count: int, frames: int, size: tuple[int, int], alpha: float, beta: int) -> tuple[Tensor, Tensor]:
    """Draw sides and wandering centres of patches from PyTorch's generator.

    As in the authors' code, a side is ``max(10, ⌊U(0, α) · length⌋)``, the centre steps by integers in [−β, β] along
    each axis after each frame and stays in the frame.

    Returns:
        ``centres`` (count, frames, 2) and ``sides`` (count, 2), y before x, int64.
    """
    extent = torch.tensor(size)
    sides = (torch.rand(count, 2) * alpha * extent).long().clamp_min(MIN_PATCH_PIXELS)
    centre = (torch.rand(count, 2) * extent).long()
    steps = torch.randint(-beta, beta + 1, (frames - 1, count, 2))
    path = [centre]
    for step in steps:
        path.append(torch.minimum((path[-1] + step).clamp_min(0), extent))
    return torch.stack(path, 1), sides


def patched(clips: Tensor, intruders: Tensor, mask: Tensor) -> Tensor:
    """Show an intruder (N, C, h, w) in (N, T, C, h, w) clips, through a mask (N, T, 1, h, w) of :func:`masks`."""
    return torch.lerp(clips, intruders.unsqueeze(1).expand_as(clips), mask.to(clips).expand_as(clips))


def skipped(longer: Tensor, strides: tuple[int, ...], frames: int) -> tuple[Tensor, Tensor]:
    """Play clips faster: frame ``t`` becomes frame ``t · s``, with ``s`` drawn for each clip (equation 8).

    Args:
        longer: (N, span, C, h, w), each beginning with its normal clip; behind the end of its footage a clip repeats
            its last frame, and only the strides that end before it are drawn.
        strides: from which ``s`` is drawn.
        frames: T.

    Returns:
        (N, T, C, h, w); and (N,) bool, whether any stride fitted. Where none did the row is the normal clip.
    """
    changes = (longer[:, 1:] != longer[:, :-1]).flatten(2).any(2)
    last = (changes * torch.arange(1, longer.shape[1], device=longer.device)).amax(1)
    options = torch.tensor(strides, device=longer.device)
    fits = options * (frames - 1) <= last.unsqueeze(1)
    chance = torch.rand(len(longer), len(strides)).to(longer.device) * fits
    stride = torch.where(fits.any(1), options[chance.argmax(1)], 1)
    rows = torch.arange(len(longer), device=longer.device).unsqueeze(1)
    return longer[rows, stride.unsqueeze(1) * torch.arange(frames, device=longer.device)], fits.any(1)


def image_folder(folder: Path) -> list[Path]:
    """List a folder's images, in the order of their names; an ``InputError`` where it is no folder or holds none."""
    if not folder.is_dir():
        raise InputError(f"intruders must be a folder of images, got {folder.name!r}, which is not a folder")
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGES)
    if not found:
        raise InputError(f"the folder of intruders {folder.name!r} holds no image ({', '.join(sorted(IMAGES))})")
    return found


def read_intruder(path: Path, size: tuple[int, int], channels: int) -> Tensor:
    """Read one image as (channels, h, w) float32 in [−1, 1], bilinear; an ``InputError`` where it is none."""
    try:
        image = pictures.read(path, grey=channels == 1)
    except InputError as error:
        raise InputError(
            f"the intruder image {path.name!r} cannot be read; remove it or save it again as PNG"
        ) from error
    x = torch.from_numpy(image.reshape(*image.shape[:2], -1)).permute(2, 0, 1).unsqueeze(0).float()
    return functional.interpolate(x, size, mode="bilinear", align_corners=True)[0].div_(127.5).sub_(1.0)
