"""Gives up whatever decoding does not need, before a byte of a stranger's file is looked at."""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import time

from core import _seccomp

MAX_OPEN_FILES = 32
NOBODY = 65534
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
MEASURES = ("limits", "no new privileges", "system call filter", "no network")
"""What confines a process, where the kernel grants it all: limits of memory, computing, files and their size; no
privileges; refusal of all system calls but those that decoding needs; a network of its own, with nothing in it."""


def leave_network() -> bool:
    """Give this process, whose only thread is the calling one, a network with nothing in it; tell whether it has."""
    if sys.platform != "linux":
        return False
    return bool(_libc().unshare(CLONE_NEWNET | (CLONE_NEWUSER if os.geteuid() else 0)) == 0)


def confine(memory: int) -> list[str]:
    """Confine this process, whose only thread is the calling one, for good.

    Args:
        memory: bytes of address space.

    Returns:
        Those of :data:`MEASURES` that were granted.
    """
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    for kind, most in ((resource.RLIMIT_NOFILE, MAX_OPEN_FILES), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    _limit_memory(memory)
    with contextlib.suppress(OSError):
        _leave_root()
    granted = [MEASURES[0]]
    if sys.platform == "linux":
        call = _libc().prctl
        call(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        call(PR_SET_DUMPABLE, 0, 0, 0, 0)
        granted += [MEASURES[1]] if call(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 else []
        granted += [MEASURES[2]] if _seccomp.install() else []
    return granted


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _leave_root() -> None:
    """Let a process of the administrator become nobody's: root may raise its own limits again."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def _limit_memory(memory: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ValueError, OSError):
        if sys.platform == "linux":  # macOS counts the libraries that all processes share, and refuses
            raise


class Beat:
    """Ends the process by the kernel's hand when it computes for too long without a sign of life.

    Args:
        seconds: of processor time, all threads together, from one sign to the next.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, -seconds

    def __call__(self) -> None:
        """Give a sign of life; this costs a microsecond."""
        now = time.process_time()
        if now - self._last > self._seconds / 10:
            self._last = now
            _, hard = resource.getrlimit(resource.RLIMIT_CPU)
            most = int(now + self._seconds) + 1
            if hard == resource.RLIM_INFINITY or most < hard:
                resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
