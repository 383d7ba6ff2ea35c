"""What the command line's ``evaluate`` does, in its several ways."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.console import progress_line, table
from core.datasets import Dataset
from core.errors import InputError
from core.registry import collect, pick
from pipeline.evaluation import plan
from pipeline.evaluation.distort import Distorted, Distortion
from pipeline.evaluation.figures import show, shown
from pipeline.evaluation.judge import evaluate_scores
from pipeline.evaluation.protocols import Rules, rules_for

if TYPE_CHECKING:
    from core.device import Runtime
    from pipeline.camera import Camera

Deliver = Callable[[Any, str | None, str], None]


def run(options: argparse.Namespace, deliver: Deliver) -> int:
    """Check a data set, or measure cameras and score files on it.

    Returns:
        0, or 2 where the check found something wrong.

    Raises:
        InputError: the options do not go together.
    """
    _agree(options)
    dataset = pick("data set", options.data, collect("footage", "DATASETS"))(options.root)
    if options.check:
        from pipeline.evaluation import check

        with progress_line() as line:
            result = check.check(dataset, line)
        deliver(result, options.json, check.show(result))
        return 2 if result["problems"] else 0
    rules = rules_for(options.protocol, dataset.name, options.normalise, options.smooth)
    found = _cameras(options, dataset, rules) if options.camera else []
    for path in options.scores:
        result = evaluate_scores(path, dataset, rules, options.regions, options.heat).as_json()
        found.append((result, show(result)))
    results, texts = [result for result, _ in found], [text for _, text in found]
    if len(results) > 1:
        texts.append(compare(results))
    deliver(results[0] if len(results) == 1 else results, options.json, "\n\n".join(texts))
    return 0


def compare(results: Sequence[dict[str, Any]]) -> str:
    """Set several results in one table."""
    return table(
        [
            {
                "system": result["camera"],
                "distortion": result.get("distortion") or "",
                "AUC": shown(result["auc"]["micro_normalised"]),
                "raw": shown(result["auc"]["micro_raw"]),
                "macro": shown(result["auc"]["macro"]),
                "protocol's": shown(result["auc"]["protocol"]),
                "EER": shown(result["eer"]),
                "index alone": shown(result["frame_index"]["auc"]["micro_normalised"]),
            }
            for result in results
        ]
    )


def _agree(options: argparse.Namespace) -> None:
    if options.check and (options.camera or options.scores):
        raise InputError("--check looks at the data set alone: give it no CAMERA and no --scores")
    if not (options.check or options.camera or options.scores):
        raise InputError("say what to measure: a CAMERA, or --scores with a file; or --check for the data set itself")
    if options.page and (options.regions is None or len(options.camera) != 1 or len(options.distort) > 1):
        raise InputError("--page shows the first causes of one camera: give it one CAMERA, and --regions")
    if options.card and options.distort:
        raise InputError("a card holds no figures of distorted footage: leave out --card or --distort")
    if (options.by or options.distort) and not options.camera:
        raise InputError("--by and --distort need a camera that scores anew: name a CAMERA, or leave them out")
    if options.by and (options.card or options.regions or options.xman):
        raise InputError(
            "a card and causes are of the camera's own score: leave out --by, or --card, --regions, --xman"
        )


def _cameras(options: argparse.Namespace, dataset: Dataset, rules: Rules) -> list[tuple[dict[str, Any], str]]:
    """Measure each camera on the footage, or on each of its distortions."""
    # PyTorch takes a second to import, and scores that are there need none of it.
    from core.device import choose
    from pipeline.camera import load
    from pipeline.evaluation.rescored import rescored

    worse = [Distortion.read(text) for text in options.distort] or [Distortion()]
    if (options.regions or options.xman) and any(way.every > 1 for way in worse):
        raise InputError("label files count all frames: leave out every=, or --regions and --xman")
    cameras, runtime = [load(name) for name in options.camera], choose(options.device)
    if options.by:
        cameras = [rescored(camera, by) for camera in cameras for by in options.by]
    return [_camera(options, camera, dataset, way, rules, runtime) for camera in cameras for way in worse]


def _camera(
    options: argparse.Namespace, camera: "Camera", dataset: Dataset, distortion: Distortion, rules: Rules,
    runtime: "Runtime",
) -> tuple[dict[str, Any], str]:  # fmt: skip
    """Measure one camera, and its causes where label files are given."""
    from pipeline.camera import note
    from pipeline.evaluation.causes import evaluate_causes
    from pipeline.evaluation.causes import show as show_causes
    from pipeline.evaluation.causes_page import Album
    from pipeline.evaluation.evaluate import evaluate

    album, said = Album(camera.normality.heat), distortion.say()
    causes: dict[str, Any] = {}
    asked = Distorted(dataset, distortion) if said else dataset
    with progress_line() as line:
        job = plan.job_of(camera.name, asked.name, runtime.describe(), line)
        if options.regions or options.xman:
            causes = evaluate_causes(
                camera, asked, runtime, regions=options.regions, xman=options.xman, every=options.every,
                objects=options.objects, actions=options.actions, job=job,
                look=album.look if options.page else None,
            )  # fmt: skip
        keep = _file(options.keep, camera, said) if options.keep else None
        found = evaluate(camera, asked, runtime, job, rules=rules, heat=options.heat, keep=keep)
        result = found.as_json() | causes
        job.finish()
    if said:
        result["distortion"] = said
    if options.card:
        note(camera, result)
    if options.page:
        album.write(options.page, result)
    texts = [*([f"distorted: {said}"] if said else []), show(result), *([show_causes(causes)] if causes else [])]
    return result, "\n\n".join(texts)


def _file(folder: Path, camera: "Camera", said: str) -> Path:
    """Return where a camera's scores are kept."""
    return folder / f"{camera.name}{f'-{said}' if said else ''}.npz".replace("=", "").replace(",", "-")
