"""Explanations of one frame as they are kept: ``explain.json`` and ``counterfactual.json`` in its folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core import typed_json

FILE, COUNTERFACTUAL = "explain.json", "counterfactual.json"
_WHERE_KNOWN = {"mass", "rank", "points", "agreement"}
"""Figures that the file leaves out where there are none."""


@dataclass(frozen=True)
class MethodFigures:
    """How far one method's map can be believed.

    Attributes:
        seconds, evaluations: what the map took.
        deletion_auc, insertion_auc: shares of the score, from 0 to 1; None where the
            background alone scores as high as the frame.
        sanity, stability: rank correlations from -1 to 1; None of an empty map.
        note: what the reader must know.
        frames: how much each frame of the window mattered.
        total, owed: what the map's values sum to, and what they ought to; None where the method does not promise it.
        sane: whether the map depends on what the network learnt.
        mass, rank, points: relevance mass and rank accuracy and pointing game, from 0 to 1, where the truth is known.
        agreement: mean rank correlation with the other methods' maps; None of one method alone.
    """

    seconds: float
    evaluations: int
    deletion_auc: float | None
    insertion_auc: float | None
    sanity: float | None
    stability: float | None
    note: str
    frames: tuple[float, ...]
    total: float | None = None
    owed: float | None = None
    sane: bool | None = None
    mass: float | None = None
    rank: float | None = None
    points: float | None = None
    agreement: float | None = None


@dataclass(frozen=True)
class FrameExplanation:
    """What ``explain.json`` holds of one frame.

    Attributes:
        frame: index in the clip.
        window: first and last frame that the detector looks at.
        score, threshold: residual errors, 1 at the camera's maximum.
        score_db, threshold_db: the same as calibrated scores; None in a file of version 0.1.
        segments, budget: regions of the picture, and evaluations of each method.
        sane_below: sanity under which a map counts as sane.
        methods: name to figures of the methods that are finished.
    """

    clip: str
    camera: str
    detector: str
    frame: int
    window: tuple[int, int]
    score: float
    threshold: float
    score_db: float | None = None
    threshold_db: float | None = None
    segments: int = 0
    budget: int = 0
    seed: int = 0
    sane_below: float | None = None
    versions: Mapping[str, Any] = field(default_factory=dict)
    methods: Mapping[str, MethodFigures] = field(default_factory=dict)

    @property
    def ranked(self) -> list[str]:
        """Names of the methods, the most faithful first: by deletion AUC, those without one last."""
        found = {name: figures.deletion_auc for name, figures in self.methods.items()}
        return sorted(found, key=lambda name: (found[name] is None, found[name] or 0.0, name))

    def as_json(self) -> dict[str, Any]:
        """Return what ``explain.json`` holds."""
        made = asdict(self)
        for name, figures in made["methods"].items():
            made["methods"][name] = {k: v for k, v in figures.items() if v is not None or k not in _WHERE_KNOWN}
        return made


@dataclass(frozen=True)
class RemovedPart:
    """One tube of an event's counterfactual.

    Attributes:
        share: of the event's heat, from 0 to 1.
        alone: residual error of the event without this tube alone.
        needed: whether it is one of the smallest set.
        mattered: whether it is, or accounts for much of the score alone.
        first, last: frames of the tube.
    """

    label: str
    share: float
    alone: float
    needed: bool
    mattered: bool
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Counterfactual:
    """What ``counterfactual.json`` holds of one event.

    Attributes:
        before, after, threshold: the event's highest smoothed score as it was and without the smallest set, and the
            threshold, as residual errors.
        before_db, after_db, threshold_db: the same as calibrated scores; None in a file of version 0.1.
        suffices: whether the event is under the threshold without the set.
        sentence: the finding in words.
        frames: first and last frame that was replaced.
    """

    before: float
    after: float
    threshold: float
    before_db: float | None = None
    after_db: float | None = None
    threshold_db: float | None = None
    suffices: bool
    parts: tuple[RemovedPart, ...]
    sentence: str
    frames: tuple[int, int]


def read(folder: Path) -> FrameExplanation:
    """Read a folder's ``explain.json``.

    Raises:
        InputError: there is none that can be read.
    """
    return typed_json.read(FrameExplanation, folder / FILE, f"the explanation of frame {folder.name}",
                           "ask for it again", unknown="ignore")  # fmt: skip


def read_counterfactual(folder: Path) -> Counterfactual | None:
    """Read a folder's ``counterfactual.json``; None where there is none.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / COUNTERFACTUAL
    what = f"the counterfactual of frame {folder.name}"
    return typed_json.read(Counterfactual, path, what, "ask for it again", unknown="ignore") if path.exists() else None
