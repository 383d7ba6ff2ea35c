"""torchvision's Faster R-CNN, ResNet-50 with a feature pyramid, COCO weights: the default object model."""

from torchvision.models.detection import FasterRCNN, FasterRCNN_ResNet50_FPN_Weights
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.ops import FrozenBatchNorm2d

from core import weights
from core.device import Runtime
from explain.backends import Progress, Published
from explain.objects.rcnn import CATEGORIES, RcnnModel, exact

URL = str(FasterRCNN_ResNet50_FPN_Weights.COCO_V1.url)
SHA256_PREFIX = URL.rsplit("-", 1)[1].removesuffix(".pth")
NAME = "torchvision Faster R-CNN R50-FPN (COCO)"
OFFICIAL = Published(URL, URL.rsplit("/", 1)[1], SHA256_PREFIX, 167_502_836, model=NAME)


def network() -> FasterRCNN:
    """Build Faster R-CNN (``ren2015faster``) as it was trained on COCO, untrained.

    The published weights belong to frozen batch norm without epsilon.
    """
    backbone = resnet_fpn_backbone(
        backbone_name="resnet50", weights=None, norm_layer=FrozenBatchNorm2d, trainable_layers=3
    )
    built = FasterRCNN(backbone, num_classes=len(CATEGORIES))
    for part in built.modules():
        if isinstance(part, FrozenBatchNorm2d):
            part.eps = 0.0
    return exact(built)


def load(runtime: Runtime, progress: Progress | None = None) -> RcnnModel:
    """Load it with the official weights: 160 MB, from a local copy, the cache, or the network.

    Raises:
        WeightsError: the weights are neither here nor can be had, or are not the published ones.
    """
    path = OFFICIAL.fetch(progress)
    built = network()
    weights.apply(built, weights.load_torch(path, str(OFFICIAL.sha256)), path.name)
    batch = 8 if runtime.device.type == "cuda" else 2
    return RcnnModel(NAME, built, CATEGORIES, runtime, batch)


OBJECT_MODELS = {"torchvision": load}
WEIGHTS = {"torchvision": OFFICIAL}
