"""The things of a clip, seen in a pass of its own before its frames are scored, and how unusual they are."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core import typed_json, video
from core.arrays import Doubles
from core.clock import Clock
from core.contracts import ObjectModel
from core.device import Runtime
from core.errors import Cancelled
from core.files import write_json, write_whole
from core.progress import JobProgress
from core.records import Detections, Frames
from core.scored_things import ScoredThings
from core.spot import Spot
from detectors.attributes import AttributeModel
from detectors.standing import Standing, StandingModel, StandingScores
from explain import objects
from explain.backends import LAST, read_card
from explain.objects import compact
from pipeline import channels, plan
from pipeline.camera import Camera
from pipeline.channels import ATTRIBUTES, FILES, KEPT, PIXELS, SPOTS, STANDING, THINGS, Kinds, threshold
from pipeline.first_things import FirstThings
from pipeline.observe import Observer
from pipeline.prefetch import prefetch
from pipeline.run_facts import RunFacts
from pipeline.thresholds import floor_of
from pipeline.weather import Weather

CHUNK_FRAMES = 16


@dataclass(frozen=True)
class Seen:
    """What a look at the things of a clip gave.

    Attributes:
        kinds: scores that need no detector, to be joined with those of the pixels.
        things: with the terms of their scores; None where the camera knows nothing of attributes.
        stood: places where something stood or was gone, and the scores of frames; None where the camera does not tell.
        clock: when the clip's frames are shown.
        found: frame to the boxes that were found in it.
    """

    kinds: Kinds
    things: ScoredThings | None
    stood: StandingScores | None
    clock: Clock
    found: Mapping[int, Detections]

    def save(self, folder: Path) -> None:
        """Write all but the boxes into a run's folder, the scores last.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        if self.things is not None:
            self.things.save(folder / THINGS)
        write_json(folder / SPOTS, [asdict(spot) for spot in self.stood.spots] if self.stood is not None else [])
        arrays: dict[str, Any] = {name: scores.astype(np.float32) for name, scores in self.kinds.items()}
        with write_whole(folder / KEPT) as file:
            np.savez_compressed(file, **arrays)


@dataclass(frozen=True)
class Models:
    """What a camera knows of its things.

    Attributes:
        attributes, standing: None where it knows nothing of them, or is not asked to tell.
        reason: why attributes are left out although it knows them, in a sentence; empty otherwise.
        outdated: that it knows what stands in a way that is not read any more, in a sentence; empty otherwise.
    """

    attributes: AttributeModel | None
    standing: StandingModel | None
    reason: str = ""
    outdated: str = ""

    def __bool__(self) -> bool:
        return self.attributes is not None or self.standing is not None

    @classmethod
    def of(cls, camera: Camera, observer: str, kinds: Collection[str] = tuple(FILES)) -> "Models":
        """Load a camera's models of some kinds of scores.

        Args:
            camera: that may know of things.
            observer: name of the object model that will observe them.
            kinds: names in :data:`pipeline.channels.FILES`.

        Raises:
            WeightsError: a file is missing or was changed.
            DataError: likewise, of what stands.
        """
        channel = camera.channels.get(ATTRIBUTES) if ATTRIBUTES in kinds else None
        attributes, reason = None, ""
        if channel and channel.objects != observer:
            reason = (
                f"Attributes of things were left out of the scores: camera {camera.name} learnt them with "
                f"{channel.objects}, which is not here; train --measure learns them anew."
            )
        elif channel:
            attributes = AttributeModel.load(camera.folder / FILES[ATTRIBUTES], channel.sha256)
        standing, outdated = None, _outdated(camera) if STANDING in kinds else ""
        if camera.standing is not None and STANDING in kinds:
            standing = StandingModel.load(camera.folder / FILES[STANDING], camera.standing.sha256)
        return cls(attributes, standing, reason, outdated)


def _outdated(camera: Camera) -> str:
    if STANDING not in camera.channels or camera.standing is not None:
        return ""
    return (
        f"What stands was left out: camera {camera.name} learnt to join it with its scores, and it now has events of "
        "its own; train --measure learns it anew."
    )


def observing_model(camera: Camera, given: ObjectModel, runtime: Runtime) -> ObjectModel:
    """Return the object model that a camera learnt things with: the given one, or the compact one; else the given one.

    Things are compared with what the same model saw of normal footage, whichever model names them in the report.
    """
    channel = camera.channels.get(ATTRIBUTES)
    if channel is None or channel.objects == given.name or channel.objects != read_card(compact.FOLDER)["name"]:
        return given
    return objects.choose(LAST, runtime)


