"""How often the first cause is right, and X-MAN's mAP, by several rules on the same evidence; causes as predictions."""

import dataclasses
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import csv_text
from core.clock import Clock
from core.contracts import Detector, ObjectModel
from core.datasets import Dataset
from core.device import Runtime
from core.errors import InputError
from core.files import write_text
from core.normality import Normality
from core.progress import JobProgress
from core.records import Evidence
from core.scored_things import ScoredThings
from explain import actions as action_models
from explain import objects as object_models
from explain.backends import read_card
from explain.causes import ranking
from explain.objects import compact
from footage.labels import Named
from footage.predictions import COLUMNS
from pipeline import channels
from pipeline.camera import Camera
from pipeline.evaluation import _labelled, plan
from pipeline.evaluation._cause_figures import OURS, Ranking, compare_with_labels, mean_precision, rows, summarise_rule
from pipeline.evaluation._labelled import LabelledClip, Labels
from pipeline.evaluation.cause_results import CauseLabels, CauseResult
from pipeline.evidence import EvidenceFolder, EvidenceSpan
from pipeline.evidence_collector import EvidenceCollector
from pipeline.thing_scores import Models as ThingModels
from pipeline.thing_scores import look as look_at_things
from pipeline.training.calibrate import calibrate

__all__ = ["OURS", "PROTOCOL", "RULES", "evaluate_causes", "trained_on", "without_heat"]

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
    "its best cause there scores, any cause of type location for a place. Over clips: each clip counts once. No weight "
    "or constant of the ranking is fitted here, so that there is nothing to be learnt anew with a clip left out; "
    "docs/results/causes.md says on what each was chosen, and unseen clips are those that no model was trained on."
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
class _Models:
    """Our models and, where it is available, the teacher; what is normal is counted with each."""

    own: EvidenceCollector
    normality: Normality
    teacher: EvidenceCollector | None = None
    teacher_normality: Normality | None = None


def evaluate_causes(
    camera: Camera, dataset: Dataset, runtime: Runtime, *, regions: Path | None = None, xman: Path | None = None,
    every: int = 1, objects: str = "auto", actions: str = "auto", teacher: str = TEACHER_MODEL,
    job: JobProgress | None = None, look: OnClip | None = None,
) -> CauseResult:  # fmt: skip
    """Rank the causes of every labelled frame by every rule, and measure the answers.

    Evidence is gathered once for each clip; a rule that cannot be run is reported with the reason. Our rule knows the
    attributes of things, where the camera does.

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
        job: told of the stages of :mod:`pipeline.evaluation.plan`; the caller that made it ends it.
        look: called with each clip, its evidence and our ranking, before the evidence is gone.

    Raises:
        DataError: a label file is malformed, or does not fit the data set.
    """
    labels, found = _labelled.read(dataset, regions, xman), _Progress()
    job = job or plan.job_of(camera.name, dataset.name, runtime.describe())
    job.expect(plan.EXPLAINING, sum(len(entry.frames(every)) for entry in labels.clips))
    job.begin(plan.OPENING)
    collector = EvidenceCollector(object_models.choose(objects, runtime), action_models.choose(actions, runtime))
    models = _load_teacher(camera, dataset, collector, teacher, runtime, found, job)
    detector, known = camera.build(runtime), ThingModels.of(camera, collector.objects.name, (channels.ATTRIBUTES,))
    say = plan.Frames(job)
    job.begin(plan.EXPLAINING)
    for entry in labels.clips:
        frames = entry.frames(every)
        with tempfile.TemporaryDirectory(prefix="whycam-") as place:
            own, taught = EvidenceFolder(Path(place) / "own"), EvidenceFolder(Path(place) / "teacher")
            kept = [(one.fresh(), folder) for one, folder in ((models.own, own), (models.teacher, taught)) if one]
            clock = _labelled.gather(
                entry.clip, frames, detector, camera.normality.median, kept, runtime, say.of(frames)
            )
            found.without_score += len(frames) - len(own.frames())
            scored = look_at_things(entry.clip.frames(), known, collector.objects, camera.fps).things if known else None
            for rule, seen, normality in _views(entry, dataset, own, taught, models, found):
                ranking = _rank(rule, entry, labels.classes, seen, normality, clock, scored)
                found.rankings.setdefault(rule, []).append(ranking)
                if look and rule == OURS:
                    look(entry, seen, ranking)
    return _result(labels, found, models, dataset, every)


def _load_teacher(
    camera: Camera, dataset: Dataset, own: EvidenceCollector, teacher: str, runtime: Runtime, found: _Progress,
    job: JobProgress,
) -> _Models:  # fmt: skip
    """Load the teacher, and count with it what is normal on the data set's own training clips."""
    clips = dataset.training()
    try:
        if not clips:
            raise InputError(f"{dataset.name} has no training clips here to count what is normal with the teacher")
        other = EvidenceCollector(object_models.choose(teacher, runtime), own.actions)
    except InputError as error:
        found.not_run["teacher"] = str(error)
        return _Models(own, camera.normality)
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        seen = calibrate(camera.build(runtime), clips, Path(place), camera.fps, other, runtime, job, joined=False)
    return _Models(own, camera.normality, other, seen.normality)


