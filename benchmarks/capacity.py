"""What analyses cost, how many workers thousands of cameras need, and how far a simulation of that can be believed.

``./whycam bench capacity --out docs/capacity``. Costs are measured on rendered footage (``_analysis_cost``), a day of
cameras is simulated with them (``_simulated_day``), and the simulation is held against real batches (``_fleet_check``).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import _capacity_figures as figures
from benchmarks import _fleet_check, _small_camera
from benchmarks._analysis_cost import SECONDS
from benchmarks._capacity_figures import Capacity
from benchmarks._fleet_check import CHECKED, KNOWN, LENGTHS
from benchmarks._kept_rows import table_of_rows
from benchmarks._simulated_day import Traffic
from core import device
from core.files import write_json, write_text

COMMAND = "./whycam bench capacity --out docs/capacity"
IDLE_PROCESSORS = 0.2
"""A machine is idle beside a batch where other programs keep fewer processors busy."""


def measure(device_name: str, seed: int, out: Path | None, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure and simulate, and keep all figures where that is asked for.

    Args:
        device_name: ``auto``, ``cpu`` or ``cuda``.
        seed: of the simulated day.
        out: page that is written, and JSON beside it, its suffix replaced; None for none.
        tell: told what is at work.

    Returns:
        Rows of ``figure`` and ``value``.

    Raises:
        InputError: Ray or the device is missing, or clips take too long to be answered in time.
        StorageError: the page could not be written.
    """
    found = figures.measure(device_name, seed, tell)
    if out:
        machine = f"{os.cpu_count()} processors, {device.choose('cpu').describe()}"
        write_json(out.with_suffix(".json"), {"machine": machine, **found.as_json()})
        write_text(out.with_suffix(".md"), page(machine, found))
    return rows(found)


def rows(found: Capacity) -> list[dict[str, Any]]:
    """Return the figures that one asks for first."""
    told = [
        (f"{key}, {row['time with events']} of the time with events", row[key])
        for key in ("cameras per core", "cameras per GPU", "GB a camera and day")
        for row in found.camera_rows
    ]
    day = found.day_rows[-1]
    told += [
        ("memory of a worker, MiB", found.memory),
        (f"workers for {day['cameras']} simulated cameras", day["workers"]),
        ("share of their clips that is answered in time", day["answered in time"]),
        *(
            (f"simulated over measured time, less 1, {row['workers']} workers", row["error"])
            for row in found.check_rows
        ),
    ]
    return [{"figure": figure, "value": value} for figure, value in told]


def page(machine: str, found: Capacity) -> str:
    """Set all that was found as a page of Markdown, with what was assumed."""
    parts = [
        "# Capacity",
        f"`{COMMAND}` measures and writes this page, and `capacity.json` beside it. Machine: {machine}. All times are "
        "of that machine: run the command on yours. The day that is simulated stands on assumptions, which are listed.",
        "## What an analysis costs",
        f"Clips of {SECONDS:g} s of the rendered plaza, {found.costs.fps:g} frames a second, 640×360, three without an "
        "event and three with one, by a worker with one thread; times are of all its processes, and longer where other "
        "programs share the processor. Bytes are those of a run's folder, without an uploaded clip. A playback copy is "
        "made when a run is opened in the web app.",
        table_of_rows(found.cost_rows).rstrip(),
        f"A worker takes {found.memory:,} MiB of memory at most, the process that decodes included. "
        "Frames are those that are analysed: footage with many more a second than the camera was trained at is thinned "
        "to about that rate.",
        "## Cameras per core and per GPU",
        f"Ratios of the figures above, for footage that is recorded all day in clips of {found.traffic.minutes:g} "
        "minutes, and a core that does nothing else, without spare.",
        table_of_rows(found.camera_rows).rstrip(),
        f"## A day of {found.traffic.cameras:,} cameras, simulated",
        *_day(found),
        "## The simulation beside real batches",
        *_check(found),
    ]
    return "\n\n".join(parts) + "\n"


def _day(found: Capacity) -> list[str]:
    row = found.day_rows[-1]
    return [
        f"**{row['workers']:,} workers**, {row['cameras'] / row['workers']:.2f} cameras each, answer "
        f"{row['answered in time']:.1%} of the clips within {figures.WITHIN_SECONDS / 60:g} minutes of arrival; "
        f"{figures.SHARE:.0%} was asked for. Their number was looked for, to 1 %, with a share of the cameras.",
        table_of_rows(found.day_rows).rstrip(),
        "Assumed, not measured:",
        "\n".join(f"- {sentence}" for sentence in assumptions(found.traffic)),
    ]


def assumptions(traffic: Traffic) -> list[str]:
    """Say what a simulated day assumes."""
    begin, end = traffic.night
    return [
        f"{traffic.cameras:,} cameras deliver a clip of {traffic.minutes:g} minutes when it is full, each at its own "
        f"phase. From {begin:g} to {end:g} o'clock {traffic.night_share:.0%} of the clips are recorded.",
        f"{traffic.eventful:.0%} of the clips hold an event of {traffic.event_seconds:g} s. {traffic.bursts} times a "
        f"day, at any hour, {traffic.burst_cameras:.0%} of the cameras have one in each clip for "
        f"{traffic.burst_minutes:g} minutes.",
        "A clip needs what was measured: for itself, and for each frame as one of the measured clips, drawn at random. "
        "A worker has one core of its own, and does everything on it, decoding included.",
        f"A worker fails after {figures.UP_HOURS:g} hours on average, and starts again {figures.REPAIR_MINUTES:g} "
        "minutes later on average; both are exponential. It begins the clip that it had again. A clip whose worker "
        "failed three times is lost.",
        "There is one line, first in, first out. Network, disk and the process that gives out clips cost nothing.",
    ]


def _check(found: Capacity) -> list[str]:
    learnt, workers = found.learnt, ", ".join(map(str, _fleet_check.WORKERS))
    clips = ", ".join(f"{seconds:.2f} s for {frames} frames" for frames, seconds in learnt.clip_seconds.items())
    return [
        f"`analyse` of {len(CHECKED)} clips ({', '.join(map(str, LENGTHS))} frames in turn, "
        f"{_small_camera.SIZE[0]}×{_small_camera.SIZE[1]} pixels, a small camera) by {workers} workers of one thread. "
        f"The simulation knows one batch of {len(KNOWN)} other clips by one worker: {learnt.joining:.1f} s until Ray "
        f"has a process; {learnt.start_seconds:.1f} s and {learnt.start_demand:.2f} processors for a worker's start; "
        f"{clips}, and {learnt.demand:.2f} processors, for clips; {learnt.closing:.1f} s at the end. Workers share the "
        "processors alike. What other programs took meanwhile (`others`, in processors) is taken off. It was "
        f"{learnt.others:.2f} in the batch that is known.",
        table_of_rows(found.check_rows).rstrip(),
        f"The largest error is {found.largest_error:.1%}. {_disturbed(found)}How the known batch is read was chosen "
        "with batches of other clips in view; nothing was tuned on these. They say nothing of several machines, of "
        "networks or of failures; `./whycam bench fleet` kills workers.",
    ]


def _disturbed(found: Capacity) -> str:
    """Say that other programs were at work, where they were."""
    most = max(float(row["others"]) for row in found.check_rows)
    if most < IDLE_PROCESSORS:
        return ""
    return (
        f"Other programs kept up to {most:.2f} processors busy: what is taken off for them then decides much of the "
        "simulated time, and the comparison says less than one on an idle machine would. "
    )
