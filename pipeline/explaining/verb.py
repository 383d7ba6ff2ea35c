"""What ``./whycam explain`` and the pages' worker do: find clip and camera, explain a frame, say what came out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from core import device, video
from core.arrays import Floats
from core.console import table
from core.errors import InputError
from core.progress import Progress
from explain.attribution import Budget
from jobs.locks import exclusive
from pipeline import answers, frame_log, store
from pipeline.answers import explain_events
from pipeline.camera import cameras, load
from pipeline.explaining import plan
from pipeline.explaining.attributions import Asked, explain_frame
from pipeline.explaining.away import event_frames, explain_away
from pipeline.explaining.costs import usual


def explain_source(
    source: str, camera: str | None, frame: int, methods: str, out: Path, *, budget: Budget | None = None,
    event: bool = False, seed: int = 0, device_name: str = "auto",
    say: Callable[[Progress], None] | None = None, cancelled: Callable[[], bool] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Explain one frame of a run or of a clip.

    Args:
        source: path of a clip, or id of a run.
        camera: its name; the run's own, or the only one there is, when None.
        frame: index in the clip.
        methods: names joined by commas, or ``all``.
        out: folder of the maps.
        budget: of each method; the usual one of the camera's detector when None.
        event: explain the event around the frame away, too, which a run alone has.
        seed: of everything drawn by chance.
        device_name: ``auto``, ``cpu`` or ``cuda``.
        say: told how far it is.
        cancelled: asked between batches.

    Returns:
        What ``explain.json`` holds, with what ``counterfactual.json`` does under ``event`` where that was asked for.

    Raises:
        InputError: there is no such clip, run, camera, method, frame or event, or another process writes into ``out``.
        Cancelled: ``cancelled`` said so; what is finished is kept.
    """
    wanted = plan.chosen(methods)
    path, name, scores, threshold, analysed = Path(source), Path(source).name, np.zeros(0, np.float32), None, None
    run = store.get(source) if not path.exists() and path.suffix == "" else None
    if event and run is None:
        raise InputError("--event explains an event of a run away: name a run ('./whycam list runs'), not a clip")
    if run is not None:
        path, name, scores, threshold = run.path, run.clip, scores_of(run.folder), run.threshold
        analysed = answers.read(run.folder).analysed if run.state == "done" else None
        camera = camera or run.camera
    known = cameras()
    if camera is None and len(known) != 1:
        raise InputError(f"say which camera the clip is from with --camera; known: {', '.join(known) or 'none'}")
    video.probe(path)
    whose = load(camera or next(iter(known)))
    asked = Asked(frame, wanted, budget or usual(whose), seed, threshold, scores, analysed)
    runtime, entries = (
        device.choose(device_name),
        {name: each for name, each in plan.methods().items() if name in wanted},
    )
    around = event_frames(explain_events(run.folder), frame) if event and run else 0
    job = plan.job_of(plan.subjects_of(whose.name, runtime.describe()), entries, asked.budget.evaluations, around, say,
                      away_first=True)  # fmt: skip
    with exclusive(out):
        away = explain_away(run, frame, out, runtime, job=job, cancelled=cancelled) if event and run else None
        result = explain_frame(path, name, whose, asked, out, runtime, job=job, cancelled=cancelled)
    job.finish()
    return result | ({"event": away} if away else {})


def budget_of(evaluations: int | None, seconds: float | None = None) -> Budget | None:
    """Return the budget of so many evaluations and seconds; None for the usual one.

    Raises:
        InputError: it is less than one evaluation, or no time.
    """
    limits = {"evaluations": evaluations, "seconds": seconds}
    given: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    return Budget(**given) if given else None


def scores_of(folder: Path) -> Floats:
    """Return a run's calibrated scores, as far as it was scored."""
    return frame_log.read(folder, 25.0).scores


def ranked(result: dict[str, Any]) -> list[str]:
    """Return an explanation's methods, the most faithful first: by deletion AUC, those without one last."""
    found: dict[str, dict[str, Any]] = result["methods"]
    return sorted(found, key=lambda name: (found[name]["deletion_auc"] is None, found[name]["deletion_auc"], name))


def show(result: dict[str, Any]) -> str:
    """Set an explanation's figures as a table, the most faithful method first."""
    rows = []
    for name in ranked(result):
        figures = result["methods"][name]
        sane = {True: "passed", False: "FAILED", None: "–"}[figures["sane"]]
        rows.append(
            {
                "method": name,
                "deletion": _number(figures["deletion_auc"]),
                "insertion": _number(figures["insertion_auc"]),
                "sanity": f"{sane} ({_number(figures['sanity'], 2)})",
                "stability": _number(figures["stability"], 2),
                "agreement": _number(figures.get("agreement"), 2),
                "evaluations": figures["evaluations"],
                "seconds": f"{figures['seconds']:.1f}",
            }
        )
    notes = [f"{name}: {figures['note']}" for name, figures in result["methods"].items() if figures["note"]]
    head = (
        f"frame {result['frame']}: score {result['score_db']:.2f} dB, threshold {result['threshold_db']:.2f} dB; the "
        f"methods explain the residual error, 1 at the camera's maximum: {result['score']:.2f}, threshold "
        f"{result['threshold']:.2f}"
    )
    away = [result["event"]["sentence"]] if "event" in result else []
    return "\n".join([head, table(rows), *notes, *away])


def _number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
