"""What was not read is said, with counts and seconds, and before the decoding where the file tells it."""

import re

import av
import numpy as np
import pytest

from core import video
from core.errors import ClipError
from tests import twins
from tests.clips import make, noise, pictures
from tests.core.reading import difference, told, whole


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {"container": {"movflags": "+faststart"}}),
        ("frag.mp4", {"container": {"movflags": "+frag_keyframe+empty_moov"}}),
        ("a.mkv", {}),
        ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.flv", {}),
    ],
)
def test_a_cut_clip_is_said_to_be_cut_before_it_is_decoded(tmp_path, name, options):
    path = cut(make(tmp_path / name, noise(120), rate=24, g=12, **options), 0.6)
    clip = video.probe(path)
    _, times, reading = told(path)
    assert clip.frames is None and 72 <= clip.announced <= 120
    found = re.match(rf"{name!r} is cut: it holds the first ([\d.]+) s of ", clip.notes[0])
    assert float(found[1]) == pytest.approx(times[-1] + 1 / 24, abs=0.2)
    assert reading.notes[0].startswith(f"{name!r} is cut: only its first {times[-1] + 1 / 24:.1f} s")
    assert f"{reading.read} frames" in reading.notes[0]
    if name != "frag.mp4":
        assert (clip.announced, reading.announced) == (120, 120)
        ((first, last),) = reading.unread
        assert first == pytest.approx(reading.read / 24, abs=1e-2) and last == pytest.approx(5, abs=0.05)
        lost = f"{120 - reading.read} of 120 frames could not be read (from {first:.1f} s to {last:.1f} s)"
        assert lost in reading.notes[0] and " of 5.0 s" in reading.notes[0] and " of 5.0 s" in clip.notes[0]


def test_a_tail_that_cannot_be_decoded_is_lost_as_much_as_one_that_is_missing(tmp_path):
    path = make(tmp_path / "tail.mp4", noise(180), rate=10, bf=0, g=250, container={"movflags": "+faststart"})
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as clip:
        at = [packet.pos for packet in clip.demux() if packet.size][120]
    content[at:] = bytes(len(content) - at)
    path.write_bytes(content)
    assert video.probe(path).notes == () and video.probe(path).announced == 180
    _, times, reading = told(path)
    assert 116 <= reading.read <= 120 and reading.announced == 180
    end = times[-1] + 0.1
    assert reading.unread == ((pytest.approx(end, abs=1e-3), 18.0),)
    assert reading.notes == (
        f"'tail.mp4' is damaged in 1 place: only its first {end:.1f} s of 18.0 s, {reading.read} frames, could be read"
        "; "
        f"{180 - reading.read} of 180 frames could not be read (from {end:.1f} s to 18.0 s)",
    )


@pytest.mark.parametrize(("codec", "name"), [("libx265", "a.mp4"), ("libx264", "a.mkv"), ("libx264", "a.mp4")])
def test_frames_that_a_decoder_drops_without_a_word_are_counted(tmp_path, codec, name):
    path = make(tmp_path / name, noise(100), codec=codec, g=10, rate=25)
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as clip:
        packets = [(packet.pos, packet.size) for packet in clip.demux() if packet.size]
    for at, size in packets[40:60]:
        content[at + 6 : at + size] = bytes(size - 6)
    path.write_bytes(content)
    _, times, reading = told(path)
    assert reading.announced == 100 and reading.read < 90
    lost = 100 - reading.read
    assert any(f"{lost} of 100 frames could not be read (from " in sentence for sentence in reading.notes)
    spans = sum(last - first for first, last in reading.unread)
    assert spans == pytest.approx(lost / 25, abs=1e-2)
    for first, last in reading.unread:
        assert not ((times > first + 0.01) & (times < last - 0.01)).any()


def test_losses_are_counted_against_a_naive_reading(tmp_path):
    path = make(tmp_path / "a.ts", noise(150), g=15, rate=25)
    packets = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 188)
    random = np.random.default_rng(3)
    kept = (random.random(len(packets)) > 0.02) | (np.arange(len(packets)) < 20)
    path.write_bytes(packets[kept].tobytes())
    with av.open(str(path)) as clip:
        stamps = [frame.pts for frame in clip.decode(video=0)]
    _, times, reading = told(path)
    assert reading.read == len(stamps) and (reading.announced, reading.read) != (150, 150)
    assert reading.announced == 150
    np.testing.assert_allclose(times, (np.array(stamps) - stamps[0]) / 90000, atol=1e-6)
    (sentence,) = reading.notes
    assert re.match(rf"'a.ts' is damaged in \d+ places: {150 - reading.read} of 150 frames could not be read", sentence)
    assert "lost data on its way in" in video.probe(path).notes[0] and video.probe(path).frames is None


