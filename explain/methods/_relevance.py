"""Relevance sent back through a detector's network, whatever it is made of (``bach2015pixel``).

Layers are zennit's business (``anders2021software``): it hooks rules to convolutions and linear layers. What detectors
compute between layers is handled here, function by function, so that no relevance is made or lost on the way: a sum
shares out in proportion, a product of signal and gate gives all to the signal (``arras2019explaining``), an activation
passes it on, and a linear function called without a layer follows the ε-rule.
"""

import copy
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.overrides import TorchFunctionMode

from explain.attribution import AttributionInput, RawAttribution
from explain.scorer import Scorer

Handler = Callable[["FunctionRules", Callable[..., Any], Sequence[Any], Mapping[str, Any]], Any]
TINY = 1e-6
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, *TRANSPOSED)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def propagate(
    question: AttributionInput, scorer: Scorer, rules: Sequence[tuple[Any, Any]], damping: float | None = None
) -> RawAttribution:
    """Give the normalised error map to the network's output as relevance, and send it back to the window.

    Args:
        question: whose error map and window.
        scorer: whose detector; it counts one evaluation with its gradient.
        rules: (zennit's type of layer, zennit's rule).
        damping: ε of functions outside layers, as a share of the root mean square of what they give; None for the
            z⁺-rule, which needs none.
    """
    from zennit.core import Composite

    network = fused(copy.deepcopy(scorer.detector).eval().requires_grad_(False))
    window = question.window[None].to(scorer.runtime.device).clone()
    once = called_once(network, window)
    between = FunctionRules(damping)

    def rule_of(context: Any, name: str, module: nn.Module) -> Any:
        return next((rule for kind, rule in rules if isinstance(module, kind)), None) if module in once else None

    window.requires_grad_()
    with Composite(rule_of).context(network), torch.enable_grad():
        with between.outside(once), between:
            expected = network.predict_windows(window, question.heat.shape).expected
        relevance = _owed(question, scorer, expected, window.detach())
        (back,) = torch.autograd.grad(expected, window, relevance, allow_unused=True)
    scorer(question.window[None])
    given = float(relevance.sum())
    if back is None:
        raise ValueError("no path leads from what the detector expected back to its window")
    values = np.nan_to_num(back[0].detach().cpu().numpy().astype(np.float64))
    note = "" if abs(values.sum() - given) <= 0.05 * abs(given) else (
        f"Of the relevance {given:.3g} given to the output {values.sum():.3g} reaches the window."
    )  # fmt: skip
    maps = (np.asarray(values.sum(axis), np.float32) for axis in ((0, 1), (1, 2, 3)))
    return RawAttribution(next(maps), next(maps), note, float(values.sum()), given)


def _owed(question: AttributionInput, scorer: Scorer, expected: Tensor, window: Tensor) -> Tensor:
    """Share the score out over the values that the network gave, in proportion to their squared error."""
    w = scorer.detector.window
    seen = (window[:, question.target] - w.low) / (w.high - w.low)
    error = (expected.detach() - seen).square().double()
    return (error * (question.value / error.sum().clamp_min(1e-30))).to(expected.dtype)


def fused(network: nn.Module) -> Any:
    """Merge batch normalisations into the convolutions before them, and let no activation overwrite its input."""
    for module in network.modules():
        if getattr(module, "inplace", False):
            module.inplace = False  # type: ignore[assignment]
        plain = next((kind for kind in TRANSPOSED if isinstance(module, kind)), None)
        if plain is not None:
            # A faster formulation may hide from this mode what it computes.
            module.forward = MethodType(plain.forward, module)
        if isinstance(module, nn.Sequential):
            for one, other in pairwise(list(module._modules)):
                layer, norm = module._modules[one], module._modules[other]
                if isinstance(layer, CONVOLUTIONS) and isinstance(norm, NORMS):
                    module._modules[one] = fuse_conv_bn_eval(layer, norm, transpose="Transpose" in type(layer).__name__)
                    module._modules[other] = nn.Identity()
    return network


def stable(share: float) -> Callable[[Tensor], Tensor]:
    """Return what keeps a divisor from 0, its sign as it is; ``share`` is of its root mean square."""

    def moved(value: Tensor) -> Tensor:
        extra = share * value.square().mean().sqrt() + 1e-30
        return value + extra * torch.where(value < 0, -1.0, 1.0)

    return moved


def called_once(network: Any, window: Tensor) -> set[nn.Module]:
    """Return the layers that one window goes through once.

    A rule of zennit keeps one input for each layer, and would mistake one call for another where a cell's layer is
    called for every frame; those are left to :class:`FunctionRules`.
    """
    calls: Counter[nn.Module] = Counter()
    layers = [m for m in network.modules() if isinstance(m, (*CONVOLUTIONS, nn.Linear))]
    handles = [m.register_forward_pre_hook(lambda module, _: calls.update([module])) for m in layers]
    with torch.no_grad():
        network.predict_windows(window, window.shape[-2:])
    for handle in handles:
        handle.remove()
    return {module for module, count in calls.items() if count == 1}


