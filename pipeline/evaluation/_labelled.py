"""Clips of a data set with what label files say of them, and the evidence of the frames that they name."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.clock import Clock
from core.contracts import Dataset, Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.records import Frames
from explain.ava import LABELS
from explain.labels import counterparts, fine
from explain.objects.rcnn import COCO
from footage import labels as files
from footage.labels import Named
from metrics.first_cause import Region
from pipeline.evidence import EvidenceFolder
from pipeline.evidence_collector import EvidenceCollector
from pipeline.scan import EvidenceRequests, Scan


@dataclass(frozen=True)
class LabelledClip:
    """One clip and its labels; frames count from 0.

    Attributes:
        clip: the footage.
        regions: frame to what is annotated there.
        classes: frame to its X-MAN classes.
    """

    clip: Footage
    regions: Mapping[int, tuple[Region, ...]]
    classes: Mapping[int, tuple[Named, ...]]

    def frames(self, every: int = 1) -> list[int]:
        """List every ``every``-th labelled frame, ascending."""
        return sorted({*self.regions, *self.classes})[::every]


@dataclass(frozen=True)
class Labels:
    """What the label files say of a data set.

    Attributes:
        clips: those that the files name, in the data set's order.
        classes: all of X-MAN's classes in the file, sorted.
        unmatched: names of videos that are no clip of the data set.
        places: labels of regions that are no object of COCO and no action of AVA, and are taken for places.
    """

    clips: tuple[LabelledClip, ...]
    classes: tuple[Named, ...]
    unmatched: tuple[str, ...]
    places: tuple[str, ...]


def read(dataset: Dataset, regions: Path | None, xman: Path | None) -> Labels:
    """Read label files and match them with a data set's test clips.

    Args:
        dataset: whose test clips the files name.
        regions: CSV of boxes, see :mod:`footage.labels`.
        xman: X-MAN's JSON.

    Raises:
        DataError: a file is malformed, or none of its videos is a clip of the data set.
    """
    boxed: files.Regions = files.read_regions(regions) if regions else {}
    named: files.Classes = files.read_classes(xman) if xman else {}
    known = sorted({(c.casefold(), fine(f)) for frames in named.values() for some in frames.values() for c, f in some})
    clips = {clip.name: clip for clip in dataset.test()}
    box_clips, lost = files.match(boxed, list(clips))
    class_clips, also_lost = files.match(named, list(clips))
    if not box_clips and not class_clips:
        raise DataError(f"the label files name no clip of {dataset.name!r}; its clips: {', '.join(clips) or 'none'}")
    by_clip = {clip: boxed[video] for video, clip in box_clips.items()}
    classes = {clip: _plain(named[video]) for video, clip in class_clips.items()}
    return Labels(
        clips=tuple(
            LabelledClip(clip, _regions(name, by_clip.get(name, {}), known), classes.get(name, {}))
            for name, clip in clips.items()
            if name in by_clip or name in classes
        ),
        classes=tuple(known),
        unmatched=tuple(dict.fromkeys(lost + also_lost)),
        places=tuple(sorted({r.label for f in boxed.values() for some in f.values() for r in some
                             if kind_of(r.label, known) == "location"})),
    )  # fmt: skip


def _plain(frames: Mapping[int, tuple[Named, ...]]) -> dict[int, tuple[Named, ...]]:
    return {frame: tuple((c.casefold(), fine(f)) for c, f in some) for frame, some in frames.items()}


def _regions(
    clip: str, frames: Mapping[int, Sequence[files.Region]], known: Sequence[Named]
) -> dict[int, tuple[Region, ...]]:
    """Give each box its coarse type; boxes of one label without a track are one track of the clip."""
    return {
        frame: tuple(
            Region(kind_of(r.label, known), fine(r.label), r.box, (clip, r.track, fine(r.label))) for r in some
        )
        for frame, some in frames.items()
    }


def kind_of(label: str, known: Sequence[Named]) -> str:
    """Return the coarse type of a region's label: as the X-MAN file has it, else of COCO or AVA, else a place.

    >>> kind_of("run / jog", ()), kind_of("skateboard", ()), kind_of("close to the camera", ())
    ('action', 'object', 'location')
    """
    name = fine(label)
    given = [coarse for coarse, other in known if other == name]
    if given:
        return given[0]
    return "object" if name in map(fine, COCO) else "action" if name in map(fine, LABELS) else "location"


def nameless(classes: Sequence[Named], objects: Sequence[str], actions: Sequence[str]) -> tuple[Named, ...]:
    """List the classes of a label file that neither model can name; a place has no model that could."""
    found = {*counterparts(objects, "COCO", classes)[0].values(), *counterparts(actions, "AVA", classes)[0].values()}
    return tuple(name for name in classes if name not in found)


def gather(
    clip: Footage, frames: Sequence[int], detector: Detector, median: float,
    kept: Sequence[tuple[EvidenceCollector, EvidenceFolder]], runtime: Runtime, say: Callable[[int], None],
) -> Clock:  # fmt: skip
    """Stream a clip once, and keep evidence of some of its frames by each collector.

    Args:
        clip: streamed from a little before the first to a little behind the last of ``frames``.
        frames: that are asked for, ascending; those that no window of the detector answers for are left out.
        detector: gives the heat.
        median: raw score of a typical normal frame, subtracted.
        kept: collectors, and where the evidence of each goes.
        runtime: device and precision.
        say: told the number of the frame that was reached.

    Returns:
        When the clip's frames are shown, as far as it was streamed.

    Raises:
        DataError: the clip ends before the last of ``frames``.
    """
    span, times, wanted = detector.window.span, list[float](), frozenset(frames)
    seconds = max(collector.action_seconds for collector, _ in kept)
    requests = [EvidenceRequests(own, wanted.__contains__, folder.put, span, median) for own, folder in kept]
    decoded = [lambda chunk: say(chunk.first + len(chunk)), *(one.decoded for one in requests)]
    scan = Scan(detector, runtime, [one.scored for one in requests], decoded)
    scan.run(clip.name, _near(clip, frames, span, seconds, times))
    for one in requests:
        one.collect(ended=True)
    if len(times) <= frames[-1]:
        raise DataError(f"the labels name frame {frames[-1] + 1} of clip {clip.name!r}, which has {len(times)} frames")
    return Clock.of(times)


def _near(clip: Footage, frames: Sequence[int], span: int, seconds: float, times: list[float]) -> Iterator[Frames]:
    """Decode a clip from shortly before the first to shortly after the last of ``frames``, and fill ``times``."""
    for chunk in clip.frames():
        times += chunk.times.tolist()
        rate = (len(times) - 1) / times[-1] if len(times) > 1 else 25.0
        around = span + math.ceil(rate * seconds)
        if len(times) > frames[0] - around:
            yield chunk
        if len(times) > frames[-1] + around:
            return
