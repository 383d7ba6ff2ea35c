"""The job that computes one evaluation."""

from dataclasses import replace
from typing import TYPE_CHECKING

from core.files import write_json
from core.progress import JobProgress
from jobs.worker import JobContext
from pipeline.evaluation import evaluations
from pipeline.evaluation.evaluations import CURVES, PREDICTIONS, RESULT, SCORES, Evaluation
from pipeline.evaluation.latest import fingerprint
from pipeline.evaluation.plan import DRAWING, MEASURING_SCORES, STAGES, job_of

if TYPE_CHECKING:
    from pipeline.evaluation.evaluate_scores import Truths
    from pipeline.evaluation.protocols import Rules
    from pipeline.evaluation.score_files import ScoreFile
    from pipeline.evaluation.summary import EvaluationResult


def run(context: JobContext) -> None:
    """Compute the requested evaluation, and write the result into its folder.

    Raises:
        InputError: a camera, a data set or an uploaded file cannot be read, or they do not go together.
    """
    found = context.store.get(context.job.id, Evaluation)
    context.owner_names = lambda sentence: _named(sentence, found)
    if found.request.explains:
        _explanations(found, context)
    else:
        _detection(found, context)


def _explanations(found: Evaluation, context: JobContext) -> None:
    from pipeline.evaluation.xman import measure_files

    request, labels = found.request, evaluations.upload(found, "labels")
    predictions, made_of = evaluations.upload(found, "system"), ""
    job = JobProgress("explanations", (*STAGES[:-3], STAGES[-2]), context.progress)
    if request.kind == "causes":
        from core.device import choose
        from pipeline.camera import load
        from pipeline.evaluation.causes import write_predictions

        predictions, runtime = found.folder / PREDICTIONS, choose()
        job.about(f"{request.system}, {runtime.describe()}")
        camera = load(request.system)
        made_of = fingerprint(camera)
        write_predictions(camera, evaluations.open_dataset(request.data), labels, predictions, runtime, job)
    job.begin(MEASURING_SCORES)
    result = measure_files(predictions, labels, names=(request.system, request.labels))
    result = replace(result, camera=request.system, camera_fingerprint=made_of)
    write_json(found.folder / RESULT, result.as_json())
    job.finish()


def _detection(found: Evaluation, context: JobContext) -> None:
    from pipeline.evaluation.curves import curves, pictures
    from pipeline.evaluation.distortion import DistortedDataset, Distortion
    from pipeline.evaluation.evaluate_scores import truths_of
    from pipeline.evaluation.protocols import rules_for

    request = found.request
    dataset, distortion = evaluations.open_dataset(request.data), Distortion.read(request.distortion)
    truths = truths_of(DistortedDataset(dataset, distortion) if distortion.describe() else dataset)
    rules = rules_for(request.protocol, request.data, request.normalisation, request.smoothing)
    job, scores, result = (_of_camera if request.kind == "camera" else _of_file)(found, truths, rules, context)
    result = replace(result, system=request.name, data=request.data, distortion=distortion.describe())
    job.begin(DRAWING)
    drawn = curves(scores, [truth for _, truth in truths], rules)
    pictures(drawn["worst"], truths, found.folder)
    write_json(found.folder / CURVES, drawn)
    write_json(found.folder / RESULT, result.as_json())
    job.finish()


Scored = tuple[JobProgress, "ScoreFile", "EvaluationResult"]


def _of_camera(found: Evaluation, truths: "Truths", rules: "Rules", context: JobContext) -> Scored:
    from core.device import choose
    from pipeline.camera import load
    from pipeline.evaluation import score_files
    from pipeline.evaluation.alternative_scores import with_score
    from pipeline.evaluation.evaluate import score
    from pipeline.evaluation.evaluate_scores import evaluate_scores
    from pipeline.false_alarms import compare

    request, runtime = found.request, choose()
    job = job_of(request.name, request.data, runtime.describe(), context.progress)
    job.expect(DRAWING, 1)
    own = load(request.system)
    camera = with_score(own, request.by) if request.by else own
    scores = score(camera, request.data, truths, runtime, job, heat=True)
    score_files.write(scores, found.folder / SCORES)
    job.begin(MEASURING_SCORES)
    result = evaluate_scores(scores, truths, rules)
    alarms = compare(camera, result.summary.alarms, request.data)
    return job, scores, replace(result, fingerprint=fingerprint(own), false_alarms=alarms)


def _of_file(found: Evaluation, truths: "Truths", rules: "Rules", context: JobContext) -> Scored:
    from pipeline.evaluation import score_files
    from pipeline.evaluation.evaluate_scores import evaluate_scores

    job = job_of(found.request.name, found.request.data, "", context.progress)
    job.expect(DRAWING, 1)
    names, lengths = [clip.name for clip, _ in truths], [len(truth.abnormal) for _, truth in truths]
    scores = score_files.read(evaluations.upload(found, "system"), names, lengths)
    job.begin(MEASURING_SCORES)
    return job, scores, evaluate_scores(scores, truths, rules)


def _named(sentence: str, found: Evaluation) -> str:
    """Put the owner's file names where a sentence gives those of the files here."""
    for name, said in (("system", found.request.system), ("labels", found.request.labels)):
        sentence = sentence.replace(str(evaluations.upload(found, name)), said or name)
    return sentence
