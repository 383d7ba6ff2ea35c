"""The process that computes one evaluation: ``python -m pipeline.evaluation.worker ID``."""

import fcntl
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace

from core.errors import WhycamError
from core.files import home, write_json
from core.progress import JobProgress, Progress, kept
from pipeline.evaluation import evaluations
from pipeline.evaluation.current import FINGERPRINT, fingerprint
from pipeline.evaluation.evaluations import CURVES, PREDICTIONS, RESULT, SCORES, Evaluation
from pipeline.evaluation.plan import DRAWING, JUDGING, STAGES, job_of

NICE = 5
TELL_SECONDS = 0.5


def work(evaluation_id: str) -> int:
    """Wait for the machine's one place to compute, compute, and note how it ended.

    Returns:
        The process's exit code: 0 done, 2 the input was wrong, 1 our own failure.
    """
    found = evaluations.get(evaluation_id)
    try:
        with (home() / "compute.lock").open("w") as place:
            fcntl.flock(place, fcntl.LOCK_EX)
            evaluations.say(evaluation_id, state="running")
            _compute(found)
        evaluations.say(evaluation_id, state="done")
        return 0
    except WhycamError as error:
        evaluations.say(evaluation_id, state="failed", error=_named(str(error), found))
        return 2
    except Exception as error:
        traceback.print_exc()
        said = f"Whycam itself failed on this evaluation ({type(error).__name__}); see worker.log in {found.folder}"
        evaluations.say(evaluation_id, state="failed", error=said)
        return 1


def _compute(found: Evaluation) -> None:
    request = found.request
    if request.explains:
        _explanations(found)
    else:
        _detection(found)


def _explanations(found: Evaluation) -> None:
    from pipeline.evaluation.xman import measure_files

    request, labels = found.request, evaluations.upload(found, "labels")
    predictions, made_by = evaluations.upload(found, "system"), {}
    job = JobProgress("explanations", (*STAGES[:-3], STAGES[-2]), _Teller(found.id))
    if request.kind == "causes":
        from core.device import choose
        from pipeline.camera import load
        from pipeline.evaluation.predicted import write

        predictions, runtime = found.folder / PREDICTIONS, choose()
        job.about(f"{request.system}, {runtime.describe()}")
        camera = load(request.system)
        made_by = {FINGERPRINT: fingerprint(camera)}
        write(camera, evaluations.open_dataset(request.data), labels, predictions, runtime, job)
    job.begin(JUDGING)
    result = measure_files(predictions, labels, names=(request.system, request.labels))
    write_json(found.folder / RESULT, result | {"camera": request.system} | made_by)
    job.finish()


def _detection(found: Evaluation) -> None:
    from core.device import choose
    from pipeline.camera import load
    from pipeline.evaluation import stored
    from pipeline.evaluation.curves import curves, pictures
    from pipeline.evaluation.distort import Distorted, Distortion
    from pipeline.evaluation.evaluate import score
    from pipeline.evaluation.judge import judge, truths_of
    from pipeline.evaluation.protocols import rules_for
    from pipeline.evaluation.rescored import rescored
    from pipeline.false_alarms import compare

    request = found.request
    runtime = choose() if request.kind == "camera" else None
    job = job_of(request.name, request.data, runtime.describe() if runtime else "", _Teller(found.id))
    job.expect(DRAWING, 1)
    dataset, worse = evaluations.open_dataset(request.data), Distortion.read(request.distortion)
    dataset = Distorted(dataset, worse) if worse.say() else dataset
    truths = truths_of(dataset)
    rules = rules_for(request.protocol, request.data, request.normalisation, request.smoothing)
    if runtime is not None:
        own = load(request.system)
        camera = rescored(own, request.by) if request.by else own
        scores = score(camera, request.data, truths, runtime, job, heat=True)
        stored.write(scores, found.folder / SCORES)
    else:
        names, lengths = [clip.name for clip, _ in truths], [len(truth.abnormal) for _, truth in truths]
        scores = stored.read(evaluations.upload(found, "system"), names, lengths)
    job.begin(JUDGING)
    made_of = fingerprint(own) if runtime is not None else ""
    result = replace(judge(scores, truths, rules), system=request.name, data=request.data, distortion=worse.say(),
                     fingerprint=made_of)  # fmt: skip
    if runtime is not None:
        result = replace(result, false_alarms=compare(camera, result.summary.alarms, request.data))
    job.begin(DRAWING)
    drawn = curves(scores, [truth for _, truth in truths], rules)
    pictures(drawn["worst"], truths, found.folder)
    write_json(found.folder / CURVES, drawn)
    write_json(found.folder / RESULT, result.as_json())
    job.finish()


class _Teller:
    """Notes progress, now and then; a new stage is never left out."""

    def __init__(self, evaluation_id: str) -> None:
        self.id, self.told, self.stage = evaluation_id, 0.0, ""

    def __call__(self, progress: Progress) -> None:
        if progress.stage != self.stage or time.monotonic() - self.told >= TELL_SECONDS:
            self.told, self.stage = time.monotonic(), progress.stage
            evaluations.say(self.id, told=kept(progress))


def _named(sentence: str, found: Evaluation) -> str:
    """Put the owner's file names where a sentence gives those of the files here."""
    for name, said in (("system", found.request.system), ("labels", found.request.labels)):
        sentence = sentence.replace(str(evaluations.upload(found, name)), said or name)
    return sentence


def main(run: Callable[[str], int] = work) -> None:
    """Compute the evaluation that the command line names, behind the pages that show it."""
    os.nice(NICE)
    sys.exit(run(sys.argv[1]))


if __name__ == "__main__":
    main()
