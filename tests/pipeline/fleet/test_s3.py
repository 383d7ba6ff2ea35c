"""Clips and reports in an S3-compatible store, moto's server (``pip install "moto[server]"``), where it is here."""

import shutil
import socket
import subprocess
import time
import urllib.request

import pytest
from pyarrow import fs

from benchmarks import _small_camera
from pipeline.fleet import addresses
from pipeline.fleet.analyst import Analyst
from pipeline.fleet.batch import Batch
from pipeline.fleet.task import DONE, Settings, Task

SETTINGS = Settings(_small_camera.NAME, device="cpu")


@pytest.fixture
def store(monkeypatch):
    """Start a server with two buckets."""
    program = shutil.which("moto_server")
    if not program:
        pytest.skip("moto_server is not installed: pip install 'moto[server]' into an environment that PATH names")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    for name, value in {"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    process = subprocess.Popen([program, "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(address)
        made = fs.S3FileSystem(endpoint_override=address, scheme="http", region="us-east-1", allow_bucket_creation=True)
        for bucket in ("clips", "reports"):
            made.create_dir(bucket)
        yield addresses.filesystem("s3://clips")[0]
    finally:
        process.kill()
        process.wait()


def _wait(address):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail("moto's server did not answer for a minute")


def test_a_clip_of_a_bucket_gets_its_report_in_another(store, whycam_home, tmp_path):
    _small_camera.make()
    clip = _small_camera.clip(tmp_path / "a b.mp4", 0)
    with store.open("clips/street/a b.mp4", "wb") as file:
        file.write(clip.read_bytes())
    assert addresses.listed("s3://clips/street", ("mp4",)) == ["s3://clips/street/a b.mp4"]
    task = Task("s3://clips/street/a b.mp4", "s3://reports/batch/a_b")
    outcome = Analyst(SETTINGS).analyse(task)
    assert (outcome.state, outcome.reason, outcome.frames) == (DONE, "", _small_camera.FRAMES)
    local = Analyst(SETTINGS).analyse(Task(str(clip), str(tmp_path / "local")))
    assert outcome.events == local.events and addresses.is_whole(task.out)
    there = addresses.get_text("s3://reports/batch/a_b/scores.csv")
    assert there == (tmp_path / "local" / "scores.csv").read_text("utf-8")
    assert not list((whycam_home / "batches").glob("*"))
    Batch("s3://reports/batch", SETTINGS, resume=False).add(outcome)
    assert Batch("s3://reports/batch", SETTINGS, resume=True).left([task]) == []
    gone = Analyst(SETTINGS).analyse(Task("s3://clips/none.mp4", "s3://reports/batch/none"))
    assert gone.reason == "there is nothing at 's3://clips/none.mp4'; check the address"
