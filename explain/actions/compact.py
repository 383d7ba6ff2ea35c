"""A small SlowFast of our own, for machines without network: it comes with the product.

SlowFast with a RoI head (``feichtenhofer2019slowfast``) at a small width. It looks at a square around each person
instead of the whole frame, so that people 30 pixels tall keep their detail. The square stands still for the whole
span, so that it can be seen how far someone moves per body height; the RoI is the person's box within it.
``assets/weights/actions/card.json`` says what it was trained on.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.ops import roi_align

from core import weights
from core.device import Runtime
from core.records import Floats, Images
from explain._backends import Progress, read_card
from explain.actions._slowfast import check, create_slowfast_with_roi_head, inside, normalise, place

FOLDER = Path(__file__).parents[2] / "assets" / "weights" / "actions"
SPAN, FRAMES, ALPHA = 32, 16, 4
"""Frames it wants, frames of the fast pathway, and how many of these one frame of the slow pathway stands for."""
SIDE = 80
"""Of a crop, in pixels."""
CONTEXT = 2.0
"""Side of the square over the longer side of the person's box."""
WIDTH = (16, 4)
"""Channels of the first layer, slow and fast pathway."""
BATCH = 32


def network(classes: int) -> nn.Module:
    """Build it untrained.

    Args:
        classes: number of labels.

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
    return built


def crop(images: Images, boxes: Floats, device: torch.device) -> tuple[Tensor, Tensor]:
    """Cut a square around each box out of every second frame.

    Args:
        images: (32, H, W, 3) uint8.
        boxes: (N, 4) float32 with an area.
        device: where to cut.

    Returns:
        (N, 3, 16, 80, 80) float32 normalised, 0 beyond the frame, and (N, 4) the boxes within their crops.
    """
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    side = np.maximum(size.max(axis=1, keepdims=True), 2.0) * CONTEXT
    squares = torch.from_numpy(np.concatenate([centre - side / 2, centre + side / 2], axis=1)).to(device)
    # Halved as often as a crop's pixel covers two of the frame's, as in a mip map: two samples per pixel then suffice.
    level = np.clip(np.floor(np.log2(side[:, 0] / SIDE)), 0, 6).astype(np.int64)
    result = torch.zeros(len(boxes), 3, FRAMES, SIDE, SIDE, device=device)
    for t, image in enumerate(images[:: SPAN // FRAMES]):
        frame = normalise(torch.from_numpy(np.ascontiguousarray(image)).to(device).permute(2, 0, 1)[None])
        for step in np.unique(level):
            here = torch.from_numpy(np.flatnonzero(level == step)).to(device)
            halved = nn.functional.avg_pool2d(frame, 2 ** int(step), ceil_mode=True, count_include_pad=False)
            result[here, :, t] = roi_align(halved, [squares[here]], SIDE, 0.5 ** int(step), 2, aligned=True)
    half = size / side * (SIDE / 2)
    return result, torch.from_numpy(np.concatenate([SIDE / 2 - half, SIDE / 2 + half], axis=1)).to(device)


def logits(built: nn.Module, crops: Tensor, rois: Tensor) -> Tensor:
    """Run the network on (B, 3, 16, 80, 80) crops and (B, 4) boxes, one in each; return (B, classes)."""
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
                crops, rois = crop(images, clipped[part], self.runtime.device)
                with self.runtime.autocast():
                    found = logits(self.network, crops, rois)
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
