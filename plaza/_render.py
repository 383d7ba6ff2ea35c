"""Puts scene, crowd and anomalies together, frame by frame, with the truth of each frame."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.arrays import Doubles, Images
from core.registry import pick
from plaza import _figure, _paint, _poses
from plaza._anomalies import ANOMALIES, Anomaly, duration, schedule
from plaza._crowd import Crowd, Tracks
from plaza._exposure import Film, Light, Sensor
from plaza._furniture import Occluder
from plaza._motions import Act, Play, Thing
from plaza._paint import Ids, Solids
from plaza._scene import Scene, build
from plaza._standing import STANDING
from plaza._truth import Known, PlazaFrame, visible_objects

YIELD_SECONDS = 0.8  # seconds ahead of a vehicle or runner at which people begin to make way
NO_PERSON = -1
"""Owner of what is drawn and counts as no object."""
SHADOWED = np.isin(_figure.NAMES, ["foot", "shin", "thigh", "pelvis", "torso", "arm", "head", "hem", "bag"])


@dataclass
class _Stage:
    """Figures and objects of the frame that is being made."""

    figures: list[Solids] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)

    def add(self, known: Known) -> int:
        self.known.append(known)
        return len(self.known) - 1


def _sunlight(scene: Scene, ground: Doubles) -> float:
    """Share of sunlight at a place on the ground."""
    uv, _ = scene.view.project(np.array([ground[0], ground[1], 0.0]))
    x = int(np.clip(uv[0], 0, scene.view.width - 1))
    y = int(np.clip(uv[1], 0, scene.view.height - 1))
    return float(scene.sunlit[y, x])


def _person(
    centres: Doubles, radii: Doubles, look: _figure.Look, owner: int, bag: int, sun: float, at: Doubles
) -> Solids:
    owners = np.full(len(_figure.SIZES), owner)
    owners[_figure.BAG :] = bag
    starts, sizes, behind = _figure.STARTS, _figure.SIZES, _figure.BEHIND
    return Solids(centres, radii, starts, sizes, look.colours, owners, sun, at, SHADOWED, behind)


def _with_parts(base: Solids | None, thing: Thing, owner: int, sun: float, at: Doubles) -> Solids:
    """Join a thing's parts to its person's solids, or make them a figure of their own."""
    centres = np.concatenate([p[0] for p in thing.parts])
    radii = np.concatenate([p[1] for p in thing.parts])
    sizes = np.array([len(p[1]) for p in thing.parts])
    colours = np.array([p[2] for p in thing.parts])
    owners, shadow, behind = np.full(len(sizes), owner), np.ones(len(sizes), bool), np.zeros(len(sizes))
    if base is not None:
        centres, radii = np.concatenate([base.centres, centres]), np.concatenate([base.radii, radii])
        sizes, colours = np.concatenate([base.sizes, sizes]), np.concatenate([base.colours, colours])
        owners, shadow = np.concatenate([base.owners, owners]), np.concatenate([base.shadow, shadow])
        behind = np.concatenate([base.behind, behind])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return Solids(centres, radii, starts, sizes, colours, owners, sun, at, shadow, behind)


def _bag_of(stage: _Stage, look: _figure.Look, track: int, person: int) -> int:
    """Register what a person carries; its number follows from the person's."""
    if look.bag == _figure.NO_BAG:
        return person
    label = "backpack" if look.bag == _figure.BACKPACK else "handbag"
    return stage.add(Known(-track, label, (), "", False))


def _add_crowd(stage: _Stage, crowd: Crowd, scene: Scene, sun: float) -> None:
    p = crowd.people
    speed = np.linalg.norm(p.velocity, axis=1)
    stature = np.array([k.stature for k in p.looks])
    hold = np.array([0.75 if k.bag == _figure.HANDBAG else 0.0 for k in p.looks])
    joints = _poses.walk(p.phase, stature, speed, np.zeros(len(speed)), hold=hold)
    centres, radii = _figure.flesh(_poses.to_world(joints, p.position, p.heading), p.looks)
    for i, look in enumerate(p.looks):
        person = stage.add(Known(p.tracks[i], "person", crowd.actions(i), "", False))
        bag = _bag_of(stage, look, p.tracks[i], person)
        light = sun * _sunlight(scene, p.position[i])
        stage.figures.append(_person(centres[i], radii[i], look, person, bag, light, p.position[i]))


def _add_act(stage: _Stage, act: Act, name: str, scene: Scene, sun: float) -> None:
    light, figure = sun * _sunlight(scene, act.place), None
    if act.joints is not None:
        person = stage.add(Known(act.track, "person", act.actions, name, act.anomalous))
        centres, radii = _figure.flesh(act.joints[None], [act.look])
        figure = _person(centres[0], radii[0], act.look, person, person, light, act.place)
    for thing in act.things:
        owner = stage.add(Known(thing.track, thing.label, (), name, thing.anomalous)) if thing.label else NO_PERSON
        if thing.loose:
            at = np.concatenate([q[0] for q in thing.parts]).mean(0)[:2]
            stage.figures.append(_with_parts(None, thing, owner, light, at))
        else:
            figure = _with_parts(figure, thing, owner, light, act.place)
    if figure is not None:
        stage.figures.append(figure)
    for other in act.others:
        _add_act(stage, other, name, scene, sun)


