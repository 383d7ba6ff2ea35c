"""Writes a camera's causes on the frames that X-MAN's labels name, as a predictions file."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from core.contracts import Detector
from core.datasets import Dataset
from core.device import Runtime
from core.files import write_text
from core.progress import JobProgress
from explain import actions, objects
from explain.causes import ranking
from footage.predictions import COLUMNS
from pipeline.camera import Camera
from pipeline.evaluation import _labelled, plan
from pipeline.evaluation._cause_figures import OURS
from pipeline.evaluation._labelled import LabelledClip
from pipeline.evidence import EvidenceFolder, EvidenceSpan
from pipeline.evidence_collector import EvidenceCollector


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
    collector = EvidenceCollector(objects.choose("auto", runtime), actions.choose("auto", runtime))
    detector, text, say = camera.build(runtime), io.StringIO(), plan.Frames(job)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    job.begin(plan.EXPLAINING)
    for entry in found.clips:
        writer.writerows(_lines(entry, camera, detector, collector.fresh(), runtime, say.of(entry.frames())))
    write_text(out, text.getvalue())


def _lines(
    entry: LabelledClip, camera: Camera, detector: Detector, collector: EvidenceCollector, runtime: Runtime,
    say: Callable[[int], None],
) -> Iterator[tuple[str, int, str, str, float]]:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="whycam-") as place:
        kept = [(collector, EvidenceFolder(Path(place)))]
        clock = _labelled.gather(entry.clip, entry.frames(), detector, camera.normality.median, kept, runtime, say)
        frames = kept[0][1].frames()
        seen = EvidenceSpan(kept[0][1], frames)
        for frame, ranked in zip(frames, ranking.by_frame(seen, camera.normality, OURS, clock), strict=True):
            for cause in ranked:
                yield entry.clip.name, frame + 1, cause.coarse, cause.fine, cause.score
