"""False alarms by one definition, wherever they are told: on a camera's card, on its page and in an evaluation.

A false alarm is an event of :func:`pipeline.events.find_events` in which no frame is abnormal, per hour of footage that
has a score and in which nothing is abnormal. How sure such a rate is follows from how many were counted, by Poisson's
law (``garwood1936fiducial``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.progress import footage_length

if TYPE_CHECKING:
    # Figures that are there need no PyTorch.
    from pipeline.camera import Camera

CONFIDENCE = 0.95
"""Probability with which an interval holds the true rate."""


@dataclass(frozen=True)
class AlarmRate:
    """False alarms in some normal footage.

    Attributes:
        count: how many; a fraction where they are continued from the highest scores and not counted.
        hours: of normal footage.
    """

    count: float
    hours: float

    @property
    def per_hour(self) -> float:
        """How many an hour."""
        return self.count / self.hours

    @property
    def interval(self) -> tuple[float, float]:
        """Between which rates an hour the true one lies with a probability of :data:`CONFIDENCE`.

        >>> [round(end, 2) for end in AlarmRate(2, 0.4).interval]
        [0.61, 18.06]
        """
        from scipy.special import gammaincinv  # it takes a tenth of a second, and the first page needs none of it

        outside = (1.0 - CONFIDENCE) / 2
        low = float(gammaincinv(self.count, outside)) if self.count > 0 else 0.0
        return low / self.hours, float(gammaincinv(self.count + 1.0, 1.0 - outside)) / self.hours

    def said(self) -> str:
        """Say how many there were in how much footage, and between what the rate lies.

        >>> AlarmRate(2, 0.4).said(), AlarmRate(0, 0.00936).said()
        ('2 in 24 min: 5 an hour (0.6 to 18)', '0 in 34 s: 0 an hour (0 to 390)')
        """
        footage = footage_length(self.hours * 3600)
        return f"{self.count:g} in {footage}: {number(self.per_hour)} an hour ({self.between()})"

    def between(self) -> str:
        """Say between which rates an hour the true one lies.

        >>> AlarmRate(2, 0.4).between()
        '0.6 to 18'
        """
        low, high = self.interval
        return f"{number(low)} to {number(high)}"


@dataclass(frozen=True)
class AlarmComparison:
    """False alarms of an evaluation beside what the camera's card expects.

    Attributes:
        here: those of the evaluation.
        card: those of the card; None where it tells none.
        said: both in sentences.
    """

    here: AlarmRate
    card: AlarmRate | None
    said: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return ``false_alarms`` of ``evaluate --json``."""
        card = self.card and {
            "per_hour": self.card.per_hour, "hours": self.card.hours, "interval": list(self.card.interval),
        }  # fmt: skip
        return {
            "count": self.here.count, "hours": self.here.hours, "per_hour": self.here.per_hour,
            "interval": list(self.here.interval), "card": card, "said": list(self.said),
        }  # fmt: skip


def number(rate: float) -> str:
    """Write a rate with as many digits as it can have.

    >>> number(0.0), number(0.612), number(11.36), number(394.1), number(1234.0)
    ('0', '0.6', '11', '390', '1,200')
    """
    if rate < 0.05:
        return "0" if rate == 0 else "< 0.1"
    digits = 1 if rate < 10 else 0 if rate < 100 else -1 if rate < 1000 else -2
    return f"{round(rate, digits):,.1f}".removesuffix(".0")


def of_camera(camera: "Camera") -> AlarmRate | None:
    """Return what a camera expects at its threshold, by its curve or else its card; None where neither tells."""
    if camera.alarms is not None and camera.alarms.hours > 0:
        per_hour, stands = camera.alarms.expected(camera.threshold), camera.standing
        per_hour += stands.alarms.expected(stands.threshold) if stands is not None else 0.0
        return AlarmRate(per_hour * camera.alarms.hours, camera.alarms.hours)
    entry = camera.card.get("false_alarms", {})
    rate, hours = entry.get("expected_per_hour"), entry.get("measured_on_hours")
    return AlarmRate(rate * hours, hours) if rate is not None and hours else None


def expected(camera: "Camera") -> str:
    """Say what a camera's threshold is expected to cost, on how much footage that rests, and how sure it is."""
    rate = of_camera(camera)
    if rate is None:
        return ""
    requested = camera.card.get("false_alarms", {}).get("asked_per_hour")
    for_ = f", {number(float(requested))} asked for" if requested is not None else ""
    return (
        f"about {number(rate.per_hour)} an hour expected{for_}: from {footage_length(rate.hours * 3600)} of normal "
        f"footage, so {rate.between()} an hour"
    )


def compare(camera: "Camera", alarms: Mapping[str, float | None], data: str) -> AlarmComparison | None:
    """Hold the false alarms of an evaluation against the camera's card.

    Args:
        camera: that was evaluated.
        alarms: ``false_alarms_counted`` and ``normal_hours``; None where no threshold was set.
        data: name of the data set.
    """
    count, hours = alarms["false_alarms_counted"], alarms["normal_hours"]
    if count is None or not hours:
        return None
    here, card = AlarmRate(count, hours), of_camera(camera)
    said = [f"False alarms on the normal frames of {data}: {here.said()}."]
    if card is not None:
        said.append(f"The camera's card: {expected(camera)}. {_judged(here, card, camera)}")
    return AlarmComparison(here, card, tuple(said))


def _judged(here: AlarmRate, card: AlarmRate, camera: "Camera") -> str:
    chance = by_chance(here, card)
    if chance >= 1.0 - CONFIDENCE:
        return "The two agree within chance."
    more = here.per_hour > card.per_hour
    said = f"Here there are {'more' if more else 'fewer'} than chance explains"
    if more and camera.card.get("calibrated_on") == "the training clips":
        return f"{said}: the card was measured on the clips that the camera was trained on, where scores are lower."
    return f"{said}: this footage is not like that which the card was measured on."


def by_chance(one: AlarmRate, other: AlarmRate) -> float:
    """Return how probable it is that two rates differ so much, or more, where the true one is the same.

    Of all alarms in both pieces of footage, each falls into the first with the share that it has of the hours.

    >>> by_chance(AlarmRate(0, 0.01), AlarmRate(1, 0.07)), round(by_chance(AlarmRate(9, 0.1), AlarmRate(2, 0.4)), 5)
    (1.0, 4e-05)
    """
    from scipy.special import betainc

    share = one.hours / (one.hours + other.hours)
    more = float(betainc(one.count, other.count + 1.0, share)) if one.count > 0 else 1.0
    fewer = float(betainc(other.count, one.count + 1.0, 1.0 - share)) if other.count > 0 else 1.0
    return min(1.0, 2.0 * min(more, fewer))