def observe_clip(
    path: Path, fps: float, folder: Path, models: Models, model: ObjectModel, job: JobProgress,
    cancelled: Callable[[], bool], first: FirstThings | None = None,
) -> Mapping[int, Detections]:  # fmt: skip
    """Keep the scores of a clip's things in its run's folder, where the camera knows of things.

    Args:
        path: the clip.
        fps: frames in a second, where it does not tell.
        folder: of the run; what an earlier process kept there stays.
        models: what its camera knows.
        model: finds the things.
        job: told of the stage :data:`pipeline.plan.OBSERVING`.
        cancelled: asked after every chunk of frames.
        first: shown what is known so far.

    Returns:
        The boxes of the frames that were looked at; none where an earlier process looked.

    Raises:
        Cancelled: ``cancelled`` said so.
        ClipError: the clip cannot be read.
        WeightsError, DataError: a file of the camera is missing or was changed.
        StorageError: the disk is full or cannot be written to.
    """
    if not models or (folder / KEPT).exists():
        job.expect(plan.OBSERVING, 0)
        return {}
    job.begin(plan.OBSERVING)

    def told() -> Iterator[Frames]:
        for chunk in prefetch(video.read(path, CHUNK_FRAMES, fps=fps)):
            yield chunk
            job.advance(chunk.first + len(chunk))
            if cancelled():
                raise Cancelled(f"cancelled while the things of {path.name!r} were observed")

    seen = look(told(), models, model, fps, first)
    seen.save(folder)
    return seen.found


def look(
    chunks: Iterable[Frames], models: Models, model: ObjectModel | None, fps: float, first: FirstThings | None = None
) -> Seen:
    """Observe the things of a clip, and score them by what a camera knows; without attributes nobody is asked.

    They are observed in pictures without rain and snow, whose drops move faster than anything.

    Args:
        chunks: of the clip's frames.
        models: what the camera knows.
        model: finds the things.
        fps: frames in a second.
        first: shown what is known so far.
    """
    observer = None
    if models.attributes is not None and model is not None:
        observer = Observer(model) if first is None else Observer(model, first.keep)
    standing, times = Standing(models.standing), list[Doubles]()
    for chunk in Weather(fps).clear(chunks):
        times.append(chunk.times)
        if observer is not None:
            observer.add(chunk)
            if first is not None:
                first.update(observer, times)
        if models.standing is not None:
            standing.add(chunk)
    clock = Clock.of(np.concatenate([np.zeros(0), *times]))
    kinds, things = dict[str, Doubles](), None
    if models.attributes is not None and observer is not None:
        things = models.attributes.score(observer.finish(clock))
        if first is not None:
            first.update(observer, times, ended=True)
        kinds[ATTRIBUTES] = channels.attribute_scores(things, clock)
    stood = standing.finish(clock) if models.standing is not None else None
    return Seen(kinds, things, stood, clock, observer.found if observer is not None else {})


def spots_of(folder: Path) -> tuple[Spot, ...]:
    """Read where something stood or was gone in a run's clip; nothing where it keeps none.

    Raises:
        InputError: what it keeps cannot be read.
    """
    path = folder / SPOTS
    return typed_json.read(tuple[Spot, ...], path, remedy="analyse the clip again") if path.exists() else ()


def with_channels(facts: RunFacts, camera: Camera, spots: tuple[Spot, ...], models: Models) -> RunFacts:
    """Add the kinds of scores that a clip has, and what stands in it, to its run's facts.

    Where attributes are left out, that is a warning, and the pixels have the threshold that costs as many false alarms
    by themselves, or that is worth as much as the one that the user chose.
    """
    left_out = {ATTRIBUTES, STANDING} if models.reason else {STANDING}
    known = {name: one for name, one in camera.channels.items() if name not in left_out}
    told = [sentence for sentence in (models.reason, models.outdated) if sentence]
    stands = camera.standing.threshold if camera.standing is not None else None
    facts = replace(facts, channels=known, unit=channels.unit(known), spots=spots, standing=stands,
                    warnings=(*facts.warnings, *told))  # fmt: skip
    if not models.reason:
        return facts
    limit, own = channels.to_pixels(facts.threshold, camera.channels), threshold(camera, PIXELS)
    if facts.threshold == camera.threshold and np.isfinite(own):
        limit = own
    floor = floor_of(limit)
    return replace(facts, threshold=limit, floor=floor, camera_floor=floor)
