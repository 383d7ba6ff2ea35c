"""Identity of processes: pid, start and boot, so that a recycled pid or a restart is not mistaken for a live worker."""

import contextlib
import os
import signal
from pathlib import Path

import psutil

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
KILL_WAIT_SECONDS = 5.0


def identity(pid: int) -> str | None:
    """Return what tells a process from every other, past ones included; None if it is dead or a zombie.

    The start is counted in seconds since boot, which setting the clock does not change.

    >>> identity(os.getpid()) == identity(os.getpid()) != None
    True
    """
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return f"{pid}/{_seconds_since_boot(pid):.2f}/{_boot()}"
    except psutil.Error:
        return None


def counted_in_ticks(pid: object, ticks: object) -> str | None:
    """Return the identity of a worker of version 0.1, which noted its start in clock ticks; None if it is dead."""
    if not isinstance(pid, int) or not str(ticks).isdecimal():
        return None
    found, started = identity(pid), int(str(ticks)) / os.sysconf("SC_CLK_TCK")
    return found if found and found.split("/")[1] == f"{started:.2f}" else None


def alive(process: str | None) -> bool:
    """Tell whether the process of an :func:`identity` lives."""
    return process is not None and identity(_pid(process)) == process


def send(process: str | None, number: signal.Signals) -> None:
    """Send a signal to a worker's process group, if that process still lives."""
    if process is not None and alive(process) and _pid(process) != os.getpid():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(_pid(process), number)


def kill(process: str | None) -> None:
    """Kill a worker with all that it started, and wait until it is gone."""
    send(process, signal.SIGKILL)
    if process is not None and _pid(process) != os.getpid() and alive(process):
        with contextlib.suppress(psutil.Error):
            psutil.Process(_pid(process)).wait(KILL_WAIT_SECONDS)


def _pid(process: str) -> int:
    head = process.partition("/")[0]
    return int(head) if head.isdecimal() else 0


def _seconds_since_boot(pid: int) -> float:
    """Read start and boot time again if the clock was set in between; psutil counts the start from the epoch."""
    while True:
        boot, started = psutil.boot_time(), psutil.Process(pid).create_time()
        if psutil.boot_time() == boot:
            return float(started - boot)


def _boot() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return f"{psutil.boot_time():.0f}"
