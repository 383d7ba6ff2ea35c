"""Still pictures from files: read as they are, and refused by their header where they are too large."""

import io
import resource
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from core import pictures
from core.errors import DataError, InputError
from footage import _images
from tests.clips import pictures as drawn


def bomb(width, height):
    """Write a PNG of one colour, of any size, in a few kilobytes or less."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packer, packed = zlib.compressobj(9), b""
    for _ in range(min(height, 40)):
        packed += packer.compress(bytes(1 + 3 * width))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", head), chunk(b"IDAT", packed + packer.flush()), chunk(b"IEND", b""))
    )


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "webp", "jpg"])
def test_pictures_of_every_format_are_read(tmp_path, ending):
    image = drawn(1, 61, 47)[0]
    path = tmp_path / f"a.{ending}"
    Image.fromarray(image).save(path, **({"lossless": True} if ending == "webp" else {}))
    back = pictures.read(path)
    assert back.shape == image.shape and back.dtype == np.uint8
    assert np.abs(back.astype(int) - image).mean() < (4 if ending == "jpg" else 0.01)
    grey = pictures.read(path, grey=True)
    assert grey.shape == image.shape[:2]
    assert np.abs(grey - cv2.cvtColor(back, cv2.COLOR_RGB2GRAY).astype(int)).max() <= 2


@pytest.mark.parametrize(("width", "height"), [(30000, 30000), (20000, 100), (7000, 7000), (9000, 12000)])
def test_a_bomb_is_refused_by_its_header(tmp_path, width, height):
    path = tmp_path / "background.png"
    path.write_bytes(bomb(width, height))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read, kind in ((pictures.read, InputError), (_images.load, DataError)):
        with pytest.raises(kind, match="up to 36 megapixels and 16384 on a side are read"):
            read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_what_is_no_picture_is_refused(tmp_path):
    for name, content in (("empty.png", b""), ("text.png", b"hello" * 50), ("cut.png", bomb(50, 50)[:30])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=f"'{name}' cannot be read as a picture"):
            pictures.read(tmp_path / name)
    with pytest.raises(InputError, match=r"there is no picture 'none\.png'"):
        pictures.read(tmp_path / "none.png")
    with pytest.raises(InputError, match="'kept' cannot be read as a picture"):
        pictures.decode(np.frombuffer(io.BytesIO(b"x" * 40).getvalue(), np.uint8), "kept")


def test_a_file_beyond_the_limit_is_not_loaded(tmp_path):
    with (tmp_path / "big.png").open("wb") as file:
        file.truncate(pictures.MAX_BYTES + 1)
    with pytest.raises(InputError, match=r"'big\.png' is larger than 256 MiB"):
        pictures.read(tmp_path / "big.png")


@pytest.mark.parametrize("length", [1 << 20, 0xFFFF015D, 0x7FFFFFFF])
def test_a_chunk_that_tells_of_more_than_the_file_has_takes_no_memory(monkeypatch, length):
    """OpenCV would take the memory that is told of, up to 4 GB for 58 bytes."""
    content = bytearray(cv2.imencode(".png", np.zeros((48, 64, 3), np.uint8))[1].tobytes())
    assert pictures.decode(np.frombuffer(bytes(content), np.uint8), "a.png").shape == (48, 64, 3)
    place = content.index(b"IDAT") - 4
    content[place : place + 4] = length.to_bytes(4, "big")
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("it was handed to OpenCV"))
    with pytest.raises(InputError, match=r"'a\.png' cannot be read as a picture; save it again as PNG or JPEG"):
        pictures.decode(np.frombuffer(bytes(content), np.uint8), "a.png")
