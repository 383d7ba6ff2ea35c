"""The stages in which a camera is made, for its progress and the time that is left."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.progress import JobProgress, Stage
from pipeline.plan import LOADING, OBSERVING, downloading

if TYPE_CHECKING:
    from pipeline.training.loop import Step

SURVEYING, TRYING, READING = "looking at the footage", "trying this machine's speed", "reading the footage"
LEARNING, COUNTING = "learning", "counting the frames"
MEASURING, NAMING, SUMMING = "measuring what is normal", "naming what is there", "summing up what is normal"

STAGES = (
    Stage(SURVEYING, "frames", start=0.5, each=0.005),
    Stage(TRYING, start=6.0),
    Stage(READING, "frames", start=0.2, each=0.005, follows=SURVEYING, ratio=0.75),
    Stage(LEARNING, "windows", start=1.0),
    *(Stage(downloading(kind), "MB", total=0) for kind in ("object", "action")),
    Stage(LOADING, start=1.0),
    Stage(COUNTING, "frames", start=0.2, each=0.004, follows=READING, ratio=1.0),
    Stage(OBSERVING, "frames", start=0.5, each=0.02, follows=COUNTING, ratio=1.0),
    Stage(MEASURING, "frames", start=0.5, each=0.03, follows=COUNTING, ratio=1.0),
    Stage(NAMING, "frames", start=0.5, each=0.15, follows=MEASURING, ratio=0.2, gauge=True),
    Stage(SUMMING, "frames", start=0.2, each=0.01, follows=NAMING, ratio=1.0),
)
"""What is guessed is of two processor cores; what this machine took before takes its place."""


def steps(job: JobProgress, report: "Callable[[Step], None] | None" = None) -> "Callable[[Step], None]":
    """Return what tells a job where its training stands, behind whom else that is reported to."""

    def follow(step: "Step") -> None:
        if report is not None:
            report(step)
        if step.loss is None:
            job.begin(LEARNING, step.windows, step.behind)
        else:
            job.advance(step.behind, step.windows)

    return follow
