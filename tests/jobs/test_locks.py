import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import InputError, StorageError
from jobs.locks import exclusive

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import pathlib, sys
from jobs.locks import exclusive
with exclusive(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other():
    """Start another process that holds a folder until it is killed."""
    started = []

    def hold(folder):
        command = [sys.executable, "-c", HOLD, str(folder)]
        child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(child)
        assert child.stdout.readline() == b"held\n"
        return child

    yield hold
    for child in started:
        child.kill()
        child.communicate()


def test_a_second_process_is_refused_in_a_sentence_until_the_first_is_gone(tmp_path, other):
    child = other(tmp_path / "out")
    said = r"another process of Whycam is writing into \S+out; wait until it has ended, or choose another place"
    with pytest.raises(InputError, match=said), exclusive(tmp_path / "out"):
        pass
    child.kill()
    child.wait()
    with exclusive(tmp_path / "out"):
        pass


def test_a_folder_may_be_taken_again_by_who_holds_it_and_nothing_of_the_lock_is_left(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with exclusive(tmp_path / "out"):
        with exclusive(Path("out")):
            (tmp_path / "out" / "scores").write_text("x")
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".whycam.lock", "scores"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scores"]


def test_an_empty_folder_goes_only_if_it_was_not_there(tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("mine", "fresh"):
        with pytest.raises(ZeroDivisionError), exclusive(tmp_path / name):
            raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_place_that_is_no_folder_gets_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="could not be written"), exclusive(tmp_path / "file" / "out"):
        pass
