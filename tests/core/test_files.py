"""Files are written whole or not at all."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import _parts, files
from core.errors import StorageError

ROOT = Path(__file__).resolve().parents[2]


def test_home_is_where_the_environment_says(whycam_home, monkeypatch):
    assert files.home() == whycam_home
    monkeypatch.setenv("WHYCAM_HOME", "~/there")
    assert files.home() == Path.home() / "there"
    monkeypatch.setenv("WHYCAM_HOME", "")
    assert files.home() == Path.home() / ".whycam"


def test_a_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "a.bin"
    with files.write_whole(path) as file:
        file.write(b"abc")
        assert not path.exists()
    assert path.read_bytes() == b"abc"
    assert [p.name for p in path.parent.iterdir()] == ["a.bin"]


def test_an_error_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(KeyError), files.write_whole(path) as file:
        file.write(b"new")
        raise KeyError("x")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_caller_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), files.write_whole(tmp_path / "a"):
        (tmp_path / "missing").read_bytes()


def test_json_is_for_every_reader(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"name": "é\udcff", "n": 1})
    assert json.loads(path.read_text("utf-8")) == {"name": "é?", "n": 1}
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(path, {"score": float("nan")})
    assert json.loads(path.read_text("utf-8"))["n"] == 1


@pytest.mark.parametrize("step", ["fsync", "write"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, step, code):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    def full(*_):
        raise OSError(code, os.strerror(code))

    with pytest.raises(StorageError, match=r"'a.txt' could not be written to .*: the disk is full"):
        if step == "fsync":
            monkeypatch.setattr(os, "fsync", full)
            files.write_text(path, "new")
        else:
            with files.write_whole(path) as file:
                file.write(b"ne")
                full()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


CHILD = """
import resource, sys
from pathlib import Path
import numpy as np
from core import files, video
from core.errors import StorageError
def array(path):
    with files.write_whole(path) as file:
        np.save(file, noise)
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
noise = np.random.default_rng(0).integers(0, 256, (50, 64, 64, 3), dtype=np.uint8)
for write in (
    lambda path: files.write_text(path, "x" * 100000),
    lambda path: video.encode(path, iter(noise), 25),
    array,
):
    try:
        write(Path(sys.argv[1]) / "out.mp4")
        print("written")
    except StorageError as error:
        print(error)
"""


def test_no_room_left_while_writing_is_one_sentence(tmp_path):
    done = subprocess.run([sys.executable, "-c", CHILD, tmp_path], cwd=ROOT, capture_output=True, text=True)
    sentence = f"'out.mp4' could not be written to {tmp_path}: the disk is full; free some space and try again"
    assert done.stdout.splitlines() == [sentence] * 3, done.stderr
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from core import files
place = Path(sys.argv[1])
with files.staged(place / "a.bin") as part, files.scratch(place) as folder:
    part.write_bytes(b"half")
    (folder / "b.bin").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_goes_with_the_next_one_that_writes_there(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=ROOT)
    assert len(list(tmp_path.iterdir())) == 3
    (tmp_path / ".theirs.part").write_text("no name of ours")
    files.write_text(tmp_path / "a.bin", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".theirs.part", "a.bin"]


def test_what_is_still_written_stays(tmp_path):
    with files.staged(tmp_path / "a.bin") as part, files.scratch(tmp_path) as folder:
        _parts.remove_left(tmp_path)
        part.write_bytes(b"whole")
        (folder / "b.bin").write_bytes(b"b")
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="could not be written to"):
        files.write_text(tmp_path / "file" / "a.txt", "x")
    (tmp_path / "taken").mkdir()
    with pytest.raises(StorageError, match="could not be written"):
        files.write_text(tmp_path / "taken", "x")
    assert {p.name for p in tmp_path.iterdir()} == {"file", "taken"}


LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()


@given(st.recursive(LEAF, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_json_reads_back_as_it_was(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.json"
    files.write_json(path, content)
    assert json.loads(path.read_text(encoding="utf-8")) == content


def test_a_list_of_numbers_stands_on_one_line_and_text_stays_as_it_is(tmp_path):
    files.write_json(tmp_path / "a.json", {"n": [1, 2.5, -1e-7], "s": "[ 1,\n  2 ]"})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert '"n": [1, 2.5, -1e-07]' in text
    assert json.loads(text)["s"] == "[ 1,\n  2 ]"
