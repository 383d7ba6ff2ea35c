"""EfficientNet-Lite0 under a small feature pyramid: the backbone of the compact model that knows streets.

``tan2019efficientnet`` without squeeze and excitation and with ReLU6, as Google published it for small machines. Its
batch normalisation never learns: it is applied as ImageNet left it, and :meth:`LitePyramid.folded` makes it part of the
convolutions.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, relu6
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.misc import FrozenBatchNorm2d

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


class _Conv(nn.Module):
    """A convolution and its batch normalisation, padded as TensorFlow pads: where it halves, more at the end."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True
    ) -> None:
        super().__init__()
        around = kernel // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, around, groups=groups, bias=False)
        self.norm: nn.Module = FrozenBatchNorm2d(outputs, EPSILON)
        self.kernel, self.stride, self.act = kernel, stride, act

    def forward(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            (top, bottom), (left, right) = (self._missing(side) for side in x.shape[-2:])
            x = pad(x, (left, right, top, bottom))
        y: Tensor = self.norm(self.conv(x))
        return relu6(y) if self.act else y

    def _missing(self, side: int) -> tuple[int, int]:
        missing = max(0, (-(-side // self.stride) - 1) * self.stride + self.kernel - side)
        return missing // 2, missing - missing // 2

    def fold(self) -> None:
        """Make the normalisation part of the convolution."""
        if isinstance(self.norm, FrozenBatchNorm2d):
            n, conv = self.norm, self.conv
            learnt = n.running_mean, n.running_var, EPSILON, n.weight, n.bias
            conv.weight, conv.bias = fuse_conv_bn_weights(conv.weight, None, *learnt)
            self.norm = nn.Identity()


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
