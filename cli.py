"""Whycam's command line: the same work as the web app's pages.

Exit codes: 0 done; 2 the input or the request was wrong; 1 Whycam itself failed; 130 stopped with Ctrl-C.
Whatever goes wrong is said in one sentence on stderr; ``WHYCAM_DEBUG=1`` shows the traceback as well.

Each verb imports what it needs when it runs, so that ``--help`` answers at once and without PyTorch.
"""

import argparse
import json
import os
import re
import runpy
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from core.console import ProgressLine, progress_line, table
from core.errors import Cancelled, InputError, WhycamError
from core.verbs import parse, setting
from pipeline.listing import rows_of

ROOT = Path(__file__).resolve().parent


def deliver(result: Any, to: str | None, text: str) -> None:
    """Print ``text``, or write ``result`` as JSON to the file ``to`` (``-``: to stdout, in place of the text)."""
    if to == "-":
        print(json.dumps(result, ensure_ascii=False, allow_nan=False, indent=2))
        return
    print(text)
    if to:
        from core.files import write_json

        write_json(Path(to), result)


def folders(clips: Sequence[str], out: Path) -> list[Path]:
    """Give each clip a folder: ``out`` itself for one clip, ``out/NAME`` for each of several.

    >>> [path.as_posix() for path in folders(["a/x.mp4", "b/x.mp4", "../x y>.mp4"], Path("out"))]
    ['out/x', 'out/x-2', 'out/x_y_']
    """
    if len(clips) == 1:
        return [out]
    given: list[Path] = []
    for clip in clips:
        stem = re.sub(r"[^\w.-]+", "_", Path(clip).stem).lstrip(".")[:80] or "clip"
        number = sum(re.sub(r"-\d+$", "", path.name) == stem for path in given)
        given.append(out / (f"{stem}-{number + 1}" if number else stem))
    return given


def app(options: argparse.Namespace) -> int:
    """Become the web app's server."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except (OSError, OverflowError) as error:
            raise InputError(
                f"the app cannot listen on {options.host}:{options.port} ({error}); choose another --port or --host"
            ) from error
    print(f"Whycam: http://{options.host}:{options.port}  (Ctrl-C ends it)", flush=True)
    server = {"server.address": options.host, "server.port": options.port}
    flags = [f"--{name}={value}" for name, value in server.items()]
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", "app.py", *flags])


def analyse(options: argparse.Namespace) -> int:
    """Analyse each clip and say what was found; clips that cannot be read do not stop the others."""
    from core.device import choose
    from pipeline.analyse import analyse as run
    from pipeline.camera import cameras, load

    known = cameras()
    if options.camera is None and len(known) != 1:
        raise InputError(f"say which camera the clip is from with --camera; known: {', '.join(known) or 'none'}")
    camera, runtime, code = load(options.camera or next(iter(known))), choose(options.device), 0
    for clip, folder in zip(options.clip, folders(options.clip, options.out), strict=True):
        said: list[str] = []
        try:
            with progress_line() as line:

                def warn(sentence: str, line: ProgressLine = line, said: list[str] = said) -> None:
                    said.append(sentence)
                    line.say(f"whycam: note: {sentence}")

                analysis = run(
                    Path(clip), camera, folder, threshold=options.threshold, runtime=runtime,
                    objects=options.objects, actions=options.actions, fps=options.fps, progress=line, warn=warn,
                )  # fmt: skip
        except InputError as error:
            code = say(error, 2)
            continue
        for warning in (one for one in analysis.warnings if one not in said):
            print(f"whycam: note: {warning}", file=sys.stderr)
        count = f"{len(analysis.events)} unusual event{'s' * (len(analysis.events) != 1)}"
        print(f"{Path(clip).name}: {count}{analysis.reach}")
        if not analysis.events:
            print(f"  {analysis.missed}")
        for explained in analysis.events:
            print(f"  frames {explained.event.first}-{explained.event.last}: {explained.summary}")
        if analysis.events and analysis.doubt:
            print(f"  {analysis.doubt}")
        for one in analysis.disturbances:
            print(f"  the camera itself, {one.kind}: {one.summary}")
        print(f"  report: {folder / 'report.html'}")
    return code


def setup(options: argparse.Namespace) -> int:
    """Fetch the official models, or take them from a folder."""
    from pipeline.official import setup as run

    with progress_line() as line:
        print(run(options.models, options.source, line.arriving))
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure cameras and score files on a data set's test clips, or check the data set."""
    from pipeline.evaluation.verb import run

    return run(options, deliver)


def explain(options: argparse.Namespace) -> int:
    """Explain one frame's score, and say how far each explanation can be believed."""
    from pipeline.explaining.verb import budget_of, explain_source, show

    with progress_line() as line:
        result = explain_source(
            options.source, options.camera, options.frame, options.methods, options.out,
            budget=budget_of(options.budget, options.seconds), event=options.event, seed=options.seed,
            device_name=options.device, say=line,
        )  # fmt: skip
    print(f"{show(result)}\nmaps: {options.out}")
    return 0


