"""pytorchvideo's SlowFast R50 8×8, fine-tuned on AVA: the default action model (``feichtenhofer2019slowfast``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from core import weights
from core.arrays import Floats, Images
from core.device import Runtime
from core.errors import WeightsError
from explain.actions.slowfast_network import check, create_slowfast_with_roi_head, inside, normalise, place
from explain.ava import LABELS
from explain.backends import Progress, Published

URL = "https://dl.fbaipublicfiles.com/pytorchvideo/model_zoo/ava/SLOWFAST_8x8_R50_DETECTION.pyth"
NAME = "pytorchvideo SlowFast R50 8×8 (AVA)"
FRAMES, FRAME_STEP, ALPHA = 32, 2, 4
"""Frames of the fast pathway, distance between two of them, and how many fast frames one slow frame stands for."""
SHORT_SIDE = 256


@dataclass
class SlowFastModel:
    """SlowFast in eval mode, as an action model.

    Attributes:
        network: ([slow, fast], (N, 5) boxes with their clip's index) to (N, 80) probabilities.
        runtime: where it runs.
    """

    network: nn.Module
    runtime: Runtime
    name: str = NAME
    labels: tuple[str, ...] = LABELS
    span: int = FRAMES * FRAME_STEP
    rate: float = 30.0

    def __post_init__(self) -> None:
        self.network = place(self.network, self.runtime)

    @torch.inference_mode()
    def classify(self, images: Images, boxes: Floats) -> Floats:
        """Name the actions of the persons in ``boxes`` at the key frame; zeros for a box that lies outside.

        Args:
            images: (64, H, W, 3) uint8; every second frame is used, as in training.
            boxes: (N, 4) float32 person boxes at frame 32; N may be 0.

        Returns:
            (N, 80) float32 independent probabilities.
        """
        check(images, boxes, self.span)
        clipped, good = inside(boxes, (images.shape[1], images.shape[2]))
        answer: Floats = np.zeros((len(boxes), len(self.labels)), np.float32)
        if good.any():
            fast, scale = _prepare(images[::FRAME_STEP], self.runtime.device)
            rois = torch.from_numpy(clipped[good] * scale).to(self.runtime.device)
            with self.runtime.autocast():
                found = self.network(pathways(fast), nn.functional.pad(rois, (1, 0)))
            answer[good] = found.float().cpu().numpy()
        return answer


def pathways(fast: Tensor) -> list[Tensor]:
    """Return a new list of slow and fast pathway; slow frames are spread evenly, the first and the last among them."""
    chosen = torch.linspace(0, fast.shape[2] - 1, fast.shape[2] // ALPHA).long().to(fast.device)
    return [fast.index_select(2, chosen), fast]


def _prepare(images: Images, device: torch.device) -> tuple[Tensor, Floats]:
    """Bring (T, H, W, 3) frames to (1, 3, T, h, w) of short side 256, and give the (4,) scale of the boxes."""
    height, width = images.shape[1:3]
    factor = SHORT_SIDE / min(height, width)
    size = (round(height * factor), round(width * factor))
    pictures = torch.from_numpy(np.ascontiguousarray(images)).to(device).permute(0, 3, 1, 2).float()
    resized = nn.functional.interpolate(pictures, size, mode="bilinear", align_corners=False, antialias=True)
    scale = np.array([size[1] / width, size[0] / height] * 2, np.float32)
    return normalise(resized).transpose(0, 1)[None].contiguous(memory_format=torch.channels_last_3d), scale


def open_published(path: Path) -> nn.Module:
    """Build the network with the weights of a published file.

    Raises:
        WeightsError: the file is damaged, or not this network's.
    """
    content = weights.load_torch(path)
    if not isinstance(content.get("model_state"), Mapping):
        raise WeightsError(f"{path.name!r} must hold SlowFast's weights under 'model_state', but does not")
    network: nn.Module = create_slowfast_with_roi_head()
    weights.apply(network, content["model_state"], path.name)
    return network


OFFICIAL = Published(URL, URL.rsplit("/", 1)[1], opens=open_published, model=NAME)


def load(runtime: Runtime, progress: Progress | None = None) -> SlowFastModel:
    """Load it with the official weights: 130 MB, from a local copy, the cache, or the network.

    Raises:
        WeightsError: the weights are neither here nor can be had, or are not this network's.
    """
    return SlowFastModel(open_published(OFFICIAL.fetch(progress)), runtime)


ACTION_MODELS = {"slowfast": load}
WEIGHTS = {"slowfast": OFFICIAL}
