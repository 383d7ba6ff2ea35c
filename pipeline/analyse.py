"""One clip through all stages: decode, score, explain, report; each step on disk, so that a stopped run goes on."""

import dataclasses
import math
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core import device, files, typed_json, video
from core.analysis import Analysis
from core.contracts import Detector
from core.errors import ClipError, DataError, InputError, WeightsError
from core.progress import JobProgress, Progress
from core.records import Evidence
from explain import report
from jobs.locks import exclusive
from pipeline import channels, fault_pictures, finished_run, first_results, frame_log, heat_frames, plan, versions
from pipeline.blurring import explain_and_blur
from pipeline.burnt_in import EDGE_SHARE
from pipeline.camera import Camera, look
from pipeline.event_evidence import EventEvidence, wanted_frames
from pipeline.events import EventRule
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from pipeline.explained_before import EXPLAINED, blurred_by
from pipeline.finished_run import EVIDENCE, FACTS, WHY
from pipeline.first_things import FirstThings
from pipeline.model_weights import sha256_of
from pipeline.name_warning import name_warning
from pipeline.retention import kept_blur
from pipeline.run_facts import RunFacts
from pipeline.sampling import check_rate
from pipeline.scoring import TEXTS, Scoring
from pipeline.thing_scores import Models, observe_clip, observing_model, spots_of, with_channels

FASTEST = 1000
"""Frames per second that a user may claim."""
SMALLEST = 40
"""Pixels across and down of a clip's pictures, at least: in fewer a person is not recognisable."""
REPEATED = 0.05
"""Share of frames that repeat the one before from which on this is said."""


def analyse(
    path: Path, camera: Camera, folder: Path, *, name: str | None = None, threshold: float | None = None,
    runtime: device.Runtime | None = None, objects: str = "auto", actions: str = "auto", fps: float | None = None,
    progress: Callable[[Progress], None] | None = None, blur: str = "none", copy: Path | None = None,
    cancelled: Callable[[], bool] = bool, warn: Callable[[str], None] = lambda sentence: None,
) -> Analysis:  # fmt: skip
    """Analyse one clip, and write ``report.html``, ``report.json`` and ``scores.csv`` into ``folder``.

    Called again on the folder of a stopped run of the same clip and camera, it goes on where that one stopped.

    Args:
        path: the clip.
        camera: whose footage it is.
        folder: of this run; made when missing.
        name: shown instead of the file's name.
        threshold: calibrated score above which a frame is unusual; the camera's own when None.
        runtime: device and precision; the best there is when None.
        objects: object backend, or ``auto``.
        actions: action backend, or ``auto``.
        fps: frames in a second of a clip that does not tell; the camera's when None.
        progress: called at the beginning of every stage and after every chunk of frames.
        blur: one of :data:`pipeline.blurs.BLURS`: what is blurred in all that the folder keeps, once the answer is
            known; what is set for the camera counts where that is stronger (:mod:`pipeline.retention`).
        copy: where the blurred clip goes, if anything is blurred; None for no such clip.
        cancelled: asked after every chunk of frames.
        warn: told before the clip is scored what is wrong with its file, a sentence each.

    Raises:
        ClipError: the clip cannot be read, or has fewer frames than one window.
        InputError: the threshold is no finite number, frames per second are out of range, or another process writes
            into ``folder``.
        WeightsError: the camera's weights cannot be used, or its detector's scores are no numbers.
        Cancelled: ``cancelled`` said so; what was done is kept.
        StorageError: the disk is full.
    """
    runtime, mode = runtime or device.choose(), kept_blur(camera.name, blur)
    with exclusive(folder):
        job = JobProgress("analyse", plan.STAGES, progress, subjects=(runtime.describe(),))
        job.begin(plan.LOOKING)
        facts = _facts(path, camera, name, threshold, fps, runtime)
        clip = facts.clip
        for sentence in clip.notes:
            warn(_named(sentence, path, clip.name))
        job.about(f"{camera.name}, {clip.width}x{clip.height}, {runtime.describe()}", runtime.describe())
        if frames := clip.frames or clip.announced:
            for stage in plan.of_all_frames(mode):
                job.expect(stage, frames, roughly=clip.frames is None)
        job.begin(plan.LOADING)
        detector = camera.build(runtime)
        _check_length(clip.frames, clip.name, camera, detector)
        collector = EvidenceCollector.load(objects, actions, runtime, job, cancelled)
        facts = _begin(folder, facts, detector, collector, camera, mode)
        facts, joined = _observe(path, folder, facts, camera, collector, runtime, job, cancelled)
        scoring = Scoring(path, clip, detector, camera.fps, camera.normality, facts.floor, collector, runtime, joined)
        _score(scoring, folder, facts, camera, job, cancelled)
        _gather(path, folder, detector, collector, runtime, job, cancelled)
        _report(result := explain_and_blur(path, folder, mode, copy, job, cancelled), folder, job)
        job.finish()
    return result


