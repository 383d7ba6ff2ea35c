"""A small SlowFast of our own, for machines without network: it comes with the product.

SlowFast with a RoI head (``feichtenhofer2019slowfast``) at a small width. It looks at a square around each person
instead of the whole frame, so that people 30 pixels tall keep their detail. The square stands still for the whole
span, so that it can be seen how far someone moves per body height; the RoI is the person's box within it.
``assets/weights/actions/card.json`` says what it was trained on.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from core import weights
from core.arrays import Floats, Images, Ints
from core.device import Runtime
from explain.actions import moments
from explain.actions.slowfast_network import check, create_slowfast_with_roi_head, inside, normalise, place
from explain.backends import Progress, read_card

GREY = 115
"""What is seen beyond the frame: the value that the networks' inputs are centred at."""
FOLDER = Path(__file__).parents[2] / "assets" / "weights" / "actions"
SPAN, RATE, FRAMES, ALPHA = 32, 25.0, 16, 4
"""Frames it wants and how many of them lie in a second; frames of the fast pathway, and how many one slow one is."""
CROP_PIXELS = 80
CONTEXT = 2.0
"""Side of the square over the longer side of the person's box."""
WIDTH = (16, 4)
"""Channels of the first layer, slow and fast pathway."""
BATCH = 32


def squares(images: Images, boxes: Floats, side: int, context: float) -> tuple[Images, Floats]:
    """Cut a square around each box out of every frame.

    A pixel of a crop is the mean of four bilinear samples of the frame, taken at quarters of the pixel; the frame is
    halved as often as a crop's pixel covers two of its own, as in a mip map, so that four samples suffice.

    Args:
        images: (T, H, W, 3) uint8.
        boxes: (N, 4) float32 with an area.
        side: of a crop, in pixels.
        context: side of the square over the longer side of the box.

    Returns:
        (N, T, side, side, 3) uint8, and (N, 4) float32 the boxes within their crops.
    """
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    long = np.maximum(size.max(axis=1, keepdims=True), 2.0) * context
    result = np.empty((len(boxes), len(images), side, side, 3), np.uint8)
    for out, corner, length in zip(result, (centre - long / 2).tolist(), long[:, 0].tolist(), strict=True):
        _cut(images, (corner[0], corner[1]), length, out)
    half = size / long * (side / 2)
    return result, np.concatenate([side / 2 - half, side / 2 + half], axis=1).astype(np.float32)


