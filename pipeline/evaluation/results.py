"""The results table: detectors trained and evaluated over seeds, as a plan says, each result one JSON file."""

import statistics
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from typing import Any

import numpy as np

from core import files
from core.contracts import Dataset, Detector
from core.device import Runtime
from core.errors import InputError
from core.progress import JobProgress, Progress
from core.registry import pick
from metrics.frame_auc import micro_normalised
from pipeline.camera import Camera, load
from pipeline.evaluation.evaluate import raw_scores, score
from pipeline.evaluation.evaluate_scores import evaluate_scores, truths_of
from pipeline.evaluation.figures import shown
from pipeline.evaluation.plan import MEASURING_SCORES, RESULT_STAGES
from pipeline.evaluation.protocols import rules_for
from pipeline.rate import frame_rate
from pipeline.training.fit_camera import NormalFootage, TrainingSpec, fit_camera
from pipeline.training.loop import Step, TrainingProgress

HEAD = ("row", "detector", "AUC", "paper's way", "raw", "macro", "EER", "AUC-PR", "F1", "oracle", "paper",
        "frame's index", "epochs", "input", "MB", "minutes", "seeds", "machine", "differs from the paper")  # fmt: skip

BASELINE = "frame-difference.json"
"""File of the plain difference of two frames beside a plan."""


@dataclass(frozen=True)
class Row:
    """One line of a results table, as its plan has it.

    Attributes:
        name: of the line.
        detector: name in the registry.
        settings: where they differ from the detector's own, which are its paper's.
        paper: the paper's frame-level AUC, 0 to 1; None where it has none.
        source: where the paper says so.
        differs: in words, what differs from the paper's training.
        protocol: the paper's way from scores to its AUC, a key of ``pipeline.evaluation.protocols.PROTOCOLS``.
        windows: how many windows an epoch draws at most; 0 for all.
        seeds: those that it is trained with.
        looks: epochs at which the test clips are looked at for the oracle's column, beside the last.
    """

    name: str
    detector: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    paper: float | None = None
    source: str = ""
    differs: str = ""
    protocol: str = "whycam"
    windows: int = 0
    seeds: Sequence[int] = (0,)
    looks: int = 5


def plan(path: Path) -> dict[str, Row]:
    """Read a plan: TOML with a table ``[rows.NAME]`` for each row, its keys those of :class:`Row`.

    Raises:
        InputError: it cannot be read, or is no such file.
    """
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))["rows"]
        return {name: Row(name, **keys) for name, keys in rows.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"plan {path.name} cannot be read ({error}); it must be TOML with a table [rows.NAME] for each row, "
            "as docs/results/ped2/plan.toml"
        ) from error


def results(folder: Path, rows: Mapping[str, Row]) -> dict[str, list[dict[str, Any]]]:
    """Read what was trained of a plan's rows: for each row its results, by seed."""
    return {
        name: [loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"{name}.seed*.json"))]
        for name in rows
    }


def result_file(folder: Path, row: str, seed: int) -> Path:
    """Return where a result is kept."""
    return folder / f"{row}.seed{seed}.json"


def chosen(rows: Mapping[str, Row], names: Sequence[str]) -> list[Row]:
    """Return the rows of these names, all without any.

    Raises:
        UnknownNameError: the plan has no such row.
    """
    return [pick("row of the plan", name, rows) for name in names or rows]


