"""The frame auto-encoders of the thesis as data: an encoder, a decoder, perhaps an attention before them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from torch import nn

from core.errors import InputError
from detectors._cpu_conv import Conv2d, ConvTranspose2d
from detectors.ravi2021._layers import (
    AsymmetricBlock,
    AugmentedConvolution,
    Excitation,
    SoftAttention,
    SoftmaxAttention,
)

SLOPE = 0.01
DECODER_SLOPE = 0.2


@dataclass(frozen=True)
class Parts:
    """What a frame auto-encoder is made of.

    Attributes:
        attention: (B, C, h, w) -> (B, C, h, w), what the encoder sees; None for the frame itself.
        encoder: -> (B, ``latents``, grid(h), grid(w)).
        decoder: -> (B, C, h, w) logits.
        latents: channels of the latent.
    """

    attention: SoftAttention | SoftmaxAttention | None
    encoder: nn.Sequential
    decoder: nn.Sequential
    latents: int


@dataclass(frozen=True)
class Network:
    """One architecture.

    Attributes:
        build: (channels of the picture, base channels) -> parts.
        grid: height or width in pixels -> that of the latent; an InputError where the decoder would not lead back.
    """

    build: Callable[[int, int], Parts]
    grid: Callable[[int], int]


def bcae1(
    channels: int,
    base: int,
    excited: bool = False,
    attention: Callable[[int, int], SoftAttention | SoftmaxAttention] | None = None,
) -> Parts:
    """Baseline 1 (section 4.4.2): 64, 64, 64, 96, 96 channels for ``base`` 64, and what is built on it.

    The last convolution is 4×4 and the latent passes a tanh, so that 128×128 becomes 4×4×96 = 1536 numbers.
    """
    deep = base * 3 // 2
    widths = (channels, base, base, base, deep)
    encoder = [_block(nn.Conv2d(i, o, 3, 2), nn.LeakyReLU(SLOPE, True), excited) for i, o in pairwise(widths)]
    encoder.append(_block(nn.Conv2d(deep, deep, 4), nn.Tanh()))
    before = attention(channels, base) if attention else None
    return Parts(before, nn.Sequential(*encoder), _decoder(deep, deep, base, channels, excited), deep)


def aa(channels: int, base: int) -> Parts:
    """Return BCAE1 with attention-augmented convolutions in the encoder (section 3.5.2), 4×4×128 numbers."""
    deep = base * 3 // 2
    widths = (channels, base, base, base, deep)
    encoder = [_block(AugmentedConvolution(i, o), nn.LeakyReLU(SLOPE, True)) for i, o in pairwise(widths)]
    encoder.append(_block(nn.Conv2d(deep, 2 * base, 5), nn.Tanh()))
    return Parts(None, nn.Sequential(*encoder), _decoder(2 * base, deep, base, channels, False), 2 * base)


def bcae2(channels: int, base: int) -> Parts:
    """Baseline 2 (section 4.5): 64, 128, 256, 512 channels for ``base`` 64, 128×128 becomes 300 numbers."""
    widths = (base, 2 * base, 4 * base, 8 * base)
    latents = 300 * base // 64
    shape = zip((channels, *widths[:3]), widths, (3, 3, 5, 5), (2, 2, 3, 2), strict=True)
    encoder = [
        _block(nn.Conv2d(i, o, k, s), nn.ReLU(inplace=True), norm=place > 0) for place, (i, o, k, s) in enumerate(shape)
    ]
    encoder.append(nn.Sequential(nn.Conv2d(widths[3], latents, 3, 2), nn.Sigmoid()))
    back = (latents, *widths[::-1], base // 4)
    shape = zip(back, back[1:], (3, 5, 5, 5, 5), (2, 2, 3, 2, 2), strict=False)
    decoder = [_block(ConvTranspose2d(i, o, k, s), nn.LeakyReLU(DECODER_SLOPE, True)) for i, o, k, s in shape]
    return Parts(None, nn.Sequential(*encoder), nn.Sequential(*decoder, _last(base // 4, channels)), latents)


def ks(channels: int, base: int) -> Parts:
    """Kernel strengthening (section 4.5): asymmetric blocks, half of BCAE2's channels in the middle."""
    widths = (base, base, 2 * base, 4 * base)
    latents = 300 * base // 64
    encoder: list[nn.Module] = []
    for i, o, k, s in zip((channels, *widths[:3]), widths, (3, 3, 5, 5), (2, 2, 3, 3), strict=True):
        encoder += [AsymmetricBlock(i, o, k, s, normalised=bool(encoder)), nn.ReLU(inplace=True)]
    encoder += [nn.Conv2d(widths[3], latents, 3, 2), nn.Sigmoid()]
    back = (latents, *widths[::-1], base // 4)
    decoder: list[nn.Module] = []
    for i, o, k, s in zip(back, back[1:], (3, 5, 5, 5, 5), (2, 2, 3, 2, 2), strict=False):
        decoder += [AsymmetricBlock(i, o, k, s, transposed=True), nn.LeakyReLU(DECODER_SLOPE, inplace=True)]
    return Parts(None, nn.Sequential(*encoder), nn.Sequential(*decoder, _last(base // 4, channels)), latents)


def _block(
    layer: nn.Conv2d | nn.ConvTranspose2d | AugmentedConvolution,
    activation: nn.Module,
    excited: bool = False,
    norm: bool = True,
) -> nn.Sequential:
    channels = layer.out_channels
    norms = [nn.BatchNorm2d(channels)] if norm else []
    return nn.Sequential(layer, *norms, activation, *([Excitation(channels)] if excited else []))


def _decoder(latents: int, deep: int, base: int, channels: int, excited: bool) -> nn.Sequential:
    shape = ((latents, deep, 4, 1), (deep, base, 3, 2), (base, base, 3, 2), (base, base, 4, 2), (base, base, 4, 2))
    blocks = [
        _block(ConvTranspose2d(i, o, k, s), nn.LeakyReLU(SLOPE, True), excited and place < 4)
        for place, (i, o, k, s) in enumerate(shape)
    ]
    return nn.Sequential(*blocks, Conv2d(base, channels, 3), nn.BatchNorm2d(channels))


def _last(width: int, channels: int) -> nn.Module:
    return ConvTranspose2d(width, channels, 4)


def _sixteenths(side: int) -> int:
    if side % 16 or side < 80:
        raise InputError(f"height and width must be multiples of 16 from 80 on, got {side}")
    return side // 16 - 4


def _forty_eights(side: int) -> int:
    if (side - 80) % 48 or side < 128:
        raise InputError(f"height and width must be 128 or more by steps of 48 (176, 224, …), got {side}")
    return (side - 80) // 48


def _to_224(side: int) -> int:
    if side not in (128, 176, 224):
        raise InputError(f"height and width must be 128, 176 or 224, got {side}")
    return _forty_eights(side)


NETWORKS: dict[str, Network] = {
    "bcae1": Network(bcae1, _sixteenths),
    "bcae2": Network(bcae2, _forty_eights),
    "ks": Network(ks, _to_224),
    "aa": Network(aa, _sixteenths),
    "se": Network(lambda channels, base: bcae1(channels, base, excited=True), _sixteenths),
    "sa": Network(lambda channels, base: bcae1(channels, base, attention=SoftAttention), _sixteenths),
    "ssa": Network(lambda channels, base: bcae1(channels, base, attention=SoftmaxAttention), _sixteenths),
}
