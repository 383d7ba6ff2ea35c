"""A small Faster R-CNN of our own, for machines without network: it comes with the product.

torchvision's ``FasterRCNN`` on a small feature pyramid, with a box head that can give a box several labels. The card's
``backbone`` says which of :data:`VARIANTS` the weights are of: plain residual stages, whose finest level has stride 4
because people in surveillance footage are small, or EfficientNet-Lite0, which began from ImageNet.
``assets/weights/objects/card.json`` says what it was trained on. The box of a bicycle, motorcycle or skateboard holds
its rider, too, who has a box as a person besides.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign

from core import weights
from core.device import Runtime
from core.registry import pick
from explain._backends import Progress, read_card
from explain.objects._lite import DEVIATION, MEAN, LitePyramid
from explain.objects._many import HIT, IgnoringRpn, ManyLabelHeads
from explain.objects._rcnn import BACKGROUND, RcnnModel, exact

FOLDER = Path(__file__).parents[2] / "assets" / "weights" / "objects"
SHORT_SIDE, LONG_SIDE = 360, 640
ENLARGED = 3.0
"""How much smaller frames are enlarged at most, so that their people are more than a few cells high."""
OCTAVES, LARGEST = 2, 128.0
"""Of the persons that it was trained on, one in a hundred is taller than ``LARGEST`` pixels; a frame is looked at again
at half and at a quarter of its size, so that someone who fills the frame is 90 pixels tall."""
LEVELS = (48, 80, 160, 224)
PYRAMID = 64
HEAD = 256
ANCHORS = ((10, 18), (28, 44), (68, 104), (160, 250))
RATIOS = (0.45, 1.0, 2.4)
RIDDEN = ("bicycle", "motorcycle", "skateboard")
"""Labels whose box holds the rider, too."""
RIVALS = ("bicycle", "skateboard")
"""Who rides one is not on the other; a cyclist's pose is a skater's."""
SOLID = ("car", "bus", "truck")
"""Kinds of one thing, which shows nothing else."""
UNLIKELY = -3.0
"""Logit of each label before training: most proposals show nothing."""


def _conv(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs, momentum=0.05)
    )


class _AsItIs(GeneralizedRCNNTransform):  # type: ignore[misc]
    """Leaves the size of pictures as it is, also in eval mode, where torchvision's transform changes it."""

    def resize(self, image: Tensor, target: Any = None) -> tuple[Tensor, Any]:
        """Return both as they are."""
        return image, target


class _Block(nn.Module):
    """Two 3×3 convolutions around a shortcut (``he2016deep``, figure 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _conv(inputs, outputs, stride)
        self.second = _conv(outputs, outputs)
        plain = stride == 1 and inputs == outputs
        self.shortcut: nn.Module = nn.Identity() if plain else _conv(inputs, outputs, stride, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        inner: Tensor = self.second(torch.relu(self.first(x)))
        return torch.relu(inner + self.shortcut(x))


class Pyramid(nn.Module):
    """Residual stages at strides 4, 8, 16, 32, joined top-down (``lin2017feature``)."""

    def __init__(self) -> None:
        super().__init__()
        self.out_channels = PYRAMID
        self.stem = _conv(3, 24, stride=2)
        stages, inputs = [], 24
        for depth, width in zip((1, 2, 2, 1), LEVELS, strict=True):
            blocks = [_Block(inputs if i == 0 else width, width, 2 if i == 0 else 1) for i in range(depth)]
            stages.append(nn.Sequential(*blocks))
            inputs = width
        self.stages = nn.ModuleList(stages)
        self.fpn = FeaturePyramidNetwork(list(LEVELS), PYRAMID)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Turn (B, 3, H, W) pictures into levels ``"0"`` (stride 4) to ``"3"`` (stride 32) of (B, 64, ·, ·)."""
        x = torch.relu(self.stem(x.contiguous(memory_format=torch.channels_last)))
        levels: OrderedDict[str, Tensor] = OrderedDict()
        for i, stage in enumerate(self.stages):
            x = levels[str(i)] = stage(x)
        joined: dict[str, Tensor] = self.fpn(levels)
        return joined


@dataclass(frozen=True)
class Variant:
    """A backbone and what goes with it.

    Attributes:
        backbone: makes it untrained; its levels are called ``"0"`` and up, the finest first.
        anchors: side of the anchors of each level, in pixels.
        overlap: IoU from which an anchor is an object's.
        whole: side of a box, in pixels, that is pooled from the level of stride 16.
        head: width of the box head.
        mean, deviation: of pixels in [0, 1], by which pictures are normalised.
        octaves, largest, batch: as :class:`RcnnModel` has them.
    """

    backbone: Callable[[], nn.Module]
    anchors: tuple[tuple[int, ...], ...]
    overlap: float
    whole: int
    head: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    octaves: int = 0
    largest: float = float("inf")
    batch: int = 8


