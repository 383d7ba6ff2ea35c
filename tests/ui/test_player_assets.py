"""The built player in ``assets/player/`` is of the sources in ``frontend/``, and tells no lie about its keys."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ui import player

ROOT = Path(__file__).resolve().parents[2]
FRONTEND, BUILT = ROOT / "frontend", ROOT / "assets" / "player"


def test_the_built_player_is_of_these_sources():
    digest = hashlib.sha256()
    others = [FRONTEND / name for name in ("build.mjs", "package-lock.json", "package.json")]
    names = [path.relative_to(FRONTEND).as_posix() for path in [*(FRONTEND / "src").iterdir(), *others]]
    for name in sorted(names):
        digest.update(name.encode() + b"\0" + (FRONTEND / name).read_bytes() + b"\0")
    said = (BUILT / "sources.sha256").read_text().strip()
    assert said == digest.hexdigest(), "build it anew: npm --prefix frontend ci && npm --prefix frontend run build"


def test_building_gives_what_is_kept(tmp_path):
    if not shutil.which("node") or not (FRONTEND / "node_modules" / "esbuild").exists():
        pytest.skip(
            "node or frontend/node_modules is missing; 'npm --prefix frontend ci' installs what builds the player"
        )
    subprocess.run(["node", FRONTEND / "build.mjs", tmp_path], check=True)
    for path in sorted(BUILT.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_every_source_is_short():
    long = {path.name: n for path in (FRONTEND / "src").iterdir() if (n := len(path.read_text().splitlines())) > 300}
    assert long == {}


def test_text_of_a_run_never_becomes_html():
    for path in (FRONTEND / "src").glob("*.ts"):
        for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert way not in path.read_text(), (path.name, way)


def test_the_keys_that_are_listed_are_those_that_do_something():
    assert [tuple(one) for one in json.loads((FRONTEND / "src" / "keys.json").read_text())] == player.KEYS
    listed = {key for keys, _ in player.KEYS for key in keys.split() if len(key) == 1}
    assert listed == {"←", "→", "[", "]", "N", "P", "L", "R", "1", "2", "3", "E", "?", "+"}
