"""Glow on small feature maps: a density in bits per dimension, through normflows (``stimper2023normflows``)."""

import warnings

import torch
from normflows import MultiscaleFlow
from normflows.distributions import GlowBase
from normflows.flows import ActNorm, GlowBlock, Merge
from normflows.flows.base import Flow
from torch import Tensor, nn
from torch.nn import functional

BINS = 256
SEED = 0


class Squeeze(Flow):  # type: ignore[misc]
    """Trades space for channels; unlike the library's, in any memory format."""

    def forward(self, z: Tensor) -> tuple[Tensor, float]:
        """Turn (N, 4C, h, w) into (N, C, 2h, 2w)."""
        return functional.pixel_shuffle(z, 2), 0.0

    def inverse(self, z: Tensor) -> tuple[Tensor, float]:
        """Turn (N, C, 2h, 2w) into (N, 4C, h, w)."""
        return functional.pixel_unshuffle(z, 2), 0.0


class Couplings(nn.Module):
    """A coupling's network, in the precision of the surroundings, while what it acts on stays float32."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.precision = torch.float32

    def forward(self, x: Tensor) -> Tensor:
        """Return shifts and scales for (N, C, h, w)."""
        low = self.precision != torch.float32
        with torch.autocast(x.device.type, self.precision if low else None, enabled=low):
            return torch.as_tensor(self.net(x)).float()


class Glow(nn.Module):
    """Density of (N, C, h, w) maps (``kingma2018glow``): affine coupling, LU 1×1 convolution, activation normalisation.

    Args:
        channels, height, width: of the maps; height and width multiples of 2 to the power of ``levels``.
        steps: K, flow steps at each level.
        levels: L; half of the channels leave at each but the last.
        hidden: channels of the couplings' networks.
    """

    begun: Tensor
    noise: Tensor

    def __init__(self, channels: int, height: int, width: int, steps: int, levels: int, hidden: int) -> None:
        super().__init__()
        bases, flows, merges = [], [], []
        for level in range(levels):
            up = levels - level
            wide = channels * 2 ** (up + 1)
            flows.append([*(_step(wide, hidden) for _ in range(steps)), Squeeze()])
            shape = (wide if level == 0 else wide // 2, height >> up, width >> up)
            bases.append(GlowBase(shape))
            if level:
                merges.append(Merge())
        self.flow = MultiscaleFlow(bases, flows, merges, class_cond=False)
        self.couplings: list[Couplings] = []
        for part in list(self.modules()):
            if isinstance(part, GlowBlock):
                coupling = part.flows[0].flows[1]
                coupling.param_map = Couplings(coupling.param_map)
                self.couplings.append(coupling.param_map)
        noise = torch.rand(channels, height, width, generator=torch.Generator().manual_seed(SEED))
        self.register_buffer("noise", noise / BINS)
        self.register_buffer("begun", torch.zeros(()))
        self._normalised(True)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N,) negative log-likelihoods in bits per dimension.

        In training the first batch sets the activation normalisation, and every batch gets noise of 1/256; otherwise
        the noise is the same for all maps.
        """
        low = torch.get_autocast_dtype(x.device.type) if torch.is_autocast_enabled(x.device.type) else torch.float32
        for coupling in self.couplings:
            coupling.precision = low
        with torch.autocast(x.device.type, enabled=False):
            x = x.float() + (torch.rand_like(x, dtype=torch.float32) / BINS if self.training else self.noise)
            if self.training and not self.begun:
                self._begin(x)
            return self.negative_log_likelihood(x) / (x[0].numel() * torch.log(torch.tensor(2.0)))

    def negative_log_likelihood(self, x: Tensor) -> Tensor:
        """Return −log p of (N, C, h, w) in nats, (N,)."""
        return -torch.as_tensor(self.flow.log_prob(x.contiguous(), None))

    @torch.no_grad()
    def _begin(self, x: Tensor) -> None:
        self._normalised(False)
        self.negative_log_likelihood(x)
        self._normalised(True)
        self.begun.fill_(1.0)

    def _normalised(self, done: bool) -> None:
        for part in self.modules():
            if isinstance(part, ActNorm):
                part.data_dep_init_done = torch.full_like(part.data_dep_init_done, float(done))


def _step(channels: int, hidden: int) -> GlowBlock:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="torch.lu is deprecated", category=UserWarning)
        return GlowBlock(channels, hidden)


def pooled(features: Tensor) -> Tensor:
    """Reduce (N, C, h, w) to the largest and the mean value over the channels, (N, 2, h, w)."""
    return torch.stack([features.amax(1), features.mean(1)], 1)