def run(
    row: Row, seed: int, dataset: Dataset, folder: Path, work: Path, runtime: Runtime,
    report: Callable[[Step], None] | None = None, progress: Callable[[Progress], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Train one row with one seed, evaluate its last epoch, and keep the result in ``folder``.

    A run that was stopped goes on from its last epoch. The camera that is trained stays in ``work``, and is only
    evaluated when it is there already.

    Args:
        row: what is trained.
        seed: of weights and of the order of windows.
        dataset: trained on its training clips, evaluated on its test clips.
        folder: the result becomes ``ROW.seedN.json`` in it.
        work: for cameras, each ``ROW-N``.
        runtime: device and precision.
        report: called at the beginning of every stage of the training and after every batch.
        progress: told how far training and evaluation are.

    Raises:
        UnknownNameError: the row's detector or one of its settings does not exist.
        InputError: the training diverged.
        DataError: the data set is empty.
    """
    rules = rules_for(row.protocol, dataset.name)
    out = work / f"{row.name}-{seed}"
    oracle = _Oracle(dataset, runtime, out.with_suffix(".looks.json"), row.looks)
    job = JobProgress("results", RESULT_STAGES, progress, subjects=(f"{row.name}, {runtime.describe()}",))
    camera = _camera(row, seed, dataset, out, runtime, oracle, report, job)
    truths = truths_of(dataset)
    found = score(camera, dataset.name, truths, runtime, job)
    job.begin(MEASURING_SCORES)
    figures, paper = evaluate_scores(found, truths), evaluate_scores(found, truths, rules)
    last = figures.auc
    looks = [*oracle.looks, [camera.card["epochs"], last]]
    result = {
        "row": row.name,
        "seed": seed,
        "settings": dict(row.settings),
        "windows": row.windows,
        "paper_way": {"protocol": rules.name, "auc": paper.summary.figures["auc.protocol"]},
        "oracle": {"auc": max(auc for _, auc in looks), "looks": looks},
        "megabytes": round((camera.folder / "weights.safetensors").stat().st_size / 1e6, 2),
        "card": {key: value for key, value in camera.card.items() if key not in ("figures", "clips")},
        **{key: value for key, value in figures.as_json().items() if key != "camera"},
    }
    files.folder(folder)
    files.write_json(result_file(folder, row.name, seed), result)
    job.finish()
    return result


def _camera(
    row: Row, seed: int, dataset: Dataset, out: Path, runtime: Runtime, oracle: "_Oracle",
    report: Callable[[Step], None] | None, job: JobProgress,
) -> Camera:  # fmt: skip
    if (out / "camera.json").exists():
        there = load(str(out))
        if (there.detector, there.settings, there.card["seed"]) == (row.detector, dict(row.settings), seed):
            return there
    clips = dataset.training()
    footage = NormalFootage(dataset.name, clips, frame_rate(clips[0]))
    spec = TrainingSpec(row.detector, footage, out, row.settings, seed, True, runtime, windows=row.windows,
                        replace=True)  # fmt: skip
    fit_camera(spec, job, report, oracle.look)
    return load(str(out))


class _Oracle:
    """Looks at the test clips while a detector is trained, as papers do that choose their best epoch on them."""

    def __init__(self, dataset: Dataset, runtime: Runtime, path: Path, wanted: int) -> None:
        self.dataset, self.runtime, self.path, self.wanted = dataset, runtime, path, wanted
        self.looks: list[list[float]] = loads(path.read_text(encoding="utf-8")) if path.exists() else []

    def look(self, detector: Detector, progress: TrainingProgress) -> None:
        """Measure the AUC after some of the epochs; the last one is left to the evaluation."""
        epochs = [stage.epochs for stage in detector.stages()]
        done, total = len(progress.losses), sum(epochs)
        often = max(1, round(total / (self.wanted + 1)))
        if done % often or done >= total or any(done == epoch for epoch, _ in self.looks):
            return
        scores, abnormal = [], []
        with self.runtime.autocast():
            for clip in self.dataset.test():
                truth = self.dataset.truth(clip).abnormal
                scores.append(raw_scores(detector, clip, len(truth), self.runtime)[0].astype(np.float64))
                abnormal.append(truth)
        self.looks.append([done, micro_normalised(scores, abnormal)])
        files.write_json(self.path, self.looks)


def lines(rows: Iterable[Row], found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[str, ...]]:
    """Set the table's lines under :data:`HEAD`: means over seeds, ± the standard deviation where there are several."""
    return [_line(row, found.get(row.name, ())) for row in rows]


def baseline(folder: Path) -> list[tuple[str, ...]]:
    """Set the line of the plain difference of two frames under :data:`HEAD`; no line where it was not measured.

    Args:
        folder: of the plan; ``evaluate --by difference --json`` writes the file in it.
    """
    path = folder / BASELINE
    if not path.exists():
        return []
    found = loads(path.read_text(encoding="utf-8"))
    auc = found["auc"]
    figures = (auc["micro_normalised"], None, auc["micro_raw"], auc["macro"], found["eer"], found["auc_pr"],
               found["f1"], None, None, found["frame_index"]["auc"]["micro_normalised"])  # fmt: skip
    cells = ["" if value is None else shown(value) for value in figures]
    return [(found["camera"], "none", *cells, *[""] * 6, "no network: what every row has to beat")]


def markdown(found: Sequence[tuple[str, ...]], head: Sequence[str] = HEAD) -> str:
    r"""Format lines as a table in Markdown.

    >>> print(markdown([("1", "2|3")], ("a", "b")), end="")
    | a | b |
    | --- | --- |
    | 1 | 2\|3 |
    """
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in (head, ["---"] * len(head), *found)]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


def _line(row: Row, found: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    paper = "" if row.paper is None else f"{row.paper:.3f}"
    if not found:
        return (row.name, row.detector, "not trained", *[""] * 7, paper, *[""] * 7, row.differs)
    auc = [result["auc"] for result in found]
    cards = [result["card"] for result in found]
    return (
        row.name, row.detector, _mean([a["micro_normalised"] for a in auc]),
        _mean([result["paper_way"]["auc"] for result in found]),
        *(_mean([a[key] for a in auc]) for key in ("micro_raw", "macro")),
        *(_mean([result[key] for result in found]) for key in ("eer", "auc_pr", "f1")),
        _mean([result["oracle"]["auc"] for result in found]), paper,
        _mean([result["frame_index"]["auc"]["micro_normalised"] for result in found]),
        _span([card["epochs"] for card in cards]), cards[0]["input"].partition(" channel")[0],
        f"{found[0]['megabytes']:.1f}", _span([round(card["minutes"]) for card in cards]),
        ", ".join(str(result["seed"]) for result in found), cards[0]["device"], row.differs,
    )  # fmt: skip


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return shown(known[0] if known else None)
    return f"{statistics.mean(known):.3f} ± {statistics.stdev(known):.3f}"


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return f"{low}" if low == high else f"{low} to {high}"
