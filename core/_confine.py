"""Gives up whatever decoding does not need, before a byte of a stranger's file is looked at."""

import ctypes
import resource
import signal
import sys
import time

MAX_OPEN_FILES = 32
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38
LIMITS, PRIVILEGES = "limits", "no new privileges"


def confine(memory: int) -> tuple[str, ...]:
    """Confine this process, whose only thread is the calling one, for good.

    Args:
        memory: bytes of address space.

    Returns:
        What was granted; a kernel may grant less than all.
    """
    granted = [LIMITS]
    for kind, most in ((resource.RLIMIT_NOFILE, MAX_OPEN_FILES), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))
    _limit_memory(memory)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    if sys.platform == "linux":
        call = ctypes.CDLL(None, use_errno=True).prctl
        call(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        call(PR_SET_DUMPABLE, 0, 0, 0, 0)
        if call(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            granted.append(PRIVILEGES)
    return tuple(granted)


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
