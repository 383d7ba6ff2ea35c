"""Layer-wise relevance propagation, through zennit: by one rule for all layers, and by rules that suit each layer.

The former is the ε-rule (``bach2015pixel``; thesis, section 3.8.1), the latter are those of ``montavon2019layer``.
"""

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._relevance import TINY, propagate, stable
from explain.scorer import Scorer

EPSILON = 0.25
"""As a share of the root mean square of what a layer gives: with a mere 10⁻⁶ what small sums get drowns all else."""


def lrp_epsilon(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """ε-LRP of the network alone: which input made what it expected where it was wrong.

    It does not conserve: in each layer ε and the biases keep what is theirs, a fifth or so, and after twelve layers of
    ``bcae1`` a tenth is left. With ε = 0.05 and no biases more arrives, as the small difference of a positive and a
    negative part 40 times as large (22,000 times in ``vqunet-prediction``), which is noise.
    """
    from zennit.rules import Epsilon
    from zennit.types import Convolution, Linear

    rule = Epsilon(stable(EPSILON))
    return propagate(question, scorer, [(Convolution, rule), (Linear, rule)], EPSILON)


def lrp_composite(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """LRP with the z⁺-rule in convolutions, which excites and does not inhibit, and the ε-rule in linear layers.

    Without skip connections, as in ``bcae1``, its map fails the sanity check: products of many non-negative matrices
    come near rank one, so that what arrives depends on the picture and hardly on the weights
    (``sixt2020explanations``). Rules with negative parts differ by pixel there, but smoothed over two pixels they do
    not either (rank correlation 0.7 with a random network's, α = 2 and γ = 0.25 tried). Skip connections of U-Nets keep
    the way short.
    """
    from zennit.rules import Epsilon, ZPlus
    from zennit.types import Convolution, Linear

    tiny = stable(TINY)
    rules = [(Convolution, ZPlus(tiny, zero_params="bias")), (Linear, Epsilon(tiny, zero_params="bias"))]
    return propagate(question, scorer, rules)


METHODS = {
    "lrp-composite": MethodEntry(
        lrp_composite, "relevance sent back by the rule that suits each layer", "montavon2019layer", lambda budget: 20.0
    ),
    "lrp-epsilon": MethodEntry(lrp_epsilon, "relevance sent back by the ε-rule", "bach2015pixel", lambda budget: 12.0),
}
