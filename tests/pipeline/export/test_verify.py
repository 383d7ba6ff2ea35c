"""Archives that differ in a byte, and hostile ones: each is refused in one sentence, and nothing is written."""

import hashlib
import json
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import InputError
from pipeline.export import archive
from pipeline.export.archive import EPOCH, MODE
from pipeline.export.manifest import FORMAT, MANIFEST, VERSION, ArchivedFile, ArchivedRun, Manifest
from pipeline.export.verify import MAX_MANIFEST_BYTES, verify

RUN = ArchivedRun("", "", {"name": "a.mp4"}, "plaza", "vqunet", {}, {}, {}, 3.5, "dB", None, {}, 1)
CONTENT = {"report.json": b'{"a": 1}' * 20, "clips/event-001.mp4": bytes(range(200)), "leer.csv": b""}


def manifest(files):
    return Manifest(FORMAT, VERSION, "2026-11-29T12:00:00+00:00", "0.1.0", "none", "", (RUN,), tuple(files))


@pytest.fixture
def case(tmp_path):
    with archive.writing(tmp_path / "case.zip") as (packed, _):
        for path, data in CONTENT.items():
            packed.put(path, data)
        packed.put_manifest(manifest(packed.files))
    return tmp_path / "case.zip"


@pytest.fixture(autouse=True)
def _nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("extract", "extractall"):
        monkeypatch.setattr(zipfile.ZipFile, name, None)


def packed(path, members, comment=b"0" * 64):
    """Write a ZIP file of (name or ZipInfo, data), as an attacker would."""
    with zipfile.ZipFile(path, "w") as out:
        for member, data in members:
            info = member if isinstance(member, zipfile.ZipInfo) else plain(member)
            out.writestr(info, data)
        out.comment = comment
    return path


def plain(name, mode=MODE, method=zipfile.ZIP_STORED):
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system, info.external_attr, info.compress_type = 3, mode, method
    return info


def refused(path, match):
    before = sorted(p.name for p in Path.cwd().rglob("*"))
    with pytest.raises(InputError, match=match) as error:
        verify(path)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400
    assert sorted(p.name for p in Path.cwd().rglob("*")) == before


def test_an_archive_stands_as_it_was_written(case):
    told = []
    found = verify(case, told.append)
    assert {file.path for file in found.manifest.files} == set(CONTENT) and told == [1, 2, 3]
    assert [path.name for path in case.parent.iterdir()] == ["case.zip"]


def test_every_single_byte_counts(case):
    whole = bytearray(case.read_bytes())
    for place in range(len(whole)):
        changed = whole.copy()
        changed[place] ^= 0x41
        case.write_bytes(changed)
        with pytest.raises(InputError):
            verify(case)
    for cut in (0, 1, len(whole) // 2, len(whole) - 1):
        case.write_bytes(whole[:cut])
        with pytest.raises(InputError):
            verify(case)
    for more in (whole + b"\0", b"\0" + whole):
        case.write_bytes(more)
        with pytest.raises(InputError):
            verify(case)


def listed(*paths, size=1):
    content = manifest(ArchivedFile(path, size, hashlib.sha256(b"A").hexdigest()) for path in paths)
    return json.dumps(json.loads(json.dumps(content, default=lambda one: one.__dict__)))


@pytest.mark.parametrize(
    ("members", "match"),
    [
        ([("a", b"A"), (MANIFEST, listed("a", "b"))], "'b' is missing"),
        ([("a", b"A"), ("b", b"A"), ("c", b"A"), (MANIFEST, listed("a"))], "'b' was added, and 1 more; the manifest"),
        ([("a", b"B"), (MANIFEST, listed("a"))], "'a' differs from what was written: its SHA-256 is another"),
        ([("a", b"AA"), (MANIFEST, listed("a"))], "'a' has 2 bytes, not the 1 that were written"),
        ([("a", b"A"), (MANIFEST, listed("a"))], "packed again"),
        ([("a", b"A"), (MANIFEST, listed("a", "a"))], "lists a file twice"),
        ([("a", b"A")], "no manifest.json"),
        ([(MANIFEST, "[]")], "cannot be used"),
        ([(MANIFEST, "[" * 100_000)], "cannot be used"),
        ([(MANIFEST, listed().replace(FORMAT, "other"))], "it is a 'other'"),
        ([(MANIFEST, b" " * (MAX_MANIFEST_BYTES + 1))], "its manifest.json has 16,777,217 bytes"),
        ([("../a", b"A")], "could lead out of a folder"),
        ([("/etc/a", b"A")], "could lead out of a folder"),
        ([("a/../../b", b"A")], "could lead out of a folder"),
        ([("c:\\a", b"A")], "could lead out of a folder"),
        ([("a\nb", b"A")], "could lead out of a folder"),
        ([(plain("a", (stat.S_IFLNK | 0o777) << 16), b"/etc/passwd")], "a link or a folder"),
        ([(plain("a", (stat.S_IFIFO | 0o644) << 16), b"")], "a link or a folder"),
        ([("a", b"A"), ("A", b"B")], "more than once"),
        ([(plain("a", method=zipfile.ZIP_BZIP2), b"A")], "compressed in a way"),
        ([(plain("a", method=zipfile.ZIP_DEFLATED), bytes(80 << 20))], r"unpacks to 83,886,080 bytes, [\d,]+ times"),
    ],
)  # fmt: skip
def test_what_does_not_stand_is_refused(tmp_path, members, match):
    refused(packed(tmp_path / "a.zip", members), match)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(tmp_path):
    refused(packed(tmp_path / "a.zip", [("a", b"A"), ("a", b"B"), (MANIFEST, listed("a"))]), "'a' more than once")


def test_what_is_no_archive_is_refused(tmp_path):
    refused(tmp_path / "none.zip", "there is no archive 'none.zip'")
    refused(tmp_path, "there is no archive")
    for data in (b"", b"PK\5\6", b"%PDF-1.4", b"x" * 100_000):
        (tmp_path / "a.zip").write_bytes(data)
        refused(tmp_path / "a.zip", "no ZIP archive")


def test_a_list_of_members_that_is_huge_is_refused_before_it_is_read(tmp_path):
    end = b"PK\5\6" + bytes(8) + (1 << 30).to_bytes(4, "little") + bytes(4) + bytes(2)
    (tmp_path / "a.zip").write_bytes(bytes(1000) + end)
    refused(tmp_path / "a.zip", "its list of members has 1,073,741,824 bytes")


def test_a_member_that_claims_less_than_it_holds_is_not_unpacked(tmp_path):
    path = packed(tmp_path / "a.zip", [(plain("a", method=zipfile.ZIP_DEFLATED), b"A" * 5000), (MANIFEST, listed("a"))])
    data = path.read_bytes().replace((5000).to_bytes(4, "little"), (1).to_bytes(4, "little"))
    path.write_bytes(data)
    refused(path, "'a' differs from what was written|no ZIP archive")


def test_a_models_checksum_that_is_none_is_refused(tmp_path):
    with archive.writing(tmp_path / "odd.zip") as (packed, _):
        packed.put_manifest(replace(manifest(packed.files), runs=(replace(RUN, models_sha256={"objects": "ab"}),)))
    refused(
        tmp_path / "odd.zip", "the SHA-256 of the model 'objects' in its manifest.json is not 64 hexadecimal digits"
    )
