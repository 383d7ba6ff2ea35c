"""What every test stands on: a home of its own, no network, fixed seeds, and real footage where it is."""

import os
import random
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Small networks lose more to waiting for one another's threads than they gain, above all on a busy machine."""

settings.register_profile(
    "whycam",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("whycam")

LONGEST = ("tests/system/test_demo.py", "tests/browser", "tests/test_style.py", "tests/explain/methods")

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(scope="session", autouse=True)
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the session a home for what wider fixtures make, and refuse every connection that leaves the machine."""
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(LOOPBACK):
            raise OSError(f"a test tried to reach {address}; tests stay on this machine")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", local_only)
        patch.setenv("WHYCAM_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("WHYCAM_OFFLINE", "1")
        patch.delenv("WHYCAM_WEIGHTS", raising=False)
        yield


@pytest.fixture(autouse=True)
def whycam_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test an empty user folder of its own."""
    home = tmp_path_factory.mktemp("whycam")
    monkeypatch.setenv("WHYCAM_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Fix the seeds; PyTorch's only where something has loaded it, for loading it takes seconds."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a folder be named for pictures of the pages."""
    parser.addoption("--screenshots", default="", help="folder for pictures of each page, made by tests/browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left with one of them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("footage"):
        real_footage()


def real_footage() -> Path:
    named = os.environ.get("WHYCAM_DATA")
    if not named:
        pytest.skip("real footage: WHYCAM_DATA does not name its folder")
    if not Path(named).is_dir():
        pytest.skip(f"real footage: WHYCAM_DATA names {named}, which is no folder")
    return Path(named)


@pytest.fixture(scope="session")
def footage_root() -> Path:
    """Return the folder that holds UCSDped2/, Avenue/ and the others."""
    return real_footage()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the browser's program."""
    found = shutil.which("chromium")
    if not found:
        pytest.skip(os.environ.get("WHYCAM_NO_CHROMIUM") or "Chromium is not installed; './whycam test' installs it")
    return found


@pytest.fixture(scope="session")
def _tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the camera of ``tiny_camera`` once; return its folder."""
    settings = {"base": 4, "codes": 8, "height": 32, "width": 48}
    return _untrained(tmp_path_factory.mktemp("cameras") / "tiny", "vqunet-prediction", settings).folder


@pytest.fixture
def tiny_camera(whycam_home: Path, _tiny: Path) -> Any:
    """A camera called ``tiny`` among the user's own: a small VQU-Net that was never trained."""
    from pipeline.camera import load

    shutil.copytree(_tiny, whycam_home / "cameras" / "tiny")
    return load("tiny")


@pytest.fixture
def latent_camera(whycam_home: Path) -> Any:
    """A camera called ``latent`` whose detector has two scores, of the latent code and of the pixels; not trained."""
    settings = {"base": 4, "height": 32, "width": 48, "blocks": 2, "inputs": 2, "ahead": 1, "step": 1}
    return _untrained(whycam_home / "cameras" / "latent", "decoupled-conv3d", settings)


def _untrained(folder: Path, detector: str, settings: dict[str, Any]) -> Any:
    import torch

    from core import weights
    from core.normality import Normality
    from pipeline.camera import Camera, load, make_detector, save

    torch.manual_seed(0)
    sha256 = weights.save(make_detector(detector, settings), folder / "weights.safetensors")
    save(
        Camera(
            detector,
            settings,
            sha256,
            name=folder.name,
            folder=folder,
            threshold=0.5,
            floor=0.1,
            width=64,
            height=48,
            fps=10.0,
            normality=Normality(-10.0, tuple(float(i) for i in range(101)), 100, 0.01),
            background=np.full((72, 96, 3), 90, np.uint8),
            card={"seed": 0, "epochs": 0},
        )
    )
    return load(str(folder))
