"""Clips and reports at addresses, on fsspec's file system in memory."""

import fsspec
import pytest

from core.errors import InputError
from pipeline.fleet import addresses


@pytest.fixture(autouse=True)
def memory(monkeypatch):
    monkeypatch.setattr(addresses, "SCHEMES", addresses.SCHEMES | {"memory"})
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def test_a_file_is_fetched_whole_and_under_its_name(memory, tmp_path):
    memory.pipe("/in/a b.mp4", b"clip")
    got = addresses.fetch("memory://in/a b.mp4", tmp_path / "here")
    assert got == tmp_path / "here" / "a b.mp4" and got.read_bytes() == b"clip"
    assert [path.name for path in got.parent.iterdir()] == ["a b.mp4"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("memory://in/none.mp4", "there is nothing at 'memory://in/none.mp4'; check the address"),
        ("nosuch://in/a.mp4", "'nosuch://in/a.mp4' is no address that is known; known beginnings: abfs, az, file, "),
        ("dir://x/a.mp4", "is no address that is known"),
        ("sftp://127.0.0.1/a.mp4", "could not be used: .*paramiko"),
        ("memory://in/..", "names no file"),
        ("memory://", "names no file"),
    ],
)
def test_what_is_not_there_is_said_in_a_sentence(address, said, tmp_path):
    with pytest.raises(InputError, match=said):
        addresses.fetch(address, tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_a_report_is_whole_only_when_all_of_it_is_there(memory, tmp_path, monkeypatch):
    for name in ("a.csv", "report.json", "why/z.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".whycam.lock").write_text("")
    written = []
    monkeypatch.setattr(type(memory), "makedirs", lambda self, path, exist_ok=False: written.append(path))
    addresses.put_folder(tmp_path, "memory://out/x/")
    assert sorted(memory.store) == ["/out/x/a.csv", "/out/x/report.json", "/out/x/why/z.json"]
    assert written[-1].endswith("/out/x") and addresses.is_whole("memory://out/x")
    memory.rm("/out/x/report.json")
    assert not addresses.is_whole("memory://out/x") and not addresses.is_whole("memory://nowhere")
    assert addresses.is_whole(str(tmp_path)) and not addresses.is_whole(str(tmp_path / "why"))


def test_texts_are_read_from_paths_and_addresses(tmp_path):
    addresses.put_text("ä", "memory://out/t.json")
    (tmp_path / "t.json").write_bytes(b"\xff")
    assert addresses.get_text("memory://out/t.json") == "ä"
    assert addresses.get_text("memory://out/u.json") is None and addresses.get_text(str(tmp_path / "u.json")) is None
    with pytest.raises(InputError, match=r"is no text in UTF-8"):
        addresses.get_text(str(tmp_path / "t.json"))


def test_clips_below_an_address_are_listed_in_order(memory):
    for name in ("/in/b.mp4", "/in/sub/a.AVI", "/in/note.txt"):
        memory.pipe(name, b"")
    assert addresses.listed("memory://in", ("mp4", "avi")) == ["memory:///in/b.mp4", "memory:///in/sub/a.AVI"]
    assert addresses.listed("memory://in/b.mp4", ("mp4",)) == ["memory:///in/b.mp4"]
    for nothing, said in (("memory://in/note.txt", "no video file at"), ("memory://gone", "there is nothing at")):
        with pytest.raises(InputError, match=said):
            addresses.listed(nothing, ("mp4",))


def test_a_place_that_cannot_be_written_to_is_noticed_first(memory, tmp_path):
    addresses.check("memory://out/x")
    assert memory.store == {}
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"could not be written"):
        addresses.check(f"file://{tmp_path}/file")


def test_an_endpoint_says_how_it_is_spoken_to(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost:9000")
    with pytest.raises(InputError, match=r"must begin with http:// or https://, got 'localhost:9000'"):
        addresses.filesystem("s3://b/c.mp4")
