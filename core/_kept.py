"""How many pictures a decoder keeps in memory, by the headers of its stream."""

from av.video.format import VideoFormat
from av.video.stream import VideoStream

from core._h264 import Bits, boxed_sets, sequence, units

MAX_PICTURES = 17
"""Of H.264 and HEVC: 16 references and the present one."""
PICTURES_BY_CODEC = {"vp8": 5, "libvpx": 5, "vp9": 10, "libvpx-vp9": 10, "av1": 10, "libdav1d": 10, "vvc": MAX_PICTURES}
"""References and the present one, of the others that have more than two references."""
DEFAULT_PICTURES, INTRA_PICTURES = 4, 2
HEVC_SEQUENCE = 33
"""Type of HEVC's NAL units that hold a sequence parameter set."""
DEFAULT_BITS = 12


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