def _observe(
    path: Path, folder: Path, facts: RunFacts, camera: Camera, collector: EvidenceCollector, runtime: device.Runtime,
    job: JobProgress, cancelled: Callable[[], bool],
) -> tuple[RunFacts, Callable[[int, float], float]]:  # fmt: skip
    """Score the things of a clip; complete the facts, and return how a frame's score is joined."""
    model = observing_model(camera, collector.objects, runtime)
    try:
        models = Models.of(camera, model.name)
        early = with_channels(facts, camera, (), models)
        first_results.begin(folder, early)
        known, places = models.attributes, early.normality.places
        told = FirstThings(folder, known, early.threshold, places) if known else None
        found = observe_clip(path, facts.clip.fps, folder, models, model, job, cancelled, told)
    except (ClipError, WeightsError, DataError):
        _discard(folder)
        raise
    collector.known = found if model is collector.objects else {}
    facts = with_channels(facts, camera, spots_of(folder), models)
    return facts, partial(channels.joined_in, kinds=channels.kept(folder), channels=facts.channels)


def _score(
    scoring: Scoring, folder: Path, facts: RunFacts, camera: Camera, job: JobProgress, cancelled: Callable[[], bool]
) -> None:
    """Score the clip, and complete the facts with what was found while it was read."""
    clip = scoring.clip
    if scoring.sampler.fresh < 1:
        check_rate(clip.fps, camera.name, camera.fps, clip.name, scoring.sampler.fresh)
    try:
        scoring.run(folder, job, cancelled)
        _check_length(scoring.frames, clip.name, camera, scoring.detector)
        read = [_named(sentence, scoring.path, clip.name) for sentence in scoring.reading.notes]
        found = [*_repeats(scoring, camera, clip.name), *_texts(scoring), *_weather(scoring)]
    except (ClipError, WeightsError):
        _discard(folder)
        raise
    facts = dataclasses.replace(
        facts, clip=dataclasses.replace(clip, frames=scoring.frames, announced=scoring.reading.announced),
        warnings=(*read, *facts.warnings, *found), repeated=scoring.sampler.repeated, unread=scoring.reading.unread,
        disturbances=scoring.disturbances, texts=scoring.texts,
    )  # fmt: skip
    files.write_json(folder / FACTS, dataclasses.asdict(facts))


def _gather(
    path: Path, folder: Path, detector: Detector, collector: EvidenceCollector, runtime: device.Runtime,
    job: JobProgress, cancelled: Callable[[], bool],
) -> None:  # fmt: skip
    """Keep evidence of the frames that stand for the events in the report."""
    job.begin(plan.GATHERING)
    kept = finished_run.read(folder)
    facts = kept.facts
    fault_pictures.keep(path, folder, facts.disturbances, facts.clip.fps, cancelled)
    second = EventEvidence(
        kept.log, detector, collector.fresh(collector.known), runtime, facts.texts, facts.normality.heat
    )
    evidence = EvidenceFolder(folder / EVIDENCE)
    events = [*kept.events(facts.threshold), *(event for event, _ in kept.standing_events)]
    frames = wanted_frames(events, evidence.frames())
    second.gather(path, facts.clip.fps, frames, evidence, job.advance, cancelled)


def _report(result: Analysis, folder: Path, job: JobProgress) -> None:
    """Write the report, and say which of its pictures is reached."""
    kept, shown = EvidenceFolder(folder / EVIDENCE), 0

    def evidence(frame: int) -> Evidence:
        nonlocal shown
        found = kept.get(frame)
        shown = min(shown + 1, len(result.events))
        job.advance(shown)
        return found

    job.begin(plan.WRITING, len(result.events))
    report.write(result, evidence, folder, folder / WHY)
    first_results.end(folder)


def _texts(scoring: Scoring) -> list[str]:
    """Say that text is burnt into the picture where the camera's footage had none."""
    if not scoring.texts:
        return []
    edge, places = scoring.clip.height * EDGE_SHARE, ("upper edge", "middle", "lower edge")
    where = {0 if box[1] < edge else 2 if box[3] > scoring.clip.height - edge else 1
             for box in (text.box for text in scoring.texts)}  # fmt: skip
    said = " and ".join(places[place] for place in sorted(where))
    return [f"There is text at the {said} of the picture that the camera's footage did not have: it is left out "
            "of the scores."]  # fmt: skip


