"""Figures of ``bench capacity``: what analyses cost, how many cameras that allows, and workers for a day of many."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks import _analysis_cost, _fleet_check
from benchmarks._analysis_cost import COPY, EVENTFUL, PARTS, QUIET, Costs
from benchmarks._fleet_check import Learnt
from benchmarks._simulated_day import DAY_SECONDS, Split, Traffic, day, fewest_workers, worst_hour
from benchmarks.simulated_fleet import Fleet, Found, simulate
from core import device
from core.errors import InputError
from pipeline.fleet import on_ray

Rows = Sequence[dict[str, Any]]
WITHIN_SECONDS, SHARE = 600.0, 0.95
"""A clip is answered in time within so many seconds; workers are found for that share of the clips."""
UP_HOURS, REPAIR_MINUTES = 24.0, 5.0
"""Assumed mean time between failures of a worker, and until a failed one starts again."""
SHRUNK = 10
"""Workers are looked for with so many times fewer cameras; so many times as many are tried with all of them."""
FEWER = 0.9
"""Share of the workers that were found, which is tried to show what too few are."""
TIMES_WITH_EVENTS = (0.0, 0.01, 0.1)
"""Shares of the time for which cameras per core and bytes are given."""
NOT_MEASURED = "not measured: no CUDA GPU was used"


@dataclass(frozen=True)
class Capacity:
    """All that was found.

    Attributes:
        costs: of the clips that were analysed on a processor.
        cost_rows: figures of quiet footage and of footage with events.
        camera_rows: cameras per core and GPU, and bytes, by the share of time with events.
        traffic: of the simulated day.
        day_rows: what became of its clips, by the number of workers.
        learnt: from one batch by one worker.
        check_rows: real batches beside simulated ones.
    """

    costs: Costs
    cost_rows: Rows
    camera_rows: Rows
    traffic: Traffic
    day_rows: Rows
    learnt: Learnt
    check_rows: Rows

    @property
    def memory(self) -> int:
        """Memory of a worker in MiB, at most."""
        return round(self.costs.memory / 2**20)

    @property
    def largest_error(self) -> float:
        """The largest relative error of the simulated batches, without its sign."""
        return max(abs(float(row["error"])) for row in self.check_rows)

    def as_json(self) -> dict[str, Any]:
        """Return all figures as JSON has them."""
        return {
            "costs": self.cost_rows, "memory_mib": self.memory, "cameras": self.camera_rows,
            "traffic": dataclasses.asdict(self.traffic), "day": self.day_rows,
            "batches": self.check_rows, "largest_error": self.largest_error,
            "learnt": dataclasses.asdict(self.learnt),
            "clips": [dataclasses.asdict(one) for one in self.costs.clips],
        }  # fmt: skip


def measure(device_name: str, seed: int, tell: Callable[[str], None]) -> Capacity:
    """Measure costs, hold the simulation against batches, and simulate a day.

    Args:
        device_name: ``auto``, ``cpu`` or ``cuda``; a GPU is measured where there is one, and ``cpu`` is not said.
        seed: of the simulated day.
        tell: told what is at work.

    Raises:
        InputError: Ray is not installed, ``cuda`` was asked for and there is none, or clips take too long.
    """
    if not on_ray.is_installed():
        raise InputError("several workers need Ray, which is not installed: './whycam setup --ray' installs it")
    device.choose(device_name)  # one that is not here is said at once
    learnt, check_rows = _fleet_check.measure(tell)
    costs = _analysis_cost.measure("cpu", tell)
    gpu = device_name != "cpu" and torch.cuda.is_available()
    on_gpu = _analysis_cost.measure("cuda", tell) if gpu else None
    traffic = Traffic()
    return Capacity(
        costs, cost_rows(costs), camera_rows(costs, on_gpu, traffic.minutes), traffic,
        day_rows(traffic, costs, learnt.start_seconds, seed, tell), learnt, check_rows,
    )  # fmt: skip


def cost_rows(costs: Costs) -> Rows:
    """Return rows of ``figure``, and what a quiet frame, one of footage with an event, and each clip beside cost."""
    copying = costs.split(lambda one: one.copying, base=False)
    return [
        _cost_row("processor time, ms", costs.processor(), 1e3),
        _cost_row("processor time of the playback copy, ms", copying, 1e3),
        *(_cost_row(f"{part}, kB", costs.kept(part), 1e-3) for part in (*PARTS, "rest")),
    ]


def _cost_row(figure: str, split: Split, unit: float) -> dict[str, Any]:
    quiet, eventful = (round(unit * float(each.mean()), 2) for each in (split.quiet, split.eventful))
    return {"figure": figure, QUIET: quiet, EVENTFUL: eventful, "each clip": round(unit * split.fixed, 1)}


def camera_rows(costs: Costs, on_gpu: Costs | None, minutes: float) -> Rows:
    """Return how many cameras a core and a GPU can follow, and what they keep, by the share of time with events.

    Args:
        costs: of a processor.
        on_gpu: of a GPU; None where there is none.
        minutes: length of a clip.

    Returns:
        Rows of ``time with events``, ``cameras per core`` (of seconds of processor time for a second of video, all day
        long), ``cameras per GPU`` (by one worker's time on the clock), ``GB a camera and day`` without and with the
        playback copy.
    """
    rows = []
    for share in TIMES_WITH_EVENTS:
        kept = {part: DAY_SECONDS / 1e9 * costs.kept(part).per_second(costs.fps, minutes, share)
                for part in (*PARTS, "rest")}  # fmt: skip
        whole, copy = sum(kept.values()), kept[COPY]
        core = 1.0 / costs.processor().per_second(costs.fps, minutes, share)
        gpu = on_gpu and 1.0 / on_gpu.split(lambda one: one.seconds).per_second(on_gpu.fps, minutes, share)
        rows.append({
            "time with events": f"{share:.0%}", "cameras per core": round(core, 2),
            "cameras per GPU": round(gpu, 1) if gpu else NOT_MEASURED,
            "GB a camera and day": round(whole - copy, 2), "with playback copies": round(whole, 2),
        })  # fmt: skip
    return rows


def day_rows(traffic: Traffic, costs: Costs, start_seconds: float, seed: int, tell: Callable[[str], None]) -> Rows:
    """Find how many workers a day of cameras needs, each with a core of its own.

    Args:
        traffic: of the day.
        costs: what an analysis takes of a core.
        start_seconds: that a worker takes to start.
        seed: of the day and of the failures.
        tell: told what is at work.

    Returns:
        Rows (:func:`day_row`) of fewer cameras with too few workers and with enough, and of all with as many for each.

    Raises:
        InputError: single clips take too long to be answered in time.
    """
    fleet = Fleet(1, start_seconds=start_seconds, up_seconds=3600 * UP_HOURS, repair_seconds=60 * REPAIR_MINUTES)
    service = costs.processor()
    few = dataclasses.replace(traffic, cameras=traffic.cameras // SHRUNK)
    tell(f"looking for the workers of {few.cameras} simulated cameras")
    some, everything = (day(of, service, costs.fps, seed) for of in (few, traffic))
    workers = fewest_workers(fleet, *some, WITHIN_SECONDS, SHARE, seed)
    rows = []
    for cameras, count, clips in (
        (few.cameras, round(FEWER * workers), some), (few.cameras, workers, some),
        (traffic.cameras, SHRUNK * workers, everything),
    ):  # fmt: skip
        tell(f"simulating {cameras} cameras and {count} workers")
        rows.append(day_row(cameras, count, simulate(dataclasses.replace(fleet, workers=count), *clips, seed)))
    return rows


def day_row(cameras: int, workers: int, found: Found) -> dict[str, Any]:
    """Return what became of a day's clips, as a row."""
    return {
        "cameras": cameras, "workers": workers, "clips": found.arrived,
        "answered in time": round(found.in_time(WITHIN_SECONDS), 4),
        "in the worst hour": round(worst_hour(found, WITHIN_SECONDS), 4), "most that waited": found.backlog,
        "utilisation": round(found.utilisation, 3), "begun again": found.repeated, "lost": found.lost,
        "longest answer, min": round(float(found.responses.max(initial=0.0)) / 60, 1),
    }  # fmt: skip