def _lite() -> LitePyramid:
    return LitePyramid(PYRAMID, (4, 8, 16, 32))


RESIDUAL, LITE = "residual", "efficientnet-lite0"
VARIANTS = {
    RESIDUAL: Variant(Pyramid, ANCHORS, 0.7, 224, HEAD, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), OCTAVES, LARGEST),
    LITE: Variant(_lite, ((9, 16), (28, 48), (84, 140), (200, 320)), 0.6, 112, 512, MEAN, DEVIATION, batch=4),
}


def network(labels: int, variant: str = RESIDUAL) -> FasterRCNN:
    """Build it untrained.

    Args:
        labels: how many labels it knows.
        variant: a name of :data:`VARIANTS`.

    Returns:
        The network; it leaves the size of pictures as it is.

    Raises:
        UnknownNameError: no such variant.
    """
    chosen: Variant = pick("backbone", variant, VARIANTS)
    levels = [str(i) for i in range(len(chosen.anchors))]
    pool = MultiScaleRoIAlign(levels, output_size=7, sampling_ratio=2, canonical_scale=chosen.whole)
    head, predictor = TwoMLPHead(PYRAMID * 7 * 7, chosen.head), FastRCNNPredictor(chosen.head, labels)
    nn.init.constant_(predictor.cls_score.bias, UNLIKELY)
    built = FasterRCNN(
        chosen.backbone(), min_size=SHORT_SIDE, max_size=LONG_SIDE, box_roi_pool=pool, box_head=head,
        box_predictor=predictor, rpn_anchor_generator=AnchorGenerator(chosen.anchors, (RATIOS,) * len(levels)),
    )  # fmt: skip
    built.transform = _AsItIs(SHORT_SIDE, LONG_SIDE, list(chosen.mean), list(chosen.deviation))
    built.rpn = _proposals(chosen)
    built.roi_heads = ManyLabelHeads(
        pool, head, predictor,
        fg_iou_thresh=HIT, bg_iou_thresh=HIT, batch_size_per_image=56, positive_fraction=0.25,
        bbox_reg_weights=None, score_thresh=0.05, nms_thresh=0.5, detections_per_img=100,
    )  # fmt: skip
    return exact(built)


def _proposals(chosen: Variant) -> IgnoringRpn:
    anchors = AnchorGenerator(chosen.anchors, (RATIOS,) * len(chosen.anchors))
    return IgnoringRpn(
        anchors, RPNHead(PYRAMID, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=chosen.overlap, bg_iou_thresh=0.3, batch_size_per_image=128, positive_fraction=0.5,
        pre_nms_top_n={"training": 300, "testing": 300}, post_nms_top_n={"training": 192, "testing": 150},
        nms_thresh=0.7,
    )  # fmt: skip


def model(built: FasterRCNN, labels: Sequence[str], runtime: Runtime, name: str, variant: str = RESIDUAL) -> RcnnModel:
    """Make an object model of a network: ``labels`` in the order of its outputs, without the background."""
    built.roi_heads.rivals = tuple(i for i, label in enumerate(labels) if label in RIVALS)
    built.roi_heads.kinds = tuple(i for i, label in enumerate(labels) if label in SOLID)
    limits, chosen = (SHORT_SIDE, LONG_SIDE), VARIANTS[variant]
    names = (BACKGROUND, *labels)
    return RcnnModel(name, built, names, runtime, chosen.batch, limits, ENLARGED, chosen.octaves, chosen.largest)


def load(runtime: Runtime, progress: Progress | None = None, folder: Path = FOLDER) -> RcnnModel:
    """Load the weights that come with the product; ``progress`` is never called, as nothing is downloaded.

    Raises:
        WeightsError: the weights are missing or not those of the card.
        UnknownNameError: the card names a backbone that is not known.
    """
    card = read_card(folder)
    labels, variant = tuple(map(str, card["labels"])), str(card.get("backbone", RESIDUAL))
    built = network(len(labels), variant)
    weights.apply(built, weights.load(folder / "model.safetensors", str(card["sha256"])), "model.safetensors")
    if isinstance(built.backbone, LitePyramid):
        built.backbone.folded()
    return model(built, labels, runtime, str(card["name"]), variant)


OBJECT_MODELS = {"compact": load}
