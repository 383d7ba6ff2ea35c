"""Runs explanation methods on one frame of a clip, each map with its faithfulness figures.

What is finished is on disk before the next method begins: a cancelled or failed run keeps its maps.
"""

import copy
import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import files, video
from core.arrays import Floats, Images
from core.contracts import Detector
from core.device import Runtime
from core.errors import InputError
from core.explanation import FILE, FrameExplanation, MethodFigures, read
from core.progress import JobProgress
from explain import faithfulness
from explain.attribution import Attribution, AttributionInput, Budget, MethodEntry, Scale, attribute, reduced
from explain.report.maps import painted, png, top_of
from explain.scorer import Scorer
from pipeline import versions
from pipeline.camera import Camera
from pipeline.explaining import plan
from pipeline.explaining.attribution_input import (
    MIN_FRAMES_SEEN,
    FrameContext,
    attribution_input,
    build_input,
    load_window,
)
from pipeline.explaining.explanation_files import PICTURE, read_map
from pipeline.explaining.plan import REPEATED, methods
from pipeline.sampling import Analysed

AROUND = 8
"""Windows behind a frame in which all that its own window needs is found, however many frames are left out."""


@dataclass(frozen=True)
class FrameRequest:
    """What is to be explained, and how.

    Attributes:
        frame: index in the clip.
        methods: names; see :func:`pipeline.explaining.plan.methods`.
        budget: of each method.
        seed: of everything drawn by chance.
        threshold: calibrated score above which a frame is unusual; the camera's own when None.
        scores: calibrated scores of the clip, where it was scored: the largest may be the camera's maximum.
        analysed: which of the clip's frames the detector is shown, where a run knows it.
        masks: (H, W) bool, what is truly unusual in the frame, where that is known.
    """

    frame: int
    methods: tuple[str, ...]
    budget: Budget = field(default_factory=Budget)
    seed: int = 0
    threshold: float | None = None
    scores: Sequence[float] | Floats = ()
    analysed: Analysed | None = None
    masks: Any = None


def explain_frame(
    path: Path, name: str, camera: Camera, request: FrameRequest, out: Path, runtime: Runtime, *,
    job: JobProgress | None = None, cancelled: Callable[[], bool] | None = None,
) -> FrameExplanation:  # fmt: skip
    """Explain one frame of a clip, and write ``METHOD.npy``, ``METHOD.png`` and ``explain.json``.

    Args:
        path: the clip.
        name: what its owner calls it.
        camera: whose footage it is.
        request: what is to be explained.
        out: folder, made when missing; methods that were explained there before with the same question are kept.
        runtime: device and precision.
        job: told how far it is, of :func:`pipeline.explaining.plan.job_of`; the caller that made it ends it.
        cancelled: asked between batches.

    Raises:
        ClipError, InputError: the clip cannot be read, or no window answers for the frame.
        Cancelled: ``cancelled`` said so; what is finished is kept.
    """
    known, subjects = methods(), plan.subjects_of(camera.name, runtime.describe())
    job = job or plan.job_of(subjects, {name: known[name] for name in request.methods}, request.budget.evaluations)
    job.begin(plan.READING)
    detector = camera.build(runtime)
    stop = request.frame + AROUND * detector.window.span + MIN_FRAMES_SEEN
    analysed = request.analysed or Analysed.look(path, video.probe(path).fps, camera.fps, stop)
    context = load_window(path, name, detector, request.frame, analysed)
    question, scale = attribution_input(context, camera, detector, runtime, scores=request.scores,
                                        threshold=request.threshold, seed=request.seed)  # fmt: skip
    explained = FrameExplainer(camera, detector, runtime, question, scale, request, cancelled, job.advance)
    result = _facts(name, camera, request, question, scale, context, runtime)
    finished = _kept(out, result)
    for method in finished:
        job.expect(method, 0)
    for method in request.methods:
        if method not in finished:
            job.begin(method)
            attribution, finished[method] = explained.explain(method, known[method])
            _keep(out, attribution, context.window[question.target])
            finished = _with_agreement(out, finished, question)
            files.write_json(out / FILE, dataclasses.replace(result, methods=finished).as_json())
    return dataclasses.replace(result, methods=finished)


