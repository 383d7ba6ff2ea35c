"""Which of a file's streams of pictures is the clip, and how much memory its decoder takes."""

from collections.abc import Sequence

from av.container import InputContainer
from av.stream import Disposition
from av.video.format import VideoFormat
from av.video.stream import VideoStream

from core._container import check_size
from core._h264 import Bits, boxed_sets, sequence, units
from core._medium import Medium
from core.errors import ClipError
from core.formats import CODECS
from core.limits import shown

COVERS = Disposition.attached_pic | Disposition.timed_thumbnails
"""Marks of streams that hold pictures beside a clip."""
MAX_PICTURES = 17
"""Of H.264 and HEVC: 16 references and the present one."""
PICTURES_BY_CODEC = {"vp8": 5, "vp9": 10, "libdav1d": 10}
"""References and the present one, of the others that have more than two references."""
DEFAULT_PICTURES, INTRA_PICTURES = 4, 2
HEVC_SEQUENCE = 33
"""Type of HEVC's NAL units that hold a sequence parameter set."""
DEFAULT_BITS = 12


def pictures(container: InputContainer, path: Medium) -> list[VideoStream]:
    """List the streams of pictures whose codec FFmpeg knows, covers left out.

    Raises:
        ClipError: there is none, or none in a codec that is read.
    """
    found = [stream for stream in container.streams.video if not stream.disposition & COVERS]
    if not found:
        kinds = " and ".join(sorted({stream.type for stream in container.streams} - {"video"})) or "a cover"
        raise ClipError(f"{shown(path)!r} has no pictures, only {kinds}; give a video file")
    known = [stream for stream in found if stream.codec_context is not None]
    if not listed(known):
        names = sorted({stream.codec_context.name for stream in known})
        codec = f"the codec {names[0]!r}, which is not read" if names else "a codec that cannot be decoded here"
        raise ClipError(f"{shown(path)!r} is in {codec}; convert it to H.264")
    return known


def listed(streams: Sequence[VideoStream]) -> list[VideoStream]:
    """Return the streams in a codec that is read."""
    return [stream for stream in streams if stream.codec_context.name in CODECS]


def choose(streams: Sequence[VideoStream], path: Medium) -> tuple[VideoStream, str]:
    """Return the stream to read, and a sentence that says so where there are several.

    It is the one marked as default; the largest picture where none or several are.

    Raises:
        ClipError: its pictures are beyond the limits.
    """
    known = listed(streams)
    marked = [stream for stream in known if stream.disposition & Disposition.default]
    chosen = max(marked or known, key=lambda stream: stream.width * stream.height)
    check_size(chosen.width, chosen.height, path, bits_of(chosen), kept(chosen))
    if len(streams) == 1:
        return chosen, ""
    sizes = sorted(stream.width * stream.height for stream in marked or known)
    largest = sizes[-1] > max(sizes[:-1], default=sizes[-1])
    why = "marked as default" if len(marked) == 1 else "the largest" if largest else "the first"
    why = why if len(known) > 1 else "the one in a codec that is read"
    rest = [_said(stream) for stream in streams if stream is not chosen]
    others = f"{rest[0]} is" if len(rest) == 1 else f"{', '.join(rest[:-1])} and {rest[-1]} are"
    said = f"{shown(path)!r} has {len(streams)} video streams: {_said(chosen)}, {why}, is read, and {others} not"
    return chosen, said


def _said(stream: VideoStream) -> str:
    size = f"{stream.width}x{stream.height}" if stream.width and stream.height else "of unknown size"
    return f"stream {stream.index} ({size})"


def bits_of(stream: VideoStream) -> int:
    """Return how many bits of memory a decoded pixel takes."""
    name = stream.codec_context.pix_fmt
    return VideoFormat(name).padded_bits_per_pixel if name else DEFAULT_BITS


def kept(stream: VideoStream) -> int:
    """Return how many pictures a stream's decoder keeps, itself at work on the last."""
    codec = stream.codec_context
    if codec.codec.intra_only:
        return INTRA_PICTURES
    found = {"h264": _h264, "hevc": _hevc}.get(codec.name)
    if found is None:
        return PICTURES_BY_CODEC.get(codec.name, DEFAULT_PICTURES)
    try:
        return min(found(codec.extradata or b""), MAX_PICTURES)
    except ValueError:
        return MAX_PICTURES


def _h264(extradata: bytes) -> int:
    """Read ``max_num_ref_frames`` (ITU-T H.264, section 7.3.2.1.1); a decoder outputs some frames late besides."""
    return max((found.references for found in sequence(extradata)), default=MAX_PICTURES) + 2


def _hevc(extradata: bytes) -> int:
    """Read ``sps_max_dec_pic_buffering_minus1`` (ITU-T H.265, section 7.3.2.2.1) of what has one."""
    sets = [unit for unit in (*units(extradata, 0), *boxed_sets(extradata)) if (unit[0] >> 1) & 63 == HEVC_SEQUENCE]
    return max((_buffered(Bits(unit[2:])) for unit in sets), default=MAX_PICTURES) + 2


def _buffered(bits: Bits) -> int:
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.golomb()
    if bits.golomb() == 3:
        bits.take(1)
    bits.golomb(), bits.golomb()
    if bits.take(1):
        for _ in range(4):
            bits.golomb()
    bits.golomb(), bits.golomb(), bits.golomb()
    most = 0
    for _ in range(layers + 1 if bits.take(1) else 1):
        most = max(most, bits.golomb() + 1)
        bits.golomb(), bits.golomb()
    return most
