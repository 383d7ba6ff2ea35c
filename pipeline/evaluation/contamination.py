"""Trains on footage contaminated with anomalies, and measures the effect (``li2021decoupled``, section 5.3).

Some test clips, the donors, give stretches of their abnormal frames to the training footage. They are never evaluated,
whatever the share, so that all shares are measured on the same clips.
"""

import dataclasses
import tomllib
from collections.abc import Callable, Mapping, Sequence
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core import files
from core.datasets import Dataset, Footage, Truth
from core.errors import InputError
from footage.videos import ClipPart
from metrics.spans import spans

if TYPE_CHECKING:
    from core.device import Runtime
    from core.progress import Progress
    from pipeline.evaluation.results import Row
    from pipeline.training.loop import Step

MAX_EXCERPT_FRAMES = 32
"""Most frames that are drawn together; an unusual event is longer, and a window must fit in."""
MAX_SHARE = 0.5
RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"
PROTOCOL = (
    "{frames} of {total} training frames ({share:.1%}) are abnormal ones of the test clips {donors}, drawn with the "
    "seed in stretches of at most {stretch} frames, those of a smaller share among those of a larger one; these clips "
    "are not evaluated, whatever the share."
)


class ContaminatedDataset:
    """A data set whose training clips have abnormal stretches of some test clips beside them.

    Args:
        dataset: as it is.
        donors: names of the test clips that give; every second one, from the second on, where none is named.
        share: of the training frames that are abnormal then, 0 to 0.5.
        seed: of the draw.

    Raises:
        InputError: a donor is no test clip, no clip is left to evaluate, or the donors have too few abnormal frames.
    """

    def __init__(self, dataset: Dataset, donors: Sequence[str], share: float, seed: int) -> None:
        clips = {clip.name: clip for clip in dataset.test()}
        self.donors = tuple(donors) or tuple(clips)[1::2]
        if unknown := [name for name in self.donors if name not in clips]:
            raise InputError(f"donor {unknown[0]!r} is no test clip; known: {', '.join(clips)}")
        if not 0 <= share <= MAX_SHARE:
            raise InputError(f"the share of anomalies must lie between 0 and {MAX_SHARE}, got {share:g}")
        self.name, self.dataset = dataset.name, dataset
        self.left = [clip for name, clip in clips.items() if name not in self.donors]
        if not self.left:
            raise InputError("every test clip is a donor, so that none is left to evaluate")
        self.normal = sum(len(chunk) for clip in dataset.training() for chunk in clip.frames())
        self.wanted = round(self.normal * share / (1 - share))
        self.drawn = _draw_excerpts(dataset, [clips[name] for name in self.donors], self.wanted, seed)

    def training(self) -> list[Footage]:
        """List the training clips, then what was drawn."""
        return [*self.dataset.training(), *self.drawn]

    def test(self) -> list[Footage]:
        """List the test clips that gave nothing."""
        return self.left

    def truth(self, clip: Footage) -> Truth:
        """Read the ground truth of a test clip."""
        return self.dataset.truth(clip)

    def say(self) -> dict[str, Any]:
        """Return what the contamination consists of."""
        total = self.normal + self.wanted
        said = PROTOCOL.format(frames=self.wanted, total=total, share=self.wanted / total,
                               donors=", ".join(self.donors), stretch=MAX_EXCERPT_FRAMES)  # fmt: skip
        return {"frames": self.wanted, "total": total, "donors": list(self.donors), "protocol": said}


