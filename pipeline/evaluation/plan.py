"""The stages of an evaluation, for its progress and the time that is left."""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from core.progress import JobProgress, Progress, Stage
from pipeline.plan import OBSERVING
from pipeline.training import plan as training

OPENING, EXPLAINING, SCORING = "loading the camera", "explaining", "scoring"
MEASURING_SCORES, DRAWING = "working out the figures", "drawing curves"

STAGES = (
    Stage(OPENING, start=1.5),
    *(
        Stage(name, "frames", total=0)
        for name in (training.COUNTING, OBSERVING, training.MEASURING, training.NAMING, training.SUMMING)
    ),
    Stage(EXPLAINING, "labelled frames", start=1.0, each=0.2, total=0),
    Stage(SCORING, "frames", start=0.5, each=0.02),
    Stage(MEASURING_SCORES, start=2.0),
    Stage(DRAWING, start=1.0, total=0),
)
"""Normal footage is measured again only with a teacher; causes and curves are optional."""
RESULT_STAGES = (*training.STAGES, *(stage for stage in STAGES if stage.name not in {s.name for s in training.STAGES}))
"""Of a camera that is made and measured at once."""


def job_of(camera: str, data: str, device: str, tell: Callable[[Progress], None] | None = None) -> JobProgress:
    """Return an evaluation's progress."""
    return JobProgress("evaluate", STAGES, tell, subjects=(f"{camera}, {data}, {device}", f"{data}, {device}"))


class Frames:
    """Reports to a job how many of the selected frames are done, over several clips."""

    def __init__(self, job: JobProgress) -> None:
        self.job, self.done = job, 0

    def of(self, frames: Sequence[int]) -> Callable[[int], None]:
        """Return what takes the number of the frame reached in the next clip, whose selected frames ascend."""
        before = self.done
        self.done += len(frames)
        return lambda reached: self.job.advance(before + bisect_left(frames, reached))