def results(options: argparse.Namespace) -> int:
    """Train what a plan asks for and is not there yet, and show the table."""
    from core.device import choose
    from core.files import home, write_text
    from core.registry import collect, pick
    from pipeline.evaluation import results as made

    make = pick("data set", options.data, collect("footage", "DATASETS"))
    path = options.plan or ROOT / "docs" / "results" / options.data / "plan.toml"
    plan = made.plan(path)
    rows, folder = made.chosen(plan, options.row), path.parent
    work = options.work or home() / "results" / options.data
    if options.anomalies:
        return _mixed(options, rows, path, make, work)
    runs = [(row, seed) for row in rows for seed in options.seeds or row.seeds] if options.root else []
    for row, seed in runs:
        if options.again or not made.result_file(folder, row.name, seed).exists():
            print(f"{row.name}, seed {seed}", file=sys.stderr)
            with progress_line() as line:
                made.run(row, seed, make(options.root), folder, work, choose(options.device), line.step, line)
    found = made.lines(rows, made.results(folder, plan))
    print(table([dict(zip(made.HEAD, line, strict=True)) for line in found]))
    if options.markdown:
        write_text(options.markdown, made.markdown(found))
    return 0


def _mixed(
    options: argparse.Namespace, rows: Sequence[Any], plan: Path, make: Callable[[Path], Any], work: Path
) -> int:
    """Train rows of a plan with anomalies among the footage, and show what all of them are worth."""
    from core.device import choose
    from pipeline.evaluation import mixed
    from pipeline.evaluation.figures import shown
    from pipeline.evaluation.results import result_file

    asked = [(row, seed, share) for row in rows for seed in options.seeds or row.seeds for share in options.anomalies]
    for row, seed, share in asked if options.root else ():
        if options.again or not result_file(plan.parent, mixed.name_of(row.name, share), seed).exists():
            print(f"{row.name}, seed {seed}, {share:.1%} anomalies", file=sys.stderr)
            with progress_line() as line:
                mixed.run(row, share, seed, make(options.root), mixed.donors(plan), plan.parent, work,
                          choose(options.device), line.step, line)  # fmt: skip
    found = mixed.found(plan.parent)
    print(table([{**row, "share": f"{row['share']:.1%}", "auc": shown(row["auc"])} for row in found]))
    return 0


def xman(options: argparse.Namespace) -> int:
    """Measure predictions against X-MAN's labels; nothing of this needs PyTorch."""
    # Its matrices are small: threads would wait for one another longer than they work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from pipeline.evaluation.xman import measure_files
    from pipeline.evaluation.xman_text import show

    result = measure_files(options.predictions, options.labels, options.unanswered)
    deliver(result, options.json, show(result))
    return 0


def list_(options: argparse.Namespace) -> int:
    """List what there is."""
    rows = rows_of(options.kind, lambda error: say(error, 2))
    deliver(rows, options.json, table(rows))
    return 0


def train(options: argparse.Namespace) -> int:
    """Learn what is normal at a camera."""
    from pipeline.training.verb import train as run

    settings = dict(map(setting, options.set)) | ({} if options.epochs is None else {"epochs": options.epochs})
    print(run(options, settings))
    return 0


def train_explainers(options: argparse.Namespace) -> int:
    """Train a compact object or action model again."""
    from core.device import choose
    from workshop.train import train_explainer

    runtime = choose(options.device)
    train_explainer(
        options.explainer, options.out, seed=options.seed, resume=options.resume, runtime=runtime,
        data=options.data, start=options.start, sets=options.sets, minutes=options.minutes,
    )  # fmt: skip
    return 0


def bench(options: argparse.Namespace) -> int:
    """Run the benchmark, which is nobody's to import."""
    names = ("json", "data", "root", "regions", "camera", "clips", "frames", "budget", "minutes", "work", "out",
             "weights")  # fmt: skip
    given = {name: getattr(options, name) for name in names}
    flags = [part for name, value in given.items() if value for part in (f"--{name}", str(value))]
    sys.argv = ["whycam bench", "--device", options.device, *flags, *(["--all"] if options.all else []), *options.what]
    runpy.run_module("benchmarks", run_name="__main__")
    return 0


def run_tests(options: argparse.Namespace) -> int:
    """Become the test command."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "tests.run", *options.arguments])


VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "app": app,
    "setup": setup,
    "analyse": analyse,
    "explain": explain,
    "train": train,
    "train-explainers": train_explainers,
    "evaluate": evaluate,
    "xman": xman,
    "results": results,
    "list": list_,
    "bench": bench,
    "test": run_tests,
}


def say(error: object, code: int) -> int:
    """Print one sentence on stderr and return the exit code."""
    print(f"whycam: {' '.join(str(error).split())}", file=sys.stderr)
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    options = parse(arguments)
    try:
        code = VERBS[options.verb](options)
        sys.stdout.flush()
        return code
    except (KeyboardInterrupt, Cancelled):
        return say("stopped; what was finished is kept", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        if os.environ.get("WHYCAM_DEBUG"):
            raise
        if isinstance(error, WhycamError):
            return say(error, 2 if isinstance(error, InputError) else 1)
        return say(f"Whycam itself failed: {type(error).__name__}: {error}; WHYCAM_DEBUG=1 shows where", 1)


if __name__ == "__main__":
    sys.exit(main())
