"""Processes that decode, each for one file: started, listened to, kept for a while, and ended."""

import atexit
import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from core._wire import Link, Message
from core.errors import DecoderError
from core.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
"""Variables of the environment that a decoder sees; it gets none that may hold a secret."""
SETTINGS = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
KEPT, KEPT_SECONDS, IDLE_SECONDS = 2, 20.0, 30.0
"""Processes that wait for another question on their file, and for how long; after how long they end by themselves."""
LOOK_SECONDS, STILL_SECONDS = 2.0, 30.0
"""How often a silent process is looked at; after so long without computing it is taken for stuck."""
MOVED_SECONDS = 0.02
Same = tuple[int, ...]


class Child:
    """A process that decodes one file.

    Attributes:
        granted: what confines it.
        name: the file's, for sentences.
        used: when it last became idle.
        alive: whether it was not ended.
    """

    def __init__(self, server: "Server", link: Link, pid: int, name: str, seconds: float) -> None:
        self._server, self._link, self._pid, self._seconds = server, link, pid, seconds
        self.name, self.used, self.alive = name, time.monotonic(), True
        self._selector = selectors.DefaultSelector()
        self._selector.register(link, selectors.EVENT_READ)
        self.granted: tuple[str, ...] = tuple(map(str, self.hear().get("granted", ())))

    def send(self, message: Message, files: Sequence[int] = ()) -> None:
        """Tell the process something; raises a :class:`DecoderError` where it has ended."""
        try:
            self._link.send(message, files)
        except OSError as error:
            raise self.ended() from error

    def hear(self) -> Message:
        """Wait for what the process says next; raises a :class:`DecoderError` where it ends, or is stuck."""
        still, before = 0.0, 0.0
        while not self._selector.select(LOOK_SECONDS):
            computed = self._computed()
            still = 0.0 if computed - before > MOVED_SECONDS else still + LOOK_SECONDS
            before = computed
            if still >= STILL_SECONDS:
                raise self.ended(f"its decoder stood still for {STILL_SECONDS:g} s; try again, or convert it to H.264")
        try:
            return self._link.receive()
        except (EOFError, OSError) as error:
            raise self.ended() from error
        except ValueError as error:
            raise self.nonsense() from error

    def stop(self) -> None:
        """Have it give up a reading, and pass over what it still says of it."""
        with contextlib.suppress(DecoderError):
            if self.alive:
                self.send({"stop": True})
                while "stopped" not in self.hear():
                    pass

    def rest(self) -> bool:
        """Tell a process that all its answers were taken, and tell whether it is there for another question."""
        self.used = time.monotonic()
        with contextlib.suppress(DecoderError):
            if self.alive:
                self.send({"rest": True})
        return self.alive

    def nonsense(self) -> DecoderError:
        """End a process that does not answer as it should."""
        return self.ended("its decoder answered what makes no sense; it may be made to do harm")

    def ended(self, why: str = "") -> DecoderError:
        """End the process, and say why it ended, in a sentence."""
        status = self.close()
        return DecoderError(f"{self.name!r} cannot be read: {why or _why(status, self._seconds)}")

    def close(self) -> int:
        """End the process, if it has not ended, and return its status."""
        if not self.alive:
            return 0
        self.alive = False
        self._selector.close()
        self._link.close()
        return self._server.wait(self._pid)

    def idle(self) -> bool:
        """Tell whether it can be asked: it said nothing since its last answer, and will not end by itself soon."""
        return self.alive and time.monotonic() - self.used < KEPT_SECONDS and not self._selector.select(0)

    def _computed(self) -> float:
        """Return seconds of processor time that the process has taken."""
        import psutil

        try:
            return float(sum(psutil.Process(self._pid).cpu_times()[:2]))
        except psutil.Error:
            return 0.0