def _views(
    entry: LabelledClip, dataset: Dataset, own: EvidenceFolder, teacher: EvidenceFolder, models: _Models,
    found: _Progress,
) -> Iterator[tuple[str, EvidenceSpan, Normality]]:  # fmt: skip
    """Give each rule the evidence and the normality that it reads."""
    frames = own.frames()
    if not frames:
        return
    for rule in RANKED:
        yield rule, EvidenceSpan(own, frames), models.normality
    masks = dataset.truth(entry.clip).masks
    if masks is None:
        found.not_run["masks"] = f"{dataset.name} has no pixel masks"
    else:
        yield "masks", EvidenceSpan(own, frames, masks), without_heat(models.normality)
    if models.teacher_normality is not None:
        yield "teacher", EvidenceSpan(teacher, frames), models.teacher_normality


def without_heat(normality: Normality) -> Normality:
    """Return what is normal without its heat, for a mask is no prediction error: only how often a class is seen."""
    classes = {name: dataclasses.replace(entry, density=(0.0,)) for name, entry in normality.classes.items()}
    return dataclasses.replace(normality, heat=0.0, classes=classes)


def _rank(
    rule: str, entry: LabelledClip, classes: Sequence[Named], seen: EvidenceSpan, normality: Normality, clock: Clock,
    scored: ScoredThings | None,
) -> Ranking:  # fmt: skip
    name, scored = rule if rule in RANKED else OURS, scored if rule == OURS else None
    by_frame = dict(zip(seen.frames, ranking.by_frame(seen, normality, name, clock, scored), strict=True))
    event = ranking.rank(seen, normality, name, clock, scored).causes if rule == OURS else ()
    return compare_with_labels(entry, by_frame, classes, next(iter(event), None))


def trained_on(objects: ObjectModel, dataset: Dataset) -> frozenset[str]:
    """Return the test clips whose annotated regions the object model was trained on, as its card says."""
    card = read_card(compact.FOLDER)
    if card["name"] != objects.name:
        return frozenset()
    listed = {str(name).rsplit("/", 1)[-1] for name in card.get("trained_regions", ())}
    return frozenset(clip.name for clip in dataset.test() if clip.name in listed)


def _result(labels: Labels, found: _Progress, models: _Models, dataset: Dataset, every: int) -> CauseResult:
    trained = trained_on(models.own.objects, dataset)
    by_rule = {rule: found.rankings.get(rule, []) for rule in RULES}
    return CauseResult(
        rules={rule: summarise_rule(some, trained) for rule, some in by_rule.items() if any(r.verdicts for r in some)},
        classes={rule: mean_precision(some, labels.classes) for rule, some in by_rule.items()
                 if any(len(ranking.scores) for ranking in some)},
        not_run=found.not_run,
        frames=tuple(row for ranking in by_rule[OURS] for row in rows(ranking)),
        labels=_measured(labels, found, models, trained, every),
    )  # fmt: skip


def _measured(labels: Labels, found: _Progress, models: _Models, trained: frozenset[str], every: int) -> CauseLabels:
    own = models.own
    nameless = _labelled.nameless(labels.classes, own.objects.labels, own.actions.labels)
    teacher = models.teacher.objects.name if models.teacher else None
    return CauseLabels(
        clips=tuple(entry.clip.name for entry in labels.clips),
        frames=sum(len(entry.frames(every)) for entry in labels.clips),
        every=every,
        without_score=found.without_score,
        unmatched=labels.unmatched,
        nameless=tuple(": ".join(name) for name in nameless),
        places=labels.places,
        trained_regions=tuple(sorted(trained)),
        models={"objects": own.objects.name, "actions": own.actions.name, "teacher": teacher},
        protocol=PROTOCOL,
    )


def write_predictions(
    camera: Camera, dataset: Dataset, labels: Path, out: Path, runtime: Runtime, job: JobProgress
) -> None:
    """Rank the causes of every frame that the labels name, and write them as predictions.

    Args:
        camera: that explains.
        dataset: whose test clips the labels name.
        labels: X-MAN's JSON.
        out: CSV ``video,frame,coarse,fine,score``, frames from 1.
        runtime: device and precision.
        job: told of the stages of :mod:`pipeline.evaluation.plan`; the caller that made it ends it.

    Raises:
        DataError: the labels are malformed, or name no clip of the data set.
        StorageError: the file cannot be written.
    """
    found = _labelled.read(dataset, None, labels)
    job.expect(plan.EXPLAINING, sum(len(entry.classes) for entry in found.clips))
    job.begin(plan.OPENING)
    collector = EvidenceCollector(object_models.choose("auto", runtime), action_models.choose("auto", runtime))
    detector, lines, say = camera.build(runtime), list[tuple[object, ...]](), plan.Frames(job)
    job.begin(plan.EXPLAINING)
    known = ThingModels.of(camera, collector.objects.name, (channels.ATTRIBUTES,))
    for entry in found.clips:
        lines += _lines(entry, camera, detector, collector.fresh(), known, runtime, say.of(entry.frames()))
    write_text(out, csv_text.text(COLUMNS, lines))


def _lines(
    entry: LabelledClip, camera: Camera, detector: Detector, collector: EvidenceCollector, known: ThingModels,
    runtime: Runtime, say: Callable[[int], None],
) -> Iterator[tuple[str, int, str, str, float]]:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        kept = [(collector, EvidenceFolder(Path(place)))]
        scored = look_at_things(entry.clip.frames(), known, collector.objects, camera.fps).things if known else None
        clock = _labelled.gather(entry.clip, entry.frames(), detector, camera.normality.median, kept, runtime, say)
        frames = kept[0][1].frames()
        seen = EvidenceSpan(kept[0][1], frames)
        for frame, ranked in zip(frames, ranking.by_frame(seen, camera.normality, OURS, clock, scored), strict=True):
            for cause in ranked:
                yield entry.clip.name, frame + 1, cause.coarse, cause.fine, cause.score
