"""Optional packages: ``./whycam setup --NAME`` installs the set ``requirements-NAME.txt`` into this environment.

Comments of the form ``# KEY: VALUES`` in such a file say how: ``needs`` are programs and C headers that must be here,
``build`` packages that pip needs first, ``check`` the module whose import shows that the set works.
"""

import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from core.errors import InputError, WhycamError

COMPILERS = ("c++", "g++", "clang++")


def sets(root: Path) -> dict[str, Path]:
    """Name to file of each set."""
    return {path.stem.partition("-")[2]: path for path in sorted(root.glob("requirements-*.txt"))}


def install(root: Path, name: str) -> None:
    """Install a set; pip's output goes to stderr.

    Raises:
        InputError: a program or header that the set needs is missing.
        WhycamError: pip failed, or the set cannot be imported afterwards.
    """
    path = sets(root)[name]
    facts = dict(re.findall(r"^# (needs|build|check): (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE))
    missing = [need for need in facts["needs"].split() if not _here(need)]
    if missing:
        raise InputError(f"{name} was not installed: its build needs {', '.join(missing)}, missing on "
                         "this machine (on Debian and Ubuntu: apt-get install git g++ python3-dev)")  # fmt: skip
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    for arguments in (shlex.split(facts["build"]), ["--no-build-isolation", "-r", str(path)]):
        if subprocess.run([*pip, *arguments], stdout=sys.stderr, check=False).returncode:
            raise WhycamError(f"{name} was not installed: pip could not install {shlex.join(arguments)}; "
                              "pip's output is above")  # fmt: skip
    if subprocess.run([sys.executable, "-c", f"import {facts['check']}"], check=False).returncode:
        raise WhycamError(f"{name} was installed, but {facts['check']} cannot be imported; the error is above")


def _here(need: str) -> bool:
    """Tell whether a program or a header of Python is here; ``c++`` stands for any C++ compiler.

    >>> _here("sh"), _here("no-such-program"), _here("no-such-header.h")
    (True, False, False)
    """
    if need.endswith(".h"):
        return Path(sysconfig.get_path("include"), need).exists()
    return any(shutil.which(name) for name in (COMPILERS if need == "c++" else (need,)))
