"""Writes a camera's causes on the frames that X-MAN's labels name, as a predictions file."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from core import files
from core.contracts import Detector
from core.datasets import Dataset
from core.device import Runtime
from core.progress import JobProgress
from explain import actions, objects
from explain.causes import ranking
from footage.predictions import COLUMNS
from pipeline.camera import Camera
from pipeline.evaluation import _labelled, plan
from pipeline.evaluation._cause_figures import OURS
from pipeline.evaluation._labelled import LabelledClip
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector

Line = tuple[str, int, str, str, float]


def write_predictions(
    camera: Camera, dataset: Dataset, labels: Path, out: Path, runtime: Runtime,
    job: JobProgress | None = None,
) -> None:  # fmt: skip
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
    job = job or plan.job_of(camera.name, dataset.name, runtime.describe())
    job.expect(plan.EXPLAINING, sum(len(entry.classes) for entry in found.clips))
    job.begin(plan.OPENING)
    collector = EvidenceCollector(objects.choose("auto", runtime), actions.choose("auto", runtime))
    detector, told, say = camera.build(runtime), io.StringIO(), plan.Frames(job)
    writer = csv.writer(told, lineterminator="\n")
    writer.writerow(COLUMNS)
    job.begin(plan.EXPLAINING)
    for entry in found.clips:
        asked = entry.asked(1)
        writer.writerows(_lines(entry, asked, camera, detector, collector.fresh(), runtime,
                                say.of(asked)))  # fmt: skip
    with files.write_whole(out) as file:
        file.write(told.getvalue().encode())


def _lines(
    entry: LabelledClip, asked: Sequence[int], camera: Camera, detector: Detector, collector: EvidenceCollector,
    runtime: Runtime, say: Callable[[int], None],
) -> Iterator[Line]:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        kept = EvidenceFolder(Path(place))
        pairs = [(collector, kept)]
        clock = _labelled.gather(entry.clip, asked, detector, camera.normality.median, pairs, runtime, say)
        if frames := kept.frames():
            seen = kept.between(frames[0], frames[-1])
            for frame, ranked in zip(frames, ranking.by_frame(seen, camera.normality, OURS, clock), strict=True):
                for cause in ranked:
                    yield entry.clip.name, frame + 1, cause.coarse, cause.fine, cause.score
