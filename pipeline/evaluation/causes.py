"""How often the first cause is the right one, and X-MAN's mAP, by several rules on the same evidence."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.contracts import Dataset, ObjectModel
from core.device import Runtime
from core.errors import InputError
from core.normality import Normality
from core.progress import JobProgress
from core.records import Evidence
from explain import actions as action_models
from explain import objects as object_models
from explain.backends import read_card
from explain.causes import ranking
from explain.objects import compact
from footage.labels import Named
from pipeline.camera import Camera
from pipeline.evaluation import _labelled, plan
from pipeline.evaluation._cause_figures import (
    OURS,
    Ranking,
    class_scores,
    compare_with_labels,
    mean_precision,
    rows,
    summarise_rule,
)
from pipeline.evaluation._labelled import LabelledClip, Labels, Masked
from pipeline.evidence import EvidenceFolder
from pipeline.training.calibrate import calibrate
from pipeline.witness import Witness

__all__ = ["OURS", "PROTOCOL", "RULES", "class_scores", "evaluate_causes", "trained_on", "without_heat"]

TEACHER_MODEL = "yolox-tiles"
RANKED = ("plain", OURS, "confidence", "heat")
RULES = (*RANKED, "masks", "teacher")
"""``masks``: ours, true masks in place of the heat. ``teacher``: ours, the boxes of YOLOX in place of our model's."""
PROTOCOL = (
    "Every labelled frame counts, whatever the threshold; frames that no window of the detector reaches are left out. "
    "Right: the first of all causes lies on an annotated region (IoU at least 0.3) and names it; ride names a bicycle "
    "or skateboard, drive a car, bus or truck, which count as one; a cause of type location names any place. Found: it "
    "lies on a region, whatever its name. A track is right when the most frequent answer of its frames is, causes that "
    "lie on another region alone set aside, for several may be unusual at once. X-MAN: a class scores in a frame what "
    "its best cause there scores, any cause of type location for a place."
)


@dataclass
class _Progress:
    """What has been gone through.

    Attributes:
        rankings: rule to one entry for each clip.
        without_score: labelled frames that no window reaches.
        not_run: rule to the reason why it could not be run.
    """

    rankings: dict[str, list[Ranking]] = field(default_factory=dict)
    without_score: int = 0
    not_run: dict[str, str] = field(default_factory=dict)


OnClip = Callable[[LabelledClip, Sequence[Evidence], Ranking], None]


@dataclass(frozen=True)
class _ObjectModels:
    """Who looks: our models, and the teacher where it can be had, each with what is normal to it."""

    witness: Witness
    normality: Normality
    teacher: Witness | None
    teacher_normality: Normality | None


