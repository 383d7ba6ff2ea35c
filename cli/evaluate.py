"""The verb ``evaluate``: cameras and score files measured on a data set's test clips, or the data set checked."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.arguments import Verb, count, device, json_file, models
from cli.output import deliver
from cli.progress import progress_line
from core.errors import InputError

if TYPE_CHECKING:
    from core.datasets import Dataset
    from core.device import Runtime
    from pipeline.camera import Camera
    from pipeline.evaluation.cause_results import CauseResult
    from pipeline.evaluation.protocols import Rules
    from pipeline.evaluation.summary import EvaluationResult

DIFFERENCE = "difference"
"""What ``--by`` calls the plain difference of two frames: a system of its own, beside any camera."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one system.

    Attributes:
        result: of its scores.
        text: the result and the causes, for the terminal.
        causes: of :func:`pipeline.evaluation.causes.evaluate_causes`; None without label files.
    """

    result: "EvaluationResult"
    text: str
    causes: "CauseResult | None" = None

    def as_json(self) -> dict[str, Any]:
        """Return the keys that ``docs/interfaces.md`` names."""
        return {**self.result.as_json(), **(self.causes.as_json() if self.causes else {})}


def _arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("camera", nargs="*", metavar="CAMERA", help="'./whycam list cameras' names them")
    verb.add_argument("--data", required=True, metavar="DATASET", help="'./whycam list datasets' names them")
    verb.add_argument("--root", type=Path, default=Path(), metavar="DIR", help="folder of the data set, as published")
    verb.add_argument("--check", action="store_true", help="only count and read all files of the data set")
    _protocol(verb)
    verb.add_argument("--card", action="store_true", help="write the figures on each camera's card, too")
    verb.add_argument("--regions", type=Path, metavar="CSV", help="annotated boxes: measure the first causes")
    verb.add_argument("--xman", type=Path, metavar="JSON", help="classes in X-MAN's form: measure their mAP")
    verb.add_argument("--every", type=count, default=1, metavar="N", help="use each N-th labelled frame (default 1)")
    models(verb)
    verb.add_argument("--page", type=Path, metavar="FILE", help="show the first causes in Markdown, with pictures")
    json_file(verb)
    device(verb)


def _protocol(verb: argparse.ArgumentParser) -> None:
    """Add what says how scores become figures."""
    verb.add_argument("--protocol", default="whycam", metavar="NAME",
                      help="protocol from scores to figures: whycam (default), mnad, future-frame, lntra, itae, "
                      "decoupled, thesis or vqunet")  # fmt: skip
    verb.add_argument("--normalise", metavar="WAY", help="none, min-max or sliding, in place of the protocol's own")
    verb.add_argument("--smooth", metavar="WAY", help="none, savgol or gaussian, in place of the protocol's own")
    verb.add_argument("--scores", type=Path, nargs="+", default=[], metavar="FILE",
                      help="measure these scores: .npz as --keep writes them, or CSV video,frame,score")  # fmt: skip
    verb.add_argument("--keep", type=Path, metavar="DIR", help="keep each camera's scores and heat there, as .npz")
    verb.add_argument("--heat", default="tube", metavar="WAY",
                      help="map that localisation is measured on: tube (default: means over a person's "
                      "size and half a second), patch (over a person's size) or raw")  # fmt: skip
    verb.add_argument("--distort", action="append", default=[], metavar="HOW",
                      help="measure distorted footage, causes too, such as brightness=0.5,rain=heavy,blur=2,every=3; "
                      "may be given several times")  # fmt: skip
    verb.add_argument("--by", action="append", default=[], metavar="SCORE",
                      help="measure by this score in place of all joined: pixels, attributes or standing; "
                      "z (latent code) or p (pixels) of decoupled-*; difference adds the plain difference of two "
                      "frames, and needs no CAMERA; may be given several times")  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Check a data set, or measure cameras and score files on it.

    Returns:
        0, or 2 where the check found something wrong.
    """
    from core.registry import collect, pick

    make = pick("data set", options.data, collect("footage", "DATASETS"))
    _agree(options)
    dataset = make(options.root)
    if options.check:
        return _check(options, dataset)
    from cli import evaluation_text
    from pipeline.evaluation.evaluate_scores import evaluate_score_file
    from pipeline.evaluation.protocols import rules_for

    rules = rules_for(options.protocol, dataset.name, options.normalise, options.smooth)
    for path in (*options.scores, options.regions, options.xman):
        if path and not path.is_file():
            raise InputError(f"there is no file {str(path)!r}")
    found = list(_cameras(options, dataset, rules)) if options.camera or options.by else []
    for path in options.scores:
        result = evaluate_score_file(path, dataset, rules, options.regions, options.heat)
        found.append(Measured(result, evaluation_text.evaluation(result)))
    results, texts = [one.as_json() for one in found], [one.text for one in found]
    if len(results) > 1:
        texts.append(evaluation_text.comparison([one.result for one in found]))
    deliver(results[0] if len(results) == 1 else results, options.json, "\n\n".join(texts))
    return 0


