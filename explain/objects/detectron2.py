"""detectron2's Faster R-CNN R50-FPN from its model zoo (3x schedule, COCO), where detectron2 is installed.

It has no package on the index: ``./whycam setup --detectron2`` builds it from source. The VQU-Net paper explained
objects with this implementation.
"""

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core import weights
from core.arrays import Images
from core.device import Runtime
from core.errors import InputError, WeightsError
from core.records import Detections
from explain.backends import Progress, Published
from explain.objects.rcnn import COCO, in_batches, resized, to_detections

CONFIG = "COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml"
URL = (
    "https://dl.fbaipublicfiles.com/detectron2/COCO-Detection/faster_rcnn_R_50_FPN_3x/137849458/model_final_280758.pkl"
)
MD5_PREFIX = "280758"
NAME = "detectron2 Faster R-CNN R50-FPN 3x (COCO)"
CONSTANTS = ("pixel_mean", "pixel_std", "proposal_generator.anchor_generator.cell_anchors")
"""Entries of the published file that the network makes by itself."""


def installed() -> bool:
    """Return whether detectron2 can be imported."""
    return all(importlib.util.find_spec(name) for name in ("detectron2", "pkg_resources"))


@dataclass
class Detectron2Model:
    """A detectron2 network in eval mode, as an object model.

    Attributes:
        network: a ``GeneralizedRCNN`` that takes BGR pictures of 0 to 255.
        config: detectron2's configuration, for the size of its input.
        runtime: where it runs.
        batch: frames in one pass.
    """

    network: nn.Module
    config: Any
    runtime: Runtime
    batch: int
    name: str = NAME
    labels: tuple[str, ...] = COCO

    def __post_init__(self) -> None:
        self.network = self.runtime.place(self.network.eval())

    @torch.inference_mode()
    def detect(self, images: Images, first: int = 0) -> list[Detections]:
        """Label the boxes of N frames, (N, H, W, 3) uint8; entry i is said to be of frame ``first + i``."""
        return in_batches(images, first, self.batch, self._pass)

    def _pass(self, images: Images, first: int) -> list[Detections]:
        height, width = images.shape[1:3]
        inputs = [{"image": picture, "height": height, "width": width} for picture in self._prepare(images)]
        with self.runtime.autocast():
            answers = [answer["instances"] for answer in self.network(inputs)]
        found = [(a.pred_boxes.tensor, a.pred_classes, a.scores) for a in answers]
        return to_detections(found, COCO, (height, width), first)

    def _prepare(self, images: Images) -> Tensor:
        """Bring frames to detectron2's test size (its ``ResizeShortestEdge``), as BGR."""
        short, long = self.config.INPUT.MIN_SIZE_TEST, self.config.INPUT.MAX_SIZE_TEST
        scale = min(short / min(images.shape[1:3]), long / max(images.shape[1:3]))
        bgr = torch.from_numpy(np.ascontiguousarray(images[..., ::-1])).to(self.runtime.device)
        return resized(bgr.permute(0, 3, 1, 2).float(), scale)[0]


def network(device: torch.device) -> tuple[nn.Module, Any]:
    """Build the network of :data:`CONFIG` untrained, and return it with its configuration.

    Raises:
        InputError: detectron2 is not installed.
    """
    if not installed():
        raise InputError(
            "the object model 'detectron2' needs detectron2, which is not installed;"
            " ./whycam setup --detectron2 installs it; torchvision and compact need no installation"
        )
    from detectron2 import model_zoo
    from detectron2.modeling import build_model

    config = model_zoo.get_config(CONFIG, trained=False)
    config.MODEL.DEVICE = str(device)
    return build_model(config), config


def check_published(path: Path) -> None:
    """Hold a file against the beginning of its MD5, which its publisher's name for it carries.

    Raises:
        WeightsError: it is not the published file.
    """
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if not found.startswith(MD5_PREFIX):
        raise WeightsError(f"{path.name} is not the published file: its md5 begins with {found[:6]}, not {MD5_PREFIX}")


def fill(built: nn.Module, path: Path) -> None:
    """Load the published file's weights into the network.

    Raises:
        WeightsError: the file is not the published one, or holds another network's weights.
    """
    check_published(path)
    arrays = weights.load_pickled_arrays(path)
    state = {name: torch.from_numpy(array) for name, array in arrays.items() if not name.startswith(CONSTANTS)}
    weights.apply(built, state, path.name)


OFFICIAL = Published(URL, URL.rsplit("/", 1)[1], opens=check_published, model=NAME)


def load(runtime: Runtime, progress: Progress | None = None) -> Detectron2Model:
    """Load it with the model zoo's weights: 160 MB, from a local copy, the cache, or the network.

    Raises:
        InputError: detectron2 is not installed.
        WeightsError: the weights are neither here nor can be had, or are not the published ones.
    """
    built, config = network(runtime.device)
    fill(built, OFFICIAL.fetch(progress))
    return Detectron2Model(built, config, runtime, batch=8 if runtime.device.type == "cuda" else 2)


OBJECT_MODELS = {"detectron2": load}
WEIGHTS = {"detectron2": OFFICIAL} if installed() else {}
