"""Damaged files are counted for what they do: read, refused, uncaught, hanging, or short of something in silence."""

import json
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import robustness
from benchmarks.mutants import clips
from benchmarks.mutants._structured import damaged
from benchmarks.mutation import DAMAGES, Kind, mutated
from core.errors import DataError, UnknownNameError
from core.formats import CODECS, CONTAINERS


def test_damage_is_the_same_for_the_same_seed_and_seldom_none():
    content = bytes(range(256)) * 40
    once, again = ([mutated(content, np.random.default_rng([3, n])) for n in range(200)] for _ in range(2))
    assert once == again and sum(one == content for one in once) < 20
    assert len(set(once)) > 180
    assert mutated(b"", np.random.default_rng(0)) == b""


@pytest.mark.parametrize("damage", dict.fromkeys(DAMAGES), ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("length", [1, 2, 9, 5000])
def test_damage_holds_for_files_of_every_length(damage, length):
    content = np.random.default_rng(0).bytes(length)
    made = {damage(bytearray(content), np.random.default_rng(n)) for n in range(60)}
    assert all(isinstance(one, bytes) and len(one) <= 3 * length + 8 for one in made)


def tried(tmp_path, read):
    (tmp_path / "a.txt").write_bytes(b"content")
    return robustness.attempt(Kind("", lambda folder, rng: [], read, peak=lambda: 7), 0, 0, tmp_path)


def refuse(path):
    raise DataError("no")


def test_each_outcome_is_told(tmp_path):
    good, silent, refused = (tried(tmp_path, read) for read in (lambda path: False, lambda path: True, refuse))
    assert (good.outcome, good.silent, good.others) == ("read", False, 7) and good.app > 1e7
    assert (silent.outcome, silent.silent) == ("read", True)
    assert (refused.outcome, refused.said) == ("refused", "no")
    broken = tried(tmp_path, lambda path: 1 / 0)
    assert (broken.outcome, broken.said) == ("uncaught", "ZeroDivisionError: division by zero")
    row = robustness._row("x", [good, silent, refused, broken])
    assert [row[key] for key in ("files", "read", "refused", "uncaught", "hang", "silent")] == [4, 2, 1, 1, 0, 1]
    assert [one["outcome"] for one in row["bad"]] == ["read", "uncaught"]


@pytest.mark.parametrize(("code", "line"), [
    ("print('said', flush=True)", b"said\n"), ("raise SystemExit(3)", b""), ("while True: pass", None),
])  # fmt: skip
def test_a_process_that_ends_or_hangs_is_noticed(monkeypatch, code, line):
    monkeypatch.setattr(robustness, "HANG_SECONDS", 0.5)
    monkeypatch.setattr(robustness, "PATIENCE_RATIO", 60)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert robustness._line(child.stdout, child.pid) == line
        child.kill()


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownNameError, match=r"unknown kind of file 'clip'; known: .*clips"):
        robustness.measure(["clip"], 1, 0)


def test_clips_of_every_container_and_codec_that_can_be_written_are_damaged():
    no_encoder, no_muxer = {"wmv3", "vc1", "theora"}, {"dhav"}
    endings = {made.ending for made in clips.CLIPS}
    assert {name for name, of in CONTAINERS.items() if not endings & set(of.endings)} == no_muxer
    decoders = {"libx264": "h264", "libx265": "hevc", "libsvtav1": "libdav1d", "libvpx": "vp8", "libvpx-vp9": "vp9",
                "prores_ks": "prores"}  # fmt: skip
    assert set(CODECS) - {decoders.get(made.codec, made.codec) for made in clips.CLIPS} == no_encoder


def test_damaged_clips_are_read_or_refused(tmp_path):
    (row,) = robustness.measure(["clips"], 24, 5, keep=tmp_path)
    assert row["files"] == 24 and row["read"] + row["refused"] == 24, row["bad"]
    assert row["silent"] == 0 and not list(tmp_path.iterdir()), row["bad"]
    assert row["app_mb"] < 1500


@pytest.mark.parametrize("kind", ["labels", "scores", "cameras", "pictures", "npz", "cases"])
def test_intact_files_of_each_kind_are_read(tmp_path, kind):
    written = robustness.kinds()[kind].write(tmp_path, np.random.default_rng(1))
    assert written and set(written) == set(tmp_path.iterdir())
    for path in written:
        place = tmp_path / "one" / path.name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(path.read_bytes())
        assert robustness.kinds()[kind].read(place) is False
        place.unlink()


@pytest.mark.parametrize("kind", ["labels", "scores", "cameras", "pictures", "npz", "cases"])
def test_damaged_files_of_each_kind_are_read_or_refused_in_a_sentence(tmp_path, kind):
    chosen = robustness.kinds()[kind]
    chosen.write(tmp_path, np.random.default_rng(7))
    tried_ones = [robustness.attempt(chosen, 7, number, tmp_path) for number in range(60)]
    assert [one for one in tried_ones if one.outcome not in ("read", "refused")] == []
    assert len({one.outcome for one in tried_ones}) == 2
    assert all(one.said and "\n" not in one.said for one in tried_ones if one.outcome == "refused")


def test_damage_of_values_leaves_the_form():
    content = json.dumps({"a": [1, 2, {"b": "x"}], "c": None}).encode()
    made = [damaged(content, np.random.default_rng(n)) for n in range(200)]
    assert made == [damaged(content, np.random.default_rng(n)) for n in range(200)]
    assert sum(_is_json(one) for one in made) > 80 and len(set(made)) > 100


def _is_json(content):
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
