"""Support vector data description: the sphere into which the encoder is fine-tuned to bring normal frames."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional


class Sphere(nn.Module):
    """Soft-boundary SVDD (``ruff2018deep``, equation 3; section 3.6.2 of the thesis).

    Args:
        dimensions: numbers in one embedding.
        nu: share of the embeddings that may lie outside, in (0, 1].
    """

    centre: Tensor
    radius: Tensor

    def __init__(self, dimensions: int, nu: float) -> None:
        super().__init__()
        self.nu = nu
        self.register_buffer("centre", torch.zeros(dimensions))
        self.register_buffer("radius", torch.zeros(()))

    @torch.no_grad()
    def centre_on(self, embeddings: Iterable[Tensor]) -> None:
        """Put the centre on the mean of all embeddings, in batches of (B, …), and the radius to 0."""
        total, count = torch.zeros_like(self.centre, dtype=torch.float64), 0
        for batch in embeddings:
            total += batch.flatten(1).double().sum(0)
            count += len(batch)
        self.centre.copy_(total / max(1, count))
        self.radius.zero_()

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return R² + mean(max(0, d² − R²)) / ν of embeddings (B, …) at distances d from the centre.

        In training mode the radius becomes the (1 − ν) quantile of the batch's distances, for the next batch.
        """
        squares = (embeddings.flatten(1).float() - self.centre).square().sum(1)
        reach = self.radius.square()
        loss = reach + functional.relu(squares - reach).mean() / self.nu
        if self.training:
            self.radius = torch.quantile(squares.detach().sqrt(), 1.0 - self.nu)
        return loss
