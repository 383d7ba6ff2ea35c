"""Arrays of files that anybody may have written: what is sound is what NumPy reads, all else is one sentence."""

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from core.array_files import NUMBERS, TEXT, open_npz, read_npy
from core.errors import DataError

MOST = 1 << 20
KINDS = st.sampled_from(["?", "u1", "<i2", ">i4", "<f2", ">f4", "<f8", "<U3", ">U2"])


def all_of(path, most=MOST, **limits):
    with open_npz(path, most, **limits) as found:
        return {name: found.read(name, NUMBERS + TEXT) for name in found.names}


def npy(array=None, header=None, body=None):
    """Write a .npy file by hand."""
    if header is None:
        out = io.BytesIO()
        np.save(out, array, allow_pickle=True)
        return out.getvalue() if body is None else out.getvalue()[:128] + body
    padded = header.encode("latin1").ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + (body or b"")


def archive(path, *members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


ANY = KINDS.flatmap(lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0)))


@given(st.dictionaries(st.sampled_from("abc"), ANY), st.booleans(), st.booleans())
def test_what_numpy_wrote_is_what_numpy_reads(tmp_path, given_, packed, fortran):
    given_ = {name: np.asarray(a, order="F" if fortran else "C") for name, a in given_.items()}
    (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", **given_)
    found = all_of(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as twin:
        assert set(found) == set(twin)
        for name in twin:
            assert (found[name].dtype, found[name].shape) == (twin[name].dtype, twin[name].shape)
            np.testing.assert_array_equal(found[name], twin[name])


@given(ANY, st.booleans())
def test_a_single_array_is_what_numpy_reads(tmp_path, array, mapped):
    np.save(tmp_path / "a.npy", array)
    found = read_npy(tmp_path / "a.npy", MOST, NUMBERS + TEXT, mapped=mapped)
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("packed", [False, True])
def test_a_flipped_byte_anywhere_is_noticed_or_changes_nothing(tmp_path, packed):
    """Names, dates and attributes of the archive's members are checked by nothing, and hold no value."""
    sound = {"a": np.arange(6, dtype=np.float32), "b": np.array(["x", "yz"])}
    (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", **sound)
    content, refused = (tmp_path / "a.npz").read_bytes(), 0
    for place in range(len(content)):
        for flip in (0x01, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= flip
            (tmp_path / "d.npz").write_bytes(damaged)
            try:
                found = all_of(tmp_path / "d.npz")
            except DataError as error:
                assert "\n" not in str(error)
                refused += 1
                continue
            for array in found.values():
                assert any(array.shape == s.shape and (array == s).all() for s in sound.values()), place
    assert refused > len(content)


@pytest.mark.parametrize("packed", [False, True])
def test_a_cut_file_is_noticed_wherever_it_is_cut(tmp_path, packed):
    (np.savez_compressed if packed else np.savez)(tmp_path / "a.npz", a=np.arange(6.0), b=np.ones(3, bool))
    content = (tmp_path / "a.npz").read_bytes()
    np.save(tmp_path / "a.npy", np.arange(6.0))
    single = (tmp_path / "a.npy").read_bytes()
    for end in range(len(content)):
        (tmp_path / "d.npz").write_bytes(content[:end])
        with pytest.raises(DataError):
            all_of(tmp_path / "d.npz")
    for end in range(len(single)):
        (tmp_path / "d.npy").write_bytes(single[:end])
        for mapped in (False, True):
            with pytest.raises(DataError):
                read_npy(tmp_path / "d.npy", MOST, mapped=mapped)


HEADERS = {
    "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,), }": "claims to be",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }": "claims to be",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1), }": "claims to be",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 40 + ",), }": "claims to be",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }": "claims to be",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }": "type 'object'",
    "{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,), }": "not numbers",
    "{'descr': '<c16', 'fortran_order': False, 'shape': (1,), }": "'complex128', not numbers",
    "{'descr': '|V8', 'fortran_order': False, 'shape': (1,), }": "not numbers",
    "{'descr': '|S8', 'fortran_order': False, 'shape': (1,), }": "not numbers",
    "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }": "not numbers",
    "{'descr': '<U0', 'fortran_order': False, 'shape': (1,), }": "not numbers",
    "{'descr': 'nothing', 'fortran_order': False, 'shape': (1,), }": "header is damaged",
    "{'descr': '<f8', 'fortran_order': False, 'shape': 1, }": "header is damaged",
    "{'descr': '<f8', 'fortran_order': 7, 'shape': (1,), }": "header is damaged",
    "{'descr': '<f8', 'shape': (1,), }": "header is damaged",
    "((((((((((((((((((((((((((((((((((((((((((": "header is damaged",
    "__import__('os').getcwd()": "header is damaged",
    "": "header is damaged",
}


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_what_a_header_claims_is_held_against_the_bytes(tmp_path, header):
    damaged = npy(header=header, body=bytes(8))
    with pytest.raises(DataError, match=HEADERS[header]) as one:
        all_of_numbers(archive(tmp_path / "a.npz", ("x.npy", damaged)))
    (tmp_path / "a.npy").write_bytes(damaged)
    for mapped in (False, True):
        with pytest.raises(DataError, match=HEADERS[header]) as other:
            read_npy(tmp_path / "a.npy", MOST, mapped=mapped)
    assert "\n" not in str(one.value) + str(other.value)


def all_of_numbers(path):
    with open_npz(path, MOST) as found:
        return [found.read(name) for name in found.names]


def test_a_deep_header_is_refused(tmp_path):
    deep = "(" * 9000
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(deep)) + deep.encode()
    with pytest.raises(DataError, match="header is damaged"):
        all_of(archive(tmp_path / "a.npz", ("x.npy", head)))


def patched(path, offset, form, value):
    """Change a field of the first member's entry, in the list at the archive's end and before its content."""
    content = bytearray(path.read_bytes())
    for signature, shift in ((b"PK\x01\x02", 2), (b"PK\x03\x04", 0)):
        struct.pack_into(form, content, content.index(signature) + offset + shift, value)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("method", [12, 14, 1, 9, 93, 95, 98, 99, 0xFFFF])
def test_an_unusual_compression_is_named(tmp_path, method):
    path = patched(archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3)))), 8, "<H", method)
    with pytest.raises(DataError, match=f"compressed by method {method}"):
        all_of(path)