def _why(status: int, seconds: float) -> str:
    if not os.WIFSIGNALED(status):
        return f"its decoder ended with exit code {os.waitstatus_to_exitcode(status)}; convert it to H.264 in an MP4"
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU:
        return f"no frame came within {seconds:g} s of computing; it is damaged, or made to cost time"
    if number == signal.SIGKILL:
        return "its decoder was ended from outside, as when memory runs out; close other programs and try again"
    return f"its decoder crashed ({signal.Signals(number).name}); convert it to H.264 in an MP4"


class Server:
    """The process that makes the others.

    Attributes:
        owner: process that started it; a copy of that process must not use it.
        peak: bytes that a process took at most, of those that have ended.
    """

    def __init__(self) -> None:
        self.owner, self.peak = os.getpid(), 0
        self._lock = threading.Lock()
        ours, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | SETTINGS
        errors = None if os.environ.get("WHYCAM_DEBUG") else subprocess.DEVNULL
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "core._cage_server"], stdin=theirs.fileno(), stdout=subprocess.DEVNULL,
            stderr=errors, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)}, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._link = Link(ours)
        self._link.receive()

    def start(self, file: int, name: str, limits: Limits) -> Child:
        """Start a process for an open file."""
        ours, theirs = socket.socketpair()
        bounds = {"memory": limits.max_process_bytes, "seconds": limits.max_frame_seconds, "idle": IDLE_SECONDS}
        with theirs, self._lock:
            self._link.send({"name": name, **bounds}, [theirs.fileno(), file])
            pid = self._link.receive()["pid"]
        return Child(self, Link(ours), pid, name, limits.max_frame_seconds)

    def wait(self, pid: int) -> int:
        """End a process, and return its status: how it ended, if it had ended before."""
        if not self.running():
            return int(signal.SIGKILL)
        try:
            with self._lock:
                os.kill(pid, signal.SIGKILL)  # its number is its own until the server has waited for it
                self._link.send({"wait": pid})
                told = self._link.receive()
        except (OSError, EOFError):
            return int(signal.SIGKILL)
        self.peak = max(self.peak, told["peak"] * (1 if sys.platform == "darwin" else 1024))
        return int(told["status"])

    def running(self) -> bool:
        """Tell whether this process may use it."""
        return self.owner == os.getpid() and self._process.poll() is None

    def close(self) -> None:
        """End it, and with it the others."""
        self._link.close()
        if self.owner == os.getpid():
            self._process.wait()


class Pool:
    """The server, and processes that wait for another question on their file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._idle: list[tuple[Same, Child]] = []

    @contextlib.contextmanager
    def child(self, file: int, name: str, limits: Limits) -> Iterator[Child]:
        """Give a process for an open file: one that has served it before and is idle, or a new one."""
        facts = os.fstat(file)
        same = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, hash(limits))
        child = self._waiting(same, name) or self.server().start(file, name, limits)
        try:
            yield child
        finally:
            self._keep(same, child)

    def server(self) -> Server:
        """Return the server, started if it is not there."""
        with self._lock:
            if self._server is None or not self._server.running():
                self._forget()
                self._server = Server()
            return self._server

    def _forget(self) -> None:
        """Give up a server that has ended, or is that of the process of which this one is a copy."""
        for _, child in self._idle:
            child.close()
        if self._server is not None:
            self._server.close()
        self._idle, self._server = [], None

    def _waiting(self, same: Same, name: str) -> Child | None:
        server = self.server()
        with self._lock:
            for place, (of, child) in enumerate(self._idle):
                if of == same and child.name == name and server is self._server:
                    del self._idle[place]
                    if child.idle():
                        return child
                    child.close()
                    return None
        return None

    def _keep(self, same: Same, child: Child) -> None:
        if not child.rest():
            return
        with self._lock:
            self._idle.append((same, child))
            late = [self._idle.pop(0)[1] for _ in range(len(self._idle) - KEPT)]
        for other in late:
            other.close()

    def rest(self) -> None:
        """End the processes that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, child in idle:
            child.close()

    def close(self) -> None:
        """End all processes; those of a later question are started anew."""
        with self._lock:
            self._forget()


POOL = Pool()
atexit.register(POOL.close)
