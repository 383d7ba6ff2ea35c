"""A small Faster R-CNN of our own, for machines without network: it comes with the product.

torchvision's ``FasterRCNN`` on a small feature pyramid over EfficientNet-Lite0, which began from ImageNet, with a box
head that can give a box several labels. The finest level has stride 4 because people in surveillance footage are small.
``assets/weights/objects/card.json`` says what it was trained on. The box of a bicycle, motorcycle or skateboard holds
its rider, too, who has a box as a person besides.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.rpn import RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import MultiScaleRoIAlign

from core import weights
from core.device import Runtime
from core.errors import WeightsError
from explain.backends import Progress, read_card
from explain.objects._lite import DEVIATION, MEAN, LitePyramid
from explain.objects._many import MIN_OBJECT_IOU, IgnoringRpn, ManyLabelHeads
from explain.objects.rcnn import BACKGROUND, RcnnModel, exact

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
RIDDEN = ("bicycle", "motorcycle", "skateboard")
"""Labels whose box holds the rider, too."""
RIVALS = ("bicycle", "skateboard")
"""A person rides only one of them; a cyclist's pose is a skater's."""
SOLID = ("car", "bus", "truck")
"""Kinds of one thing, which shows nothing else."""
INITIAL_LOGIT = -3.0
"""Logit of each label before training: most proposals show nothing."""


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
    built.rpn = _proposals(anchors)
    built.roi_heads = ManyLabelHeads(
        pool, head, predictor,
        fg_iou_thresh=MIN_OBJECT_IOU, bg_iou_thresh=MIN_OBJECT_IOU, batch_size_per_image=56, positive_fraction=0.25,
        bbox_reg_weights=None, score_thresh=0.05, nms_thresh=0.5, detections_per_img=100,
    )  # fmt: skip
    return exact(built)


def _proposals(anchors: AnchorGenerator) -> IgnoringRpn:
    return IgnoringRpn(
        anchors, RPNHead(PYRAMID, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=ANCHOR_HIT, bg_iou_thresh=0.3, batch_size_per_image=128, positive_fraction=0.5,
        pre_nms_top_n={"training": 300, "testing": 300}, post_nms_top_n={"training": 192, "testing": 150},
        nms_thresh=0.7,
    )  # fmt: skip


def model(built: FasterRCNN, labels: Sequence[str], runtime: Runtime, name: str) -> RcnnModel:
    """Make an object model of a network: ``labels`` in the order of its outputs, without the background."""
    built.roi_heads.rivals = tuple(i for i, label in enumerate(labels) if label in RIVALS)
    built.roi_heads.kinds = tuple(i for i, label in enumerate(labels) if label in SOLID)
    return RcnnModel(name, built, (BACKGROUND, *labels), runtime, BATCH, (SHORT_SIDE, LONG_SIDE), MAX_ENLARGEMENT)


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