def evaluate_causes(
    camera: Camera, dataset: Dataset, runtime: Runtime, *, regions: Path | None = None, xman: Path | None = None,
    every: int = 1, objects: str = "auto", actions: str = "auto", teacher: str = TEACHER_MODEL,
    job: JobProgress | None = None, look: OnClip | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Rank the causes of every labelled frame by every rule, and measure the answers.

    Evidence is gathered once for each clip; a rule that cannot be run is reported with the reason.

    Args:
        camera: that scores.
        dataset: whose test clips the labels name.
        runtime: device and precision.
        regions: CSV of annotated boxes.
        xman: X-MAN's JSON.
        every: look at each ``every``-th labelled frame only.
        objects: object backend.
        actions: action backend.
        teacher: object backend of the rule ``teacher``.
        job: told of the stages of :mod:`pipeline.evaluation.plan`; whoever made it ends it.
        look: called with each clip, its evidence and our ranking, before the evidence is gone.

    Returns:
        ``causes``, ``xman`` and ``labels`` of ``evaluate --json``.

    Raises:
        DataError: a label file is malformed, or does not fit the data set.
    """
    labels, found = _labelled.read(dataset, regions, xman), _Progress()
    job = job or plan.job_of(camera.name, dataset.name, runtime.describe())
    job.expect(plan.EXPLAINING, sum(len(entry.asked(every)) for entry in labels.clips))
    job.begin(plan.OPENING)
    mine = Witness(object_models.choose(objects, runtime), action_models.choose(actions, runtime))
    models = _object_models(camera, dataset, mine, teacher, runtime, found, job)
    detector = camera.build(runtime)
    say = plan.Frames(job)
    job.begin(plan.EXPLAINING)
    for entry in labels.clips:
        with tempfile.TemporaryDirectory(prefix="whycam-") as place:
            own, other = EvidenceFolder(Path(place) / "own"), EvidenceFolder(Path(place) / "teacher")
            kept = [(Witness(mine.objects, mine.actions), own)]
            if models.teacher:
                kept.append((Witness(models.teacher.objects, models.teacher.actions), other))
            frames = entry.asked(every)
            clock = _labelled.gather(
                entry.clip, frames, detector, camera.normality.median, kept, runtime, say.of(frames)
            )
            found.without_score += len(frames) - len(own.frames())
            for rule, seen, normality in _views(entry, dataset, own, other, models, found):
                ranking = _rank(rule, entry, labels.classes, seen, normality, clock, own.frames())
                found.rankings.setdefault(rule, []).append(ranking)
                if look and rule == OURS:
                    look(entry, seen, ranking)
    return _figures(labels, found, models, dataset, every)


def _object_models(
    camera: Camera, dataset: Dataset, mine: Witness, teacher: str, runtime: Runtime, found: _Progress,
    job: JobProgress,
) -> _ObjectModels:  # fmt: skip
    """Load the teacher, and count with it what is normal on the data set's own training clips."""
    clips = dataset.training()
    try:
        if not clips:
            raise InputError(f"{dataset.name} has no training clips here to count what is normal with the teacher")
        other = Witness(object_models.choose(teacher, runtime), mine.actions)
    except InputError as error:
        found.not_run["teacher"] = str(error)
        return _ObjectModels(mine, camera.normality, None, None)
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        seen = calibrate(camera.build(runtime), clips, Path(place), camera.fps, other, runtime, job)
    return _ObjectModels(mine, camera.normality, other, seen.normality)


def _views(
    entry: LabelledClip,
    dataset: Dataset,
    own: EvidenceFolder,
    other: EvidenceFolder,
    models: _ObjectModels,
    found: _Progress,
) -> Iterator[tuple[str, Sequence[Evidence], Normality]]:
    """Give each rule the evidence and the normality that it reads."""
    frames = own.frames()
    if not frames:
        return
    seen = own.between(frames[0], frames[-1])
    for rule in RANKED:
        yield rule, seen, models.normality
    masks = dataset.truth(entry.clip).masks
    if masks is None:
        found.not_run["masks"] = f"{dataset.name} has no pixel masks"
    else:
        yield "masks", Masked(seen, masks), without_heat(models.normality)
    if models.teacher_normality is not None:
        yield "teacher", other.between(frames[0], frames[-1]), models.teacher_normality


def without_heat(normality: Normality) -> Normality:
    """Return what is normal without its heat, for a mask is no prediction error: only how often a class is seen."""
    classes = {name: dataclasses.replace(entry, density=(0.0,)) for name, entry in normality.classes.items()}
    return dataclasses.replace(normality, heat=0.0, classes=classes)


def _rank(
    rule: str,
    entry: LabelledClip,
    classes: Sequence[Named],
    seen: Sequence[Evidence],
    normality: Normality,
    clock: Clock,
    frames: Sequence[int],
) -> Ranking:
    name = rule if rule in RANKED else OURS
    ranked = ranking.by_frame(seen, normality, name, clock)
    by_frame = dict(zip(frames, ranked, strict=True))
    event = ranking.rank(seen, normality, name, clock).causes if rule == OURS else ()
    return compare_with_labels(entry, by_frame, classes, next(iter(event), None))


def trained_on(objects: ObjectModel, dataset: Dataset) -> frozenset[str]:
    """Return the test clips whose annotated regions the object model was trained on, as its card says."""
    card = read_card(compact.FOLDER)
    if card["name"] != objects.name:
        return frozenset()
    listed = {str(name).rsplit("/", 1)[-1] for name in card.get("trained_regions", ())}
    return frozenset(clip.name for clip in dataset.test() if clip.name in listed)


def _figures(labels: Labels, found: _Progress, models: _ObjectModels, dataset: Dataset, every: int) -> dict[str, Any]:
    trained = trained_on(models.witness.objects, dataset)
    first: dict[str, Any] = {"not_run": found.not_run}
    classes: dict[str, Any] = {}
    for rule in RULES:
        rankings = found.rankings.get(rule, [])
        if any(ranking.verdicts for ranking in rankings):
            first[rule] = summarise_rule(rankings, trained)
        if any(len(ranking.scores) for ranking in rankings):
            classes[rule] = mean_precision(rankings, labels.classes)
    first["frames"] = [row for ranking in found.rankings.get(OURS, []) for row in rows(ranking)]
    own = models.witness
    return {
        "causes": first,
        "xman": classes,
        "labels": {
            "clips": [entry.clip.name for entry in labels.clips],
            "frames": sum(len(entry.asked(every)) for entry in labels.clips),
            "every": every,
            "without_score": found.without_score,
            "unmatched": list(labels.unmatched),
            "nameless": [
                ": ".join(c) for c in _labelled.nameless(labels.classes, own.objects.labels, own.actions.labels)
            ],
            "places": list(labels.places),
            "trained_regions": sorted(trained),
            "models": {
                "objects": own.objects.name,
                "actions": own.actions.name,
                "teacher": models.teacher.objects.name if models.teacher else None,
            },
            "protocol": PROTOCOL,
        },
    }
