import os
import subprocess
import sys
import time

import psutil
import pytest

from jobs import processes


def test_a_zombie_is_dead_and_kill_waits_for_the_end():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
    known = processes.identity(child.pid)
    assert processes.alive(known)
    processes.kill(known)
    assert not processes.alive(known), "killed, and its parent has not asked for it yet"
    child.wait()
    processes.kill(known)
    assert processes.identity(child.pid) != known


def test_no_signal_reaches_this_process_itself():
    processes.kill(processes.identity(os.getpid()))


@pytest.mark.parametrize("said", [None, "", "x", "-1/1/1", "999999999/1/1", "1.5/0/0"])
def test_what_is_no_identity_is_nobody(said):
    assert not processes.alive(said)
    processes.kill(said)


def test_setting_the_clock_changes_no_identity(monkeypatch):
    known = processes.identity(os.getpid())
    boot = psutil.boot_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: boot - 7200)
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: boot - 7200)
    psutil._pmap.clear()
    assert processes.identity(os.getpid()) == known


def test_a_clock_set_between_two_looks_is_looked_at_again(monkeypatch):
    known, boot = processes.identity(os.getpid()), psutil.boot_time()
    told = iter([boot - 60, boot])
    monkeypatch.setattr(psutil, "boot_time", lambda: next(told, boot))
    assert processes.identity(os.getpid()) == known
    assert time.time() > boot
