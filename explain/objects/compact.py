"""A small Faster R-CNN of our own, for machines without network: it comes with the product.

torchvision's ``FasterRCNN`` on a small feature pyramid over EfficientNet-Lite0, which began from ImageNet, with a box
head that can give a box several labels. The finest level has stride 4 because people in surveillance footage are small.
``assets/weights/objects/card.json`` says what it was trained on. The box of a bicycle, motorcycle or skateboard holds
its rider, too, who has a box as a person besides.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu6
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign
from torchvision.ops.misc import FrozenBatchNorm2d

from core import weights
from core.device import Runtime
from core.errors import WeightsError
from explain.backends import Progress, read_card
from explain.objects._describing import DescribingRcnn
from explain.objects._folded import Folded
from explain.objects._many import MIN_OBJECT_IOU, IgnoringRpn, ManyLabelHeads
from explain.objects.rcnn import BACKGROUND, RcnnModel, exact

STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)  # fmt: skip
"""Blocks, kernel, stride of the first, factor of expansion, channels."""
STEM = 32
ENDS = {4: 2, 8: 4, 16: 10, 32: 15}
"""The last block of each stride."""
FROZEN = 3
"""So many blocks, and the stem, keep ImageNet's weights: edges are the same everywhere."""
MEAN, DEVIATION = (127 / 255,) * 3, (128 / 255,) * 3
EPSILON = 1e-3
FOLDER = Path(__file__).parents[2] / "assets" / "weights" / "objects"
SHORT_SIDE, LONG_SIDE = 360, 640
MAX_ENLARGEMENT = 3.0
"""How much smaller frames are enlarged at most, so that their people are more than a few cells high."""
BACKBONE = "efficientnet-lite0"
STRIDES = (4, 8, 16, 32)
"""Of the pyramid's levels, called ``"0"`` to ``"3"``."""
PYRAMID, HEAD = 64, 512
"""Channels of each level, and width of the box head."""
ANCHORS = ((9, 16), (28, 48), (84, 140), (200, 320))
"""Sides of the anchors of each level, in pixels."""
RATIOS = (0.45, 1.0, 2.4)
LEVEL_16_PIXELS = 112
"""Side of a box, in pixels, that is pooled from the level of stride 16."""
ANCHOR_HIT = 0.6
"""IoU from which an anchor is an object's."""
BATCH = 4
"""Frames in one pass."""
DESCRIBED_STRIDE = 16
"""Of the features that describe a box (112 of them)."""
RIDDEN = ("bicycle", "motorcycle", "skateboard")
"""Labels whose box holds the rider, too."""
RIVALS = ("bicycle", "skateboard")
"""A person rides only one of them; a cyclist's pose is a skater's."""
SOLID = ("car", "bus", "truck")
"""Kinds of one thing, which shows nothing else."""
INITIAL_LOGIT = -3.0
"""Logit of each label before training: most proposals show nothing."""


class _Conv(nn.Module):
    """A convolution and its batch normalisation, padded as TensorFlow pads: where it halves, more at the end."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        around = kernel // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, around, groups=groups, bias=False)
        self.norm = FrozenBatchNorm2d(outputs, EPSILON)
        self.folded: Folded | None = None
        self.kernel, self.stride, self.act = kernel, stride, act

    def forward(self, x: Tensor) -> Tensor:
        if self.folded is not None:
            return self.folded(x)  # type: ignore[no-any-return]
        if self.stride > 1:
            (top, bottom), (left, right) = (self._missing(side) for side in x.shape[-2:])
            x = pad(x, (left, right, top, bottom))
        y: Tensor = self.norm(self.conv(x))
        return relu6(y, inplace=True) if self.act else y

    def _missing(self, side: int) -> tuple[int, int]:
        missing = max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side)
        return missing // 2, missing - missing // 2

    def fold(self) -> None:
        """Make the normalisation part of the convolution, and the activation where the processor can."""
        if self.folded is not None:
            return
        n, conv = self.norm, self.conv
        learnt = n.running_mean, n.running_var, EPSILON, n.weight, n.bias
        weight, bias = fuse_conv_bn_weights(conv.weight, None, *learnt)
        self.folded = Folded(weight.detach(), bias.detach(), self.stride, conv.groups, self.act)
        del self.conv, self.norm


class _Block(nn.Module):
    """Wide 1×1, depthwise, narrow 1×1, with a shortcut where size and channels stay (``sandler2018mobilenetv2``)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, factor: int) -> None:
        super().__init__()
        wide = inputs * factor
        self.expand: nn.Module = _Conv(inputs, wide, 1) if factor > 1 else nn.Identity()
        self.depthwise = _Conv(wide, wide, kernel, stride, wide)
        self.project = _Conv(wide, outputs, 1, act=False)
        self.plain = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.project(self.depthwise(self.expand(x)))
        return x + y if self.plain else y


