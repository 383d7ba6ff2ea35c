"""All that is staged to test what is told of a camera: faults by name, and what must raise nothing."""

import dataclasses
from collections.abc import Callable

from benchmarks import _staged_harmless as harmless
from benchmarks import _staged_pictures as pictures
from benchmarks import _staged_views as views
from benchmarks._staged_views import Staged, Take

Stage = Callable[[Take], Staged]


def _gain(take: Take, *gains: float) -> float:
    return float(take.rng.choice(gains))


def _cover(how: str) -> Stage:
    return lambda take: pictures.covered(
        take, take.moment(0.2, 0.4), take.long(1.5, 5), how, float(take.rng.choice([0, 0.6]))
    )


def _any_cover(take: Take) -> str:
    return str(take.rng.choice(["blur", "hand", "cloth"]))


def _lost(how: str) -> Stage:
    return lambda take: pictures.lost(take, take.moment(0.2, 0.5), take.long(0.4, 4), how)


def _behind(first: Stage, second: Stage) -> Stage:
    """Stage one thing on what another one made."""

    def both(take: Take) -> Staged:
        images, truth = first(take)
        again, more = second(dataclasses.replace(take, images=images))
        return again, [*truth, *more]

    return both


def _slowly(take: Take, low: float, high: float) -> tuple[int, int]:
    return take.moment(0.25, 0.35), take.long(low, max(low, min(high, 0.4 * len(take.images) / take.fps)))


def _lost_part(how: str, upper: bool = False) -> Stage:
    return lambda take: pictures.partly(take, take.moment(0.2, 0.5), take.long(2, 4), how, upper)


def _slow_cover(how: str) -> Stage:
    def staged(take: Take) -> Staged:
        come = take.rng.uniform(1, max(1, min(3, 0.2 * len(take.images) / take.fps)))
        return pictures.covered(take, take.moment(0.2, 0.3), take.long(2 * come + 1, 2 * come + 3), how, come)

    return staged


