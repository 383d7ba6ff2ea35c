"""A day of many cameras: when their clips arrive, and what each costs to analyse."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from benchmarks.simulated_fleet import Fleet, Found, simulate
from core.arrays import Bools, Doubles
from core.errors import InputError

DAY_SECONDS, HOUR_SECONDS = 24 * 3600.0, 3600.0


@dataclass(frozen=True)
class Traffic:
    """What cameras deliver in a day. All values are assumptions.

    Attributes:
        cameras: how many; each delivers a clip when it is full, at a phase of its own.
        minutes: length of a clip.
        night: hours from and to which few record.
        night_share: share of the clips that are recorded then.
        eventful: share of the clips with an event.
        event_seconds: length of an event.
        bursts: times a day that many cameras have an event at once.
        burst_cameras: share of the cameras that have one; all of these record, at night as well.
        burst_minutes: time for which each of their clips has one.
    """

    cameras: int = 10_000
    minutes: float = 2.0
    night: tuple[float, float] = (22.0, 6.0)
    night_share: float = 0.3
    eventful: float = 0.05
    event_seconds: float = 20.0
    bursts: int = 4
    burst_cameras: float = 0.2
    burst_minutes: float = 15.0


@dataclass(frozen=True)
class Split:
    """What an analysis costs, as measured: seconds of one processor, or bytes.

    Attributes:
        fixed: of each clip, however short.
        quiet, eventful: (K,) float64, of a frame of each clip without and with an event that was measured.
    """

    fixed: float
    quiet: Doubles
    eventful: Doubles

    def per_second(self, fps: float, minutes: float, share: float) -> float:
        """Return the mean cost of a second of video.

        Args:
            fps: frames in a second.
            minutes: length of a clip.
            share: of the time, in which there is an event.
        """
        frame = (1.0 - share) * float(self.quiet.mean()) + share * float(self.eventful.mean())
        return self.fixed / (60.0 * minutes) + fps * frame


def day(traffic: Traffic, service: Split, fps: float, seed: int) -> tuple[Doubles, Doubles]:
    """Draw a day.

    Args:
        traffic: of the day.
        service: seconds of one processor that an analysis takes; each clip draws its frames' from those measured.
        fps: frames in a second of the clips.
        seed: of all that is drawn.

    Returns:
        (N,) float64 seconds at which clips arrive, ascending, and (N,) float64 seconds that each needs.
    """
    chance, period = np.random.default_rng(seed), 60.0 * traffic.minutes
    phases = chance.uniform(0.0, period, traffic.cameras)
    times = phases[:, None] + period * np.arange(math.ceil(DAY_SECONDS / period))
    burst = _bursts(traffic, times, chance)
    recorded = ~_at_night(traffic, times) | (chance.random(times.shape) < traffic.night_share) | burst
    recorded &= times < DAY_SECONDS
    eventful = burst | (chance.random(times.shape) < traffic.eventful)
    moments, with_event = times[recorded], eventful[recorded]
    order = np.argsort(moments, kind="stable")
    return moments[order], _needed(traffic, service, fps, with_event[order], chance)


def _at_night(traffic: Traffic, times: Doubles) -> Bools:
    begin, end = traffic.night
    hours = times / HOUR_SECONDS % 24.0
    night: Bools = (hours >= begin) | (hours < end) if begin > end else (hours >= begin) & (hours < end)
    return night


def _bursts(traffic: Traffic, times: Doubles, chance: np.random.Generator) -> Bools:
    """Return (cameras, clips) whether a clip lies in a burst that its camera sees."""
    length = 60.0 * traffic.burst_minutes
    found: Bools = np.zeros(times.shape, np.bool_)
    for begin in chance.uniform(0.0, DAY_SECONDS - length, traffic.bursts):
        seeing = chance.random(traffic.cameras) < traffic.burst_cameras
        found |= seeing[:, None] & (times >= begin) & (times < begin + length)
    return found


def _needed(traffic: Traffic, service: Split, fps: float, eventful: Bools, chance: np.random.Generator) -> Doubles:
    frames = 60.0 * traffic.minutes * fps
    unusual = np.where(eventful, min(traffic.event_seconds * fps, frames), 0.0)
    quiet, strange = (chance.choice(each, len(eventful)) for each in (service.quiet, service.eventful))
    needed: Doubles = service.fixed + (frames - unusual) * quiet + unusual * strange
    return needed


def worst_hour(found: Found, seconds: float) -> float:
    """Return the share that was answered in time of the clips that arrived in the worst hour; 1 without clips."""
    hours = (found.arrivals // HOUR_SECONDS).astype(np.int64)
    late = np.bincount(hours[found.responses > seconds], minlength=int(hours.max(initial=0)) + 1)
    arrived = np.bincount(hours, minlength=len(late))
    return float(1.0 - (late / np.maximum(arrived, 1)).max(initial=0.0))


def fewest_workers(fleet: Fleet, arrivals: Doubles, seconds: Doubles, within: float, share: float, seed: int) -> int:
    """Return with how few workers a share of a day's clips is answered in time, to one worker or 1 %.

    Args:
        fleet: whose number of workers is looked for.
        arrivals: of the day's clips, as :func:`benchmarks.simulated_fleet.simulate` has them.
        seconds: that each of them needs.
        within: seconds from a clip's arrival in which it must be answered.
        share: of the clips, 0 to below 1.
        seed: of the failures.

    Raises:
        InputError: more than that share of the clips needs longer than ``within`` by itself.
    """
    if float(np.mean(seconds <= within)) < share:
        raise InputError(f"{share:.0%} of the clips cannot be answered within {within:g} s by any number of workers: "
                         f"half of them need {np.median(seconds):.0f} s or more; let clips be shorter")  # fmt: skip

    def enough(workers: int) -> bool:
        found = simulate(dataclasses.replace(fleet, workers=workers), arrivals, seconds, seed)
        return found.in_time(within) >= share

    few = max(1, math.floor(float(seconds.sum()) / DAY_SECONDS)) - 1
    step = many = max(1, few // 8)
    many += few
    while not enough(many):
        few, step = many, 2 * step
        many += step
    while many - few > max(1, few // 100):
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many