class LitePyramid(nn.Module):
    """Stem and 16 blocks, joined top-down (``lin2017feature``).

    Args:
        channels: of each level.
        strides: of the levels, of 4, 8, 16, 32.
    """

    def __init__(self, channels: int, strides: Sequence[int]) -> None:
        super().__init__()
        self.out_channels = channels
        self.stem = _Conv(3, STEM, 3, 2)
        blocks, inputs = [], STEM
        for count, kernel, stride, factor, outputs in STAGES:
            for i in range(count):
                blocks.append(_Block(inputs, outputs, kernel, stride if i == 0 else 1, factor))
                inputs = outputs
        self.blocks = nn.ModuleList(blocks)
        self.ends = [ENDS[stride] for stride in strides]
        widths = [blocks[end].project.conv.out_channels for end in self.ends]
        self.fpn = FeaturePyramidNetwork(widths, channels)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Turn (B, 3, H, W) pictures into levels ``"0"``, ``"1"``, … of (B, channels, ·, ·), the finest first."""
        x = self.stem(x.contiguous(memory_format=torch.channels_last))
        levels: OrderedDict[str, Tensor] = OrderedDict()
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.ends:
                levels[str(len(levels))] = x
        joined: dict[str, Tensor] = self.fpn(levels)
        return joined

    def freeze(self) -> None:
        """Keep stem and first blocks as they are while the rest learns."""
        for part in (self.stem, *self.blocks[:FROZEN]):
            part.requires_grad_(False)

    def folded(self) -> "LitePyramid":
        """Make each batch normalisation part of its convolution, in place; returns the network."""
        for part in self.modules():
            if isinstance(part, _Conv):
                part.fold()
        return self

    def begin(self, published: Mapping[str, Tensor]) -> None:
        """Take over ImageNet's weights: the state of ``efficientnet-lite0-57934424.pth``.

        Raises:
            RuntimeError: it is another network's.
        """
        own = {name: published[where] for name, where in self._published().items()}
        kept = {name: tensor for name, tensor in self.state_dict().items() if name.startswith("fpn.")}
        self.load_state_dict({**own, **kept})

    def _published(self) -> dict[str, str]:
        """Return the published name of each tensor below the pyramid."""
        convs = {"stem": ("_conv_stem", "_bn0")}
        for i, block in enumerate(self.blocks):
            for j, part in enumerate(("expand", "depthwise", "project")):
                if not isinstance(getattr(block, part), nn.Identity):
                    convs[f"blocks.{i}.{part}"] = (f"_blocks.{i}._{part}_conv", f"_blocks.{i}._bn{j}")
        names = {}
        for own, (conv, norm) in convs.items():
            names[f"{own}.conv.weight"] = f"{conv}.weight"
            for part in ("weight", "bias", "running_mean", "running_var"):
                names[f"{own}.norm.{part}"] = f"{norm}.{part}"
        return names


class _AsItIs(GeneralizedRCNNTransform):  # type: ignore[misc]
    """Leaves the size of pictures as it is, also in eval mode, where torchvision's transform changes it."""

    def resize(self, image: Tensor, target: Any = None) -> tuple[Tensor, Any]:
        """Return both as they are."""
        return image, target


def network(labels: int) -> FasterRCNN:
    """Build it untrained, for so many labels; it leaves the size of pictures as it is."""
    levels = [str(i) for i in range(len(STRIDES))]
    pool = MultiScaleRoIAlign(levels, output_size=7, sampling_ratio=2, canonical_scale=LEVEL_16_PIXELS)
    head, predictor = TwoMLPHead(PYRAMID * 7 * 7, HEAD), FastRCNNPredictor(HEAD, labels)
    nn.init.constant_(predictor.cls_score.bias, INITIAL_LOGIT)
    anchors = AnchorGenerator(ANCHORS, (RATIOS,) * len(levels))
    built = FasterRCNN(
        LitePyramid(PYRAMID, STRIDES), min_size=SHORT_SIDE, max_size=LONG_SIDE, box_roi_pool=pool, box_head=head,
        box_predictor=predictor, rpn_anchor_generator=anchors,
    )  # fmt: skip
    built.transform = _AsItIs(SHORT_SIDE, LONG_SIDE, list(MEAN), list(DEVIATION))
    built.rpn = IgnoringRpn(
        anchors, RPNHead(PYRAMID, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=ANCHOR_HIT, bg_iou_thresh=0.3, batch_size_per_image=128, positive_fraction=0.5,
        pre_nms_top_n={"training": 300, "testing": 300}, post_nms_top_n={"training": 192, "testing": 150},
        nms_thresh=0.7,
    )  # fmt: skip
    built.roi_heads = ManyLabelHeads(
        pool, head, predictor,
        fg_iou_thresh=MIN_OBJECT_IOU, bg_iou_thresh=MIN_OBJECT_IOU, batch_size_per_image=56, positive_fraction=0.25,
        bbox_reg_weights=None, score_thresh=0.05, nms_thresh=0.5, detections_per_img=100,
    )  # fmt: skip
    return exact(built)


def model(built: FasterRCNN, labels: Sequence[str], runtime: Runtime, name: str) -> RcnnModel:
    """Make an object model of a network: ``labels`` in the order of its outputs, without the background."""
    built.roi_heads.rivals = tuple(i for i, label in enumerate(labels) if label in RIVALS)
    built.roi_heads.kinds = tuple(i for i, label in enumerate(labels) if label in SOLID)
    described = built.backbone.blocks[ENDS[DESCRIBED_STRIDE]]
    return DescribingRcnn(
        name, built, (BACKGROUND, *labels), runtime, BATCH, (SHORT_SIDE, LONG_SIDE), MAX_ENLARGEMENT, described,
        DESCRIBED_STRIDE,
    )  # fmt: skip


def load(runtime: Runtime, progress: Progress | None = None, folder: Path = FOLDER) -> RcnnModel:
    """Load the weights that come with the product; ``progress`` is never called, as nothing is downloaded.

    Raises:
        WeightsError: the weights are missing, not those of the card, or of another network than this one.
    """
    card = read_card(folder)
    labels = tuple(map(str, card["labels"]))
    if card.get("backbone") != BACKBONE:
        raise WeightsError(f"{folder} holds weights of another backbone; this version reads those of {BACKBONE}")
    built = network(len(labels))
    weights.apply(built, weights.load(folder / "model.safetensors", str(card["sha256"])), "model.safetensors")
    built.backbone.folded()
    return model(built, labels, runtime, str(card["name"]))


OBJECT_MODELS = {"compact": load}
