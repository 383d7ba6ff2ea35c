"""The stages of an analysis, for its progress and the time that is left."""

import math
from collections.abc import Callable

from core.errors import Cancelled
from core.progress import JobProgress, Stage

LOOKING, LOADING, OBSERVING = "looking at the clip", "loading the models", "observing things"
SCORING, EXPLAINING = "scoring", "looking at events"
GATHERING, RANKING, WRITING = "gathering pictures of events", "ranking causes", "writing the report"
BLURRING = "blurring persons"


def downloading(kind: str) -> str:
    """Return the name of the stage in which a model is downloaded, which is seldom needed."""
    return f"downloading the {kind} model"


STAGES = (
    Stage(LOOKING, start=0.3),
    *(Stage(downloading(kind), "MB", total=0) for kind in ("object", "action")),
    Stage(LOADING, start=1.5),
    Stage(OBSERVING, "frames", start=0.5, each=0.02),
    Stage(SCORING, "frames", start=0.5, each=0.02),
    Stage(EXPLAINING, "frames", start=0.5, each=0.15, follows=SCORING, ratio=0.08, gauge=True),
    Stage(GATHERING, "pictures", start=0.5, each=0.4, follows=SCORING, ratio=0.01),
    Stage(RANKING, "frames", start=0.3, each=0.025, follows=EXPLAINING, ratio=1.0),
    Stage(BLURRING, "frames", start=0.5, each=0.02, total=0),
    Stage(WRITING, "events", start=0.5, each=0.15, follows=EXPLAINING, ratio=0.03),
)
"""What is guessed is of two processor cores; what a machine and a camera took before takes its place."""


def of_all_frames(blur: str) -> tuple[str, ...]:
    """Return the stages that go through all frames of a clip, whose number is known before the first of them.

    >>> of_all_frames("none")
    ('observing things', 'scoring')
    """
    return (OBSERVING, SCORING) if blur == "none" else (OBSERVING, SCORING, BLURRING)


def arriving(
    kind: str, job: JobProgress, cancelled: Callable[[], bool] | None = None
) -> Callable[[int, int | None], None]:
    """Return what tells a job of a model's weights while they are downloaded, in megabytes.

    Args:
        kind: ``object`` or ``action``.
        job: with the stages :func:`downloading` and :data:`LOADING`.
        cancelled: asked after each block.
    """
    begun = False

    def tell(here: int, total: int | None) -> None:
        nonlocal begun
        whole = math.inf if total is None else max(total >> 20, 1)
        if not begun:
            begun = True
            job.begin(downloading(kind), whole)
        job.advance(here >> 20, whole)
        if cancelled is not None and cancelled():
            raise Cancelled(f"cancelled while the {kind} model was downloaded; what arrived is kept")
        if here == total:
            job.begin(LOADING)

    return tell
