"""Runs a benchmark: each figure is a ratio of two measurements of one run, on this machine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import (
    _explanations_page,
    agreement,
    attribute_causes,
    attribute_cost,
    attributes,
    detectors,
    disturbances,
    events,
    explanations,
    footage_faults,
    labelled,
    overlays,
    own_camera,
    plaza_events,
    robustness,
    sentences,
    shown_boxes,
    speed,
    standing,
)
from benchmarks._durability import DURABILITY
from benchmarks._rows_alone import ROWS_ALONE
from core import device
from core.files import home, write_json, write_text
from core.registry import pick
from footage.plaza import Plaza

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Request:
    """What is to be measured; most benchmarks read a few of these.

    Attributes:
        what: a name of :data:`BENCHMARKS`, and what it is to measure; nothing for the whole analysis.
        device: ``auto``, ``cpu`` or ``cuda``.
        all: of detectors: every one, instead of one of each kind.
        data: name of a data set.
        root: folder of the data set, or of the footage.
        clips: names of its test clips; all when empty.
        regions: CSV of annotated boxes of its test clips.
        camera: whose footage the data set is.
        frames: abnormal frames.
        budget: evaluations of each method.
        minutes: for each camera, or for all that is killed or filled.
        work: where each frame's figures are kept; the user's folder when None.
        out: page that is written, its suffix replaced.
        times: damaged files of each kind, kills or disks; the benchmark's own number when None.
        seed: of the first damaged files.
        weights: folder of weights and card of a compact model.
        say: receives the progress.
        early: given rows that are known long before the others.
    """

    what: Sequence[str] = ()
    device: str = "auto"
    all: bool = False
    data: str | None = None
    root: Path = Path()
    clips: Sequence[str] = ()
    regions: Path | None = None
    camera: str | None = None
    frames: int = 100
    budget: int = 64
    minutes: float = float("inf")
    work: Path | None = None
    out: Path | None = None
    times: int | None = None
    seed: int = 0
    weights: Path | None = None
    say: Callable[[Callable[[], str]], None] = lambda text: None
    early: Callable[[Rows], None] = lambda rows: None

    def tell(self, name: str) -> None:
        """Return which clip, file or picture is at work."""
        self.say(lambda: name)


@dataclass(frozen=True)
class Measured:
    """What a benchmark found.

    Attributes:
        machine: device and precision that it was measured on.
        result: as JSON has it.
        rows: the table that is shown.
        notes: sentences behind the table.
    """

    machine: str
    result: Mapping[str, Any]
    rows: Rows
    notes: Sequence[str] = ()


def run(request: Request) -> Measured:
    """Measure what is asked for.

    Raises:
        UnknownNameError: there is no such benchmark.
        InputError: it needs something that is not given.
    """
    if request.what:
        measure: Callable[[Request], Measured] = pick("benchmark", request.what[0], BENCHMARKS)
        return measure(request)
    figures = speed.measure(request.device) + speed.measure_objects(request.device)
    request.early(figures)
    figures += speed.measure_memory(request.device)
    return Measured(_machine(request), {"figures": figures}, figures)


def _machine(request: Request) -> str:
    return device.choose(request.device).describe()


def _events(request: Request) -> Measured:
    rows = events.measure(request.tell)
    return Measured("cpu", {"events": rows}, rows)


def _durable(name: str) -> Callable[[Request], Measured]:
    def found(request: Request) -> Measured:
        times, measure = DURABILITY[name]
        rows, faults = measure(request.times or times, request.seed, request.minutes, request.tell)
        return Measured("cpu", {name.replace("-", "_"): rows, "faults": faults}, rows, faults)

    return found


def _of_app(measure: Callable[[Request], Rows]) -> Callable[[Request], Measured]:
    """Make a benchmark of what gives rows alone; they are named as it is in the command."""

    def found(request: Request) -> Measured:
        rows = measure(request)
        return Measured(_machine(request), {request.what[0].replace("-", "_"): rows}, rows)

    return found


def _detectors(request: Request) -> Measured:
    rows = detectors.measure(request.device, request.what[1:], request.all)
    return Measured(_machine(request), {"detectors": rows}, detectors.shown(rows))


def _explanations(request: Request) -> Measured:
    found = explanations.of_cameras(request, device.choose(request.device))
    machine = _machine(request)
    clips = ", ".join(request.clips) or "all test clips"
    said = f"Abnormal frames of {request.data} ({clips}), at most {request.frames} spread evenly"
    said += f", {request.budget} evaluations allowed to each method."
    if request.out:
        write_json(request.out.with_suffix(".json"), {"device": machine, "plan": said, "explanations": found})
        write_text(request.out.with_suffix(".md"), _explanations_page.page(machine, said, found))
    shown = {camera: _explanations_page.shown(told["table"]) for camera, told in found.items()}
    rows = [{"camera": camera} | row for camera, table in shown.items() for row in table]
    return Measured(machine, {"explanations": found}, rows)


def _boxes(request: Request) -> Measured:
    rows = shown_boxes.measure(
        request.device, request.data, request.root, request.regions, request.camera, request.tell
    )
    right = sum(row["right"] for row in rows)
    figures = {"right": right, "events": len(rows)}
    shown = [*rows, dict.fromkeys(rows[0]) | {"clip": "all", "cause": f"{right} of {len(rows)} right"}] if rows else []
    return Measured(_machine(request), {"boxes": rows, **figures}, shown)


def _faults(request: Request) -> Measured:
    rows = footage_faults.measure(request.device, request.root, request.tell)
    machine = _machine(request)
    if request.out:
        write_text(request.out.with_suffix(".md"), footage_faults.page(machine, rows))
    return Measured(machine, {"files": rows}, rows)


def _disturbances(request: Request) -> Measured:
    rows = disturbances.measure(
        request.root, say=request.tell, only=request.what[1:], minutes=request.minutes,
        keep=request.work / "disturbances.json" if request.work else None,
    )  # fmt: skip
    if request.out and rows:
        write_text(request.out.with_suffix(".md"), disturbances.page(rows, disturbances.LEFT_OUT))
    shown = [row.table() for row in rows]
    return Measured("cpu", {"disturbances": shown}, shown)


def _agreement(request: Request) -> Measured:
    found = agreement.measure(request.device, [Path(clip) for clip in request.what[1:]], request.weights, request.tell)
    rows, worst = [row.row() for row in found], list(agreement.worst(found))
    notes = [
        f"worst camera for {of['group']}: least found in {of['least found'] or 'none'}, most boxes that the "
        f"teacher lacks in {of['most further'] or 'none'}"
        for of in worst
    ]
    return Measured(_machine(request), {"agreement": rows, "worst": worst}, rows, notes)


def _attributes(request: Request) -> Measured:
    rows = attributes.measure(
        request.device, request.data, request.root, request.work or home() / "observed", request.tell, request.clips
    )
    return Measured(_machine(request), {"data": request.data, "attributes": rows}, rows)


def _attribute_causes(request: Request) -> Measured:
    found = attribute_causes.measure(
        request.device, request.data, request.root, request.camera, request.work or home() / "observed", request.tell,
        request.regions, request.frames,
    )  # fmt: skip
    rows = [{"terms": name, **figures} for name, figures in found.items()]
    return Measured(_machine(request), {"data": request.data, "attribute_causes": rows}, rows)


def _attribute_cost(request: Request) -> Measured:
    rows = attribute_cost.measure(request.device, request.tell)
    return Measured(_machine(request), {"attribute_cost": rows}, rows)


def _plaza_events(request: Request) -> Measured:
    rows = plaza_events.measure(
        request.device, request.tell, request.what[1:] or plaza_events.CONDITIONS, request.clips, Plaza(request.root),
        lambda early: request.early([row.table() for row in early]),
    )  # fmt: skip
    shown = [row.table() for row in rows]
    return Measured(_machine(request), {"plaza_events": [asdict(row) for row in rows]}, shown)


def _sentences(request: Request) -> Measured:
    seeds = [int(seed) for seed in request.what[1:]] or sentences.HELD_OUT
    rows, stated = sentences.measure(request.device, Plaza(request.root), request.tell, seeds)
    return Measured(_machine(request), {"sentences": rows, "statements": stated}, rows)


def _own_camera(request: Request) -> Measured:
    work = request.work or home() / "bench" / "own-camera"
    rows = own_camera.measure(request.device, request.root, work, request.what[1:], request.minutes, request.tell)
    notes = [f"{row['name']}: {note}" for row in rows for note in row["notes"]]
    return Measured(_machine(request), {"own_cameras": rows}, own_camera.shown(rows), notes)


def _labelled(request: Request) -> Measured:
    rows = labelled.measure(request.device, request.root, request.weights, request.tell)
    return Measured(_machine(request), {"labelled": rows}, rows)


def _robustness(request: Request) -> Measured:
    rows = robustness.measure(request.what[1:], request.times or 100, request.seed, request.tell, request.work)
    shown = [{key: value for key, value in row.items() if key != "bad"} for row in rows]
    notes = [f"{row['kind']} {one['number']}, seed {one['seed']} ({one['file']}): {one['said'] or one['outcome']}"
             for row in rows for one in row["bad"]]  # fmt: skip
    return Measured("cpu", {"robustness": rows}, shown, notes)


def _overlays(request: Request) -> Measured:
    for half in request.what[1:]:
        pick("half", half, overlays.CLIPS)
    found = {half: overlays.measure(request.root, half, request.tell) for half in request.what[1:] or overlays.CLIPS}
    if request.out:
        write_text(request.out.with_suffix(".md"), overlays.page(found))
    rows = [{"half": half, **row.table()} for half, of in found.items() for row in of]
    return Measured("cpu", {"overlays": rows}, rows)


def _standing(request: Request) -> Measured:
    made = standing.measure(
        request.root, request.work or home() / "standing", request.what[1:] or standing.HALVES, request.tell
    )
    if request.out:
        write_text(request.out.with_suffix(".md"), standing.page(made))
    notes = [", ".join(f"{name}: {value}" for name, value in row.items()) for row in made.calm]
    return Measured("cpu", {"standing": made.found, "normal": made.calm}, made.found, notes)


BENCHMARKS: dict[str, Callable[[Request], Measured]] = {
    "agreement": _agreement, "attributes": _attributes, "labelled": _labelled, "detectors": _detectors,
    "explanations": _explanations, "boxes": _boxes, "faults": _faults, "disturbances": _disturbances,
    "overlays": _overlays, "own-camera": _own_camera, "events": _events,
    "standing": _standing, "robustness": _robustness,
    "sentences": _sentences, "plaza-events": _plaza_events, "attribute-cost": _attribute_cost,
    "attribute-causes": _attribute_causes, **{name: _durable(name) for name in DURABILITY},
    **{name: _of_app(measure) for name, measure in ROWS_ALONE.items()},
}  # fmt: skip
