"""Just enough of H.264's syntax (ITU-T H.264, section 7.3) to tell which packets are second fields of a frame."""

from collections.abc import Iterator
from dataclasses import dataclass

HIGH = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sequence parameter set tells the chroma format."""
SLICE_SEARCH_BYTES = 4096
"""Bytes of a packet in which its first slice begins; parameter sets and messages stand before it."""


class Bits:
    """Bits of a NAL unit's payload, most significant first."""

    def __init__(self, payload: bytes) -> None:
        plain = payload.replace(b"\0\0\3", b"\0\0")
        self.value, self.left = int.from_bytes(plain, "big"), 8 * len(plain)

    def take(self, count: int) -> int:
        """Read ``count`` bits.

        Raises:
            ValueError: there are fewer.
        """
        if count > self.left:
            raise ValueError("the NAL unit ends early")
        self.left -= count
        return (self.value >> self.left) & ((1 << count) - 1)

    def golomb(self) -> int:
        """Read an unsigned Exp-Golomb code (section 9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise ValueError("no Exp-Golomb code")
        return (1 << zeros) - 1 + self.take(zeros)


@dataclass(frozen=True)
class Syntax:
    """What of a sequence parameter set is needed to read the beginning of a slice, and to know a decoder's memory.

    Attributes:
        separate: whether the colour planes are coded apart.
        frame_bits: length of ``frame_num``.
        references: pictures that a decoder keeps.
        fields: whether pictures may be fields.
        prefix: bytes of the length before each NAL unit; 0 where start codes part them (Annex B).
    """

    separate: bool
    frame_bits: int
    references: int
    fields: bool
    prefix: int


def units(data: bytes, prefix: int) -> Iterator[bytes]:
    """Split a packet, or as much of it as there is, into its NAL units; see :class:`Syntax`."""
    if not prefix:
        parts = data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
        yield from (part for part in parts[1:] if part)
        return
    at = 0
    while at + prefix < len(data):
        length = int.from_bytes(data[at : at + prefix], "big")
        at += prefix
        yield data[at : at + length] or b"\0"
        at += length


def boxed_sets(extradata: bytes) -> Iterator[bytes]:
    """List the parameter sets of an ``avcC`` or ``hvcC`` box (ISO 14496-15), each behind its length of 16 bits."""
    at = 6
    if extradata[:1] != b"\1":
        return
    while at + 2 < len(extradata):
        length = int.from_bytes(extradata[at : at + 2], "big")
        unit = extradata[at + 2 : at + 2 + length]
        if len(unit) == length > 2 and not unit[0] & 128:
            yield unit
        at += 1


def sequence(extradata: bytes) -> list[Syntax]:
    """Read the sequence parameter sets of a stream as FFmpeg gives them: an Annex B stream, or an ``avcC`` box.

    Raises:
        ValueError: one is cut short.
    """
    boxed = extradata[:1] == b"\1" and len(extradata) > 8
    prefix = (extradata[4] & 3) + 1 if boxed else 0
    length = int.from_bytes(extradata[6:8], "big") if boxed else 0
    sets = [extradata[8 : 8 + length]] if boxed else list(units(extradata, 0))
    return [_read(Bits(unit[1:]), prefix) for unit in sets if unit and unit[0] & 31 == 7]


def field_syntax(extradata: bytes | None) -> Syntax | None:
    """Return how slices begin in a stream that may hold fields; None where all its pictures are frames."""
    try:
        return next((found for found in sequence(extradata or b"") if found.fields), None)
    except ValueError:
        return None


def _read(bits: Bits, prefix: int) -> Syntax:
    profile, separate = bits.take(8), False
    bits.take(16)
    bits.golomb()
    if profile in HIGH:
        chroma = bits.golomb()
        separate = chroma == 3 and bool(bits.take(1))
        bits.golomb(), bits.golomb(), bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 8 if chroma != 3 else 12)
    frame_bits, order = bits.golomb() + 4, bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1), bits.golomb(), bits.golomb()
        for _ in range(bits.golomb()):
            bits.golomb()
    references = bits.golomb()
    bits.take(1), bits.golomb(), bits.golomb()
    return Syntax(separate, frame_bits, references, not bits.take(1), prefix)


def _skip_scaling(bits: Bits, lists: int) -> None:
    """Read over scaling lists (section 7.3.2.1.1.1)."""
    for number in range(lists):
        if not bits.take(1):
            continue
        last = following = 8
        for _ in range(16 if number < 6 else 64):
            if following:
                code = bits.golomb()
                following = (last + ((code + 1) // 2 if code % 2 else -(code // 2))) % 256
            last = following or last


def field(syntax: Syntax, packet: bytes) -> tuple[int, int] | None:
    """Return (frame number, 0 for the top or 1 for the bottom field) of a packet that holds a field, else None.

    Of the packet, its first :data:`SLICE_SEARCH_BYTES` bytes are enough.
    """
    for unit in units(packet[:SLICE_SEARCH_BYTES], syntax.prefix):
        if unit[0] & 31 in (1, 5):
            bits = Bits(unit[1:24])
            try:
                bits.golomb(), bits.golomb(), bits.golomb()
                if syntax.separate:
                    bits.take(2)
                number = bits.take(syntax.frame_bits)
                return (number, bits.take(1)) if bits.take(1) else None
            except ValueError:
                return None
    return None
