"""What is written outlasts a loss of power at every flush; and the simulated disk notices what does not."""

import math
import os
import random

import pytest

from benchmarks import power_loss
from benchmarks._lost_power import Disk, recording
from core import files


@pytest.mark.parametrize("name", power_loss.WORKS)
def test_nothing_is_lost_or_half_there(name, monkeypatch):
    monkeypatch.setattr(power_loss, "WORKS", {name: power_loss.WORKS[name]})
    ((row,), faults) = power_loss.measure(1, 0, math.inf, lambda what: None)
    assert faults == [] and row["disks found"] >= 6


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_flush_that_is_left_out_is_noticed(monkeypatch, kind):
    flush = files._flush
    monkeypatch.setattr(files, "_flush", lambda path: None if path.is_dir() == (kind == "folder") else flush(path))
    monkeypatch.setattr(power_loss, "WORKS", {"a file is replaced": power_loss.Replacing})
    assert power_loss.measure(1, 0, math.inf, lambda what: None)[1], f"a {kind} that is not flushed"


def test_a_file_that_was_never_flushed_may_be_gone_or_empty(tmp_path):
    disks = []
    with recording(Disk(tmp_path, random.Random(0), lambda how, disk: disks.append((how, disk)))):
        (tmp_path / "a").write_bytes(b"x" * 100)
    assert [how for how, _ in disks] == ["strict", "eager"]
    assert disks[0][1] == {} and len(disks[1][1]["a"]) < 100


def test_what_is_flushed_is_safe_once_its_folder_is(tmp_path):
    disks = []
    with recording(Disk(tmp_path, random.Random(0), lambda how, disk: disks.append(disk))):
        with (tmp_path / "a").open("wb") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        assert disks[-2] == {}
        files.sync_folder(tmp_path)
    assert disks[-2] == disks[-1] == {"a": b"x"}
