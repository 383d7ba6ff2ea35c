"""The containers and codecs that are read, and no others: FFmpeg knows 363 and more, written for files one trusts.

``docs/reading.md`` has them as tables, made from here. FFmpeg gets the lists itself, so that no other demuxer and no
other decoder sees a byte of a clip; none of these opens another file or address.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Container:
    """A kind of file.

    Attributes:
        about: what writes it.
        endings: of its files' names, in small letters.
    """

    about: str
    endings: tuple[str, ...]


CONTAINERS = {
    "mov": Container("MP4, MOV and 3GP: cameras, phones, recorders",
                     ("mp4", "m4v", "mov", "3gp", "3g2", "f4v", "qt")),
    "matroska": Container("MKV and WebM: recorders, browsers", ("mkv", "webm")),
    "avi": Container("AVI: older recorders", ("avi",)),
    "mpegts": Container("MPEG transport streams: network cameras, broadcast",
                        ("ts", "mts", "m2ts", "m2t", "mp2t", "trp")),
    "mpeg": Container("MPEG program streams: discs, recorders", ("mpg", "mpeg", "vob", "mpe")),
    "asf": Container("ASF and WMV: older Windows software", ("wmv", "asf")),
    "flv": Container("FLV: streaming servers", ("flv",)),
    "mxf": Container("MXF: broadcast cameras", ("mxf",)),
    "ogg": Container("Ogg: free software", ("ogv", "ogg")),
    "dhav": Container("DAV: Dahua recorders", ("dav",)),
    "dv": Container("DV: tape", ("dv",)),
    "h264": Container("bare H.264", ("264", "h264", "avc")),
    "hevc": Container("bare H.265", ("265", "h265", "hevc")),
    "mpegvideo": Container("bare MPEG-1 and MPEG-2", ("m2v", "m1v")),
    "mjpeg": Container("bare Motion JPEG", ("mjpeg", "mjpg")),
    "yuv4mpegpipe": Container("Y4M: uncompressed, of encoders' test clips", ("y4m",)),
    "ivf": Container("IVF: VP8, VP9 and AV1 of encoders", ("ivf",)),
    "gif": Container("animated GIF", ("gif",)),
}  # fmt: skip
"""FFmpeg's names of the demuxers that are used."""

CODECS = {
    "h264": "H.264",
    "hevc": "H.265, HEVC",
    "libdav1d": "AV1",
    "vp8": "VP8",
    "vp9": "VP9",
    "mpeg4": "MPEG-4 Part 2: Xvid, DivX",
    "mpeg2video": "MPEG-2",
    "mpeg1video": "MPEG-1",
    "mjpeg": "Motion JPEG",
    "h263": "H.263",
    "flv": "Sorenson Spark",
    "msmpeg4": "Microsoft MPEG-4 version 3",
    "wmv1": "Windows Media Video 7",
    "wmv2": "Windows Media Video 8",
    "wmv3": "Windows Media Video 9",
    "vc1": "VC-1",
    "theora": "Theora",
    "dvvideo": "DV",
    "prores": "ProRes",
    "dnxhd": "DNxHD, DNxHR",
    "ffv1": "FFV1",
    "rawvideo": "uncompressed",
    "png": "PNG pictures",
    "gif": "GIF pictures",
}
"""FFmpeg's names of the decoders that are used."""

EXTENSIONS = tuple(ending for container in CONTAINERS.values() for ending in container.endings)
"""Endings of files that are read as clips, in small letters; capital ones are read as well."""