def _agree(options: argparse.Namespace) -> None:
    """Refuse options that do not go together.

    Raises:
        InputError: they do not.
    """
    if options.check and (options.camera or options.scores):
        raise InputError("--check reads only the data set: leave out CAMERA and --scores")
    own = [by for by in options.by if by != DIFFERENCE]
    if not (options.check or options.camera or options.scores or options.by):
        raise InputError("say what to measure: a CAMERA, or --scores with a file; or --check for the data set itself")
    if options.page and (options.regions is None or len(options.camera) != 1 or len(options.distort) > 1):
        raise InputError("--page shows the first causes of one camera: give it one CAMERA, and --regions")
    if options.card and options.distort:
        raise InputError("a card holds no figures of distorted footage: leave out --card or --distort")
    if (own or (options.distort and not options.by)) and not options.camera:
        raise InputError("--by and --distort need a camera that scores anew: name a CAMERA, or leave them out")
    if own and (options.card or options.regions or options.xman):
        raise InputError(
            "a card and causes are of the camera's own score: leave out --by, or --card, --regions, --xman"
        )


def _check(options: argparse.Namespace, dataset: "Dataset") -> int:
    """Check the data set alone."""
    from cli import evaluation_text
    from pipeline.evaluation.check import check

    with progress_line() as line:
        result = check(dataset, line)
    deliver(result, options.json, evaluation_text.checked(result))
    return 2 if result["problems"] else 0


def _cameras(options: argparse.Namespace, dataset: "Dataset", rules: "Rules") -> Iterator[Measured]:
    """Measure each camera on the footage, or on each of its distortions."""
    # PyTorch takes a second to import, and scores that are there need none of it.
    from core.device import choose
    from pipeline.camera import load
    from pipeline.evaluation.alternative_scores import with_score
    from pipeline.evaluation.distortion import DistortedDataset, Distortion

    distortions = [Distortion.read(text) for text in options.distort] or [Distortion()]
    if (options.regions or options.xman) and any(each.every > 1 or each.size != 1 for each in distortions):
        raise InputError("label files count all frames and pixels: leave out every= and size=, or --regions and --xman")
    cameras, runtime = [load(name) for name in options.camera], choose(options.device)
    if own := [by for by in options.by if by != DIFFERENCE]:
        cameras = [with_score(camera, by) for camera in cameras for by in own]
    told = [(one.describe(), DistortedDataset(dataset, one) if one.describe() else dataset) for one in distortions]
    for camera in cameras:
        for said, footage in told:
            yield _camera(options, camera, footage, said, rules, runtime)
    if DIFFERENCE in options.by:
        for said, footage in told:
            yield _difference(options, dataset, footage, said, rules)


def _camera(
    options: argparse.Namespace, camera: "Camera", dataset: "Dataset", distorted: str, rules: "Rules",
    runtime: "Runtime",
) -> Measured:  # fmt: skip
    """Measure one camera, and its causes where label files are given; ``distorted`` says how the footage is."""
    from cli import evaluation_text
    from pipeline.camera import note
    from pipeline.evaluation import plan
    from pipeline.evaluation.causes import evaluate_causes
    from pipeline.evaluation.causes_page import CausePictures
    from pipeline.evaluation.evaluate import evaluate

    pictures, causes = CausePictures(camera.normality.heat), None
    with progress_line() as line:
        job = plan.job_of(camera.name, dataset.name, runtime.describe(), line)
        if options.regions or options.xman:
            causes = evaluate_causes(
                camera, dataset, runtime, regions=options.regions, xman=options.xman, every=options.every, job=job,
                objects=options.objects, actions=options.actions, look=pictures.add if options.page else None,
            )  # fmt: skip
        keep = options.keep / _file(camera.name, distorted) if options.keep else None
        result = evaluate(camera, dataset, runtime, job, rules=rules, heat=options.heat, keep=keep)
        job.finish()
    texts = [f"distorted: {distorted}"] if distorted else []
    texts += [evaluation_text.evaluation(result), *([evaluation_text.causes(causes)] if causes else [])]
    found = Measured(replace(result, distortion=distorted), "\n\n".join(texts), causes)
    if options.card:
        note(camera, found.as_json())
    if options.page and causes:
        pictures.write(options.page, camera.name, result.data, causes)
    return found


def _difference(
    options: argparse.Namespace, plain: "Dataset", dataset: "Dataset", distorted: str, rules: "Rules"
) -> Measured:
    """Measure the plain difference of two frames; normal footage is never distorted, as that of cameras is not."""
    from cli import evaluation_text
    from pipeline import frame_difference
    from pipeline.evaluation import plan
    from pipeline.evaluation.difference import evaluate_difference
    from pipeline.evaluation.evaluate_scores import truths_of

    keep = options.keep / _file(DIFFERENCE, distorted) if options.keep else None
    with progress_line() as line:
        job = plan.job_of(frame_difference.NAME, dataset.name, "cpu", line)
        result = evaluate_difference(plain.name, plain.training(), truths_of(dataset), job, rules=rules, keep=keep)
        job.finish()
    texts = [f"distorted: {distorted}"] if distorted else []
    return Measured(replace(result, distortion=distorted), "\n\n".join([*texts, evaluation_text.evaluation(result)]))


def _file(camera: str, distorted: str) -> str:
    return f"{camera}{f'-{distorted}' if distorted else ''}.npz".replace("=", "").replace(",", "-")


VERB = Verb(
    "evaluate",
    "measure cameras on clips with ground truth",
    "Each figure is printed with the frame-index baseline, the same figure for the frame's number as a score. "
    "docs/interfaces.md explains the figures.",
    "evaluate ucsd-ped2 --data ped2 --root path/to/UCSDped2",
    _arguments,
    run,
)
