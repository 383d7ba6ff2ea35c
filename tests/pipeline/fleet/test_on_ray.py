"""Clips spread over the workers of a cluster of two nodes, which Ray's own tools make on one machine."""

import contextlib
import os
import signal
import threading
import time
import warnings
from pathlib import Path

import psutil
import pytest

from benchmarks import _small_camera
from core.errors import InputError
from pipeline.fleet import on_ray
from pipeline.fleet.analyst import Analyst
from pipeline.fleet.task import DONE, FAILED, Settings, Task

SETTINGS = Settings(_small_camera.NAME, device="cpu")
WORKER = "ray::Analyst"

needs_ray = pytest.mark.skipif(not on_ray.is_installed(), reason="Ray is not installed: './whycam setup --ray'")


@pytest.fixture
def cluster():
    """Start two nodes with a processor each; return the cluster's address."""
    from ray.cluster_utils import Cluster

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        node = {"num_cpus": 1, "object_store_memory": 80 << 20}
        made = Cluster(initialize_head=True, head_node_args=node)
        made.add_node(**node)
        yield made.address
        made.shutdown()


@pytest.fixture
def clips(whycam_home, tmp_path):
    _small_camera.make()
    (tmp_path / "bad.mp4").write_bytes(b"no clip")
    made = [_small_camera.clip(tmp_path / f"{number}.mp4", number) for number in range(3)]
    return [*made[:1], tmp_path / "bad.mp4", *made[1:]]


def tasks(clips, out):
    return [Task(str(clip), str(out / clip.stem)) for clip in clips]


def kept(out):
    """Return each file of the reports, but for those that say how many threads there were."""
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(Path(out).rglob("*"))
            if path.is_file() and path.name not in ("report.html", "report.json", "run.json")}  # fmt: skip


@needs_ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_clips_on_two_nodes_give_what_they_give_in_turn_though_a_worker_is_killed(
    cluster, clips, tmp_path, monkeypatch
):
    monkeypatch.setattr(on_ray, "_knock", lambda address: None)  # the nodes have this machine's own address
    one_by_one = [Analyst(SETTINGS).analyse(task) for task in tasks(clips, tmp_path / "turn")]
    killed = threading.Event()
    killer = threading.Thread(target=_kill_one, args=(tmp_path / "ray", killed))
    killer.start()
    outcomes = list(on_ray.spread(tasks(clips, tmp_path / "ray"), SETTINGS, 2, cluster))
    killer.join()
    assert killed.is_set()
    by_clip = {outcome.clip: outcome for outcome in outcomes}
    assert len(by_clip) == len(outcomes) == len(clips)
    for before in one_by_one:
        after = by_clip[before.clip]
        assert (after.state, after.reason, after.events, after.frames) == (
            before.state, before.reason, before.events, before.frames
        )  # fmt: skip
    assert sorted(outcome.state for outcome in outcomes) == [DONE, DONE, DONE, FAILED]
    assert kept(tmp_path / "ray") == kept(tmp_path / "turn") != {}


def _kill_one(out, killed):
    """Kill a worker that has begun with a clip."""
    end = time.monotonic() + 300
    while not any(out.rglob("run.json")) and time.monotonic() < end:
        time.sleep(0.02)
    workers = [process for process in psutil.process_iter(["cmdline"])
               if (process.info["cmdline"] or [""])[0].startswith(WORKER)]  # fmt: skip
    for process in workers[:1]:
        with contextlib.suppress(psutil.Error):
            os.kill(process.pid, signal.SIGKILL)
            killed.set()


@needs_ray
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_does_not_answer_is_said_in_a_sentence():
    with pytest.raises(InputError, match=r"no cluster of Ray answers at '127\.0\.0\.1:1'"):
        list(on_ray.spread([Task("a", "b")], SETTINGS, 1, "127.0.0.1:1"))


@pytest.mark.parametrize("address", ["nonsense", "host:", ":6379", "host:port", ""])
def test_what_is_no_address_is_not_waited_for(address):
    with pytest.raises(ValueError, match="an address is HOST:PORT or auto"):
        on_ray._knock(address)


def test_without_ray_several_workers_are_refused_with_what_installs_it(monkeypatch):
    monkeypatch.setattr(on_ray, "is_installed", lambda: False)
    with pytest.raises(InputError, match=r"'\./whycam setup --ray' installs it"):
        list(on_ray.spread([Task("a", "b")], SETTINGS, 2, on_ray.HERE))


def test_a_worker_for_each_gpu_else_for_four_processors():
    assert on_ray._suited({"GPU": 8.0, "CPU": 96.0}) == 8
    assert on_ray._suited({"CPU": 96.0}) == 24 and on_ray._suited({"CPU": 2.0}) == 1


def test_no_worker_is_asked_for_that_no_machine_has_room_for():
    assert on_ray.shares([{"CPU": 1.0}, {"CPU": 1.0}], 1, True) == ({"num_cpus": 1}, 1)
    assert on_ray.shares([{"CPU": 2.0}], 99, False) == ({"num_cpus": 1}, 2)
    assert on_ray.shares([{"CPU": 8.0}, {"CPU": 3.0}], 2, True) == ({"num_cpus": 4}, 2)
    assert on_ray.shares([{"CPU": 16.0, "GPU": 2.0}, {"CPU": 16.0}], 3, True) == ({"num_cpus": 5, "num_gpus": 0.5}, 3)
    assert on_ray.shares([{"CPU": 16.0, "GPU": 2.0}], 3, False) == ({"num_cpus": 5}, 3)
    with pytest.raises(InputError, match="no machine of the cluster has a processor"):
        on_ray.shares([{"CPU": 0.0}], 1, True)
