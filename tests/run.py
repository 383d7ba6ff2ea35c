"""The test command: Chromium where it can be had, then every test and every example in the documentation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = (
    "core",
    "footage",
    "detectors",
    "explain",
    "metrics",
    "jobs",
    "pipeline",
    "plaza",
    "workshop",
    "ui",
    "benchmarks",
    "cli",
)
BROWSER = ROOT / "tests" / "browser"
MOST = 8
"""Processes at most."""
WHY_NOT = "WHYCAM_NO_CHROMIUM"


def install_chromium() -> str:
    """Install Debian's Chromium unless a Chromium is here; return why there is none, or nothing."""
    if shutil.which("chromium"):
        return ""
    if not shutil.which("apt-get"):
        return "Chromium is not installed, and there is no apt-get to install it with"
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and not shutil.which("sudo"):
        return "Chromium is not installed, and only root may install it: apt-get install chromium"
    print("installing Chromium from Debian's packages for the browser tests", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            [*root, "apt-get", *step], env=environment, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode:
            said = (done.stderr.strip() or done.stdout.strip() or "no word from it").splitlines()[-1]
            return f"Chromium is not installed, and apt-get {step[0]} failed: {said}"
    return "" if shutil.which("chromium") else "apt-get installed a package chromium that holds no program of that name"


def named(arguments: list[str]) -> list[Path]:
    """Return the files and folders among the arguments."""
    paths = [ROOT / argument.partition("::")[0] for argument in arguments if not argument.startswith("-")]
    return [path.resolve() for path in paths if path.exists()]


def drives_browser(arguments: list[str]) -> bool:
    """Tell whether browser tests can be among those that are asked for."""
    paths = named(arguments)
    return not paths or any(BROWSER.is_relative_to(path) or path.is_relative_to(BROWSER) for path in paths)


def targets(arguments: list[str]) -> list[str]:
    """Return what pytest is to look at: the paths among ``arguments``, otherwise all tests and all examples."""
    if named(arguments):
        return []
    return ["--doctest-modules", *(room for room in ROOMS if (ROOT / room).exists()), "tests"]


def workers(arguments: list[str]) -> list[str]:
    """Return how the whole suite is spread over processors; a few named tests run in one process."""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1  # macOS lacks it
    count = min(here, MOST)
    if count == 1 or not targets(arguments) or any(argument.startswith("-n") for argument in arguments):
        return []
    return ["-n", str(count), "--dist", "loadfile", "--no-loadscope-reorder"]


def main(arguments: list[str]) -> None:
    """Become pytest."""
    if drives_browser(arguments) and (why_not := install_chromium()):
        os.environ[WHY_NOT] = why_not
        print(f"browser tests are skipped: {why_not}", flush=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rs",
        "--durations=20",
        *targets(arguments),
        *workers(arguments),
        *arguments,
    ]
    os.chdir(ROOT)
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main(sys.argv[1:])
