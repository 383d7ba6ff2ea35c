"""Clips analysed by several workers, on this machine or on those of a cluster, by Ray (https://docs.ray.io).

Ray places the workers, starts them again where they or their machine die, and gives a clip that was in hand to a worker
again, which goes on where the report's folder says. Nothing is kept in Ray's object store but a task and its outcome.
"""

import importlib.util
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core import files
from core.errors import InputError
from pipeline.fleet.analyst import Analyst
from pipeline.fleet.task import FAILED, Outcome, Settings, Task

ROOT = Path(__file__).resolve().parents[2]
TRIES_AGAIN = 2
"""Times that a clip is given to a worker again, after the worker that had it died."""
HERE = "local"
"""In place of a cluster's address: this machine alone."""
KNOCK_SECONDS = 10.0
PROCESSORS = 4
"""Of a worker, where nobody says how many workers there are."""
STORE_BYTES = 128 << 20
"""Of Ray's object store on this machine; an outcome has some kilobytes."""


def is_installed() -> bool:
    """Tell whether Ray is installed."""
    return importlib.util.find_spec("ray") is not None


def spread(tasks: Sequence[Task], settings: Settings, workers: int, address: str) -> Iterator[Outcome]:
    """Analyse clips by several workers, and tell what became of each as it ends; one that fails ends no other.

    Args:
        tasks: the clips.
        settings: of all of them.
        workers: that are at work at a time, each with its share of the processors and GPUs; as many as suit the
            cluster when 0.
        address: of a cluster, or :data:`HERE`.

    Raises:
        InputError: Ray is not installed, the cluster does not answer, or it has no room for a worker.
    """
    if not is_installed():
        raise InputError("several workers need Ray, which is not installed: './whycam setup --ray' installs it")
    import ray

    _join(address, workers)
    try:
        nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        wanted = min(workers or _suited(ray.cluster_resources()), len(tasks))
        share, room = shares(nodes, wanted, settings.device != "cpu")
        made = ray.remote(Analyst).options(max_restarts=-1, max_task_retries=TRIES_AGAIN, **share)
        actors = [made.remote(settings) for _ in range(room)]
        yield from _given_out(actors, tasks)
    finally:
        ray.shutdown()


def _join(address: str, workers: int) -> None:
    import ray

    environment = {"env_vars": {"PYTHONPATH": str(ROOT), "WHYCAM_HOME": str(files.home().absolute())}}
    quiet: dict[str, Any] = {"runtime_env": environment, "log_to_driver": False, "logging_level": "error"}
    before = signal.getsignal(signal.SIGTERM)
    try:
        if address == HERE:
            room = {"num_cpus": max(workers, os.cpu_count() or 1), "object_store_memory": STORE_BYTES}
            ray.init(address="local", include_dashboard=False, **room, **quiet)
        else:
            _knock(address)
            ray.init(address=address, **quiet)
    except (OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(f"no cluster of Ray answers at {address!r}: {said}") from error
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, before)  # Ray's own prints where it was


def _suited(there: Mapping[str, float]) -> int:
    """Return how many workers suit what a cluster has: one a GPU, else one for four processors."""
    return max(1, int(there.get("GPU", 0)) or int(there.get("CPU", 1)) // PROCESSORS)


def _knock(address: str) -> None:
    """See whether anything answers at HOST:PORT; Ray itself would wait for minutes. ``auto`` is for Ray to find."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not (host and port.isdecimal()) and address != "auto":
        raise ValueError("an address is HOST:PORT or auto")
    if address != "auto":
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()


def shares(nodes: Sequence[Mapping[str, float]], workers: int, gpus: bool) -> tuple[dict[str, float], int]:
    """Return what each worker has of its machine, and how many there is room for: one without room would wait for ever.

    Args:
        nodes: what each machine has, as Ray names it: ``CPU``, ``GPU``.
        workers: that are wanted.
        gpus: whether GPUs are used where there are some.

    Raises:
        InputError: no machine has a processor for a worker.
    """
    processors = [int(node.get("CPU", 0)) for node in nodes]
    if not any(processors):
        raise InputError("no machine of the cluster has a processor for a worker; start one with 'ray start'")
    there = sum(int(node.get("GPU", 0)) for node in nodes) if gpus else 0
    abreast = -(-workers // there) if there else 0
    most = [abreast * int(node.get("GPU", 0)) if there else workers for node in nodes]
    for each in range(max(1, min(sum(processors) // workers, max(processors))), 0, -1):
        room = sum(min(count // each, limit) for count, limit in zip(processors, most, strict=True))
        if room >= workers or each == 1:
            break
    return {"num_cpus": each, **({"num_gpus": 1 / abreast} if there else {})}, min(workers, max(1, room))


def _given_out(actors: Sequence[Any], tasks: Sequence[Task]) -> Iterator[Outcome]:
    """Give each worker one clip at a time, the next as soon as it has none."""
    import ray

    left, at_work = list(reversed(tasks)), {}
    for actor in actors:
        task = left.pop()
        at_work[actor.analyse.remote(task)] = actor, task
    while at_work:
        (ended, *_), _ = ray.wait(list(at_work), num_returns=1)
        actor, task = at_work.pop(ended)
        yield _outcome(ended, task)
        if left:
            task = left.pop()
            at_work[actor.analyse.remote(task)] = actor, task


def _outcome(ended: Any, task: Task) -> Outcome:
    import ray

    try:
        outcome: Outcome = ray.get(ended)
        return outcome
    except ray.exceptions.RayActorError:
        why = f"the worker that had it died {TRIES_AGAIN + 1} times"
    except ray.exceptions.RayTaskError as error:
        why = f"Whycam itself failed: {type(error.cause).__name__}: {error.cause}"
    return Outcome(task.clip, task.out, FAILED, " ".join(why.split()))