FAULTS: dict[str, Stage] = {
    "moved 8 to 30 pixels": lambda t: views.moved(t, t.moment(0.25, 0.6), t.rng.uniform(8, 30)),
    "moved near the end": lambda t: views.moved(t, len(t.images) - max(6, round(1.2 * t.fps)), t.rng.uniform(10, 30)),
    "moved near the start": lambda t: views.moved(t, max(3, round(0.7 * t.fps)), t.rng.uniform(10, 30)),
    "moved and back": lambda t: views.moved(t, t.moment(0.2, 0.35), t.rng.uniform(10, 25), back=t.moment(0.65, 0.8)),
    "moved in 1 to 4 s": lambda t: views.moved(
        t, t.moment(0.2, 0.4), t.rng.uniform(12, 35), ramp=t.rng.uniform(1, min(4, 0.4 * len(t.images) / t.fps))
    ),
    "turned 4 to 12 degrees": lambda t: views.turned(t, t.moment(0.25, 0.6), degrees=t.rng.uniform(4, 12)),
    "zoomed 1.1 to 1.5 times": lambda t: views.turned(t, t.moment(0.25, 0.6), zoom=t.rng.uniform(1.1, 1.5)),
    "another place": lambda t: views.elsewhere(t, t.moment(0.25, 0.6)),
    "another place and back": lambda t: views.elsewhere(t, t.moment(0.2, 0.3), t.moment(0.7, 0.8)),
    "shaken, jitter": lambda t: views.shaken(t, t.moment(0.15, 0.4), t.long(1.5, 5), t.rng.uniform(2, 6), "jitter"),
    "shaken, sways": lambda t: views.shaken(t, t.moment(0.15, 0.4), t.long(2, 5), t.rng.uniform(2.5, 6), "sway"),
    "shaken, a bump": lambda t: views.shaken(t, t.moment(0.15, 0.5), t.long(1, 2), t.rng.uniform(5, 12), "bump"),
    "light jumps, decays": lambda t: pictures.light(t, t.moment(0.15, 0.5), _gain(t, 0.6, 1.3, 1.6, 1.8), "decays"),
    "light steps": lambda t: pictures.light(t, t.moment(0.25, 0.6), _gain(t, 0.65, 0.75, 1.3, 1.5), "step"),
    "light, a pulse": lambda t: pictures.light(
        t, t.moment(0.15, 0.4), _gain(t, 0.5, 0.7, 1.4), "pulse", t.long(0.5, 3)
    ),
    "light ramps in 1 to 3 s": lambda t: pictures.light(
        t, t.moment(0.15, 0.4), _gain(t, 0.6, 0.65, 1.45), "ramp", t.long(1, 3)
    ),
    "light, headlights": lambda t: pictures.headlights(t, t.moment(0.2, 0.4), t.long(1.5, 4)),
    "light, headlights, still scene": lambda t: pictures.headlights(t, t.moment(0.2, 0.4), t.long(1.5, 4), True),
    "night, infrared": lambda t: pictures.night(t, t.moment(0.25, 0.6), "infrared"),
    "night, infrared and dim": lambda t: pictures.night(t, t.moment(0.25, 0.6), "dim", float(t.rng.choice([0, 1]))),
    "night, dark": lambda t: pictures.night(t, t.moment(0.25, 0.6), "dark", float(t.rng.choice([0, 2]))),
    **{f"covered, {how}": _cover(how) for how in ("blur", "hand", "cloth", "spray", "fog")},
    "covered to the end": lambda t: pictures.covered(t, t.moment(0.4, 0.6), len(t.images), _any_cover(t), 0.4),
    "covered from the start": lambda t: pictures.covered(t, 0, t.moment(0.25, 0.5), _any_cover(t)),
    **{f"no picture, {how}": _lost(how) for how in
       ("blue", "blue text", "black", "black text", "grey", "white", "bars", "snow")},
    "no picture from the start": lambda t: pictures.lost(t, 0, t.long(0.5, 3), str(t.rng.choice(["blue", "black"]))),
    "no picture to the end": lambda t: pictures.lost(
        t, len(t.images) - t.long(0.5, 3), len(t.images), str(t.rng.choice(["blue", "black text"]))
    ),
    "frozen 1.2 to 5 s": lambda t: pictures.frozen(t, t.moment(0.15, 0.4), t.long(1.2, 5)),
    "frozen under a clock": lambda t: pictures.frozen(t, t.moment(0.15, 0.4), t.long(2, 5), clock=True),
    "frozen from the start": lambda t: pictures.frozen(t, 0, t.long(2.2, 5)),
    "frozen to the end": lambda t: pictures.frozen(t, len(t.images) - t.long(2.2, 4), len(t.images)),
    "light, then moved": _behind(
        lambda t: pictures.light(t, t.moment(0.1, 0.2), 1.6, "decays"),
        lambda t: views.moved(t, t.moment(0.65, 0.75), t.rng.uniform(12, 30)),
    ),
    "moved behind no picture": _behind(
        lambda t: views.moved(t, t.moment(0.5, 0.5), t.rng.uniform(12, 30)),
        lambda t: pictures.lost(t, t.moment(0.35, 0.4), round(0.12 * len(t.images)), "blue"),
    ),
    "frozen, then covered": _behind(
        lambda t: pictures.frozen(t, t.moment(0.1, 0.2), t.long(1.5, 1.5)),
        lambda t: pictures.covered(t, t.moment(0.6, 0.7), t.long(2, 2), "hand"),
    ),
}  # fmt: skip
"""Each name begins with the kind that it is of, as far as one is staged."""
HARMLESS: dict[str, Stage] = {
    "nothing": harmless.nothing,
    "rain": harmless.rain,
    "snowfall": harmless.snowfall,
    "clock and scrolling text": harmless.texts,
    "lorry": lambda t: harmless.lorry(t, t.rng.uniform(0.3, 0.5), 0.0, False),
    "lorry, stops": lambda t: harmless.lorry(t, t.rng.uniform(0.4, 0.5), 3.0, False),
    "lorry, plain, stops": lambda t: harmless.lorry(t, t.rng.uniform(0.3, 0.5), 2.0, True),
    "flickering lamp": harmless.flicker,
    "smeared": harmless.smear,
    "doubled": lambda t: harmless.repeated(t, 2),
    "five times": lambda t: harmless.repeated(t, 5),
    "single repeats": harmless.stutter,
    "key frames pulse": harmless.nothing,
}
"""What must raise nothing; the last is coded so that key frames differ much from those between."""
LATER: dict[str, Stage] = {
    "zoomed in within 2 to 6 s": lambda t: views.turned(t, *_slowly(t, 2, 6), zoom=t.rng.uniform(1.2, 1.7)),
    "zoomed out within 2 to 6 s": lambda t: views.turned(t, *_slowly(t, 2, 6), zoom=1 / t.rng.uniform(1.15, 1.35)),
    "turned within 2 to 6 s": lambda t: views.turned(t, *_slowly(t, 2, 6), degrees=t.rng.uniform(4, 12)),
    **{f"no picture in the lower part, {how}": _lost_part(how) for how in ("grey", "green", "black", "held")},
    "no picture in the upper part, black": _lost_part("black", True),
    "no picture, one frame": lambda t: pictures.lost(
        t, t.moment(0.2, 0.8), 1, str(t.rng.choice(["blue", "black", "grey"]))
    ),
    **{f"covered within 1 to 3 s, {how}": _slow_cover(how) for how in ("cloth", "hand", "blur")},
    "covered within 1 to 3 s, a slab": lambda t: pictures.slab(t, t.moment(0.3, 0.4), t.long(4, 6), t.long(1, 2)),
    "light, a cloud comes in 2 to 5 s": lambda t: pictures.cloud(t, *_slowly(t, 2, 5), t.rng.uniform(0.5, 0.7)),
}
"""What was added later, behind the others, so that those are staged on the same clips as before."""
