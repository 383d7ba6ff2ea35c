"""A page in Markdown that shows what the causes of labelled frames are worth, with pictures beside the figures."""

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from core.arrays import Images
from core.files import write_text, write_whole
from core.records import Evidence, Pixels
from explain.report.overlay import overlay
from pipeline.evaluation._cause_figures import OURS, Ranking
from pipeline.evaluation._labelled import LabelledClip
from pipeline.evaluation.figures import shown

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

    def write(self, page: Path, result: Mapping[str, Any]) -> None:
        """Write the page, and the pictures beside it.

        Args:
            page: the Markdown file; a picture is called after it, its clip and its frame.
            result: of ``evaluate_causes``, with the ``camera`` and ``data`` of ``evaluate``.

        Raises:
            StorageError: the folder cannot be written to.
        """
        lines = []
        for picture in self.pictures:
            name = re.sub(r"[^\w.-]+", "_", f"{page.stem}-{picture.clip}-{picture.frame:04d}.jpg")
            with write_whole(page.parent / name) as file:
                file.write(jpeg(picture.image))
            lines.append(f"![{_plain(picture.caption)}]({name})\n\n{_plain(picture.clip)}, {_plain(picture.caption)}\n")
        write_text(page, "\n".join([*_text(result), *lines]))


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


def _text(result: Mapping[str, Any]) -> list[str]:
    first, classes, labels = result["causes"], result["xman"], result["labels"]
    rules = [rule for rule in first if rule in classes or "top1" in first[rule]]
    figures = [
        {
            "rule": rule,
            "right": shown(first[rule]["top1"]),
            "found": shown(first[rule]["found"]),
            "right tracks": shown(first[rule]["top1_tracks"]),
            "mAP": shown(classes[rule]["map"]) if rule in classes else "",
        }
        for rule in rules
    ]
    videos = [
        {
            "clip": video["name"],
            "frames": video["frames"],
            "right": shown(video["top1"]),
            "found": shown(video["found"]),
            "as one event": video["event"] or "none",
            "first causes of its frames": _answers(first["frames"], video["name"]),
        }
        for video in first[OURS]["videos"]
    ]
    return [
        f"# Causes on {_plain(result['data'])}\n",
        f"Camera `{result['camera']}`, objects by {labels['models']['objects']}, actions by "
        f"{labels['models']['actions']}; {labels['frames'] - labels['without_score']} labelled frames.\n",
        f"{labels['protocol']}\n",
        *[f"Not run: {rule}: {_plain(why)}.\n" for rule, why in first["not_run"].items()],
        _table(figures),
        f"Rule `{OURS}`, clip by clip:\n",
        _table(videos),
        "In the pictures the annotated region is white, and the first cause green where it is right, else red. Frames "
        "count from 0.\n",
    ]


def _answers(frames: Sequence[Mapping[str, Any]], clip: str) -> str:
    said = Counter(
        f"{row['coarse']}: {row['fine']}" if row["coarse"] else "no cause" for row in frames if row["video"] == clip
    )
    return ", ".join(f"{name} ({count})" for name, count in said.most_common(4))


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = [list(rows[0]), ["---"] * len(rows[0]), *[[_plain(str(v)) for v in row.values()] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", html.escape(text, quote=False))