class FrameExplainer:
    """One frame's question with all that its methods are asked and judged by."""

    def __init__(
        self, camera: Camera, detector: Detector, runtime: Runtime, question: AttributionInput, scale: Scale,
        request: FrameRequest, cancelled: Callable[[], bool] | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:  # fmt: skip
        self.camera, self.detector, self.runtime, self.asked = camera, detector, runtime, request
        self.question, self.scale, self.cancelled, self.progress = question, scale, cancelled, progress
        self.passes = 0.0

    def explain(self, name: str, entry: MethodEntry) -> tuple[Attribution, MethodFigures]:
        """Return a method's map and its figures."""
        self.passes = 0.0
        found = attribute(name, entry, self.question, self.asker(self.asked.budget))
        values = reduced(found.map, self.question.heat.shape)
        curves = faithfulness.curves(values, self.question, self.asker(Budget()))
        sanity = round(self.sanity(entry, values), 4) if values.any() else None
        return found, MethodFigures(
            seconds=round(found.seconds, 3),
            evaluations=found.evaluations,
            deletion_auc=round(curves.deletion_auc, 4) if curves else None,
            insertion_auc=round(curves.insertion_auc, 4) if curves else None,
            sanity=sanity,
            stability=round(self.stability(entry, values), 4) if values.any() else None,
            note=found.raw.note,
            frames=tuple(round(float(share), 6) for share in found.frames),
            total=found.raw.total,
            owed=found.raw.owed,
            sane=None if sanity is None else sanity < faithfulness.MAX_SANITY_CORRELATION,
            **({} if self.asked.masks is None else against(found.map, self.asked.masks)),
        )

    def sanity(self, entry: MethodEntry, values: Floats) -> float:
        """Return the rank correlation with the map of a random network; see :func:`faithfulness.sanity`."""

        def explain(share: float) -> Floats:
            network = copy.deepcopy(self.detector)
            faithfulness.randomise(network, share, self.question.seed)
            return self._again(entry, self.question, network)

        return faithfulness.sanity(values, explain)

    def stability(self, entry: MethodEntry, values: Floats) -> float:
        """Return the rank correlation with the map of the same window under a little noise."""
        w = self.detector.window
        window = faithfulness.noisy(self.question.window, w.low, w.high, self.question.seed)
        return faithfulness.rank_correlation(
            values, self._again(entry, dataclasses.replace(self.question, window=window), self.detector)
        )

    def _again(self, entry: MethodEntry, question: AttributionInput, network: Detector) -> Floats:
        """Return the map of a changed window or network, with the same segments and on a scale of its own."""
        raw, scale = build_input(
            question.window, question.fill, question.size, self.camera, network, self.runtime,
            threshold=self.asked.threshold, seed=question.seed,
        )  # fmt: skip
        budget = dataclasses.replace(
            self.asked.budget, evaluations=max(1, math.ceil(self.asked.budget.evaluations * REPEATED))
        )
        again = dataclasses.replace(raw, segments=self.question.segments)
        found = attribute("", entry, again, self._scorer(network, scale, budget))
        return reduced(found.map, question.heat.shape)

    def asker(self, budget: Budget) -> Scorer:
        """Return what asks the detector about this frame, with a budget of its own."""
        return self._scorer(self.detector, self.scale, budget)

    def _scorer(self, network: Detector, scale: Scale, budget: Budget) -> Scorer:
        """Return what asks a network and tells of it, behind what was asked of this method before."""
        before = self.passes

        def heard(passes: float) -> None:
            self.passes = before + passes
            if self.progress is not None:
                self.progress(self.passes)

        return Scorer(network, scale, self.runtime, budget, progress=heard, cancelled=self.cancelled)


def against(values: Floats, mask: Any) -> dict[str, float]:
    """Return a map's figures against a true mask of the same size."""
    return {
        "mass": round(faithfulness.relevance_mass_accuracy(values, mask), 4),
        "rank": round(faithfulness.relevance_rank_accuracy(values, mask), 4),
        "points": float(faithfulness.pointing_game(values, mask)),
    }


def _keep(out: Path, found: Attribution, image: Images) -> None:
    files.folder(out)
    with files.write_whole(out / f"{found.method}.npy") as file:
        np.save(file, found.map, allow_pickle=False)
    with files.write_whole(out / f"{found.method}.png") as file:
        file.write(png(painted(image, found.map, top_of([found.map]))))
    with files.write_whole(out / PICTURE) as file:
        file.write(png(image))


def _facts(
    name: str, camera: Camera, request: FrameRequest, question: AttributionInput, scale: Scale, context: FrameContext,
    runtime: Runtime,
) -> FrameExplanation:  # fmt: skip
    return FrameExplanation(
        clip=name,
        camera=camera.name,
        detector=camera.detector,
        frame=request.frame,
        window=(context.numbers[0], context.numbers[-1]),
        score=float(f"{question.value:.6g}"),
        threshold=float(f"{question.threshold:.6g}"),
        score_db=_calibrated(question.value, scale, camera),
        threshold_db=_calibrated(question.threshold, scale, camera),
        segments=question.regions,
        budget=request.budget.evaluations,
        seed=request.seed,
        sane_below=faithfulness.MAX_SANITY_CORRELATION,
        versions=versions.of(camera, runtime),
    )


def _calibrated(value: float, scale: Scale, camera: Camera) -> float:
    """Return a scalar as the run's own score."""
    return float(f"{scale.raw(value) - camera.normality.median:.6g}")


def _kept(out: Path, facts: FrameExplanation) -> dict[str, MethodFigures]:
    """Return the figures of an earlier run of the very same question."""
    try:
        before = read(out)
    except InputError:
        return {}
    same = dataclasses.replace(before, methods={}) == facts
    return {name: each for name, each in before.methods.items() if same and (out / f"{name}.npy").exists()}


def _with_agreement(
    out: Path, finished: Mapping[str, MethodFigures], question: AttributionInput
) -> dict[str, MethodFigures]:
    """Return each method's figures with how far it agrees with the others."""
    maps = {name: reduced(read_map(out, name), question.heat.shape) for name in finished}
    agreement = faithfulness.agreement(maps)
    return {
        name: dataclasses.replace(figures, agreement=round(agreement[name], 4) if name in agreement else None)
        for name, figures in finished.items()
    }