def _weather(scoring: Scoring) -> list[str]:
    """Say that weather may hide what is weakly unusual: nothing unusual is less sure in it."""
    if not scoring.wet:
        return []
    share = f"{scoring.wet:.0%}" if scoring.wet >= 0.01 else "less than 1%"
    return [
        f"Drops or flakes are all over the picture in {share} of the analysed frames: they are taken out of "
        "what is scored, and what is weakly unusual there may be missed."
    ]


def _repeats(scoring: Scoring, camera: Camera, name: str) -> list[str]:
    """Say how many frames repeat the one before, and hold the rate that is left against the camera's."""
    count, frames = scoring.sampler.repeated, scoring.frames
    if count < REPEATED * frames:
        return []
    said = f"{count:,} of {frames:,} frames of {name!r} repeat the one before: the detector was not shown them."
    slow = check_rate(scoring.clip.fps, camera.name, camera.fps, name, 1 - count / frames)
    return [said, slow] if slow else [said]


def _facts(
    path: Path, camera: Camera, name: str | None, threshold: float | None, fps: float | None, runtime: device.Runtime
) -> RunFacts:
    if fps is not None and not 0 < fps <= FASTEST:
        raise InputError(f"frames per second must be above 0 and {FASTEST} at most, got {fps:g}")
    probed = video.probe(path, fps or camera.fps)
    probed = dataclasses.replace(probed, name=name or probed.name)
    if min(probed.width, probed.height) < SMALLEST:
        raise ClipError(f"{probed.name!r} is {probed.width}x{probed.height} pixels, too small to tell what is in it; a "
                        f"clip must have at least {SMALLEST}x{SMALLEST}")  # fmt: skip
    limit = camera.threshold if threshold is None else threshold
    if not math.isfinite(limit) or (threshold is not None and limit < 0):
        # Half of all normal frames lie under 0.
        raise InputError(f"the threshold must be a finite number from 0, got {limit:g}; camera {camera.name} uses "
                         f"{camera.threshold:.2f}")  # fmt: skip
    rate = check_rate(probed.fps, camera.name, camera.fps, probed.name)
    differences, alike = look(camera, path)
    return RunFacts(
        clip=probed, camera=camera.name, detector=camera.detector, models={}, threshold=limit, alike=round(alike, 4),
        camera_floor=camera.floor, floor=min(camera.floor, limit * EventRule().low), normality=camera.normality,
        normal_seconds=camera.normality.frames / camera.fps, alarms=camera.alarms, source=str(path.resolve()),
        warnings=(*([rate] if rate else []), *differences), versions=versions.of(camera, runtime),
    )  # fmt: skip


def _named(sentence: str, path: Path, name: str) -> str:
    """Put the name that a clip's owner gave it where a sentence gives that of its file."""
    return sentence.replace(repr(path.name), repr(name))


def _discard(folder: Path) -> None:
    """Remove what a clip that cannot be analysed left in its run's folder."""
    for name in (
        FACTS, TEXTS, frame_log.FILE, frame_log.SCORES_ALONE, heat_frames.INDEX, heat_frames.GRIDS, channels.KEPT,
        channels.THINGS, channels.SPOTS, EXPLAINED,
    ):  # fmt: skip
        (folder / name).unlink(missing_ok=True)
    for kept in (EVIDENCE, fault_pictures.FOLDER):
        shutil.rmtree(folder / kept, ignore_errors=True)
    first_results.end(folder)


def _check_length(frames: int | None, name: str, camera: Camera, detector: Detector) -> None:
    span = detector.window.span
    if frames is not None and frames < span:
        raise ClipError(f"{name!r} has {frames} frames, fewer than the {span} that camera {camera.name} looks at once")


def _begin(
    folder: Path, facts: RunFacts, detector: Detector, collector: EvidenceCollector, camera: Camera, blur: str
) -> RunFacts:  # fmt: skip
    """Make the run's folder ready, keeping what an earlier try of the same analysis left there; add what models say."""
    models = {"objects": collector.objects.name, "actions": collector.actions.name}
    doubt, span = name_warning(models, camera.card), detector.window.span
    answered = {kind: sha256 for kind, name in models.items() if (sha256 := sha256_of(name))}
    facts = dataclasses.replace(facts, span=span, models=models, models_sha256=answered, doubt=doubt)
    files.folder(folder)
    try:
        before = typed_json.read(RunFacts, folder / FACTS, unknown="ignore")
        same = [(one.clip.sha256, one.camera, one.threshold, one.versions, one.models, one.models_sha256)
                for one in (before, facts)]  # fmt: skip
        if same[0] == same[1] and blurred_by(folder) in ("none", blur):
            return facts
    except InputError:
        pass  # absent or damaged: the analysis begins anew
    _discard(folder)
    files.write_json(folder / FACTS, dataclasses.asdict(facts))
    return facts
