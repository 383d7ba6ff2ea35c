"""Frames are upright, with square pixels, whole, in their true colours, and not larger than is of use."""

import dataclasses
import resource
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from core import _container, _h264, cage, video
from core.errors import ClipError
from tests import twins
from tests.clips import make, noise, pictures
from tests.core.reading import difference, told


def scene(count, width=160, height=96):
    """A bar that moves over a ramp, three pixels for each picture."""
    ramp = np.linspace(40, 90, height).astype(np.uint8)
    images = np.full((count, height, width, 3), 60, np.uint8)
    images[..., 1] = ramp[None, :, None]
    for i, image in enumerate(images):
        image[20:70, 10 + 3 * i : 34 + 3 * i] = 220
    return images


def woven(moments, order):
    """Weave the fields of two moments each into frames."""
    first, second = moments[0::2].copy(), moments[1::2]
    late = 1 if order == "tff" else 0
    first[:, late::2] = second[:, late::2]
    return first


def muxed(path, images, codec, pix_fmt, flag=None, order=None, rate=25, shape=None, colours=None, **options):
    """Write frames with what :func:`tests.clips.make` cannot set."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate, options={key: str(value) for key, value in options.items()})
        stream.height, stream.width = images.shape[1:3]
        stream.pix_fmt = pix_fmt
        if order is not None:
            stream.codec_context.field_order = order
        if shape is not None:
            stream.codec_context.sample_aspect_ratio = shape
        for name, value in (colours or {}).items():
            setattr(stream.codec_context, name, value)
        frames = (VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt) for image in images)
        stamped = _stamped(frames, rate)
        for frame in twins.flagged(stamped, flag) if flag else stamped:
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _stamped(frames, rate):
    for i, frame in enumerate(frames):
        frame.pts, frame.time_base = i, Fraction(1, rate)
        yield frame


@pytest.mark.parametrize(
    ("coded", "shape", "seen"),
    [
        ((64, 96), Fraction(2), (128, 96)),
        ((64, 48), Fraction(1, 2), (64, 96)),
        ((90, 72), Fraction(16, 11), (131, 72)),
        ((64, 48), Fraction(1), (64, 48)),
        ((64, 48), Fraction(1001, 1000), (64, 48)),
        ((64, 48), Fraction(100), (64, 48)),
    ],
)
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_pixels_come_out_square(tmp_path, coded, shape, seen, name):
    images = pictures(4, *coded)
    path = muxed(tmp_path / name, images, "libx264", "yuv420p", shape=shape, crf=8)
    clip, (back, _, reading) = video.probe(path), told(path)
    assert (clip.width, clip.height) == seen == back.shape[2:0:-1] and reading.notes == ()
    rows, columns = np.arange(seen[1]) * coded[1] // seen[1], np.arange(seen[0]) * coded[0] // seen[0]
    assert difference(back, images[:, rows][:, :, columns]) < 8


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_pixels_are_made_square_before_the_picture_is_turned(tmp_path, degrees):
    images = pictures(3, 64, 96)
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("libx264", 25, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 96, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(2)
        stream.set_display_rotation(degrees)
        for frame in _stamped((VideoFrame.from_ndarray(i, format="rgb24") for i in images), 25):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    clip, (back, _, _) = video.probe(tmp_path / "a.mp4"), told(tmp_path / "a.mp4")
    expected = np.rot90(images.repeat(2, axis=2), degrees // 90, (1, 2))
    assert (clip.width, clip.height) == expected.shape[2:0:-1] and difference(back, expected) < 8


FIELDS = {
    "mbaff.mp4": ("libx264", "yuv420p", {"x264-params": "interlaced=1:crf=10"}),
    "mbaff.ts": ("libx264", "yuv420p", {"x264-params": "interlaced=1:crf=10"}),
    "mpeg2.mpg": ("mpeg2video", "yuv420p", {"flags": "+ildct+ilme", "b": 8_000_000}),
    "prores.mov": ("prores_ks", "yuv422p10le", {"flags": "+ildct"}),
    "ffv1.mkv": ("ffv1", "yuv420p", {}),
    "said_by_the_file.mov": ("mjpeg", "yuvj420p", {"qmin": 2, "qmax": 2}),
    "packed.mov": ("rawvideo", "uyvy422", {}),
}


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("name", FIELDS)
def test_interlaced_frames_show_the_moment_of_their_first_field(tmp_path, name, order):
    codec, pix_fmt, options = FIELDS[name]
    moments = scene(40)
    path = muxed(tmp_path / name, woven(moments, order), codec, pix_fmt, order, {"tff": 2, "bff": 3}[order], **options)
    back, times, reading = told(path)
    clip = video.probe(path)
    assert (clip.announced, reading.read, reading.notes) == (20, 20, ())
    np.testing.assert_allclose(times, np.arange(20) / 25, atol=2e-3)
    right, late = difference(back, moments[0::2]), difference(back, moments[1::2])
    assert right < 1.6 < 4 < late and right < difference(woven(moments, order), moments[0::2])


def test_frames_that_are_not_interlaced_are_left_alone(tmp_path):
    images = scene(20)
    plain = muxed(tmp_path / "a.mkv", images, "ffv1", "yuv444p")
    assert difference(told(plain)[0], images) < 1
    mixed = [VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p") for image in images]
    mixed[8:12] = list(twins.flagged(_stamped(mixed[8:12], 25), "tff"))
    with av.open(str(tmp_path / "b.mkv"), "w") as out:
        stream = out.add_stream("ffv1", 25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for frame in _stamped(mixed, 25):
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    back, times, reading = told(tmp_path / "b.mkv")
    assert reading.read == 20 and times[-1] == pytest.approx(19 / 25)
    with av.open(str(tmp_path / "b.mkv")) as clip:
        straight = np.stack([frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)])
    same = [i for i in range(20) if np.array_equal(back[i], straight[i])]
    assert same == [i for i in range(20) if not 8 <= i < 12]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("rate", [25, None])
@pytest.mark.parametrize("name", ["a.ts", "a.mpg", "a.mkv", "a.mp4", "a.avi"])
def test_fields_that_arrive_one_by_one_make_frames(tmp_path, name, apart, rate):
    lumas = list(woven(scene(40, 128, 96), "tff")[..., 0])
    path = twins.fields_in(tmp_path / name, twins.field_units(lumas, rate), apart)
    clip, (back, times, reading) = video.probe(path), told(path)
    assert (clip.announced, reading.announced, reading.read, reading.notes) == (20, 20, 20, ())
    assert clip.fps == pytest.approx(25, rel=2e-3)
    np.testing.assert_allclose(times, np.arange(20) / 25, atol=2e-3)
    true = scene(40, 128, 96)[0::2, :, :, :1].astype(float)
    assert difference(back, np.clip((true - 16) * 255 / 219, 0, 255).repeat(3, -1)) < 2


def test_raw_fields_have_the_rate_of_frames(tmp_path):
    lumas = list(woven(scene(40, 128, 96), "bff")[..., 0])
    units = twins.field_units(lumas, 25, bottom_first=True)
    (tmp_path / "a.264").write_bytes(b"".join(first + second for first, second in units))
    clip, (_, times, reading) = video.probe(tmp_path / "a.264"), told(tmp_path / "a.264")
    assert (clip.fps, clip.announced, reading.read) == (25, 20, 20)
    np.testing.assert_allclose(times, np.arange(20) / 25)


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.265"])
def test_hevc_fields_are_woven_into_frames(tmp_path, name, order):
    moments = scene(40)
    frames, first = woven(moments, order), 0 if order == "tff" else 1
    fields = np.stack([frame[parity::2] for frame in frames for parity in (first, 1 - first)])
    options = {"x265-params": f"interlace={order}:crf=8:log-level=none"}
    path = muxed(tmp_path / name, fields, "libx265", "yuv420p", rate=50, **options)
    clip, (back, times, reading) = video.probe(path), told(path)
    assert (clip.width, clip.height, clip.fps) == (160, 96, 25)
    assert (clip.announced, reading.announced, reading.read) == (20, 20, 20)
    np.testing.assert_allclose(times, np.arange(20) / 25, atol=2e-3)
    assert difference(back, moments[0::2]) < 1.8


def test_slices_are_read_as_the_standard_writes_them():
    syntax = _h264.field_syntax(twins.field_units([np.zeros((64, 64), np.uint8)])[0][0])
    assert syntax is not None and (syntax.separate, syntax.frame_bits, syntax.prefix) == (False, 4, 0)
    for i, units in enumerate(twins.field_units([np.zeros((64, 64), np.uint8)] * 12)):
        assert [_h264.field(syntax, unit) for unit in units] == [(i % 10, 0), (i % 10, 1)]
    assert _h264.field_syntax(b"\0\0\1\x67\x42") is None and _h264.field_syntax(None) is None


WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}
PATCHES = np.array([[200, 40, 40], [40, 200, 40], [40, 40, 200], [220, 220, 40], [250] * 3, [5] * 3, [90, 160, 220]])


def painted(matrix, full, bits):
    """Code patches of colour by the formulas of BT.601, BT.709 or BT.2020: Y, U and V of (H, W)."""
    red, blue = WEIGHTS[matrix]
    image = np.broadcast_to(PATCHES.repeat(16, 0), (32, 112, 3)) / 255
    luma = red * image[..., 0] + (1 - red - blue) * image[..., 1] + blue * image[..., 2]
    chroma = [(image[..., 2] - luma) / (2 - 2 * blue), (image[..., 0] - luma) / (2 - 2 * red)]
    scale = 1 << (bits - 8)
    if full:
        top = 256 * scale - 1
        return [np.rint(luma * top), *(np.clip(np.rint(c * top + 128 * scale), 0, top) for c in chroma)]
    return [np.rint((16 + 219 * luma) * scale), *(np.rint((128 + 224 * c) * scale) for c in chroma)]


@pytest.mark.parametrize("matrix", WEIGHTS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(("pix_fmt", "bits"), [("yuv444p", 8), ("yuv444p10le", 10), ("yuv444p12le", 12)])
def test_ranges_and_matrices_are_honoured(tmp_path, matrix, full, pix_fmt, bits):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", 10)
        stream.width, stream.height, stream.pix_fmt = 112, 32, pix_fmt
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, 2 if full else 1
        frame = VideoFrame(112, 32, pix_fmt)
        for plane, values in zip(frame.planes, painted(matrix, full, bits), strict=True):
            lines = np.frombuffer(plane, np.uint16 if bits > 8 else np.uint8).reshape(32, -1)
            lines[:, :112] = values
        frame.colorspace, frame.color_range, frame.pts, frame.time_base = matrix, 2 if full else 1, 0, Fraction(1, 10)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    back, _, reading = told(path)
    assert np.abs(back[0, 16, 8::16].astype(int) - PATCHES).max() <= 1 and reading.notes == ()


@pytest.mark.parametrize("matrix", [8, 12, 14])
def test_a_colour_matrix_that_is_not_known_is_said(tmp_path, matrix):
    path = muxed(tmp_path / "a.mkv", pictures(6), "ffv1", "yuv420p", colours={"colorspace": 1})
    content = bytearray(path.read_bytes())
    content[content.index(b"\x55\xb1\x81") + 3] = matrix  # MatrixCoefficients (RFC 9559, section 5.1.4.1.28.17)
    path.write_bytes(content)
    back, _, reading = told(path)
    assert difference(back, pictures(6)) < 16
    assert reading.notes == (
        "the colours of 'a.mkv' may be off: it names a colour matrix that cannot be converted from",
    )


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "name"),
    [
        ("ffv1", "gray", "a.mkv"), ("ffv1", "gray10le", "a.mkv"), ("ffv1", "gray12le", "a.mkv"),
        ("ffv1", "yuv420p12le", "a.mkv"), ("ffv1", "yuva420p", "a.mkv"), ("ffv1", "bgra", "a.mkv"),
        ("ffv1", "gbrp10le", "a.mkv"), ("png", "rgba", "a.mov"), ("png", "ya8", "a.mov"), ("png", "rgb48be", "a.mov"),
        ("gif", "rgb8", "a.gif"),
        ("rawvideo", "yuyv422", "a.avi"), ("libx264", "yuv422p10le", "a.mp4"), ("libx265", "yuv444p12le", "a.mp4"),
    ],
)  # fmt: skip
def test_pixel_formats_of_every_depth_come_out_as_rgb(tmp_path, codec, pix_fmt, name):
    images = pictures(6)
    back, _, reading = told(make(tmp_path / name, images, codec=codec, pix_fmt=pix_fmt))
    grey = pix_fmt.startswith(("gray", "ya"))
    expected = np.rint(images @ np.array([0.299, 0.587, 0.114]))[..., None].repeat(3, -1) if grey else images
    assert reading.read == 6 and difference(back, expected) < (18 if pix_fmt == "rgb8" else 6)


TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
"""Linear light of BT.709's primaries in BT.2020's (ITU-R BT.2087)."""


def pq(nits):
    """SMPTE ST 2084."""
    power = (nits / 10000) ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


def hlg(nits):
    """ITU-R BT.2100 for a screen of 1000 cd/m², for grey."""
    scene_light = (nits / 1000) ** (1 / 1.2)
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(
        scene_light <= 1 / 12, np.sqrt(3 * scene_light), a * np.log(np.maximum(12 * scene_light - b, 1e-9)) + c
    )


@pytest.mark.parametrize(("light", "number", "code"), [("PQ", 16, pq), ("HLG", 18, hlg)])
def test_hdr_looks_like_the_ordinary_picture(tmp_path, light, number, code):
    grey = light == "HLG"
    colours = PATCHES.mean(1, keepdims=True).repeat(3, 1) if grey else PATCHES
    linear = (np.broadcast_to(colours.repeat(16, 0), (32, 112, 3)) / 255) ** 2.4 * 203 @ TO_2020.T
    signal = code(np.maximum(linear, 0))
    red, blue = WEIGHTS[9]
    luma = signal @ np.array([red, 1 - red - blue, blue])
    planes = [64 + 876 * luma, 512 + 896 * (signal[..., 2] - luma) / (2 - 2 * blue),
              512 + 896 * (signal[..., 0] - luma) / (2 - 2 * red)]  # fmt: skip
    path = tmp_path / "hdr.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", 10, options={"crf": "4", "x265-params": "log-level=none"})
        stream.width, stream.height, stream.pix_fmt = 112, 32, "yuv444p10le"
        tags = {"colorspace": 9, "color_range": 1, "color_primaries": 9, "color_trc": number}
        frame = VideoFrame(112, 32, "yuv444p10le")
        for plane, values in zip(frame.planes, planes, strict=True):
            np.frombuffer(plane, np.uint16).reshape(32, -1)[:, :112] = np.rint(values)
        for name, value in tags.items():
            setattr(stream.codec_context, name, value)
            setattr(frame, name, value)
        for i in range(3):
            frame.pts, frame.time_base = i, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    back, _, reading = told(path)
    away = np.abs(back[0, 16, 8::16].astype(int) - colours)
    assert away.max() <= 20 and away[np.ptp(colours, axis=1) == 0].max() <= 3
    said = f"'hdr.mp4' is filmed in HDR ({light}); it is brought to the brightness of ordinary video"
    assert reading.notes == video.probe(path).notes == (said,)


def test_large_pictures_are_reduced_while_they_are_read(tmp_path, monkeypatch):
    images = pictures(4, 768, 216)
    path = make(tmp_path / "wide.mp4", images, crf=8)
    monkeypatch.setattr(video, "LIMITS", dataclasses.replace(_container.LIMITS, kept_pixels=25_000))
    clip, (back, _, reading) = video.probe(path), told(path)
    assert (clip.width, clip.height) == (298, 82) == back.shape[2:0:-1]
    said = "the pictures of 'wide.mp4' are reduced from 768x216 to 298x82 pixels while they are read"
    assert reading.notes == clip.notes == (said,)
    rows, columns = np.arange(82) * 216 // 82, np.arange(298) * 768 // 298
    assert difference(back, images[:, rows][:, :, columns]) < 8


def refused(path, sentence):
    for look in (video.probe, lambda p: list(video.read(p))):
        with pytest.raises(ClipError, match=sentence):
            look(path)


def test_pictures_beyond_the_limits_are_refused_by_their_header(tmp_path):
    flat = np.zeros((1, 64, 4096, 3), np.uint8)
    refused(make(tmp_path / "a.avi", flat, codec="png", pix_fmt="rgb24"), "the longer side may be 32 times the shorter")
    path = make(tmp_path / "b.mkv", pictures(3), codec="ffv1", pix_fmt="yuv420p")
    content = path.read_bytes()
    for name, width, height, said in (
        ("wide.mkv", 20000, 700, "'wide.mkv' has pictures of 20000x700 pixels; up to 16384x16384 are read"),
        ("many.mkv", 8000, 5000, "'many.mkv' has pictures of 8000x5000 pixels, 40 megapixels; up to 36 are read"),
    ):
        swapped = content.replace(b"\xb0\x81\x40", b"\xb0\x82" + width.to_bytes(2, "big")[:2], 1)
        swapped = swapped.replace(b"\xba\x81\x30", b"\xba\x82" + height.to_bytes(2, "big")[:2], 1)
        (tmp_path / name).write_bytes(swapped)
        refused(tmp_path / name, f"({said}|does not tell the size of its pictures, or one above 36 megapixels)")


def test_a_decoder_that_would_keep_too_much_is_refused(tmp_path, monkeypatch):
    path = make(tmp_path / "a.mp4", pictures(30, 320, 240), refs=16, **{"x264-params": "ref=16:bframes=8"})
    limits = dataclasses.replace(_container.LIMITS, max_decoder_bytes=1_200_000)
    monkeypatch.setattr(video, "LIMITS", limits)
    refused(path, r"of which 17 take 1 MiB while they are decoded; up to 1 MiB are read")
    few = make(tmp_path / "b.mp4", pictures(30, 320, 240), **{"x264-params": "ref=1:bframes=0"})
    assert video.probe(few).announced == 30


def test_kilobytes_do_not_become_gigabytes(tmp_path):
    path = make(tmp_path / "bomb.mp4", np.zeros((12, 4096, 4096, 3), np.uint8), preset="ultrafast")
    assert path.stat().st_size < 300_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = sum(len(part) for part in video.read(path, 8))
    assert read == 12 and resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert cage.peak() < 700 * 1024**2


@pytest.mark.parametrize(("name", "options"), [
    ("a.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
    ("a.mjpeg", {"codec": "mjpeg", "pix_fmt": "yuvj420p", "form": "mjpeg"}),
    ("a.png", {"codec": "png", "pix_fmt": "rgb24", "form": "image2"}),
])  # fmt: skip
def test_a_single_picture_is_no_clip(tmp_path, name, options):
    refused(make(tmp_path / name, noise(1), **options), "(is a single picture and no clip|is not a video)")
    if name != "a.png":
        assert video.probe(make(tmp_path / name, pictures(5), **options)).announced == 5