def test_bits_flipped_in_a_fixed_place_lose_nothing_in_silence(tmp_path):
    content = make(tmp_path / "a.mp4", noise(60), codec="libx265", g=250, rate=25).read_bytes()
    with av.open(str(tmp_path / "a.mp4")) as clip:
        packets = [(packet.pos, packet.size) for packet in clip.demux() if packet.size]
    silent = []
    for number in range(4, 60, 5):
        at, size = packets[number]
        broken = bytearray(content)
        broken[at + 5] ^= 0x40
        broken[at + size // 2] ^= 0x10
        (tmp_path / "a.mp4").write_bytes(broken)
        _, _, reading = told(tmp_path / "a.mp4")
        if reading.read < 60 and f"{60 - reading.read} of 60 frames could not be read" not in " ".join(reading.notes):
            silent.append((number, reading))
    assert silent == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.ts", {}),
        ("a.mkv", {}),
        ("a.flv", {}),
        ("h.mkv", {"codec": "libx265"}),
        ("a.webm", {"codec": "libvpx-vp9"}),
        ("m.avi", {"codec": "mpeg4"}),
        ("f.flv", {"codec": "flv"}),
        ("m.ts", {"codec": "mpeg2video"}),
    ],
)
def test_a_clip_that_begins_without_a_key_frame_begins_at_the_first_one(tmp_path, name, options):
    images = pictures(60, 96, 64)
    source = make(tmp_path / f"whole.{name}", images, g=20, rate=25, **options)
    path = twins.without_first(source, tmp_path / name, 6)
    clip = video.probe(path)
    back, times, reading = told(path)
    key = 60 - reading.read
    assert 12 < key <= 22 and difference(back, images[key:]) < 8
    assert clip.frames is None and clip.announced >= 54
    (sentence,) = [note for note in clip.notes if "begins without a key frame" in note]
    assert sentence in reading.notes and f"'{name}' begins without a key frame: its first " in sentence
    np.testing.assert_allclose(times, np.arange(reading.read) / 25, atol=2e-3)
    assert reading.unread[0][0] < 0 and reading.unread[0][1] <= 0.001


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mkv", {}),
        ("a.flv", {}),
        ("a.avi", {"codec": "mpeg4"}),
        ("m.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.wmv", {"codec": "wmv2"}),
    ],
)
def test_a_recording_that_was_never_finished_is_read_and_said_to_be_so(tmp_path, name, options):
    path = twins.unfinished(tmp_path / name, noise(90), g=12, **options)
    clip = video.probe(path)
    _, times, reading = told(path)
    assert reading.read == clip.announced > 60
    (sentence,) = clip.notes
    assert sentence in reading.notes
    said = rf"'{name}' was never finished: its length is missing, as after an interrupted recording; it holds "
    found = re.fullmatch(rf"{said}([\d.]+) s \({reading.read} frames\)", sentence)
    assert float(found[1]) == pytest.approx(times[-1] + 1 / 24, abs=0.06)


def test_an_mp4_that_was_never_finished_is_refused_with_what_would_help(tmp_path):
    for name, images in (("a.mp4", noise(90)), ("b.mov", noise(80))):
        path = twins.unfinished(tmp_path / name, images)
        for look in (video.probe, lambda p: list(video.read(p))):
            with pytest.raises(ClipError, match="its index is missing: the recording was interrupted") as caught:
                look(path)
            assert "untrunc" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("marked", "chosen", "why"),
    [
        ((), 1, "the largest"),
        ((0,), 0, "marked as default"),
        ((2,), 2, "marked as default"),
        ((0, 1), 1, "the largest"),
    ],
)
def test_the_default_stream_is_read_else_the_largest(tmp_path, marked, chosen, why):
    sizes = [(64, 48), (128, 96), (96, 64)]
    path = twins.several(tmp_path / "a.mkv", sizes, marked)
    clip = video.probe(path)
    back, _, reading = told(path)
    assert (clip.width, clip.height) == sizes[chosen] == back.shape[2:0:-1] and reading.read == clip.announced == 20
    (sentence,) = clip.notes
    assert sentence.startswith(f"'a.mkv' has 3 video streams: stream {chosen} (") and f"), {why}, is read" in sentence
    assert all(f"stream {i} (" in sentence for i in range(3)) and reading.notes == clip.notes


