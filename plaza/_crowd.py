"""People who cross the plaza: where they walk, whom they avoid, when they stand.

Movement follows the social force model (Helbing and Molnár, 1995), simplified: a walker relaxes to its wanted velocity
and is pushed aside by people and things nearby.
"""

from dataclasses import dataclass

import numpy as np

from core.arrays import Bools, Doubles
from plaza._figure import HANDBAG, Look, dress
from plaza._scene import Scene

Generator = np.random.Generator


@dataclass
class Walkers:
    """People as arrays; row i is one person."""

    position: Doubles
    velocity: Doubles
    target: Doubles
    pace: Doubles
    heading: Doubles
    phase: Doubles
    standing: Doubles
    looks: list[Look]
    tracks: list[int]


class Crowd:
    """Normal life on the plaza: a steady number of people, each entering and leaving at the picture's sides."""

    def __init__(self, scene: Scene, number: int, rng: Generator, tracks: "Tracks") -> None:
        self.scene, self.rng, self.tracks = scene, rng, tracks
        looks = [dress(rng) for _ in range(number)]
        fresh = [tracks.fresh() for _ in range(number)]
        position, velocity, target = np.zeros((3, number, 2))
        pace, heading, phase, standing = np.zeros((4, number))
        self.people = Walkers(position, velocity, target, pace, heading, phase, standing, looks, fresh)
        pairs = number // 4
        self.partner = np.array([i ^ 1 if i < 2 * pairs else -1 for i in range(number)], np.int64)
        for i in range(number):
            if self._leads(i):
                self._enter(i)
                self._spread(i)

    def _leads(self, i: int) -> bool:
        """Return whether person i goes alone, or is the one of a couple whom the other goes with."""
        return bool(self.partner[i] < 0 or i % 2 == 0)

    def _enter(self, i: int) -> None:
        """Let a new person, or a couple, come in from one side."""
        p, rng, (near, far) = self.people, self.rng, self.scene.band
        from_left = rng.random() < 0.5
        y = near + (far - near) * rng.beta(1.1, 1.5, 2)
        x = [self.scene.view.edge(float(y[0]), bool(from_left), rng.uniform(0.8, 4))]
        x += [self.scene.view.edge(float(y[1]), not from_left, 2.5)]
        p.position[i], p.target[i] = (x[0], y[0]), (x[1], y[1])
        p.pace[i] = np.clip(rng.normal(1.25, 0.14), 0.85, 1.6)
        p.phase[i], p.standing[i] = rng.uniform(0, 2 * np.pi), 0.0
        way = p.target[i] - p.position[i]
        p.velocity[i] = way / np.linalg.norm(way) * p.pace[i]
        p.heading[i] = np.arctan2(way[1], way[0])
        p.looks[i], p.tracks[i] = dress(rng), self.tracks.fresh()
        if self.partner[i] >= 0:
            self._accompany(i)

    def _accompany(self, i: int) -> None:
        """Let the other one of a couple go beside person i."""
        p, k = self.people, int(self.partner[i])
        side = np.array([-np.sin(p.heading[i]), np.cos(p.heading[i])]) * self.rng.uniform(0.62, 0.8)
        side *= 1 if (p.position[i] + side)[1] < self.scene.band[1] else -1
        p.position[k], p.target[k], p.velocity[k] = p.position[i] + side, p.target[i] + side, p.velocity[i]
        p.pace[k], p.heading[k], p.standing[k] = p.pace[i], p.heading[i], p.standing[i]
        p.phase[k] = self.rng.uniform(0, 2 * np.pi)
        p.looks[k], p.tracks[k] = dress(self.rng), self.tracks.fresh()

    def _spread(self, i: int) -> None:
        """Put a person somewhere along its way, as if the plaza had been busy before; some stand."""
        p, rng = self.people, self.rng
        share = rng.uniform(0.0, 0.95)
        both = [i] if self.partner[i] < 0 else [i, int(self.partner[i])]
        stand = rng.uniform(4, 60) if rng.random() < 0.16 else 0.0
        for k in both:
            p.position[k] = p.position[k] * (1 - share) + p.target[k] * share
            if stand:
                p.standing[k], p.velocity[k], p.heading[k] = stand, 0, rng.uniform(-np.pi, np.pi)

    def _push(self, others: Doubles, reach: Doubles) -> Doubles:
        """(N, 2) push away from (M, 2) others that act at ``reach`` metres."""
        away = self.people.position[:, None] - others[None]
        distance = np.linalg.norm(away, axis=-1)
        near = np.clip(1.6 * np.exp((reach - distance) / 0.35), 0, 5) * (distance > 1e-6)
        unit = away / np.maximum(distance, 1e-6)[..., None]
        side = np.stack([unit[..., 1], -unit[..., 0]], -1)
        return np.asarray((near[..., None] * (unit + 0.35 * side)).sum(1))

    def step(self, dt: float, movers: Doubles) -> None:
        """Advance ``dt`` seconds; ``movers`` (M, 3) are x, y and radius of what people make way for."""
        p = self.people
        way = p.target - p.position
        wanted = way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6) * p.pace[:, None]
        force = (wanted - p.velocity) / 0.6 + self._push(p.position, np.array(0.55))
        hard = np.concatenate([self.scene.obstacles, movers])
        if len(hard):
            force += self._push(hard[:, :2], hard[:, 2])
        near, far = self.scene.band
        force[:, 1] += 3 * np.exp((near + 0.2 - p.position[:, 1]) / 0.25) - 3 * np.exp((p.position[:, 1] - far) / 0.25)
        if len(movers):
            gap = np.linalg.norm(p.position[:, None] - movers[None, :, :2], axis=-1) - movers[:, 2]
            p.standing[(gap < 0.8).any(1)] = 0
        moving = p.standing <= 0
        p.velocity = np.where(moving[:, None], p.velocity + np.clip(force, -6, 6) * dt, 0.0)
        speed = np.linalg.norm(p.velocity, axis=1)
        p.velocity *= np.minimum(1, 1.25 * p.pace / np.maximum(speed, 1e-6))[:, None]
        p.position += p.velocity * dt
        p.position[:, 1] = np.clip(p.position[:, 1], near - 0.3, far + 0.3)
        p.standing = np.maximum(p.standing - dt, 0)
        self._turn(dt, moving)
        self._come_and_go(dt)

    def _turn(self, dt: float, moving: Bools) -> None:
        """Turn people into their way and move their legs on."""
        p = self.people
        speed = np.linalg.norm(p.velocity, axis=1)
        aim = np.arctan2(p.velocity[:, 1], p.velocity[:, 0])
        talk = ~moving & (self.partner >= 0)
        facing = p.position[self.partner] - p.position
        aim = np.where(talk, np.arctan2(facing[:, 1], facing[:, 0]), aim)
        off = (aim - p.heading + np.pi) % (2 * np.pi) - np.pi
        p.heading += np.where((moving & (speed > 0.15)) | talk, off * min(1, 5 * dt), 0)
        stature = np.array([k.stature for k in p.looks])
        p.phase += 2 * np.pi * speed / (0.80 * stature * np.clip(speed / 1.25, 0.3, 1.3) ** 0.5) * dt

    def _come_and_go(self, dt: float) -> None:
        """Replace who has left; let someone stop now and then."""
        p = self.people
        arrived = np.linalg.norm(p.target - p.position, axis=1) < 0.8
        for i in np.flatnonzero(arrived):
            if self._leads(int(i)):
                self._enter(int(i))
        stop = self.rng.random(len(p.pace)) < dt / 90
        inside = np.abs(p.target[:, 0] - p.position[:, 0]) > 4
        p.standing = np.where(stop & inside & (p.standing <= 0), self.rng.uniform(2, 12, len(p.pace)), p.standing)
        follows = (self.partner >= 0) & (np.arange(len(stop)) % 2 == 1)
        p.standing = np.where(follows, p.standing[self.partner], p.standing)

    def actions(self, i: int) -> tuple[str, ...]:
        """AVA names of what person i does."""
        p = self.people
        moves = np.linalg.norm(p.velocity[i]) > 0.25
        carries = ("carry/hold (an object)",) if p.looks[i].bag == HANDBAG else ()
        return ("walk" if moves else "stand", *carries)


class Tracks:
    """Gives each object of a clip its number."""

    def __init__(self) -> None:
        self._next = 0

    def fresh(self) -> int:
        """Return an unused number."""
        self._next += 1
        return self._next
