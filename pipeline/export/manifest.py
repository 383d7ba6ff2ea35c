"""The manifest of an archive: what each file in it is, by size and SHA-256, and what it was made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MANIFEST, FORMAT, VERSION = "manifest.json", "whycam-export", 2
READABLE = (1, VERSION)
"""Versions that can be checked; the first one knows no reviews and no cases."""


@dataclass(frozen=True)
class ArchivedFile:
    """One file of an archive.

    Attributes:
        path: in the archive, with ``/`` between folders.
        bytes: its size.
        sha256: 64 hexadecimal digits.
    """

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ArchivedReview:
    """What was said of one event of an archive.

    Attributes:
        event: its key in the app; the number in the report is that of the place in the list, from 1.
        label: name of its first cause.
        first_frame, last_frame: of the event; ``last_frame`` is inclusive.
        severity: ``high``, ``medium``, ``low`` or ``unknown``.
        reviewed, verdict, note: the latest word of anybody.
        records: who said what, and when (UTC), oldest first.
    """

    event: str
    label: str
    first_frame: int
    last_frame: int
    severity: str
    reviewed: bool
    verdict: str
    note: str
    records: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class ArchivedCase:
    """The case that an archive is of.

    Attributes:
        id, name, note: of the case.
        records: who did what with it, and when (UTC), oldest first.
    """

    id: str
    name: str
    note: str
    records: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class ArchivedRun:
    """One run of an archive.

    Attributes:
        folder: of its files in the archive; empty where they lie at the top.
        run: its id; empty for a folder of ``analyse --out``.
        clip: name, sha256, frames, fps, width, height and recorded of the analysed file.
        camera, detector: their names.
        camera_sha256: of the camera's weights and of what it knows of each further kind of score.
        models: ``objects`` and ``actions`` to the model that named them.
        models_sha256: likewise to the sha256 of the weights with which it answered; None where the run did not keep it.
        threshold: above which a frame is unusual, in ``unit``.
        unit: ``dB`` or ``nats``.
        standing: nats above which a place where something stands is an event; None where the camera does not tell.
        versions: of Whycam and what it computed with.
        events: how many the archive holds.
        kept_blur: one of :data:`pipeline.blurs.BLURS`: how the run's own pictures were blurred when it was analysed.
        reviews: of each of these events, in their order, where the run is one of the app's; empty otherwise.
    """

    folder: str
    run: str
    clip: Mapping[str, Any]
    camera: str
    detector: str
    camera_sha256: Mapping[str, str]
    models: Mapping[str, str]
    models_sha256: Mapping[str, str | None]
    threshold: float
    unit: str
    standing: float | None
    versions: Mapping[str, Any]
    events: int
    reviews: tuple[ArchivedReview, ...] = ()
    kept_blur: str = "none"


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` holds.

    Attributes:
        format, version: of the archive.
        made: when, in ISO 8601, UTC.
        whycam: version of Whycam that made it.
        blur: one of :data:`pipeline.blurs.BLURS`.
        blur_note: what was blurred and what may not have been; empty where nothing was.
        runs: in the order of the export.
        files: all of the archive but the manifest, by path.
        case: that was exported; None where it was none.
    """

    format: str
    version: int
    made: str
    whycam: str
    blur: str
    blur_note: str
    runs: tuple[ArchivedRun, ...]
    files: tuple[ArchivedFile, ...]
    case: ArchivedCase | None = None
