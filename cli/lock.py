"""The lock of the packages: every package that ``requirements.txt`` leads to, with the hashes of all its files.

``uv`` resolves for all platforms at once; it is installed into a temporary environment. The first lines of the lock are
read by the launcher, so that a platform or a list that the lock does not cover gets a sentence.
"""

import hashlib
import os
import subprocess
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from core.errors import WhycamError
from core.files import write_whole

UV = "uv==0.13.9"
PLATFORMS = ("linux-x86_64", "linux-aarch64", "darwin-arm64")
"""``sys.platform`` and machine of the platforms that the lock covers."""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_PROJECT = """[project]
name = "whycam"
version = "0"
requires-python = ">={first}"
[tool.uv]
environments = [{environments}]
"""
_MARKER = "sys_platform == '{0}' and platform_machine == '{1}' and python_full_version < '3.{2}'"


def write(root: Path) -> int:
    """Write ``requirements.lock`` beside ``requirements.txt``; versions in an earlier lock are kept where they fit.

    Returns:
        How many packages it pins.

    Raises:
        WhycamError: uv could not be installed, or found no set of versions that fits; in its words.
        StorageError: the lock could not be written.
    """
    listed, lock = root / "requirements.txt", root / "requirements.lock"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "pyproject.toml").write_text(_project(), encoding="utf-8")
        (place / listed.name).write_bytes(listed.read_bytes())
        if lock.exists():
            (place / lock.name).write_bytes(lock.read_bytes())
        venv.create(place / "venv", with_pip=True)
        _run([str(place / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", UV], place)
        _run([str(place / "venv" / "bin" / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
              "--no-annotate", "--no-header", "--python-version", PYTHONS[0], "--output-file", lock.name, listed.name],
             place)  # fmt: skip
        pinned = (place / lock.name).read_text(encoding="utf-8")
    with write_whole(lock) as file:
        file.write((_head(listed.read_bytes()) + pinned).encode())
    return sum("==" in line for line in pinned.splitlines())


def _project() -> str:
    after = int(PYTHONS[-1].partition(".")[2]) + 1
    markers = (_MARKER.format(*platform.split("-"), after) for platform in PLATFORMS)
    return _PROJECT.format(first=PYTHONS[0], environments=", ".join(f'"{marker}"' for marker in markers))


def _head(listed: bytes) -> str:
    return (
        "# Written by ./whycam setup --lock from requirements.txt; do not edit.\n"
        f"# of: {hashlib.sha256(listed).hexdigest()}\n"
        f"# platforms: {' '.join(PLATFORMS)}\n"
        f"# pythons: {' '.join(PYTHONS)}\n"
    )


def _run(command: Sequence[str], place: Path) -> None:
    environment = {"UV_SYSTEM_CERTS": "1", **os.environ}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())
        raise WhycamError(f"the lock was not written: {Path(command[0]).name} {command[1]} failed: {said}")
