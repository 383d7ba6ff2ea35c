"""The launcher, copied into an empty folder with requirements that need no network."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SHOW = """import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "environment": dict(os.environ)}))
"""


def show(place):
    (place / "cli").mkdir()
    (place / "cli" / "__init__.py").touch()
    (place / "cli" / "__main__.py").write_text(SHOW)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which Whycam was set up; its ``cli`` shows what it was given."""
    place = tmp_path_factory.mktemp("clone")
    shutil.copy(ROOT / "whycam", place)
    show(place)
    (place / "requirements.txt").write_text("pip>=1\n")
    started = [popen(place, "list", "metrics") for _ in range(2)]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    made = [err for _, err in said if "making .venv" in err]
    assert len(made) == 1, "of two first starts one makes .venv and the other waits"
    return place


def popen(place, *arguments, cwd=None, **environment):
    whole = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    whole |= {"PIP_NO_INDEX": "1", **environment}
    command = [sys.executable, str(place / "whycam"), *arguments]
    return subprocess.Popen(command, env=whole, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start(place, *arguments, **environment):
    process = popen(place, *arguments, **environment)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def shown(place, *arguments, **environment):
    code, out, err = start(place, *arguments, **environment)
    assert code == 0, err
    return json.loads(out)


def test_it_becomes_cli_inside_the_environment(place):
    given = shown(place, "analyse", "a clip.mp4", "--out", "x y")
    assert given["arguments"] == ["analyse", "a clip.mp4", "--out", "x y"]
    assert Path(given["prefix"]) == place / ".venv"


def test_modules_of_the_folder_it_is_started_in_are_left_alone(place, tmp_path):
    for name in ("cli", "core", "json"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('of another')")
    given = shown(place, "list", cwd=tmp_path, PYTHONPATH="/else/where")
    assert given["arguments"] == ["list"]
    assert given["environment"]["PYTHONPATH"] == f"{place}:/else/where"


def test_a_second_start_is_quick_and_installs_nothing(place):
    began = time.monotonic()
    code, _, err = start(place, "list", "metrics", PIP_REQUIRE_VIRTUALENV="not a truth value: pip would fail")
    assert (code, err) == (0, "")
    assert time.monotonic() - began < 3


def test_the_allocator_keeps_large_buffers(place):
    environment = shown(place, "list")["environment"]
    assert environment["MALLOC_MMAP_MAX_"] == "0"
    assert int(environment["MALLOC_TRIM_THRESHOLD_"]) >= 1 << 30
    assert int(environment["MALLOC_TOP_PAD_"]) >= 1 << 26
    assert int(environment["GOMP_SPINCOUNT"]) <= 10_000
    assert shown(place, "list", MALLOC_TOP_PAD_="7")["environment"]["MALLOC_TOP_PAD_"] == "7"
    assert "MALLOC_MMAP_MAX_" not in shown(place, "list", WHYCAM_MALLOC="system")["environment"]


def test_what_pip_cannot_install_is_said_in_its_own_words_and_tried_again(place):
    requirements = place / "requirements.txt"
    before = requirements.read_text()
    requirements.write_text("a-package-that-nobody-has==1.0\n")
    for _ in range(2):
        code, _, err = start(place, "list")
        assert code == 1
        assert "No matching distribution found for a-package-that-nobody-has==1.0" in err
        assert err.splitlines()[-1].startswith("whycam: pip install failed with exit code 1")
    requirements.write_text(before)
    assert shown(place, "list")


def test_an_interrupted_set_up_is_made_anew(place):
    rest = place / ".venv" / "half-installed"
    rest.touch()
    (place / ".venv" / ".whycam-unfinished").touch()
    (place / ".venv" / ".whycam-stamp").unlink()
    assert shown(place, "list")
    assert not rest.exists()


def test_help_needs_no_environment(tmp_path):
    shutil.copy(ROOT / "whycam", tmp_path)
    show(tmp_path)
    (tmp_path / "requirements.txt").write_text("pip>=1\n")
    assert shown(tmp_path, "--help")["arguments"] == ["--help"]
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("3.12", "apt-get install python3.12-venv"),
        ("3.9\nvenv", "Whycam needs Python 3.11 or later; found"),
        ("", "Whycam needs Python 3.11 or later; found none that runs"),
    ],
)
def test_an_unsuitable_python_is_said_in_one_sentence(tmp_path, says, sentence):
    shutil.copy(ROOT / "whycam", tmp_path)
    (tmp_path / "requirements.txt").write_text("pip>=1\n")
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\nprintf '{says}'\n")
    python.chmod(0o755)
    code, _, err = start(tmp_path, "list", WHYCAM_PYTHON=str(python))
    assert code == 1
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_the_real_help_is_quick_and_loads_no_network_library():
    began = time.monotonic()
    look = "import sys\nfrom cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    done = subprocess.run(
        [sys.executable, "-c", look + "print('torch' in sys.modules, 'numpy' in sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert time.monotonic() - began < 3
    assert done.stdout.splitlines()[-1] == "False False"
