"""Figures of scores from any system against the ground truth; it does not import PyTorch."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.datasets import Dataset, Footage, Truth
from core.errors import DataError
from core.registry import pick
from footage import labels
from pipeline.evaluation import heat as heats
from pipeline.evaluation import score_files
from pipeline.evaluation.figures import Scored, by_class, summarise_scores
from pipeline.evaluation.heat_maps import DEFAULT, HEAT_MAPS
from pipeline.evaluation.protocols import OWN, Rules
from pipeline.evaluation.score_files import ClipScores, ScoreFile
from pipeline.evaluation.summary import EvaluationResult

PROTOCOL = (
    "Frame level. {skipped} {rules} auc.micro_raw is of "
    "scores as they are, auc.micro_normalised of scores brought to [0, 1] in each clip, auc.macro the mean of the "
    "clips' own, auc.protocol the protocol's. f1, precision and recall are those of the frames inside events at the "
    "camera's own threshold; f1_oracle that of the best threshold for these very frames. frame_index holds the same "
    "figures for a score that is only the frame's number, its f1 that of calling every frame abnormal."
)
Truths = list[tuple[Footage, Truth]]


def truths_of(dataset: Dataset) -> Truths:
    """Read the truth of every test clip.

    Raises:
        DataError: there is none.
    """
    found = [(clip, dataset.truth(clip)) for clip in dataset.test()]
    if not found:
        raise DataError(f"data set {dataset.name!r} has no test clip with ground truth")
    return found


def evaluate_score_file(
    path: Path, dataset: Dataset, rules: Rules = OWN, regions: Path | None = None, heat: str = DEFAULT
) -> EvaluationResult:
    """Measure scores that were kept, or that another system gave.

    Args:
        path: see :mod:`pipeline.evaluation.score_files`.
        dataset: whose test clips they are of.
        rules: from scores to the protocol's figure.
        regions: CSV of annotated boxes with tracks, for RBDC and TBDC in place of the masks' own parts.
        heat: way from heat to the map that places are told by, see :mod:`pipeline.evaluation.heat_maps`.

    Raises:
        DataError: the file does not fit the data set.
    """
    truths = truths_of(dataset)
    found = score_files.read(path, [c.name for c, _ in truths], [len(t.abnormal) for _, t in truths])
    named = replace(found, data=found.data or dataset.name)
    return evaluate_scores(named, truths, rules, _boxes(regions, truths) if regions else None, heat)


def evaluate_scores(
    found: ScoreFile,
    truths: Truths,
    rules: Rules = OWN,
    boxes: Mapping[str, heats.Boxes] | None = None,
    heat: str = DEFAULT,
) -> EvaluationResult:
    """Measure scores against the truth.

    Raises:
        UnknownNameError: there is no such way.
    """
    pick("way from heat to a map", heat, HEAT_MAPS)
    pairs = [(kept, truth) for kept, (_, truth) in zip(found.clips, truths, strict=True)]
    clips = [Scored(k.name, k.scores, k.flagged, t.abnormal, k.fps, k.seconds) for k, t in pairs]
    mapped = [_mapped(k, t, found.person, boxes) for k, t in pairs if k.heat is not None and t.masks is not None]
    classes = [t.classes for _, t in pairs if t.classes]
    return EvaluationResult(
        system=found.system,
        detector=found.detector,
        data=found.data,
        label_set=", ".join(sorted({truth.label_set for _, truth in truths})),
        protocol=PROTOCOL.format(skipped=_skipped(found, rules), rules=rules.sentence()),
        rules=rules,
        summary=summarise_scores(clips, rules),
        localisation=heats.localise(mapped, heat) if mapped else None,
        classes=by_class(clips, classes) if len(classes) == len(clips) else None,
        threshold=found.threshold,
        facts=found.facts,
    )  # fmt: skip


def _mapped(kept: ClipScores, truth: Truth, person: float, boxes: Mapping[str, heats.Boxes] | None) -> heats.Mapped:
    """Put a clip's heat beside its truth; both have some."""
    assert kept.heat is not None
    assert truth.masks is not None
    annotated = boxes.get(kept.name, {}) if boxes else None
    return heats.Mapped(
        kept.heat, kept.cell, truth.masks, truth.abnormal, annotated, person, kept.fps, kept.located
    )  # fmt: skip


def _skipped(found: ScoreFile, rules: Rules) -> str:
    scored = [~np.isnan(kept.scores) for kept in found.clips]
    last = min((int(known[::-1].argmax()) for known in scored if known.any()), default=0)
    ends = [f"first {found.skipped}"] * (found.skipped > 0) + [f"last {last}"] * (last > 0)
    if not ends:
        return "Frames without a score are left out."
    then = "of their own" if rules.window else "and are left out"
    return f"The {' and the '.join(ends)} frames of each clip have no score {then}."


def _boxes(path: Path, truths: Truths) -> dict[str, heats.Boxes]:
    """Read annotated boxes by clip; those without a track are one track of their label."""
    found = labels.read_regions(path)
    to, _ = labels.match(found, [clip.name for clip, _ in truths])
    if not to:
        raise DataError(f"{path} names no test clip; known: {', '.join(clip.name for clip, _ in truths)}")
    return {
        clip: {frame: [(r.track or r.label, r.box) for r in some] for frame, some in found[video].items()}
        for video, clip in to.items()
    }
