"""``setup``: official weights from a server on this machine, and from a folder that they were carried in."""

import hashlib
import json

import pytest

from core.errors import InputError, WeightsError, WeightsUnavailable
from explain.backends import Published
from pipeline import official
from tests.core.test_download import CONTENT, DIGEST, names, server

__all__ = ["server"]
OTHER = b"actions" * 5000


def opens(path):
    if not path.read_bytes().startswith(b"actions"):
        raise WeightsError("it holds something else")


@pytest.fixture
def known(monkeypatch):
    """Two models: one with its publisher's checksum, one that is told by its content."""

    def at(url):
        offered = {
            "objects": Published(f"{url}/w.pth", "w.pth", DIGEST[:8], len(CONTENT)),
            "actions": Published(f"{url}/published.pyth", "a.pyth", opens=opens),
        }
        monkeypatch.setattr(official, "published", lambda: offered)

    at("https://localhost:1")
    return at


@pytest.fixture
def carried(tmp_path):
    (tmp_path / "w.pth").write_bytes(CONTENT)
    (tmp_path / "published.pyth").write_bytes(OTHER)
    return tmp_path


def quiet(*step):
    """Hear nothing."""


def test_what_is_here_and_what_is_not(known, whycam_home):
    assert official.setup(False, None, quiet).splitlines()[:2] == [
        "objects: w.pth: not here",
        "actions: a.pyth: not here",
    ]
    (whycam_home / "weights").mkdir()
    (whycam_home / "weights" / "w.pth").write_bytes(CONTENT)
    (whycam_home / "weights" / ".a.pyth.part").write_bytes(b"0" * (3 << 20))
    assert official.setup(False, None, quiet).splitlines()[:2] == [
        "objects: w.pth: here",
        "actions: a.pyth: begun, 3 MB of it are here",
    ]


def test_a_fetch_that_breaks_off_goes_on_and_tells_how_far_it_is(known, server, whycam_home, monkeypatch):
    known(server.url)
    monkeypatch.delitem(official.published(), "actions")
    server.breaks, steps = 2, []
    assert official.setup(True, None, lambda *step: steps.append(step)) == "objects: w.pth: here"
    assert (whycam_home / "weights" / "w.pth").read_bytes() == CONTENT
    assert server.asked[0] is None and all(server.asked[1:]) and len(server.asked) == 3
    assert steps[-1] == ("w.pth", len(CONTENT), len(CONTENT))


def test_a_wrong_file_is_not_kept_whether_it_has_a_checksum_or_not(known, server, whycam_home):
    known(server.url)
    with pytest.raises(WeightsError, match="it holds something else"):
        official.setup(True, None, quiet)
    assert names(whycam_home) == {"w.pth"}
    (whycam_home / "weights" / "w.pth").unlink()
    server.content = CONTENT[:-1] + b"!"
    with pytest.raises(WeightsError, match=f"'w.pth' was changed or damaged: its sha256 must begin with {DIGEST[:8]}"):
        official.setup(True, None, quiet)
    assert names(whycam_home) == set()


def test_without_a_network_one_sentence_says_what_to_do(known, monkeypatch):
    with pytest.raises(WeightsUnavailable) as caught:
        official.setup(True, None, quiet)
    said = str(caught.value)
    assert "WHYCAM_OFFLINE is set" in said and "\n" not in said
    for part in ("https://localhost:1/w.pth", "https://localhost:1/published.pyth", "./whycam setup --from FOLDER"):
        assert part in said


def test_files_that_were_carried_over_are_taken(known, carried, whycam_home):
    (carried / "notes.txt").write_text("from the other machine")
    (carried / "checksums.json").write_text(json.dumps({"a.pyth": hashlib.sha256(OTHER).hexdigest()}))
    *said, last = official.setup(False, carried, quiet).splitlines()
    digest = hashlib.sha256(OTHER).hexdigest()
    assert last.startswith("actions: a.pyth: here; its publisher gives no checksum") and digest in last
    assert said == [
        f"taken from {carried}: w.pth, published.pyth", "not needed, and left there: notes.txt",
        "objects: w.pth: here",
    ]  # fmt: skip
    assert (whycam_home / "weights" / "w.pth").read_bytes() == CONTENT
    assert (whycam_home / "weights" / "a.pyth").read_bytes() == OTHER
    assert names(whycam_home) == {"w.pth", "a.pyth", "checksums.json"}


def test_a_missing_file_is_named_and_the_others_are_taken(known, carried):
    (carried / "published.pyth").unlink()
    assert official.take(carried) == official.Carried(("w.pth",), ("a.pyth",), ())


@pytest.mark.parametrize(
    ("name", "content", "listed", "said"),
    [
        ("w.pth", CONTENT[:-5], {}, "'w.pth' is wrong: it has 1,023,995 bytes, not 1,024,000"),
        ("w.pth", CONTENT[:-1] + b"!", {}, f"sha256 must begin with {DIGEST[:8]}"),
        ("published.pyth", b"else", {}, "'published.pyth' is wrong: it holds something else"),
        ("published.pyth", OTHER + b"!", {"a.pyth": hashlib.sha256(OTHER).hexdigest()}, "sha256 must begin with"),
    ],
    ids=["cut off", "damaged", "something else", "not as it left"],
)
def test_a_wrong_file_is_named_and_nothing_is_taken(known, carried, whycam_home, name, content, listed, said):
    (carried / name).write_bytes(content)
    (carried / "checksums.json").write_text(json.dumps(listed))
    with pytest.raises(WeightsError, match="nothing was taken") as caught:
        official.take(carried)
    assert said in str(caught.value)
    assert not (whycam_home / "weights").exists() or names(whycam_home) == set()


def test_a_folder_without_any_of_them_is_refused(known, tmp_path):
    with pytest.raises(InputError, match=r"none of the official files; it must hold w\.pth, a\.pyth"):
        official.take(tmp_path)
    with pytest.raises(InputError, match="no folder that can be read"):
        official.take(tmp_path / "nowhere")


def test_the_official_models_are_those_that_auto_prefers():
    from explain import actions, objects

    known = official.published()
    assert {objects.PREFERRED, actions.PREFERRED} <= set(known) <= set(objects.models()) | set(actions.models())
    for one in known.values():
        assert one.url.startswith("https://") and (one.sha256 or one.opens)
