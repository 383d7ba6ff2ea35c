"""docs/adding.md is executed: its files are added to a tree of links to this one, and its commands are run there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clips import make, pictures

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
FILES = re.findall(r"`([\w/]+\.py)`:\n\n```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = [
    (command, expected)
    for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    for command, expected in re.findall(r"^\$ \./whycam (.+)\n(.+)$", block, re.MULTILINE)
]
pytestmark = pytest.mark.slow


def link(place, source):
    """Fill a folder with links to all that another holds."""
    place.mkdir()
    for path in source.iterdir():
        if path.name not in {".git", "__pycache__"}:
            (place / path.name).symlink_to(path)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree with the page's files, and the clips that its commands name."""
    place = tmp_path_factory.mktemp("adding") / "whycam"
    link(place, ROOT)
    for name, source in FILES:
        for parent in reversed(Path(name).parents):
            if (place / parent).is_symlink():
                target = (place / parent).readlink()
                (place / parent).unlink()
                link(place / parent, target)
        (place / name).write_text(source, encoding="utf-8")
    make(place / "clip.mp4", pictures(24, 96, 64))
    for part in ("train", "test"):
        (place / "lines" / part).mkdir(parents=True)
        make(place / "lines" / part / "one.mp4", pictures(10))
    (place / "lines" / "test" / "one.txt").write_text("0\n1\n" * 5)
    return place


def started(tree, command):
    verb, *rest = shlex.split(command)
    quiet = ["pytest", "-p", "no:cacheprovider", "-n", "0"]
    module = [*quiet, *rest] if verb == "test" else ["cli", verb, *rest]
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "WHYCAM_HOME": str(tree.parent / "home"),
        "WHYCAM_OFFLINE": "1",
    }
    return subprocess.run(
        [sys.executable, "-P", "-m", *module], cwd=tree, env=environment, capture_output=True, text=True
    )


def test_each_room_has_an_example():
    assert {name.rpartition("/")[0] for name, _ in FILES} == {
        "detectors", "metrics", "footage", "explain/methods", "explain/objects",
    }  # fmt: skip
    assert len(COMMANDS) == 2 * len(FILES)


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_the_pages_commands_know_the_new_entries(tree, command, expected):
    done = started(tree, command)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert expected in done.stdout


def test_the_pages_files_keep_the_style(tree):
    names = [name for name, _ in FILES]
    for tool in (["ruff", "check", "--quiet"], ["ruff", "format", "--check", "--quiet"], ["mypy"]):
        done = subprocess.run([sys.executable, "-m", *tool, *names], cwd=tree, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
