"""Whether normal footage can teach a camera, said before the training begins: sentences, and which of them stop it."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.clock import duration
from core.disturbance import Disturbance
from core.errors import DataError
from pipeline.camera import MIN_RESEMBLANCE, resemblance
from pipeline.sampling import TOO_SLOW
from pipeline.training.footage_parts import LEFT_OUT, usable_spans
from pipeline.training.survey import ClipSurvey, Survey

MIN_WINDOWS, FEW_SECONDS = 200, 120.0
"""Windows under which nothing can be learnt, and seconds under which little can."""
MIN_STEADY_SHARE, MAX_SWAY = 0.5, 0.01
"""Share of a clip's frames that a fixed camera's background is seen in at least, and how far it may sway unsaid."""
MIN_LIVELY_SHARE = 0.02
MIN_CONTRAST, MIN_BRIGHTNESS, MIN_DARK_CONTRAST = 3.0, 12.0, 0.3
"""Contrast of a background under which it is one colour, and brightness (of 255) under which it is dark; a dark one
from the last contrast on shows something."""
MIN_FRESH_SHARE = 0.9
"""Share of new pictures under which a clip is said to repeat others."""
MIN_LIGHT_CHANGE = (45.0, 1.7)
"""Grey levels, and times, by which backgrounds differ that are of day and night."""
HIDDEN = ("no picture", "covered")
"""What may look like another place."""
MAX_NAMED = 3
OFTEN = {
    "gap": "nothing was recorded",
    "frozen": "the picture stands still",
    "no picture": "there is no picture",
    "covered": "the camera is covered or out of focus",
    "moved": "the camera is moved",
    "shaken": "the camera shakes",
    "light": "the light changes in the picture",
    "day/night": "day and night change",
}
"""What a camera does several times in a clip."""


class UnfitError(DataError):
    """Footage that makes no camera; who knows better may train on it anyway."""


@dataclass(frozen=True)
class FootageIssue:
    """A sentence about the footage; ``fatal`` where training on it makes no sense."""

    sentence: str
    fatal: bool = False


def check_footage(seen: Survey, span: int) -> list[FootageIssue]:
    """Say what speaks against learning from footage, what stops it first."""
    found = [*_each(seen), *_pictures(seen), *_mixed(seen), *_light(seen), *_amount(seen, span)]
    return sorted(found, key=lambda one: not one.fatal)


def _each(seen: Survey) -> Iterator[FootageIssue]:
    for clip in seen.clips:
        yield from (FootageIssue(sentence) for sentence in clip.complaints)
        yield from _disturbed(clip)
        if _black(clip):
            continue
        if clip.contrast < MIN_CONTRAST:
            yield FootageIssue(
                f"{clip.name!r} shows a picture of one colour; give clips in which the place is seen", True
            )
        elif clip.steady < MIN_STEADY_SHARE:
            yield FootageIssue(
                f"{clip.name!r} is not from a fixed camera: only {clip.steady:.0%} of its frames show its background "
                "where it belongs; give clips of a camera that neither turns nor is carried",
                True,
            )
        elif (places := clip.scenes - any(one.kind in HIDDEN for one in clip.disturbances)) > 1:
            yield FootageIssue(
                f"{clip.name!r} changes between {places} places; give clips of one camera, cut at the changes", True
            )
        elif clip.sway > MAX_SWAY:
            yield FootageIssue(
                f"the camera of {clip.name!r} sways by {clip.sway:.1%} of the picture, so edges look unusual at times"
            )


def _black(clip: ClipSurvey) -> bool:
    """Tell whether a clip shows something, yet next to nothing for the dark."""
    return MIN_DARK_CONTRAST <= clip.contrast < MIN_CONTRAST and clip.brightness < MIN_BRIGHTNESS


def _pictures(seen: Survey) -> Iterator[FootageIssue]:
    """Say which clips are too dark, show one picture only, or show each of their pictures several times."""
    black = [clip for clip in seen.clips if _black(clip)]
    if black:
        level = max(clip.brightness for clip in black)
        yield FootageIssue(
            f"too little is seen in {_names(black)} for the dark (brightness {level:.0f} of 255 at most); give clips "
            "in which the place is lit",
            True,
        )
    still = [clip for clip in seen.clips if clip.still and clip.contrast >= MIN_CONTRAST]
    if still:
        yield FootageIssue(
            f"the picture never changes in {_names(still)}: the recording hangs, or nothing at all happened; how "
            "things move cannot be learnt from it"
        )
    repeated = [clip for clip in seen.clips if not clip.still and clip.fresh < MIN_FRESH_SHARE]
    if repeated:
        worst = min(repeated, key=lambda clip: clip.fresh)
        yield FootageIssue(
            f"most pictures are repeated in {_names(repeated)}: {worst.name!r} shows {worst.fps * worst.fresh:.1f} new "
            f"ones a second at {worst.fps:.4g} frames/s, and teaches that things stand still and leap; give footage "
            "as the camera records it",
            worst.fresh <= 1 / TOO_SLOW,
        )


def _disturbed(clip: ClipSurvey) -> Iterator[FootageIssue]:
    """Say which camera faults a clip has, each kind once."""
    kinds = dict.fromkeys(one.kind for one in clip.disturbances)
    if clip.sway > MAX_SWAY:  # said of the clip as a whole
        kinds.pop("shaken", None)
    for kind in kinds:
        same = [one for one in clip.disturbances if one.kind == kind]
        share = sum(one.end - one.start for one in same) / clip.seconds
        said = same[0].summary
        if len(same) > 1:
            said = f"{OFTEN[kind]} {len(same)} times, first at {same[0].start:.1f} s"
        often = f" ({share:.0%} of its time)" if share >= 0.005 and kind not in ("gap", "moved", "day/night") else ""
        yield FootageIssue(f"in {clip.name!r} {said}{often}{_advice(kind, same)}")


def _advice(kind: str, same: list[Disturbance]) -> str:
    if kind in LEFT_OUT:
        return "; this is not learnt from"
    if any(one.lasting for one in same):
        return "; cut the clip there, and give what the camera shows today"
    return ""


def _mixed(seen: Survey) -> Iterator[FootageIssue]:
    main = seen.longest
    plain = [clip for clip in seen.clips if clip is not main and clip.contrast >= MIN_CONTRAST <= main.contrast]
    shaped = [clip for clip in plain if abs(clip.width * main.height / (clip.height * main.width) - 1) > 0.02]
    if shaped:
        yield FootageIssue(
            f"{_names(shaped)} of {shaped[0].width}×{shaped[0].height} pixels and {main.name!r} of "
            f"{main.width}×{main.height} cannot be of one camera; give each camera's clips by themselves",
            True,
        )
    strange = [
        clip for clip in plain if clip not in shaped and resemblance(clip.background, main.background) < MIN_RESEMBLANCE
    ]
    if strange:
        yield FootageIssue(
            f"{_names(strange)} and {main.name!r} do not show the same place; give each camera's clips by themselves",
            True,
        )
    sized = [clip for clip in plain if clip not in shaped and (clip.width, clip.height) != (main.width, main.height)]
    if sized:
        yield FootageIssue(
            f"{_names(sized)} of {sized[0].width}×{sized[0].height} pixels will be scaled to the "
            f"{main.width}×{main.height} of {main.name!r}"
        )
    paced = [clip for clip in plain if not 0.8 < clip.fps / main.fps < 1.25]
    if paced:
        yield FootageIssue(
            f"{_names(paced)} at {paced[0].fps:.4g} frames/s and {main.name!r} at {main.fps:.4g} differ in how far "
            "things move between frames; clips of one frame rate teach more"
        )


def _light(seen: Survey) -> Iterator[FootageIssue]:
    dim, bright = (pick(seen.clips, key=lambda clip: clip.brightness) for pick in (min, max))
    if (
        bright.brightness - dim.brightness > MIN_LIGHT_CHANGE[0]
        and bright.brightness > MIN_LIGHT_CHANGE[1] * dim.brightness
    ):
        yield FootageIssue(
            f"{dim.name!r} (brightness {dim.brightness:.0f} of 255) and {bright.name!r} ({bright.brightness:.0f}) "
            "differ as night and day do; a camera for each of them finds more"
        )
    elif bright.brightness < MIN_BRIGHTNESS and bright.contrast >= MIN_CONTRAST:
        yield FootageIssue(
            f"the footage is dark (brightness {bright.brightness:.0f} of 255); little of it can be told apart"
        )


def _amount(seen: Survey, span: int) -> Iterator[FootageIssue]:
    parts = [end - first for clip in seen.clips for first, end in usable_spans(clip)] or [
        clip.frames for clip in seen.clips
    ]
    windows = sum(max(0, frames - span + 1) for frames in parts)
    clips = f"{len(seen.clips)} clip{'s' * (len(seen.clips) != 1)}"
    if windows < MIN_WINDOWS:
        yield FootageIssue(
            f"the footage is too short: {seen.frames} frames in {clips} hold {windows} windows of {span}, "
            f"and {MIN_WINDOWS} are the least; some minutes of ordinary footage are right",
            True,
        )
    elif seen.seconds < FEW_SECONDS:
        yield FootageIssue(
            f"the footage is short: {duration(seen.seconds)} minutes; what did not happen in it will be called "
            "unusual, and ten minutes or more would be right"
        )
    dull = all(clip.still or clip.brightness < MIN_BRIGHTNESS or clip.contrast < MIN_CONTRAST for clip in seen.clips)
    if seen.lively < MIN_LIVELY_SHARE and not dull:
        yield FootageIssue(
            f"the footage is nearly empty: something moves in {seen.lively:.1%} of it; whatever moves later will be "
            "called unusual, so add clips of ordinary traffic if there is any"
        )


def _names(clips: list[ClipSurvey]) -> str:
    """Name the first clips and say how many more there are."""
    said = ", ".join(repr(clip.name) for clip in clips[:MAX_NAMED])
    return said + (f" and {len(clips) - MAX_NAMED} more" if len(clips) > MAX_NAMED else "")
