"""What a process that decodes can still do, tried from within."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from core import _confine, _seccomp, cage
from core._cage_pool import POOL
from core._confine import MEASURES

ROOT = Path(__file__).resolve().parents[2]
TRIED = """
import ctypes, json, os, resource, socket, sys, threading
from core import _confine
found = {}
def tried(name, call):
    try:
        call()
        found[name] = "done"
    except BaseException as error:
        found[name] = type(error).__name__
out = os.dup(1)
kept = open(sys.argv[1], "rb")
granted = _confine.confine(3 << 30)
libc = ctypes.CDLL(None, use_errno=True)
def numbered(name):
    if getattr(libc, name)(*{"socket": (2, 1, 0), "ptrace": (0, 0, 0, 0), "unshare": (0x10000000,)}[name]) < 0:
        raise OSError(ctypes.get_errno(), "")
tried("read a file that is open", lambda: os.preadv(kept.fileno(), [bytearray(3)], 0))
tried("compute in a thread", lambda: (t := threading.Thread(target=lambda: None), t.start(), t.join()))
tried("take memory", lambda: bytearray(1 << 20))
tried("open for reading", lambda: open("/etc/hostname", "rb"))
tried("open for writing", lambda: open(sys.argv[1] + ".new", "wb"))
tried("make a socket", lambda: numbered("socket"))
tried("trace", lambda: numbered("ptrace"))
tried("enter a namespace", lambda: numbered("unshare"))
tried("fork", os.fork)
tried("start a program", lambda: os.execv("/bin/true", ["true"]))
tried("end its parent", lambda: os.kill(os.getppid(), 0))
tried("remove", lambda: os.unlink(sys.argv[1]))
tried("list", lambda: os.listdir("/"))
tried("take much memory", lambda: bytearray(4 << 30))
tried("raise its limits", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096)))
tried("run what it wrote", lambda: __import__("mmap").mmap(-1, 4096, prot=7))
os.write(out, json.dumps([granted, found]).encode())
os._exit(0)
"""
DONE = {"read a file that is open", "compute in a thread", "take memory"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux grants all of it")
def test_a_process_can_do_nothing_but_read_its_file_and_compute(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    done = subprocess.run([sys.executable, "-c", TRIED, str(tmp_path / "a")], cwd=ROOT, capture_output=True, timeout=60)
    granted, found = json.loads(done.stdout)
    assert set(granted) >= set(MEASURES[:3]), done.stderr
    assert {name for name, how in found.items() if how == "done"} == DONE, found
    assert (tmp_path / "a").exists() and not (tmp_path / "a.new").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux grants all of it")
def test_what_is_granted_is_told():
    assert set(MEASURES[:3]) <= set(cage.granted()) <= set(MEASURES)


def test_no_secret_of_the_environment_reaches_a_decoder(monkeypatch):
    POOL.close()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    with psutil.Process(POOL.server()._process.pid).oneshot():
        environment = psutil.Process(POOL.server()._process.pid).environ()
    assert "hunter2" not in environment.values() and environment["MALLOC_ARENA_MAX"] == "2"


def test_an_unknown_kind_of_processor_has_no_filter(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not _seccomp.install()


def test_both_kinds_of_processors_have_the_same_calls():
    older = {"poll", "select", "time"}
    assert set(_seccomp.X86_64.calls) - set(_seccomp.AARCH64.calls) == older
    assert set(_seccomp.AARCH64.calls) <= set(_seccomp.X86_64.calls)
    for machine in _seccomp.MACHINES.values():
        program = _seccomp._program(machine, 1)
        assert len(program) % 8 == 0 and len(set(machine.calls.values())) == len(machine.calls)


def test_other_systems_have_limits_alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not _confine.leave_network()