def test_a_clip_goes_on_in_a_stream_that_begins_where_another_ended(tmp_path):
    first = make(tmp_path / "1.flv", pictures(40), codec="flv", g=10).read_bytes()
    second = twins.stamped(tmp_path / "2.flv", np.arange(40, 80) * 40, base=twins.Fraction(1, 1000)).read_bytes()
    (tmp_path / "a.flv").write_bytes(first + second[13:])
    back, times, reading = told(tmp_path / "a.flv")
    assert reading.read == reading.announced == 80
    np.testing.assert_allclose(times, np.arange(80) / 25, atol=2e-3)
    assert difference(back[40:], pictures(40)) < 8
    assert any("go on in another stream in its middle" in sentence for sentence in reading.notes)


def test_a_stream_that_appears_too_late_is_said_and_what_was_there_before_is_read(tmp_path):
    other = {"mpegts_start_pid": "0x200", "mpegts_pmt_start_pid": "0x1001"}
    first = make(tmp_path / "1.ts", noise(40)).read_bytes()
    second = make(tmp_path / "2.ts", noise(40, seed=1), container=other).read_bytes()
    (tmp_path / "a.ts").write_bytes(first + second)
    clip = video.probe(tmp_path / "a.ts")
    _, _, reading = told(tmp_path / "a.ts")
    assert reading.read == 40 and clip.frames is None
    assert "another stream begins in the middle of 'a.ts'; it cannot be read" in reading.notes
    assert "'a.ts' can be read up to 1.6 s; the last 50% of the file cannot" in reading.notes
    assert set(clip.notes) == set(reading.notes)


def test_a_stream_that_changes_its_codec_is_read_up_to_there(tmp_path):
    first = make(tmp_path / "1.ts", pictures(40)).read_bytes()
    second = make(tmp_path / "2.ts", pictures(40), codec="mpeg2video").read_bytes()
    (tmp_path / "a.ts").write_bytes(first + second)
    _, _, sentences = whole(tmp_path / "a.ts")
    assert sentences[0].startswith("'a.ts' is damaged in 1 place: only its first 1.")
    assert " could not be read (from 1." in sentences[0]


def test_a_reference_that_is_never_shown_is_no_frame(tmp_path):
    path = make(tmp_path / "a.webm", pictures(60), codec="libvpx", g=60)
    with av.open(str(path)) as clip:
        frame = bytes([packet for packet in clip.demux() if packet.size][30])
    content = bytearray(path.read_bytes())
    at = content.index(frame)
    content[at] &= ~16  # the bit that says that the frame is shown (RFC 6386, section 9.1)
    path.write_bytes(content)
    _, _, reading = told(path)
    assert (reading.announced, reading.read, reading.unread) == (59, 59, ())


def test_a_damaged_clip_prints_nothing(tmp_path, capfd):
    path = make(tmp_path / "a.webm", noise(60), codec="libvpx")
    capfd.readouterr()
    content = bytearray(path.read_bytes())
    for at in range(5000, len(content), 777):
        content[at] ^= 0x55
    path.write_bytes(content)
    told(path)
    assert capfd.readouterr().err == ""


def test_places_that_an_encoder_could_not_fill_yet_are_no_frames(tmp_path):
    """Encoders of Video for Windows give a byte for the frames that B-frames make them wait for."""
    path = twins.stamped(tmp_path / "a.avi", range(60), twins.Fraction(1, 25), codec="mpeg4", g=10)
    broken = bytearray(path.read_bytes())
    with av.open(str(path)) as clip:
        at = [packet.pos for packet in clip.demux() if packet.size][1]
    entry = broken.rindex(b"idx1") + 8 + 16
    broken[entry + 12 : entry + 16] = (1).to_bytes(4, "little")
    chunk = broken.rindex(b"00dc", 0, at + 4)
    broken[chunk + 4 : chunk + 9] = b"\1\0\0\0\x7f"
    path.write_bytes(broken)
    _, times, reading = told(path)
    assert (reading.announced, reading.read, reading.notes) == (59, 59, ())
    assert times[1] == pytest.approx(0.08) and times[-1] == pytest.approx(59 / 25)
