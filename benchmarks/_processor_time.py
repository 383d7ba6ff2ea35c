"""Processor time of a process with all that it started, and of all else on the machine."""

import contextlib

import psutil

IDLE = ("idle", "iowait", "guest", "guest_nice")
"""What the machine's processors count beside work; guests are counted as work already."""


def of_tree(process: psutil.Process) -> float:
    """Return the seconds of processor time of a process, and of all it started that live or were waited for."""
    total = 0.0
    with contextlib.suppress(psutil.Error):
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += sum(one.cpu_times()[:4])
    return total


def of_machine() -> float:
    """Return the seconds for which the machine's processors have worked, together."""
    return float(sum(seconds for name, seconds in psutil.cpu_times()._asdict().items() if name not in IDLE))