class FunctionRules(TorchFunctionMode):
    """While it is active, functions between layers pass on relevance in place of gradients."""

    def __init__(self, damping: float | None) -> None:
        super().__init__()
        self.damping = damping
        self.depth = 0

    def below(self, value: Tensor) -> Tensor:
        """Return what relevance is divided by: never 0, its sign kept."""
        return stable(self.damping or TINY)(value)

    def shares(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Return the shares of two summands in their sum."""
        if self.damping is None:
            a, b = a.abs(), b.abs()
        whole = self.below(a + b)
        return a / whole, b / whole

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Answer for one function, by the rule in :data:`RULES` where there is one."""
        kwargs = kwargs or {}
        wanting = any(isinstance(x, Tensor) and x.requires_grad for x in [*args, *kwargs.values()])
        if self.depth or not wanting or func not in RULES:
            return func(*args, **kwargs)
        return RULES[func](self, func, args, kwargs)

    @contextmanager
    def outside(self, layers: Collection[nn.Module]) -> Iterator[None]:
        """Stand aside inside the layers that zennit hooks rules to."""

        def enter(*_: Any) -> None:
            self.depth += 1

        def leave(*_: Any) -> None:
            self.depth -= 1

        handles = [h for m in layers for h in (m.register_forward_pre_hook(enter), m.register_forward_hook(leave))]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _shown(value: Tensor, *shares: tuple[Tensor, Tensor]) -> Tensor:
    """Return ``value`` with a gradient that gives each tensor its share of the relevance."""
    shown = value.detach()
    for tensor, share in shares:
        if tensor.requires_grad:
            shown = shown + ((tensor - tensor.detach()) * share.detach()).to(shown.dtype)
    return shown


def _pass(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    x = args[0]
    return _shown(func(*args, **kwargs), (x, torch.ones_like(x)))


def _gate(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Pass on, and remember that what comes out lies between 0 and 1: in a product it is the gate."""
    out = _pass(mode, func, args, kwargs)
    out.is_gate = True
    return out


def _wants(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


def _whole(out: Tensor, x: Tensor) -> Any:
    """Give all to the only argument that is no constant."""
    return _shown(out, (x, torch.ones_like(x))) if x.shape == out.shape else out


def _sum(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Share out in proportion; a constant gets nothing."""
    a, b = args[0], args[1]
    out = func(*args, **kwargs)
    if not (_wants(a) and _wants(b)):
        return _whole(out, a if _wants(a) else b)
    if a.shape != b.shape:
        return out
    one, other = mode.shares(a.detach(), (out - a).detach())
    return _shown(out, (a, one), (b, other))


def _product(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    a, b = args[0], args[1]
    out = func(*args, **kwargs)
    if not (_wants(a) and _wants(b)):
        return _whole(out, a if _wants(a) else b)
    if all(getattr(x, "is_gate", False) for x in (a, b)):
        out.is_gate = True
        return out
    gates = [getattr(x, "is_gate", False) or x.numel() < out.numel() for x in (a, b)]
    if gates[0] != gates[1]:
        signal = b if gates[0] else a
        return _shown(out, (signal, torch.ones_like(signal)))
    if a.shape != b.shape:
        return out
    half = torch.full_like(out, 0.5)
    return _shown(out, (a, half), (b, half))


def _lerp(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """(1 − w)·a + w·b, where w is a gate."""
    a, b, weight = args
    out = func(*args, **kwargs)
    one, other = mode.shares(((1 - weight) * a).detach(), (weight * b).detach())
    return _shown(out, (a, one), (b, other))


def _linear(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The ε-rule or the z⁺-rule for a function that is linear in its first argument, its bias (third) left out."""
    x, weight, _, *rest = (*args, None)[: max(3, len(args))]
    more = {k: v for k, v in kwargs.items() if k != "bias"}
    seen, unit = x.detach(), 1.0 + (x - x.detach())
    parts: tuple[tuple[Tensor, Tensor], ...] = ((seen, weight),)
    if mode.damping is None:
        parts = ((seen.clamp_min(0), weight.clamp_min(0)), (seen.clamp_max(0), weight.clamp_max(0)))
    z = sum(func(part * unit, kernel, None, *rest, **more) for part, kernel in parts)
    return func(seen, *args[1:], **kwargs) + (z - z.detach()) / mode.below(z.detach())


def _attention(mode: FunctionRules, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Attention is linear in the values, its weights taken as they are (``ali2022xai``)."""
    query, key, value = (x.detach() for x in args[:3])
    out = func(query, key, value * (1.0 + (args[2] - value)), *args[3:], **kwargs)
    return out.detach() + (out - out.detach()) / mode.below(out.detach())


RULES: dict[Any, Handler] = {
    **dict.fromkeys((torch.tanh, Tensor.tanh, functional.relu, functional.leaky_relu, torch.relu), _pass),
    **dict.fromkeys((torch.clamp, Tensor.clamp, Tensor.clamp_min, functional.batch_norm), _pass),
    **dict.fromkeys((torch.sigmoid, Tensor.sigmoid, torch.softmax, Tensor.softmax, functional.softmax), _gate),
    **dict.fromkeys((torch.add, Tensor.add, Tensor.__add__, Tensor.__radd__, Tensor.add_), _sum),
    **dict.fromkeys((torch.sub, Tensor.sub, Tensor.__sub__), _sum),
    **dict.fromkeys((torch.mul, Tensor.mul, Tensor.__mul__, Tensor.__rmul__), _product),
    **dict.fromkeys((torch.div, Tensor.div, Tensor.__truediv__), _product),
    **dict.fromkeys((torch.lerp, Tensor.lerp), _lerp),
    **dict.fromkeys((functional.conv2d, functional.conv3d, torch.convolution, functional.linear), _linear),
    **dict.fromkeys((functional.conv_transpose2d, functional.conv_transpose3d), _linear),
    functional.scaled_dot_product_attention: _attention,
}
"""Function to the rule by which it passes relevance on; any other passes it on as a gradient."""
