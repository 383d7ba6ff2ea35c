"""The test command itself: what it asks pytest for, and Chromium's installation by a system made up here."""

import pytest

from tests import run


def program(folder, name, text="exit 0"):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A PATH of its own, seen by root."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(run.os, "geteuid", lambda: 0)
    return tmp_path / "bin"


def test_a_chromium_that_is_here_is_left_alone(system):
    program(system, "chromium")
    program(system, "apt-get", "exit 9")
    assert run.install_chromium() == ""


def test_chromium_is_installed_from_debians_packages(system):
    program(system, "apt-get", f"""case "$*" in
        "update -qq") ;;
        "install -qq --yes --no-install-recommends chromium")
            printf '#!/bin/sh\n' > {system}/chromium; /bin/chmod +x {system}/chromium ;;
        *) exit 3 ;;
        esac""")  # fmt: skip
    assert run.install_chromium() == ""


def test_without_apt_get_the_reason_is_said(system):
    assert run.install_chromium() == "Chromium is not installed, and there is no apt-get to install it with"


def test_what_apt_get_says_is_the_reason(system):
    program(system, "apt-get", "echo 'E: Unable to locate package chromium' >&2; exit 100")
    assert run.install_chromium() == (
        "Chromium is not installed, and apt-get update failed: E: Unable to locate package chromium"
    )


def test_a_package_without_the_program_is_the_reason(system):
    program(system, "apt-get")
    assert "holds no program of that name" in run.install_chromium()


@pytest.mark.parametrize(
    ("sudo", "reason"),
    [(None, "only root may install it"), ("echo 'sudo: a password is required' >&2; exit 1", "password")],
)
def test_who_is_not_root_needs_sudo_without_a_password(system, monkeypatch, sudo, reason):
    monkeypatch.setattr(run.os, "geteuid", lambda: 1000)
    program(system, "apt-get")
    if sudo:
        program(system, "sudo", sudo)
    assert reason in run.install_chromium()


def test_without_a_path_everything_runs_and_with_one_only_that():
    whole = run.targets(["-k", "events", "-x"])
    assert whole[0] == "--doctest-modules"
    assert {"core", "metrics", "pipeline", "tests"} <= set(whole)
    assert run.targets(["tests/test_run.py", "-x"]) == []
    assert run.targets(["tests/test_run.py::test_without_a_path"]) == []


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ([], True),
        (["-k", "events"], True),
        (["tests"], True),
        (["tests/browser/test_app.py::test_any"], True),
        (["tests/test_run.py", "tests/browser"], True),
        (["tests/test_run.py", "-x"], False),
        (["tests/core"], False),
    ],
)
def test_chromium_is_installed_only_where_a_browser_test_may_run(arguments, wanted):
    assert run.drives_browser(arguments) is wanted


def test_the_whole_suite_is_spread_and_named_tests_are_not(monkeypatch):
    monkeypatch.setattr(run.os, "sched_getaffinity", lambda _: set(range(2)))
    assert run.workers(["-q"])[:2] == ["-n", "2"]
    assert run.workers(["-n0"]) == run.workers(["tests/test_run.py"]) == []
    monkeypatch.setattr(run.os, "sched_getaffinity", lambda _: set(range(64)))
    assert run.workers([])[1] == str(run.MOST)
    monkeypatch.setattr(run.os, "sched_getaffinity", lambda _: {0})
    assert run.workers([]) == []
