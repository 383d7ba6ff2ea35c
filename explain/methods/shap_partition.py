"""Owen values of segments: Shapley values down a tree of neighbouring segments (``lundberg2017unified``, shap)."""

from functools import cache

import numpy as np
from scipy.cluster.hierarchy import linkage

from core.arrays import Doubles
from explain.attribution import AttributionInput, MethodEntry, RawAttribution
from explain.methods._coalitions import density, game, load_shap, seeded
from explain.scorer import Scorer


def shap_partition(question: AttributionInput, scorer: Scorer) -> RawAttribution:
    """Partition SHAP: credit goes to groups of neighbours first, then is shared out inside the groups that matter."""
    shap = load_shap()
    # The library asks one more than it may.
    evaluations = scorer.allowance(question, scorer.budget.evaluations, least=8) - 1
    masker = shap.maskers.Partition(np.zeros((1, question.regions)), clustering=_tree(question))
    with seeded(question.seed):
        explainer = shap.PartitionExplainer(game(question, scorer), masker)
        whole = np.ones((1, question.regions))
        told = explainer(whole, max_evals=evaluations, batch_size=scorer.batch, silent=True)
    owed = question.value - float(np.ravel(told.base_values)[0])
    return RawAttribution(density(question, told.values), None, "", float(np.sum(told.values)), owed)


def _tree(question: AttributionInput) -> Doubles:
    """Join segments that lie near to one another and are about as hot."""
    rows, columns = np.indices(question.segments.shape)
    numbers = question.segments.ravel()
    areas = np.maximum(np.bincount(numbers, minlength=question.regions), 1)
    side = max(question.segments.shape)
    places = [np.bincount(numbers, grid.ravel()) / areas / side for grid in (rows, columns)]
    warmth = np.sqrt(np.bincount(numbers, question.heat.ravel()) / areas)
    return np.asarray(linkage(np.stack([*places, warmth / max(float(warmth.max()), 1e-12)], 1), "average"), np.float64)


@cache
def _ready() -> None:
    """Load the library and play a game of two, for which it compiles its walk down the tree: seconds, once."""
    shap = load_shap()
    masker = shap.maskers.Partition(np.zeros((1, 2)), clustering=linkage(np.eye(2), "average"))
    shap.PartitionExplainer(lambda there: np.asarray(there, np.float64).sum(1), masker)(
        np.ones((1, 2)), max_evals=8, batch_size=2, silent=True
    )


METHODS = {
    "shap-partition": MethodEntry(
        shap_partition, "Owen values down a tree of neighbouring segments", "lundberg2017unified", float, _ready
    )
}
