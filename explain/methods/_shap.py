"""The package shap, loaded without what its plots complain of: nothing here draws with it."""

import warnings
from typing import Any


def load() -> Any:
    """Return the package; importing it takes seconds, so that only what needs it does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap
    return shap