def test_an_encrypted_member_is_named(tmp_path):
    path = patched(archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3)))), 6, "<H", 1)
    with pytest.raises(DataError, match=r"'x\.npy' in it is encrypted"):
        all_of(path)


def test_strong_encryption_and_patched_data_are_refused(tmp_path):
    for flag in (0x20, 0x40):
        with pytest.raises(DataError):
            all_of(patched(archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3)))), 6, "<H", flag))


@pytest.mark.parametrize("size", [0, 1, 151, 153, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_a_wrong_size_is_noticed(tmp_path, size):
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        path = archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3))), method=method)
        with pytest.raises(DataError):
            all_of(patched(path, 22, "<I", size))


def test_a_wrong_checksum_is_noticed(tmp_path):
    with pytest.raises(DataError, match="CRC"):
        all_of(patched(archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3)))), 14, "<I", 7))


def test_two_members_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3))), ("x.npy", npy(np.ones(3))))
    with pytest.raises(DataError, match="two members of one name"):
        all_of(tmp_path / "a.npz")


def test_a_missing_array_and_a_missing_file_are_named(tmp_path):
    with open_npz(archive(tmp_path / "a.npz", ("x.npy", npy(np.zeros(3)))), MOST) as found:
        assert "x" in found and "y" not in found and found.shape("x") == (3,)
        with pytest.raises(DataError, match="it has no array 'y'"):
            found.read("y")
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(DataError, match="there is no file"):
            all_of(path)
        with pytest.raises(DataError, match="there is no file"):
            read_npy(path, MOST)


def peak_of(read):
    tracemalloc.start()
    try:
        with pytest.raises(DataError) as error:
            read()
        return tracemalloc.get_traced_memory()[1], str(error.value)
    finally:
        tracemalloc.stop()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    big = 200 << 20
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as packed, packed.open("x.npy", "w") as file:
        file.write(npy(header=f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({big},), }}"))
        for _ in range(200):
            file.write(bytes(1 << 20))
    assert (tmp_path / "a.npz").stat().st_size < 1 << 20
    peak, said = peak_of(lambda: all_of(tmp_path / "a.npz", most=8 << 30))
    assert peak < 4 << 20
    assert "times its size" in said
    peak, said = peak_of(lambda: all_of(tmp_path / "a.npz", most=100 << 20, ratio=2000))
    assert peak < 4 << 20
    assert "more than the 104.9 MB that are taken" in said


def test_members_that_overlap_count_each(tmp_path):
    """One block of data that the archive lists many times: https://www.bamsoftware.com/hacks/zipbomb/."""
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("x0.npy", bytes(1 << 20))
        for number in range(1, 300):
            info = zipfile.ZipInfo(f"x{number}.npy")
            first = packed.infolist()[0]
            info.header_offset, info.CRC, info.compress_type = first.header_offset, first.CRC, first.compress_type
            info.compress_size, info.file_size = first.compress_size, first.file_size
            packed.filelist.append(info)
            packed.NameToInfo[info.filename] = info
        packed._didModify = True
    peak, _ = peak_of(lambda: all_of(tmp_path / "a.npz", most=8 << 30))
    assert peak < 4 << 20


def test_a_long_list_of_members_is_refused_before_it_is_read(tmp_path):
    entry = bytearray(archive(tmp_path / "a.npz", ("x.npy", b"")).read_bytes())
    start = entry.index(b"PK\x01\x02")
    listed = bytes(entry[start : entry.index(b"PK\x05\x06")])
    count = (17 << 20) // len(listed)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, count * len(listed), start, 0)
    (tmp_path / "a.npz").write_bytes(bytes(entry[:start]) + listed * count + end)
    peak, said = peak_of(lambda: all_of(tmp_path / "a.npz"))
    assert "list of members" in said
    assert peak < 4 << 20


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (npy(np.zeros(3, bool), body=b"\x00\x01\x02"), "truth values"),
        (npy(np.array(["ab"]), body=struct.pack("<2I", 97, 0x110000)), "letters that do not exist"),
        (npy(np.array(["ab"]), body=struct.pack("<2I", 97, 0xD800)), "letters that do not exist"),
    ],
)
def test_values_that_numpy_has_no_meaning_for_are_refused(tmp_path, values, said):
    with pytest.raises(DataError, match=said):
        all_of(archive(tmp_path / "a.npz", ("x.npy", values)))


def test_large_arrays_take_their_own_size_alone(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(8 << 20, np.uint8))
    tracemalloc.start()
    assert len(all_of(tmp_path / "a.npz", most=64 << 20)["x"]) == 8 << 20
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20
