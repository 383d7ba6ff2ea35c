"""Layer-wise relevance propagation by the ε-rule alone (``bach2015pixel``; thesis, section 3.8.1), through zennit."""

from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._relevance import propagate, stable
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


METHODS = {
    "lrp-epsilon": MethodEntry(lrp_epsilon, "relevance sent back by the ε-rule", "bach2015pixel", lambda budget: 12.0)
}