def _draw_excerpts(dataset: Dataset, donors: Sequence[Footage], wanted: int, seed: int) -> list[ClipPart]:
    """Draw stretches of so many abnormal frames; the last one drawn is cut short."""
    there = [
        (clip, at, min(MAX_EXCERPT_FRAMES, last + 1 - at))
        for clip in donors
        for first, last in spans(dataset.truth(clip).abnormal)
        for at in range(first, last + 1, MAX_EXCERPT_FRAMES)
    ]
    if wanted > (most := sum(length for _, _, length in there)):
        raise InputError(f"{wanted} abnormal frames are asked for, and the donors have {most}; ask for a smaller share")
    drawn: list[ClipPart] = []
    for i in np.random.default_rng(seed).permutation(len(there)).tolist():
        if wanted <= 0:
            break
        clip, first, length = there[i]
        drawn.append(ClipPart(f"{clip.name} from {first}", clip, first, first + min(length, wanted)))
        wanted -= length
    return drawn


def donors(plan: Path) -> tuple[str, ...]:
    """Return the donors that a plan names under ``donors``; none where it names none.

    Raises:
        InputError: the plan cannot be read.
    """
    try:
        named = tomllib.loads(plan.read_text(encoding="utf-8")).get("donors", [])
        return tuple(str(name) for name in named)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"plan {plan.name} cannot be read ({error})") from error


def name_of(row: str, share: float) -> str:
    """Return what a row with anomalies is called: its result and its camera lie under that name.

    >>> name_of("bcae1", 0.025)
    'bcae1-anomalies-2_5'
    """
    return f"{row}-anomalies-{share * 100:g}".replace(".", "_")


def run(
    row: "Row", share: float, seed: int, dataset: Dataset, givers: Sequence[str], folder: Path, work: Path,
    runtime: "Runtime", report: "Callable[[Step], None] | None" = None,
    progress: "Callable[[Progress], None] | None" = None,
) -> dict[str, Any]:  # fmt: skip
    """Train a row of a plan on footage with anomalies, and keep its result beside the plan's others.

    A detector whose ``score`` is a setting is measured by each of its scores, the pixels' and the latent one's.

    Args:
        row: of the plan.
        share: of the training frames.
        seed: of weights, order and draw.
        dataset: as it is.
        givers: see :class:`ContaminatedDataset`.
        folder: of results.
        work: of cameras.
        runtime: device and precision.
        report: called at the beginning of every stage of the training and after every batch.
        progress: told how far training and evaluation are.

    Raises:
        InputError: as :class:`ContaminatedDataset` and training do.
    """
    from pipeline.camera import load
    from pipeline.evaluation import results
    from pipeline.evaluation.alternative_scores import every_score

    named = dataclasses.replace(row, name=name_of(row.name, share))
    contaminated = ContaminatedDataset(dataset, givers, share, seed)
    result = results.run(named, seed, contaminated, folder, work, runtime, report, progress)
    camera = load(str(work / f"{named.name}-{seed}"))
    more = {"of": row.name, "share": share} | contaminated.say()
    result |= {"anomalies": more | {"auc": every_score(camera, contaminated, runtime, result)}}
    files.write_json(results.result_file(folder, named.name, seed), result)
    return result


def shipped_results(data: str) -> list[dict[str, Any]]:
    """Return :func:`read_results` of a data set's results that come with Whycam; empty where there are none."""
    there = {place.name: place for place in RESULTS.glob("*") if place.is_dir()}
    return read_results(there[data]) if data in there else []


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Read what was trained with anomalies: ``system``, ``share``, ``auc``, ``seed``, ``label_set``, by share.

    A detector that was measured by several scores is a system for each.
    """
    rows = []
    for path in sorted(folder.glob("*-anomalies-*.seed*.json")):
        result: Mapping[str, Any] = loads(path.read_text(encoding="utf-8"))
        contaminated = result["anomalies"]
        for score, auc in contaminated["auc"].items():
            system = f"{contaminated['of']}, score {score}" if score else contaminated["of"]
            rows.append({"system": system, "share": contaminated["share"], "auc": auc, "seed": result["seed"],
                         "label_set": result["label_set"], "protocol": contaminated["protocol"]})  # fmt: skip
    return sorted(rows, key=lambda row: (row["system"], row["share"], row["seed"]))
