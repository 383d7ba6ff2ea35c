"""A Markdown page of the figures of causes on labelled frames, with pictures."""

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from core.arrays import Images
from core.files import write_text, write_whole
from core.records import Evidence, Pixels
from core.templates import environment
from explain.report.overlay import overlay
from pipeline.evaluation._cause_figures import OURS, Ranking
from pipeline.evaluation._labelled import LabelledClip
from pipeline.evaluation.cause_results import CauseResult, FirstCause
from pipeline.evaluation.cause_rows import over_clips
from pipeline.evaluation.figures import shown

TEMPLATES = Path(__file__).parent / "templates"
PICTURES = 3
"""Of each clip."""
MOST_BYTES = 100_000
QUALITIES = (85, 75, 65, 55, 45, 35, 25, 15)
LABEL, RIGHT, WRONG = (255, 255, 255), (96, 220, 120), (255, 110, 90)


@dataclass(frozen=True)
class Picture:
    """One frame with heat, annotated regions (white) and first cause (green where it is right, else red)."""

    clip: str
    frame: int
    image: Images
    caption: str


class CausePictures:
    """Draws a few frames of each clip while their evidence is there; its :meth:`add` goes to ``evaluate_causes``.

    Args:
        normal_heat: the camera's mean heat per pixel on normal footage, the unit of the heat's colours.
    """

    def __init__(self, normal_heat: float) -> None:
        self.normal_heat = normal_heat
        self.pictures: list[Picture] = []

    def add(self, entry: LabelledClip, seen: Sequence[Evidence], ranking: Ranking) -> None:
        """Draw frames spread evenly over the annotated ones of a clip."""
        rows = [i for i, evidence in enumerate(seen) if evidence.frame in ranking.verdicts]
        for i in range(min(PICTURES, len(rows))):
            evidence = seen[rows[(2 * i + 1) * len(rows) // (2 * min(PICTURES, len(rows)))]]
            self.pictures.append(self._draw(entry, evidence, ranking))

    def _draw(self, entry: LabelledClip, evidence: Evidence, ranking: Ranking) -> Picture:
        frame, regions = evidence.frame, entry.regions[evidence.frame]
        cause, good = ranking.first[frame], ranking.verdicts[frame].right
        image = np.ascontiguousarray(overlay(evidence, boxes=False, normal=self.normal_heat))
        factor = image.shape[1] / evidence.image.shape[1]
        for region in regions:
            _frame(image, region.box, factor, LABEL)
        if cause:
            _frame(image, cause.box, factor, RIGHT if good else WRONG)
        said = f"{cause.coarse}: {cause.fine}" if cause else "no cause"
        labels = ", ".join(dict.fromkeys(region.fine for region in regions))
        return Picture(entry.clip.name, frame, image, f"frame {frame}: {said}; annotated: {labels}")

    def write(self, page: Path, camera: str, data: str, result: CauseResult) -> None:
        """Write the page, and the pictures beside it.

        Args:
            page: the Markdown file; a picture is called after it, its clip and its frame.
            camera: its name.
            data: name of the data set.
            result: of ``evaluate_causes``, with regions.

        Raises:
            StorageError: the folder cannot be written to.
        """
        names = [re.sub(r"[^\w.-]+", "_", f"{page.stem}-{one.clip}-{one.frame:04d}.jpg") for one in self.pictures]
        for picture, name in zip(self.pictures, names, strict=True):
            with write_whole(page.parent / name) as file:
                file.write(jpeg(picture.image))
        made = environment(TEMPLATES)
        made.autoescape, made.filters["plain"] = False, _plain
        tables = [_figures(result), _videos(result), over_clips(result)]
        shown = list(zip(self.pictures, names, strict=True))
        write_text(page, made.get_template("causes.md").render(
            camera=camera, data=data, result=result, ours=OURS, tables=tables, pictures=shown))  # fmt: skip


def jpeg(image: Images) -> bytes:
    """Encode a picture in at most ``MOST_BYTES``: as well as that allows, and smaller where it must be.

    Raises:
        ValueError: it cannot be encoded.
    """
    while True:
        for quality in QUALITIES:
            good, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
            if not good:
                raise ValueError(f"a picture of {image.shape} cannot be encoded as JPEG")
            if len(data) <= MOST_BYTES:
                return data.tobytes()
        image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def _frame(image: Images, box: Pixels, factor: float, colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = np.rint(np.clip(box, -1e4, 1e4) * np.float64(factor)).astype(int).tolist()
    for width, shade in ((5, (20, 20, 20)), (2, colour)):
        cv2.rectangle(image, (x1, y1), (x2, y2), shade, width, cv2.LINE_AA)


def _figures(result: CauseResult) -> list[dict[str, str]]:
    return [
        {
            "rule": rule,
            "right": shown(figures.shares.top1),
            "found": shown(figures.shares.found),
            "right tracks": shown(figures.shares.top1_tracks),
            "mAP": shown(result.classes[rule].figures["map"]) if rule in result.classes else "",
        }
        for rule, figures in result.rules.items()
    ]


def _videos(result: CauseResult) -> list[dict[str, str]]:
    return [
        {
            "clip": video.name,
            "frames": str(video.shares.frames),
            "right": shown(video.shares.top1),
            "found": shown(video.shares.found),
            "as one event": video.event or "none",
            "first causes of its frames": _answers(result.frames, video.name),
        }
        for video in result.rules[OURS].videos
    ]


def _answers(frames: Sequence[FirstCause], clip: str) -> str:
    said = Counter(row.name for row in frames if row.video == clip)
    return ", ".join(f"{name} ({count})" for name, count in said.most_common(4))


def _plain(text: object) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", html.escape(str(text), quote=False))
