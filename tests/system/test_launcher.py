"""The launcher, copied into an empty folder with requirements that need no network."""

import ensurepip
import hashlib
import json
import os
import re
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


LIST = "pip>=1\n"
PINNED = f"pip=={ensurepip.version()} --hash=sha256:{'0' * 64}\n"
HERE = f"{sys.platform}-{os.uname().machine}"


def require(place, listed=LIST, pinned=PINNED, platforms=HERE):
    """Write both files of requirements; pip is in each new environment, so that nothing is downloaded."""
    (place / "requirements.txt").write_text(listed)
    of = hashlib.sha256(listed.encode()).hexdigest()
    head = f"# of: {of}\n# platforms: {platforms}\n# pythons: 3.11 3.12 3.13 3.14\n"
    (place / "requirements.lock").write_text(head + pinned)


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
    require(place)
    started = [popen(place, "list", "metrics") for _ in range(2)]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0], said
    made = [err for _, err in said if "creating .venv" in err]
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
    require(place, pinned=f"a-package-that-nobody-has==1.0 --hash=sha256:{'0' * 64}\n")
    for _ in range(2):
        code, _, err = start(place, "list")
        assert code == 1
        assert "No matching distribution found for a-package-that-nobody-has==1.0" in err
        assert err.splitlines()[-1].startswith("whycam: pip install failed with exit code 1")
    require(place)
    assert shown(place, "list")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda place: (place / "requirements.lock").unlink(), "requirements.lock is missing; ./whycam setup --lock"),
        (lambda place: (place / "requirements.txt").write_text("pip>=2\n"), "not written from this requirements.txt"),
        (lambda place: require(place, platforms="plan9-mips"), f"covers plan9-mips .*, not {HERE} with Python 3"),
    ],
    ids=["missing", "of another list", "of another platform"],
)
def test_a_lock_that_does_not_fit_is_said_in_one_sentence(place, wrong, sentence):
    wrong(place)
    code, _, err = start(place, "list")
    assert code == 1
    assert re.search(sentence, err.splitlines()[-1])
    assert shown(place, "list", WHYCAM_LOCK="ignore")
    require(place)
    assert shown(place, "list")


def test_the_lock_is_of_the_list_and_pins_all_of_it():
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    listed = (ROOT / "requirements.txt").read_bytes()
    assert f"# of: {hashlib.sha256(listed).hexdigest()}\n" in text, "run: ./whycam setup --lock"
    pinned = set(re.findall(r"^([a-z0-9-]+==\S+)", text, re.MULTILINE))
    assert set(re.findall(r"^[a-z0-9-]+==\S+", listed.decode(), re.MULTILINE)) <= pinned
    assert len(re.findall(r"^[a-z0-9-]+==.* \\\n    --hash=sha256:", text, re.MULTILINE)) == len(
        re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)
    )


def test_an_interrupted_set_up_is_made_anew(place):
    rest = place / ".venv" / "half-installed"
    rest.touch()
    (place / ".venv" / ".whycam-unfinished").touch()
    (place / ".venv" / ".whycam-stamp").unlink()
    assert shown(place, "list")
    assert not rest.exists()


def test_an_environment_that_is_only_linked_is_left_as_it_is(place, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(ROOT / "whycam", other)
    show(other)
    require(other, pinned=PINNED + "# another\n")
    (other / ".venv").symlink_to(place / ".venv")
    before = sorted(path.name for path in (place / ".venv").rglob("*"))
    code, _, said = start(other, "list", "metrics")
    told = f"whycam: .venv is a link to {place / '.venv'}, which is not set up for this folder; set it up there, or "
    assert (code, said) == (1, f"{told}remove the link\n")
    assert sorted(path.name for path in (place / ".venv").rglob("*")) == before


def test_help_needs_no_environment(tmp_path):
    shutil.copy(ROOT / "whycam", tmp_path)
    show(tmp_path)
    require(tmp_path)
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
    require(tmp_path)
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
