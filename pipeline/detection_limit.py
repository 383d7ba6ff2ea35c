"""What a camera could have missed: said wherever nothing unusual was found."""

import numpy as np

from core.arrays import Floats
from core.clock import Clock
from core.normality import NormalScores
from core.progress import footage_length
from explain.causes.summary import timestamp
from pipeline.events import EventRule, smoothed


def detection_limit(
    scores: Floats, clock: Clock, threshold: float, normal: NormalScores | None, unit: str = "dB"
) -> str:
    """Say how near a clip without events came to the threshold, and how little that threshold may rest on.

    Args:
        scores: (T,) calibrated scores of the clip.
        clock: when each frame is shown.
        threshold: at which nothing was found.
        normal: scores of the footage that the camera's threshold was set on; None if unknown.
        unit: of scores and threshold.

    Returns:
        One to three sentences.
    """
    if not np.isfinite(scores).any():
        return "No frame of the clip has a score."
    return " ".join(
        [_nearest(smoothed(scores, clock), clock, threshold, unit), *([_rests(normal, threshold)] if normal else [])]
    )


def _nearest(values: Floats, clock: Clock, threshold: float, unit: str) -> str:
    top = int(np.nanargmax(values))
    when, height = timestamp(clock.at(top)), float(values[top])
    if height > threshold:
        shortest = EventRule().shortest
        return (
            f"The smoothed score passes the threshold of {threshold:.2f} {unit} at {when}, with {height:.2f} {unit}, "
            f"but for less than {shortest:g} s, which is too short for an event."
        )
    limit = f"{threshold:.2f} {unit}"
    return f"Its highest smoothed score is {height:.2f} {unit}, at {when}, under the threshold of {limit}."


def _rests(normal: NormalScores, threshold: float) -> str:
    footage, events = footage_length(normal.seconds), normal.events(threshold)
    if events is None:
        return f"The camera's threshold was set on {footage} of normal footage; weaker events are not raised."
    if events < 1.0:
        above = (
            f"That threshold lies above all of the {footage} of normal footage that the camera was measured on"
            if threshold > normal.highest
            else f"No event in the {footage} of normal footage that the camera was measured on reaches that threshold"
        )
        return f"{above}; weaker events than that are not raised."
    count = round(events)
    return (
        f"In the {footage} of normal footage that the camera was measured on, about {count} "
        f"{'event lies' if count == 1 else 'events lie'} above that threshold; weaker events are not raised."
    )