class _Painter:
    """Turns a stage into a picture and its truth."""

    def __init__(self, scene: Scene) -> None:
        self.scene, view = scene, scene.view
        uv, _ = view.project(np.array([[0.0, 25, 0], [-scene.slant[0], 25 - scene.slant[1], 1.2]]))
        way = uv[1] - uv[0]
        self.sun = way / max(float(np.linalg.norm(way)), 1e-6)

    def paint(self, stage: _Stage, sun: float) -> tuple[Images, Ids, dict[int, int]]:
        """Draw ground, shadows and figures; returns the picture, each pixel's object and each object's whole area."""
        scene, view = self.scene, self.scene.view
        image = cv2.addWeighted(scene.lit, sun, scene.shaded, 1 - sun, 0)
        clean = image.copy()
        shade = _paint.shadow_map(view, stage.figures, scene.slant)
        at = np.nonzero(shade)
        share = (shade[at].astype(np.float32) / 255)[:, None]
        image[at] = (image[at] * (1 - share) + scene.shaded[at] * share).astype(np.uint8)
        owners = np.full(shade.shape, -1, np.int16)
        areas: dict[int, int] = {}
        for _, item in self._order(stage):
            if isinstance(item, Solids):
                sprite = _paint.draw(view, item, self.sun)
                if sprite is not None:
                    _paint.blend(image, owners, sprite)
                    areas |= sprite.areas
            else:
                area = item.area
                image[area] = cv2.blendLinear(clean[area], image[area], item.cover, item.rest)
                owners[area][item.solid] = -1
        return image, owners, areas

    def _order(self, stage: _Stage) -> list[tuple[float, Solids | Occluder]]:
        """Figures and fixed things, farthest first."""
        ground = np.array([[*f.ground, 0.0] for f in stage.figures]).reshape(-1, 3)
        _, depth = self.scene.view.project(ground)
        items: list[tuple[float, Solids | Occluder]] = list(zip(depth.tolist(), stage.figures, strict=True))
        items += [(o.depth, o) for o in self.scene.occluders]
        return sorted(items, key=lambda item: -item[0])


def render(
    seed: int,
    frames: int,
    size: tuple[int, int] = (640, 360),
    fps: float = 25.0,
    anomalies: Sequence[str | Anomaly] = (),
    walkers: int = 14,
    scene: int = 0,
    zoom: float = 1.0,
    film: Film | None = None,
) -> Iterator[PlazaFrame]:
    """Render a clip; the same arguments always give the same pixels.

    Args:
        seed: who walks where, light and noise.
        frames: how many.
        size: (width, height) in pixels.
        fps: frames per second.
        anomalies: names out of ``ANOMALIES`` and ``STANDING``, spread over the clip in the given order, or
            ``Anomaly(name, first)``.
        walkers: how many people are about; 8 to 20 looks right.
        scene: 0 is the demo's camera, other numbers are other cameras on other plazas.
        zoom: factor on the focal length: larger brings people and things closer.
        film: noise, blur, light and colour of the camera.

    Raises:
        UnknownNameError: an anomaly's name is none of ``ANOMALIES``.
    """
    names = [a.name if isinstance(a, Anomaly) else a for a in anomalies]
    entries = [pick("anomaly", name, ANOMALIES | STANDING) for name in names]
    rng = np.random.default_rng([seed, scene, 5])
    place, tracks = build(scene, size, zoom), Tracks()
    crowd, light = Crowd(place, walkers, rng, tracks), Light(rng, fps)
    scripts = [entry(place, rng, tracks) for entry in entries]
    dated = all(isinstance(a, Anomaly) for a in anomalies)  # then no length is asked for
    lengths = [0 if dated else duration(play, fps) for play in scripts]
    starts = schedule(anomalies, lengths, frames, rng) if scripts else []
    plays = [(Anomaly(*a), play) for a, play in zip(zip(names, starts, strict=True), scripts, strict=True)]
    sensor = Sensor(film or Film(), size, rng)
    return _frames(frames, fps, crowd, light, plays, _Painter(place), sensor)


def _frames(
    frames: int,
    fps: float,
    crowd: Crowd,
    light: Light,
    plays: list[tuple[Anomaly, Play]],
    painter: _Painter,
    sensor: Sensor,
) -> Iterator[PlazaFrame]:
    """Step the plaza through time."""
    for frame in range(frames):
        acts = [(a, play((frame - a.first) / fps)) for a, play in plays if frame >= a.first]
        stage, (sun, gain) = _Stage(), light.at(frame)
        ahead = [play((frame - a.first) / fps + YIELD_SECONDS) for a, play in plays if frame >= a.first]
        clear = [act for act in [act for _, act in acts] + ahead if act is not None]
        movers = np.array([[*act.place, act.clear] for act in clear]).reshape(-1, 3)
        crowd.step(1 / fps, movers)
        _add_crowd(stage, crowd, painter.scene, sun)
        for anomaly, act in acts:
            if act is not None:
                _add_act(stage, act, anomaly.name, painter.scene, sun)
        image, owners, areas = painter.paint(stage, sun)
        found = visible_objects(stage.known, owners, areas)
        unusual = np.zeros(len(stage.known) + 1, np.bool_)
        unusual[[i for i, thing in found.items() if thing.anomalous]] = True
        names = {stage.known[i].anomaly for i in np.flatnonzero(unusual)}
        objects = tuple(found.values())
        yield PlazaFrame(sensor.expose(image, gain), objects, unusual[owners], tuple(sorted(names)))