def _cut(images: Images, corner: tuple[float, float], length: float, out: Images) -> None:
    """Fill ``out`` (T, S, S, 3) with the square of ``length`` whose upper left corner is given as (x, y)."""
    fine, halvings = 2 * out.shape[1], 1 << int(np.clip(np.floor(np.log2(length / out.shape[1])), 0, 6))
    full = (-(-images.shape[2] // halvings), -(-images.shape[1] // halvings))
    spots = [(low + (np.arange(fine) + 0.5) * length / fine) / halvings - 0.5 for low in corner]
    lows = [int(np.clip(np.floor(at[0]) - 1, 0, n - 1)) for at, n in zip(spots, full, strict=True)]
    highs = [int(np.clip(np.ceil(at[-1]) + 2, low + 1, n)) for at, low, n in zip(spots, lows, full, strict=True)]
    x, y = (np.clip(at, 0, n - 1) - low for at, low, n in zip(spots, lows, full, strict=True))
    maps = np.meshgrid(x.astype(np.float32), y.astype(np.float32))
    # In fixed point they are looked up faster, and they serve all frames.
    columns, rows = cv2.convertMaps(maps[0], maps[1], cv2.CV_16SC2)
    beyond = [(at < -1) | (at > n) for at, n in zip(spots, full, strict=True)]
    for image, small in zip(images, out, strict=True):
        window = _window(image, lows, highs, halvings)
        seen = cv2.remap(window, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen[:, beyond[0]] = GREY
        seen[beyond[1]] = GREY
        cv2.resize(seen, out.shape[1:3], dst=small, interpolation=cv2.INTER_AREA)


def _window(image: Images, lows: list[int], highs: list[int], halvings: int) -> Images:
    """Cut out what lies between two corners (x, y), which count in pixels of the reduced frame; reduce it."""
    part = image[lows[1] * halvings : highs[1] * halvings, lows[0] * halvings : highs[0] * halvings]
    part = np.ascontiguousarray(part)
    if halvings == 1:
        return part
    width, height = highs[0] - lows[0], highs[1] - lows[1]
    below, right = height * halvings - part.shape[0], width * halvings - part.shape[1]
    padded = cv2.copyMakeBorder(part, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(padded, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def network(classes: int) -> nn.Module:
    """Build it untrained, for a number of labels.

    Returns:
        ([(B, 3, 4, 80, 80) slow, (B, 3, 16, 80, 80) fast], (N, 5) boxes with their crop's index) to (N, classes)
        logits.
    """
    strides, kernels = (2, 2, 2, 1), ((1, 1, 1),) * 4
    built: nn.Module = create_slowfast_with_roi_head(
        model_depth=18,
        model_num_class=classes,
        dropout_rate=0.3,
        slowfast_channel_reduction_ratio=(WIDTH[0] // WIDTH[1],),
        slowfast_fusion_conv_kernel_size=(5, 1, 1),
        slowfast_fusion_conv_stride=(ALPHA, 1, 1),
        stem_dim_outs=WIDTH,
        stem_conv_kernel_sizes=((1, 3, 3), (3, 3, 3)),
        stage_spatial_strides=(strides, strides),
        stage_conv_b_dilations=(kernels, kernels),
        head_pool_kernel_sizes=((FRAMES // ALPHA, 1, 1), (FRAMES, 1, 1)),
        head_spatial_resolution=(3, 3),
        head_spatial_scale=1 / 32,
        head_activation=None,
    )
    for part in built.modules():
        if isinstance(getattr(part, "pool", None), nn.MaxPool3d):
            part.pool = _Pool()
    return built


class _Pool(nn.Module):
    """Max pooling 3×3 with stride 2 of what is not negative: PyTorch's is slow on so few channels."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, H, W) to (B, C, T, H / 2, W / 2); H and W are even."""
        b, c, t, h, w = x.shape
        lines = x.permute(0, 2, 3, 4, 1).reshape(b * t, h, w * c)
        even, odd = lines[:, 0::2], lines[:, 1::2]
        lines = torch.maximum(torch.maximum(even, odd), nn.functional.pad(odd[:, :-1], (0, 0, 1, 0)))
        pairs = lines.view(b * t, h // 2, w // 2, 2 * c)
        even, odd = pairs[..., :c], pairs[..., c:]
        most = torch.maximum(torch.maximum(even, odd), nn.functional.pad(odd[:, :, :-1], (0, 0, 1, 0)))
        return most.view(b, t, h // 2, w // 2, c).permute(0, 4, 1, 2, 3)


def crop(images: Images, boxes: Floats) -> tuple[Images, Floats]:
    """Cut a square around (N, 4) boxes with an area out of every second of (32, H, W, 3) uint8 frames.

    Returns:
        (N, 16, 80, 80, 3) uint8, grey beyond the frame, and (N, 4) float32 the boxes within their crops.
    """
    return squares(images[:: SPAN // FRAMES], boxes, CROP_PIXELS, CONTEXT)


def steps(fps: float) -> Ints:
    """(32,) frames to look at, counted from the key frame, of a clip that has ``fps`` frames a second."""
    return np.round(moments(SPAN, RATE) * fps).astype(np.int64)


def prepare(crops: Tensor) -> Tensor:
    """Normalise (B, 16, 80, 80, 3) uint8 crops to (B, 3, 16, 80, 80) float32, channels last."""
    return normalise(crops).permute(0, 4, 1, 2, 3)


def logits(built: nn.Module, crops: Tensor, rois: Tensor) -> Tensor:
    """Run the network on (B, 3, 16, 80, 80) normalised crops and (B, 4) boxes, one in each; return (B, classes)."""
    fast = crops.contiguous(memory_format=torch.channels_last_3d)
    index = torch.arange(len(crops), device=crops.device, dtype=rois.dtype)[:, None]
    # A new list each time, as the network writes into the one it is given.
    found: Tensor = built([fast[:, :, ::ALPHA], fast], torch.cat([index, rois], dim=1))
    return found


@dataclass
class CompactModel:
    """The small SlowFast in eval mode, as an action model.

    Attributes:
        name: who answers.
        labels: the AVA names that it was trained on.
        network: as :func:`network` builds it.
        runtime: where it runs.
    """

    name: str
    labels: tuple[str, ...]
    network: nn.Module
    runtime: Runtime
    span: int = SPAN
    rate: float = RATE

    def __post_init__(self) -> None:
        self.network = place(self.network, self.runtime)

    @torch.inference_mode()
    def classify(self, images: Images, boxes: Floats) -> Floats:
        """Name the actions of the persons in ``boxes`` at the key frame; zeros for a box that lies outside.

        Args:
            images: (32, H, W, 3) uint8.
            boxes: (N, 4) float32 person boxes at frame 16; N may be 0.

        Returns:
            (N, len(labels)) float32 independent probabilities.
        """
        check(images, boxes, self.span)
        clipped, good = inside(boxes, (images.shape[1], images.shape[2]))
        answer: Floats = np.zeros((len(boxes), len(self.labels)), np.float32)
        rows = np.flatnonzero(good)
        for part in np.array_split(rows, range(BATCH, len(rows), BATCH)):
            if len(part):
                crops, rois = (torch.from_numpy(x).to(self.runtime.device) for x in crop(images, clipped[part]))
                with self.runtime.autocast():
                    found = logits(self.network, prepare(crops), rois)
                answer[part] = found.float().sigmoid().cpu().numpy()
        return answer


def load(runtime: Runtime, progress: Progress | None = None, folder: Path = FOLDER) -> CompactModel:
    """Load the weights that come with the product; ``progress`` is never called, as nothing is downloaded.

    Raises:
        WeightsError: the weights are missing or not those of the card.
    """
    card = read_card(folder)
    labels = tuple(str(label) for label in card["labels"])
    built = network(len(labels))
    path = folder / "model.safetensors"
    weights.apply(built, weights.load(path, str(card["sha256"])), path.name)
    return CompactModel(str(card["name"]), labels, built, runtime)


ACTION_MODELS = {"compact": load}
