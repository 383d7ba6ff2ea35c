"""How far an attribution map can be believed: figures of the map against the detector itself, and against masks.

None of them needs to know how the map was made. Maps and masks are (h, w) of one size; a map's negative values count as
nothing where shares of its mass are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from core.arrays import Bools, Doubles, Floats, Ints
from explain.attribution import AttributionInput
from explain.scorer import Scorer

STEPS = 24
NOISE_DEVIATION = 2.0 / 255.0
"""Standard deviation, as a share of the pixels' range, of the noise under which a map should stay as it is."""
MAX_SANITY_CORRELATION = 0.5
"""Rank correlation with the map of a random network from which a map fails its sanity check."""
MAX_REACH_FRACTION = 0.02
"""How far beside the mask, as a share of the picture's longer side, the highest pixel may lie."""


@dataclass(frozen=True)
class Curves:
    """The score while the picture is removed, or brought back, in the order of a map.

    Attributes:
        fractions: (S + 1,) shares of the picture, 0 to 1; dense at the beginning, for what is unusual is small.
        deletion: (S + 1,) scores with the largest values removed first: 1 as it was, 0 for the mere background; held
            between the two, for scattered pixels of background make errors of their own.
        insertion: (S + 1,) scores with the largest values brought back first, on the same scale.
    """

    fractions: Doubles
    deletion: Doubles
    insertion: Doubles

    @property
    def deletion_auc(self) -> float:
        """Area under the deletion curve, by trapezoids: the smaller, the better."""
        return float(np.trapezoid(self.deletion, self.fractions))

    @property
    def insertion_auc(self) -> float:
        """Area under the insertion curve, by trapezoids: the larger, the better."""
        return float(np.trapezoid(self.insertion, self.fractions))


def curves(values: Floats, question: AttributionInput, scorer: Scorer, steps: int = STEPS) -> Curves | None:
    """Remove and bring back the picture in the order of a map (``petsiuk2018rise``).

    Args:
        values: (h, w) map at the network's size; equal values go from the middle of their region outwards.
        question: whose window; what is removed becomes background, in all frames of the window at once.
        scorer: asks the detector, 2·S + 2 times.
        steps: S; step i removes (i / S)² of the picture.

    Returns:
        None where the background alone scores as high as the frame: then nothing can be removed from the score.
    """
    fractions = (np.arange(steps + 1) / steps) ** 2
    ranks = torch.from_numpy(order(values)).reshape(values.shape)
    cut = torch.from_numpy(np.rint(fractions * values.size)).view(-1, 1, 1)
    there = torch.cat([ranks >= cut, ranks < cut])
    scores = scorer.masked(question, there).astype(np.float64)
    whole, empty = scores[0], scores[steps]
    if whole - empty <= 1e-3 * abs(whole):
        return None
    told = np.clip((scores - empty) / (whole - empty), 0.0, 1.0)
    return Curves(fractions, told[: steps + 1], told[steps + 1 :])


def order(values: Floats) -> Ints:
    """Return each pixel's rank, 0 for the largest value; ties are broken by the map smoothed, then by place."""
    flat = np.asarray(values, np.float32)
    smooth = cv2.GaussianBlur(flat, (0, 0), max(1.0, min(values.shape) / 32))
    place = np.lexsort((np.arange(values.size), -smooth.ravel(), -flat.ravel()))
    ranks = np.empty(values.size, np.int64)
    ranks[place] = np.arange(values.size)
    return ranks


def relevance_mass_accuracy(values: Floats, mask: Bools) -> float:
    """Share of the map's positive mass inside the mask (relevance mass accuracy, ``arras2022clevr``); 0 if none is."""
    positive = np.maximum(values, 0.0).astype(np.float64)
    return float(positive[mask].sum() / positive.sum()) if positive.any() else 0.0


def relevance_rank_accuracy(values: Floats, mask: Bools) -> float:
    """Share of the K largest values inside the mask of K pixels (relevance rank accuracy, ``arras2022clevr``)."""
    count = int(mask.sum())
    return float((mask.ravel() & (order(values) < count)).sum() / count) if count else 0.0


def pointing_game(values: Floats, mask: Bools) -> bool:
    """Return whether the highest pixel lies on the mask or near it (pointing game, ``zhang2018topdown``)."""
    row, column = np.unravel_index(int(np.argmax(values)), values.shape)
    away = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return bool(mask.any() and away[row, column] <= MAX_REACH_FRACTION * max(values.shape))


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's rank correlation of two maps, −1 to 1: of stability, of agreement and of sanity.

    Equal values share their mean rank; 0 where a map is the same everywhere.
    """
    from scipy.stats import rankdata

    ranks = [rankdata(x.ravel()) - (x.size + 1) / 2 for x in (one, other)]
    norm = float(np.linalg.norm(ranks[0]) * np.linalg.norm(ranks[1]))
    return float(ranks[0] @ ranks[1]) / norm if norm > 0 else 0.0


def agreement(maps: dict[str, Floats]) -> dict[str, float]:
    """Return each map's mean rank correlation with the others; nothing for one alone."""
    names = list(maps)
    pairs = {(a, b): rank_correlation(maps[a], maps[b]) for i, a in enumerate(names) for b in names[i + 1 :]}
    told = {name: [value for pair, value in pairs.items() if name in pair] for name in names}
    return {name: float(np.mean(values)) for name, values in told.items() if values}


def noisy(window: Tensor, low: float, high: float, seed: int) -> Tensor:
    """Add the noise of :data:`NOISE_DEVIATION` to a prepared window, kept in its range."""
    draw = torch.randn(window.shape, generator=torch.Generator().manual_seed(seed)).to(window.device)
    return (window + draw * (NOISE_DEVIATION * (high - low))).clamp(low, high)


def layers(network: nn.Module) -> list[nn.Module]:
    """List the parts of a network that have weights of their own, the last first, as far as its order tells."""
    own = [module for module in network.modules() if any(p.ndim > 1 for p in module.parameters(recurse=False))]
    return own[::-1]


def randomise(network: nn.Module, share: float, seed: int) -> None:
    """Shuffle the weights inside a share of the layers, from the output on, in place (``adebayo2018sanity``).

    Each weight keeps its distribution, so that activations keep their size and only what was learnt is gone.
    """
    draw = torch.Generator().manual_seed(seed)
    chosen = layers(network)
    for module in chosen[: max(1, round(share * len(chosen)))]:
        for parameter in module.parameters(recurse=False):
            if parameter.ndim > 1:
                mixed = parameter.detach().cpu().reshape(-1)[torch.randperm(parameter.numel(), generator=draw)]
                parameter.data.copy_(mixed.view(parameter.shape))


def sanity(values: Floats, explain: Callable[[float], Floats]) -> float:
    """Return a map's rank correlation with that of the random network (``adebayo2018sanity``).

    Returns:
        −1 to 1; a map fails at :data:`MAX_SANITY_CORRELATION` or more.
    """
    return rank_correlation(values, explain(1.0))
