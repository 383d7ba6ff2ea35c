"""Explanations that a page asks for: jobs, one for each frame of a run, whose folders lie in the run's."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core import pictures
from core.arrays import Floats, Images
from core.errors import InputError
from core.explanation import FILE, Counterfactual, FrameExplanation, read, read_counterfactual
from explain.report.maps import painted, top_of
from jobs import legacy
from jobs.job import Job
from jobs.store import JobStore, new_id
from pipeline import offload
from pipeline.camera import load
from pipeline.explaining import plan
from pipeline.explaining.explanation_files import AFTER, BEFORE, PICTURE, event_frames, read_map
from pipeline.explaining.plan import EVALUATIONS
from pipeline.finished_run import WHY as FOLDER
from pipeline.kinds import EXPLANATION, queue
from pipeline.store import Run

__all__ = ["AFTER", "BEFORE", "EVALUATIONS", "event_frames", "painted", "top_of"]


@dataclass(frozen=True)
class ExplanationRequest:
    """What is asked of one frame.

    Attributes:
        methods: names, joined by commas.
        evaluations: of each method.
        event: whether to compute the counterfactual of the event around the frame.
        threshold: calibrated score at which events are cut.
    """

    methods: str
    evaluations: int
    event: bool
    threshold: float


@dataclass(frozen=True)
class MethodFacts:
    """What is known of the methods before any of them runs.

    Attributes:
        device: where networks run, as speeds are remembered by.
        default: evaluations that a method usually takes, fewer of a larger network.
        about: method to what it is, in a line.
        passes: method to the forward passes that it takes at each of :data:`EVALUATIONS`.
        camera: whose detector the methods ask.
    """

    device: str
    default: int
    about: dict[str, str]
    passes: dict[str, list[float]]
    camera: str

    def expected_seconds(self, evaluations: int) -> dict[str, float]:
        """Return how many seconds each method will take, its figures included, going by what was explained before."""
        at = EVALUATIONS.index(evaluations)
        return plan.expected_seconds(self._subjects, {name: passes[at] for name, passes in self.passes.items()})

    def overhead_seconds(self, event_frames: int) -> float:
        """Return how many seconds are taken beside the methods; replaying an event of so many frames among them."""
        return plan.overhead_seconds(self._subjects, event_frames)

    @property
    def _subjects(self) -> tuple[str, str]:
        return plan.subjects_of(self.camera, self.device)


class Explanation(Job):
    """The explanation of one frame of a run."""

    KIND, NOUN = EXPLANATION, "explanation"

    @property
    def request(self) -> ExplanationRequest:
        """What was asked for."""
        known = {one.name for one in dataclasses.fields(ExplanationRequest)}
        return ExplanationRequest(**{name: value for name, value in self.parameters.items() if name in known})

    @property
    def run_id(self) -> str:
        """The run's id."""
        return self.directory.split("/")[1]

    @property
    def frame(self) -> int:
        """The frame's index."""
        return int(self.folder.name)

    @property
    def finished(self) -> int:
        """How many of its methods are finished."""
        names, stage = self.request.methods.split(","), self.progress.stage
        if self.told is None or stage in (plan.READING, *names[:1]):
            return 0
        return names.index(stage) if stage in names else len(names)


def place(run: Run, frame: int) -> Path:
    """Return the folder of one frame's explanation."""
    return run.folder / FOLDER / f"{int(frame):08d}"


def facts(run: Run) -> MethodFacts:
    """Return what is known of the methods that can explain a run's frames; the first time takes seconds.

    Raises:
        WhycamError: the run's camera is no longer there, or cannot be read; or its clip is kept blurred.
    """
    plan.check_pixels(run)
    camera = load(run.camera or "")
    found = offload.call("pipeline.explaining.budgets:facts", camera.detector, dict(camera.settings))
    return MethodFacts(camera=camera.name, **found)


def submit(run: Run, frame: int, request: ExplanationRequest) -> Explanation:
    """Have a frame explained; what was asked of it before is forgotten, and what was found is kept.

    Raises:
        InputError: no such method, no budget, the frame is being explained already, or the clip is kept blurred.
    """
    plan.chosen(request.methods, facts(run).about)
    if request.evaluations < 1:
        raise InputError(f"a method needs at least one evaluation, got {request.evaluations}")
    before = find(run, frame)
    if before and before.active:
        raise InputError(f"frame {frame} is being explained already; wait for it, or cancel it")
    if before:
        JobStore().delete(before.id)
    title, subject = f"{run.clip}, frame {int(frame)}", f"{run.id}/{int(frame)}"
    directory = f"{run.directory}/{FOLDER}/{int(frame):08d}"
    return queue().add(Explanation, new_id(), title, directory, dataclasses.asdict(request), subject)


def find(run: Run, frame: int) -> Explanation | None:
    """Return the explanation of a frame, after a check of its worker; None if there is none."""
    subject, folder = f"{run.id}/{int(frame)}", place(run, frame)
    if (folder / legacy.STATE).exists():
        legacy.take_over(Explanation, new_id(), folder, lambda request: (f"{run.clip}, frame {int(frame)}", subject))
    return next(iter(queue().find(Explanation, subject=subject)), None)


def explained(run: Run) -> list[int]:
    """List the frames that a run keeps an explanation of, or that are being explained, ascending."""
    return sorted(int(f.name) for f in (run.folder / FOLDER).glob("[0-9]*") if f.name.isdecimal())


def result(run: Run, frame: int) -> FrameExplanation | None:
    """Return a frame's explanation; None if no method is finished yet."""
    return read(place(run, frame)) if (place(run, frame) / FILE).exists() else None


def counterfactual(run: Run, frame: int) -> Counterfactual | None:
    """Return the counterfactual of a frame's event; None if there is none."""
    return read_counterfactual(place(run, frame))


def maps(run: Run, frame: int, names: Sequence[str]) -> dict[str, Floats]:
    """Return the maps of some methods, (H, W) each."""
    return {name: read_map(place(run, frame), name) for name in names}


def picture(run: Run, frame: int) -> Images:
    """Return the frame that was explained, (H, W, 3) uint8 RGB."""
    try:
        return pictures.read(place(run, frame) / PICTURE)
    except InputError as error:
        raise InputError(f"the picture of frame {frame} is no longer there; explain the frame again") from error
