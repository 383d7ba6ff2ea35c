"""Homes that cannot be used, terminals without Unicode, NULs in names and a clock set back: a sentence, or it works."""

import errno
import os
import subprocess
import sys
import time

import pytest

from cli import ROOT
from cli.main import main
from core import files
from jobs.store import JobStore
from pipeline import store
from pipeline.kinds import queue
from tests.browser.conftest import free_port
from tests.spoilt import fill_disk
from tests.ui import made
from tests.ui.test_pages import fine, show

VERBS = ["list runs", "list cameras", "audit", "users list", "retention", "backup x.zip", "app", "export x --out x.zip",
         "analyse assets/demo/plaza.mp4 --camera plaza --out x", "explain x --frame 1",
         "train --normal assets/demo --out new"]  # fmt: skip
WRITING = ["users add ann --role viewer --provider", "retention plaza --days 3", "app"]


@pytest.fixture
def told(monkeypatch, tmp_path, capsys):
    """Run a verb; return its exit code, and what it says on stderr."""

    def started(*_):
        raise AssertionError("the app was started")

    monkeypatch.setattr(os, "execv", started)

    def run(verb):
        words = [str(tmp_path / word) if word in ("x", "x.zip") and "--out" in verb else word for word in verb.split()]
        code = main([*words, "--port", str(free_port())] if verb == "app" else words)
        return code, capsys.readouterr().err

    return run


def sentence(said):
    lines = [line for line in said.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("whycam: ") and "Traceback" not in said, said
    return lines[0]


@pytest.mark.parametrize("verb", VERBS)
def test_the_home_of_an_unknown_user_is_one_sentence(told, monkeypatch, verb):
    monkeypatch.setenv("WHYCAM_HOME", "~nosuchuser/x")
    code, said = told(verb)
    assert code == 2 and "a user that this machine does not know" in sentence(said)


@pytest.mark.parametrize("verb", WRITING)
def test_a_home_that_may_only_be_read_is_one_sentence(told, monkeypatch, verb):
    def denied(path, *_, **__):
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setenv("WHYCAM_HOME", str(files.home() / "none yet"))
    monkeypatch.setattr("pathlib.Path.mkdir", denied)
    code, said = told(verb)
    assert code == 2 and "permission denied; choose a folder that you may write to" in sentence(said)


def test_a_full_home_is_one_sentence(told, monkeypatch):
    fill_disk(monkeypatch, 0)
    code, said = told("retention plaza --days 3")
    assert code == 2 and "full" in sentence(said)


def test_a_nul_in_an_argument_is_one_sentence(told):
    for verb in ("backup a\0b", "list runs --json a\0", "train --normal assets --out a\0"):
        code, said = told(verb)
        assert code == 2 and "NUL character" in sentence(said)


def test_a_name_in_utf_8_is_read_on_a_terminal_without_it(tmp_path):
    clip = tmp_path / "Fußgänger.mp4"
    clip.write_bytes(b"no archive")
    plain = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-m", "cli", "verify", str(clip)], cwd=ROOT, env=os.environ | plain,
                          capture_output=True, check=False)  # fmt: skip
    assert done.returncode == 2 and sentence(done.stderr.decode("ascii")).endswith("it is no ZIP archive")


def test_a_clock_that_was_set_back_leaves_runs_as_they_are(monkeypatch, told):
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda now=time.time: now() + 9 * 3600.0)
        run, busy = made.done("later.mp4"), made.running("at work.mp4")
    assert told("list runs") == (0, "") and {one.id for one in store.runs()} == {run.id, busy.id}
    for page in ("runs", "run"):
        fine(show(page, run=run.id))
    assert queue().cancel(busy.id) and JobStore().get(busy.id, store.Run).cancelling
