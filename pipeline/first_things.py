"""Tells what a clip's things say while they are still observed: events by attributes alone, with a picture each.

A clip's things are scored once all of it was observed, as a track must be known to its end. So that nobody waits for
that, the last :data:`LOOKS` looks are scored every :data:`EVERY_SECONDS` as if the clip ended there. No model is asked
again for it: boxes, motion and features are those of the pass.
"""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from core.arrays import Doubles, Images
from core.clock import Clock
from core.files import write_json, write_whole
from core.normality import Places
from core.records import Event
from core.scored_things import ScoredThings
from detectors.attributes import AttributeModel
from explain.causes import terms
from pipeline import channels
from pipeline.events import find_events
from pipeline.first_results import CURVE, EVENTS, FOLDER, ThingEvent, closed, shifted
from pipeline.observe import Observer

EVERY_SECONDS = 1.0
"""Seconds of work between two looks at what is known, at least."""
COST = 0.1
"""Share of the time that may be spent on it."""
LOOKS, SETTLED = 300, 50
"""Looks that are scored again each time, a minute of them; and the first of these, which stay as they were."""
PICTURE_WIDTH = 480


class FirstThings:
    """Writes events by things alone into the folder of a run while its clip is observed.

    Args:
        run_folder: of the run.
        model: what the camera knows of things.
        threshold: nats from which a joined score is unusual.
        places: of the camera, label to how its things move.
    """

    def __init__(
        self, run_folder: Path, model: AttributeModel, threshold: float, places: Mapping[str, Places]
    ) -> None:  # fmt: skip
        self.folder, self.model, self.threshold, self.places = run_folder / FOLDER, model, threshold, places
        self._pictures: OrderedDict[int, tuple[Images, tuple[int, int]]] = OrderedDict()
        self._scores: Doubles = np.zeros(0)
        self._told: dict[int, ThingEvent] = {}
        self._due = time.monotonic() + EVERY_SECONDS

    def keep(self, frame: int, image: Images) -> None:
        """Keep the picture, (H, W, 3) uint8, of a frame that is looked at, small."""
        height, width = image.shape[:2]
        share = min(PICTURE_WIDTH / width, 1.0)
        small = cv2.resize(image, (max(round(width * share), 1), max(round(height * share), 1)))
        _, jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])
        self._pictures[frame] = np.asarray(jpeg), (width, height)
        if len(self._pictures) > LOOKS:
            self._pictures.popitem(last=False)

    def update(self, observer: Observer, times: Sequence[Doubles], ended: bool = False) -> None:
        """Say what is known, if that was not just done.

        Args:
            observer: of the clip.
            times: of its frames so far, in parts.
            ended: no frame follows.

        Raises:
            StorageError: the disk is full or cannot be written to.
        """
        begun = time.monotonic()
        if begun < self._due and not ended:
            return
        clock = Clock.of(np.concatenate([np.zeros(0), *times]))
        looked = observer.looked[-LOOKS:]
        if looked:
            settled = looked[min(SETTLED, len(looked) - 1)] if len(observer.looked) > LOOKS else 0
            scored = self.model.score(observer.things(clock, looked[0]))
            fresh = channels.attribute_scores(scored, clock)
            self._scores = np.concatenate([self._scores[:settled], fresh[min(settled, len(self._scores)) :]])
            self._tell(scored, clock, settled)
        now = time.monotonic()
        self._due = now + max(EVERY_SECONDS, (now - begun) / COST)

    def _tell(self, scored: ScoredThings, clock: Clock, settled: int) -> None:
        events = closed(find_events(self._scores.astype(np.float32), self.threshold, clock), clock)
        told = [one for event in events if (one := self._event(event, scored, clock, settled)) is not None]
        self._told = {one.peak: one for one in told}
        for one in told:
            path = self.folder / f"{one.shown:08d}.jpg"
            if not path.exists():
                with write_whole(path) as file:
                    file.write(self._pictures[one.shown][0].tobytes())
        write_json(self.folder / EVENTS, [asdict(one) for one in told])
        with write_whole(self.folder / CURVE) as file:
            np.savez(file, seconds=clock.times, nats=self._scores)

    def _event(self, event: Event, scored: ScoredThings, clock: Clock, settled: int) -> ThingEvent | None:
        """Name an event after its strangest thing, once; None where that was not seen well enough."""
        before = self._told.get(event.peak)
        if before is not None and (event.first < settled or (before.first, before.last) == (event.first, event.last)):
            return shifted(before, event, clock)
        things = terms.unusual_things(scored, event.first, event.last, clock, self.places)
        thing = next((one for one in things if one.frame in self._pictures), None)
        if thing is None:
            return before
        width, height = self._pictures[thing.frame][1]
        x1, y1, x2, y2 = thing.box
        return ThingEvent(
            event.first, event.last, event.peak, clock.at(event.first), clock.end(event.last), event.peak_score,
            thing.label, terms.describe(thing, 1), thing.frame, (x1 / width, y1 / height, x2 / width, y2 / height),
        )  # fmt: skip
