"""Clips of a data set with what label files say of them, and the evidence of the frames that they name."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import overload

import numpy as np

from core.arrays import Bools
from core.clock import Clock
from core.contracts import Dataset, Detector, Footage
from core.device import Runtime
from core.errors import DataError
from core.records import Evidence, Frames
from explain.ava import LABELS
from explain.labels import counterparts, fine
from explain.objects.rcnn import COCO
from footage import labels as files
from footage.labels import Named
from metrics.first_cause import Region
from pipeline.evidence import EvidenceFolder
from pipeline.finite import finite_scores
from pipeline.witness import Witness

Masks = Callable[[int], Bools]


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

    def asked(self, every: int) -> list[int]:
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
    found = {
        *counterparts(objects, "COCO", classes)[0].values(),
        *counterparts(actions, "AVA", classes)[0].values(),
    }
    return tuple(name for name in classes if name not in found)


class Masked(Sequence[Evidence]):
    """Evidence with a clip's true masks in place of the detector's heat."""

    def __init__(self, evidence: Sequence[Evidence], masks: Masks) -> None:
        self.evidence, self.masks = evidence, masks

    def __len__(self) -> int:
        return len(self.evidence)

    @overload
    def __getitem__(self, index: int) -> Evidence: ...
    @overload
    def __getitem__(self, index: slice) -> "Masked": ...
    def __getitem__(self, index: int | slice) -> "Evidence | Masked":
        if isinstance(index, slice):
            return Masked(self.evidence[index], self.masks)
        seen = self.evidence[index]
        return replace(seen, heat=self.masks(seen.frame).astype(np.float32))


def gather(
    clip: Footage, frames: Sequence[int], detector: Detector, median: float,
    kept: Sequence[tuple[Witness, EvidenceFolder]], runtime: Runtime, say: Callable[[int], None],
) -> Clock:  # fmt: skip
    """Stream a clip once, and keep evidence of some of its frames by each witness.

    Args:
        clip: streamed from a little before the first to a little behind the last of ``frames``.
        frames: that are asked for, ascending; those that no window of the detector answers for are left out.
        detector: gives the heat.
        median: raw score of a typical normal frame, subtracted.
        kept: witnesses, and where the evidence of each goes.
        runtime: device and precision.
        say: told the number of the frame that was reached.

    Returns:
        When the clip's frames are shown, as far as it was streamed.

    Raises:
        DataError: the clip ends before the last of ``frames``.
    """
    wanted, stream = frozenset(frames), _Stream(clip, frames, detector.window.span, [w for w, _ in kept], say)
    with runtime.autocast():
        for answer in detector.stream(stream.chunks()):
            scores = finite_scores(answer, clip.name)
            for row in [row for row in range(len(answer.score)) if answer.first + row in wanted]:
                heat = answer.saliency[row].float().cpu().numpy()
                for witness, _ in kept:
                    witness.ask(answer.first + row, float(scores[row]) - median, heat)
            _keep(kept, ended=False)
        _keep(kept, ended=True)
    if stream.seen <= frames[-1]:
        raise DataError(f"the labels name frame {frames[-1] + 1} of clip {clip.name!r}, which has {stream.seen} frames")
    return Clock.of(stream.times)


def _keep(kept: Sequence[tuple[Witness, EvidenceFolder]], ended: bool) -> None:
    for witness, folder in kept:
        for evidence in witness.answer(ended) if witness.settled is not None else ():
            folder.put(evidence)


class _Stream:
    """The part of a clip that some of its frames need, shown to the witnesses as it passes."""

    def __init__(
        self, clip: Footage, frames: Sequence[int], span: int, witnesses: Sequence[Witness], say: Callable[[int], None]
    ) -> None:
        self.clip, self.frames, self.span, self.witnesses, self.say = clip, frames, span, witnesses, say
        self.times: list[float] = []

    def chunks(self) -> Iterator[Frames]:
        for chunk in self.clip.frames():
            self.times += chunk.times.tolist()
            if self.seen > self.frames[0] - self._around():
                for witness in self.witnesses:
                    witness.see(chunk, self.span)
                yield chunk
            self.say(self.seen)
            if self.seen > self.frames[-1] + self._around():
                return

    @property
    def seen(self) -> int:
        return len(self.times)

    def _around(self) -> int:
        rate = (self.seen - 1) / self.times[-1] if self.seen > 1 else 25.0
        return self.span + math.ceil(rate * max(witness.seconds for witness in self.witnesses))
