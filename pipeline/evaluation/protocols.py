"""Each paper's way from scores to a figure, by name: which frames count, how scores are normalised and smoothed.

What the papers' published evaluators do is taken where they are published; two sets of figures are comparable where the
data set, the label set and the protocol are the same.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.arrays import Doubles
from core.registry import pick
from metrics.normalisation import NORMALISATIONS
from metrics.smoothing import SMOOTHINGS, window_mean

__all__ = ["NORMALISATIONS", "OWN", "PROTOCOLS", "SMOOTHINGS", "Rules", "rules_for"]

SAID = {
    "none": "as they are",
    "min-max": "brought to [0, 1] in each clip",
    "sliding": "brought to [0, 1] among the 200 scores from each on",
}
SMOOTHED = {
    "none": "not smoothed",
    "savgol": "then smoothed (Savitzky–Golay, 15 frames, order 1)",
    "gaussian": "then smoothed (Gaussian, 3 frames)",
}


@dataclass(frozen=True)
class Rules:
    """From the scores of a clip to those that a ROC is made of.

    Attributes:
        name: of the protocol.
        about: whose it is.
        first, last: frames at either end of a clip that do not count.
        normalisation: key of ``metrics.normalisation.NORMALISATIONS``.
        smoothing: key of ``metrics.smoothing.SMOOTHINGS``.
        trim_late: the ends are dropped after normalisation, which they thus take part in.
        window: frames of a window and that of which its score is said, where a frame gets the mean score of all windows
            that hold it before anything else; None where scores stay with their frames.
    """

    name: str
    about: str
    first: int = 0
    last: int = 0
    normalisation: str = "min-max"
    smoothing: str = "none"
    trim_late: bool = False
    window: tuple[int, int] | None = None

    def apply(self, scores: npt.ArrayLike) -> Doubles:
        """Return (T,) processed scores of one clip, NaN where a frame does not count or has none."""
        made = np.array(scores, np.float64)
        made = window_mean(made, *self.window) if self.window else made
        ends = np.zeros(len(made), np.bool_)
        ends[: self.first] = True
        ends[max(len(made) - self.last, 0) :] = True
        if not self.trim_late:
            made[ends] = np.nan
        known = ~np.isnan(made)
        made[known] = SMOOTHINGS[self.smoothing](NORMALISATIONS[self.normalisation](made[known]))
        made[ends] = np.nan
        return made

    def as_json(self) -> dict[str, str | int]:
        """Return ``rules`` of ``evaluate --json``."""
        return {"protocol": self.name, "normalisation": self.normalisation, "smoothing": self.smoothing,
                "first": self.first, "last": self.last}  # fmt: skip

    def sentence(self) -> str:
        """Say what is done."""
        ends = [f"the first {self.first}"] * (self.first > 0) + [f"the last {self.last}"] * (self.last > 0)
        late = ", though they take part in the normalisation" if self.trim_late else ""
        dropped = f" Of each clip {' and '.join(ends)} frames are left out{late}." if ends else ""
        spread = f"each frame gets the mean of the windows of {self.window[0]} that hold it; " if self.window else ""
        return (
            f"Protocol {self.name} ({self.about}): {spread}scores are {SAID[self.normalisation]}, "
            f"{SMOOTHED[self.smoothing]}; one ROC over the frames of all clips.{dropped}"
        )


OWN = Rules("whycam", "every frame that has a score")
PROTOCOLS: dict[str, dict[str, Rules]] = {
    "whycam": {"": OWN},
    "mnad": {"": Rules("mnad", "park2020learning", first=4)},
    "future-frame": {"": Rules("future-frame", "liu2018future", first=4, trim_late=True)},
    "lntra": {"": Rules("lntra", "astrid2021learning", first=8, last=7)},
    "itae": {"": Rules("itae", "cho2022unsupervised", window=(16, 8))},
    "decoupled": {
        "": Rules("decoupled", "li2021decoupled", first=20),
        "avenue": Rules("decoupled", "li2021decoupled, on Avenue", first=16, normalisation="none"),
        "shanghaitech": Rules("decoupled", "li2021decoupled, on ShanghaiTech", first=16, normalisation="sliding"),
    },
    "thesis": {"": Rules("thesis", "ravi2021class", smoothing="savgol")},
    "vqunet": {"": Rules("vqunet", "szymanowicz2022discrete, which does not publish its own", first=5)},
}
"""Name to data set (its first part, ``""`` for any other) to rules."""


def rules_for(name: str, data: str, normalisation: str | None = None, smoothing: str | None = None) -> Rules:
    """Return a protocol's rules for a data set, with another normalisation or smoothing where one is asked for.

    Raises:
        UnknownNameError: there is no such protocol, normalisation or smoothing.

    >>> rules_for("decoupled", "avenue-3867").normalisation, rules_for("mnad", "ped2", smoothing="savgol").smoothing
    ('none', 'savgol')
    """
    by_data = pick("protocol", name, PROTOCOLS)
    rules: Rules = by_data.get(data.partition("-")[0], by_data[""])
    if normalisation is not None:
        pick("normalisation", normalisation, NORMALISATIONS)
        rules = replace(rules, normalisation=normalisation)
    if smoothing is not None:
        pick("smoothing", smoothing, SMOOTHINGS)
        rules = replace(rules, smoothing=smoothing)
    return rules
